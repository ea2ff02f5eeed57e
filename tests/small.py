"""A small procedure for tests of the use cases: an office in UTC, five people, and a definition that a test writes for its purpose."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from engine.deciding.case import CaseState, Event
from engine.deciding.rights import THE_SYSTEM
from engine.defining.bundle import Bundle, read_bundle
from engine.ground.canonical import canonical
from engine.ground.clock import VirtualClock
from engine.ground.errors import MakegoodError
from engine.records import library, outbox
from engine.records.store import Store
from engine.records.tables import METADATA
from engine.usecases import acting, opening, publishing
from engine.usecases.access import of_rights
from engine.usecases.house import House, Settings
from tests import databases
from tests.houses import as_, events_of, state_of

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday, at opening
CUSTOMER = {"name": "Rose Tyler", "email": "rose@customer.example", "language": "en"}

ORGANISATION = dedent("""\
    organisation: small
    people:
      ann:  {name: Ann Archer,  roles: [desk], superior: carl, login: ann, email: ann@small.example, language: en}
      bob:  {name: Bob Baker,   roles: [desk, lab], superior: carl, login: bob, email: bob@small.example, language: en}
      carl: {name: Carl Cooper, roles: [manager], superior: dora, login: carl, email: carl@small.example, language: en}
      dora: {name: Dora Dyer,   roles: [director], login: dora, email: dora@small.example, language: en}
      eve:  {name: Eve Eaton,   roles: [porter], superior: dora, login: eve, email: eve@small.example, language: en}
    groups:
      panel: {members: [carl, dora]}
    rights:
      publish: [manager, director, ann]
      apply: [manager, director, ann]
      migrate: [director, ann]
      audit: [director, ann]
      reveal: carl
      erase: dora
      tell: [director, ann]
    """)
OFFICE = dedent("""\
    calendar: office
    timezone: UTC
    hours: {mon-fri: ["09:00-17:00"]}
    valid_through: 2030-12-31
    """)
HEAD = dedent("""\
    procedure: small
    number: "S-{year}-{serial:03}"
    calendar: office
    languages: [en]
    """)
ROLES = "roles: {desk: {}, lab: {}, manager: {}, director: {}}\n"
DONE = "  done: {final: true}\n"


def written(
    folder: Path, procedure: str, notices: Mapping[str, str] | Iterable[str] = (), scenarios: Mapping[str, str] | None = None
) -> Path:
    """A bundle folder with the organisation and the calendar beside it; notices by name alone get a text of one line."""
    bundle = folder / "small"
    (bundle / "notices").mkdir(parents=True, exist_ok=True)
    (folder / "calendars").mkdir(exist_ok=True)
    (folder / "calendars" / "office.yaml").write_text(OFFICE, encoding="utf-8")
    (folder / "organisation.yaml").write_text(ORGANISATION, encoding="utf-8")
    (bundle / ("cycle.yaml" if procedure.startswith("cycle:") else "procedure.yaml")).write_text(procedure, encoding="utf-8")
    texts = notices if isinstance(notices, Mapping) else {f"{name}.en": f"{name} of {{{{ number }}}}" for name in notices}
    for name, text in texts.items():
        (bundle / "notices" / f"{name}.j2").write_text(f"Subject: {name}\n\n{text}\n", encoding="utf-8")
    for name, text in (scenarios or {}).items():
        (bundle / "scenarios").mkdir(exist_ok=True)
        (bundle / "scenarios" / f"{name}.yaml").write_text(dedent(text), encoding="utf-8")
    return bundle


def organised(store: Store) -> None:
    """Apply the small organisation."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "organisation.yaml").write_text(ORGANISATION, encoding="utf-8")
        house = House(store, VirtualClock(START), Settings(folder=Path()))
        publishing.apply_organisation(house, Path(folder) / "organisation.yaml", THE_SYSTEM)


