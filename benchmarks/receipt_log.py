"""The receipt log: what it says of each application, and which rule each of its deadlines follows.

The log is public (the CoSeLoG project) and lies beside the project, not in it. Everything here is read off its columns with the standard
library alone, so that it can be held against what the product computes.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

LOG = Path(__file__).parent.parent / "../shared/data/receipt.csv"
ZONE = ZoneInfo("Europe/Amsterdam")

MINUTE = timedelta(minutes=1)
"""Two wall-clock times are the same within this: 982 differ by at most 20 ms, one by 51 s; the next nearest is 115 s off."""

DATE_ONLY = time(1, 6, 40)
"""What stands for no time of day in most rows: the log adds 4,000 seconds to the midnight of a date. Deadlines show the midnight."""

ONE_ACT = timedelta(seconds=5)
"""What ends a case is written as its end and, up to five seconds later, as an event: 123 times. None lies between that and an hour."""

SAME, DATE, EARLIER, PROLONGED, WEEKS, DAYS, SHORTER, ELAPSED, OTHER = (
    "56 days, to the same local time",
    "56 days from a date without a time of day, to midnight",
    "56 days, two to six minutes before the local time",
    "98 days: the 56, and 42 more",
    "another whole number of weeks above 56 days",
    "another whole number of days above 56",
    "a whole number of days below 56",
    "a whole number of 24 hours: an hour earlier by the clock, which had changed",
    "some number of days to another time of day",
)
KINDS = (SAME, DATE, EARLIER, PROLONGED, WEEKS, DAYS, SHORTER, ELAPSED, OTHER)


@dataclass(frozen=True, slots=True)
class Logged:
    """One event of the log: what was done is its code, "" for the one activity without one."""

    at: datetime
    code: str
    person: str


@dataclass(frozen=True, slots=True)
class Application:
    """One case of the log; instants are aware."""

    id: str
    channel: str
    responsible: str
    start: datetime
    deadline: datetime
    end: datetime | None
    events: tuple[Logged, ...]

    @property
    def outcome(self) -> str:
        """What the screening found. The log does not say, but which letter follows does."""
        codes = {event.code for event in self.events}
        return "stay" if "T16" in codes else "no_permit" if "T11" in codes else "proceed"


def read(path: Path = LOG) -> list[Application]:
    """Every application in the order of the log, its events in order of time."""
    rows: dict[str, list[dict[str, str]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["case:concept:name"], []).append(row)
    return [_application(id_, of) for id_, of in rows.items()]


def _application(id_: str, rows: Sequence[dict[str, str]]) -> Application:
    first, end = rows[0], _instant(rows[0]["case:enddate"])
    events = [
        Logged(_before(datetime.fromisoformat(row["time:timestamp"]), end), _code(row["concept:name"]), row["org:resource"]) for row in rows
    ]
    return Application(
        id_, first["case:channel"], first["case:responsible"], datetime.fromisoformat(first["case:startdate"]),
        datetime.fromisoformat(first["case:deadline"]), end, tuple(sorted(events, key=lambda event: event.at)),
    )


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _before(at: datetime, end: datetime | None) -> datetime:
    """What is written within seconds after the end is part of what ended the case: it happened then."""
    return end if end is not None and end < at <= end + ONE_ACT else at


def _code(activity: str) -> str:
    word = activity.split()[0]
    return word if word[0] == "T" and word[1:2].isdigit() else ""


def kind(application: Application) -> str:
    """The rule that the logged deadline follows, by the wall clock of the municipality."""
    start, deadline = (at.astimezone(ZONE).replace(tzinfo=None) for at in (application.start, application.deadline))
    off = deadline - start - timedelta(days=56)
    if abs(off) <= MINUTE:
        return SAME
    if timedelta(minutes=-6) < off < timedelta():
        return EARLIER
    without_time = start.time().replace(microsecond=0) == DATE_ONLY and deadline.time() == time()
    length = deadline - (datetime.combine(start, time()) if without_time else start)
    days = round(length / timedelta(days=1))
    if not _same(length, timedelta(days=days)):
        return ELAPSED if _same(application.deadline - application.start, timedelta(days=days)) else OTHER
    if days == 56:
        return DATE
    if days < 56:
        return SHORTER
    return PROLONGED if days == 98 else WEEKS if days % 7 == 0 else DAYS


def _same(one: timedelta, other: timedelta) -> bool:
    return abs(one - other) <= MINUTE
