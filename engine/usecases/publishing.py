"""Publishing: a bundle becomes a version that never changes, if it reads, checks and passes its own scenarios."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from engine.deciding.checking_classes import wrong_rules
from engine.deciding.rights import Actor
from engine.defining.definition import Definition
from engine.defining.organisation import Organisation
from engine.defining.organisation_file import read_organisation
from engine.defining.problems import Problem, errors
from engine.ground.calendars import Calendar, calendar_json
from engine.ground.canonical import canonical
from engine.ground.errors import DefinitionError, NotFound
from engine.ground.language import say
from engine.records import credentials, library
from engine.usecases.access import refusals_noted
from engine.usecases.allowing import allowed
from engine.usecases.examining import examine
from engine.usecases.house import House
from engine.usecases.reprojecting import waiting, wake
from engine.usecases.scenarios import ScenarioResult, run_scenarios
from engine.usecases.sweeping import Swept, sweep


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did."""

    name: str
    version: int
    hash: str
    unchanged: bool                      # the latest version said the same: nothing was written
    scenarios: int                       # how many were run, all passed
    calendars: tuple[str, ...] = ()      # calendars published along with it
    warnings: tuple[Problem, ...] = ()
    recalculated: int = 0                # open cases with another due time by those calendars
    failures: tuple[tuple[str, str], ...] = ()   # (case number, error) of cases that could not be settled


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying an organisation file did."""

    name: str
    version: int
    people: int
    unchanged: bool


def publish(house: House, folder: Path, actor: Actor, progress: Callable[[ScenarioResult], None] | None = None) -> Published:
    """Publish a bundle, and the calendars beside it that changed; raises DefinitionError with every problem, or with the
    first scenarios that fail. A bundle that says what its latest version says is not published again. Open cases that count by a
    calendar that changed are computed anew, as far as no sweep has done so yet (clocks rule 13). Raises Denied for whoever may not
    `publish`, or may not `apply` calendars where one changed."""
    with refusals_noted(house, actor, "publish", definition=folder.name):
        return _publish(house, folder, actor, progress)


def _publish(house: House, folder: Path, actor: Actor, progress: Callable[[ScenarioResult], None] | None) -> Published:
    with house.store.reading() as conn:
        known, organisation = library.calendars(house.store, conn), library.organisation(house.store, conn)
        allowed(organisation, actor, "publish")
        in_force = library.organisation_document(conn)   # where no file lies beside the bundle, scenarios play in it too
    bundle, around, problems = examine(folder, known, organisation, partial(_in_force, house))
    if bundle is None or around is None or errors(problems):
        raise DefinitionError(
            say("{folder} cannot be published; problems: {count}", folder=str(folder), count=len(errors(problems))), problems,
            hint=say("Mend them and check again with `makegood definition check {folder}`.", folder=str(folder)),
        )
    results = run_scenarios(bundle, around.rehearsal, around.document or in_force, progress, around.others)
    failed = [result for result in results if not result.passed]
    if failed:
        raise DefinitionError(
            say("{folder} cannot be published: {count} of {all:scenario|scenarios} failed",
                folder=str(folder), count=len(failed), all=len(results)),
            [f"{one.file}: {one.name}: {one.failure}" for one in failed],
            hint=say("See each with its history: `makegood definition test {folder}`.", folder=str(folder)),
        )
    _apart(organisation, [bundle.definition])
    with house.store.writing() as conn:
        now = house.clock.now()     # asked here, since it may have taken a while until nobody else was writing
        allowed(library.organisation(house.store, conn), actor, "publish")
        fresh = tuple(name for name, calendar in around.calendars.items() if not put_calendar(house, conn, calendar, actor, now).unchanged)
        made = library.publish_definition(
            conn, bundle.name, canonical(bundle.document), canonical(dict(bundle.source)), bundle.hash, actor, now
        )
        behind = waiting(house, conn, around.calendars)
    done = sweep(house) if behind else Swept()
    warnings = tuple(problem for problem in problems if problem.severity == "warning")
    return Published(
        bundle.name, made.version, bundle.hash, made.unchanged, len(results), fresh, warnings, done.recalculated, tuple(done.failures),
    )


def _in_force(house: House, procedure: str) -> dict[str, Any] | None:
    """The document of a procedure in force, if there is one."""
    try:
        with house.store.reading() as conn:
            return library.document(conn, procedure).document
    except NotFound:
        return None


def put_calendar(house: House, conn: Connection, calendar: Calendar, actor: Actor, now: datetime) -> library.Published:
    """Put a calendar into force as the next version of its name, unless the one in force works the same hours of the same dates:
    where its holidays came from does not make another calendar. Cases that count by it fall due, and sweeps compute them anew.
    Raises Denied for whoever may not `apply` one."""
    known = library.calendar_then(conn, calendar.name, None)
    document = canonical(calendar_json(known.calendar if known is not None and known.calendar == calendar else calendar))
    made = library.publish_calendar(conn, calendar.name, document, actor, now)
    if not made.unchanged:
        allowed(library.organisation(house.store, conn), actor, "apply")
    if known is not None and not made.unchanged:
        wake(house, conn, calendar.name)
    return made


def apply_organisation(house: House, path: Path, actor: Actor) -> Applied:
    """Put an organisation file into force; raises DefinitionError with every problem, Denied for whoever may not `apply` one."""
    organisation, problems, document = read_organisation(path)
    problems += wrong_rules(organisation, str(path)) if organisation is not None else []
    if organisation is None or errors(problems):
        raise DefinitionError(
            say("{file} cannot be applied; problems: {count}", file=str(path), count=len(errors(problems))), problems,
            hint=say("Mend them and apply it again."),
        )
    with refusals_noted(house, actor, "apply"), house.store.writing() as conn:
        allowed(library.organisation(house.store, conn), actor, "apply")
        _apart(organisation, library.definitions(house.store, conn) if organisation.reports else [])
        now = house.clock.now()
        made = library.apply_organisation(conn, canonical(document), actor, now)
        gone = [row for row in credentials.listed(conn, credentials.OF_PEOPLE) if row.holder not in organisation.people]
        credentials.end(conn, gone, now)     # should they come back one day, they are invited anew
    return Applied(organisation.name, made.version, len(organisation.people), made.unchanged)


def _apart(organisation: Organisation, definitions: list[Definition]) -> None:
    """Refuse that somebody makes a report of what they serve in themselves; raises DefinitionError."""
    if not organisation.reports:
        return
    from engine.usecases.scheduled import problems

    if wrong := list(problems(organisation, definitions, organisation.reports.values())):
        raise DefinitionError(
            say("Reports would be made by people who serve in what they are about"), wrong,
            hint=say("Give the post under `by` to somebody who does not serve there."),
        )
