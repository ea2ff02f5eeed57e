"""What conditions, values and texts see while a case is worked on: tasks done, days worked, what is given first, values with a name."""

from datetime import timedelta

import pytest

from engine.ground.errors import Denied, Invalid, MakegoodError, NotAllowed
from tests.houses import state_of
from tests.small import DONE, HEAD, ROLES, START, do, messages, opened, refused, small_house

PROCEDURE = HEAD + ROLES + """
opening: {by: desk}
values: {standard_payment: 40 GBP, patience: 5, soon: 2 days, sorry: We are sorry}
fields:
  amount: {type: money, currency: GBP}
  doubled: {type: money, currency: GBP}
  waited: {type: number}
  bought_on: {type: date}
  finder: {type: person}
  found_on: {type: date}
  reply_by: {type: date}
states:
  first:
    tasks:
      look: {by: [desk, lab]}
    actions:
      pay: {by: [desk, manager], require: amount, when: amount > 10, limit: amount, set: {doubled: amount * 2 + standard_payment}}
      wrap: {by: desk, when: done('look') and count('look') == 1, notice: told,
             set: {finder: actor_of('look'), found_on: time_of('look'), waited: "worked_days(opened_at, today)", reply_by: due('reply')}}
      hurry: {by: desk, when: "worked_days(bought_on, today) <= patience"}
""" + DONE + """
authority: {desk: 100 GBP, manager: unlimited}
clocks:
  reply: {within: 3 working days, from: opened, until: closed}
  patient: {within: patience working days, from: opened, until: closed}
notices: {told: {to: owner, via: [email]}}
"""
TEXTS = {
    "told.en": "{{ sorry }}: {{ standard_payment }} within {{ soon }}, seen by {{ actor_of('look') }} on {{ time_of('look')|date }}",
}


@pytest.mark.parametrize(("given", "error", "why"), [
    ({}, Invalid, "still needed: amount"), ({"amount": "10"}, NotAllowed, "only possible when"),
    ({"amount": "100.01"}, Denied, "above the authority"),
])
def test_what_is_given_counts_before_it_is_judged(given: dict[str, str], error: type[MakegoodError], why: str) -> None:
    house, _ = small_house(PROCEDURE, TEXTS)
    number = opened(house)
    refusal = refused(house, error, error.exit_code, lambda: do(house, number, "pay", **given))
    assert why in refusal.message
    assert do(house, number, "pay", amount="20").fields["doubled"] == "80.00"


def test_tasks_are_asked_for_like_actions_and_dates_are_those_of_the_procedure() -> None:
    house, clock = small_house(PROCEDURE, TEXTS)
    number = opened(house)
    with pytest.raises(NotAllowed, match="only possible when"):
        do(house, number, "wrap")
    clock.move_to(START + timedelta(days=1))
    do(house, number, "look", by="bob")
    clock.move_to(START + timedelta(days=7))           # the Monday after
    fields = do(house, number, "wrap").fields
    assert (fields["finder"], fields["found_on"], fields["waited"]) == ("bob", "2026-03-03", "5")
    assert fields["reply_by"] == "2026-03-05"          # it ends with the end of that day
    assert messages(house)[-1].text.strip() == "We are sorry: GBP 40.00 within 2 days, seen by Bob Baker on 3 March 2026"


def test_the_number_of_a_limit_may_be_a_value_with_a_name() -> None:
    house, _ = small_house(PROCEDURE, TEXTS)
    assert state_of(house, opened(house)).clocks["patient"].budget == "5 working days"


def test_a_condition_on_working_days_holds_until_they_are_over_and_never_by_guessing() -> None:
    house, clock = small_house(PROCEDURE, TEXTS)
    number, dateless = opened(house, bought_on="2026-02-27"), opened(house)
    clock.move_to(START + timedelta(days=4))
    do(house, number, "hurry")                         # the Friday after: the fifth working day
    with pytest.raises(NotAllowed):
        do(house, dateless, "hurry")
    clock.move_to(START + timedelta(days=7))
    with pytest.raises(NotAllowed):
        do(house, number, "hurry")
    late = opened(house, bought_on="2031-01-01")       # the calendar is known until the end of 2030
    with pytest.raises(NotAllowed, match="only possible when"):
        do(house, late, "hurry")
