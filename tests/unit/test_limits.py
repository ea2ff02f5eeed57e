"""What a limit may say beside a duration: fields, computed numbers, the earliest and latest of several, durations before a date."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_samples import SMALLEST, definition_in, problems_in

from engine.deciding import budgets
from engine.deciding.budgets import Among, Before, chosen
from engine.deciding.case import ClockRun, ClockStatus
from engine.deciding.checking import check_definition
from engine.deciding.clock_due import budget_unit, is_worked
from engine.deciding.clock_figures import remaining, unknown_text
from engine.deciding.clock_runs import timed
from engine.deciding.clock_steps import CountedBack, Fixed, Picked
from engine.deciding.explaining import explain
from engine.deciding.expressions import expression
from engine.defining.completing import complete
from engine.defining.definition import Case, ClockSpec, Computed, Counting, Expression
from engine.defining.diagram import picture
from engine.defining.diff import diff
from engine.ground.duration import Duration, Unit, parse_duration
from engine.ground.wall import wall_due
from tests.unit.test_clocks import CALENDAR, Story, clock, local, rungs
from tests.unit.test_counting import COURT, at, spec_of

FIELDS = """\
fields:
  n: {type: number}
  hurry: {type: yes_no}
  visit_on: {type: date}
  visit_at: {type: moment}
  promised: {type: duration}
  dates: {type: date, many: true}
  words: {type: text}
  born_on: {type: date, personal: true}
  age: {type: number, personal: true}
