"""A report as a value: sections of tables, some with a chart and with the cases behind their figures. Nothing here counts or draws.

Figures stand in rows as what they are (a count, a share from 0 to 1, a length of time), and are put into words where they are shown.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from engine.ground.language import say
from engine.ground.lengths import length_text
from engine.ground.valueclass import valueclass
from engine.ground.wall import wall, wall_due

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(1)
MOST = 15
"""How many lines a distribution has; the rest are one line."""


class Kind(StrEnum):
    """What stands in a column."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"                    # with one place after the point
    SHARE = "share"                      # from 0 to 1
    LENGTH = "length"                    # of time
    MOMENT = "moment"                    # an instant, shown in the zone of the report
    DUE = "due"                          # the same of a due time: the midnight that ends a day is 24:00


Cell = str | int | float | date | datetime | timedelta | None


@valueclass(frozen=True, slots=True)
class Column:
    """A column: `name` stays the same in all languages, for files that programs read; without a title it stands in these alone."""

    name: str
    title: str
    kind: Kind = Kind.TEXT


@valueclass(frozen=True, slots=True)
class Series:
    """One line or one set of bars of a chart."""

    title: str
    values: tuple[float | None, ...]


@valueclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture of figures: `pareto` counts with their cumulative share, `trend` shares over time with their interval, `bars` lengths of
    time side by side, in hours."""

    shape: str
    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    low: tuple[float | None, ...] = ()   # of the interval of the first series
    high: tuple[float | None, ...] = ()
    target: float | None = None


@valueclass(frozen=True, slots=True)
class Behind:
    """The cases behind one figure: of how many, the numbers of the latest."""

    of: str                              # whose figure: a post, a department
    figure: str
    cases: int
    numbers: tuple[str, ...]


@valueclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table of a report."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    chart: Chart | None = None
    behind: tuple[Behind, ...] = ()
    note: str = ""                       # what the figures mean, in a sentence

    @property
    def seen(self) -> list[tuple[int, Column]]:
        """The columns that people see, each with its place: those with a title in which anything stands."""
        return [
            (n, column) for n, column in enumerate(self.columns)
            if column.title and (not self.rows or any(row[n] not in (None, "") for row in self.rows))
        ]


@valueclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report over whole local dates: from `since` on and before `until`."""

    name: str
    title: str
    since: date | None
    until: date | None
    at: datetime                         # when it was made
    timezone: str
    sections: tuple[Section, ...]
    by: str = ""                         # who answers for it, where that was declared

    @property
    def period(self) -> str:
        """The dates that it covers, in words; both are included."""
        last = self.until - timedelta(days=1) if self.until else None
        if self.since is None or last is None:
            return say("until {date}", date=last) if last else say("since {date}", date=self.since) if self.since else say("of all time")
        return str(self.since) if self.since == last else f"{self.since} – {last}"

    @property
    def made(self) -> str:
        """When it was made, and by whom if that is known, in words."""
        at = wall(self.at, self.timezone)
        return say("Made {at} by {by}", at=at, by=self.by) if self.by else say("Made {at}", at=at)

    def form(self) -> dict[str, Any]:
        """The report as data with stable keys."""
        return {
            "report": self.name, "title": self.title, "since": self.since, "until": self.until, "at": self.at, "timezone": self.timezone,
            "by": self.by,
            "sections": [
                {
                    "section": one.name, "title": one.title, "note": one.note,
                    "rows": [dict(zip((column.name for column in one.columns), row, strict=True)) for row in one.rows],
                    "behind": [
                        {"of": each.of, "figure": each.figure, "cases": each.cases, "numbers": list(each.numbers)} for each in one.behind
                    ],
                }
                for one in self.sections
            ],
        }


def shown(value: Cell, kind: Kind, timezone: str = "UTC") -> str:
    """A cell in words."""
    match value:
        case None:
            return ""
        case timedelta():
            return length_text(_rounded(value))
        case datetime():
            return wall_due(value, timezone) if kind is Kind.DUE else wall(value, timezone)
        case int() | float() if kind is Kind.SHARE:
            return f"{100 * value:.1f} %"
        case float():
            return f"{value:.1f}"
    return str(value)


def _rounded(length: timedelta) -> timedelta:
    """In its two largest units."""
    unit = _HOUR if length >= _DAY else _MINUTE if length >= _HOUR else timedelta(seconds=1)
    return (length + unit / 2) // unit * unit


def numeric(kind: Kind) -> bool:
    """Whether figures of that kind stand under each other."""
    return kind in (Kind.COUNT, Kind.NUMBER, Kind.SHARE, Kind.LENGTH)


def share(part: int, of: int) -> float | None:
    """The share, from 0 to 1; None of nothing."""
    return part / of if of else None


def distribution(counts: Mapping[str, int]) -> list[tuple[str, int, float, float]]:
    """Values by how often they came, most often first: (value, count, share, share of all down to here). Of more than `MOST` the rest are
    one line."""
    total = sum(counts.values())
    ordered = sorted(((name, many) for name, many in counts.items() if many), key=lambda one: (-one[1], one[0]))
    if len(ordered) > MOST:
        ordered = [*ordered[: MOST - 1], (say("others"), sum(many for _, many in ordered[MOST - 1:]))]
    found, so_far = [], 0
    for name, many in ordered:
        so_far += many
        found.append((name, many, many / total, so_far / total))
    return found


def pareto(name: str, title: str, what: str, counts: Mapping[str, int]) -> Section:
    """Counts by value as a Pareto table and chart; `what` names the values."""
    rows = distribution(counts)
    chart = Chart(
        shape="pareto", title=title, labels=tuple(row[0] for row in rows),
        series=(Series(say("cases"), tuple(float(row[1]) for row in rows)), Series(say("cumulative share"), tuple(row[3] for row in rows))),
    )
    return Section(
        name=name, title=title, rows=tuple(rows), chart=chart if len(rows) > 1 else None,
        columns=(Column("value", what), Column("cases", say("Cases"), Kind.COUNT), Column("share", say("Share"), Kind.SHARE),
                 Column("cumulative", say("Cumulative"), Kind.SHARE)),
    )


def facts(name: str, title: str, rows: Sequence[tuple[str, str, Cell, float | None]], note: str = "") -> Section:
    """Single figures under each other: (stable name, words, figure, its share of something)."""
    return Section(
        name=name, title=title, note=note, rows=tuple(rows),
        columns=(Column("name", ""), Column("figure", say("Figure")), Column("value", say("Value"), Kind.COUNT),
                 Column("share", say("Share"), Kind.SHARE)),
    )
