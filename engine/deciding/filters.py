"""The filters of the expression language: min max sum round length default. Exact, bounded, without side effects."""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from engine.deciding.operators import EXACT, Unfit, bounded, compare, compute, currency_of, empty, is_number, kind_of
from engine.ground.language import say


def _items(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise Unfit(say("{filter} needs a list, not {kind}", filter="min, max, sum", kind=kind_of(value)))
    return [item for item in value if item is not None]


def _extreme(sign: str) -> Callable[..., Any]:
    def pick(value: Any) -> Any:
        best = None
        for item in _items(value):
            if best is None or compare(sign, item, best):
                best = item
        return best
    return pick


def _sum(value: Any) -> Any:
    total: Any = Decimal(0)
    for item in _items(value):
        total = compute("Add", total, item)
    return total


def _round(value: Any, digits: Any = Decimal(0)) -> Any:
    if value is None:
        return None
    if not is_number(value) or not is_number(digits) or digits != int(digits) or not 0 <= digits <= 6:
        raise Unfit(say("round needs a number and how many decimals (0 to 6)"))
    return bounded(EXACT.create_decimal(value).quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP), currency_of(value))


def _size(value: Any) -> Any:
    if value is None:
        return 0
    if not isinstance(value, (str, list, tuple)):
        raise Unfit(say("{kind} has no length", kind=kind_of(value)))
    return len(value)


FILTERS: Mapping[str, tuple[Callable[..., Any], int]] = {
    "min": (_extreme("lt"), 0), "max": (_extreme("gt"), 0), "sum": (_sum, 0), "round": (_round, 1), "length": (_size, 0),
    "default": (lambda value, other=None: other if empty(value) else value, 1),
}
"""The filters of the language, each with how many arguments it takes at most."""
