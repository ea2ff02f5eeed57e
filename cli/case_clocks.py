"""How the clocks of a case are printed: a bar each, its figures, and on demand how its due time came about.

Bars are drawn with letters of ASCII, which are one column wide on every terminal; the block letters are two on East Asian ones.
"""

from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from cli.run import Desk
from cli.show import as_json, clean, due, heading, paint, width
from engine.ground.language import say, spoken
from engine.ground.lengths import length_text
from engine.ground.wall import wall, wall_due

if TYPE_CHECKING:
    from engine.usecases.clock_view import CaseClocks, ClockFigures

CELLS = 40
RAN, STILL, COMING, LATE, RUNG = "=", "~", ".", "!", "|"
_COLOURS = {RAN: "green", STILL: "yellow", COMING: "dim", LATE: "red", RUNG: "bold"}


def print_clocks(desk: Desk, found: "CaseClocks") -> None:
    """Every clock of a case."""
    if desk.as_json:
        as_json(found)
        return
    heading(f"{found.number}  {clean(found.title)}")
    if not found.clocks:
        print(say("No clock has begun."))
        return
    widest = max(width(clean(clock.title)) for clock in found.clocks)
    for clock in found.clocks:
        title = clean(clock.title)
        text, colour = _standing(clock, found.at, found.timezone)
        print(f"  {title}{' ' * (widest - width(title))}  [{_painted(bar(clock, found.at))}]  {paint(text, colour)}")
        print(f"  {' ' * widest}  {paint(_figures(clock), 'dim')}")
        if clock.explanation:
            for line in clock.explanation["text"]:
                print(f"      {clean(line)}")
    print(paint("  " + say("{ran} ran  {still} stood still  {coming} to come  {late} past due  {rung} rung", ran=RAN, still=STILL,
                            coming=COMING, late=LATE, rung=RUNG), "dim"))


def bar(clock: "ClockFigures", now: datetime, cells: int = CELLS) -> str:
    """The time of a clock from its start to its due time (or as far as it ran beyond) as so many letters."""
    until = min(now, clock.ended_at or now)
    start, end = clock.started_at, max(clock.expected_at or until, until)
    length = end - start
    if length.total_seconds() <= 0 or clock.status == "off":
        return COMING * cells
    letters, late_from = [], clock.breached_at or clock.due_at
    for cell in range(cells):
        at = start + length * ((cell + 0.5) / cells)
        if any(stop.since <= at and at < (stop.until or now) and at < until for stop in clock.stops):
            letters.append(STILL)
        elif at >= until:
            letters.append(COMING)
        else:
            letters.append(LATE if late_from is not None and at >= late_from and not clock.window else RAN)
    for rung in clock.rungs:
        if start <= rung.at <= end:
            letters[min(cells - 1, int(cells * ((rung.at - start) / length)))] = RUNG
    return "".join(letters)


def _painted(letters: str) -> str:
    return "".join(paint("".join(group), _COLOURS[letter]) for letter, group in groupby(letters))


def _standing(clock: "ClockFigures", now: datetime, zone: str) -> tuple[str, str]:
    """What has become of a clock, and the colour of that."""
    if clock.unknown:
        return say("due time unknown: {why}", why=clock.unknown), "red"
    missed = say(" (was due {at})", at=wall_due(clock.breached_at, zone)) if clock.breached_at else ""
    match clock.status:
        case "running":
            text, colour = due(clock.due_at, now, zone)
            return (say("ends {at}", at=text), "dim") if clock.window else (say("due {at}", at=text), colour)
        case "paused":
            text = say("stands still: {why}", why=", ".join(stop.title for stop in clock.stops if stop.until is None)) + missed
            again = say("; due {at} if it ran on now", at=wall_due(clock.expected_at, zone)) if clock.expected_at and not missed else ""
            return text + again, "yellow"
        case "off":
            return say("does not apply as the case stands") + missed, "dim"
        case "met":
            at = wall(clock.ended_at, zone)
            return (say("met late {at}", at=at) + missed, "red") if missed else (say("met {at}", at=at), "green")
        case "ended":
            return say("over {at}", at=wall_due(clock.ended_at, zone)) + missed, "red" if missed else "dim"
    return say("cancelled {at}", at=wall(clock.ended_at, zone)) + missed, "red" if missed else "dim"


def _figures(clock: "ClockFigures") -> str:
    """Used and left, with the share; working time says so."""
    from engine.deciding.printing import printed
    from engine.ground.duration import parse_duration

    parts, days = [], not clock.worked and not any(unit in clock.budget for unit in ("hour", "minute"))
    if clock.consumed is not None:
        used = length_text(clock.consumed, days=days)
        parts.append(say("{length} of working time used", length=used) if clock.worked else say("{length} used", length=used))
    if clock.share is not None:
        parts.append(f"{int(clock.share * 100)} %")
    if clock.remaining is not None:
        left = length_text(abs(clock.remaining), days=days)
        parts.append(say("{length} left", length=left) if clock.remaining.total_seconds() >= 0 else say("{length} over", length=left))
    if clock.extended:
        parts.append(say("extended by {durations}", durations=", ".join(printed(parse_duration(by), spoken()) for by in clock.extended)))
    return ", ".join(parts)
