"""Whether the house is well, for monitors: what is late, what fails, what runs out. Reads little, and knows nothing of Prefect.

Figures and names of calendars are for everybody who can reach the database; numbers of cases and errors only for those who answer for
the house, since an error may quote a value.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from engine.deciding.rights import Actor
from engine.ground.language import say
from engine.ground.lengths import length_text
from engine.records import anchors, library, outbox, schema, timers
from engine.records.history import DEFINITIONS, EVENT, ORGANISATION
from engine.records.outbox import Status
from engine.records.timers import PutOff
from engine.usecases.access import refusals_noted
from engine.usecases.house import House
from engine.usecases.sweeping import PUT_OFF
from engine.usecases.upkeep import unjudged, unmade
from engine.usecases.viewing import may_oversee
from engine.usecases.watching import warnings

NAMED = 50
"""How many failing cases, or standards, are named."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Up to where a house is well."""

    sweep: timedelta = timedelta(minutes=5)          # how late the sweep may be, which also judges standards
    delivery: timedelta = timedelta(minutes=15)      # how late deliveries may be
    failing: int = 0                                 # cases that cannot be settled
    dead: int = 0                                    # notices that reached nobody
    months: int = 1                                  # how long before its end a calendar is to be extended
    anchor: timedelta = timedelta(days=2)            # how old the last anchor may be


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted. Waiting is what is due and not yet taken up; failing is tried again later."""

    cases_waiting: int
    sweep_late: timedelta
    cases_failing: int
    notices_waiting: int
    delivery_late: timedelta
    notices_failing: int
    notices_by_hand: int
    notices_dead: int
    standards_unjudged: list[str]                    # cycle/standard, though its period is over
    reports_unmade: list[str]                        # by name, though they are due
    calendars: dict[str, date | None]                # in force, with the last day that each knows
    anchored_at: datetime | None


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: its name, whether it is within bounds, and how it is in words."""

    name: str
    well: bool
    words: str


@dataclass(frozen=True, slots=True)
class Health:
    """How a house is at `at` (UTC)."""

    at: datetime
    version: str                                     # of this program
    schema: str                                      # revision of the database
    figures: Figures
    checks: tuple[Check, ...]

    @property
    def well(self) -> bool:
        """Whether everything is within bounds."""
        return all(check.well for check in self.checks)


def health(house: House, bounds: Bounds | None = None) -> Health:
    """Look at everything that may go wrong unseen, by reading ends of indexes. Raises Unavailable when the database cannot be used."""
    from importlib.metadata import version

    now, bounds = house.clock.now(), bounds or Bounds()
    last = anchors.last_made(house.settings.folder / house.settings.anchors)
    with house.store.reading() as conn:
        calendars = library.calendars(house.store, conn)
        figures = Figures(
            cases_waiting=timers.count_due(conn, now), sweep_late=_late(timers.next_fire(conn), now),
            cases_failing=timers.count_failing(conn, now + PUT_OFF[-1]),
            notices_waiting=outbox.due(conn, now), delivery_late=_late(outbox.next_try(conn), now),
            notices_failing=outbox.count_failing(conn), notices_by_hand=outbox.count(conn, Status.BY_HAND),
            notices_dead=outbox.count(conn, Status.DEAD), standards_unjudged=unjudged(house, conn, now - bounds.sweep),
            reports_unmade=unmade(house, conn, now - bounds.sweep),
            calendars={name: calendars[name].valid_through for name in sorted(calendars)}, anchored_at=last,
        )
        ending = [problem.what for _, one in sorted(calendars.items()) for problem in warnings("", one, (), now, bounds.months)]
        since = last or _founded(conn)
        revision = schema.revision(conn)
    checks = (*_work(figures, bounds), _calendars(ending), _anchor(last, since, now, bounds))
    return Health(now, version("makegood"), revision, figures, checks)


def failing(house: House, actor: Actor) -> list[PutOff]:
    """The cases that could not be settled, with their errors; raises Denied for whoever may neither `audit`, `publish` nor `apply`."""
    with refusals_noted(house, actor, "health"), house.store.reading() as conn:
        may_oversee(house, conn, actor)
        return timers.failing(conn, house.clock.now() + PUT_OFF[-1], NAMED)


def _late(first: datetime | None, now: datetime) -> timedelta:
    """How late the first of a queue is, in whole seconds."""
    return timedelta(seconds=max(0, round((now - first).total_seconds()))) if first is not None else timedelta()


def _founded(conn: Connection) -> datetime | None:
    """When anything was first put into force."""
    first = select(EVENT.c.recorded_at).where(EVENT.c.stream.in_((ORGANISATION, DEFINITIONS)), EVENT.c.seq == 1)
    return min(conn.execute(first).scalars(), default=None)


def _work(figures: Figures, bounds: Bounds) -> tuple[Check, ...]:
    late = [length_text(one) for one in (figures.sweep_late, figures.delivery_late)]
    return (
        Check("sweep", figures.sweep_late <= bounds.sweep,
              say("{count:case waits|cases wait} for the sweep, {late} late", count=figures.cases_waiting, late=late[0])
              if figures.cases_waiting else say("nothing waits for the sweep")),
        Check("failing", figures.cases_failing <= bounds.failing,
              say("{count:case|cases} could not be settled, and will be tried again", count=figures.cases_failing)),
        Check("delivery", figures.delivery_late <= bounds.delivery,
              say("{count:notice waits|notices wait} for delivery, {late} late", count=figures.notices_waiting, late=late[1])
              if figures.notices_waiting else say("no notice waits for delivery")),
        Check("dead", figures.notices_dead <= bounds.dead,
              say("{dead:notice|notices} reached nobody, {failing} to be tried again, {hand} to convey by hand", dead=figures.notices_dead,
                  failing=figures.notices_failing, hand=figures.notices_by_hand)),
        Check("standards", not figures.standards_unjudged,
              say("not judged though their period is over: {names}", names=", ".join(figures.standards_unjudged[:NAMED]))
              if figures.standards_unjudged else say("every standard is judged whose period is over")),
        Check("reports", not figures.reports_unmade,
              say("due and not made: {names}", names=", ".join(figures.reports_unmade)) if figures.reports_unmade
              else say("every report is made that is due")),
    )


def _calendars(ending: list[str]) -> Check:
    return Check("calendars", not ending, "; ".join(ending) or say("no calendar ends soon"))


def _anchor(last: datetime | None, since: datetime | None, now: datetime, bounds: Bounds) -> Check:
    """Before the first anchor it counts since when there is something to anchor."""
    if since is None:
        return Check("anchor", True, say("there is no history yet"))
    ago = length_text(timedelta(minutes=max(timedelta(), now - since) // timedelta(minutes=1)))
    words = say("history was anchored {ago} ago", ago=ago) if last else say("history was never anchored, since {ago}", ago=ago)
    return Check("anchor", now - since <= bounds.anchor, words)
