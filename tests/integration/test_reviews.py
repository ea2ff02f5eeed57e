"""Standards are looked at again when their date has come: one case, told what was seen, once, whoever comes by how often."""

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.ground.clock import VirtualClock
from engine.usecases import sweeping
from engine.usecases.house import House
from engine.usecases.standards import register
from tests.cafe import changed, step, visit
from tests.houses import as_, state_of
from tests.small import START, do, empty_house, opened, put_in_force

RELOOK = """
procedure: relook
number: "R-{serial:03}"
calendar: office
languages: [en]
fields:
  names: {type: text, personal: false}
  said:  {type: text, personal: false}
  since: {type: date}
  until: {type: date}
roles: {manager: {}}
opening: {by: system}
states:
  open: {within: 5 days, actions: {end: {by: manager, to: done}}}
  done: {final: true}
"""
SMALL = """
procedure: small
number: "S-{serial:03}"
calendar: office
languages: [en]
fields: {about: {type: text, personal: false}}
roles: {desk: {}}
opening: {by: desk}
states:
  open: {within: 5 days, actions: {end: {by: desk, to: done}}}
  done: {final: true}
"""
REVIEWED = changed(
    ("touchpoints:", """\
review: 30 days
reviewing:
  procedure: relook
  with: {names: standards, since: first_day, until: last_day, said: "attainment + ' | ' + breaches + ' | ' + complaints"}
touchpoints:"""),
    ("at least 4 of 5\n", "at least 4 of 5\n        review: 10 days\n"),
)


@pytest.fixture
def cafe() -> tuple[House, VirtualClock]:
    house, clock = empty_house()
    for text in (RELOOK, SMALL, REVIEWED):
        put_in_force(house, text)
    return house, clock


def reviews(house: House) -> list[str]:
    """The numbers of the reviews that two sweeps opened."""
    first, second = sweeping.sweep(house), sweeping.sweep(house)
    assert (first.failures, second.failures, second.cycles.reviews) == ([], [], [])
    return first.cycles.reviews


def test_when_the_date_has_come_one_case_is_told_what_was_seen_of_every_standard(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    number = visit(house)
    step(house, number, "greeting")
    visit(house)
    for about in ("cafe/greeting", "cafe/table", "cafe/greeting", "elsewhere"):
        opened(house, about=about)
    clock.move_to(datetime(2026, 3, 11, 23, 59, tzinfo=UTC))
    assert reviews(house) == []
    clock.move_to(datetime(2026, 3, 12, tzinfo=UTC))
    [early] = reviews(house)                            # the standard with a date of its own
    assert state_of(house, early).fields["names"] == "rating"
    do(house, early, "end", "carl")
    clock.move_to(datetime(2026, 4, 1, 12, tzinfo=UTC))
    [number] = reviews(house)                           # 30 days, and the third time for that standard: one case for all
    fields = state_of(house, number).fields
    assert fields["names"].split(", ") == ["held", "greeting", "coffee", "room", "calls", "rating"]
    assert (fields["since"], fields["until"]) == ("2026-03-02", "2026-04-01")
    attained, breaches, complaints = fields["said"].split(" | ")
    assert "A waiter greets within 2 minutes: 50.0 % (1 of 2), target >= 95%, missed" in attained.split("\n")
    assert "The room is at 20 to 24 °C: nothing seen" in attained
    assert "greeting: missed in 1 of 1 periods" in breaches
    assert complaints.split("\n") == ["greeting: 2 cases", "table: 1 case"]


def test_while_a_review_is_open_there_is_no_other_and_what_went_by_is_part_of_the_next(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    clock.move_to(START + timedelta(days=31))
    [number] = reviews(house)
    clock.move_to(START + timedelta(days=200))
    assert reviews(house) == []
    do(house, number, "end", "carl")
    [after] = reviews(house)
    fields = state_of(house, after).fields
    assert (fields["names"].count(", "), fields["since"], fields["until"]) == (4, "2026-07-30", "2026-08-29")
    do(house, after, "end", "carl")
    [last] = reviews(house)
    assert (state_of(house, last).fields["names"], state_of(house, last).fields["until"]) == ("rating", "2026-09-18")


def test_a_new_version_counts_its_own_time_and_the_register_shows_the_date(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    clock.move_to(START + timedelta(days=9))
    put_in_force(house, REVIEWED.replace("title: Café", "title: Coffee house"))
    clock.move_to(START + timedelta(days=15))
    assert reviews(house) == []
    assert review_dates(house) == (date(2026, 3, 21), date(2026, 4, 10))
    clock.move_to(datetime(2026, 3, 21, 9, tzinfo=UTC))
    [number] = reviews(house)
    assert review_dates(house) == (date(2026, 3, 21), date(2026, 4, 10)), "it is not over"
    do(house, number, "end", "carl")
    assert review_dates(house) == (date(2026, 3, 31), date(2026, 4, 10))


def review_dates(house: House) -> tuple[date | None, date | None]:
    """When the rating and the greeting are to be looked at again, as the register says."""
    dates = {one.name: one.review_on for one in register(house, "cafe", as_("ann"))}
    return dates["rating"], dates["greeting"]
