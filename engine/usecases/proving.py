"""Authority proof: who may take an action of a case on some day, and where and when nobody could, before it happens. Writes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from engine.deciding.case import TaskStatus
from engine.deciding.proof import Kind, Question, Way, gaps, ways
from engine.deciding.proof_questions import Asked, of_case, of_definition
from engine.deciding.rights import Actor, called
from engine.defining.definition import Action, Definition, Task, Who
from engine.defining.organisation import Organisation
from engine.ground.errors import Invalid, NotFound
from engine.ground.language import say, spoken
from engine.records import cases, library
from engine.usecases.access import refusals_noted
from engine.usecases.allowing import allowed
from engine.usecases.house import House
from engine.usecases.viewing import look
from engine.usecases.work import take_up

BATCH = 200          # cases loaded at a time
DAYS = 30            # ahead, where nobody says how far
LONGEST = 3700       # days


@dataclass(frozen=True, slots=True)
class Could:
    """One way in which somebody could act. `most` is the authority that counts, "unlimited", or None where no amount is decided."""

    person: str
    name: str
    on_behalf: str | None
    on_behalf_name: str | None
    most: str | None
    currency: str | None
    away: bool
    free: bool
    because: str                         # what stands against it, in words


@dataclass(frozen=True, slots=True)
class WhoCan:
    """Who may take an action of a case at an instant; `approvals` says the same of each who has to approve it."""

    case: str
    action: str
    title: str
    at: datetime
    ways: tuple[Could, ...]
    approvals: tuple[tuple[str, tuple[Could, ...]], ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A time, [since, until), in which nobody could take an action: in an open case, or (case None) in any of a procedure."""

    definition: str
    case: str | None
    state: str
    what: str
    title: str
    approval: bool                       # it is approving that nobody could
    unit: str
    kind: str                            # nobody, excluded, amount
    since: datetime
    until: datetime
    who: tuple[str, ...]                 # who is there but excluded, or whose authority is the highest
    above: str | None                    # amounts above this are nobody's
    currency: str | None


@dataclass(frozen=True, slots=True)
class Gaps:
    """Every gap found, those that come first first, and how much was looked at."""

    since: datetime
    until: datetime
    timezone: str
    cases: int
    definitions: int
    gaps: tuple[Gap, ...]


def who_can(house: House, actor: Actor, number: str, name: str, on: date | None = None) -> WhoCan:
    """Who may take an action, or finish a task, of a case, in whose name and up to which amount; now, or on a day. Whether the case is in a
    state that has it is not asked. Raises NotFound (case, action), Denied for whoever may not see the case."""
    now = house.clock.now()
    with refusals_noted(house, actor, "who-can", case=number), house.store.reading() as conn:
        loaded = cases.load(conn, number)
        look(house, conn, loaded, actor)
        work = take_up(house, conn, loaded, now)
        what = _find(work.definition, work.case.state, name)
        at = now if on is None else datetime.combine(on, time(12), ZoneInfo(work.organisation.timezone))
        limit = work.definition.fields.get(what.limit or "")
        run = work.case.tasks.get(name)
        assignee = run.assignee if run is not None and run.status is TaskStatus.OPEN else None

        def question(by: tuple[Who, ...], currency: str | None, assigned: str | None = None) -> tuple[Could, ...]:
            reach = (work.definition, work.case, work.organisation, work.live)
            asked = Question(*reach, name, by, what.except_, currency, assigned)
            return tuple(_told(way, asked) for way in ways(asked, at))

        currency = limit.currency if limit is not None else None
        approvals = tuple((str(one.value.of), question((one.value.of,), currency)) for one in what.approve)
        own = question(what.by, None if what.approve else currency, assignee)
        return WhoCan(number, name, what.title.in_(spoken()) or name, at, own, approvals)


def _find(definition: Definition, state: str, name: str) -> Action | Task:
    for one in (definition.states[state], *definition.states.values()):
        what = one.actions.get(name) or one.tasks.get(name)
        if what is not None:
            return what
    known = sorted({what for one in definition.states.values() for what in (*one.actions, *one.tasks)})
    raise NotFound(
        say("{bundle} has no action or task '{name}'", bundle=definition.name, name=name),
        hint=say("It has: {known}.", known=", ".join(known)), kind="action", name=name,
    )


