"""Lists of cases by urgency, and the inbox of a person. Writes nothing; every page is limited."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, literal, select, union_all

from engine.defining.definition import Definition, State
from engine.ground.errors import Invalid
from engine.ground.language import say, spoken
from engine.records import cases, library, personal
from engine.records.items import WORK_ITEM
from engine.usecases.house import House

CASE, PARTY = cases.CASE, personal.PARTY
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
    PARTY.c.name.label("customer"),
)
WITH_PARTY = CASE.outerjoin(PARTY, PARTY.c.id == CASE.c.party_id)


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list. `due_at` is its earliest running promise, None without one; `due_unknown` when it cannot be known."""

    number: str
    definition: str
    title: str
    state: str
    state_title: str
    owner: str | None
    owner_name: str | None
    customer: str | None
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


@dataclass(frozen=True, slots=True)
class InboxLine:
    """A case that waits for somebody: what is to be done there, most urgent first."""

    number: str
    definition: str
    state: str
    state_title: str
    owner: str | None
    owner_name: str | None
    customer: str | None
    due_at: datetime | None
    due_unknown: bool
    overdue: bool
    breaches: int
    timezone: str
    mine: bool  # something in it is for this person alone
    waiting: tuple[str, ...]  # titles of the tasks, of the state, of notices to convey by hand
    posts: tuple[str, ...]  # titles of the posts for whose holders it waits
    awaits: str | None  # "customer" while it waits for the customer, not for staff


