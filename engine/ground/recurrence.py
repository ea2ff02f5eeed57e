"""Dates that come again by rules of RFC 5545 (`FREQ=MONTHLY;COUNT=12`), counted from the date of an event.

The date of the event is the rule's DTSTART, as in any calendar program. What a rule says of hours, minutes and seconds is refused: what
recurs here are dates. `SKIP=BACKWARD` (RFC 7529) takes the last day of a month that lacks the day, which is left out otherwise.
"""

import heapq
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice, takewhile
from typing import Any

from engine.ground.duration import Duration, Unit
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.valueclass import valueclass

AND = " and "
YEARS_AHEAD = 30
"""A rule that gives no date within so many years of the last one asked about is over; one that gives none at all is refused."""
_CYCLE = 400            # years after which the Gregorian calendar repeats, weekdays included
_LAST_YEAR = 9999
_MOST = 1000            # of COUNT and INTERVAL
_FREQUENCIES = {"DAILY": Unit.DAYS, "WEEKLY": Unit.WEEKS, "MONTHLY": Unit.MONTHS, "YEARLY": Unit.YEARS}
_PART = re.compile(r"(?P<key>[A-Z]+)=(?P<value>[A-Z0-9,+-]+)", re.ASCII)
_UNTIL = re.compile(r"[0-9]{8}", re.ASCII)
_NUMBERED_DAY = re.compile(r"[0-9]")
_ONLY_WITH = {"BYWEEKNO": ("YEARLY",), "BYYEARDAY": ("YEARLY",), "BYMONTHDAY": ("MONTHLY", "YEARLY"), "SKIP": ("MONTHLY", "YEARLY")}
_HIGHEST = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53}
_BY = frozenset({"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH"})
_KNOWN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYSETPOS", "SKIP"}) | _BY
_SAMPLES = (date(2023, 1, 31), date(2024, 2, 29))     # where a rule begins decides whether some of its dates exist


@valueclass(frozen=True, slots=True)
class Recurrence:
    """One rule or several, whose dates are put together, each date once."""

    rules: tuple[str, ...]               # as written, in capitals

    def __str__(self) -> str:
        return AND.join(self.rules)

    @property
    def steps(self) -> tuple[tuple[Duration, int | None], ...]:
        """How long from one date of each rule to the next, roughly where it names days, and how often where it says so; for pictures."""
        return tuple(
            (Duration(Decimal(parts.get("INTERVAL", "1")), _FREQUENCIES[parts["FREQ"]]), int(parts["COUNT"]) if "COUNT" in parts else None)
            for parts in map(_parts, self.rules)
        )

    @property
    def ends(self) -> bool:
        """Whether every rule comes to an end by itself."""
        return all({"COUNT", "UNTIL"} & _parts(rule).keys() for rule in self.rules)

    @property
    def leaves_out_short_months(self) -> bool:
        """Whether an event on the 31st would have no date in months of 30 days, because nothing says which day to take instead."""
        parts = [_parts(rule) for rule in self.rules]
        return any(one["FREQ"] in ("MONTHLY", "YEARLY") and "SKIP" not in one and not _BY & one.keys() for one in parts)

    def dates(self, start: date) -> Iterator[date]:
        """The dates after `start`, in order; an end or a gap of `YEARS_AHEAD` years ends them."""
        last = start
        for day in heapq.merge(*(_dates(_parts(rule), start) for rule in self.rules)):
            if day.year - last.year > YEARS_AHEAD:
                return
            if day > last:
                yield day
                last = day


def parse_recurrence(text: str) -> Recurrence:
    """Read `FREQ=MONTHLY;COUNT=12`, or several of them joined by `and`; raises Invalid."""
    rules = tuple(rule.strip().removeprefix("RRULE:").upper() for rule in " ".join(text.split()).split(AND))
    for rule in rules:
        parts = _parts(rule)
        _check(rule, parts)
        try:
            found = [next(Recurrence((rule,)).dates(start), None) for start in _SAMPLES]
        except (ValueError, TypeError) as error:
            raise _refuse(rule, say("'{text}' cannot be read: {reason}", text=rule[:80], reason=str(error))) from error
        if not any(found):
            raise _refuse(rule, say("'{text}' gives no date after the event", text=rule[:80]))
    return Recurrence(rules)


@lru_cache(maxsize=1024)
def _parts(rule: str) -> dict[str, str]:
    found = [_PART.fullmatch(part) for part in rule.rstrip(";").split(";")]
    parts = {match["key"]: match["value"] for match in found if match is not None}
    if None in found or len(parts) != len(found):
        raise _refuse(rule, say("'{text}' is not a rule of RFC 5545", text=rule[:80]))
    return parts


