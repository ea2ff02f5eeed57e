"""Attainment: how far each standard of a cycle was kept, by period and part, counted from what the visits showed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

from sqlalchemy import Connection

from engine.deciding.attainment import Share, control_limits, period_of, slope, wilson
from engine.deciding.rights import Actor
from engine.defining.cycle import Standard
from engine.defining.definition import Definition
from engine.ground.duration import Duration
from engine.ground.language import spoken
from engine.records import library, observations
from engine.records.observations import Counted
from engine.usecases.access import refusals_noted
from engine.usecases.house import House
from engine.usecases.standards import Described, described, of_cycle, worded
from engine.usecases.viewing import may_see_figures

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Figure:
    """How often a standard was kept; `share`, `low` and `high` from 0 to 1, the interval of 95 % (Wilson). None of nothing."""

    kept: int
    of: int
    share: float | None
    low: float
    high: float
    mean: float | None                   # of what was measured
    reached: bool | None                 # the target; None without a target, and of nothing, which is neither met nor missed


@dataclass(frozen=True, slots=True)
class Period:
    """One period in one part: [first, until) in local dates."""

    first: date
    until: date
    part: str | None
    figure: Figure
    unusual: bool                        # further from the mean share than chance explains (three standard errors)


@dataclass(frozen=True, slots=True)
class Attained(Described):
    """One standard over the whole time asked for."""

    whole: Figure
    parts: dict[str, Figure]
    periods: tuple[Period, ...]
    trend: float | None                  # by how much the share changes from period to period


@dataclass(frozen=True, slots=True)
class Group:
    """The standards of one touchpoint, post, element or level taken together; one that two posts answer for counts for each."""

    name: str
    standards: int                       # that were seen
    reached: int                         # their targets, of those that have one
    judged: int
    figure: Figure


GROUPS = ("touchpoint", "role", "element", "level")
"""By what standards may be taken together."""


@dataclass(frozen=True, slots=True)
class AttainmentReport:
    """The standards of a cycle in the customers' order."""

    cycle: str
    title: str
    since: date | None
    until: date | None
    standards: tuple[Attained, ...]


def attainment(
    house: House, cycle: str, actor: Actor, *, since: date | None = None, until: date | None = None, person: str | None = None
) -> AttainmentReport:
    """How far each standard was kept from local date `since` on and before `until`, of everybody or of one person.

    For whoever holds a post of the cycle; of one person, and for everybody else, it takes the right to audit, publish or apply.
    Raises NotFound, Denied; Invalid for a definition that is no cycle.
    """
    with refusals_noted(house, actor, "report", definition=cycle), house.store.reading() as conn:
        definition = of_cycle(library.latest(house.store, conn, cycle)[2])
        may_see_figures(house, conn, definition, actor, of_one=person is not None)
        found = attained(conn, definition, since=since, until=until, person=person)
    return AttainmentReport(cycle, definition.title.in_(spoken()), since, until, found)


def grouped(report: AttainmentReport, by: str) -> list[Group]:
    """The standards of a report taken together by one of `GROUPS`, in the order in which customers meet them."""
    found: dict[str, list[Attained]] = {}
    for one in report.standards:
        for name in {"touchpoint": (one.touchpoint,), "role": one.by, "element": (worded(one.element),),
                     "level": (worded(one.level) or "–",)}[by]:
            found.setdefault(name, []).append(one)
    return [_group(name, [one.whole for one in standards if one.whole.of]) for name, standards in found.items()]


def _group(name: str, seen: list[Figure]) -> Group:
    kept, of = sum(one.kept for one in seen), sum(one.of for one in seen)
    low, high = wilson(kept, of)
    judged = [one.reached for one in seen if one.reached is not None]
    return Group(name, len(seen), sum(judged), len(judged), Figure(kept, of, kept / of if of else None, low, high, None, None))


def attained(
    conn: Connection, definition: Definition, *, since: date | None = None, until: date | None = None, person: str | None = None
) -> tuple[Attained, ...]:
    """The same of a cycle, for somebody who may see it."""
    counted = list(observations.counted(conn, definition.name, since=since, until=until, person=person))
    by_name = {name: list(rows) for name, rows in groupby(counted, lambda row: row.name)}
    return tuple(_attained(definition, one, by_name.get(one.name, [])) for one in definition.standards.values())


def _attained(definition: Definition, standard: Standard, rows: list[Counted]) -> Attained:
    periods = _periods(standard, rows)
    shares = _sums((row.part, row.share) for row in rows)
    return Attained(
        **described(definition, standard), whole=figure(standard, sum(shares.values(), Share(0, 0))),
        parts={part: figure(standard, share) for part, share in shares.items() if part is not None}, periods=periods,
        trend=slope(one.figure.share for one in periods if one.part is None or len(shares) == 1),
    )


def _periods(standard: Standard, rows: list[Counted]) -> tuple[Period, ...]:
    length: Duration | None = standard.period
    if length is None:
        return ()
    sums = _sums(((period_of(row.day, length), row.part), row.share) for row in rows)
    alike: dict[str | None, list[Share]] = {}
    for (_, part), share in sums.items():
        alike.setdefault(part, []).append(share)
    found = []
    for ((first, until), part), share in sorted(sums.items(), key=lambda one: (one[0][0], one[0][1] or "")):
        limits = control_limits(alike[part], share)
        value = share.value
        unusual = limits is not None and value is not None and not limits[0] <= value <= limits[1]
        found.append(Period(first, until, part, figure(standard, share), unusual))
    return tuple(found)


def _sums(rows: Iterable[tuple[Key, Share]]) -> dict[Key, Share]:
    sums: dict[Key, Share] = {}
    for key, share in rows:
        sums[key] = sums[key] + share if key in sums else share
    return sums


def figure(standard: Standard, share: Share) -> Figure:
    """The figures of a share, and whether they reach the standard's target."""
    low, high = wilson(share.kept, share.of)
    return Figure(share.kept, share.of, share.value, low, high, share.mean, reached(standard, share))


def reached(standard: Standard, share: Share) -> bool | None:
    """Whether a share, or the mean of what was measured, reaches the standard's target; None without a target, and of nothing."""
    if standard.target is None or not share.of:
        return None
    if standard.target.share:
        return standard.target.reached(Decimal(share.kept * 100), share.of)      # without dividing: exact
    return None if share.mean is None else standard.target.reached(Decimal(str(share.mean)))
