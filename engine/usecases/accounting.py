"""Time accounts of one case, and summed over many (clocks rule 18). Writes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection

from engine.deciding.accounts import NOBODY, NOTHING, Accounts, Organisations, accounts
from engine.deciding.case import Event
from engine.deciding.rights import Actor
from engine.defining.definition import Definition
from engine.defining.vocabulary import Sight
from engine.ground.clock import aware
from engine.ground.language import spoken
from engine.records import cases, history, library
from engine.records.cases import CASE
from engine.usecases.access import refusals_noted
from engine.usecases.histories import histories
from engine.usecases.house import House
from engine.usecases.viewing import look, may_oversee


@dataclass(frozen=True, slots=True)
class Worked:
    """The time that a role had cases; `role` is None for cases that nobody owned, "-" for owners without a post of the procedure."""

    role: str | None
    title: str
    time: timedelta


@dataclass(frozen=True, slots=True)
class Booked:
    """Time accounts in whole seconds: `elapsed` is exactly the sum of all others."""

    elapsed: timedelta
    waiting_for_customer: timedelta
    paused: timedelta
    outside_hours: timedelta
    unknown: timedelta                   # after the last date that the calendar knows
    worked: tuple[Worked, ...]           # in the order of the procedure's roles


@dataclass(frozen=True, slots=True)
class CaseAccounts:
    """The accounts of one case up to `at`, or until it was closed."""

    number: str
    title: str
    timezone: str
    at: datetime
    opened_at: datetime
    closed_at: datetime | None
    accounts: Booked


@dataclass(frozen=True, slots=True)
class DefinitionAccounts:
    """The summed accounts of the cases of one definition."""

    definition: str
    title: str
    cases: int
    accounts: Booked


@dataclass(frozen=True, slots=True)
class AccountsReport:
    """Accounts by definition, of the cases opened from `since` on and before `until`."""

    at: datetime
    since: datetime | None
    until: datetime | None
    definitions: tuple[DefinitionAccounts, ...]


def case_accounts(house: House, number: str, actor: Actor) -> CaseAccounts:
    """Who or what had a case for how long; raises NotFound, Denied for whoever may not see its history."""
    now = house.clock.now()
    with refusals_noted(house, actor, "accounts", case=number), house.store.reading() as conn:
        loaded = cases.load(conn, number)
        look(house, conn, loaded, actor, Sight.HISTORY)
        case = loaded.case
        definition = library.definition(house.store, conn, case.version_id)
        calendar = library.calendar(house.store, conn, definition.calendar)
        events = history.read(conn, history.case_stream(number))
        booked = accounts(_versions(house, conn), events, library.organisations(conn), calendar, now)
    return CaseAccounts(
        number, definition.title.in_(spoken()), calendar.timezone, now, case.opened_at, case.closed_at, _booked(booked, definition)
    )


def report(
    house: House, *, definition: str | None = None, since: datetime | None = None, until: datetime | None = None,
    actor: Actor,
) -> AccountsReport:
    """The accounts of all cases opened in a period, summed by definition; one pass over their events, a part at a time.

    Raises NotFound for an unknown definition, Denied for whoever may neither `audit`, `publish` nor `apply`.
    """
    now = house.clock.now()
    sums: dict[str, tuple[Accounts, int, Definition]] = {}
    with refusals_noted(house, actor, "report"), house.store.reading() as conn:
        may_oversee(house, conn, actor)
        if definition is not None:
            library.latest(house.store, conn, definition)
        organisations = library.organisations(conn)
        for one in histories(conn, *_opened(definition, since, until)):
            known = library.definition(house.store, conn, one.version_id)
            total, count, _ = sums.get(one.definition, (Accounts(), 0, known))
            total.add(_of_case(house, conn, known, one.events, organisations, now))
            sums[one.definition] = total, count + 1, known
    summed = (
        DefinitionAccounts(name, known.title.in_(spoken()), count, _booked(total, known))
        for name, (total, count, known) in sorted(sums.items())
    )
    return AccountsReport(now, since, until, tuple(summed))


def _of_case(
    house: House, conn: Connection, definition: Definition, events: Iterator[Event], organisations: Organisations, now: datetime
) -> Accounts:
    return accounts(_versions(house, conn), events, organisations, library.calendar(house.store, conn, definition.calendar), now)


def _opened(definition: str | None, since: datetime | None, until: datetime | None) -> Iterator[ColumnElement[bool]]:
    if definition is not None:
        yield CASE.c.definition == definition
    if since is not None:
        yield CASE.c.opened_at >= aware(since)
    if until is not None:
        yield CASE.c.opened_at < aware(until)


def _versions(house: House, conn: Connection) -> Callable[[int], Definition]:
    return lambda version: library.definition(house.store, conn, version)


def _booked(total: Accounts, definition: Definition) -> Booked:
    order = {role: place for place, role in enumerate(definition.roles)}
    roles = sorted(total.worked, key=lambda role: (role == NOBODY, order.get(role, len(order)), role))
    return Booked(
        total.elapsed, total.waiting, total.paused, total.outside, total.unknown,
        tuple(Worked(role or None, _title(definition, role), time) for role in roles if (time := total.worked[role]) > NOTHING),
    )


def _title(definition: Definition, role: str) -> str:
    known = definition.roles.get(role)
    return (known.title.in_(spoken()) if known else "") or role
