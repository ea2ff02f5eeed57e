"""What an expression asks of other cases: `others(field, like=value, since='90 days').count` and `.sum('field')`."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from specimen import CALENDAR, DEFINITION, a_case, sight

from engine.deciding.asked import Asked, parse_since
from engine.deciding.expressions import expression
from engine.deciding.others import Question, beginning, kept_values
from engine.deciding.templates import template
from engine.deciding.values import Amount
from engine.ground.duration import parse_duration
from engine.ground.errors import Invalid

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)      # 10:00 in Shanghai, as `sight` has it


class House:
    """Answers a number or some texts, and remembers what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, list[Question]()

    def __call__(self, question: Question) -> Any:
        self.asked.append(question)
        return self.answer


def ask(text: str, answer: Any = 0, **fields: Any) -> tuple[Any, list[Question]]:
    house = House(answer)
    more = fields.pop("more", {})
    return expression(text)(sight(a_case(**fields), answer=house, **more)), house.asked


def test_what_is_asked_is_known_from_the_text_alone() -> None:
    compiled = expression("others(region, pieces=7, loss=amount, since='28 days').sum('amount') + loss > 500")
    assert compiled.asked == (Asked("region", (("pieces", Decimal(7)), ("loss", None)), parse_duration("28 days"), "amount"),)
    assert compiled.asked[0].fields == {"region", "pieces", "loss", "amount"}
    assert compiled.names == {"region", "amount", "loss"}
    page = template("{{ others(region, since='04-01').count }} {% if others(pieces).count %}x{% endif %}")
    assert page.asked == (Asked("region", (), (4, 1), None), Asked("pieces", (), None, None))


def test_a_count_is_asked_by_the_value_that_this_case_holds() -> None:
    assert ask("others(region).count", 3, region="overseas") == (3, [Question("region", '"overseas"', {}, None, NOW, None)])
    assert ask("others(loss).count", 1, loss="12.50")[1][0].value == '"12.50 CNY"'
    assert ask("others(urgent).count", 1, urgent=False)[1][0].value == "false"
    assert ask("others(bought_on).count >= 2", 2, bought_on="2026-11-02")[0] is True
    assert ask("not others(region).count", 0, region="overseas")[0] is True


def test_values_given_with_the_action_come_first() -> None:
    value, asked = ask("others(pieces).count", 1, pieces="7", more={"extra": {"pieces": Decimal(9)}})
    assert (value, asked[0].value) == (1, '"9"')


def test_other_fields_are_compared_exactly() -> None:
    _, asked = ask("others(region, loss=loss * 2, pieces=3, helper=owner).count", 1, region="domestic", loss="2.25")
    assert asked[0].like == {"loss": '"4.50 CNY"', "pieces": '"3"', "helper": '"li.na"'}


@pytest.mark.parametrize("text", [
    "others(region).count", "others(region).sum('loss')", "others(pieces, region=region).count", "others(pieces, tags=nothing_else).count",
    "others(pieces, region='nowhere').count",
])
def test_an_empty_value_is_shared_by_nobody_and_one_that_cannot_be_held_by_no_case(text: str) -> None:
    value, asked = ask(text.replace("nothing_else", "findings"), 9, pieces="7")
    assert value == 0 and asked == []


def test_sums_are_exact_and_keep_their_currency() -> None:
    total, asked = ask("others(region).sum('loss')", ['"0.10 CNY"', '"0.20 CNY"', '"1250.55 CNY"'], region="domestic")
    assert isinstance(total, Amount) and (total, total.currency) == (Decimal("1250.85"), "CNY") and asked[0].total == "loss"
    assert ask("others(region).sum('loss') + loss > 5", [], region="domestic", loss="5.01")[0] is True
    assert ask("others(region).sum('pieces')", ['"0.1"', '"0.2"'], region="domestic")[0] == Decimal("0.3")


def test_amounts_of_an_older_currency_are_not_added_up_and_words_are_no_amounts() -> None:
    with pytest.raises(Invalid, match="CNY, GBP"):
        ask("others(region).sum('loss')", ['"0.10 CNY"', '"0.20 GBP"'], region="domestic")
    for kept in ('"abc"', "true", "[1]", '"1 2 3"'):
        with pytest.raises(Invalid, match="is no number"):
            ask("others(region).sum('loss')", [kept], region="domestic")


