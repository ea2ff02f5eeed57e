"""The narration of a due time: each line a fact, in the order in which they brought it about."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby

from engine.deciding.budgets import in_words, read
from engine.deciding.case import ClockRun, ClockStatus, Event, Stop
from engine.deciding.clock_due import budget_unit
from engine.deciding.clock_figures import unknown_text
from engine.deciding.clock_runs import LIVE
from engine.deciding.clock_steps import Counted, Longer, Ran, Step, StoodThroughout
from engine.deciding.clock_stops import CLOSED
from engine.deciding.explaining import Change, Chapter, Explanation
from engine.deciding.printing import printed
from engine.ground.duration import parse_duration
from engine.ground.language import say, spoken
from engine.ground.lengths import dates_text
from engine.ground.wall import wall, wall_due
from engine.records.library import PastCalendar
from engine.usecases.step_words import step_text, summands
from engine.usecases.stop_words import why_stopped
from engine.usecases.telling import Teller


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which case of `within:` holds: its place among how many, its condition, those before it, and the values these read, in words."""

    place: int
    of: int
    when: str | None
    refused: tuple[str, ...]
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Narrator:
    """Everything that tells how one run came to its due time."""

    run: ClockRun
    explanation: Explanation
    story: Sequence[Chapter]
    chosen: Chosen | None
    calendar: PastCalendar
    teller: Teller

    def lines(self) -> Iterator[str]:
        """The narration, line by line."""
        yield from self._beginning()
        yield self._calendar()
        yield from self._arithmetic()
        yield from self._dates()
        yield from self._sum()
        yield from self._afterwards()

    # --- how it began ---------------------------------------------------------------------------------------------------

    def _beginning(self) -> Iterator[str]:
        start, first = self.run.started_at, self.story[0].event if self.story else None
        at = self._wall(start)
        if first is None:
            yield say("Began {at}.", at=at)
        elif first.occurred_at == start:
            yield say("Began {at}: {what} ({who}).", at=at, what=self._what(first), who=self.teller.who(first))
        else:
            yield say("Counts from {start}, set {at}: {what} ({who}).", start=at, at=self._wall(first.occurred_at), what=self._what(first),
                      who=self.teller.who(first))
        cut = next(iter(self._of(Change.CUT_SHORT)), None)
        if cut is not None and cut.before is None:
            yield say("It is run number {n} of this clock; the one before was cut short while it stood still.", n=self.run.run)
        elif cut is not None:
            due = self._due(cut.before)
            yield say("It is run number {n} of this clock; the one before, due {due}, was cut short.", n=self.run.run, due=due)
        elif self.run.run > 1:
            yield say("It is run number {n} of this clock.", n=self.run.run)
        if self.run.existed:
            yield self._limit()
        if self.run.counts_from:
            yield say("The limit counts in full from {at}.", at=self._wall(self.run.counts_from))

    def _limit(self) -> str:
        budget, chosen = self._budget(), self.chosen
        if chosen is None:
            return say("Limit: {budget}.", budget=budget)
        values = ", ".join(f"{title} = {value or say('empty')}" for title, value in chosen.values) or "-"
        if chosen.when is not None:
            return say("Limit: {budget}, since {when} ({values}).", budget=budget, when=chosen.when, values=values)
        if not chosen.refused and chosen.values:
            return say("Limit: {budget} ({values}).", budget=budget, values=values)
        if not chosen.refused:
            return say("Limit: {budget}, in every case.", budget=budget)
        before = "; ".join(chosen.refused)
        return say("Limit: {budget}, since this does not hold: {conditions} ({values}).", budget=budget, conditions=before, values=values)

    def _budget(self) -> str:
        return in_words(read(self.run.budget), self._zone)

    def _calendar(self) -> str:
        known = self.calendar.calendar
        return say(
            "Calendar: {name}, version {version} ({hash}), {zone}, known until {until}.", name=known.name, version=self.calendar.version,
            hash=known.version[:8], zone=known.timezone, until=str(known.valid_through or say("for ever")),
        )

    # --- the arithmetic -------------------------------------------------------------------------------------------------

    def _arithmetic(self) -> Iterator[str]:
        if not self.run.existed:
            return
        unit = budget_unit(self.run)
        for chapter in self._of(Change.EXTENDED):
            if parse_duration(chapter.why).unit is unit:
                yield self._extended(chapter)
        waiting = sorted((stop for stop in self.run.stops if stop.until or stop.why != CLOSED), key=lambda stop: stop.since)
        for kind, group in groupby(self.explanation.steps, type):
            steps = list(group)
            if kind is StoodThroughout:
                days = [step.day for step in steps if isinstance(step, StoodThroughout)]
                yield say("Stood still throughout on {days}: the last date moves on to {last}.", days=dates_text(days), last=_last(steps))
                continue
            for step in steps:
                if isinstance(step, Ran):
                    yield from map(self._stop, _take(waiting, partial(_before, step.since)))
                yield self._step(step)
                if isinstance(step, Counted):
                    yield from map(self._stop, waiting)
                    waiting = []
        yield from map(self._stop, waiting)

    def _step(self, step: Step) -> str:
        if not isinstance(step, Longer):
            return step_text(step, self._zone)
        made = next((c for c in self._of(Change.EXTENDED) if c.why == str(step.by)), None)
        told = self._extended(made) if made else say("Extended by {duration}.", duration=printed(step.by, spoken()))
        return say("{extended} Counts on from {since}.", extended=told, since=wall_due(step.since, self._zone))

    def _extended(self, chapter: Chapter) -> str:
        return say("Extended by {duration} on {at} ({who}{reason}).", duration=printed(parse_duration(chapter.why), spoken()),
                   at=self._wall(chapter.event.occurred_at), who=self.teller.who(chapter.event), reason=self._reason(chapter.event))

    def _stop(self, stop: Stop) -> str:
        since, why = self._wall(stop.since), why_stopped(self.teller, stop.why)
        began = self._event(Change.PAUSED, stop.why, stop.since)
        by = say(" ({who}{reason})", who=self.teller.who(began), reason=self._reason(began)) if began else ""
        if stop.until is None:
            return say("Stands still since {since}: {why}{by}.", since=since, why=why, by=by)
        ended = self._event(Change.RESUMED, stop.why, stop.until)
        again = say("; ran on: {what} ({who})", what=self._what(ended), who=self.teller.who(ended)) if ended else ""
        until = self._wall(stop.until)
        return say("Stood still {since} – {until}: {why}{by}{again}.", since=since, until=until, why=why, by=by, again=again)

    def _event(self, change: Change, why: str, at: datetime) -> Event | None:
        return next((c.event for c in self.story if c.change is change and c.why == why and c.event.occurred_at == at), None)

    def _reason(self, event: Event) -> str:
        said = self.teller.said or {}
        words = next((said[event.seq, name] for name in ("reason", "comment") if (event.seq, name) in said), None)
        return say(": “{words}”", words=words) if words else ""

    def _dates(self) -> Iterator[str]:
        over = self.explanation.passed_over
        if over.closed:
            yield say("Holidays and closed days, not counted: {days}.", days=dates_text(over.closed))
        if over.opened:
            yield say("Worked although usually off: {days}.", days=dates_text(over.opened))
        if over.days_off:
            yield say("Usual days off, not counted: {count}.", count=over.days_off)

    # --- the sum --------------------------------------------------------------------------------------------------------

    def _sum(self) -> Iterator[str]:
        explanation = self.explanation
        if not self.run.existed:
            return
        if explanation.due_at is None:
            yield say("Due time unknown: {why}.", why=explanation.beyond or unknown_text(self.run.unknown) or "?")
            return
        due = wall_due(explanation.due_at, self._zone)
        parts = " + ".join(summands(explanation.steps))
        if self.run.status is ClockStatus.OFF:
            yield say("Sum: {parts}. It does not apply now; if it did it would be due {due}.", parts=parts, due=due)
        elif explanation.supposed and self.run.status in LIVE:
            yield say("Sum: {parts}. It stands still and has no due time; running on now it would be due {due}.", parts=parts, due=due)
        elif explanation.supposed:
            yield say("Sum: {parts}. It stood still at its end; running on it would have been due {due}.", parts=parts, due=due)
        else:
            yield say("Sum: {parts} → due {due}.", parts=parts, due=due)
        if self.run.due_at not in (None, explanation.due_at):
            yield say("Recorded is {at}: the calendar has changed since.", at=wall_due(self.run.due_at, self._zone))

    def _afterwards(self) -> Iterator[str]:
        came = {chapter.event.seq for chapter in self._of(Change.ON)}
        for chapter in self.story:
            at, event = self._wall(chapter.event.occurred_at), chapter.event
            match chapter.change:
                case Change.OFF:
                    yield say("Did not apply from {at} on: {what} ({who}).", at=at, what=self._what(event), who=self.teller.who(event))
                case Change.ON:
                    yield say("Applied from {at} on: {what} ({who}); due {due}.", at=at, what=self._what(event),
                              who=self.teller.who(event), due=self._due(chapter.after))
                case Change.RECOMPUTED if event.seq not in came:
                    yield say("Computed again {at}: {what} ({who}); due {before} became {after}.", at=at, what=self._what(event),
                              who=self.teller.who(event), before=self._due(chapter.before), after=self._due(chapter.after))
                case Change.BREACHED:
                    yield say("Not kept: passed {at}.", at=wall_due(event.occurred_at, self._zone))
                case Change.WITHDRAWN:
                    yield say("That was withdrawn {at}: {what} ({who}).", at=at, what=self._what(event), who=self.teller.who(event))
                case Change.REVIVED:
                    yield say("Ran on {at}: {what} ({who}).", at=at, what=self._what(event), who=self.teller.who(event))
                case Change.OVER:
                    at = wall_due(event.occurred_at, self._zone) if event.kind == "ended" else at
                    yield say("Over {at}: {what} ({who}).", at=at, what=self._what(event), who=self.teller.who(event))

    # --- words ----------------------------------------------------------------------------------------------------------

    def _of(self, change: Change) -> list[Chapter]:
        return [chapter for chapter in self.story if chapter.change is change]

    def _what(self, event: Event) -> str:
        return next(iter(self.teller.tell([event]))).what

    def _due(self, at: datetime | None) -> str:
        return wall_due(at, self._zone) if at else say("none")

    @property
    def _zone(self) -> str:
        return self.calendar.calendar.timezone

    def _wall(self, at: datetime) -> str:
        return wall(at, self._zone)


def _take(waiting: list[Stop], wanted: Callable[[Stop], bool]) -> list[Stop]:
    """Take the first stops that are wanted off the list."""
    taken = []
    while waiting and wanted(waiting[0]):
        taken.append(waiting.pop(0))
    return taken


def _before(at: datetime, stop: Stop) -> bool:
    return stop.since < at


def _last(steps: Sequence[Step]) -> str:
    last = steps[-1]
    return str(last.last) if isinstance(last, StoodThroughout) else ""
