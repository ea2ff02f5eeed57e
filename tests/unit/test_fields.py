"""Values of fields: what is accepted, how it is recorded, what is refused and how that is said."""

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from specimen import DEFINITION, ZONE, field

from engine.deciding.fields import computed, empty, live, parse, parse_given
from engine.deciding.patterns import pattern
from engine.deciding.readers import bounds
from engine.deciding.values import Amount, Attached, Customer, PartyNumber
from engine.defining.definition import Field, FieldType, Text
from engine.ground.canonical import canonical
from engine.ground.duration import Duration
from engine.ground.errors import Invalid

CHOICE = field("nature", "choice",
    options={"quality": Text(zh="质量", en="Quality"), "other": Text(zh="非质量", en="Something else"), "3": Text()})
ORDER = field("order_no", "text", pattern="[A-Z]{2}[0-9]{6}")
FILE = {"sha256": "ab" * 32, "name": "photo.jpg", "size": 12}

ACCEPTED: list[tuple[Field, Any, Any]] = [
    (field("t", "text"), "  two\r\nlines\t ", "two\nlines"),
    (field("t", "text"), "e\u0301", "\u00e9"),
    (field("t", "text"), 100101, "100101"),
    (field("t", "text", length="2..4"), "客户投诉", "客户投诉"),
    (ORDER, " AB123456 ", "AB123456"),
    (field("n", "number"), "12.50", "12.5"), (field("n", "number"), "１２", "12"), (field("n", "number"), -3, "-3"),
    (field("n", "number"), "-0.0", "0"),
    (field("n", "number"), Decimal("1E+2"), "100"), (field("n", "number", between=(Decimal(22), Decimal(26))), "26", "26"),
    (field("m", "money", currency="CNY"), "5000", "5000.00"), (field("m", "money", currency="CNY"), "1250.5 cny", "1250.50"),
    (field("m", "money", currency="JPY"), 300, "300"), (field("m", "money", currency="CNY"), Decimal("0.10"), "0.10"),
    (field("m", "money", currency="CNY"), Amount("7.00", "CNY"), "7.00"), (field("m", "money"), "12 USD", "12.00 USD"),
    (field("d", "date"), "2026-11-20", "2026-11-20"), (field("d", "date"), "2026/1/2", "2026-01-02"),
    (field("d", "date"), "2026年11月2日", "2026-11-02"),
    (field("d", "date"), date(2026, 11, 20), "2026-11-20"), (field("d", "date"), datetime(2026, 11, 20, 17, tzinfo=UTC), "2026-11-21"),
    (field("w", "moment"), "2026-11-20 16:00", "2026-11-20T08:00:00+00:00"),
    (field("w", "moment"), "2026-11-20T16:00:30Z", "2026-11-20T16:00:30+00:00"),
    (field("w", "moment"), "2026-11-20 16:00+01:00", "2026-11-20T15:00:00+00:00"),
    (field("w", "moment"), datetime(2026, 11, 20, 8, tzinfo=UTC), "2026-11-20T08:00:00+00:00"),
    (field("u", "duration"), "3个工作日", "3 working days"), (field("u", "duration"), "1.5 h", "1.5 hours"),
    (field("u", "duration"), timedelta(hours=2), "120 minutes"),
    (CHOICE, "quality", "quality"), (CHOICE, "质量", "quality"), (CHOICE, "QUALITY", "quality"), (CHOICE, "something else", "other"),
    (CHOICE, 3, "3"),
    (field("y", "yes_no"), True, True), (field("y", "yes_no"), "是", True), (field("y", "yes_no"), "No", False),
    (field("y", "yes_no"), "false", False),
    (field("p", "party"), "王女士", {"name": "王女士"}), (field("p", "party"), "#12", 12), (field("p", "party"), 12, 12),
    (field("p", "party"), "Ann Lee <ann@example.com>", {"name": "Ann Lee", "email": "ann@example.com"}),
    (field("p", "party"), '{"name": "Ann", "phone": "+86 10 5555 0100"}', {"name": "Ann", "phone": "+86 10 5555 0100"}),
    (field("p", "party"), {"name": "Ann", "address": "1 Main St\nTown", "email": None, "language": "zh"}, {
        "name": "Ann", "address": "1 Main St\nTown", "language": "zh"}),
    (field("e", "person"), " li.na ", "li.na"),
    (field("f", "file"), FILE, FILE), (field("f", "file"), Attached("photo.jpg", 12, "ab" * 32), FILE),
    (field("l", "choice", options={"a": Text(), "b": Text()}, many=True), "a; b", ["a", "b"]),
    (field("l", "text", many=True), ["x;y", "z"], ["x;y", "z"]), (field("l", "number", many=True), 5, ["5"]),
    (field("l", "party", many=True), [{"name": "A"}, "#3"], [{"name": "A"}, 3]),
]