def test_the_customer_is_asked_for_by_number() -> None:
    case = a_case()
    case.party = 17
    house = House(2)
    assert expression("others(customer, since='28 days').count >= 2")(sight(case, answer=house)) is True
    assert house.asked[0].value == "17"
    assert expression("others(customer).count")(sight(case, answer=house, given={"customer": 4})) == 2
    assert house.asked[1].value == "4"
    assert expression("others(customer).count")(sight(a_case(), answer=house)) == 0          # no customer yet
    given_now = {"customer": {"name": "王女士"}}
    assert expression("others(customer).count")(sight(a_case(), answer=house, given=given_now)) is None
    assert len(house.asked) == 2


def test_where_nobody_knows_other_cases_nothing_is_guessed() -> None:
    assert expression("others(region).count")(sight(a_case(region="domestic"))) is None


@pytest.mark.parametrize(("since", "begins"), [
    ("28 days", "2026-10-25 00:00"), ("2 weeks", "2026-11-08 00:00"), ("1 month", "2026-10-22 00:00"), ("3 months", "2026-08-22 00:00"),
    ("1 year", "2025-11-22 00:00"), ("24 hours", "2026-11-21 10:00"), ("90 minutes", "2026-11-22 08:30"), ("0 days", "2026-11-22 00:00"),
    ("5 working days", "2026-11-16 00:00"), ("01-01", "2026-01-01 00:00"), ("04-01", "2026-04-01 00:00"), ("11-22", "2026-11-22 00:00"),
    ("11-23", "2025-11-23 00:00"), ("12-31", "2025-12-31 00:00"),
])
def test_since_goes_back_to_the_beginning_of_a_local_date_or_to_an_instant(since: str, begins: str) -> None:
    expected = datetime.fromisoformat(begins).replace(tzinfo=CALENDAR.zone)
    assert ask(f"others(region, since='{since}').count", 1, region="domestic")[1][0].since == expected


@given(st.datetimes(datetime(2001, 1, 1), datetime(2026, 12, 30)), st.dates(date(2001, 1, 1), date(2001, 12, 31)))
def test_a_date_that_comes_every_year_last_came_within_the_last_year(moment: datetime, day: date) -> None:
    now = moment.replace(tzinfo=UTC)
    began = beginning(parse_since(f"{day:%m-%d}"), now, CALENDAR)
    assert began <= now and (now - began).days <= 366
    assert f"{began.astimezone(CALENDAR.zone):%m-%d %H:%M}" == f"{day:%m-%d} 00:00"


def test_working_days_beyond_the_calendar_are_not_guessed() -> None:
    late = sight(a_case(region="domestic"), answer=House(3))
    late._now = datetime(2027, 1, 4, tzinfo=UTC)
    assert expression("others(region, since='5 working days').count")(late) is None
    assert expression("others(region, since='5 days').count")(late) == 3


@pytest.mark.parametrize("text", [
    "others(region)", "others(region) > 2", "others('region').count", "others(region, loss).count", "others().count", "others.count",
    "others", "others(region.name).count", "others(*region).count", "others(region, **loss).count", "others(region).count()",
    "others(region).sum()", "others(region).sum(loss)", "others(region).sum('a', 'b')", "others(region).sum(x='loss')",
    "others(region).sum", "others(region).max('x')",
    "others(region, since=loss).count", "others(region, since=28).count", "others(region, since='soon').count",
    "others(region, since='02-29').count", "others(region, since='13-01').count", "others(region, since='1 day', since='2 days').count",
    "others(region, loss=1, loss=2).count", "others(region, loss=none).count", "region.count", "done('x').sum('y')",
    "worked_days(region)", "worked_days(1, 2, 3)", "worked_days(x=1, y=2)", "worked_days", "others(region).count.count",
])
def test_questions_that_are_none_are_refused_when_read_or_when_asked(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask(text, 1, region="domestic")
    assert refused.value.message and len(refused.value.message) < 400


def test_a_case_tells_only_public_values_of_the_fields_asked_for() -> None:
    held = {"region": "overseas", "loss": "600.00", "dollars": "1.00", "pieces": "7", "tags": ["a"], "unknown": "x"}
    names = {"region", "loss", "findings", "dollars", "promised", "unknown", "customer"}
    assert kept_values(DEFINITION, held, None, names) == {"region": '"overseas"', "loss": '"600.00 CNY"', "dollars": '"1.00 USD"'}
    assert kept_values(DEFINITION, {}, 17, {"customer", "others_hurt"}) == {"customer": "17"}


@given(st.text(max_size=300), st.text(max_size=300))
def test_equal_values_and_only_those_are_kept_as_equal_texts(one: str, other: str) -> None:
    kept = [kept_values(DEFINITION, {"region": value}, None, {"region"})["region"] for value in (one, other)]
    assert (kept[0] == kept[1]) is (one == other) and max(map(len, kept)) <= 200
