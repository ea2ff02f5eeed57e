"""The clocks of a case for people: what is used, what is left, when due, and how that came about. Writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection

from engine.deciding import clocks
from engine.deciding import fields as values
from engine.deciding.budgets import read_values
from engine.deciding.case import CaseState, ClockRun, ClockStatus, Event, rebuild
from engine.deciding.clock_due import is_worked
from engine.deciding.clock_figures import consumed, remaining, share, unknown_text
from engine.deciding.clock_rungs import rung_at
from engine.deciding.clock_runs import LASTING
from engine.deciding.clock_steps import Step
from engine.deciding.explaining import Change, Chapter, explain, story
from engine.deciding.expressions import expression
from engine.deciding.rights import Actor
from engine.deciding.scope import scope_of
from engine.defining.definition import ClockSpec, Definition, PointKind
from engine.ground.errors import Invalid, MakegoodError, NotFound
from engine.ground.language import say, spoken
from engine.ground.masking import HIDDEN
from engine.records import cases, history, library, parties, personal
from engine.records.cases import Loaded
from engine.records.library import PastCalendar
from engine.usecases.access import refusals_noted
from engine.usecases.clock_words import Chosen, Narrator
from engine.usecases.house import House
from engine.usecases.stop_words import why_stopped
from engine.usecases.telling import Teller
from engine.usecases.viewing import look

MOST_RUNGS = 30     # occurrences of a repeating rung that are listed


@dataclass(frozen=True, slots=True)
class StopView:
    """A stretch on which the clock stood still: `why` is a state, a task, "by hand" or "closed"."""

    since: datetime
    until: datetime | None
    why: str
    title: str


@dataclass(frozen=True, slots=True)
class RungView:
    """One occurrence of a rung: its place in the ladder, the how manieth, and whether it was carried out in this round."""

    rung: int
    n: int
    point: str
    at: datetime
    done: bool


@dataclass(frozen=True, slots=True)
class ClockFigures:
    """One clock's latest run in figures. Lengths are working time when `worked`, else elapsed time.

    `expected_at` is when it would be due if it ran on now, for one that stands still; otherwise it equals `due_at`.
    `explanation` is filled only when it was asked for.
    """

    name: str
    title: str
    status: str
    window: bool
    started_at: datetime
    ended_at: datetime | None
    budget: str
    worked: bool
    consumed: timedelta | None
    remaining: timedelta | None
    share: float | None
    due_at: datetime | None
    expected_at: datetime | None
    overdue: bool
    breached_at: datetime | None
    run: int
    round: int
    extended: tuple[str, ...]
    stops: tuple[StopView, ...]
    rungs: tuple[RungView, ...]
    unknown: str
    explanation: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CaseClocks:
    """The clocks of a case, as they stand at `at`. Instants are UTC; `timezone` is that of the procedure's calendar."""

    number: str
    title: str
    timezone: str
    at: datetime
    clocks: tuple[ClockFigures, ...]


def case_clocks(
    house: House, number: str, clock: str | None = None, *, explained: bool = False, actor: Actor
) -> CaseClocks:
    """Every clock of a case (or one) that ever began, also those that are off as it stands, in figures; `explained`: with how its due
    time came about (clocks rule 17).

    Raises NotFound for an unknown case or clock, Invalid for a clock that has not begun, Denied for whoever may not see the case.
    """
    now = house.clock.now()
    with refusals_noted(house, actor, "clocks", case=number), house.store.reading() as conn:
        loaded = cases.load(conn, number)
        look(house, conn, loaded, actor)
        view = _view(house, conn, loaded, now)
        names = list(view.case.clocks) if clock is None else [_known(view, clock)]
        figures = tuple(view.figures(name, explained=explained) for name in names)
        return CaseClocks(number, view.definition.title.in_(view.language), view.zone, now, figures)


