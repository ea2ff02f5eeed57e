"""The small phrases: who, what happens, where on a clock, after what. What they print reads back as the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.defining.definition import Computed, EventKind, Happening, PointKind, Who, WhoKind
from engine.defining.words import RESERVED, parse_after, parse_happening, parse_length, parse_limit, parse_point, parse_who
from engine.ground.duration import Duration, Unit
from engine.ground.errors import Invalid


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("intake", Who(WhoKind.NAMED, "intake")),
        ("li.na", Who(WhoKind.NAMED, "li.na")),
        ("业务部", Who(WhoKind.NAMED, "业务部")),
        ("owner", Who(WhoKind.OWNER)),
        ("customer", Who(WhoKind.CUSTOMER)),
        ("system", Who(WhoKind.SYSTEM)),
        ("anyone", Who(WhoKind.ANYONE)),
        ("actor_of('propose')", Who(WhoKind.ACTOR_OF, "propose")),
        ('actor_of( "propose" )', Who(WhoKind.ACTOR_OF, "propose")),
        ("superior of owner", Who(WhoKind.SUPERIOR, of=Who(WhoKind.OWNER))),
        ("least  loaded of engineer", Who(WhoKind.LEAST_LOADED, of=Who(WhoKind.NAMED, "engineer"))),
        ("superior of superior of owner", Who(WhoKind.SUPERIOR, of=Who(WhoKind.SUPERIOR, of=Who(WhoKind.OWNER)))),
    ],
)
def test_who(text: str, expected: Who) -> None:
    assert parse_who(text) == expected
    assert parse_who(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "the desk",
        "a, b",
        "superior of",
        "superior of ",
        "actor_of()",
        "actor_of('a b')",
        "actor_of(\"x')",
        "1st",
        "a;b",
        "superior of " * 9 + "owner",
        "superior of " * 100_000,
    ],
)
def test_who_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_who(text)


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("opened", EventKind.OPENED, ""),
        ("closed", EventKind.CLOSED, ""),
        ("acknowledge", EventKind.ACTION, "acknowledge"),
        ("state waiting", EventKind.STATE, "waiting"),
        ("left waiting", EventKind.LEFT, "waiting"),
        ("task  look", EventKind.TASK, "look"),
        ("clock total due", EventKind.CLOCK_DUE, "total"),
        ("notice receipt sent", EventKind.NOTICE_SENT, "receipt"),
        ("case corrective-action closed", EventKind.CASE_CLOSED, "corrective-action"),
        ("受理", EventKind.ACTION, "受理"),
    ],
)
def test_what_happens(text: str, kind: EventKind, name: str) -> None:
    assert parse_happening(text) == Happening(kind, name)
    assert parse_happening(str(Happening(kind, name))) == Happening(kind, name)


@pytest.mark.parametrize(
    "text", ["", "when it rains", "clock total", "notice x", "notice x delivered", "state", "state a b", "a.b", "task opened x"]
)
def test_what_happens_is_refused(text: str) -> None:
    if text == "state":
        assert parse_happening(text).kind is EventKind.ACTION  # a name like any other
        return
    with pytest.raises(Invalid):
        parse_happening(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("50%", PointKind.PERCENT),
        ("12.5 %", PointKind.PERCENT),
        ("due", PointKind.DUE),
        ("4 working hours before", PointKind.BEFORE),
        ("1 working day after", PointKind.AFTER),
        ("every 5 working days after", PointKind.EVERY),
        ("3 个工作日 before", PointKind.BEFORE),
    ],
)
def test_where_on_a_clock(text: str, kind: PointKind) -> None:
    point = parse_point(text)
    assert point.kind is kind
    assert parse_point(str(point)) == point


@pytest.mark.parametrize(
    "text", ["", "%", "-5%", "before", "after", "due after", "every 2 days before", "every 0 days after", "every after", "2 days", "half"]
)
def test_where_on_a_clock_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_point(text)


def test_after_what() -> None:
    assert [parse_after(text) for text in ("tasks", "any task", "3 tasks", "1 task")] == ["tasks", "any task", "3 tasks", "1 tasks"]
    assert isinstance(parse_after("30 天"), Duration)
    for text in ("", "0 tasks", "task", "some tasks", "soon"):
        with pytest.raises(Invalid):
            parse_after(text)


def test_how_long() -> None:
    assert [parse_length(text) for text in ("0", "10", "1..200", "5..", "..5")] == ["0", "10", "1..200", "5..", "..5"]
    for text in ("", "..", "-1", "9..1", "a", "1...2", "1234567"):
        with pytest.raises(Invalid):
            parse_length(text)


def test_words_that_expressions_see_cannot_be_fields_but_customer_can() -> None:
    assert {"state", "owner", "actor", "opened_at", "and", "true", "None"} <= RESERVED["Field"]
    assert "customer" not in RESERVED["Field"]


@settings(max_examples=150, deadline=None)
@given(st.text("ownerstaiuplfd .,'\"()%0123456789每天个工作日", max_size=40))
def test_parsers_read_or_refuse_and_do_nothing_else(text: str) -> None:
    for parse in (parse_who, parse_happening, parse_point, parse_after, parse_length):
        try:
            parse(text)
        except Invalid as error:
            assert error.message and error.hint


@pytest.mark.parametrize("number", ["promised", "3 * pieces", "5 if urgent else 3"])
def test_the_number_of_a_limit_may_be_an_expression(number: str) -> None:
    assert parse_limit(f"{number} working days") == Computed(number, Unit.WORKING_DAYS)  # type: ignore[arg-type]  # an Expression is a str


@pytest.mark.parametrize("text", ["5 workin days", "2 bussiness hours", "3.5 wokring hours"])
def test_a_misspelt_unit_is_no_expression(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_limit(text)
    assert "is not a duration" in refused.value.message and "3 working days" in refused.value.hint
