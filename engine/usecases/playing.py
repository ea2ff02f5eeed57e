"""The steps of a scenario, each played through the same use cases as staff and sweep."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.deciding import fields
from engine.deciding.rights import SYSTEM, Actor
from engine.defining.bundle import Bundle
from engine.ground.clock import VirtualClock
from engine.ground.duration import ELAPSED, parse_duration
from engine.ground.errors import Invalid, MakegoodError
from engine.ground.language import say
from engine.records import cases, classes, history, library, observations, outbox, parties, personal
from engine.records.classes import Given
from engine.usecases import acting, amending, approving, handing_over, opening, postponing, sweeping
from engine.usecases.door import record_delivery
from engine.usecases.expecting import Seen, differences, moment, opened, shown
from engine.usecases.house import House

MOST_SWEEPS = 10_000   # in one `wait`: a ladder that repeats every minute for a year is a mistake


class Failed(Exception):
    """A step did not go as the scenario says."""


@dataclass(slots=True)
class Play:
    """A scenario being played."""

    house: House
    clock: VirtualClock
    bundle: Bundle
    zone: ZoneInfo
    cases: dict[str, str] = field(default_factory=dict)      # name given by `as` → case number
    last: str = ""                                           # the case spoken of without a name
    spoken_of: str = ""                                      # the case of the step being played
    seen: dict[str, Seen] = field(default_factory=dict)      # case number → where the last `expect` looked
    delivers: bool = False                                   # whether a clock waits for a notice to be sent

    def number(self, step: Mapping[str, Any]) -> str:
        """The case a step speaks of: by the name that `as` gave it, else the one opened last."""
        name = step.get("case")
        if name is not None and name not in self.cases:
            raise Failed(say("no case was opened `as: {name}`", name=name))
        if name is None and not self.last:
            raise Failed(say("no case was opened yet"))
        self.spoken_of = self.cases[name] if name is not None else self.last
        return self.spoken_of


def _actor(step: Mapping[str, Any]) -> Actor:
    return Actor(str(step["by"]), step.get("for"))


def _open(play: Play, step: Mapping[str, Any]) -> None:
    at = str(step["at"]) if "at" in step else None
    given = _of_class(play, str(step["class"]), step.get("with") or {}) if step.get("class") else step.get("with") or {}
    made = opening.open_case(play.house, play.bundle.name, _actor(step), given, at=at, state=step.get("in"))
    play.spoken_of = play.last = made.number
    if step.get("as"):
        play.cases[str(step["as"])] = play.last
    _deliver(play)


def _of_class(play: Play, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values given, their customer one who is known and has that class."""
    field = play.bundle.definition.fields.get(play.bundle.definition.customer_field or "")
    if field is None or given.get(field.name) is None:
        raise Failed(say("`class` is for a case that names its customer"))
    with play.house.store.writing() as conn:
        if name not in library.organisation(play.house.store, conn).classes:
            raise Failed(say("There is no class '{name}'", name=name))
        told, now = fields.parse(field, given[field.name], play.zone.key), play.clock.now()
        party = told if isinstance(told, int) else parties.add_party(conn, told, now)
        had = classes.latest(conn, [party]).get(party)
        classes.give(conn, Given(party, had.n + 1 if had else 1, name, now, SYSTEM, {}))
    return {**given, field.name: party}


def _do(play: Play, step: Mapping[str, Any]) -> None:
    at = str(step["at"]) if "at" in step else None
    acting.act(play.house, play.number(step), str(step["action"]), _actor(step), step.get("with") or {}, at=at)
    _deliver(play)


def _refuse(play: Play, step: Mapping[str, Any]) -> None:
    kind = next(one for one in ("action", "extend", "vote", "handover") if one in step)
    action, because = str(step[kind]), step.get("because")
    try:
        match kind:
            case "extend":
                _extend(play, {**step, "clock": action})
            case "vote":
                _vote(play, {**step, "request": action, "reason": "-"})
            case "handover":
                _handover(play, {**step, "to": action, "reason": "-"})
            case _:
                _do(play, step)
    except MakegoodError as error:
        reasons = error.facts.get("reasons") or [error.kind]
        if because is not None and because not in reasons:
            raise Failed(say("{action} was refused because of {reasons}, expected {because}: {why}",
                             action=action, reasons=", ".join(reasons), because=because, why=str(error))) from error
    else:
        raise Failed(say("{action} by {who} was possible, but should have been refused", action=action, who=step["by"]))


def _wait(play: Play, step: Any) -> None:
    duration = parse_duration(str(step))
    now = play.clock.now()
    if duration.unit in ELAPSED:
        length = timedelta(minutes=float(duration.amount)) if duration.unit.value == "minutes" else timedelta(hours=float(duration.amount))
        _until(play, now + length)
        return
    days = {"days": 1, "weeks": 7}.get(duration.unit.value)
    if days is None:
        raise Invalid(
            say("A scenario cannot wait {duration}", duration=str(step)),
            hint=say("Wait minutes, hours, days or weeks, or say the time with `at:`."),
            field="wait", value=str(step), expected="hours, days, weeks",
        )
    local = now.astimezone(play.zone)
    _until(play, (local.replace(tzinfo=None) + timedelta(days=days * int(duration.amount))).replace(tzinfo=play.zone))


