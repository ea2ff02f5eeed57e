"""Opening a case: whoever is approached records it and becomes its owner (first-contact responsibility)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine.deciding import fields, numbering, readers, rights
from engine.deciding.case import CaseState
from engine.deciding.dating import MOMENT, wrongly_opened
from engine.deciding.obstacles import wanting
from engine.deciding.rights import Actor
from engine.defining.definition import Definition, EventKind, Happening, Who, WhoKind
from engine.ground.errors import Denied, Invalid, MakegoodError, NotAllowed, Unavailable
from engine.ground.language import say
from engine.records import library, series
from engine.usecases.access import note_refusal, of_rights, refusals_noted
from engine.usecases.doing import carry
from engine.usecases.filing import Upload, keep, uploads_apart
from engine.usecases.house import House
from engine.usecases.later import Later
from engine.usecases.moving import attempt, enter
from engine.usecases.parties import parties_apart
from engine.usecases.settling import at_once, settle
from engine.usecases.work import Outcome, Work, standing
from engine.usecases.writing import outcome, write

OPENED_BY = "opened_by"        # link: the case that opened this one


def open_case(
    house: House, bundle: str, actor: Actor, given: Mapping[str, Any], *, origin: str | None = None, at: str | None = None,
    state: str | None = None,
) -> Outcome:
    """Open a case under the latest version of a bundle; `given` holds raw field values, `state` where it begins if not in the first.

    `at` says when it really began, where the opening allows `backdate`: clocks count from then, and what fell due since is carried out at
    once. Raises NotFound (bundle), Denied (may not open), Invalid (wrong or missing values); then nothing is changed, and no
    number is used up.
    """
    now = house.clock.now()
    with refusals_noted(house, actor, "open", definition=bundle), house.store.writing() as conn:
        return open_within(house, conn, bundle, actor, given, origin, now, at, state)


def open_many(house: House, bundle: str, actor: Actor, batch: Sequence[tuple[str | None, Mapping[str, Any]]],
              opened: Callable[[str | None, Outcome | MakegoodError], None]) -> None:
    """Open several cases in one transaction, each on its own: `batch` holds (origin, given).

    `opened` is told of each, in order, its outcome or the error that refused it; the others stay.
    """
    now = house.clock.now()
    refused: MakegoodError | None = None
    with house.store.writing() as conn:
        for origin, given in batch:
            try:
                with house.store.savepoint(conn):
                    result: Outcome | MakegoodError = open_within(house, conn, bundle, actor, given, origin, now)
            except Unavailable:
                raise
            except MakegoodError as error:
                result, refused = error, error if of_rights(error) else refused
            opened(origin, result)
    if refused is not None:
        note_refusal(house, actor, "open", refused, definition=bundle)


def open_within(
    house: House, conn: Connection, bundle: str, actor: Actor, given: Mapping[str, Any], origin: str | None, now: datetime,
    at: str | None = None, state: str | None = None,
) -> Outcome:
    """The same within a transaction that somebody else began."""
    work, uploads = opened(house, conn, bundle, actor, given, now, at, state)
    write(work, origin=origin)
    keep(work, uploads)
    return outcome(work)


def opened(
    house: House, conn: Connection, bundle: str, actor: Actor, given: Mapping[str, Any], now: datetime, at: str | None = None,
    state: str | None = None, until: datetime | None = None,
) -> tuple[Work, list[Upload]]:
    """A case that is opened and still to be written, and the files to be kept then; `until` as in `act_within`, raises as `open_case`."""
    work = blank(house, conn, bundle, now, now)
    if state is not None:
        work.case.state = _entry(work.definition, state)
    standing(work.organisation, actor)
    actor = rights.in_whose_name(actor, work.organisation, now, lambda one: may_open(work, one, given))
    if not may_open(work, actor, given):
        raise _denied(work, actor, given)
    plain, uploads = uploads_apart(given)
    values = fields.parse_given(work.definition, plain, work.timezone)
    if at is not None:
        work.case.opened_at = _began(work, actor, readers.instant(fields.parse(MOMENT, at, work.timezone)), values)
    begin(work, actor, values)
    if at is not None:
        settle(work, until=until)
    return work, uploads


def _entry(definition: Definition, state: str) -> str:
    """The state to begin in; raises Invalid for one in which no case begins."""
    if state not in definition.ways_in:
        raise Invalid(
            say("No case of {bundle} begins in '{state}'", bundle=definition.name, state=state),
            hint=say("Cases begin in: {states}.", states=", ".join(definition.ways_in)), field="in", value=state,
            expected=list(definition.ways_in),
        )
    return state


def _began(work: Work, actor: Actor, at: datetime, given: Mapping[str, Any]) -> datetime:
    """The instant at which a case is said to have begun; raises NotAllowed or Invalid when it cannot be filed afterwards like this."""
    why = wrongly_opened(work.definition, actor, at, work.now, work.calendars)
    if why is not None:
        raise NotAllowed(
            say("The case cannot be opened: {why}", why=why.message), hint=say("Leave --at away: then it counts from now."),
            case="", state=work.case.state, action="open", possible=[], reasons=[why.reason.value],
        )
    if at != work.now and fields.empty(given.get("comment")):
        raise Invalid(
            say("Say why the case is filed only now"), hint=say("Write it with --comment."), field="comment", expected="value",
            missing=["comment"],
        )
    return at


def blank(house: House, conn: Connection, bundle: str, now: datetime, at: datetime) -> Work:
    """A case of a bundle's latest version to be opened at `at`, without number and values; raises NotFound."""
    version_id, _, definition = library.latest(house.store, conn, bundle)
    case = CaseState(number="", version_id=version_id, opened_at=at, state=definition.first_state.name)
    return Work(house, conn, now, definition, library.organisation(house.store, conn), case)


