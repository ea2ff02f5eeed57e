"""Lengths of time as a person reads them, and runs of dates."""

from collections.abc import Iterable
from datetime import date, timedelta

from engine.ground.language import say


def length_text(length: timedelta, *, days: bool = True) -> str:
    """A length in days, hours, minutes and seconds, what is empty left out; without `days` (working time) hours go on beyond 24."""
    seconds = int(abs(length).total_seconds())
    whole = seconds // 86_400 if days else 0
    rest = seconds - whole * 86_400
    parts = [
        say("{n} d", n=whole) if whole else "",
        say("{n} h", n=rest // 3600) if rest >= 3600 else "",
        say("{n} min", n=rest // 60 % 60) if rest // 60 % 60 else "",
        say("{n} s", n=rest % 60) if rest % 60 else "",
    ]
    text = " ".join(part for part in parts if part) or say("{n} min", n=0)
    return f"-{text}" if length < timedelta() else text


def dates_text(days: Iterable[date]) -> str:
    """Dates in order, those that follow each other as one run: `2026-10-01 – 2026-10-07, 2026-12-25`."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(f"{run[0]} – {run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
