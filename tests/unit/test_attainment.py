"""How well a standard was kept: intervals, limits of control, trends and periods."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.deciding.attainment import Share, control_limits, period_of, slope, slot_of, wilson
from engine.defining.words import parse_target
from engine.ground.duration import parse_duration
from engine.ground.errors import Invalid
from tests.always import ALWAYS


@pytest.mark.parametrize(("kept", "of", "low", "high"), [
    (81, 263, 0.2553, 0.3662),      # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3: Wilson's score without correction
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
])
def test_the_interval_is_that_of_the_literature(kept: int, of: int, low: float, high: float) -> None:
    assert wilson(kept, of) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 2000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_interval_holds_the_share_and_is_symmetric(counts: tuple[int, int]) -> None:
    kept, of = counts
    low, high = wilson(kept, of)
    assert 0 <= low <= kept / of <= high <= 1
    assert wilson(of - kept, of) == (pytest.approx(1 - high, abs=1e-12), pytest.approx(1 - low, abs=1e-12))


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """Exact coverage for samples of 40, averaged over true shares: the sum of the binomial chances of samples whose interval holds them."""
    of, covered = 40, []
    for truth in (n / 100 for n in range(5, 96)):
        covered.append(sum(
            comb(of, kept) * truth**kept * (1 - truth) ** (of - kept)
            for kept in range(of + 1) if wilson(kept, of)[0] <= truth <= wilson(kept, of)[1]
        ))
    assert 0.94 < sum(covered) / len(covered) < 0.965


def test_nothing_seen_is_neither_kept_nor_missed() -> None:
    assert (Share(0, 0).value, Share(0, 0).mean, wilson(0, 0)) == (None, None, (0.0, 1.0))


def test_limits_of_control_are_those_of_a_p_chart() -> None:
    """30 samples of 50 cans, 347 unfit in all: D. C. Montgomery, Introduction to Statistical Quality Control, example 7.1."""
    unfit = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
    shares = [Share(one, 50) for one in unfit]
    limits = control_limits(shares, shares[0])
    assert limits == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.4102, abs=5e-5))
    outside = [n + 1 for n, one in enumerate(shares) if not limits[0] <= one.kept / one.of <= limits[1]]
    assert outside == [15, 23]
    assert control_limits([], Share(1, 1)) is None and control_limits(shares, Share(0, 0)) is None


def test_the_trend_is_that_of_least_squares() -> None:
    assert slope([0.9, 0.8, None, 0.6]) == pytest.approx(-0.1)
    assert slope([None, 0.5]) is None
    numpy = pytest.importorskip("numpy")
    values = [0.91, 0.87, 0.93, 0.85, 0.86]
    assert slope(values) == pytest.approx(numpy.polyfit(range(5), values, 1)[0])


LENGTHS = ["1 day", "3 days", "1 week", "2 weeks", "1 month", "2 quarters", "1 year"]


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(LENGTHS))
def test_periods_follow_each_other_without_gap(day: date, length: str) -> None:
    period = parse_duration(length)
    first, after = period_of(day, period)
    assert first <= day < after
    assert period_of(first, period) == period_of(after - timedelta(days=1), period) == (first, after)
    assert period_of(after, period)[0] == after


def test_periods_begin_where_people_expect() -> None:
    assert period_of(date(2026, 11, 22), parse_duration("1 week")) == (date(2026, 11, 16), date(2026, 11, 23))
    assert period_of(date(2026, 11, 22), parse_duration("1 month")) == (date(2026, 11, 1), date(2026, 12, 1))
    assert period_of(date(2026, 11, 22), parse_duration("1 quarter")) == (date(2026, 10, 1), date(2027, 1, 1))
    assert period_of(date(2026, 11, 22), parse_duration("1 year")) == (date(2026, 1, 1), date(2027, 1, 1))
    moment = datetime(2026, 11, 22, 9, 47, tzinfo=UTC)
    assert slot_of(moment, parse_duration("30 minutes"), ALWAYS) == (moment.replace(minute=30), moment.replace(hour=10, minute=0))
    late = datetime(2026, 11, 22, 23, 50, tzinfo=UTC)
    assert slot_of(late, parse_duration("7 hours"), ALWAYS) == (late.replace(hour=21, minute=0), datetime(2026, 11, 23, tzinfo=UTC))


@pytest.mark.parametrize(("text", "shown", "yes", "no"), [
    ("95%", ">= 95%", "95", "94.99"), ("< 5%", "< 5%", "4.9", "5"), (">= 4.2", ">= 4.2", "4.2", "4.19"), ("≤ 3", "<= 3", "3", "3.1"),
    ("> 1", "> 1", "1.01", "1"),
])
def test_targets_read_as_people_write_them(text: str, shown: str, yes: str, no: str) -> None:
    target = parse_target(text)
    assert (str(target), target.reached(Decimal(yes)), target.reached(Decimal(no))) == (shown, True, False)


@pytest.mark.parametrize("text", ["", "many", "120%", "95 percent", "=> 4", "5 < x"])
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_target(text)