def begin(work: Work, actor: Actor, given: Mapping[str, Any], opener: str | None = None) -> None:
    """Give a blank case its number and values and open it, all that follows at once included; raises Invalid for what is missing.

    `opener` is the number of the case that opens it: then an actor who may not open it by hand does not become its owner.
    """
    at = work.case.opened_at
    work.given = _with_defaults(work.definition, given, work.timezone)
    _complete(work, actor)
    work.case.number = _number(work)
    data: dict[str, Any] = {} if opener is None else {"link": [OPENED_BY, opener]}
    if actor.id in work.organisation.people and (opener is None or may_open(work, actor, work.given)):
        data["owner"] = [None, actor.id]
    for later in _record(work, actor, data, at):
        attempt(work, later, at)
    at_once(work, at)


def _record(work: Work, actor: Actor, data: dict[str, Any], now: datetime) -> list[Later]:
    definition, first = work.definition, work.definition.states[work.case.state]
    data |= {"number": work.case.number, "version": work.case.version_id, "definition": definition.name, "to": first.name}
    if work.given.get("comment"):
        work.say_in(data, "comment", work.given["comment"])
    happened = [Happening(EventKind.OPENED)]
    happened += work.put(parties_apart(work, data), data)
    filled, acts = carry(work, definition.opening.do, actor, now, data)
    happened += filled + enter(work, None, first, data, now)
    more, entry_acts = carry(work, first.entry, actor, now, data)
    work.record("opened", actor, now, data, [*happened, *more])
    work.given = {}
    return acts + entry_acts


def may_open(work: Work, actor: Actor, given: Mapping[str, Any]) -> bool:
    """Whether somebody may open this case, with these values, by hand."""
    if rights.denied(actor, rights.OPENING, work.definition, work.organisation, work.now) is not None:
        return False
    return rights.may(actor, _openers(work.definition), work.definition, None, work.organisation, given.get, work.now)


def _openers(definition: Definition) -> tuple[Who, ...]:
    return definition.opening.by or tuple(
        who for action in definition.first_state.actions.values() for who in action.by if who.kind is not WhoKind.SYSTEM
    )


def _denied(work: Work, actor: Actor, given: Mapping[str, Any]) -> Denied:
    definition = work.definition
    able = rights.who_could(_openers(definition), definition, None, work.organisation, given.get, what=rights.OPENING)
    could = ", ".join(able) or say("nobody")
    return Denied(
        say("{who} may not open {bundle}; these may: {could}", who=actor.id, bundle=definition.name, could=could),
        hint=say("Ask one of them, or act as yourself with --as PERSON."), who=actor.id, why="role", who_could=could,
    )


def _with_defaults(definition: Definition, given: Mapping[str, Any], zone: str) -> dict[str, Any]:
    defaults = {
        name: fields.parse(spec, spec.default, zone) for name, spec in definition.fields.items() if spec.default is not None
    }
    return {**defaults, **given}


def _number(work: Work) -> str:
    pattern, today = work.definition.number, work.case.opened_at.astimezone(ZoneInfo(work.timezone)).date()
    return numbering.number(pattern, today, series.next_serial(work.conn, numbering.series_of(pattern, today)))


def _complete(work: Work, actor: Actor) -> None:
    definition = work.definition
    if work.case.state not in definition.ways_in:
        return     # opened by the scheduler beside the ways in, as an inspection is: nobody was there to be asked
    required = [name for name, spec in definition.fields.items() if spec.required and fields.empty(work.given.get(name))]
    missing = list(dict.fromkeys([*required, *wanting(definition.opening.require, work.scope(actor), work.live)]))
    if missing:
        raise Invalid(
            say("A case of {bundle} needs: {fields}", bundle=definition.name, fields=", ".join(missing)),
            hint=say("Give them with --set field=value (a comment with --comment)."), field=missing[0], missing=missing, expected="value",
        )
