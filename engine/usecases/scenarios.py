"""Scenarios: stories that a bundle brings along, played through the same use cases as staff and sweep, in memory.

Each scenario starts from an image of a fresh house with the bundle published, on a virtual clock. `wait` and `at` let time
pass the way it does in life: a sweep at every moment at which something falls due.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from engine.deciding.rights import THE_SYSTEM
from engine.defining.bundle import Bundle
from engine.defining.clock_parts import awaited
from engine.defining.definition import Definition, EventKind
from engine.defining.tree import Tree
from engine.ground.calendars import Calendar, calendar_json
from engine.ground.canonical import canonical, digest
from engine.ground.clock import VirtualClock
from engine.ground.errors import MakegoodError
from engine.records import history, library
from engine.records.schema import memory_template
from engine.records.store import MemoryStore
from engine.usecases.expecting import moment, tell
from engine.usecases.house import House, Settings
from engine.usecases.neighbours import Neighbour
from engine.usecases.playing import STEPS, Failed, Play


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
            library.publish_calendar(conn, name, canonical(calendar_json(calendar)), THE_SYSTEM, clock.now())
        if organisation:
            library.apply_organisation(conn, canonical(_without_reports(organisation)), THE_SYSTEM, clock.now())
        for name, document in {**{name: other.document for name, other in (others or {}).items()}, bundle.name: bundle.document}.items():
            text = canonical(document)
            library.publish_definition(conn, name, text, "{}", digest(text), THE_SYSTEM, clock.now())
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


def _without_reports(organisation: Mapping[str, Any]) -> Mapping[str, Any]:
    """It is cases that are rehearsed: reports may be about bundles that are not here."""
    parts = {key: part for key, part in organisation["organisation"].items() if key != "reports"}
    order = {path: keys for path, keys in (organisation.get("order") or {}).items() if path.split("/")[0] != "reports"}
    return {**organisation, "organisation": parts, "order": order}


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
            STEPS[kind](play, value)
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
