"""What became of a clock in an event, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.deciding.case import Event, instant
from engine.defining.timing import ClockSpec
from engine.ground.language import say
from engine.ground.wall import wall_due


def happened(clock: str, event: Event) -> str:
    """What happened to a clock, called so, where the event is about it alone; "" for other events."""
    data = event.data
    match event.kind:
        case "breach":
            return say("{clock}: not kept", clock=clock)
        case "ended":
            return say("{clock}: ran out", clock=clock)
        case "rung" if data.get("skipped"):
            return say("{clock}: {point}, nothing to do", clock=clock, point=data["at"])
        case "rung":
            return say("{clock}: {point}", clock=clock, point=data["at"])
        case "extended":
            return say("{clock}: extended by {duration}", clock=clock, duration=data["by"])
        case "breach_withdrawn":
            return say("{clock}: breach withdrawn", clock=clock)
        case "granted":
            return say("{clock}: granted what is promised", clock=clock)
        case "taken_back":
            return say("{clock}: taken back, since it was none", clock=clock)
        case "pause_over":
            return say("{clock}: stood still as long as it may ({total})", clock=clock, total=data["after"])
        case "clock_off":
            return say("{clock}: no longer applies", clock=clock)
        case "clock_on":
            return say("{clock}: applies now", clock=clock)
    return ""


def of_clock(
    title: str, specs: Sequence[ClockSpec | None], before: Mapping[str, Any], run: Mapping[str, Any], event: Event, zone: str
) -> Iterator[str]:
    """What became of a clock called so in this event, told by comparing with its run before (empty for its first).

    `specs` are what the versions that the event speaks of say of the clock, that of now first.
    """
    status, due = run["status"], run.get("due")
    began = not before or before["run"] != run["run"]
    if status == "running" and (began or before.get("due") != due or before["status"] != "running"):
        if run.get("unknown"):
            yield say("{clock}: due time unknown, {why}", clock=title, why=run["unknown"])
        else:
            yield say("{clock}: due {at}", clock=title, at=wall_due(instant(due), zone))
    elif status == "paused" and (began or before["status"] != "paused"):
        yield say("{clock}: stands still", clock=title)
    elif status == "met" and before.get("status") != "met":
        yield say("{clock}: done, late", clock=title) if run.get("breached") else say("{clock}: done in time", clock=title)
    elif status in ("ended", "cancelled") and before.get("status") not in (status, "off") and event.kind != "ended":
        yield say("{clock}: over", clock=title)
    if before.get("breached") and not run.get("breached") and not began:
        yield say("{clock}: breach withdrawn", clock=title)
    if event.kind != "rung":
        had = set() if began else set(_rungs(specs, before))
        passed = [point if n == 1 else f"{point} × {n}" for point, n in _rungs(specs, run) if (point, n) not in had]
        if passed:
            yield say("{clock}: passed by calculation, not carried out: {points}", clock=title, points=", ".join(passed))


def _rungs(specs: Sequence[ClockSpec | None], run: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The rungs that count as carried out in a run, by their points: a migration may have moved them in their ladder."""
    for spec in specs:
        if spec is not None and all(index < len(spec.ladder) for index, _ in run.get("fired", ())):
            return [(str(spec.ladder[index].at), n) for index, n in run.get("fired", ())]
    return []
