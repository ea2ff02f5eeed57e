"""Durations as a person writes them: `30 minutes`, `4 working hours`, `3 working days`, `8 weeks`, `3 个工作日`."""

import re
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.valueclass import valueclass


class Unit(StrEnum):
    """What a duration counts; hours elapse, days and longer are local dates (clocks rule 5)."""

    MINUTES = "minutes"
    HOURS = "hours"
    WORKING_MINUTES = "working minutes"
    WORKING_HOURS = "working hours"
    DAYS = "days"
    WORKING_DAYS = "working days"
    WEEKS = "weeks"
    MONTHS = "months"
    QUARTERS = "quarters"
    YEARS = "years"


ELAPSED = frozenset({Unit.MINUTES, Unit.HOURS})
WORKED = frozenset({Unit.WORKING_MINUTES, Unit.WORKING_HOURS})

_ENGLISH = {
    unit.value.removesuffix("s"): unit for unit in Unit
} | {"min": Unit.MINUTES, "h": Unit.HOURS, "hr": Unit.HOURS, "business day": Unit.WORKING_DAYS,
     "business hour": Unit.WORKING_HOURS, "calendar day": Unit.DAYS}
_CHINESE = {
    "分钟": Unit.MINUTES, "小时": Unit.HOURS, "工作分钟": Unit.WORKING_MINUTES, "工作小时": Unit.WORKING_HOURS,
    "工作时": Unit.WORKING_HOURS, "天": Unit.DAYS, "日": Unit.DAYS, "自然日": Unit.DAYS, "工作日": Unit.WORKING_DAYS,
    "工作天": Unit.WORKING_DAYS, "周": Unit.WEEKS, "星期": Unit.WEEKS, "月": Unit.MONTHS, "季度": Unit.QUARTERS,
    "季": Unit.QUARTERS, "年": Unit.YEARS,
}
_SHAPE = re.compile(r"\s*(\d{1,6}(?:\.\d{1,4})?)\s*个?\s*([a-z ]+?|[一-鿿]+)\s*")


@valueclass(frozen=True, slots=True)
class Duration:
    """An amount (≥ 0) of a unit. Only minutes and hours may have a fraction."""

    amount: Decimal
    unit: Unit

    def __str__(self) -> str:
        return _text(self.amount, self.unit)


@lru_cache(maxsize=512)     # few limits, written for each clock that follows what happens
def _text(amount: Decimal, unit: Unit) -> str:
    return f"{amount.normalize():f} {unit.value.removesuffix('s') if amount == 1 else unit.value}"


_WORDS = "|".join(sorted(map(re.escape, _ENGLISH), key=len, reverse=True)).replace(r"\ ", r"\s+")
_SIGNS = "|".join(sorted(_CHINESE, key=len, reverse=True))
_ENDING = rf"\s*(\S.*?)(?:\s+({_WORDS})s?|\s*(?<![一-鿿])个?({_SIGNS}))\s*"     # compiled when it is asked for: few definitions do


def amount_and_unit(text: str) -> tuple[str, Unit] | None:
    """What stands before the unit that a text ends with, and the unit; None when it ends with none."""
    match = re.fullmatch(_ENDING, text, re.IGNORECASE)
    if match is None:
        return None
    return match[1], _CHINESE[match[3]] if match[3] else _ENGLISH[" ".join(match[2].lower().split())]


def parse_duration(text: str) -> Duration:
    """Read a duration in English or Chinese; raises Invalid naming what was expected."""
    match = _SHAPE.fullmatch(text.lower()) if isinstance(text, str) and len(text) <= 100 else None   # a pattern must not meet a book
    if match:
        words = " ".join(match[2].split())
        unit = _CHINESE.get(words) or _ENGLISH.get(words) or _ENGLISH.get(words.removesuffix("s"))
        amount = Decimal(match[1])
        if unit and (amount == amount.to_integral_value() or unit in ELAPSED | WORKED):
            return Duration(amount, unit)
    raise Invalid(
        say("'{text}' is not a duration", text=str(text)[:80]),
        hint=say("Write a number and a unit, for example 24 hours, 3 working days, 8 weeks, 1 month, 3 个工作日."),
        expected="duration",
        value=str(text)[:80],
    )