def _check(rule: str, parts: dict[str, str]) -> None:
    """Refuse what is no rule for dates; raises Invalid."""
    frequency = parts.get("FREQ", "")
    if frequency in ("SECONDLY", "MINUTELY", "HOURLY") or {"BYHOUR", "BYMINUTE", "BYSECOND"} & parts.keys():
        raise _refuse(rule, say("'{text}' speaks of hours: what recurs here are dates", text=rule[:80]))
    unknown = [key for key in parts if key not in _KNOWN]
    if frequency not in _FREQUENCIES or unknown:
        raise _refuse(rule, say("'{text}' is not a rule of RFC 5545", text=rule[:80]))
    for key in ("COUNT", "INTERVAL"):
        if key in parts and not (parts[key].isdigit() and 1 <= int(parts[key]) <= _MOST):
            raise _refuse(rule, say("{key} is a whole number from 1 to {most}", key=key, most=_MOST))
    if "COUNT" in parts and "UNTIL" in parts:
        raise _refuse(rule, say("A rule ends by COUNT or by UNTIL, not by both"))
    if "UNTIL" in parts and not _is_date(parts["UNTIL"]):
        raise _refuse(rule, say("UNTIL is a date, such as 20271231"))
    for key, frequencies in _ONLY_WITH.items():
        if key in parts and frequency not in frequencies:
            raise _refuse(rule, say("{key} does not go with FREQ={frequency}", key=key, frequency=frequency))
    if _NUMBERED_DAY.search(parts.get("BYDAY", "")) and frequency not in ("MONTHLY", "YEARLY"):
        raise _refuse(rule, say("{key} does not go with FREQ={frequency}", key="BYDAY=" + parts["BYDAY"], frequency=frequency))
    if frequency == "DAILY" and "BYDAY" in parts and parts.get("INTERVAL", "1") != "1":
        raise _refuse(rule, say("INTERVAL with days of the week is counted in weeks: FREQ=WEEKLY"))
    for key, highest in _HIGHEST.items():
        numbers = [number.lstrip("+-") for number in parts[key].split(",")] if key in parts else []
        if not all(number.isdigit() and 1 <= int(number) <= highest for number in numbers):
            raise _refuse(rule, say("{key} is a whole number from 1 to {most}", key=key, most=highest))
    if parts.get("SKIP", "BACKWARD") != "BACKWARD" or "SKIP" in parts and _BY & parts.keys():
        raise _refuse(rule, say("SKIP=BACKWARD is for rules that name no days of their own"))
    if "BYSETPOS" in parts and not _BY & parts.keys():
        raise _refuse(rule, say("BYSETPOS chooses among days that another part names"))


def _is_date(text: str) -> bool:
    try:
        return bool(_UNTIL.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _dates(parts: dict[str, str], start: date) -> Iterator[date]:
    """The dates of one rule from its DTSTART on."""
    from dateutil.rrule import rrulestr  # definitions without rules do without it

    said = {key: value for key, value in parts.items() if key not in ("COUNT", "UNTIL", "SKIP")}
    if "SKIP" in parts and start.day > 28:      # the last of those days that the month has
        said |= {"BYMONTHDAY": ",".join(str(day) for day in range(28, start.day + 1)), "BYSETPOS": "-1"}
        said |= {"BYMONTH": str(start.month)} if parts["FREQ"] == "YEARLY" else {}
    # The library looks for dates until the last year there is, thousands of years for a rule that has none: it is asked about years
    # that are alike and close to that end.
    later = (_LAST_YEAR - 2 * YEARS_AHEAD - start.year) // _CYCLE * _CYCLE
    rule: Any = rrulestr(
        ";".join(f"{key}={value}" for key, value in said.items()), dtstart=datetime(start.year + later, start.month, start.day),  # noqa: DTZ001
    )
    found = (date(moment.year - later, moment.month, moment.day) for moment in rule)
    if "COUNT" in parts:
        return islice(found, int(parts["COUNT"]))
    return takewhile(lambda day: f"{day:%Y%m%d}" <= parts["UNTIL"], found) if "UNTIL" in parts else found


def _refuse(rule: str, why: str) -> Invalid:
    return Invalid(why, hint=say("Write for example FREQ=MONTHLY;COUNT=12 or FREQ=MONTHLY;INTERVAL=3;SKIP=BACKWARD."), value=rule[:80],
                   expected=say("a rule of RFC 5545"))
