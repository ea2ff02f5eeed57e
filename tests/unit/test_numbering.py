"""Case numbers and their series."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.deciding.numbering import check_pattern, number, series_of
from engine.ground.errors import Invalid

DAY = date(2026, 1, 9)


@pytest.mark.parametrize(("pattern", "series", "made"), [
    ("KS-{year}{month}-{serial:04}", "KS-202601-{serial:04}", "KS-202601-0007"),
    ("{year}{month}{day}{serial:02}", "20260109{serial:02}", "2026010907"),
    ("C{serial}", "C{serial}", "C7"), ("C{serial:4}", "C{serial:4}", "C0007"),
    ("投诉〔{year}〕{serial:03}号", "投诉〔2026〕{serial:03}号", "投诉〔2026〕007号"),
])
def test_a_number_is_its_pattern_filled_in(pattern: str, series: str, made: str) -> None:
    check_pattern(pattern)
    assert series_of(pattern, DAY) == series and number(pattern, DAY, 7) == made


def test_a_serial_wider_than_its_place_is_written_in_full() -> None:
    assert number("KS-{serial:02}", DAY, 12345) == "KS-12345"


def test_the_series_changes_with_its_period_and_with_nothing_else() -> None:
    monthly = "KS-{year}{month}-{serial:04}"
    assert series_of(monthly, date(2026, 1, 31)) == series_of(monthly, DAY) != series_of(monthly, date(2026, 2, 1))
    assert series_of("C{serial}", DAY) == series_of("C{serial}", date(2030, 5, 5))


@pytest.mark.parametrize("pattern", [
    "", "KS", "KS-{year}", "{serial}{serial}", "{serial:04}-{month}", "{year}-{day}-{serial}", "{serial:0}", "{serial:99}", "{serial!r}",
    "{seriell}",
    "{serial.__class__}", "{}{serial}", "{serial", "serial}", "{{serial}}", "a b{serial}", "a/{serial}", "../{serial}", "-x{serial}",
    "{serial}\n", "a;{serial}",
    "x" * 60 + "{serial}", "{serial:>4}", "{0}{serial}",
])
def test_other_patterns_are_refused_with_an_example(pattern: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_pattern(pattern)
    assert "KS-{year}{month}-{serial:04}" in refused.value.hint and refused.value.facts["field"] == "number"


@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)), st.integers(1, 99_999), st.integers(1, 99_999),
st.dates(date(1900, 1, 1), date(2999, 12, 31)))
def test_two_numbers_are_the_same_only_in_the_same_series_and_serial(one: date, first: int, second: int, other: date) -> None:
    pattern = "KS-{year}{month}-{serial:05}"
    same = number(pattern, one, first) == number(pattern, other, second)
    assert same == (series_of(pattern, one) == series_of(pattern, other) and first == second)
