"""Scenarios: stories that a bundle brings along, played through the same use cases as staff and sweep, in memory.

Each scenario starts from an image of a fresh house with the bundle published, on a virtual clock. `wait` and `at` let time
pass the way it does in life: a sweep at every moment at which something falls due.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from engine.deciding.rights import Actor
from engine.defining.bundle import Bundle
from engine.defining.clock_parts import awaited
from engine.defining.definition import Definition, EventKind
from engine.defining.tree import Tree
from engine.ground.calendars import Calendar, calendar_json
from engine.ground.canonical import canonical, digest
from engine.ground.clock import VirtualClock
from engine.ground.duration import ELAPSED, parse_duration
from engine.ground.errors import Invalid, MakegoodError
from engine.ground.language import say
from engine.records import cases, history, library, outbox, personal
from engine.records.schema import memory_template
from engine.records.store import MemoryStore
from engine.usecases import acting, amending, opening, postponing, settling
from engine.usecases.door import record_delivery
from engine.usecases.expecting import Seen, differences, moment, opened, shown, tell
from engine.usecases.house import House, Settings
from engine.usecases.neighbours import Neighbour

MOST_SWEEPS = 10_000   # in one `wait`: a ladder that repeats every minute for a year is a mistake


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """What came of one scenario."""

    name: str
    file: str
    line: int                            # of the step that failed, else of the scenario
    passed: bool
    steps: int                           # how many were played
    failure: str = ""                    # expected and actual
    history: tuple[str, ...] = ()        # of the case, up to the failure
    seconds: float = 0.0


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


def run_scenarios(
    bundle: Bundle, calendars: Mapping[str, Calendar], organisation: Mapping[str, Any],
    progress: Callable[[ScenarioResult], None] | None = None, others: Mapping[str, Neighbour] | None = None,
) -> list[ScenarioResult]:
    """Play every scenario of a bundle; `organisation` is the document of the organisation they take place in, `others` are the procedures
    of which its cases open some."""
    store = MemoryStore(memory_template())
    clock = VirtualClock(datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
    house = House(store, clock, Settings(folder=Path()))
    with store.writing() as conn:
        for name, calendar in calendars.items():
            library.publish_calendar(conn, name, canonical(calendar_json(calendar)), "system", clock.now())
        if organisation:
            library.apply_organisation(conn, canonical(organisation), "system", clock.now())
        for name, document in {**{name: other.document for name, other in (others or {}).items()}, bundle.name: bundle.document}.items():
            text = canonical(document)
            library.publish_definition(conn, name, text, "{}", digest(text), "system", clock.now())
    with store.reading() as conn:   # read once, kept for every scenario
        library.latest(store, conn, bundle.name)
        library.organisation(store, conn)
        library.calendars(store, conn)
    store.keep()
    delivers = any(map(_waits_for_delivery, [bundle.definition, *(other.definition for other in (others or {}).values())]))
    results = []
    for file, tree in bundle.scenarios:
        store.reset()
        results.append(_play(house, clock, bundle, calendars[bundle.definition.calendar], delivers, file, tree))
        if progress:
            progress(results[-1])
    store.close()
    return results


def _waits_for_delivery(definition: Definition) -> bool:
    return any(event.kind is EventKind.NOTICE_SENT for event, _ in awaited(definition))


def _play(
    house: House, clock: VirtualClock, bundle: Bundle, calendar: Calendar, delivers: bool, file: str, tree: Tree
) -> ScenarioResult:
    began, story = perf_counter(), tree.value
    play = Play(house, clock, bundle, ZoneInfo(calendar.timezone), delivers=delivers)
    name, number = str(story["scenario"]), 0
    place: tuple[str | int, ...] = ("at",)
    try:
        clock.move_to(moment(str(story["at"]), play.zone))
        for number, step in enumerate(story["steps"]):
            place = ("steps", number)
            ((kind, value),) = step.items()
            _STEPS[kind](play, value)
    except (Failed, MakegoodError) as error:
        line = tree.place(place)[0]
        hint = f" {error.hint}" if isinstance(error, MakegoodError) and error.hint else ""
        return ScenarioResult(name, file, line, False, number, f"{error}{hint}", _history(play), perf_counter() - began)
    return ScenarioResult(name, file, tree.place(("scenario",))[0], True, number + 1, seconds=perf_counter() - began)


def _history(play: Play) -> tuple[str, ...]:
    number = play.spoken_of or play.last
    if not number:
        return ()
    with play.house.store.reading() as conn:
        return tuple(tell(event, play.zone) for event in history.read(conn, history.case_stream(number)))


def _actor(step: Mapping[str, Any]) -> Actor:
    return Actor(str(step["by"]), step.get("for"))


def _open(play: Play, step: Mapping[str, Any]) -> None:
    play.spoken_of = play.last = opening.open_case(play.house, play.bundle.name, _actor(step), step.get("with") or {}).number
    if step.get("as"):
        play.cases[str(step["as"])] = play.last
    _deliver(play)


def _do(play: Play, step: Mapping[str, Any]) -> None:
    at = str(step["at"]) if "at" in step else None
    acting.act(play.house, play.number(step), str(step["action"]), _actor(step), step.get("with") or {}, at=at)
    _deliver(play)


def _refuse(play: Play, step: Mapping[str, Any]) -> None:
    action, because = str(step.get("action") or step.get("extend")), step.get("because")
    try:
        _extend(play, {**step, "clock": action}) if "extend" in step else _do(play, step)
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
    swept = settling.sweep(play.house)
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

    def possible(who: str) -> list[str]:
        return [option.name for option in acting.possible(play.house, number, Actor(who)) if not option.obstacles]

    seen = play.seen.get(number, Seen())
    expected = {key: value for key, value in step.items() if key != "case"}
    found = differences(expected, loaded.case, events, seen, definition, play.zone, possible, values)
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


_STEPS: Mapping[str, Callable[[Play, Any], None]] = {
    "open": _open, "do": _do, "refuse": _refuse, "wait": _wait, "at": _at, "expect": _expect, "correct": _correct, "extend": _extend,
    "pause": _pause, "resume": _resume, "assign": _assign,
}
