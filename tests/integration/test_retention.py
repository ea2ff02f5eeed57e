"""Personal data are kept as long as a procedure says after the last case was closed, then they are erased; a preview says when."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.deciding.rights import THE_SYSTEM
from engine.defining.bundle import read_bundle
from engine.ground.clock import VirtualClock
from engine.ground.errors import Denied
from engine.usecases import acting, amending, auditing, opening, reading, retaining, sweeping
from engine.usecases.house import House
from engine.usecases.revealing import Reveal
from tests.houses import DEFINITIONS, as_, events_of, memory_house
from tests.small import CUSTOMER, HEAD, ROLES, START, empty_house, opened, put_in_force

PROCEDURE = (
    HEAD
    + ROLES
    + """\
fields:
  customer: {type: party}
states:
  new:
    actions:
      end: {by: desk, to: done}
  done:
    final: true
    actions:
      again: {by: desk, to: new}
"""
)
KEPT = PROCEDURE + "privacy: {retain: 2 months}\n"
LAST = datetime(2026, 5, 3, 0, 0, tzinfo=UTC)       # two months after 2 March are over when 2 May ends


def a_house(procedure: str = KEPT) -> tuple[House, VirtualClock]:
    house, clock = empty_house()
    put_in_force(house, procedure)
    return house, clock


def closed(house: House, **given: object) -> str:
    number = opened(house, **given)
    acting.act(house, number, "end", as_("ann"))
    return number


def due(house: House) -> list[tuple[int | None, datetime]]:
    return [(one.party, one.due_at) for one in retaining.expiring(house, START + timedelta(days=4000))]


def test_whoever_has_no_open_case_is_erased_when_the_time_is_over_and_not_before() -> None:
    house, clock = a_house()
    number = closed(house, customer=CUSTOMER)
    assert due(house) == [(1, LAST)]
    clock.move_to(LAST - timedelta(minutes=1))
    assert retaining.expiring(house, clock.now()) == [] == retaining.retain(house, THE_SYSTEM)
    (preview,) = retaining.expiring(house, LAST)
    assert (preview.name, preview.cases) == ("R* T*", (number,))
    clock.move_to(LAST)
    assert [(one.party, one.cases) for one in retaining.retain(house, THE_SYSTEM)] == [(1, [number])]
    assert reading.show(house, number, Reveal(as_("carl"))).customer is None
    assert (auditing.verify(house).problems, auditing.verify(house).erased, due(house)) == ([], 1, [])
    assert (events_of(house, number)[-1].actor, events_of(house, number)[-1].data["why"]) == ("system", "retention")


def test_an_open_case_keeps_a_person_and_reopening_starts_the_time_anew() -> None:
    house, clock = a_house()
    number = closed(house, customer=CUSTOMER)
    other = opened(house, customer=CUSTOMER)
    assert due(house) == []
    clock.move_to(START + timedelta(days=10))
    acting.act(house, other, "end", as_("ann"))
    assert due(house) == [(1, LAST + timedelta(days=10))], "the last one counts"
    acting.act(house, number, "again", as_("ann"))
    assert due(house) == []
    clock.move_to(START + timedelta(days=20))
    acting.act(house, number, "end", as_("ann"))
    assert due(house) == [(1, LAST + timedelta(days=20))]


def test_the_latest_version_says_how_long_and_without_it_nobody_is_erased() -> None:
    house, _ = a_house(PROCEDURE)
    closed(house, customer=CUSTOMER)
    assert due(house) == []
    put_in_force(house, KEPT)
    assert due(house) == [(1, LAST)]
    put_in_force(house, KEPT.replace("2 months", "1 year"))
    assert due(house) == [(1, datetime(2027, 3, 3, 0, 0, tzinfo=UTC))]


def test_what_was_said_in_a_case_without_a_party_goes_too() -> None:
    house, clock = a_house()
    number = opened(house)
    amending.note(house, number, as_("ann"), "Rose Tyler called")
    acting.act(house, number, "end", as_("ann"))
    clock.move_to(LAST)
    assert [(one.party, one.cases) for one in retaining.retain(house, THE_SYSTEM)] == [(None, [number])]
    told = [line.details for line in reading.history(house, number, Reveal(as_("carl")))[0]]
    assert "Rose Tyler" not in str(told) and ("(erased)",) in told
    assert (auditing.verify(house).problems, retaining.retain(house, THE_SYSTEM)) == ([], [])


def test_carrying_it_out_by_hand_needs_the_right_to_erase() -> None:
    house, clock = a_house()
    closed(house, customer=CUSTOMER)
    clock.move_to(LAST)
    with pytest.raises(Denied):
        retaining.retain(house, as_("ann"))
    assert due(house) == [(1, LAST)]
    assert len(retaining.retain(house, as_("dora"))) == 1


def test_shipped_consumer_complaints_are_kept_three_years_and_housing_complaints_six() -> None:
    house, clock = memory_house("consumer-complaint", datetime(2026, 11, 3, 15, 0, tzinfo=UTC))
    given = {
        "complaint_id": "4000001", "sent_on": "2026-11-02", "company": "Acme Bank", "product": "mortgage", "issue": "Escrow account",
        "customer": CUSTOMER,
    }
    number = opening.open_case(house, "consumer-complaint", as_("amy.clarke"), given).number
    answer = {
        "steps_taken": "We checked the escrow account.", "received": "Two letters.", "planned": "none", "closure": "monetary",
        "relief": "35 USD",
    }
    acting.act(house, number, "respond", as_("amy.clarke"), answer)
    clock.move_to(datetime(2027, 1, 11, 15, 0, tzinfo=UTC))
    sweeping.sweep(house)
    (closing,) = [event for event in events_of(house, number) if event.data.get("closed")]
    (one,) = retaining.expiring(house, datetime(2031, 1, 1, tzinfo=UTC))
    assert (closing.occurred_at.year, one.due_at.year, one.cases) == (2027, 2030, (number,))
    housing, problems = read_bundle(DEFINITIONS / "housing-complaint")
    assert housing is not None and not problems and str(housing.definition.privacy.retain) == "6 years"
