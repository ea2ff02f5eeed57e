"""Lists of cases by urgency. Writes nothing; every page is limited."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from engine.deciding.rights import Actor
from engine.ground.errors import Invalid
from engine.ground.language import say, spoken
from engine.ground.masking import masked_name
from engine.ground.valueclass import valueclass
from engine.records import cases, library, parties, sealing
from engine.usecases.house import House
from engine.usecases.viewing import visible

CASE, PARTY = cases.CASE, parties.PARTY
UNKNOWN, NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)  # due times that sort first and last
LARGEST_PAGE = 1000

COLUMNS = (
    CASE.c.id,
    CASE.c.number,
    CASE.c.definition,
    CASE.c.version_id,
    CASE.c.state,
    CASE.c.owner,
    CASE.c.opened_at,
    CASE.c.closed_at,
    CASE.c.due_at,
    CASE.c.breaches,
    PARTY.c.details.label("customer"),
)
WITH_PARTY = CASE.outerjoin(PARTY, PARTY.c.id == CASE.c.party_id)


@valueclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list. `due_at` is its earliest running promise, None without one; `due_unknown` when it cannot be known."""

    number: str
    definition: str
    title: str
    state: str
    state_title: str
    owner: str | None
    owner_name: str | None
    customer: str | None  # masked
    opened_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    due_unknown: bool
    overdue: bool
    breaches: int
    timezone: str
    awaits: str | None = None  # "customer" while it waits for the customer, not for staff
    found_in: tuple[str, ...] = ()  # for `find`: where the text stands


@dataclass(frozen=True, slots=True)
class Page:
    """One page of cases, and whether there is another."""

    lines: tuple[CaseLine, ...]
    page: int
    more: bool
    at: datetime


def list_cases(
    house: House,
    *,
    state: str | None = None,
    owner: str | None = None,
    definition: str | None = None,
    overdue: bool = False,
    closed: bool = False,
    limit: int = 50,
    page: int = 1,
    actor: Actor,
) -> Page:
    """Open cases that the actor may see by urgency (due soonest first, those without a due time last), or closed ones, latest first.

    Raises Invalid for a limit or page out of range.
    """
    bounded(limit, page)
    now = house.clock.now()
    query = select(*COLUMNS).select_from(WITH_PARTY).where(CASE.c.closed_at.is_not(None) if closed else CASE.c.closed_at.is_(None))
    for column, wanted in ((CASE.c.state, state), (CASE.c.owner, owner), (CASE.c.definition, definition)):
        if wanted is not None:
            query = query.where(column == wanted)
    if overdue:
        query = query.where(CASE.c.due_at < now)
    order = (CASE.c.closed_at.desc(), CASE.c.id.desc()) if closed else (CASE.c.due_at.nulls_last(), CASE.c.id)
    with house.store.reading() as conn:
        query = only(query, visible(house, conn, actor))
        rows = conn.execute(query.order_by(*order).limit(limit + 1).offset((page - 1) * limit)).all()
        return Page(tuple(lines_of(house, conn, rows[:limit], now)), page, len(rows) > limit, now)


def only(query: Select[Any], condition: ColumnElement[bool] | None) -> Select[Any]:
    """A query narrowed to what somebody may see; all of it where there is no condition."""
    return query if condition is None else query.where(condition)


def numbers(house: House, prefix: str, limit: int, actor: Actor) -> list[str]:
    """Numbers of open cases that begin so and that the actor may see, latest first: for completion."""
    query = select(CASE.c.number).where(CASE.c.number.istartswith(prefix, autoescape=True), CASE.c.closed_at.is_(None))
    with house.store.reading() as conn:
        return list(conn.execute(only(query, visible(house, conn, actor)).order_by(CASE.c.id.desc()).limit(limit)).scalars())


# --- rows to lines ----------------------------------------------------------------------------------------------------------


class Titles(NamedTuple):
    """What all cases of one version in one state are called, in the language spoken, and where they are at home."""

    title: str
    state_title: str
    awaits: str | None
    timezone: str


def titles_of(house: House, conn: Connection, rows: Iterable[Any]) -> dict[tuple[int, str], Titles]:
    """For the version and the state of each row its titles."""
    found = {}
    for version_id, name in {(row.version_id, row.state) for row in rows}:
        definition = library.definition(house.store, conn, version_id)  # from the store's cache but for the first of a version
        state = definition.states.get(name)
        found[version_id, name] = Titles(
            definition.title.in_(spoken()),
            (state.title.in_(spoken()) if state else "") or name,
            state.awaits if state else None,
            library.calendar(house.store, conn, definition.calendar).timezone,
        )
    return found


def customers_of(conn: Connection, rows: Sequence[Any]) -> list[str | None]:
    """The masked name of each row's customer; one who is in several rows is opened once."""
    boxes = list({row.customer for row in rows})
    names = {box: masked_name(found["name"]) if found else None for box, found in zip(boxes, sealing.open_json(conn, boxes), strict=True)}
    return [names[row.customer] for row in rows]


def lines_of(
    house: House, conn: Connection, rows: Sequence[Row[Any]], now: datetime, found_in: Sequence[tuple[str, ...]] = ()
) -> Iterator[CaseLine]:
    """Rows (selected as COLUMNS) as lines, with titles in the language spoken."""
    people = library.organisation(house.store, conn).people
    titles, customers = titles_of(house, conn, rows), customers_of(conn, rows)
    for place, row in enumerate(rows):
        title, state_title, awaits, timezone = titles[row.version_id, row.state]
        due = row.due_at
        yield CaseLine(
            number=row.number,
            definition=row.definition,
            title=title,
            state=row.state,
            state_title=state_title,
            owner=row.owner,
            owner_name=people[row.owner].name if row.owner in people else row.owner,
            customer=customers[place],
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            due_at=None if due in (UNKNOWN, NEVER) else due,
            due_unknown=due == UNKNOWN,
            overdue=due is not None and UNKNOWN < due < now,
            breaches=row.breaches,
            timezone=timezone,
            awaits=awaits,
            found_in=found_in[place] if found_in else (),
        )


def bounded(limit: int, page: int) -> None:
    """Refuse a page that is empty, endless or before the first; raises Invalid."""
    if not 1 <= limit <= LARGEST_PAGE or page < 1:
        raise Invalid(
            say("A page holds 1 to {most} lines, and pages count from 1", most=LARGEST_PAGE),
            hint=say("Use --limit and --page."),
            field="limit",
            expected=f"1..{LARGEST_PAGE}",
        )
