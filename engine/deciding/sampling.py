"""Who is asked: how large a sample has to be, and whether a customer is in it.

Source of the size: W. G. Cochran, "Sampling Techniques" (3rd ed. 1977), chapter 4: n₀ = z²·p·(1−p)/e² with p = 1/2, the worst case,
corrected for a finite population to n₀ / (1 + (n₀ − 1)/N).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import ceil
from typing import Any

from engine.deciding.attainment import Z95
from engine.deciding.expressions import expression, truth
from engine.defining.survey import Sample

ALL = Decimal(100)


def answers_needed(precision: Decimal, population: int) -> int:
    """How many answers it takes to know a share of a population within ± `precision` percent points, 19 times of 20."""
    half = float(precision) / 100
    endless = Z95 * Z95 * 0.25 / (half * half)
    return min(population, ceil(endless / (1 + (endless - 1) / population) - 1e-9))


def share_asked(sample: Sample) -> Decimal:
    """The share of a stratum that is asked, in percent, to four places."""
    if sample.share is not None:
        return sample.share
    assert sample.precision is not None and sample.population is not None     # the checks of a definition hold it
    asked = Decimal(answers_needed(sample.precision, sample.population)) / ((sample.response or ALL) / 100)
    return min(ALL, (asked * 100 / sample.population).quantize(Decimal("0.0001")))


def stratum_of(samples: Sequence[Sample], scope: Mapping[str, Any]) -> tuple[int, Decimal]:
    """The stratum that a case is in, counted from 0, and the share of it that is asked."""
    for index, sample in enumerate(samples):
        if sample.when is None or truth(expression(sample.when)(scope)):
            return index, share_asked(sample)
    return 0, ALL


def drawn(seed: bytes, share: Decimal) -> bool:
    """Whether somebody is in a sample of that share: `seed` is theirs alone, and nobody can tell it from the next."""
    return Decimal(int.from_bytes(seed[:8], "big")) * 100 < share * 2**64
