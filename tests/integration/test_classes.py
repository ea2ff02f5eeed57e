"""Classes of customers: by rules over their cases or by hand, with date and reason, remembered by cases, forgotten with the person."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

import pytest

from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.ground.errors import DefinitionError, Denied, Invalid, NotFound
from engine.usecases import erasing, publishing
from engine.usecases.auditing import verify
from engine.usecases.classing import classes_of, classify, give
from engine.usecases.house import House
from engine.usecases.inboxes import inbox
from tests.houses import as_, events_of, state_of
from tests.small import DONE, HEAD, ORGANISATION, ROLES, do, dump, opened, refused, small_house

RULES = dedent("""\
    classes:
      key:      {when: value >= 1000, over: 1 year}
      busy:     {when: cases >= 3 or open_cases >= 2}
      lost:     {when: days_since_last > 30}
      ordinary: {}
    """)
TEXT = HEAD + ROLES + dedent("""\
    fields:
      customer: {type: party}
      value:    {type: money, currency: EUR, default: 0}
    opening: {by: desk, assign: [{when: customer.class == 'key', is: manager}]}
    states:
      open:
        within: [{when: "customer.class in ['key', 'busy']", is: 1 hour}, {is: 9 hours}]
        actions:
          close: {by: [desk, manager], to: done, approve: [{when: customer.class == 'busy', is: manager}]}
    """) + DONE


def organised(house: House, rules: str = RULES) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "organisation.yaml"
        path.write_text(ORGANISATION.replace("  tell:", "  classify: carl\n  tell:") + rules, encoding="utf-8")
        publishing.apply_organisation(house, path, THE_SYSTEM)


@pytest.fixture
def house() -> tuple[House, VirtualClock]:
    made = small_house(TEXT)
    organised(made[0])
    return made


def of(house: House, name: str, value: str = "0") -> tuple[str, int]:
    number = opened(house, customer={"name": name, "email": f"{name}@customer.example"}, value=value)
    return number, state_of(house, number).party or 0


def budget(house: House, number: str) -> str:
    return state_of(house, number).clocks["open"].budget


def present(house: House, party: int) -> Any:
    return [(one.name, one.by) for one in classes_of(house, party, as_("dora"))]


def test_the_first_rule_that_holds_counts_with_date_and_what_it_read(house: tuple[House, VirtualClock]) -> None:
    office, clock = house
    first, rose = of(office, "rose", "600")
    _, tim = of(office, "tim")
    done = classify(office, as_("carl"))
    assert (done.assessed, done.changed, done.of) == (2, 2, {"ordinary": 2})
    assert classify(office, as_("carl")).changed == 0               # nothing changed, nothing is written
    second, again = of(office, "rose", "400.50")
    assert again == rose and classify(office, THE_SYSTEM).of == {"key": 1, "ordinary": 1}
    newest, oldest = classes_of(office, rose, as_("dora"))
    assert (newest.name, newest.by, newest.at, newest.reason) == ("key", "system", clock.now(), {"read": {"value": "1000.50"}})
    assert oldest.name == "ordinary"
    for number in (first, second):
        do(office, number, "close")
    clock.move_to(clock.now() + timedelta(days=31))
    assert classify(office, THE_SYSTEM).of == {"key": 1, "lost": 1}
    clock.move_to(clock.now() + timedelta(days=366))
    assert classify(office, THE_SYSTEM).of == {"lost": 2}           # what was bought counts for a year
    assert present(office, tim) == [("lost", "system"), ("ordinary", "system")]


def test_a_class_with_a_shorter_limit_comes_first_in_the_inbox(house: tuple[House, VirtualClock]) -> None:
    office, clock = house
    of(office, "rose", "1000")
    classify(office, THE_SYSTEM)
    tim, _ = of(office, "tim")
    clock.move_to(clock.now() + timedelta(minutes=1))
    rose, _ = of(office, "rose")
    assert [line.number for line in inbox(office, "carl").lines if line.number in (tim, rose)] == [rose, tim]


def test_a_case_remembers_the_class_that_counted(house: tuple[House, VirtualClock]) -> None:
    office, _ = house
    first, rose = of(office, "rose", "1000")
    assert (state_of(office, first).customer_class, budget(office, first), state_of(office, first).owner) == ("ordinary", "9 hours", "ann")
    classify(office, THE_SYSTEM)
    second, _ = of(office, "rose")
    state = state_of(office, second)
    assert (state.customer_class, budget(office, second), state.owner) == ("key", "1 hour", "carl")
    assert events_of(office, second)[0].data["class"] == "key"
    give(office, rose, "busy", as_("carl"), "writes each day")
    assert (budget(office, first), budget(office, second)) == ("9 hours", "1 hour")
    third, _ = of(office, "rose")
    assert do(office, third, "close").requests != {}                # reviewed, since a busy customer's cases are
    assert verify(office).problems == []


def test_a_class_given_by_hand_stays_until_the_rules_shall_decide_again(house: tuple[House, VirtualClock]) -> None:
    office, _ = house
    _, rose = of(office, "rose")
    refused(office, Denied, 6, lambda: give(office, rose, "key", as_("ann"), "friend"))
    refused(office, Denied, 6, lambda: classify(office, as_("ann")))
    refused(office, Invalid, 3, lambda: give(office, rose, "royal", as_("carl"), "why"))
    refused(office, Invalid, 3, lambda: give(office, rose, "key", as_("carl"), " "))
    refused(office, NotFound, 4, lambda: give(office, 99, "key", as_("carl"), "why"))
    give(office, rose, "key", as_("carl"), "bought by Acme")
    done = classify(office, THE_SYSTEM)
    assert (done.changed, done.by_hand, done.of) == (0, 1, {"key": 1})
    give(office, rose, None, as_("carl"), "no longer")
    assert present(office, rose) == [("ordinary", "system"), ("", "carl"), ("key", "carl")]
    refused(office, Denied, 6, lambda: classes_of(office, rose, as_("eve")))


def test_erasing_forgets_the_classes(house: tuple[House, VirtualClock]) -> None:
    office, _ = house
    number, rose = of(office, "rose")
    give(office, rose, "key", as_("carl"), "Zebedee said so")
    assert "Zebedee" not in repr(dump(office))
    do(office, number, "close")
    erasing.erase(office, rose, as_("dora"), "asked for it")
    assert dump(office)["party_class"] == [] and classify(office, THE_SYSTEM).assessed == 0


def test_without_classes_nothing_is_asked_or_kept() -> None:
    office, _ = small_house(TEXT)
    number, _ = of(office, "rose")
    assert (state_of(office, number).customer_class, budget(office, number)) == (None, "9 hours")
    assert classify(office, THE_SYSTEM).assessed == 0 and dump(office)["party_class"] == []


@pytest.mark.parametrize(("rules", "what"), [
    ("classes: {a: {}, b: {when: cases > 1}}\n", "never reached"),
    ("classes: {a: {when: cases > }}\n", "cannot be read"),
    ("classes: {a: {when: \"done('x')\"}}\n", "reads a case: done"),
    ("classes: {a: {when: cases > 1, over: 3 hours}}\n", "no whole number of dates"),
])
def test_rules_that_are_wrong_are_refused(rules: str, what: str) -> None:
    office, _ = small_house(TEXT)
    with pytest.raises(DefinitionError) as error:
        organised(office, rules)
    assert what in " ".join(map(str, error.value.problems))


def test_a_rule_over_a_field_that_nothing_has_is_told(house: tuple[House, VirtualClock]) -> None:
    office, _ = house
    organised(office, "classes: {rich: {when: vlaue > 3}}\n")
    of(office, "rose")
    assert (done := classify(office, THE_SYSTEM)).unknown == ["vlaue"] and done.of == {}
