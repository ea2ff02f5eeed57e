"""Counts of a standard that are told rather than seen case by case: calls answered in time of calls offered, by a shift's end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.deciding import fields, readers, rights
from engine.deciding.dating import MOMENT
from engine.deciding.observing import Observation, open_part, said_by
from engine.deciding.rights import Actor
from engine.defining.cycle import Standard
from engine.defining.definition import Definition
from engine.ground.errors import Denied, Invalid, NotFound
from engine.ground.language import say
from engine.ground.worktime import local_date
from engine.records import history, library, observations
from engine.usecases.access import refusals_noted
from engine.usecases.house import House


def tell(
    house: House, cycle: str, standard: str, actor: Actor, *, kept: int, of: int, at: str | None = None, part: str | None = None
) -> Observation:
    """Record that a standard was kept so many times of so many, at a local time (without it now), in a part that is judged apart (without
    it the shift that was open then; where a field of visits says which part it is, it has to be given).

    Raises NotFound, Denied for whoever does not answer for the standard, Invalid.
    """
    now = house.clock.now()
    with refusals_noted(house, actor, "record", definition=cycle), house.store.writing() as conn:
        definition = library.latest(house.store, conn, cycle)[2]
        return tell_within(house, conn, definition, standard, actor, {"kept": kept, "of": of, "part": part}, at, now)


def tell_within(
    house: House, conn: Connection, definition: Definition, standard: str, actor: Actor, values: Mapping[str, Any], at: str | None,
    now: datetime,
) -> Observation:
    """The same within a transaction that somebody else began; `values` holds `kept`, `of` and perhaps `part`, as written."""
    organisation, spec = library.organisation(house.store, conn), _told(definition, standard)
    if not rights.may(actor, spec.by, definition, None, organisation, lambda _: None, now):
        able = ", ".join(rights.who_could(spec.by, definition, None, organisation, lambda _: None, what=standard)) or say("nobody")
        raise Denied(
            say("{who} does not answer for '{name}'; these do: {could}", who=actor.id, name=standard, could=able),
            hint=say("Ask one of them, or act as yourself with --as PERSON."), who=actor.id, why="role", who_could=able,
        )
    calendar = library.calendar(house.store, conn, definition.calendar)
    moment = readers.instant(fields.parse(MOMENT, at, calendar.timezone)) if at is not None else now
    kept, of, part = _whole(values["kept"]), _whole(values["of"]), values.get("part")
    _possible(kept, of, moment, now)
    _part_known(definition, spec, part)
    seen = part or open_part(spec, moment, lambda name: library.calendar(house.store, conn, name or definition.calendar))
    event = history.append_to(conn, history.cycle_stream(definition.name), "told", actor, now, {
        "standard": standard, "kept": kept, "of": of, "at": moment.isoformat(), "part": seen,
    })
    made = Observation(standard, event.seq, moment, local_date(calendar, moment), kept, of, None, actor.id, seen)
    observations.put(conn, None, definition.name, [((standard, event.seq), made)])
    return made


def _whole(value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise Invalid(
            say("'{value}' is not a whole number", value=str(value)[:40]), field="kept", value=value, expected="whole number"
        ) from None


def _told(definition: Definition, name: str) -> Standard:
    standard: Standard | None = definition.standards.get(name)
    if standard is None:
        raise NotFound(
            say("{cycle} has no standard '{name}'", cycle=definition.name, name=name),
            hint=say("Its standards: {names}.", names=", ".join(definition.standards) or "–"), kind="standard", name=name,
        )
    if standard.measure is None or standard.measure.type != "share":
        raise Invalid(
            say("'{name}' is seen case by case, not told in counts", name=name), hint=say("Counts are told of `measure: {{type: share}}`."),
            field="standard", value=name, expected="measure: {type: share}",
        )
    return standard


def _part_known(definition: Definition, standard: Standard, part: str | None) -> None:
    """Refuse a part that is none, and a count that does not say whose it is where the moment cannot tell; raises Invalid."""
    field = said_by(definition, standard)
    parts = standard.per if field is None else tuple(field.options)
    hint = say("It is judged by: {parts}.", parts=", ".join(parts or standard.per) or "–")
    if part is None and field is not None:
        raise Invalid(say("A count of '{name}' has to say whose it is", name=standard.name), hint=hint, field="part", value=None,
                      expected=list(parts))
    if part is not None and part not in parts and (parts or field is None):
        raise Invalid(say("'{name}' is not judged by '{part}'", name=standard.name, part=part), hint=hint, field="part", value=part,
                      expected=list(parts))


def _possible(kept: int, of: int, at: datetime, now: datetime) -> None:
    """Refuse counts that cannot be; raises Invalid."""
    if not 0 <= kept <= of or not of:
        raise Invalid(say("{kept} of {of} cannot be", kept=kept, of=of), hint=say("Give how many kept it, and of how many."), field="kept",
                      value=kept, expected=f"0…{of}")
    if at > now:
        raise Invalid(say("What is told has happened already"), hint=say("Give a time that is past."), field="at", value=at.isoformat(),
                      expected="past")