@pytest.mark.parametrize(("spec", "raw", "recorded"), ACCEPTED)
def test_a_value_is_recorded_in_one_form(spec: Field, raw: Any, recorded: Any) -> None:
    made = parse(spec, raw, ZONE)
    assert made == recorded and type(made) is type(recorded)
    canonical(made)
    assert parse(spec, made, ZONE) == made
    assert parse(spec, live(spec, made, ZONE), ZONE) == made


@pytest.mark.parametrize("kind", list(FieldType))
@pytest.mark.parametrize("raw", [None, "", "  "])
def test_nothing_is_nothing(kind: FieldType, raw: str | None) -> None:
    assert parse(field("x", kind), raw, ZONE) is None and live(field("x", kind), None, ZONE) is None
    assert parse(field("x", kind, many=True), [raw], ZONE) is None and parse(field("x", kind, many=True), [], ZONE) is None
    assert empty(None) and empty("") and empty([]) and not empty(False) and not empty("0") and not empty(0)


REFUSED: list[tuple[Field, Any]] = [
    (field("t", "text"), "a\x00b"), (field("t", "text"), "a\x1b[31mb"), (field("t", "text"), "a\rb"), (field("t", "text"), "\ud800"),
    (field("t", "text"), True), (field("t", "text"), {"a": 1}), (field("t", "text"), b"bytes"), (field("t", "text"), "x" * 10_001),
    (field("t", "text"), "x" * 5_000_000), (field("t", "text", length="5"), "1234"), (field("t", "text", length="..3"), "1234"),
    (ORDER, "AB12345"), (ORDER, "AB123456\nX"), (ORDER, "ab123456"), (ORDER, "A" * 300),
    *((field("n", "number"), raw) for raw in ("abc", "1,000", "1e5", "NaN", "Infinity", Decimal("NaN"), True, "0x10", "1" * 16, "١٢٣",
        "--1", 1.5)),
    (field("n", "number", between=(Decimal(22), Decimal(26))), "26.1"), (field("n", "number", between=(Decimal(22), Decimal(26))), -5),
    *((field("m", "money", currency="CNY"), raw) for raw in ("12 USD", "1.005", 12.5, "ten", True, "1,000", Amount("5", "USD"),
        Decimal("0.001"))),
    (field("m", "money"), "12"),
    *((field("d", "date"), raw) for raw in ("2026-02-30", "20.11.2026", "2026-11-20 10:00", "0202-11-20", "9999-12-31", "tomorrow",
        20261120, "2026-W47-5")),
    (field("d", "date"), datetime(2026, 11, 20)),
    *((field("w", "moment"), raw) for raw in ("2026-11-20", "2026-11-20 24:01", "2026-02-30 10:00", "16:00", "2026-11-20 16:00 CET",
        date(2026, 11, 20),
                                              datetime(2026, 11, 20, 16), "2026-11-20 16:00+99:00", 1_700_000_000)),
    *((field("u", "duration"), raw) for raw in ("3", "soon", "-3 days", "1.5 days", 3)),
    (CHOICE, "qualty"), (CHOICE, True), (CHOICE, "x" * 40_000), (CHOICE, ["quality"]),
    *((field("y", "yes_no"), raw) for raw in ("maybe", 1, 0, "on")),
    *((field("p", "party"), raw) for raw in ({"email": "a@b.cn"}, {"name": "A", "mail": "x"}, {"name": "A", "email": "a b@c"},
        {"name": "A", "email": "a@b\r\nBcc: c@d"},
                                             {"name": "A\nB"}, {"name": "A", "phone": "call me"}, {"name": "A", "email": "a@b@c"},
                                             {"name": "A", "chat": "javascript"},
                                             {"name": "A", "language": "Chinese!"}, {"name": 1.5}, "#0", -3, True, "{broken",
                                             {"name": "x" * 300}, {"id": 3})),
    *((field("e", "person"), raw) for raw in ("two words", 12, "a/b", "x" * 101)),
    *((field("f", "file"), raw) for raw in ("photo.jpg", {**FILE, "size": -1}, {**FILE, "sha256": "xyz"}, {**FILE, "more": 1},
        {**FILE, "name": ""}, {**FILE, "size": True})),
    (field("l", "number", many=True), ["1", "x"]), (field("l", "number", many=True), [1.5]),
    (field("l", "number", many=True), ["1"] * 1001),
]


