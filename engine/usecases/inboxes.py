"""The inbox of a person: what waits for them, their posts, and the absent people for whom they stand in. Writes nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, literal, select, union_all

from engine.defining.absences import BY_NAME, StandIn
from engine.defining.definition import Definition, State
from engine.defining.organisation import Organisation
from engine.defining.posts import role_of
from engine.ground.language import say, spoken
from engine.records import library
from engine.records.items import WORK_ITEM
from engine.usecases.house import House
from engine.usecases.listing import CASE, COLUMNS, NEVER, UNKNOWN, WITH_PARTY, CaseLine, bounded, lines_of


@dataclass(frozen=True, slots=True)
class AwayFor:
    """Somebody who is away, and for whom somebody stands in; `until` is their last day."""

    person: str
    name: str
    until: date


@dataclass(frozen=True, slots=True)
class InboxLine:
    """A case that waits for somebody: what is to be done there, most urgent first."""

    number: str
    definition: str
    state: str
    state_title: str
    owner: str | None
    owner_name: str | None
    customer: str | None  # masked
    due_at: datetime | None
    due_unknown: bool
    overdue: bool
    breaches: int
    timezone: str
    mine: bool  # something in it is for this person alone
    waiting: tuple[str, ...]  # titles of the tasks, of the state, of notices to convey by hand
    posts: tuple[str, ...]  # titles of the posts for whose holders it waits
    awaits: str | None  # "customer" while it waits for the customer, not for staff
    stands_in_for: tuple[AwayFor, ...] = ()  # where it is theirs only because others are away


@dataclass(frozen=True, slots=True)
class Inbox:
    """What waits for a person, and whether there is more than was asked for."""

    person: str
    lines: tuple[InboxLine, ...]
    more: bool
    at: datetime


def inbox(house: House, person: str, own: bool | None = None, limit: int = 50) -> Inbox:
    """What waits for a person: own=True only what is for them alone, False only what their posts share, None both.

    Each case once, due soonest first. One ordered, limited index read for the person and for each of their posts, joined by
    UNION ALL: an IN over the posts would sort everything that waits. Raises Invalid for a limit out of range.
    """
    bounded(limit, 1)
    now = house.clock.now()
    with house.store.reading() as conn:
        known = library.organisation(house.store, conn)
        mine, lent = _arms(known, person, own, now)
        arms = [*mine, *(arm for one in lent for arm in lent[one])]
        absent = [*([None] * len(mine)), *(one for one in lent for _ in lent[one])]
        depth = limit * 2 + 1
        while True:
            rows, whole = _waiting(conn, arms, depth)
            chosen = _by_case(rows, limit + 1)
            if len(chosen) > limit or whole:
                break
            depth *= 4  # many items of few cases: look further, until there are enough cases or nothing is left
        ids = list(chosen)[:limit]
        of_case = {row.id: row for row in conn.execute(select(*COLUMNS).select_from(WITH_PARTY).where(CASE.c.id.in_(ids)))}
        found = [of_case[id_] for id_ in ids if id_ in of_case]
        lines = tuple(
            _inbox_line(house, conn, row, line, chosen[row.id], person, absent, now)
            for row, line in zip(found, lines_of(house, conn, found, now), strict=True)
        )
        return Inbox(person, lines, len(chosen) > limit, now)


def _arms(known: Organisation, person: str, own: bool | None, now: datetime) -> tuple[list[Any], dict[StandIn, list[Any]]]:
    """The conditions of a person's own items and of what their posts share, and those that absent people lend them."""
    held = known.posts.purposes(person)
    posts = dict.fromkeys([*held, *map(role_of, held)])
    mine = ([] if own is False else [WORK_ITEM.c.person == person]) + ([] if own else [_shared(post, person) for post in posts])
    lent: dict[StandIn, list[Any]] = {}
    for one in known.absences.stood_in_for(person, now):
        purposes = dict.fromkeys(name for purpose in one.chains if purpose != BY_NAME for name in (purpose, role_of(purpose)))
        theirs = [WORK_ITEM.c.person == one.absent] if BY_NAME in one.chains and own is not False else []
        lent[one] = theirs + ([] if own else [_shared(post, one.absent) for post in purposes if post not in posts])
    return mine, lent


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


def _inbox_line(
    house: House, conn: Connection, row: Row[Any], line: CaseLine, items: Sequence[Row[Any]], person: str,
    absent: Sequence[StandIn | None], now: datetime,
) -> InboxLine:
    definition = library.definition(house.store, conn, row.version_id)
    state = definition.states[row.state]
    titles = []
    for item in items:
        titles.append(_item_title(definition, state, item.kind, item.name))
    due = min(item.due_at for item in items)
    lenders = dict.fromkeys(absent[item.arm] for item in items)
    people = library.organisation(house.store, conn).people
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
        () if None in lenders else tuple(AwayFor(one.absent, people[one.absent].name, one.until) for one in lenders if one),
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