def _known(view: "_View", clock: str) -> str:
    if clock in view.case.clocks:
        return clock
    number = view.case.number
    if clock in view.definition.all_clocks:
        begins = ", ".join(map(str, view.definition.all_clocks[clock].from_))
        raise Invalid(
            say("{case}: the clock {clock} has not begun", case=number, clock=clock), hint=say("It begins with: {events}.", events=begins),
            field="clock", value=clock, expected=list(view.case.clocks),
        )
    near = get_close_matches(clock, view.definition.all_clocks, 3)
    raise NotFound(
        say("{case} has no clock {clock}", case=number, clock=clock),
        hint=say("Did you mean {near}?", near=", ".join(near)) if near else say("Its clocks: {all}.", all=", ".join(view.case.clocks)),
        kind="clock", name=clock, near=near,
    )


def _view(house: House, conn: Connection, loaded: Loaded, now: datetime) -> "_View":
    definition = library.definition(house.store, conn, loaded.case.version_id)
    said = personal.said(conn, loaded.id)
    zone = library.calendar(house.store, conn, definition.calendar).timezone
    events = list(history.read(conn, history.case_stream(loaded.case.number)))

    def version(id_: int) -> Definition:
        return library.definition(house.store, conn, id_)

    teller = Teller(definition, library.organisation(house.store, conn), zone, dict.fromkeys(said, HIDDEN), {}, version)
    former = {name: spec for event in events if "version" in event.data for name, spec in version(event.data["version"]).all_clocks.items()}
    return _View(house, conn, definition, {**former, **definition.all_clocks}, loaded.case, events, said, teller, zone, now, spoken())


