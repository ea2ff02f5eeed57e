"""A target is judged by what was reached: never, always with room to spare, or as a target should be."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.deciding.achieving import LEAST, Reach, achievable
from engine.defining.cycle import Target

WORDS = st.sampled_from([">=", ">", "<=", "<"])
SHARES = st.lists(st.integers(0, 60).flatmap(lambda of: st.integers(0, of + 1).map(lambda kept: Fraction(100 * kept, of + 1))), max_size=12)


def target(text: str) -> Target:
    word, number = text.split()
    return Target(word, Decimal(number.rstrip("%")), number.endswith("%"))  # type: ignore[arg-type]


def percent(*numbers: str) -> list[Fraction]:
    return [Fraction(one) for one in numbers]


@pytest.mark.parametrize(("wanted", "values", "found"), [
    (">= 95%", ["80", "85.5", "91", "70"], (Reach.NEVER, "80.0", ">= 80%")),
    (">= 95%", ["80", "85.5", "96", "70"], None),                               # once
    (">= 95%", ["80", "85"], None),                                             # too few to say
    (">= 80%", ["95", "91.5", "99", "100"], (Reach.ALWAYS, "91.5", ">= 91%")),
    (">= 80%", ["95", "80.9", "99", "100"], None),                              # always, and only just
    (">= 80%", ["100", "100", "100", "100"], (Reach.ALWAYS, "100.0", ">= 99%")),
    (">= 99%", ["100", "100", "100", "100"], (Reach.ALWAYS, "100.0", None)),
    (">= 99%", ["0", "0", "0", "0"], (Reach.NEVER, "0.0", None)),
    ("< 5%", ["10", "12", "8", "9"], (Reach.NEVER, "10.0", "< 11%")),
    ("< 5%", ["1", "2", "0", "3"], (Reach.ALWAYS, "3.0", "< 4%")),
    (">= 4.2", ["4", "3.95", "4.1", "3.9"], (Reach.NEVER, "3.95", ">= 3.9")),
])
def test_a_target_is_judged(wanted: str, values: list[str], found: tuple[Reach, str, str | None] | None) -> None:
    asked = achievable(target(wanted), percent(*values))
    assert (asked and (asked.reach, str(asked.value), asked.proposed and str(asked.proposed))) == found


@given(WORDS, st.integers(0, 100), SHARES)
def test_what_is_proposed_would_have_been_reached_and_is_stricter_where_all_reached(word: str, number: int, values: list[Fraction]) -> None:
    one = Target(word, Decimal(number), True)  # type: ignore[arg-type]

    def reached(by: Target) -> int:
        return sum(by.reached(Decimal(value.numerator), value.denominator) for value in values)

    asked = achievable(one, values)
    if asked is None:
        assert len(values) < LEAST or reached(one) > 0
        return
    assert reached(one) == (0 if asked.reach is Reach.NEVER else len(values))
    if asked.proposed is not None:
        assert 4 * reached(asked.proposed) >= 3 * len(values)
        assert asked.reach is Reach.NEVER or reached(asked.proposed) == len(values)
        assert asked.proposed != one
