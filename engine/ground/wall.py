"""Instants on the wall clock of a zone, as a person reads them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def wall(instant: datetime | None, zone: str) -> str:
    """Date and time to the minute in that IANA zone; "" when there is none."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if instant else ""


def wall_due(instant: datetime | None, zone: str) -> str:
    """The same for a due time: the midnight that ends a day is 24:00 of that day, since nobody reads 00:00 so."""
    if instant is None:
        return ""
    there = instant.astimezone(ZoneInfo(zone))
    if (there.hour, there.minute, there.second) == (0, 0, 0):
        return f"{(there - timedelta(minutes=1)).strftime('%Y-%m-%d')} 24:00"
    return there.strftime("%Y-%m-%d %H:%M")


def wall_done(instant: datetime, actor: str, zone: str) -> str:
    """When somebody did something; what the scheduler did at midnight fell due with the day that ended then."""
    return wall_due(instant, zone) if actor == "system" else wall(instant, zone)
