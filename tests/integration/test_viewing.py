"""Who sees which cases, and which part of them; refusals to show are recorded, looking that is allowed is not."""

from datetime import timedelta

import pytest
from test_deputies import PROCEDURE, act, away, house_with

from engine.deciding.rights import THE_SYSTEM
from engine.ground.errors import Denied
from engine.usecases import accesses, accounting, clock_view, finding, listing, notices, reading
from engine.usecases.house import House
from tests.houses import as_
from tests.small import opened, refused, sent, small_house


def listed(house: House, person: str) -> list[str]:
    return sorted(line.number for line in listing.list_cases(house, actor=as_(person)).lines)


def test_a_stranger_to_a_procedure_sees_nothing_of_it() -> None:
    house, _ = small_house(PROCEDURE)
    number = opened(house)
    act(house, number, "propose", "ann")
    look = (
        lambda: reading.show(house, number, as_("eve")), lambda: reading.history(house, number, as_("eve")),
        lambda: clock_view.case_clocks(house, number, actor=as_("eve")),
    )
    for one in look:
        error = refused(house, Denied, 6, one)
        assert "Ann Archer (ann)" in error.facts["who_could"]
    assert listed(house, "eve") == [] and finding.find(house, number, actor=as_("eve")).lines == ()
    assert sent(house, number) and notices.list_notices(house, actor=as_("eve")) == []
    assert finding.find_parties(house, actor=as_("eve")) == []
    refused(house, Denied, 6, lambda: accounting.report(house, actor=as_("eve")))
    before = len(accesses.accesses(house, actor=THE_SYSTEM))
    for one in ("ann", "bob", "carl", "dora"):
        assert reading.show(house, number, as_(one)).number == number and listed(house, one) == [number]
        assert notices.list_notices(house, actor=as_(one))
    assert len(accesses.accesses(house, actor=THE_SYSTEM)) == before, "looking that is allowed writes nothing"


def test_whoever_audits_sees_every_case_and_a_deputy_what_is_lent() -> None:
    house = house_with(("audit: [director, ann]", "audit: eve"))
    number = opened(house)
    assert listed(house, "eve") == [number] and reading.history(house, number, as_("eve"))
    house = house_with(away("[{from: 2026-03-02, until: 2026-03-02, deputy: eve}]"))
    number = opened(house)
    assert listed(house, "eve") == [number] and reading.show(house, number, as_("eve"))
    house.clock.move_to(house.clock.now() + timedelta(days=1))  # type: ignore[attr-defined]
    assert listed(house, "eve") == []
    refused(house, Denied, 6, lambda: reading.show(house, number, as_("eve")))


def test_a_post_of_a_unit_sees_the_cases_of_its_unit_alone() -> None:
    procedure = PROCEDURE.replace("lab: {}", "lab: {of: north}")
    house = house_with(
        ("roles: [desk, lab]", "roles: [lab of north]"), ("roles: [porter]", "roles: [lab of south]"), procedure=procedure
    )
    number, other = opened(house), opened(house, north="south")
    assert listed(house, "bob") == [number] and listed(house, "eve") == [other]
    refused(house, Denied, 6, lambda: reading.show(house, other, as_("bob")))


@pytest.mark.parametrize(("person", "shown"), [("carl", "12"), ("ann", "•••")])
def test_a_field_for_other_readers_is_masked_in_case_history_and_search(person: str, shown: str) -> None:
    about = "  about: {type: person}"
    house, _ = small_house(PROCEDURE.replace(about, f"{about}\n  code: {{type: text, pattern: '[0-9]+', sees: manager}}"))
    number = opened(house, code="12")
    view = reading.show(house, number, as_(person))
    assert next(field.text for field in view.fields if field.name == "code") == shown
    told = [detail for line in reading.history(house, number, as_(person))[0] for detail in line.details if detail.startswith("code")]
    assert told == [f"code: {shown}"]
    assert finding.find(house, "12", actor=as_(person)).lines == ()
