"""The inbox of a person: what waits for them, their posts, and the absent people for whom they stand in. Writes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, Integer, Select, and_, bindparam, literal, select, union_all

from engine.defining.absences import BY_NAME, StandIn
from engine.defining.definition import Definition
from engine.defining.organisation import Organisation
from engine.defining.posts import role_of
from engine.ground.language import say, spoken
from engine.ground.valueclass import valueclass
from engine.records import library
from engine.records.items import WORK_ITEM
from engine.records.prepared import Prepared
from engine.usecases.house import House
from engine.usecases.listing import CASE, NEVER, PARTY, UNKNOWN, bounded, customers_of, titles_of

_OF_CASE = (
    CASE.c.number, CASE.c.definition, CASE.c.version_id, CASE.c.state, CASE.c.owner, CASE.c.breaches, PARTY.c.details.label("customer"),
)


@dataclass(frozen=True, slots=True)
class AwayFor:
    """Somebody who is away, and for whom somebody stands in; `until` is their last day."""

    person: str
    name: str
    until: date


@valueclass(frozen=True, slots=True)
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

    Each case once, due soonest first; with it what absent people lend them. One ordered, limited index read for the person and for each
    post, joined by UNION ALL: an IN over the posts would sort everything that waits. Raises Invalid for a limit out of range.
    """
    bounded(limit, 1)
    now = house.clock.now()
    with house.store.reading() as conn:
        known = library.organisation(house.store, conn)
        mine, lent = _arms(known, person, own, now)
        arms = [*mine, *(arm for one in lent for arm in lent[one])]
        absent = [*([None] * len(mine)), *(one for one in lent for _ in lent[one])]
        depth = limit + 1
        while True:
            rows = _waiting(conn, arms, depth)
            chosen = _by_case(rows, limit + 1)
            if len(chosen) > limit or len(rows) < depth:
                break
            depth *= 4  # many items of few cases: look further, until there are enough cases or nothing is left
        return Inbox(person, tuple(_lines(house, conn, list(chosen.values())[:limit], person, absent, now)), len(chosen) > limit, now)


class Arm(NamedTuple):
    """Items that one index read finds: those of a post that are not a person's alone, or (without a post) a person's own."""

    post: str | None
    person: str


def _arms(known: Organisation, person: str, own: bool | None, now: datetime) -> tuple[list[Arm], dict[StandIn, list[Arm]]]:
    """A person's own items and what their posts share, and those that absent people lend them."""
    held = known.posts.purposes(person)
    posts = dict.fromkeys([*held, *map(role_of, held)])
    mine = ([] if own is False else [Arm(None, person)]) + ([] if own else [Arm(post, person) for post in posts])
    lent: dict[StandIn, list[Arm]] = {}
    for one in known.absences.stood_in_for(person, now):
        purposes = dict.fromkeys(name for purpose in one.chains if purpose != BY_NAME for name in (purpose, role_of(purpose)))
        theirs = [Arm(None, one.absent)] if BY_NAME in one.chains and own is not False else []
        lent[one] = theirs + ([] if own else [Arm(post, one.absent) for post in purposes if post not in posts])
    return mine, lent


def _waiting(conn: Connection, arms: Sequence[Arm], depth: int) -> list[Any]:
    """The most urgent `depth` items of all arms, fewer when these are all there are; each with its case and the case's customer."""
    if not arms:
        return []
    given: dict[str, Any] = {"depth": depth}
    for n, arm in enumerate(arms):
        given |= {f"person_{n}": arm.person} | ({} if arm.post is None else {f"post_{n}": arm.post})
    return _statement(tuple(arm.post is not None for arm in arms)).all(conn, given)


@lru_cache(maxsize=64)
def _statement(shape: tuple[bool, ...]) -> Prepared:
    """The reads of so many arms, of a post or of a person each, in one statement that merges what their index has in order already.

    Cases are looked up for the items that are left after that. They are read in the order of their items: due time, then case.
    """
    columns = (WORK_ITEM.c.case_id, WORK_ITEM.c.kind, WORK_ITEM.c.name, WORK_ITEM.c.role, WORK_ITEM.c.person, WORK_ITEM.c.due_at)
    parts: list[Select[Any]] = []
    for n, of_post in enumerate(shape):
        person: BindParameter[str] = bindparam(f"person_{n}", required=True)
        mine = and_(WORK_ITEM.c.role == bindparam(f"post_{n}", required=True), WORK_ITEM.c.person.is_distinct_from(person))
        parts.append(select(*columns, literal(n).label("arm")).where(mine if of_post else WORK_ITEM.c.person == person))
    every = parts[0] if len(parts) == 1 else union_all(*parts)
    item = every.order_by("due_at").limit(bindparam("depth", type_=Integer, required=True)).subquery("item")
    joined = item.join(CASE, CASE.c.id == item.c.case_id).outerjoin(PARTY, PARTY.c.id == CASE.c.party_id)
    return Prepared(select(*item.c, *_OF_CASE).select_from(joined).order_by(item.c.due_at, item.c.case_id))


def _by_case(rows: Iterable[Any], most: int) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        if row.case_id in found or len(found) < most:
            found.setdefault(row.case_id, []).append(row)
    return found


def _lines(
    house: House, conn: Connection, cases: Sequence[Sequence[Any]], person: str, absent: Sequence[StandIn | None], now: datetime
) -> Iterator[InboxLine]:
    """The items of each case as a line, with titles in the language spoken."""
    rows = [items[0] for items in cases]
    people, titles = library.organisation(house.store, conn).people, titles_of(house, conn, rows)
    for items, row, customer in zip(cases, rows, customers_of(conn, rows), strict=True):
        definition = library.definition(house.store, conn, row.version_id)
        of_case = titles[row.version_id, row.state]
        due = row.due_at  # of the most urgent item
        lenders = dict.fromkeys(absent[item.arm] for item in items)
        yield InboxLine(
            row.number,
            row.definition,
            row.state,
            of_case.state_title,
            row.owner,
            people[row.owner].name if row.owner in people else row.owner,
            customer,
            None if due in (UNKNOWN, NEVER) else due,
            due == UNKNOWN,
            UNKNOWN < due < now,
            row.breaches,
            of_case.timezone,
            any(item.person == person for item in items),
            tuple(dict.fromkeys(_item_title(definition, row.state, item.kind, item.name) for item in items)),
            tuple(dict.fromkeys(
                definition.roles[item.role].title.in_(spoken()) or item.role for item in items if item.role in definition.roles
            )),
            of_case.awaits,
            () if None in lenders else tuple(AwayFor(one.absent, people[one.absent].name, one.until) for one in lenders if one),
        )


def _item_title(definition: Definition, in_state: str, kind: str, name: str) -> str:
    """What a work item is about, in words."""
    state = definition.states[in_state]
    known: Any = {"task": state.tasks.get(name), "state": state, "request": state.actions.get(name) or state.tasks.get(name)}.get(kind)
    if kind == "request" and known is None:
        known = definition.all_clocks.get(name)
    title = (known.title.in_(spoken()) if known else "") or name
    if kind == "notice":
        return say("convey: {notice}", notice=name)
    return say("answer: {what}", what=title) if kind == "request" else title
