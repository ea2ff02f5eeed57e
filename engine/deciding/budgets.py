"""What the limit of a clock says for a case as it is, as the text that its run keeps, and what such a text means.

A budget is a duration (`3 working days`), a date or instant of the case, a duration before one (`2 days before 2026-12-01`), or the
earliest or latest of several (`latest of (3 days; 2026-12-01)`). One whose amount cannot be counted keeps its text, so that the
reason can be told.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from engine.deciding.printing import printed
from engine.defining.definition import Case, ClockSpec, Computed, Counting, Expression
from engine.ground.duration import ELAPSED, WORKED, Duration, Unit
from engine.ground.errors import Invalid
from engine.ground.language import say, spoken
from engine.ground.valueclass import valueclass
from engine.ground.wall import wall

Evaluate = Callable[[Expression], Any]
"""The value of an expression over the case."""
Live = Callable[[str], Any]
"""The live value of a field, or None when it is empty."""

UNCOUNTABLE = "limit: "
"""Begins the record of why a due time is unknown when the reason is the limit itself; it follows."""
LONGEST = 1_000_000
"""No limit has more of any unit."""


@valueclass(frozen=True, slots=True)
class Before:
    """A duration counted backward from a date or instant of the case."""

    by: Duration
    anchor: date


@valueclass(frozen=True, slots=True)
class Among:
    """The earliest or latest of several."""

    latest: bool
    of: "tuple[Budget, ...]"


@valueclass(frozen=True, slots=True)
class Uncountable:
    """An amount that is negative, larger than any limit, no number, or a fraction of what is counted whole."""

    text: str


Budget = Duration | date | Before | Among | Uncountable


# --- from the definition and the case ---------------------------------------------------------------------------------


@valueclass(frozen=True, slots=True)
class Limit:
    """What a clock's `within:` says: the place of the case that counts, its budget, how its dates are counted."""

    place: int
    budget: str
    counting: Counting


def chosen(spec: ClockSpec, evaluate: Evaluate, live: Live) -> Limit | None:
    """The first case of `within:` that matches and whose value is not empty."""
    for place, case in enumerate(spec.within):
        text = _text(case, evaluate, live)
        if text is not None:
            return Limit(place, text, case.counting)
    return None


def _text(case: Case, evaluate: Evaluate, live: Live) -> str | None:
    """The budget of one case; None when its condition does not hold or what it reads is empty."""
    if case.when is not None and not evaluate(case.when):
        return None
    several = case.earliest_of or case.latest_of
    if several:
        texts = list(dict.fromkeys(text for one in several if (text := _text(one, evaluate, live)) is not None))
        named = "earliest" if case.earliest_of else "latest"
        return f"{named} of ({'; '.join(texts)})" if len(texts) > 1 else next(iter(texts), None)
    text = _value(case.value, evaluate, live)
    if text is None or case.before is None:
        return text
    anchor = live(case.before)
    return None if anchor is None else f"{text} before {anchor.isoformat()}"


def _value(value: Any, evaluate: Evaluate, live: Live) -> str | None:
    if isinstance(value, Computed):
        return _computed(value, evaluate)
    if isinstance(value, str):
        value = live(value)
    return None if value is None else value.isoformat() if isinstance(value, date) else str(value)


def _computed(value: Computed, evaluate: Evaluate) -> str | None:
    """A duration whose number is computed, whatever comes out: `? days` for what is no number."""
    try:
        amount = evaluate(value.number)
    except Invalid:
        amount = ""
    if amount is None:
        return None
    if isinstance(amount, bool) or not isinstance(amount, (int, Decimal)):
        return f"? {value.unit.value}"
    exact = Decimal(amount)
    return str(Duration(exact, value.unit)) if exact.is_finite() and abs(exact) <= LONGEST else f"{exact:.3e} {value.unit.value}"


def read_values(case: Case) -> Iterator[str]:
    """The expressions and fields that the value of a case reads, its conditions left out."""
    if isinstance(case.value, Computed):
        yield case.value.number
    elif isinstance(case.value, str):
        yield case.value
    if case.before is not None:
        yield case.before
    for one in (*case.earliest_of, *case.latest_of):
        yield from (one.when,) if one.when is not None else ()
        yield from read_values(one)


# --- from the text of a run -------------------------------------------------------------------------------------------

_UNITS = {unit.value: unit for unit in Unit} | {unit.value.removesuffix("s"): unit for unit in Unit}
_DURATION = re.compile(r"(\S+) ([a-z ]+)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?")


@lru_cache(maxsize=512)      # few texts, read for every due time
def read(text: str) -> Budget:
    """The budget that a run keeps as text; never raises."""
    try:
        return _read(text)
    except (InvalidOperation, KeyError, ValueError):
        return Uncountable(text)


def _read(text: str) -> Budget:
    for named in ("earliest", "latest"):
        if text.startswith(f"{named} of ("):
            return Among(named == "latest", tuple(map(read, _split(text.removeprefix(f"{named} of (").removesuffix(")")))))
    by, before, anchor = text.partition(" before ")
    if before:
        counted, at = read(by), read(anchor)
        return Before(counted, at) if isinstance(counted, Duration) and isinstance(at, date) else Uncountable(text)
    if dated := _DATE.fullmatch(text):
        return datetime.fromisoformat(text) if dated[1] else date.fromisoformat(text)
    match = _DURATION.fullmatch(text)
    if match is None:
        return Uncountable(text)
    amount, unit = Decimal(match[1]), _UNITS[match[2]]
    whole = unit in ELAPSED | WORKED or amount == amount.to_integral_value()
    return Duration(amount, unit) if whole and 0 <= amount <= LONGEST else Uncountable(text)


def _split(text: str) -> Iterator[str]:
    """The parts between semicolons outside of parentheses."""
    depth, begun = 0, 0
    for index, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == ";" and not depth:
            yield text[begun:index]
            begun = index + 2
    yield text[begun:]


def ends_with_a_day(budget: Budget) -> bool:
    """Whether a budget is counted in dates, so that a due time at midnight means the day that ends."""
    match budget:
        case Duration():
            return budget.unit not in ELAPSED | WORKED
        case Before():
            return ends_with_a_day(budget.by)
        case Among():
            return any(map(ends_with_a_day, budget.of))
    return isinstance(budget, date) and not isinstance(budget, datetime)


def in_words(budget: Budget, zone: str) -> str:
    """A budget in the language spoken, instants on the wall clock of an IANA zone."""
    match budget:
        case Duration():
            return printed(budget, spoken())
        case Before():
            return say("{duration} before {at}", duration=printed(budget.by, spoken()), at=in_words(budget.anchor, zone))
        case Among():
            limits = ", ".join(in_words(one, zone) for one in budget.of)
            return say("the latest of {limits}", limits=limits) if budget.latest else say("the earliest of {limits}", limits=limits)
        case Uncountable():
            return budget.text
        case datetime():
            return wall(budget, zone)
    return str(budget)
