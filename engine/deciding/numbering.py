"""Case numbers: a pattern such as `KS-{year}{month}-{serial:04}`, and the series whose serials it counts."""

import re
from datetime import date
from functools import lru_cache

from engine.ground.errors import Invalid
from engine.ground.language import say

_HOLE = re.compile(r"\{([^{}]*)\}")
_SERIAL = re.compile(r"serial(?::0?([1-9]))?")
_FIXED = re.compile(r"[\w.\-()〔〕（）]*")   # what file names and history streams can hold
_PERIODS = ("year", "month", "day")
_LONGEST = 40


@lru_cache(maxsize=256)
def check_pattern(pattern: str) -> None:
    """Raises Invalid unless the pattern has one `{serial…}`, known holes, whole periods, and makes numbers fit for a file name."""
    holes = _HOLE.findall(pattern)
    rest = _HOLE.sub("", pattern)
    periods = [hole for hole in holes if hole in _PERIODS]
    serials = [hole for hole in holes if _SERIAL.fullmatch(hole)]
    unknown = [hole for hole in holes if hole not in periods and hole not in serials]
    if unknown or "{" in rest or "}" in rest:
        hole = "{" + (unknown[0] if unknown else "") + "}"
        raise _wrong(pattern, say("{hole} is not one of {known}", hole=hole, known="{year} {month} {day} {serial:04}"))
    if len(serials) != 1:
        raise _wrong(pattern, say("it needs one {serial}", serial="{serial:04}"))
    for finer, coarser in (("month", "year"), ("day", "month")):
        if finer in periods and coarser not in periods:
            why = say("{finer} without {coarser} would give the same number twice", finer=f"{{{finer}}}", coarser=f"{{{coarser}}}")
            raise _wrong(pattern, why)
    tidy = _FIXED.fullmatch(rest) and not pattern.startswith((".", "-"))
    if not tidy or len(number(pattern, date(2026, 1, 1), 1)) > _LONGEST:
        why = say("beside its holes it may hold letters, digits and . - _ ( ), at most {most} characters in all", most=_LONGEST)
        raise _wrong(pattern, why)


def _wrong(pattern: str, why: str) -> Invalid:
    return Invalid(
        say("'{pattern}' is not a pattern of case numbers: {why}", pattern=pattern, why=why),
        hint=say("Write for example {example}.", example="KS-{year}{month}-{serial:04}"), field="number", value=pattern, expected="pattern",
    )


def series_of(pattern: str, local_date: date) -> str:
    """The series a case opened on that local date counts in: the pattern with its period filled in, `{serial…}` kept."""
    return _HOLE.sub(lambda hole: _period(hole[1], local_date) or hole[0], pattern)


def number(pattern: str, local_date: date, serial: int) -> str:
    """The case number for that local date and serial (from 1); a serial wider than its hole is written in full."""
    return _HOLE.sub(lambda hole: _period(hole[1], local_date) or _padded(hole[1], serial), pattern)


def _period(hole: str, day: date) -> str:
    return {"year": f"{day.year:04}", "month": f"{day.month:02}", "day": f"{day.day:02}"}.get(hole, "")


def _padded(hole: str, serial: int) -> str:
    match = _SERIAL.fullmatch(hole)
    return f"{serial:0{int(match[1] or 1) if match else 1}}"
