"""Standards held against what the house has seen: each finding names its letter and proposes what to do."""

from datetime import date, timedelta

import pytest

from engine.ground.clock import VirtualClock
from engine.ground.errors import Denied, Invalid
from engine.records import judgements
from engine.records.judgements import Judgement
from engine.usecases import acting, opening
from engine.usecases.house import House
from engine.usecases.standards_check import check_standards
from engine.usecases.sweeping import sweep
from tests.cafe import CAFE, changed, visit
from tests.houses import as_
from tests.small import DONE, HEAD, START, empty_house, put_in_force, refused

COMPLAINT = HEAD + """\
roles: {desk: {}}
fields: {about: {type: text, personal: false}}
opening: {by: [desk, system]}
states:
  open: {actions: {close: {by: desk, to: done}}}
""" + DONE


@pytest.fixture
def house() -> tuple[House, VirtualClock]:
    house, clock = empty_house()
    put_in_force(house, changed(("ends: 2 hours", "ends: 2 hours\nreview: 1 month")))
    put_in_force(house, COMPLAINT)
    return house, clock


def judged(house: House, name: str, *kept: int, mean: float | None = None) -> None:
    with house.store.writing() as conn:
        judgements.put(conn, [
            Judgement("cafe", name, "", at := START + timedelta(days=n), at + timedelta(days=1), one, 20, mean, one >= 19, at, None)
            for n, one in enumerate(kept)])


def letters(house: House, name: str, since: date | None = None) -> list[str]:
    return [one.letter for one in check_standards(house, "cafe", as_("ann"), since=since) if one.standard == name]


def test_targets_never_reached_and_always_reached_are_told_with_another(house: tuple[House, VirtualClock]) -> None:
    office, _ = house
    assert check_standards(office, "cafe", as_("ann")) == []            # nothing was seen, so nothing is said
    judged(office, "greeting", 15, 14, 16, 10)
    judged(office, "held", 19, 20, 18, 19)
    found = {one.standard: one for one in check_standards(office, "cafe", as_("ann"))}
    assert found.keys() == {"greeting", "held"}
    assert (found["greeting"].letter, found["greeting"].touchpoint) == ("A", "Table")
    assert "none of 4 periods; three of four reached 70.0 %" in found["greeting"].what and ">= 70%" in found["greeting"].proposal
    assert "each of 4 periods, the worst was 90.0 %" in found["held"].what and ">= 90%" in found["held"].proposal
    assert letters(office, "greeting", date(2026, 3, 6)) == []          # one period since
    refused(office, Denied, 6, lambda: check_standards(office, "cafe", as_("eve")))
    refused(office, Invalid, 3, lambda: check_standards(office, "small", as_("ann")))


def test_touchpoints_nobody_speaks_of_and_standards_never_seen_are_told(house: tuple[House, VirtualClock]) -> None:
    office, clock = house
    for _ in range(29):
        visit(office)
    assert check_standards(office, "cafe", as_("ann")) == []
    visit(office)
    assert letters(office, "greeting") == letters(office, "held") == ["M", "R"]
    clock.move_to(clock.now() + timedelta(minutes=5))
    opening.open_case(office, "small", as_("ann"), {"about": "cafe/coffee"})
    assert letters(office, "greeting") == ["M"] and letters(office, "held") == ["M", "R"]       # coffee is at the same touchpoint
    opening.open_case(office, "small", as_("ann"), {"about": "pub/held"})
    assert letters(office, "held") == ["M", "R"]
    put_in_force(office, CAFE.replace("need: I am seen", "need: I am seen\n    level: basic"))
    assert letters(office, "held") == ["M"]                             # of what is basic nobody speaks


def test_a_review_that_is_overdue_is_told(house: tuple[House, VirtualClock]) -> None:
    office, clock = house
    clock.move_to(START + timedelta(days=31))
    assert letters(office, "room") == []
    clock.move_to(START + timedelta(days=32))
    (found,) = [one for one in check_standards(office, "cafe", as_("ann")) if one.standard == "room"]
    assert (found.letter, "2026-04-02" in found.what) == ("T", True)


def test_a_review_is_overdue_until_its_case_is_closed() -> None:
    office, clock = empty_house()
    put_in_force(office, COMPLAINT)
    more = "ends: 2 hours\nreview: 1 month\nreviewing: {procedure: small, with: {about: title}}"
    put_in_force(office, changed(("ends: 2 hours", more)))
    clock.move_to(START + timedelta(days=32))
    (review,) = sweep(office).cycles.reviews
    assert letters(office, "room") == ["T"]
    acting.act(office, review, "close", as_("ann"), {})
    assert letters(office, "room") == []
    clock.move_to(START + timedelta(days=63))       # the next date has come since
    assert letters(office, "room") == ["T"]
