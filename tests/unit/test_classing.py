"""The first rule that holds counts; what a rule reads is what the customer's cases say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.deciding.checking_classes import unknown_classes
from engine.deciding.classing import Answered, Past, assess, fields_read
from engine.deciding.operators import Unfit
from engine.deciding.values import Amount
from engine.defining.definition import Expression
from engine.defining.organisation import CustomerClass, Organisation
from engine.ground.calendars import Calendar
from engine.ground.duration import Duration, Unit
from engine.ground.errors import Invalid
from tests.small import DONE, HEAD, bundle_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HERE = Calendar("", "UTC", ((),) * 7)
MONTH = Duration(Decimal(30), Unit.DAYS)


def rule(name: str, when: str | None = None, over: Duration | None = None) -> CustomerClass:
    return CustomerClass(name=name, when=Expression(when) if when else None, over=over)


def past(days: int, closed: bool = True, **amounts: Decimal) -> Past:
    return Past(NOW - timedelta(days=days), closed, amounts)


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans(), st.integers(0, 500)), max_size=8), st.integers(0, 900), st.integers(1, 5))
def test_the_class_is_what_counting_by_hand_says(cases: list[tuple[int, bool, int]], worth: int, many: int) -> None:
    rules = [rule("key", f"value >= {worth}", MONTH), rule("busy", f"open_cases >= {many}"), rule("lost", "days_since_last > 100"),
             rule("new", "cases == 0"), rule("rest")]
    lately = sum(value for days, _, value in cases if days <= 30)
    wanted = (
        "key" if lately >= worth else "busy" if sum(not closed for _, closed, _ in cases) >= many
        else "lost" if cases and min(days for days, _, _ in cases) > 100 else "rest" if cases else "new"
    )
    found = assess(rules, [past(days, closed, value=Decimal(value)) for days, closed, value in cases], (), NOW, HERE)
    assert found.name == wanted


def test_satisfaction_is_the_mean_of_answers_and_empty_without_any() -> None:
    rules = [rule("unhappy", "satisfaction < 50", MONTH)]
    marks = [Answered(NOW - timedelta(days=days), Decimal(percent)) for days, percent in ((1, 40), (2, 55), (99, 100))]
    assert assess(rules, [past(1)], marks, NOW, HERE).read == {"satisfaction": "47.5"}
    assert assess(rules, [past(1)], (), NOW, HERE).name is None
    assert assess([rule("x", "satisfaction < 70")], [past(1)], marks, NOW, HERE).read == {"satisfaction": "65.0"}


def test_amounts_in_two_currencies_are_not_put_together() -> None:
    cases = [past(1, value=Amount(Decimal(1), "EUR")), past(2, value=Amount(Decimal(1), "GBP"))]
    with pytest.raises((Unfit, Invalid)):
        assess([rule("key", "value > 1")], cases, (), NOW, HERE)
    assert fields_read([rule("key", "value > 1 and cases > 2")]) == {"value"}


def test_a_condition_about_a_class_that_nobody_can_have_is_told() -> None:
    definition = bundle_of(HEAD + """\
roles: {desk: {}}
fields: {customer: {type: party}}
opening: {by: desk}
states:
  open:
    within: [{when: "customer.class in ['key', 'royal']", is: 1 day}, {when: customer.class != 'lots', is: 2 days}, {is: 3 days}]
    actions: {go: {by: desk, to: done}}
""" + DONE).definition
    house = Organisation(name="x", classes={name: rule(name) for name in ("key", "lost")})
    assert [(one.what, one.nearest) for one in unknown_classes(definition, house)] == [
        ("There is no class 'royal'", ""), ("There is no class 'lots'", "lost")]
    assert list(unknown_classes(definition, None)) == []