@pytest.mark.parametrize(("spec", "raw"), REFUSED, ids=range(len(REFUSED)))
def test_a_wrong_value_is_refused_with_field_value_and_expectation(spec: Field, raw: Any) -> None:
    started = time.perf_counter()
    with pytest.raises(Invalid) as refused:
        parse(spec, raw, ZONE)
    assert time.perf_counter() - started < 0.5
    facts = refused.value.facts
    assert facts["field"] == spec.name and facts["expected"] and isinstance(facts["value"], str) and len(facts["value"]) <= 60
    assert spec.name in refused.value.message and facts["expected"] in refused.value.message and "\n" not in refused.value.message


def test_local_times_follow_the_zone_over_gaps_and_repetitions() -> None:
    moment = field("w", "moment")
    assert parse(moment, "2026-03-29 01:30",
        "Europe/London") == "2026-03-29T01:30:00+00:00"      # skipped: moves over the gap, to 02:30 BST
    assert parse(moment, "2026-10-25 01:30", "Europe/London") == "2026-10-25T00:30:00+00:00"      # twice: the first
    assert live(moment, "2026-10-25T00:30:00+00:00", "Europe/London").hour == 1


def test_live_values_are_ready_to_compute_with() -> None:
    assert live(field("n", "number"), "12.5", ZONE) == Decimal("12.5")
    assert live(field("d", "date"), "2026-11-20", ZONE) == date(2026, 11, 20)
    assert isinstance(live(field("u", "duration"), "3 working days", ZONE), Duration)
    assert live(field("p", "party"), {"name": "A", "email": "a@b.cn"}, ZONE) == Customer("A", "a@b.cn")
    assert isinstance(live(field("p", "party"), 12, ZONE), PartyNumber)
    assert live(field("m", "money"), "12.00 USD", ZONE).currency == "USD"
    assert live(CHOICE, "quality", ZONE).title_in("zh") == "质量"
    assert live(field("l", "number", many=True), ["1", "2"], ZONE) == [1, 2]


@pytest.mark.parametrize(("spec", "value", "recorded"), [
    (field("m", "money", currency="CNY"), Decimal("0.125"), "0.13"),
    (field("m", "money", currency="CNY"), Amount("10.005", "CNY"), "10.01"),
    (field("m", "money", currency="JPY"), Decimal("99.5"), "100"), (field("m", "money"), Amount("1.005", "USD"), "1.01 USD"),
    (field("n", "number"), Decimal(10) / 3, "3.333333333"), (field("n", "number"), 2, "2"), (field("t", "text"), Decimal("1.50"), "1.5"),
    (field("d", "date"), date(2026, 11, 20), "2026-11-20"), (field("m", "money", currency="CNY"), None, None),
])
def test_what_an_expression_gave_is_rounded_and_recorded(spec: Field, value: Any, recorded: Any) -> None:
    assert computed(spec, value, ZONE) == recorded


def test_an_amount_in_another_currency_is_never_taken_for_the_fields_own() -> None:
    with pytest.raises(Invalid):
        computed(field("m", "money", currency="CNY"), Amount("5.00", "USD"), ZONE)


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        parse_given(DEFINITION, {"region": "domestik", "loss": 1.5, "bought_on": "2026-02-30", "losss": 3, "colour": 1, "urgent": "yes"},
        ZONE)
    wrong = {one["field"] for one in refused.value.facts["problems"]}
    assert wrong == {"region", "loss", "bought_on", "losss", "colour"}
    assert all(name in refused.value.message for name in wrong) and "did you mean loss?" in refused.value.message
    assert "Did you mean domestic?" in refused.value.hint and refused.value.facts["field"] == "region"


def test_what_is_given_is_recorded_with_its_comment() -> None:
    assert parse_given(DEFINITION, {"region": "国内", "loss": "5", "comment": " why \n not ", "urgent": None}, ZONE) == {
        "region": "domestic", "loss": "5.00", "comment": "why \n not", "urgent": None}
    for wrong in ({"comment": 1.5}, {"comment": "x" * 10_001}, {"comment": "\x07"}):
        with pytest.raises(Invalid):
            parse_given(DEFINITION, wrong, ZONE)


