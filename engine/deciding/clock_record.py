"""What a case remembers of a clock: its latest run, everything that its due time is computed from, and the canonical form of that.

Part of `engine.deciding.case`, which hands it on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.defining.definition import Counting

USUAL = Counting()
"""Dates counted as every unit counts them anyway."""


class ClockStatus(StrEnum):
    """What became of a run of a clock."""

    RUNNING = "running"
    PAUSED = "paused"
    OFF = "off"              # as the case stands this clock does not exist: its `when:` does not hold, or nothing of `within:` matches
    MET = "met"              # its until event came (in time or not: see breached_at)
    ENDED = "ended"          # a window that ran out, or the case closed before its until event
    CANCELLED = "cancelled"  # its state or task was left, or it was over while off


@dataclass(slots=True)
class Stop:
    """A stretch during which a clock stood still."""

    since: datetime
    until: datetime | None
    why: str                             # the state or task, "closed", or "by hand"


@dataclass(slots=True)
class ClockRun:
    """The latest run of a clock in this case; everything its due time is computed from."""

    name: str
    status: ClockStatus
    started_at: datetime
    budget: str                          # the duration chosen from `within:`, as text; "" while it has never been anything but off
    due_at: datetime | None = None       # None while paused or when the calendar does not reach that far
    ended_at: datetime | None = None
    breached_at: datetime | None = None  # the due time that passed; None again when withdrawn
    run: int = 1                         # how many times this clock has started
    round: int = 1                       # how many times its due time was computed anew by extension or correction
    stops: list[Stop] = field(default_factory=list)
    extended: list[str] = field(default_factory=list)    # durations added, as text
    granted: list[tuple[int, str]] = field(default_factory=list)    # those of all runs in this case, each with the place of its `extend:`
    used_up: list[int] = field(default_factory=list)     # places of pauses whose longest total is used up and whose `then:` was done
    fired: list[tuple[int, int]] = field(default_factory=list)  # (rung, n-th time) carried out in this round
    counting: Counting = USUAL           # how its dates are counted
    unknown: str | None = None           # why the due time cannot be known, for example a calendar that ends
    counts_from: datetime | None = None  # from when its limit counts, when not from the start (`recompute: forward`)

    @property
    def anchor(self) -> datetime:
        """The instant from which its limit counts."""
        return self.counts_from or self.started_at

    @property
    def existed(self) -> bool:
        """Whether it ever was more than off."""
        return bool(self.budget)


def stamp(instant: datetime | None) -> str | None:
    """An instant as canonical text (ISO, UTC, microseconds only where there are some)."""
    return instant.isoformat() if instant else None


def instant(text: str | None) -> datetime | None:
    """The instant of a canonical text."""
    return datetime.fromisoformat(text) if text else None


def known(text: str) -> datetime:
    """The instant of a canonical text that is there."""
    return datetime.fromisoformat(text)


def clock_json(clock: ClockRun) -> dict[str, Any]:
    """Canonical form of a clock's run; what is empty is left out."""
    form: dict[str, Any] = {
        "name": clock.name, "status": clock.status.value, "started": stamp(clock.started_at), "budget": clock.budget,
        "run": clock.run, "round": clock.round,
    }
    for key, value in (("due", clock.due_at), ("ended", clock.ended_at), ("breached", clock.breached_at), ("counts", clock.counts_from)):
        if value:
            form[key] = stamp(value)
    if clock.stops:
        form["stops"] = [[stamp(s.since), stamp(s.until), s.why] for s in clock.stops]
    if clock.extended:
        form["extended"] = list(clock.extended)
    if clock.granted != _plainly(clock.extended):
        form["granted"] = [list(pair) for pair in clock.granted]
    if clock.used_up:
        form["used_up"] = list(clock.used_up)
    if clock.fired:
        form["fired"] = [list(pair) for pair in clock.fired]
    if clock.counting != USUAL:
        form["counting"] = {key: word for key, word in asdict(clock.counting).items() if word}
    if clock.unknown:
        form["unknown"] = clock.unknown
    return form


def _plainly(extended: Iterable[str]) -> list[tuple[int, str]]:
    """What was granted, where it was all in this run and by the first `extend:`, which goes without saying."""
    return [(0, by) for by in extended]


def clock_from(form: Mapping[str, Any]) -> ClockRun:
    """The run of a clock from its canonical form."""
    return ClockRun(
        name=form["name"], status=ClockStatus(form["status"]), started_at=known(form["started"]), budget=form["budget"],
        due_at=instant(form.get("due")), ended_at=instant(form.get("ended")), breached_at=instant(form.get("breached")),
        run=form["run"], round=form["round"],
        stops=[Stop(known(since), instant(until), why) for since, until, why in form.get("stops", ())],
        extended=list(form.get("extended", ())), fired=[(rung, n) for rung, n in form.get("fired", ())], unknown=form.get("unknown"),
        counting=Counting(**form["counting"]) if "counting" in form else USUAL,
        counts_from=instant(form.get("counts")),
        granted=[(place, by) for place, by in form["granted"]] if "granted" in form else _plainly(form.get("extended", ())),
        used_up=list(form.get("used_up", ())),
    )
