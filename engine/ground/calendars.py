"""Calendars: when a house works, as plain dated facts, pinned on publishing so that no library moves a running deadline."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from engine.ground.canonical import canonical, digest
from engine.ground.errors import Invalid
from engine.ground.language import say

DAY = 24 * 60
Interval = tuple[int, int]
"""Minutes after the local midnight on which it starts, half-open: 0 ≤ start < 1440, start < end ≤ start + 1440."""
Hours = tuple[Interval, ...]
"""The intervals of one local date, in order, none overlapping another."""


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The working time of a house. Local dates and times are those of `timezone` (an IANA name)."""

    name: str
    timezone: str
    hours: tuple[Hours, ...]                    # seven, Monday first
    closed: frozenset[date] = frozenset()       # not worked, whatever the weekday
    opened: Mapping[date, Hours] = field(default_factory=dict)   # worked so, whatever the weekday or `closed` say
    valid_through: date | None = None           # the last local date the calendar knows; None: it never ends
    sources: tuple[str, ...] = ()               # where its holidays came from, for people; changes nothing
    next_day_after_closing: bool = False        # what arrives when no more work is done that day counts from the next working day
    version: str = field(init=False, default="")    # hash of everything above but `sources`

    def __post_init__(self) -> None:
        object.__setattr__(self, "opened", dict(self.opened))
        form = calendar_json(self)
        form.pop("sources", None)
        object.__setattr__(self, "version", digest(canonical(form)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)

    @property
    def zone(self) -> ZoneInfo:
        """The calendar's time zone."""
        return zone_of(self.timezone)

    def hours_on(self, day: date) -> Hours:
        """The intervals that start on this local date, whether or not the calendar reaches so far."""
        dated = self.opened.get(day)
        if dated is not None:
            return dated
        return () if day in self.closed else self.hours[day.weekday()]


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of that IANA name; raises Invalid when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Invalid(
            say("'{name}' is not a time zone", name=name), hint=say("Write its IANA name, for example Asia/Shanghai or Europe/London."),
            field="timezone", value=name, expected="IANA time zone",
        ) from error


def instant_at(zone: ZoneInfo, day: date, minute: int = 0) -> datetime:
    """The instant (UTC) at which the wall clock of a zone shows `minute` minutes after midnight of a date; 1440 is 24:00.

    A time that a change of clocks skips moves forward by the length of the gap, one that comes twice is the first (clocks rule 2).
    """
    days, rest = divmod(minute, DAY)
    local = datetime(day.year, day.month, day.day, rest // 60, rest % 60, tzinfo=zone)
    if days:
        local += timedelta(days=days)       # arithmetic on the wall clock, the offset is looked up afterwards
    return local.astimezone(UTC)


def clock_text(minute: int) -> str:
    """Minutes after midnight as people write them: 540 → 09:00, 1440 → 24:00, 1920 → 08:00 (of the next day)."""
    shown = minute if minute <= DAY else minute - DAY
    return f"{shown // 60:02}:{shown % 60:02}"


def _hours_text(hours: Hours) -> list[str]:
    return [f"{clock_text(start)}-{clock_text(end)}" for start, end in hours]


def parse_interval(text: str) -> Interval:
    """Read `09:00-12:00`; an end before the start lies on the next day (`20:00-08:00`), 24:00 is midnight. Raises Invalid."""
    try:
        first, _, second = text.partition("-")
        start, end = _minutes(first), _minutes(second)
    except (ValueError, AttributeError):
        start = end = 0
    if end < start:
        end += DAY
    if start < end and start < DAY:
        return start, end
    raise Invalid(
        say("'{text}' is not a stretch of working time", text=text),
        hint=say("Write opening and closing time, for example 09:00-12:00, 20:00-08:00 (past midnight) or 00:00-24:00."),
        value=text, expected="HH:MM-HH:MM",
    )


def _minutes(text: str) -> int:
    hour, _, minute = text.strip().partition(":")
    if not (hour.isascii() and hour.isdigit() and len(hour) <= 2 and minute.isascii() and minute.isdigit() and len(minute) == 2):
        raise ValueError(text)
    value = int(hour) * 60 + int(minute)
    if int(minute) > 59 or value > DAY:
        raise ValueError(text)
    return value


def parse_hours(texts: Iterable[str]) -> Hours:
    """Read the intervals of one day; raises Invalid when two of them overlap."""
    hours = tuple(sorted(parse_interval(text) for text in texts))
    for (_, end), (start, _) in pairwise(hours):
        if start < end:
            raise Invalid(
                say("the hours {hours} overlap", hours=", ".join(_hours_text(hours))),
                hint=say("Let each stretch begin when or after the one before it ends."),
                value=_hours_text(hours), expected="hours that do not overlap",
            )
    return hours


def calendar_json(calendar: Calendar) -> dict[str, Any]:
    """The canonical form of a calendar (JSON); what is empty is left out."""
    form: dict[str, Any] = {
        "name": calendar.name, "timezone": calendar.timezone, "hours": [_hours_text(hours) for hours in calendar.hours],
    }
    if calendar.closed:
        form["closed"] = sorted(day.isoformat() for day in calendar.closed)
    if calendar.opened:
        form["opened"] = {day.isoformat(): _hours_text(hours) for day, hours in sorted(calendar.opened.items())}
    if calendar.valid_through:
        form["valid_through"] = calendar.valid_through.isoformat()
    if calendar.next_day_after_closing:
        form["after_closing"] = "next_working_day"
    if calendar.sources:
        form["sources"] = list(calendar.sources)
    return form


def calendar_from(form: Mapping[str, Any]) -> Calendar:
    """The calendar of a canonical form."""
    through = form.get("valid_through")
    return Calendar(
        name=form["name"], timezone=form["timezone"], hours=tuple(parse_hours(texts) for texts in form["hours"]),
        closed=frozenset(date.fromisoformat(day) for day in form.get("closed", ())),
        opened={date.fromisoformat(day): parse_hours(texts) for day, texts in form.get("opened", {}).items()},
        valid_through=date.fromisoformat(through) if through else None, sources=tuple(form.get("sources", ())),
        next_day_after_closing="after_closing" in form,
    )