@pytest.mark.parametrize("text",
    ["[A-Z]{2}[0-9]{6}", r"\d{4}-\d{2}", "(KS|AS)-[0-9]+", r"[^@]+@[^@]+\.[a-z]+", "a?b?c?", "(ab){1,3}", ".*", r"(\d{3}-?){2}", "^x$"])
def test_ordinary_patterns_are_possible(text: str) -> None:
    pattern(text)


@pytest.mark.parametrize("text", [
    "(a+)+", "(a*)*b", "(a|aa)+", "(a|a)*", "([a-z]+)*x", "(.*)*", "(a?){60}", "(.*a){20}", r"(\w+\s?)*", r"(a)\1", "(?=a)a", "(?<=a)b",
    "(?(1)a|b)",
    r"\d+\d+\d+\d+\d+x", "(", "[", "a{2", "(?P<x", "*", "x" * 501, "(" * 400 + ")" * 400, "(?:a{1,99}){1,99}"] )
def test_patterns_that_could_run_for_ever_are_refused(text: str) -> None:
    if text == "a{2":            # read by Python as these three characters
        assert pattern(text).fullmatch("a{2")
        return
    with pytest.raises(Invalid) as refused:
        pattern(text)
    assert refused.value.facts["field"] == "pattern"


@settings(max_examples=60, deadline=2000)
@given(st.lists(st.sampled_from(["a", "[ab]", ".", "(a|b)", "(ab?)", "a+", "b*", ".*", "a{1,9}", "(a|ab)", "x?"]), min_size=1,
max_size=7), st.integers(0, 200))
def test_a_pattern_that_passed_ends_soon_on_any_text(parts: list[str], length: int) -> None:
    try:
        compiled = pattern("".join(parts))
    except Invalid:
        return
    started = time.perf_counter()
    compiled.fullmatch("a" * length + "!")
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(("length", "expected"),
    [(None, (0, 10_000)), ("10", (10, 10)), ("1..200", (1, 200)), ("5..", (5, 10_000)), ("..80", (0, 80)), (" 1 .. 2 ", (1, 2))])
def test_lengths_read_as_written(length: str | None, expected: tuple[int, int]) -> None:
    assert bounds(length) == expected


@pytest.mark.parametrize("length", ["", "..", "a", "5..2", "-1", "1...3", "99999", "1.5"])
def test_wrong_lengths_are_refused(length: str) -> None:
    with pytest.raises(Invalid):
        bounds(length)


SPECS = {
    "text": st.text(max_size=50),
    "number": st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9),
    "money": st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9),
    "date": st.dates(date(1900, 1, 1), date(2999, 12, 31)),
    "moment": st.datetimes(datetime(1901, 1, 1), datetime(2999, 12, 30), timezones=st.just(UTC)),
    "yes_no": st.booleans(), "choice": st.sampled_from(["quality", "other", "3"]),
    "duration": st.builds("{} {}".format, st.integers(0, 999), st.sampled_from(["minutes", "working days", "月", "weeks"])),
    "party": st.one_of(st.integers(1, 10**9), st.text(min_size=1, max_size=40),
    st.fixed_dictionaries({"name": st.text(min_size=1, max_size=20)})),
}


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_recording_is_idempotent_and_live_values_round_trip(data: st.DataObject) -> None:
    kind, many = data.draw(st.sampled_from(sorted(SPECS))), data.draw(st.booleans())
    spec = field("x", kind, many=many,
        **({"options": CHOICE.options} if kind == "choice" else {"currency": "CNY"} if kind == "money" else {}))
    raw = data.draw(st.lists(SPECS[kind], max_size=4) if many else SPECS[kind])
    try:
        made = parse(spec, raw, ZONE)
    except Invalid:
        assert kind in ("text", "party")
        return
    canonical(made)
    assert parse(spec, made, ZONE) == made
    assert parse(spec, live(spec, made, ZONE), ZONE) == made


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(FieldType)), st.booleans(), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.decimals() | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=6))
def test_whatever_is_given_is_recorded_or_refused(kind: FieldType, many: bool, raw: Any) -> None:
    try:
        canonical(parse(field("x", kind, many=many, currency="CNY"), raw, ZONE))
    except Invalid as refused:
        assert refused.facts["field"] == "x"
