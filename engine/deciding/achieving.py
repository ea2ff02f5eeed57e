"""Whether a target is achievable (the A of SMART), judged by what was reached: never, always with room to spare, or neither. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from fractions import Fraction

from engine.defining.cycle import Target

LEAST = 4                # periods judged, below which nothing is said
_EMPTY = (0, 100)        # as a share to be proposed, which promises nothing
_PERCENT, _TENTH = Decimal(1), Decimal("0.1")


class Reach(StrEnum):
    """What was found of a target."""

    NEVER = "never"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Asked:
    """That a target asks too much, or nothing: the value that decides, and the target proposed instead (None where there is none)."""

    reach: Reach
    value: Decimal                       # never: what three of four periods reached; always: the worst. A share in percent
    proposed: Target | None


def achievable(target: Target, values: Sequence[Fraction]) -> Asked | None:
    """What to say of a target after these periods, shares in percent; None for too few of them, and for a target that was reached
    sometimes, or always but by so little that it is a good one."""
    if len(values) < LEAST:
        return None
    reached = [_reaches(target, value) for value in values]
    best_first = sorted(values, reverse=target.word.startswith(">"))
    if not any(reached):
        value = best_first[-(-3 * len(values) // 4) - 1]
        proposed = _proposed(target, value)
        return Asked(Reach.NEVER, _shown(value, target), None if target.share and proposed.number in _EMPTY else proposed)
    worst = best_first[-1]
    proposed = _proposed(target, worst)
    if not all(reached) or not _stricter(proposed, target):
        return None
    if target.share and proposed.number >= 100:      # a single miss would break it
        proposed = Target(target.word, Decimal(99), True)
    return Asked(Reach.ALWAYS, _shown(worst, target), proposed if _stricter(proposed, target) else None)


def _reaches(target: Target, value: Fraction) -> bool:
    return target.reached(Decimal(value.numerator), value.denominator)


def _proposed(target: Target, value: Fraction) -> Target:
    """The round number that this value still reaches."""
    step, up = _PERCENT if target.share else _TENTH, target.word.startswith("<")
    number = (Decimal(value.numerator) / value.denominator / step).quantize(_PERCENT, ROUND_CEILING if up else ROUND_FLOOR) * step
    if not _reaches(Target(target.word, number, target.share), value):       # of a rounded quotient, or by < and >
        number += step if up else -step
    return Target(target.word, number, target.share)


def _stricter(one: Target, other: Target) -> bool:
    return one.number > other.number if one.word.startswith(">") else one.number < other.number


def _shown(value: Fraction, target: Target) -> Decimal:
    return (Decimal(value.numerator) / value.denominator).quantize(_TENTH if target.share else Decimal("0.01"))
