"""The daily summary: what came, what went, what is late, and who holds it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, select

from engine.ground.language import say
from engine.records import library, outbox
from engine.records.cases import CASE
from engine.records.history import EVENT
from engine.records.outbox import Status
from engine.usecases.house import House
from engine.usecases.report_page import markdown_table
from engine.usecases.writing import UNKNOWN_DUE

LATEST = 20
"""How many overdue cases are named."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one owner holds."""

    owner: str                       # a person's id; "" for cases that nobody owns
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """A case whose earliest promise is past due."""

    number: str
    owner: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A day, in figures. `since` is 24 hours before `until`, both UTC."""

    since: datetime
    until: datetime
    opened: int                      # recorded since then …
    closed: int
    breaches: int
    open: int                        # and now
    overdue: int
    unknown: int                     # open cases whose due time no calendar can tell
    by_hand: int                     # notices that wait for a person
    dead: int                        # notices that reached nobody
    holdings: list[Holding] = field(default_factory=list)    # most overdue first
    latest: list[Overdue] = field(default_factory=list)      # the longest overdue, at most LATEST

    def markdown(self) -> str:
        """The summary as a person reads it, in the language spoken now; times are UTC."""
        rows = [
            (say("opened"), self.opened), (say("closed"), self.closed), (say("breaches"), self.breaches), (say("open now"), self.open),
            (say("overdue now"), self.overdue), (say("due time unknown"), self.unknown),
            (say("notices to convey by hand"), self.by_hand), (say("notices that reached nobody"), self.dead),
        ]
        lines = [f"# {say('Daily summary, {since} to {until} UTC', since=_minute(self.since), until=_minute(self.until))}", ""]
        lines += markdown_table((say("what"), say("count")), rows)
        if self.holdings:
            lines += ["", f"## {say('Who holds what')}", ""]
            lines += markdown_table(
                (say("owner"), say("open"), say("overdue")), [(h.owner or say("nobody"), h.open, h.overdue) for h in self.holdings]
            )
        if self.latest:
            lines += ["", f"## {say('Longest overdue')}", ""]
            lines += markdown_table(
                (say("case"), say("owner"), say("due")), [(o.number, o.owner or say("nobody"), _minute(o.due_at)) for o in self.latest]
            )
        return "\n".join(lines) + "\n"


def daily_summary(house: House) -> Summary:
    """What happened in the 24 hours before now, and how things stand. Reads only."""
    until = house.clock.now()
    since = until - timedelta(days=1)
    is_open = CASE.c.closed_at.is_(None)
    late = and_(is_open, CASE.c.due_at < until, CASE.c.due_at > UNKNOWN_DUE)
    with house.store.reading() as conn:
        holdings = conn.execute(
            select(CASE.c.owner, func.count().label("open"), func.count().filter(late).label("overdue"))
            .where(is_open)
            .group_by(CASE.c.owner)
        ).all()
        latest = conn.execute(
            select(CASE.c.number, CASE.c.owner, CASE.c.due_at).where(late).order_by(CASE.c.due_at, CASE.c.id).limit(LATEST)
        ).all()
        return Summary(
            since=since,
            until=until,
            opened=_cases(conn, CASE.c.opened_at > since, CASE.c.opened_at <= until),
            closed=_recorded(conn, since, until, EVENT.c.body.contains('"closed":true')),
            breaches=_recorded(conn, since, until, EVENT.c.kind == "breach"),
            open=sum(row.open for row in holdings),
            overdue=sum(row.overdue for row in holdings),
            unknown=_cases(conn, is_open, CASE.c.due_at == UNKNOWN_DUE),
            by_hand=outbox.count(conn, Status.BY_HAND),
            dead=outbox.count(conn, Status.DEAD),
            holdings=sorted(
                (Holding(row.owner or "", row.open, row.overdue) for row in holdings), key=lambda h: (-h.overdue, -h.open, h.owner)
            ),
            latest=[Overdue(row.number, row.owner or "", row.due_at) for row in latest],
        )


def time_zone(house: House) -> str:
    """The zone in which the house counts its days: that of its first calendar by name, UTC when there is none."""
    with house.store.reading() as conn:
        return zone_of(house, conn)


def zone_of(house: House, conn: Connection) -> str:
    """The same within a transaction."""
    calendars = library.calendars(house.store, conn)
    return next((calendars[name].timezone for name in sorted(calendars)), "UTC")


def _cases(conn: Connection, *conditions: ColumnElement[bool]) -> int:
    return conn.execute(select(func.count()).select_from(CASE).where(*conditions)).scalar_one()


def _recorded(conn: Connection, since: datetime, until: datetime, which: ColumnElement[bool]) -> int:
    """Events by when they were recorded: what fell due before one summary and was settled after it counts in the next, once."""
    recorded = select(func.count()).select_from(EVENT)
    return conn.execute(recorded.where(EVENT.c.recorded_at > since, EVENT.c.recorded_at <= until, which)).scalar_one()


def _minute(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M")
