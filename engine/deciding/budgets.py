"""What the limit of a clock says for a case as it is: the case of `within:` that counts, its budget as text, how its dates are counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.defining.definition import ClockSpec, Counting, Expression

Evaluate = Callable[[Expression], Any]
"""The value of an expression over the case."""
Live = Callable[[str], Any]
"""The live value of a field: a date or datetime, or None when it is empty."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a clock's `within:` says: the place of the case that counts, its budget (a duration, or the date or instant that a field
    holds) and how its dates are counted."""

    place: int
    budget: str
    counting: Counting


def chosen(spec: ClockSpec, evaluate: Evaluate, live: Live) -> Limit | None:
    """The first case of `within:` that matches and has a value."""
    for place, case in enumerate(spec.within):
        if case.when is not None and not evaluate(case.when):
            continue
        value = live(case.value) if isinstance(case.value, str) else case.value
        if value is not None:
            return Limit(place, value.isoformat() if isinstance(value, date) else str(value), case.counting)
    return None