@dataclass(slots=True)
class _View:
    """A case with its whole history, for looking at its clocks."""

    house: House
    conn: Connection
    definition: Definition
    specs: Mapping[str, ClockSpec]       # also of clocks that only versions have which the case was on before
    case: CaseState
    events: list[Event]
    said: Mapping[tuple[int, str], Any]
    teller: Teller
    zone: str
    now: datetime
    language: str

    def figures(self, name: str, *, explained: bool) -> ClockFigures:
        """One clock in figures."""
        run, spec = self.case.clocks[name], self.specs[name]
        told = story(self.events, name)
        past = self._calendar(run, spec, told)
        calendar = past.calendar
        explanation = explain(run, calendar, self.now)
        expected = None if run.status is ClockStatus.OFF else run.due_at or explanation.due_at
        narrator = Narrator(run, explanation, told, self._chosen(spec, told) if explained else None, past, self.teller)
        return ClockFigures(
            name=name, title=self.teller.clock(name), status=run.status.value, window=not spec.until, started_at=run.started_at,
            ended_at=run.ended_at, budget=run.budget, worked=is_worked(run), consumed=consumed(run, self.now, calendar),
            remaining=remaining(run, self.now, calendar), share=share(run, self.now, calendar), due_at=run.due_at, expected_at=expected,
            overdue=run.status is ClockStatus.RUNNING and bool(spec.until) and run.due_at is not None and run.due_at < self.now,
            breached_at=run.breached_at, run=run.run, round=run.round, extended=tuple(run.extended),
            stops=tuple(
                StopView(stop.since, stop.until, stop.why, why_stopped(self.teller, stop.why))
                for stop in sorted(run.stops, key=lambda stop: stop.since)
            ),
            rungs=tuple(_rungs(spec, run, expected, past)) if expected else (), unknown=unknown_text(run.unknown),
            explanation=_explained(narrator) if explained else None,
        )

    def _calendar(self, run: ClockRun, spec: ClockSpec, told: Sequence[Chapter]) -> PastCalendar:
        """The calendar in force; of a run that is over the one that was in force when it ended, since finished clocks never change."""
        ended = next((chapter.event.recorded_at for chapter in reversed(told) if chapter.change is Change.OVER), None)
        name = spec.calendar or self.definition.calendar
        found = library.calendar_then(self.conn, name, None if run.status in LASTING else ended)
        return found or PastCalendar(0, self.now, library.calendar(self.house.store, self.conn, name))   # the second says what is missing

    def _chosen(self, spec: ClockSpec, told: Sequence[Chapter]) -> Chosen | None:
        """Which case of `within:` gave the budget, found with the values of the moment at which it was last computed."""
        budgets = [c for c in told if c.change is Change.STARTED or (c.change is Change.RECOMPUTED and c.why)]
        if not budgets:
            return None
        then = rebuild(self.events[: self.events.index(budgets[-1].event) + 1])
        known = {name: value for name, seq in then.sealed.items() if (value := self.said.get((seq, name))) is not None}
        customer = parties.customer(self.conn, then.party) if then.party is not None else None
        scope = scope_of(
            self.definition, then, budgets[-1].event.occurred_at, personal=known, customer=customer, organisation=self.teller.organisation,
            actor=None, calendar=library.calendar(self.house.store, self.conn, self.definition.calendar),
        )

        def live(name: str) -> Any:
            field = self.definition.fields.get(name)
            value = known.get(name) if name in then.sealed else then.fields.get(name)
            return None if field is None or value is None else values.live(field, value, self.zone)

        try:
            found = clocks.chosen(spec, lambda text: expression(text)(scope), live)
        except MakegoodError:
            return None     # a value that was erased
        if found is None or found.budget != budgets[-1].why:
            return None
        refused = tuple(case.when for case in spec.within[: found.place] if case.when)
        when = spec.within[found.place].when
        read = (*((when,) if when else refused), *read_values(spec.within[found.place]))
        values_read = self._read(read, then, known)
        return Chosen(found.place, len(spec.within), when, refused, tuple(values_read))

    def _read(self, conditions: Sequence[str], then: CaseState, known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for name in sorted({name for text in conditions for name in expression(text).names}):
            field = self.definition.fields.get(name)
            if field is not None:
                value = HIDDEN if name in known else then.fields.get(name)
                yield field.title.in_(self.language) or name, self.teller.value(name, value)


def _rungs(spec: ClockSpec, run: ClockRun, due: datetime, past: PastCalendar) -> Iterator[RungView]:
    """Rungs carried out, and the next occurrence of those still to come."""
    fired = set(run.fired)
    for index, rung in enumerate(spec.ladder):
        last = max((n for place, n in fired if place == index), default=0)
        most = 1 if rung.at.kind is not PointKind.EVERY else min(last + 1, rung.at_most or last + 1)
        for n in range(max(1, most - MOST_RUNGS), most + 1):
            at = rung_at(spec, run, due, index, n, past.calendar)
            if at is not None:
                yield RungView(index, n, str(rung.at), at, n <= last)


def _explained(narrator: Narrator) -> dict[str, Any]:
    """The explanation as data with stable keys, and its narration in `text`."""
    explanation, past, chosen = narrator.explanation, narrator.calendar, narrator.chosen
    return {
        "due_at": explanation.due_at,
        "supposed": explanation.supposed,
        "calendar": {
            "name": past.calendar.name, "version": past.version, "hash": past.calendar.version, "timezone": past.calendar.timezone,
            "valid_through": past.calendar.valid_through,
        },
        "within": {"budget": narrator.run.budget, "case": chosen.place + 1, "of": chosen.of, "when": chosen.when} if chosen else None,
        "steps": [_step(step) for step in explanation.steps],
        "closed_days": list(explanation.passed_over.closed),
        "opened_days": list(explanation.passed_over.opened),
        "days_off": explanation.passed_over.days_off,
        "story": [
            {
                "event": c.event.seq, "at": c.event.occurred_at, "actor": c.event.actor, "change": c.change.value, "why": c.why,
                "due_before": c.before, "due_after": c.after,
            }
            for c in narrator.story
        ],
        "unknown": explanation.beyond,
        "text": list(narrator.lines()),
    }


_STEPS = {
    "Fixed": "fixed", "CountedBack": "counted_back", "Picked": "picked", "Ran": "ran", "Counted": "counted",
    "StoodThroughout": "stood_throughout", "Rolled": "rolled", "Awaited": "awaited", "Ended": "ended", "Longer": "longer",
}


def _step(step: Step) -> dict[str, Any]:
    form: dict[str, Any] = {"kind": _STEPS[type(step).__name__]}
    for one in fields(step):
        value = getattr(step, one.name)
        form[one.name] = str(value) if one.name in ("duration", "by", "budget") else value
    return form