def _told(way: Way, asked: Question) -> Could:
    people = asked.organisation.people
    against = {
        "": "", "deny": say("the organisation denies it to {who}", who=way.because), "except": say("excluded as {who}", who=way.because),
    }[way.against]
    return Could(
        way.person, people[way.person].name, way.on_behalf, people[way.on_behalf].name if way.on_behalf else None,
        _amount(way.most), asked.currency, way.away, way.free, against or (say("away") if way.away else ""),
    )


def _amount(most: Decimal | None) -> str | None:
    if most is None:
        return None
    return "unlimited" if most == Decimal("Infinity") else "0" if most < 0 else format(most, "f")


def find_gaps(
    house: House, actor: Actor, since: date | None = None, until: date | None = None, progress: Callable[[int, int], None] | None = None
) -> Gaps:
    """Where nobody could act, from now (or a day) until the end of a day, over every open case and every published definition.

    `progress` hears how many of how many are done. Raises Denied for whoever may neither `apply`, `publish` nor `audit`, Invalid for days
    the wrong way round.
    """
    now = house.clock.now()
    with refusals_noted(house, actor, "gaps"), house.store.reading() as conn:
        organisation = library.organisation(house.store, conn)
        allowed(organisation, actor, "apply", "publish", "audit")
        begin, end = _span(organisation, now, since, until)
        ids = list(conn.execute(select(cases.CASE.c.id).where(cases.CASE.c.closed_at.is_(None)).order_by(cases.CASE.c.id)).scalars())
        definitions = library.definitions(house.store, conn)
        found: list[Gap] = []
        for done, definition in enumerate(definitions, 1):
            found += [gap for asked in of_definition(definition, organisation) for gap in _gaps(asked, begin, end, None)]
            _tell(progress, done, len(definitions) + len(ids))
        for first in range(0, len(ids), BATCH):
            found += _of_cases(house, conn, ids[first:first + BATCH], now, begin, end)
            _tell(progress, len(definitions) + min(first + BATCH, len(ids)), len(definitions) + len(ids))
    found.sort(key=lambda gap: (gap.since, gap.case is None, gap.definition, gap.case or ""))
    return Gaps(begin, end, organisation.timezone, len(ids), len(definitions), tuple(found))


def _of_cases(house: House, conn: Connection, ids: list[int], now: datetime, begin: datetime, end: datetime) -> Iterator[Gap]:
    for loaded in cases.load_batch(conn, ids):
        work = take_up(house, conn, loaded, now)
        for asked in of_case(work.definition, work.case, work.organisation, work.live):
            yield from _gaps(asked, begin, end, work.case.number)


def _gaps(asked: Asked, begin: datetime, end: datetime, number: str | None) -> Iterator[Gap]:
    question = asked.question
    what = _find(question.definition, asked.state or question.definition.first_state.name, question.name)
    for gap in gaps(question, begin, end, asked.amount):
        yield Gap(
            question.definition.name, number, asked.state, question.name, what.title.in_(spoken()) or question.name,
            question.by is not what.by, asked.unit, gap.kind.value, gap.since, gap.until, called(gap.who, question.organisation),
            _amount(gap.most) if gap.kind is Kind.AMOUNT else None, question.currency,
        )


def _span(organisation: Organisation, now: datetime, since: date | None, until: date | None) -> tuple[datetime, datetime]:
    zone = ZoneInfo(organisation.timezone)
    begin = now if since is None else datetime.combine(since, time(), zone)
    last = (begin.astimezone(zone).date() + timedelta(days=DAYS)) if until is None else until
    end = datetime.combine(last + timedelta(days=1), time(), zone)
    if not begin < end <= begin + timedelta(days=LONGEST):
        raise Invalid(
            say("There is no time from {since} until {until}", since=str(since or begin.date()), until=str(last)),
            hint=say("Write --from before --until, at most ten years apart."), field="until", value=str(last), expected="later",
        )
    return begin, end


def _tell(progress: Callable[[int, int], None] | None, done: int, total: int) -> None:
    if progress:
        progress(done, total)
