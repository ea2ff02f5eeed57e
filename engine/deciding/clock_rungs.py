"""What is still to come of a clock: its rungs, its breach, the end of its pause or window, each at its instant."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from engine.deciding.case import CaseState, ClockRun, ClockStatus
from engine.deciding.clock_due import as_if_running, due_extended, is_worked, shift, spent, stood_still, stretches, times, walk
from engine.deciding.clock_scene import Calendars
from engine.deciding.clock_stops import resume_at, then_at
from engine.defining.definition import ClockSpec, Definition, DoingKind, PointKind, Rung
from engine.ground.calendars import Calendar
from engine.ground.duration import Unit
from engine.ground.errors import CalendarExpired
from engine.ground.replacing import replace

_INSTANT = timedelta(microseconds=1)


class PendingKind(StrEnum):
    """What a clock has still to come."""

    BREACH = "breach"
    RUNG = "rung"
    USED_UP = "used up"      # the longest total of a pause that has a `then:`
    RESUME = "resume"        # its pauses have lasted as long as they may
    END = "end"              # a window runs out


class Pending(NamedTuple):
    """One thing to come. It fell due at `due_at`; it may be carried out from `fire_at`.

    They differ by a microsecond for whatever comes at or after due, since what is done exactly at the due instant is in time
    (clocks rule 10). `rung` is the place in the ladder, of a pause that in `pause:`; the end of a window has the place after the last rung.
    """

    due_at: datetime
    fire_at: datetime
    kind: PendingKind
    clock: str
    rung: int = -1
    n: int = 1


_RANK = {PendingKind.USED_UP: 0, PendingKind.RESUME: 1, PendingKind.BREACH: 2, PendingKind.RUNG: 3, PendingKind.END: 4}


def pending(definition: Definition, case: CaseState, calendars: Calendars) -> list[Pending]:
    """Everything that can be known now to come, in order: each rung's next occurrence, for all clocks that run or are paused."""
    order = {name: index for index, name in enumerate(case.clocks)}
    found = [
        item
        for name, run in case.clocks.items()
        if (spec := definition.all_clocks.get(name)) is not None
        for item in _of_run(spec, run, calendars)
    ]
    return sorted(found, key=lambda item: (item.fire_at, order[item.clock], _RANK[item.kind], item.rung, item.n))


Known = dict[str, tuple[ClockRun, list["Pending"]]]
"""What is to come of each clock, and the run of which that was found."""


def soonest(definition: Definition, case: CaseState, calendars: Calendars, known: Known) -> Iterator[Pending]:
    """Those of `pending` that may be the first to come, in no particular order: for whoever asks for nothing but the first.

    `known` keeps what was found for whoever asks again while the calendars stay: then only runs that changed are looked at.
    """
    for name, run in case.clocks.items():
        if (spec := definition.all_clocks.get(name)) is None:
            continue
        if name not in known or known[name][0] is not run:
            known[name] = run, [*_of_run(spec, run, calendars, first=True)]
        yield from known[name][1]


def _of_run(spec: ClockSpec, run: ClockRun, calendars: Calendars, *, first: bool = False) -> Iterator[Pending]:
    if run.status is ClockStatus.PAUSED:
        if spec.pause:
            yield from _resumption(spec, run, calendars(spec.calendar))
        return
    due = run.due_at
    if run.status is not ClockStatus.RUNNING or due is None:
        return
    breach = bool(spec.until) and (run.breached_at is None or run.breached_at < due)
    if not spec.until:
        yield Pending(due, due + _INSTANT, PendingKind.END, spec.name, len(spec.ladder))
    elif breach:
        yield Pending(due, due + _INSTANT, PendingKind.BREACH, spec.name)
    rungs = [(index, n) for index, rung in enumerate(spec.ladder) if (n := _next(run, index, rung))]
    if rungs:
        calendar = calendars(spec.calendar)
        for index, n in _earliest(spec, rungs, breach) if first else rungs:
            at = rung_at(spec, run, due, index, n, calendar)
            if at is not None:
                yield Pending(at, fire_at(at, due), PendingKind.RUNG, spec.name, index, n)


def _earliest(spec: ClockSpec, rungs: Sequence[tuple[int, int]], breach: bool) -> Iterator[tuple[int, int]]:
    """Without rungs that another certainly precedes: those from due on the breach still to come, a share of the time or a stretch
    before due one that is written above it and lies no closer to due (equal moments go by the place in the ladder)."""
    furthest: dict[Unit | None, Decimal] = {}
    for index, n in rungs:
        point = spec.ladder[index].at
        if point.kind is PointKind.PERCENT:
            like, distance = None, -point.percent
        elif point.kind is PointKind.BEFORE and point.duration is not None:
            like, distance = point.duration.unit, point.duration.amount
        else:
            if not breach:
                yield index, n
            continue
        if like not in furthest or distance > furthest[like]:
            furthest[like] = distance
            yield index, n


def _resumption(spec: ClockSpec, run: ClockRun, calendar: Calendar) -> Iterator[Pending]:
    try:
        used_up, end = list(then_at(spec, run, calendar)), resume_at(spec, run, calendar)
    except CalendarExpired:
        return
    for place, at in used_up:
        yield Pending(at, at, PendingKind.USED_UP, spec.name, place)
    if end is not None and all(at != end for _, at in used_up):     # otherwise the clock runs on with that
        yield Pending(end, end, PendingKind.RESUME, spec.name)


