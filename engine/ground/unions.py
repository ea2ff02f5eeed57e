"""The union of calendars of one time zone: worked only while all of them work. It is a plain calendar, its dates pinned like any other's.

A shift past midnight stays one shift of the day on which it starts, as long as one of the calendars knows it as one.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import reduce

from engine.ground.calendars import DAY, Calendar, Hours

_HoursOn = Callable[[date], Hours]
_WEEK = date(2001, 1, 1)    # a Monday
_NEAR = (-1, 0, 1)          # a date of its own reaches into the next, and so changes what is common on its neighbours
_Piece = tuple[int, int, tuple[int, int], tuple[int, int]]      # start, end, and the shift of either calendar that it is part of


def union_of(name: str, calendars: Sequence[Calendar]) -> Calendar:
    """The calendar that works only while all of these do. They stand in one time zone; it is known as long as all of them are.

    Where one says that what arrives after closing counts from the next working day, the union does so too.
    """
    return replace(reduce(_common, calendars), name=name, sources=tuple(dict.fromkeys(s for one in calendars for s in one.sources)))


def _common(one: Calendar, other: Calendar) -> Calendar:
    weekly = [_shared(_plain(one), _plain(other), _WEEK + timedelta(days=n)) for n in range(7, 14)]
    closed: set[date] = set()
    opened: dict[date, Hours] = {}
    for day in sorted({d + timedelta(days=n) for d in _dated(one) | _dated(other) for n in _NEAR}):
        hours = _shared(one.hours_on, other.hours_on, day)
        if not hours and weekly[day.weekday()]:
            closed.add(day)
        elif hours != weekly[day.weekday()]:
            opened[day] = hours
    known = [through for through in (one.valid_through, other.valid_through) if through is not None]
    return Calendar(
        one.name, one.timezone, tuple(weekly), frozenset(closed), opened, min(known, default=None),
        next_day_after_closing=one.next_day_after_closing or other.next_day_after_closing,
    )


def _plain(calendar: Calendar) -> _HoursOn:
    return lambda day: calendar.hours[day.weekday()]


def _dated(calendar: Calendar) -> set[date]:
    return set(calendar.closed) | set(calendar.opened)


def _shared(one: _HoursOn, other: _HoursOn, day: date) -> Hours:
    """The hours that two calendars have in common and that start on this date."""
    pieces = sorted(
        (max(a[0], b[0]), min(a[1], b[1]), a, b)
        for a in _shifts(one, day) for b in _shifts(other, day) if max(a[0], b[0]) < min(a[1], b[1])
    )
    joined: list[_Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last is not None and last[1] == piece[0] and (last[2] == piece[2] or last[3] == piece[3]):
            joined[-1] = (last[0], piece[1], piece[2], piece[3])
        elif last is None or piece[0] >= last[1]:
            joined.append(piece)
        elif piece[1] > last[1]:      # a night that meets a morning of its own calendar: what both have counts once
            joined.append((last[1], *piece[1:]))
    return tuple((start, end) for start, end, *_ in joined if 0 <= start < DAY)


def _shifts(hours_on: _HoursOn, day: date) -> list[tuple[int, int]]:
    """What a calendar works from two days before a date to two after it, in minutes from the midnight on which it begins."""
    return [
        (start + n * DAY, end + n * DAY) for n in range(-2, 3) for start, end in hours_on(day + timedelta(days=n))
    ]
