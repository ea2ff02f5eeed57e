"""Real input: an extract of a regulator's public complaint database becomes cases, row by row.

The extract lies beside the project, not in it; without it these tests are skipped and say so.
"""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.deciding.rights import THE_SYSTEM, Actor
from engine.defining.mapping import ImportMapping, read_mapping
from engine.ground.clock import VirtualClock
from engine.records.schema import memory_template
from engine.records.store import MemoryStore
from engine.usecases import auditing, listing, reading, sweeping
from engine.usecases.house import House, Settings
from engine.usecases.importing import Imported, Table, import_cases, read_table
from engine.usecases.publishing import apply_organisation, publish
from engine.usecases.revealing import Reveal
from tests.houses import events_of, state_of

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "definitions"
EXTRACT = ROOT / "../shared/data/cfpb-sample.csv"
DESK = Actor("amy.clarke")

pytestmark = pytest.mark.skipif(not EXTRACT.exists(), reason="the extract lies beside the project, not in it")


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house in memory that knows the consumer complaints, some days after the latest row of the extract."""
    house = House(MemoryStore(memory_template()), VirtualClock(datetime(2026, 11, 10, 15, 0, tzinfo=UTC)), Settings(folder=tmp_path))
    apply_organisation(house, SHIPPED / "organisation.yaml", Actor("helen.price"))
    publish(house, SHIPPED / "consumer-complaint", Actor("helen.price"))
    return house


@pytest.fixture(scope="module")
def mapping() -> ImportMapping:
    """The shipped mapping of the extract's columns."""
    return read_mapping(SHIPPED / "samples" / "cfpb-mapping.yaml")


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def imported(house: House, mapping: ImportMapping, file: Path) -> tuple[Table, Imported]:
    table = read_table(file)
    return table, import_cases(house, table, mapping, DESK, source="extract")


def test_every_row_becomes_a_case_or_is_reported_with_its_reason(house: House, mapping: ImportMapping) -> None:
    table, done = imported(house, mapping, EXTRACT)
    rows = rows_of(EXTRACT)
    assert len(table.rows) == len(rows) > 100
    assert len(done.opened) + len(done.bad) == len(rows) and done.already == 0
    assert all(line > 1 and reason for line, reason in done.bad)
    assert len(done.opened) >= len(rows) * 0.9          # the mapping fits real rows, not only the header
    assert auditing.verify(house).problems == []


def test_a_case_holds_what_its_row_says(house: House, mapping: ImportMapping) -> None:
    table, done = imported(house, mapping, EXTRACT)
    bad = {line for line, _ in done.bad}
    kept = [row.cells for row in table.rows if row.line not in bad]
    for number, cells in zip(done.opened, kept, strict=True):
        values = {field.name: field.value for field in reading.show(house, number, Reveal(Actor("helen.price"))).fields}
        assert str(values["complaint_id"]) == cells["complaint_id"]
        assert (str(values["sent_on"]), str(values["company"])) == (cells["date_sent_to_company"], cells["company"])
        assert values["product"] == mapping.fields["product"].map[cells["product"]]
        assert values.get("narrative") == (cells["consumer_complaint_narrative"].strip() or None)


def test_the_same_extract_again_opens_nothing(house: House, mapping: ImportMapping) -> None:
    _, first = imported(house, mapping, EXTRACT)
    _, again = imported(house, mapping, EXTRACT)
    assert (again.opened, again.already, again.bad) == ([], len(first.opened), first.bad)


def test_limits_run_from_the_day_the_portal_sent_the_complaint(house: House, mapping: ImportMapping) -> None:
    """Everything in the extract is long overdue by now, and is shown so, the oldest first."""
    imported(house, mapping, EXTRACT)
    lines = listing.list_cases(house, definition="consumer-complaint", limit=200, actor=THE_SYSTEM).lines
    dues = [line.due_at for line in lines if line.due_at is not None]
    assert dues == sorted(dues) and dues and dues[-1] < house.clock.now()


def test_what_came_years_late_is_past_due_and_first_in_line_as_of_the_days_on_which_it_was(house: House, mapping: ImportMapping) -> None:
    _, done = imported(house, mapping, EXTRACT)
    assert isinstance(house.clock, VirtualClock)
    house.clock.move_to(house.clock.now() + timedelta(hours=1))
    assert sweeping.sweep(house).failures == []
    for number in done.opened:
        case = state_of(house, number)
        past = next(event for event in events_of(house, number) if event.data.get("act") == "fall_past_due")
        sixteenth = datetime.fromisoformat(case.fields["sent_on"]) + timedelta(days=16)     # it ends with the fifteenth day
        assert past.occurred_at.astimezone(ZoneInfo("America/New_York")).replace(tzinfo=None) == sixteenth
        assert (case.state, case.fields["first_in_line"]) == ("past_due", True)
    assert auditing.verify(house).problems == []


def test_spoiled_rows_are_named_with_line_and_reason_and_the_others_are_kept(house: House, mapping: ImportMapping, tmp_path: Path) -> None:
    rows = rows_of(EXTRACT)[:40]
    rows[3]["product"] = "Perpetual motion"
    rows[7]["date_sent_to_company"] = "32.13.2017"
    rows[11]["complaint_id"] = ""
    rows[15]["complaint_id"] = rows[14]["complaint_id"]
    rows[19]["company"] = ""
    spoiled = tmp_path / "spoiled.csv"
    with spoiled.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    table, done = imported(house, mapping, spoiled)
    words = {3: "Perpetual motion", 7: "32.13.2017", 11: "complaint_id", 15: "same", 19: "company"}
    lines = {table.rows[at].line: word for at, word in words.items()}
    reasons = dict(done.bad)
    assert {line: word in reasons.get(line, "") for line, word in lines.items()} == dict.fromkeys(lines, True)
    assert len(done.opened) + len(done.bad) == len(rows)