def fire_at(at: datetime, due: datetime) -> datetime:
    """From when a rung may be carried out: what lies at or after due waits until due has passed."""
    return at + _INSTANT if at >= due else at


def _next(run: ClockRun, index: int, rung: Rung) -> int:
    """Which occurrence of a rung is the next in this round; 0 when there is none."""
    last = max((n for fired, n in run.fired if fired == index), default=0) if run.fired else 0
    if rung.at.kind is not PointKind.EVERY:
        return 0 if last else 1
    if rung.at.duration is None or not rung.at.duration.amount or (rung.at_most is not None and last >= rung.at_most):
        return 0
    return last + 1


def rung_at(spec: ClockSpec, run: ClockRun, due: datetime, index: int, n: int, calendar: Calendar) -> datetime | None:
    """When the n-th occurrence of a rung falls due; None when the calendar does not reach so far.

    Never before the start and never while the clock stood still: then it comes when the clock runs (again).
    """
    try:
        at = _placed(spec.ladder[index], run, due, n, calendar)
    except CalendarExpired:
        return None
    if at is None:
        return None
    at = max(at, run.anchor)
    for since, until in stood_still(run.stops):
        if until is not None and since <= at < until and at != due:
            at = until
    return at


def _placed(rung: Rung, run: ClockRun, due: datetime, n: int, calendar: Calendar) -> datetime | None:
    point = rung.at
    if point.kind is PointKind.DUE:
        return due
    if point.kind is PointKind.PERCENT:
        return _percent(point.percent, run, due, calendar)
    assert point.duration is not None
    if point.kind is PointKind.BEFORE:
        return shift(due, point.duration, calendar, -1)
    return shift(due, times(point.duration, n), calendar, 1, run)


def _percent(percent: Decimal, run: ClockRun, due: datetime, calendar: Calendar) -> datetime | None:
    """A share of the time on which the clock runs from start to due: working time when its budget is worked, else elapsed."""
    if percent == 100:
        return due
    worked = is_worked(run)
    total = spent(run, due, calendar, worked)
    if not total:
        worked, total = False, spent(run, due, calendar, False)
    share = timedelta(microseconds=int(total // _INSTANT * percent / 100))
    return walk(stretches(run), share, calendar, worked)


_TELLING = frozenset({DoingKind.REMIND, DoingKind.NOTICE, DoingKind.ESCALATE, DoingKind.SURVEY})


# --- rounds ---------------------------------------------------------------------------------------------------------


def new_round(spec: ClockSpec, run: ClockRun, at: datetime, calendar: Calendar, *, owed: bool = True) -> ClockRun:
    """Arm the rungs for a due time computed anew at `at` (clocks rule 12): those still to come fire (again), those past stay.

    Of rungs that have passed by this computation only the latest is left to fire, so that a correction sends one message, not a
    burst; the others count as carried out. Those that do more than tell somebody are left to fire all the same, each once, and those that
    grant an amount as often as it was missed, unless nothing is `owed` for what has passed.
    """
    asked = as_if_running(run, at)
    try:
        due = run.due_at or due_extended(asked, calendar, run.extended)
    except CalendarExpired:
        return run
    if due is None:
        return run
    passed: list[tuple[datetime, int, int]] = []
    kept: list[tuple[int, int]] = []
    for index, rung in enumerate(spec.ladder):
        before = max((n for fired, n in run.fired if fired == index), default=0)
        n, when = _latest_passed(spec, asked, due, index, rung, at, calendar)
        kept += [(fired, m) for fired, m in run.fired if fired == index and m <= n]
        if n > before and when is not None:
            passed.append((when, index, n))
        elif n > 0 and (index, n) not in kept:
            kept.append((index, n))
    passed.sort()
    for when, index, n in passed:
        if any(doing.kind is DoingKind.GRANT for doing in spec.ladder[index].do):
            kept += [] if owed else [(index, n)]
            continue
        left = (when, index, n) == passed[-1] or any(doing.kind not in _TELLING for doing in spec.ladder[index].do)
        if not left or n > 1:
            kept.append((index, n - 1 if left else n))
    fired = sorted(set(kept))
    return run if fired == run.fired else replace(run, fired=fired)


def _latest_passed(
    spec: ClockSpec, run: ClockRun, due: datetime, index: int, rung: Rung, at: datetime, calendar: Calendar
) -> tuple[int, datetime | None]:
    """The last occurrence of a rung that lies before `at`, and when; 0 when none does."""

    def passed(n: int) -> datetime | None:
        when = rung_at(spec, run, due, index, n, calendar)
        return when if when is not None and fire_at(when, due) <= at else None

    if at <= due and rung.at.kind in (PointKind.DUE, PointKind.AFTER, PointKind.EVERY):
        return 0, None      # it waits until due has passed
    most = 1 if rung.at.kind is not PointKind.EVERY else rung.at_most or 1_000_000
    if rung.at.kind is PointKind.EVERY and (rung.at.duration is None or not rung.at.duration.amount):
        return 0, None
    low, step = 0, 1
    while low + step <= most and passed(low + step) is not None:    # gallop, then halve
        low, step = low + step, step * 2
    while step > 1:
        step //= 2
        if low + step <= most and passed(low + step) is not None:
            low += step
    return low, passed(low) if low else None
