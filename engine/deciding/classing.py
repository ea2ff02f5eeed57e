"""Classes of customers: which declared rule holds of what is known of a customer's cases. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from engine.deciding.expressions import expression, truth
from engine.deciding.others import beginning
from engine.deciding.values import Amount
from engine.defining.organisation import CustomerClass
from engine.ground.calendars import Calendar
from engine.ground.worktime import local_date

FACTS = ("cases", "open_cases", "days_since_last", "satisfaction")
"""What a rule reads besides the number and money fields of the cases, each of which is its sum."""
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Past:
    """One case of a customer; `amounts` are its number and money fields, as far as rules read them."""

    opened_at: datetime
    closed: bool
    amounts: Mapping[str, Decimal | Amount]


@dataclass(frozen=True, slots=True)
class Answered:
    """One questionnaire that a customer answered: its mean from 0 (the worst level throughout) to 100."""

    at: datetime
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Assessed:
    """The class that a customer has by the rules, None where none holds; with what the rule that decided it read."""

    name: str | None
    read: Mapping[str, str]


def fields_read(classes: Iterable[CustomerClass]) -> frozenset[str]:
    """The fields of cases whose sums the rules read."""
    names = frozenset[str]().union(*(expression(one.when).names for one in classes if one.when))
    return names - frozenset(FACTS)


def assess(
    classes: Sequence[CustomerClass], past: Sequence[Past], answered: Sequence[Answered], now: datetime, calendar: Calendar
) -> Assessed:
    """The first class whose rule holds; raises Invalid for amounts in several currencies. `calendar` says where the house stands."""
    for one in classes:
        since = beginning(one.over, now, calendar) if one.over is not None else None
        facts = _facts(
            [case for case in past if since is None or case.opened_at >= since],
            [each for each in answered if since is None or each.at >= since], past, now, calendar,
        )
        names = sorted(expression(one.when).names) if one.when else []
        scope = {**dict.fromkeys(names, Decimal(0)), **facts}
        if one.when is None or truth(expression(one.when)(scope)):
            return Assessed(one.name, {name: str(scope[name]) for name in names if scope[name] is not None})
    return Assessed(None, {})


def _facts(cases: Sequence[Past], answered: Sequence[Answered], ever: Sequence[Past], now: datetime, calendar: Calendar) -> dict[str, Any]:
    from engine.deciding.operators import compute

    today = local_date(calendar, now)
    last = max((local_date(calendar, case.opened_at) for case in ever), default=None)
    marks = [each.percent for each in answered]
    facts: dict[str, Any] = {
        "cases": Decimal(len(cases)), "open_cases": Decimal(sum(not case.closed for case in cases)),
        "days_since_last": None if last is None else Decimal((today - last).days),
        "satisfaction": (sum(marks, Decimal(0)) / len(marks)).quantize(_TENTH, ROUND_HALF_UP) if marks else None,
    }
    for case in cases:
        for name, amount in case.amounts.items():
            facts[name] = compute("Add", facts[name], amount) if name in facts else amount
    return facts
