"""A case stays with its owner until somebody else has accepted it; what was settled first may be filed afterwards."""

from datetime import timedelta

import pytest

from engine.ground.errors import Denied, Invalid, NotAllowed, NotFound
from engine.usecases import acting, amending, handing_over, opening, reading, sweeping
from engine.usecases.revealing import Reveal
from tests.houses import as_, events_of, state_of
from tests.small import CUSTOMER, DONE, HEAD, ROLES, START, do, opened, sent, small_house

CARE = (
    HEAD
    + ROLES
    + """\
fields: {customer: {type: party}, amount: {type: money, currency: EUR}}
opening: {by: [desk, customer], backdate: 3 days, notice: hello}
handover: {within: 4 working hours}
states:
  first:
    actions:
      settle: {by: [desk, manager], to: done, limit: amount, backdate: 3 days, require: [amount]}
      end: {by: desk, to: done}
"""
    + DONE
    + """\
authority: {manager: 100 EUR}
clocks:
  reply: {within: 24 hours, from: opened, until: closed, ladder: [{at: due, remind: owner}]}
notices: {hello: {to: customer, via: [email]}}
"""
)
NOTICES = {"hello.en": "{{ number }}"}


def test_the_giver_stays_responsible_until_the_other_accepts() -> None:
    house, _ = small_house(CARE, NOTICES)
    number = opened(house, customer=CUSTOMER)
    handing_over.hand_over(house, number, as_("ann"), "bob", "on leave")
    assert state_of(house, number).owner == "ann" and ("request", "bob") in sent(house, number)
    handing_over.accept(house, number, as_("bob"))
    case = state_of(house, number)
    assert case.owner == "bob" and not case.requests and events_of(house, number)[-1].kind == "handed_over"
    assert ("request_answered", "ann") in sent(house, number)


def test_who_declines_says_why_and_it_stays_where_it_was() -> None:
    house, _ = small_house(CARE, NOTICES)
    number = opened(house)
    handing_over.hand_over(house, number, as_("ann"), "bob", "on leave")
    with pytest.raises(Invalid):
        handing_over.decline(house, number, as_("bob"), " ")
    handing_over.decline(house, number, as_("bob"), "I know nothing of it")
    assert state_of(house, number).owner == "ann" and not state_of(house, number).requests
    with pytest.raises(NotAllowed):
        handing_over.accept(house, number, as_("bob"))


def test_without_an_answer_in_time_it_bounces_back_and_both_are_told() -> None:
    house, clock = small_house(CARE, NOTICES)
    number = opened(house)
    handing_over.hand_over(house, number, as_("ann"), "bob", "on leave")
    clock.move_to(START + timedelta(hours=5))
    sweeping.sweep(house)
    event = events_of(house, number)[-1]
    assert (event.kind, event.actor, event.occurred_at) == ("request_ended", "system", START + timedelta(hours=4))
    assert state_of(house, number).owner == "ann"
    assert {to for name, to in sent(house, number) if name == "request_answered"} == {"ann", "bob"}
    with pytest.raises(NotAllowed):
        handing_over.accept(house, number, as_("bob"))


def test_only_one_offer_stands_and_only_to_somebody_who_works_here() -> None:
    house, _ = small_house(CARE, NOTICES)
    number = opened(house)
    handing_over.hand_over(house, number, as_("ann"), "bob", "on leave")
    handing_over.hand_over(house, number, as_("ann"), "carl", "better him")
    with pytest.raises(Denied):
        handing_over.accept(house, number, as_("bob"))
    with pytest.raises(NotFound):
        handing_over.hand_over(house, number, as_("ann"), "zoe", "who?")
    with pytest.raises(Invalid):
        handing_over.hand_over(house, number, as_("ann"), "ann", "myself")


def test_an_offer_is_void_once_the_case_has_another_owner() -> None:
    house, _ = small_house(CARE, NOTICES)
    number = opened(house)
    handing_over.hand_over(house, number, as_("ann"), "bob", "on leave")
    amending.assign(house, number, as_("carl"), "eve")          # the superior of its owner may
    with pytest.raises(NotAllowed):
        handing_over.accept(house, number, as_("bob"))
    assert state_of(house, number).owner == "eve"


def test_where_cases_are_handed_over_only_somebody_above_the_owner_assigns_them() -> None:
    house, _ = small_house(CARE, NOTICES)
    number = opened(house)
    for who in ("ann", "bob"):
        with pytest.raises(Denied) as error:
            amending.assign(house, number, as_(who), "bob")
        assert "Carl Cooper (carl), Dora Dyer (dora)" in error.value.message
    amending.assign(house, number, as_("dora"), "bob")
    assert state_of(house, number).owner == "bob"


def test_what_was_settled_first_is_filed_afterwards_with_both_times_kept() -> None:
    house, clock = small_house(CARE, NOTICES)
    clock.move_to(START + timedelta(days=1, hours=4))
    given = {"customer": CUSTOMER, "comment": "settled at the door"}
    number = opening.open_case(house, "small", as_("ann"), given, at="2026-03-02 10:00").number
    first = events_of(house, number)[0]
    assert (first.occurred_at, first.recorded_at) == (START + timedelta(hours=1), clock.now())
    assert [event.kind for event in events_of(house, number)] == ["opened", "breach", "rung"]
    acting.act(house, number, "settle", as_("carl"), {"amount": "50"}, at="2026-03-02 11:00")
    done = state_of(house, number)
    assert done.state == "done" and done.clocks["reply"].breached_at is None        # settled in time, filed late
    assert events_of(house, number)[3].occurred_at == START + timedelta(hours=2)


@pytest.mark.parametrize(("at", "comment", "by"), [
    ("2026-03-02 08:00", "", "ann"), ("2026-03-10 08:00", "why", "ann"), ("2026-02-20 08:00", "why", "ann"),
    ("2026-03-02 08:00", "why", "customer"),
])
def test_a_case_is_not_filed_without_a_reason_too_late_before_its_time_or_by_the_customer(at: str, comment: str, by: str) -> None:
    house, _ = small_house(CARE, NOTICES)
    with pytest.raises((Invalid, NotAllowed)):
        opening.open_case(house, "small", as_(by), {"customer": CUSTOMER, **({"comment": comment} if comment else {})}, at=at)


def test_settling_within_authority_is_judged_when_it_is_filed_afterwards_too() -> None:
    house, _ = small_house(CARE, NOTICES)
    number = opening.open_case(house, "small", as_("ann"), {"comment": "at the door"}, at="2026-03-02 08:00").number
    with pytest.raises(Denied):
        acting.act(house, number, "settle", as_("carl"), {"amount": "150"}, at="2026-03-02 08:30")
    assert do(house, number, "settle", "carl", amount="100").state == "done"


def test_whoever_is_offered_a_case_may_look_into_it_before_they_answer() -> None:
    house, _ = small_house(CARE, NOTICES)
    number = opened(house, customer=CUSTOMER)
    eve = Reveal(as_("eve"))
    with pytest.raises(Denied):
        reading.show(house, number, eve)
    handing_over.hand_over(house, number, as_("ann"), "eve", "on leave")
    assert (reading.show(house, number, eve).customer or {})["name"] == "Rose Tyler"
    handing_over.decline(house, number, as_("eve"), "too much to do")
    with pytest.raises(Denied):
        reading.show(house, number, eve)
