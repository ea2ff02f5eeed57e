"""Opening a case: whoever is approached records it and becomes its owner (first-contact responsibility)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine.deciding import fields, numbering, rights
from engine.deciding.case import CaseState
from engine.deciding.obstacles import wanting
from engine.deciding.rights import Actor
from engine.defining.definition import Definition, EventKind, Happening, Who, WhoKind
from engine.defining.organisation import Organisation
from engine.ground.errors import Denied, Invalid, MakegoodError, Unavailable
from engine.ground.language import say
from engine.records import library, series
from engine.usecases.doing import carry
from engine.usecases.filing import keep, uploads_apart
from engine.usecases.house import House
from engine.usecases.moving import attempt, enter
from engine.usecases.parties import parties_apart
from engine.usecases.settling import at_once
from engine.usecases.work import Outcome, Work, standing
from engine.usecases.writing import outcome, write


def open_case(house: House, bundle: str, actor: Actor, given: Mapping[str, Any], *, origin: str | None = None) -> Outcome:
    """Open a case under the latest version of a bundle; `given` holds raw field values.

    Raises NotFound (bundle), Denied (may not open), Invalid (wrong or missing values); then nothing is changed, and no
    number is used up.
    """
    now = house.clock.now()
    with house.store.writing() as conn:
        return _open(house, conn, bundle, actor, given, origin, now)


def open_many(house: House, bundle: str, actor: Actor, batch: Sequence[tuple[str | None, Mapping[str, Any]]],
              opened: Callable[[str | None, Outcome | MakegoodError], None]) -> None:
    """Open several cases in one transaction, each on its own: `batch` holds (origin, given).

    `opened` is told of each, in order, its outcome or the error that refused it; the others stay.
    """
    now = house.clock.now()
    with house.store.writing() as conn:
        for origin, given in batch:
            try:
                with house.store.savepoint(conn):
                    result: Outcome | MakegoodError = _open(house, conn, bundle, actor, given, origin, now)
            except Unavailable:
                raise
            except MakegoodError as error:
                result = error
            opened(origin, result)


def _open(
    house: House, conn: Connection, bundle: str, actor: Actor, given: Mapping[str, Any], origin: str | None, now: datetime
) -> Outcome:
    version_id, _, definition = library.latest(house.store, conn, bundle)
    organisation = library.organisation(house.store, conn)
    zone = library.calendar(house.store, conn, definition.calendar).timezone
    standing(organisation, actor)
    _may_open(definition, organisation, actor)
    plain, uploads = uploads_apart(given)
    values = _with_defaults(definition, fields.parse_given(definition, plain, zone), zone)
    case = CaseState(number="", version_id=version_id, opened_at=now, state=definition.first_state.name)
    work = Work(house, conn, now, definition, organisation, case, given=values)
    _complete(work, actor)
    case.number = _number(work)
    acts = _record(work, actor, version_id)
    for action in acts:
        attempt(work, action, now)
    at_once(work, now)
    write(work, origin=origin)
    keep(work, uploads)
    return outcome(work)


def _record(work: Work, actor: Actor, version_id: int) -> list[str]:
    definition, now = work.definition, work.now
    data: dict[str, Any] = {
        "number": work.case.number, "version": version_id, "definition": definition.name, "to": definition.first_state.name,
    }
    if work.given.get("comment"):
        work.say_in(data, "comment", work.given["comment"])
    happened = [Happening(EventKind.OPENED)]
    happened += work.put(parties_apart(work, data), data)
    if actor.id in work.organisation.people:
        data["owner"] = [None, actor.id]
    filled, acts = carry(work, definition.opening.do, actor, now, data)
    happened += filled + enter(work, None, definition.first_state, data, now)
    more, entry_acts = carry(work, definition.first_state.entry, actor, now, data)
    work.record("opened", actor, now, data, [*happened, *more])
    work.given = {}
    return acts + entry_acts


def _may_open(definition: Definition, organisation: Organisation, actor: Actor) -> None:
    by: tuple[Who, ...] = definition.opening.by or tuple(
        who for action in definition.first_state.actions.values() for who in action.by if who.kind is not WhoKind.SYSTEM
    )
    if not rights.may(actor, by, definition, None, organisation, lambda _: None):
        could = ", ".join(rights.who_could(by, definition, None, organisation, lambda _: None)) or say("nobody")
        raise Denied(
            say("{who} may not open {bundle}; these may: {could}", who=actor.id, bundle=definition.name, could=could),
            hint=say("Ask one of them, or act as yourself with --as PERSON."), who=actor.id, why="role", who_could=could,
        )


def _with_defaults(definition: Definition, given: dict[str, Any], zone: str) -> dict[str, Any]:
    defaults = {
        name: fields.parse(spec, spec.default, zone) for name, spec in definition.fields.items() if spec.default is not None
    }
    return defaults | given


def _number(work: Work) -> str:
    pattern, today = work.definition.number, work.now.astimezone(ZoneInfo(work.timezone)).date()
    return numbering.number(pattern, today, series.next_serial(work.conn, numbering.series_of(pattern, today)))


def _complete(work: Work, actor: Actor) -> None:
    definition = work.definition
    required = [name for name, spec in definition.fields.items() if spec.required and fields.empty(work.given.get(name))]
    missing = list(dict.fromkeys([*required, *wanting(definition.opening.require, work.scope(actor), work.live)]))
    if missing:
        raise Invalid(
            say("A case of {bundle} needs: {fields}", bundle=definition.name, fields=", ".join(missing)),
            hint=say("Give them with --set field=value (a comment with --comment)."), field=missing[0], missing=missing, expected="value",
        )
