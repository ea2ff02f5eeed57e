"""How lengths of time are spread, counted in little memory however many there are."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(slots=True)
class Spread:
    """Lengths of time, kept as how often each came: in milliseconds, rounded up to three figures. The longest is exact."""

    counts: Counter[int] = field(default_factory=Counter)
    worst: timedelta = timedelta()

    def add(self, length: timedelta) -> None:
        """Count one."""
        self.counts[_figures(length)] += 1
        self.worst = max(self.worst, length)

    @property
    def many(self) -> int:
        """How many were counted."""
        return self.counts.total()

    def within(self, step: timedelta) -> int:
        """How many are at most so long."""
        return sum(count for length, count in self.counts.items() if _length(length) <= step)

    def most(self, of: float) -> timedelta | None:
        """How long that share of them is at most: 0.5 is the median. To three figures; None without any."""
        wanted, seen = of * self.many, 0
        for length in sorted(self.counts):
            seen += self.counts[length]
            if seen >= wanted:
                return min(_length(length), self.worst)      # figures are rounded up
        return None


def _figures(length: timedelta) -> int:
    """Milliseconds to three figures, rounded up: few enough different ones to count any number of lengths by them."""
    exact: int = -(-length // timedelta(milliseconds=1)) if length else 0
    unit: int = 10 ** max(0, len(str(exact)) - 3)
    return -(-exact // unit) * unit


def _length(figures: int) -> timedelta:
    return timedelta(milliseconds=figures)