def _at(play: Play, step: Any) -> None:
    _until(play, moment(str(step), play.zone))


def _until(play: Play, target: datetime) -> None:
    if target < play.clock.now():
        raise Failed(say("time does not run backwards: it is {now} already", now=shown(play.clock.now(), play.zone)))
    for _ in range(MOST_SWEEPS):
        with play.house.store.reading() as conn:
            fire = cases.next_fire(conn)
        if fire is None or fire > target:
            break
        play.clock.move_to(max(fire, play.clock.now()))
        _sweep(play)
    else:
        raise Failed(say("something falls due again and again: {count} sweeps were not enough", count=MOST_SWEEPS))
    play.clock.move_to(target)


def _sweep(play: Play) -> None:
    swept = sweeping.sweep(play.house)
    if swept.failures:
        raise Failed(swept.failures[0][1])
    _deliver(play)


def _deliver(play: Play) -> None:
    """Let every notice reach its recipient at once, for clocks that start or stop when one is sent."""
    house = play.house
    if not play.delivers:
        return
    now = house.clock.now()
    with house.store.writing() as conn:
        for row in outbox.claim(conn, now, now + timedelta(minutes=1), 1000):
            data = {"sent": row.name, "notice": row.id, "channel": "scenario"}
            record_delivery(house, conn, row.case_id, "sent", data, notice=row.name, staff=row.person is not None)
            outbox.settle(conn, row.id, row.attempts, status="sent", sent_at=now, fire_at=None)


def _expect(play: Play, step: Mapping[str, Any]) -> None:
    number = play.number(step)
    with play.house.store.reading() as conn:
        loaded = cases.load(conn, number)
        definition = library.definition(play.house.store, conn, loaded.case.version_id)
        events = list(history.read(conn, history.case_stream(number)))
        values = personal.open_(conn, loaded.id, loaded.case.sealed) if "fields" in step else {}
        standards = {name: bool(kept) for name, _, _, kept in observations.of_case(conn, loaded.id)} if definition.standards else {}

    def possible(who: str) -> list[str]:
        return [option.name for option in acting.possible(play.house, number, Actor(who)) if not option.obstacles]

    seen = play.seen.get(number, Seen())
    expected = {key: value for key, value in step.items() if key != "case"}
    found = differences(expected, loaded.case, events, seen, definition, play.zone, possible, values, standards)
    play.seen[number] = Seen(len(events))
    play.cases |= dict(opened(events[seen.events:]))     # from here on later steps call them by their procedure
    if found:
        raise Failed("; ".join(found))


def _correct(play: Play, step: Mapping[str, Any]) -> None:
    amending.correct(play.house, play.number(step), _actor(step), step.get("with") or {}, str(step.get("reason") or "-"))


def _extend(play: Play, step: Mapping[str, Any]) -> None:
    postponing.extend(play.house, play.number(step), _actor(step), str(step["clock"]), str(step["is"]), step.get("with") or {})


def _pause(play: Play, step: Mapping[str, Any]) -> None:
    postponing.pause(play.house, play.number(step), _actor(step), step.get("clock"), str(step.get("reason") or "-"))


def _resume(play: Play, step: Mapping[str, Any]) -> None:
    postponing.resume(play.house, play.number(step), _actor(step), step.get("clock"))


def _assign(play: Play, step: Mapping[str, Any]) -> None:
    amending.assign(play.house, play.number(step), _actor(step), str(step["to"]))


def _vote(play: Play, step: Mapping[str, Any]) -> None:
    number, wanted = play.number(step), step.get("request")
    with play.house.store.reading() as conn:
        waiting = cases.load(conn, number).case.requests
    found = [one.id for one in waiting.values() if wanted in (None, one.kind.value, one.name)]
    if not found:
        raise Failed(say("nothing of that name waits for an answer: {name}", name=wanted or "-"))
    approving.vote(play.house, number, found[-1], _actor(step), str(step["answer"]), str(step.get("reason") or ""))
    _deliver(play)


def _handover(play: Play, step: Mapping[str, Any]) -> None:
    handing_over.hand_over(play.house, play.number(step), _actor(step), str(step["to"]), str(step["reason"]))
    _deliver(play)


def _accept(play: Play, step: Mapping[str, Any]) -> None:
    handing_over.accept(play.house, play.number(step), _actor(step))
    _deliver(play)


STEPS: Mapping[str, Callable[[Play, Any], None]] = {
    "open": _open, "do": _do, "refuse": _refuse, "wait": _wait, "at": _at, "expect": _expect, "correct": _correct, "extend": _extend,
    "pause": _pause, "resume": _resume, "assign": _assign, "vote": _vote, "handover": _handover, "accept": _accept,
}
