"""When a report is made: every day, every week or every month, at a time of the local day; and which dates it then covers."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.valueclass import valueclass

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHAPE = re.compile(rf"(day|{'|'.join(WEEKDAYS)}|month +([1-9]|1\d|2[0-8])) +([01]?\d|2[0-3]):([0-5]\d)")


@valueclass(frozen=True, slots=True)
class Rhythm:
    """Every `day`, every `week` on a weekday (0 is Monday), or every `month` on a date (1 to 28)."""

    unit: str
    on: int = 0
    at: time = time()

    def __str__(self) -> str:
        day = {"day": "day", "week": WEEKDAYS[self.on % 7], "month": f"month {self.on}"}[self.unit]
        return f"{day} {self.at:%H:%M}"

    def latest(self, today: date) -> date:
        """The latest of its dates, today included."""
        if self.unit == "day":
            return today
        if self.unit == "week":
            return today - timedelta(days=(today.weekday() - self.on) % 7)
        return today.replace(day=self.on) if today.day >= self.on else self.before(today.replace(day=self.on))

    def before(self, day: date) -> date:
        """The one of its dates before this one of them."""
        if self.unit == "month":
            return (day.replace(day=1) - timedelta(days=1)).replace(day=self.on)
        return day - timedelta(days=1 if self.unit == "day" else 7)

    def covered(self, day: date) -> tuple[date, date]:
        """What is covered on one of its dates: the whole days since the one before it; the first date, and the first one after."""
        return self.before(day), day

    def after(self, instant: datetime, timezone: str) -> tuple[date, datetime]:
        """The next of its dates whose moment lies after an instant, in that IANA zone, with the moment."""
        zone = ZoneInfo(timezone)
        day = self.latest(instant.astimezone(zone).date())
        while (moment := datetime.combine(day, self.at, zone)) <= instant:
            day = self.following(day)
        return day, moment

    def following(self, day: date) -> date:
        """The one of its dates after this one of them."""
        if self.unit == "month":
            return (day.replace(day=1) + timedelta(days=32)).replace(day=self.on)
        return day + timedelta(days=1 if self.unit == "day" else 7)


def parse_rhythm(text: str) -> Rhythm:
    """Read `day 07:00`, `friday 16:00` or `month 1 08:00`; raises Invalid."""
    found = _SHAPE.fullmatch(" ".join(text.lower().split()))
    if found is None:
        raise Invalid(
            say("'{text}' does not say when", text=text[:60]), field="every", value=text, expected="day 07:00",
            hint=say("Write day 07:00, friday 16:00, or month 1 08:00 (a date from 1 to 28)."),
        )
    word, at = found[1].split()[0], time(int(found[3]), int(found[4]))
    if word == "month":
        return Rhythm("month", int(found[2]), at)
    return Rhythm("day", 0, at) if word == "day" else Rhythm("week", WEEKDAYS.index(word), at)