@dataclass(frozen=True, slots=True)
class Inbox:
    """What waits for a person, and whether there is more than was asked for."""

    person: str
    lines: tuple[InboxLine, ...]
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
) -> Page:
    """Open cases by urgency (due soonest first, those without a due time last), or closed ones, latest first.

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
        rows = conn.execute(query.order_by(*order).limit(limit + 1).offset((page - 1) * limit)).all()
        return Page(tuple(lines_of(house, conn, rows[:limit], now)), page, len(rows) > limit, now)


def numbers(house: House, prefix: str, limit: int) -> list[str]:
    """Numbers of open cases that begin so, latest first: for completion."""
    query = select(CASE.c.number).where(CASE.c.number.istartswith(prefix, autoescape=True), CASE.c.closed_at.is_(None))
    with house.store.reading() as conn:
        return list(conn.execute(query.order_by(CASE.c.id.desc()).limit(limit)).scalars())


# --- the inbox ------------------------------------------------------------------------------------------------------------


def inbox(house: House, person: str, own: bool | None = None, limit: int = 50) -> Inbox:
    """What waits for a person: own=True only what is for them alone, False only what their posts share, None both.

    Each case once, due soonest first. One ordered, limited index read for the person and for each of their posts, joined by
    UNION ALL: an IN over the posts would sort everything that waits. Raises Invalid for a limit out of range.
    """
    bounded(limit, 1)
    now = house.clock.now()
    with house.store.reading() as conn:
        known = library.organisation(house.store, conn)
        holder = known.people.get(person)
        posts = [*(holder.roles if holder else ()), *(name for name, group in known.groups.items() if person in group.members)]
        arms = ([] if own is False else [WORK_ITEM.c.person == person]) + ([] if own else [_shared(post, person) for post in posts])
        depth = limit * 2 + 1
        while True:
            rows, whole = _waiting(conn, arms, depth)
            chosen = _by_case(rows, limit + 1)
            if len(chosen) > limit or whole:
                break
            depth *= 4  # many items of few cases: look further, until there are enough cases or nothing is left
        ids = list(chosen)[:limit]
        of_case = {row.id: row for row in conn.execute(select(*COLUMNS).select_from(WITH_PARTY).where(CASE.c.id.in_(ids)))}
        lines = tuple(_inbox_line(house, conn, of_case[id_], chosen[id_], person, now) for id_ in ids if id_ in of_case)
        return Inbox(person, lines, len(chosen) > limit, now)


def _shared(post: str, person: str) -> Any:
    """Items of a post, but not those that are for this person alone (another arm has them)."""
    return and_(WORK_ITEM.c.role == post, WORK_ITEM.c.person.is_distinct_from(person))


def _waiting(conn: Connection, arms: Sequence[Any], depth: int) -> tuple[list[Row[Any]], bool]:
    """The most urgent items of all arms, and whether these are all there are.

    An arm that was cut off at `depth` may hold items due right after its last one, so nothing later than that counts yet.
    """
    if not arms:
        return [], True
    columns = (WORK_ITEM.c.case_id, WORK_ITEM.c.kind, WORK_ITEM.c.name, WORK_ITEM.c.role, WORK_ITEM.c.person, WORK_ITEM.c.due_at)
    parts: list[Select[Any]] = [
        select(select(*columns, literal(n).label("arm")).where(arm).order_by(WORK_ITEM.c.due_at).limit(depth).subquery(f"arm_{n}"))
        for n, arm in enumerate(arms)
    ]
    rows = conn.execute(union_all(*parts) if len(parts) > 1 else parts[0]).all()
    last: dict[int, datetime] = {}
    taken = Counter(row.arm for row in rows)
    for row in rows:
        if taken[row.arm] >= depth:
            last[row.arm] = max(last.get(row.arm, UNKNOWN), row.due_at)
    sure = min(last.values(), default=NEVER)
    return sorted((row for row in rows if row.due_at <= sure), key=lambda row: (row.due_at, row.case_id)), not last


def _by_case(rows: Iterable[Row[Any]], most: int) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    for row in rows:
        if row.case_id in found or len(found) < most:
            found.setdefault(row.case_id, []).append(row)
    return found


def _inbox_line(house: House, conn: Connection, row: Row[Any], items: Sequence[Row[Any]], person: str, now: datetime) -> InboxLine:
    line = next(iter(lines_of(house, conn, [row], now)))
    definition = library.definition(house.store, conn, row.version_id)
    state = definition.states[row.state]
    titles = []
    for item in items:
        titles.append(_item_title(definition, state, item.kind, item.name))
    due = min(item.due_at for item in items)
    posts = [definition.roles[item.role].title.in_(spoken()) or item.role for item in items if item.role in definition.roles]
    return InboxLine(
        line.number,
        line.definition,
        line.state,
        line.state_title,
        line.owner,
        line.owner_name,
        line.customer,
        None if due in (UNKNOWN, NEVER) else due,
        due == UNKNOWN,
        UNKNOWN < due < now,
        line.breaches,
        line.timezone,
        any(item.person == person for item in items),
        tuple(dict.fromkeys(titles)),
        tuple(dict.fromkeys(posts)),
        line.awaits,
    )


def _item_title(definition: Definition, state: State, kind: str, name: str) -> str:
    """What a work item is about, in words."""
    known: Any = {"task": state.tasks.get(name), "state": state, "request": state.actions.get(name) or state.tasks.get(name)}.get(kind)
    if kind == "request" and known is None:
        known = definition.all_clocks.get(name)
    title = (known.title.in_(spoken()) if known else "") or name
    if kind == "notice":
        return say("convey: {notice}", notice=name)
    return say("answer: {what}", what=title) if kind == "request" else title


# --- rows to lines ----------------------------------------------------------------------------------------------------------


def lines_of(
    house: House, conn: Connection, rows: Iterable[Row[Any]], now: datetime, found_in: Sequence[tuple[str, ...]] = ()
) -> Iterator[CaseLine]:
    """Rows (selected as COLUMNS) as lines, with titles in the language spoken."""
    people = library.organisation(house.store, conn).people
    for place, row in enumerate(rows):
        definition = library.definition(house.store, conn, row.version_id)  # from the store's cache but for the first of a version
        state = definition.states.get(row.state)
        due = row.due_at
        yield CaseLine(
            number=row.number,
            definition=row.definition,
            title=definition.title.in_(spoken()),
            state=row.state,
            state_title=(state.title.in_(spoken()) if state else "") or row.state,
            owner=row.owner,
            owner_name=people[row.owner].name if row.owner in people else row.owner,
            customer=row.customer,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            due_at=None if due in (UNKNOWN, NEVER) else due,
            due_unknown=due == UNKNOWN,
            overdue=due is not None and UNKNOWN < due < now,
            breaches=row.breaches,
            timezone=library.calendar(house.store, conn, definition.calendar).timezone,
            awaits=state.awaits if state else None,
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
