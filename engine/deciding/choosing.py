"""What counts just now of a list or value with conditions: every item whose condition holds, or the first case that matches."""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.deciding.expressions import expression, truth
from engine.defining.definition import Case


def holds(case: Case, scope: Mapping[str, Any]) -> bool:
    """Whether a case has no condition, or one that is true; raises Invalid when it cannot be evaluated."""
    return case.when is None or truth(expression(case.when)(scope))


def holding(items: Iterable[Case], scope: Mapping[str, Any]) -> list[Any]:
    """The items of a list that count, in the order written; one that stands under several conditions once."""
    found: list[Any] = []
    for case in items:
        if not (case.when is not None and case.value in found) and holds(case, scope):
            found.append(case.value)
    return found


def first(cases: Iterable[Case], scope: Mapping[str, Any]) -> Any:
    """The value of the first case that matches; None when there is none."""
    return next((case.value for case in cases if holds(case, scope)), None)