def bundle_of(procedure: str, notices: Mapping[str, str] | Iterable[str] = (), scenarios: Mapping[str, str] | None = None) -> Bundle:
    """A bundle read, its problems refused."""
    with TemporaryDirectory() as folder:
        bundle, problems = read_bundle(written(Path(folder), procedure, notices, scenarios))
        assert bundle is not None, "\n".join(map(str, problems))
        return bundle


def empty_house() -> tuple[House, VirtualClock]:
    """A house in memory (or on a server, where the test is about that) with the small organisation and nothing published."""
    clock = VirtualClock(START)
    return House(databases.quick(organised), clock, Settings(folder=Path())), clock


def small_house(procedure: str, notices: Mapping[str, str] | Iterable[str] = ()) -> tuple[House, VirtualClock]:
    """Such a house with this definition in force, on a clock that stands at `START`. Its checks are passed over."""
    house, clock = empty_house()
    put_in_force(house, procedure, notices)
    return house, clock


def put_in_force(house: House, procedure: str, notices: Mapping[str, str] | Iterable[str] = (), calendar: str = OFFICE) -> Bundle:
    """Make this the latest version of its bundle, with the calendar."""
    from engine.defining.calendar_file import read_calendar
    from engine.ground.calendars import calendar_json

    bundle = bundle_of(procedure, notices)
    with TemporaryDirectory() as folder, house.store.writing() as conn:
        (Path(folder) / "office.yaml").write_text(calendar, encoding="utf-8")
        read, problems = read_calendar(Path(folder) / "office.yaml")
        assert read is not None, problems
        library.publish_calendar(conn, "office", canonical(calendar_json(read)), THE_SYSTEM, house.clock.now())
        library.publish_definition(conn, bundle.name, bundle.text, "{}", bundle.hash, THE_SYSTEM, house.clock.now())
    return bundle


def opened(house: House, by: str = "ann", **given: Any) -> str:
    """Open a case; its number."""
    return opening.open_case(house, "small", as_(by), given).number


def do(house: House, number: str, action: str, by: str = "ann", **given: Any) -> CaseState:
    """Take an action or finish a task; the case afterwards."""
    acting.act(house, number, action, as_(by), given)
    return state_of(house, number)


def kinds(house: House, number: str) -> list[str]:
    """The events of a case, each as its kind and what it speaks of: `acted go`, `breach total`, `rung total due`."""
    return [described(event) for event in events_of(house, number)]


def described(event: Event) -> str:
    """An event in two or three words."""
    data = event.data
    return " ".join(str(one) for one in (event.kind, data.get("act") or data.get("clock") or data.get("action"), data.get("at")) if one)


def messages(house: House, number: str | None = None) -> list[Any]:
    """The rows of the outbox with what they say, oldest first."""
    with house.store.reading() as conn:
        rows = outbox.listing(conn, case=number, limit=1000)
        words = [one._asdict() if one else {} for one in outbox.words(conn, rows)]
        return [SimpleNamespace(**row._mapping, **said) for row, said in reversed(list(zip(rows, words, strict=True)))]


def sent(house: House, number: str | None = None) -> list[tuple[str, str]]:
    """Who is written to: (notice, person or "customer"), oldest first."""
    return [(row.name, row.person or "customer") for row in messages(house, number)]


def dump(house: House) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with house.store.reading() as conn:
        return {
            name: sorted((tuple(row) for row in conn.execute(select(table))), key=repr) for name, table in METADATA.tables.items()
        }


def refused(house: House, kind: type[MakegoodError], code: int, what: Any) -> MakegoodError:
    """Call `what`, which must be refused with this error and exit code and must change nothing in any table; the error.

    What was refused for reasons of rights must be recorded as that in the stream of accesses, and nothing else.
    """
    before = dump(house)
    try:
        what()
    except MakegoodError as error:
        assert (type(error), error.exit_code) == (kind, code), f"{error.kind}: {error}"
        after = dump(house)
        noted = [row for row in after["event"] if row not in before["event"]]
        assert error.message and {**after, "event": [row for row in after["event"] if row not in noted]} == before
        assert [row[0::2][:2] for row in noted] == [("access", "refused")] * of_rights(error)
        return error
    raise AssertionError("was possible")