"""
DAY, MOMENT = date(2026, 12, 1), local("2026-12-01 15:00")


def limit(within: str) -> ClockSpec:
    return spec_of(f"within: {within}")


def budget(within: str, **values: Any) -> str | None:
    """What the run of such a clock keeps, given the values of its fields."""
    known = dict.fromkeys(("n", "hurry", "visit_on", "visit_at", "promised")) | values
    found = chosen(limit(within), lambda text: expression(text)(known), known.get)
    return found.budget if found else None


def due(text: str, start: str = "2026-11-20 16:00", calendar: Any = CALENDAR, **more: Any) -> str:
    run = timed(ClockRun("c", ClockStatus.RUNNING, at(calendar, start), text, **more), calendar)
    return wall_due(run.due_at, calendar.timezone) if run.due_at else unknown_text(run.unknown)


# --- read ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("visit_at", Case(value="visit_at")),
        ("n working days", Case(value=Computed(Expression("n"), Unit.WORKING_DAYS))),
        ("3 * n  hours", Case(value=Computed(Expression("3 * n"), Unit.HOURS))),
        ("n 个工作日", Case(value=Computed(Expression("n"), Unit.WORKING_DAYS))),
        ("{before: visit_at, is: n days}", Case(value=Computed(Expression("n"), Unit.DAYS), before="visit_at")),
        (
            "{earliest of: [3 days, {latest of: [visit_on, {when: n, is: 2 hours}]}]}",
            Case(
                earliest_of=(
                    Case(value=parse_duration("3 days")),
                    Case(latest_of=(Case(value="visit_on"), Case(value=parse_duration("2 hours"), when=Expression("n")))),
                )
            ),
        ),
    ],
)
def test_a_limit_is_read_in_each_of_its_forms(written: str, expected: Case) -> None:
    spec = definition_in(f"{SMALLEST}clocks: {{c: {{from: opened, within: {written}}}}}\n").clocks["c"]
    assert spec.within == (expected,)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{earliest of: [3 days]}", "'earliest of' cannot be a list (expected a list of at least two)"),
        ("{is: 2 days, latest of: [3 days, n]}", "A limit is said by one of is, earliest of, latest of; `before` goes with `is`"),
        ("{before: n, latest of: [3 days, n]}", "A limit is said by one of is, earliest of, latest of; `before` goes with `is`"),
        ("{latest of: [3 days, {is: n, counting: {roll: next}}]}", "`counting` holds for the whole limit"),
        ("{before: visit_at}", "'is' is missing"),
        ("-3 days", "'-3 days' is not a duration"),
        ("[2 days, n]", "The cases after this one are never reached"),
    ],
)
def test_a_limit_in_no_form_is_refused(written: str, expected: str) -> None:
    found = problems_in(f"{SMALLEST}clocks: {{c: {{from: opened, within: {written}}}}}\n")
    assert len(found) == 1 and expected in found[0], found


def test_after_a_field_another_case_may_come_since_the_field_may_be_empty() -> None:
    assert (budget("[visit_on, 5 days]"), budget("[visit_on, 5 days]", visit_on=DAY)) == ("5 days", "2026-12-01")


# --- chosen -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "values", "expected"),
    [
        ("visit_on", {"visit_on": DAY}, "2026-12-01"),
        ("visit_at", {"visit_at": MOMENT}, "2026-12-01T07:00:00+00:00"),
        ("promised", {"promised": parse_duration("3 个工作日")}, "3 working days"),
        ("n working days", {"n": Decimal("3.0")}, "3 working days"),
        ("n days", {"n": Decimal(1)}, "1 day"),
        ("3 * n hours", {"n": Decimal("0.5")}, "1.5 hours"),
        ("n days", {}, None),
        ("visit_on", {}, None),
        ("{before: visit_on, is: 2 days}", {"visit_on": DAY}, "2 days before 2026-12-01"),
        ("{before: visit_on, is: 2 days}", {}, None),
        ("{before: visit_on, is: promised}", {"visit_on": DAY, "promised": parse_duration("1 week")}, "1 week before 2026-12-01"),
        ("{latest of: [3 days, visit_on]}", {"visit_on": DAY}, "latest of (3 days; 2026-12-01)"),
        ("{latest of: [3 days, visit_on]}", {}, "3 days"),                                   # what is empty is left out
        ("{latest of: [visit_on, n days]}", {}, None),
        ("{latest of: [3 days, {when: hurry, is: 1 day}]}", {"hurry": False}, "3 days"),
        (
            "{earliest of: [{latest of: [3 days, 2 working days]}, {before: visit_on, is: 1 day}]}", {"visit_on": DAY},
            "earliest of (latest of (3 days; 2 working days); 1 day before 2026-12-01)",
        ),
        ("n days", {"n": Decimal(-3)}, "-3 days"),
        ("n days", {"n": Decimal("2.5")}, "2.5 days"),
        ("n hours", {"n": Decimal(10) ** 12}, "1.000e+12 hours"),
        ("words hours", {"words": "many"}, "? hours"),
        ("3 / n hours", {"n": Decimal(0)}, "? hours"),
    ],
)
def test_a_case_gives_a_budget_as_text(written: str, values: dict[str, Any], expected: str | None) -> None:
    assert budget(written, **values) == expected


@pytest.mark.parametrize(
    "text",
    ["3 days", "2026-12-01", "2026-12-01T07:00:00+00:00", "2 days before 2026-12-01", "latest of (3 days; 2026-12-01)", "-3 days"],
)
def test_a_run_survives_its_canonical_form_with_every_budget(text: str) -> None:
    from engine.deciding.case import clock_from, clock_json

    run = timed(ClockRun("c", ClockStatus.RUNNING, local("2026-11-20 16:00"), text), CALENDAR)
    assert clock_from(clock_json(run)) == run


def test_a_budget_means_what_its_text_says() -> None:
    nested = "earliest of (latest of (3 days; 2 working days); 1 day before 2026-12-01; 2026-12-24)"
    days = parse_duration
    assert budgets.read(nested) == Among(
        False, (Among(True, (days("3 days"), days("2 working days"))), Before(days("1 day"), DAY), date(2026, 12, 24))
    )
    assert budgets.read("2026-12-01T07:00:00+00:00") == MOMENT
    assert [budgets.ends_with_a_day(budgets.read(text)) for text in (nested, "3 hours", "2026-12-01", "2026-12-01T07:00:00+00:00")] == [
        True, False, True, False,
    ]


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_budgets(text: str) -> None:
    assert budgets.read(text) == budgets.read(text)


# --- due ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 days before 2026-12-01", "2026-11-29 24:00"),
        ("2 working days before 2026-12-01", "2026-11-27 24:00"),
        ("1 month before 2026-12-31", "2026-11-30 24:00"),
        ("4 hours before 2026-12-01T07:00:00+00:00", "2026-12-01 11:00"),
        ("4 working hours before 2026-12-01T07:00:00+00:00", "2026-12-01 09:30"),
        ("1 hour before 2026-12-01", "2026-11-30 23:00"),
        ("2 days before 2026-12-01T07:00:00+00:00", "2026-11-29 24:00"),
        ("20 days before 2026-12-01", "2026-11-20 16:00"),                       # nothing is due before it starts
        ("earliest of (3 days; 2 working days)", "2026-11-23 24:00"),
        ("latest of (3 days; 2 working days)", "2026-11-24 24:00"),
        ("latest of (24 hours; 2026-11-21)", "2026-11-21 24:00"),
        ("earliest of (latest of (1 day; 5 hours); 2026-12-01)", "2026-11-21 24:00"),
        ("-3 days", "-3 days cannot be counted"),
        ("2.5 working days", "2.5 working days cannot be counted"),
        ("1000001 hours", "1000001 hours cannot be counted"),
        ("1.000e+12 hours", "1.000e+12 hours cannot be counted"),
        ("? days", "? days cannot be counted"),
        ("earliest of (3 days; -1 days)", "earliest of (3 days; -1 days) cannot be counted"),
    ],
)
def test_each_budget_is_due_when_it_says(text: str, expected: str) -> None:
    assert due(text) == expected


def test_before_rolls_and_ends_as_its_clock_counts() -> None:
    assert due("15 days before 2026-12-21", calendar=COURT, counting=Counting(roll="previous")) == "2026-12-04 24:00"
    assert due("2 days before 2026-12-01", counting=Counting(first_day="included")) == "2026-11-30 24:00"
    assert due("1 month before 2026-12-31", counting=Counting(first_day="included")) == "2026-12-01 24:00"
    assert due("2 days before 2026-12-01T07:00:00+00:00", counting=Counting(ends="same_time")) == "2026-11-29 15:00"
    assert due("24 hours before 2026-12-01T07:00:00+00:00", counting=Counting(roll="next")) == "2026-11-30 15:00"


def test_a_fraction_of_an_hour_is_exact_to_the_minute() -> None:
    third = budget("n / 3 hours", n=Decimal(1))
    assert third is not None and due(third) == "2026-11-20 16:20"


def test_extensions_count_on_from_dates_and_from_the_earliest_or_latest() -> None:
    assert due("latest of (3 days; 2 working days)", extended=["1 day"]) == "2026-11-25 24:00"
    assert due("2 days before 2026-12-01", extended=["1 day"]) == "2026-11-30 24:00"
    run = ClockRun("c", ClockStatus.RUNNING, local("2026-11-20 16:00"), "latest of (3 days; 2 working days)")
    assert budget_unit(run) is None and not is_worked(run)


def test_dates_are_not_moved_by_a_pause_but_durations_among_them_are() -> None:
    from engine.deciding.case import Stop

    stops = [Stop(local("2026-11-21 00:00"), local("2026-11-24 00:00"), "waiting")]
    assert due("2 days before 2026-12-01", stops=stops) == "2026-11-29 24:00"
    assert due("latest of (3 days; 2026-11-24)", stops=stops) == "2026-11-26 24:00"


# --- over the life of a case --------------------------------------------------------------------------------------------


def computed(text: str) -> tuple[Case, ...]:
    return limit(text).within


def test_a_changed_field_moves_the_due_time_and_arms_the_rungs_again() -> None:
    story = Story(clock(within=computed("n working days"), ladder=rungs("1 working day before", "due")), n=3)
    assert story.due() == "2026-11-25 24:00"
    story.settle("2026-11-25 12:00")
    story.happen("2026-11-25 12:00", "field n", n=6)
    assert (story.due(), story.run().round, story.run().fired) == ("2026-11-30 24:00", 2, [])


def test_an_amount_that_cannot_be_counted_stops_nothing_and_mends_with_the_field() -> None:
    story = Story(clock(within=computed("n days"), ladder=rungs("50%", "due")), n=-2)
    assert (story.due(), unknown_text(story.run().unknown)) == (None, "-2 days cannot be counted")
    assert story.settle("2026-12-24 12:00") == [] and remaining(story.run(), local("2026-11-21 12:00"), CALENDAR) is None
    assert explain(story.run(), CALENDAR, local("2026-11-21 12:00")).due_at is None
    story.extend("1 day", "2026-11-21 12:00")
    story.hold("2026-11-21 12:00")
    story.release("2026-11-21 13:00")
    story.happen("2026-11-22 12:00", "field n", n=5)
    assert (story.due(), story.run().unknown) == ("2026-11-26 24:00", None)


def test_the_limit_of_a_state_or_task_says_the_same() -> None:
    text = f"{SMALLEST}{FIELDS}".replace(
        "  received:\n", "  received:\n    within: {earliest of: [n days, visit_on]}\n    tasks: {look: {by: desk, within: n hours}}\n"
    )
    every = complete(definition_in(text), {})[0].all_clocks
    assert every["look"].within == (Case(value=Computed(Expression("n"), Unit.HOURS)),) and every["received"].within[0].earliest_of


# --- explained, drawn, compared -----------------------------------------------------------------------------------------


def test_the_steps_tell_which_limit_was_picked_and_from_where_it_was_counted_back() -> None:
    text = "latest of (1 day; 2 working days before 2026-12-01)"
    run = timed(ClockRun("c", ClockStatus.RUNNING, local("2026-11-20 16:00"), text), CALENDAR)
    told = explain(run, CALENDAR, run.started_at)
    by = Duration(Decimal(2), Unit.WORKING_DAYS)
    assert told.steps == (Picked(True, Before(by, DAY), 2), CountedBack(local("2026-12-01 24:00"), by, date(2026, 11, 27)))
    assert told.due_at == run.due_at and told.passed_over.days_off == 2
    dated = timed(ClockRun("c", ClockStatus.RUNNING, run.started_at, "2026-12-01"), CALENDAR)
    assert explain(dated, CALENDAR, MOMENT).steps == (Fixed(local("2026-12-01 24:00")),)
    assert budgets.in_words(budgets.read(run.budget), "Asia/Shanghai") == "the latest of 1 day, 2 working days before 2026-12-01"


def test_the_diagram_and_the_difference_name_every_part() -> None:
    longer = "[{when: n > 3, earliest of: [n days, {before: visit_on, is: 2 days}]}, {is: 3 days, counting: {roll: next}}]"
    before, after = (
        f"{SMALLEST}{FIELDS}clocks: {{c: {{from: opened, until: close, within: {within}}}}}\n" for within in ("{is: 3 days}", longer)
    )
    (drawn,) = picture(complete(definition_in(after), {})[0], "en").clocks
    assert drawn == "c: ≤ the earliest of n days, 2 days before visit_on / 3 days, from opened until close"
    documents = [{"procedure": _tree(text)} for text in (before, after)]
    (change,) = diff(*documents)
    assert (change.old, change.new) == ("3 days", "the earliest of n days, 2 days before visit_on when n > 3; 3 days (roll: next)")


def _tree(text: str) -> Any:
    from engine.defining.yaml_file import read_tree

    return read_tree(text, "p.yaml").value


# --- checked ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        ("visit_om", "'visit_om' is neither a duration nor a field (expected date, moment, duration; did you mean 'visit_on'?)"),
        ("words", "A limit cannot count by the field 'words': it holds text"),
        ("dates", "A limit cannot count by the field 'dates': it holds a list"),
        ("words days", "A limit cannot count by the field 'words': it holds text"),
        ("m days", "There is nothing named 'm' to read here"),
        ("3 + days days", "There is nothing named 'days' to read here"),
        ("{before: promised, is: 2 days}", "A limit cannot count by the field 'promised': it holds duration"),
        ("{before: visit_on, is: visit_at}", "A limit cannot count by the field 'visit_at': it holds moment"),
        ("{latest of: [3 days, {earliest of: [visit_on, gone]}]}", "'gone' is neither a duration nor a field"),
        ("born_on", "A limit cannot count by the personal field 'born_on': history keeps what a limit was"),
        ("{before: born_on, is: 2 days}", "A limit cannot count by the personal field 'born_on'"),
        ("n + age days", "A limit cannot count by the personal field 'age'"),
        ("{is: visit_at, counting: {ends: same_time}}", "'ends' changes nothing here"),
        ("{is: n hours, counting: {first_day: included}}", "'first_day' changes nothing here"),
        ("{latest of: [2 days, {when: today == visit_on, is: 1 day}]}", "cannot read 'today', which changes though nothing happens"),
        ("n * (1 if used('c') else 2) hours", "cannot read 'used', which changes though nothing happens"),
    ],
)
def test_what_a_limit_cannot_read_is_refused(within: str, expected: str) -> None:
    text = f"{SMALLEST}{FIELDS}clocks: {{c: {{from: opened, until: close, within: {within}}}}}\n"
    found = [str(one) for one in check_definition(complete(definition_in(text), {})[0])]
    assert any(expected in one for one in found), found


@pytest.mark.parametrize(
    "within",
    [
        "visit_at", "promised", "n working days", "3 * n hours", "{before: visit_at, is: promised}",
        "{latest of: [3 days, {earliest of: [visit_on, {when: n > 3, is: n weeks}]}], counting: {roll: next, first_day: included}}",
        "{is: visit_on, counting: {ends: close_of_business}}",
    ],
)
def test_what_a_limit_can_read_is_fine(within: str) -> None:
    text = f"{SMALLEST}{FIELDS}clocks: {{c: {{from: opened, until: close, within: {within}}}}}\n"
    definition, problems = complete(definition_in(text), {})
    assert problems == [] and [str(one) for one in check_definition(definition) if "clocks" in str(one) or "limit" in one.what] == []
