"""What an expression can see of a case."""

import re
import timeit
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from specimen import DEFINITION, OPENED, ORGANISATION, ZONE, a_case, sight

from engine.deciding import scope
from engine.deciding.case import Stop
from engine.deciding.expressions import FUNCTIONS, expression
from engine.deciding.filters import FILTERS
from engine.deciding.printing import printed
from engine.deciding.scope import elapsed
from engine.deciding.scope_words import RUNG_WORDS, WORDS, allowed_names
from engine.deciding.templates import template
from engine.deciding.values import ATTRIBUTES, Amount, DayEnd, Reached, Titled
from engine.defining.reference_expressions import EXPRESSIONS

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_fields_are_live_values_by_name_and_unset_ones_are_empty() -> None:
    seen = sight(a_case(region="domestic", loss="1250.50", pieces="7", urgent=True, bought_on="2026-11-02", tags=["a", "b"],
                        visit_at="2026-11-20T08:00:00+00:00"), personal={"findings": "cracked"})
    assert seen["region"] == "domestic" and isinstance(seen["region"], Titled)
    assert seen["loss"] == Decimal("1250.50") and isinstance(seen["loss"], Amount) and seen["loss"].currency == "CNY"
    assert seen["pieces"] == 7 and seen["urgent"] is True and seen["bought_on"] == date(2026, 11, 2) and seen["tags"] == ["a", "b"]
    assert seen["visit_at"] == OPENED and seen["visit_at"].tzinfo == SHANGHAI
    assert seen["findings"] == "cracked"
    assert seen["dollars"] is None and seen["promised"] is None and seen["helper"] is None
    assert "dollars" in seen and seen.get("dollars", 1) is None


def test_a_default_counts_until_another_value_is_given_even_an_empty_one() -> None:
    assert sight()["amount"] == Decimal(0)
    assert sight(a_case(amount="5.00"))["amount"] == Decimal(5)
    assert sight(a_case(amount=None))["amount"] is None


def test_what_is_given_comes_before_what_the_case_holds() -> None:
    seen = sight(a_case(loss="1.00"), given={"loss": "9.00", "comment": "because"})
    assert seen["loss"] == 9 and seen["comment"] == "because"
    assert sight(personal={"comment": "why"})["comment"] == "why"
    assert sight()["comment"] is None


def test_a_person_is_shown_by_name_whether_given_now_or_held_by_the_case() -> None:
    for seen in (sight(a_case(helper="li.na")), sight(given={"helper": "li.na"})):
        assert seen["helper"] == "li.na" and printed(seen["helper"], "en") == "李娜"


def test_the_case_itself_is_seen_with_times_on_its_own_wall_clock() -> None:
    seen = sight()
    assert seen["number"] == "KS-202611-0001" and seen["state"] == "registered"
    assert seen["owner"] == "li.na" and seen["owner_name"] == "李娜" and seen["actor"] == "sun.li" and seen["actor_name"] == "孙丽"
    assert seen["opened_at"] == OPENED and seen["opened_at"].hour == 16
    assert seen["today"] == date(2026, 11, 22)
    assert expression("customer.name == '王女士' and customer.language == 'zh' and not customer.phone")(seen) is True
    assert sight(a_case(), customer=None)["customer"] is None


def test_today_is_the_local_day() -> None:
    late = sight()
    late._now = datetime(2026, 11, 22, 17, tzinfo=UTC)     # 01:00 the next day in Shanghai
    assert late["today"] == date(2026, 11, 23)


@pytest.mark.parametrize(("text", "expected"), [
    ("done('propose')", True), ("done('approve')", False), ("count('propose')", 2), ("count('approve')", 0),
    ("time_of('propose') == '2026-11-21 09:30'", True), ("time_of('approve')", None), ("actor_of('propose')", "li.na"),
    ("actor_of('approve')", None),
    ("met('reply')", False), ("breached('reply')", True), ("running('reply')", False), ("running('total')", True),
    ("breached('total')", False),
    ("met('window') or running('window') or breached('window')", False), ("due('window')", None), ("used('window')", None),
    ("due('total') == '2026-12-04 00:00'", True), ("opened_at <= due('total')", True), ("used('total') == '42 hours'", True),
    ("used('reply') > '1 day'", True),
])
def test_functions_tell_what_happened_and_how_clocks_stand(text: str, expected: object) -> None:
    assert expression(text)(sight()) == expected


def test_a_day_clock_ends_at_midnight_of_its_last_day() -> None:
    assert isinstance(sight()["due"]("total"), DayEnd)
    assert not isinstance(sight()["due"]("reply"), DayEnd)


def test_time_used_leaves_the_stops_out_and_a_better_figure_may_be_brought() -> None:
    case = a_case()
    case.clocks["total"].stops.append(Stop(datetime(2026, 11, 21, 2, tzinfo=UTC), None, "waiting"))
    now = datetime(2026, 11, 22, 2, tzinfo=UTC)
    assert elapsed(case.clocks["total"], now) == timedelta(hours=18)
    assert expression("used('total')")(sight(case)) == timedelta(hours=18)
    assert expression("used('total')")(sight(case, used=lambda name: timedelta(hours=3))) == timedelta(hours=3)


def test_in_a_rung_the_clock_and_how_late_it_is_are_seen() -> None:
    rung = {"clock": "total", "rung": "due", "due_at": datetime(2026, 12, 3, 16, tzinfo=UTC), "overdue": timedelta(days=2),
        "clock_title": "other"}
    seen = sight(extra=rung)
    assert expression("overdue > '1 day' and rung == 'due'")(seen) is True
    assert seen["clock_title"].title_in("en") == "Total" and isinstance(seen["due_at"], DayEnd)
    assert [one.clock_title for one in sight(extra={**rung, "reminders": [rung, {**rung, "clock": "reply"}]})["reminders"]] == ["total",
        "reply"]
    assert expression("overdue or rung")(sight()) is None and sight()["reminders"] == []


def test_people_in_fields_compare_by_id_and_show_their_name() -> None:
    seen = sight(a_case(helper="sun.li", helpers=["li.na", "gone"]))
    assert expression("helper == 'sun.li' and owner in helpers and helper == actor")(seen) is True
    assert seen["helper"].title_in("zh") == "孙丽"


def test_values_with_a_name_are_what_they_say_in_expressions_and_texts() -> None:
    seen = sight(a_case(loss="100.00", pieces="2"))
    assert expression("standard_payment * 2 + loss")(seen) == Decimal("180.00") and isinstance(seen["standard_payment"], Amount)
    assert expression("pieces <= most and opened_at + soon > opened_at and sorry + '!' == 'Sorry!!'")(seen) is True
    shown = "{{ standard_payment }}, {{ soon }}, {{ most }}, {{ sorry }}"
    assert template(shown).render(seen, "en") == "CNY 40.00, 2 days, 3, Sorry!"
    assert template(shown).render(seen, "zh") == "CNY 40.00, 2 天, 3, Sorry!"


def test_only_what_is_listed_is_seen() -> None:
    seen = sight()
    for name in allowed_names(DEFINITION) | FUNCTIONS.keys() | RUNG_WORDS:
        seen[name]
    for name in ("organisation", "personal", "now", "definition", "_case", "__class__", "case", "self"):
        with pytest.raises(KeyError):
            seen[name]
        assert name not in allowed_names(DEFINITION, rung=True)
    assert allowed_names(DEFINITION) >= WORDS | {"loss"} and not allowed_names(DEFINITION) & RUNG_WORDS
    assert allowed_names(DEFINITION, rung=True) >= RUNG_WORDS
    assert set(seen) == allowed_names(DEFINITION)


def test_seeing_costs_microseconds() -> None:
    case, compiled = a_case(loss="600.00", region="overseas"), expression("loss > 500 and region == 'overseas'")
    seen = sight(case)
    assert compiled(seen)
    assert min(timeit.repeat(lambda: sight(case), number=500, repeat=5)) / 500 < 50e-6
    assert min(timeit.repeat(lambda: compiled(seen), number=500, repeat=5)) / 500 < 100e-6
    assert ORGANISATION.people and ZONE


def test_the_reference_names_everything_that_an_expression_can_see_and_use() -> None:
    """Each word, function, filter and attribute stands in the chapter on expressions, as code."""
    spoken = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", EXPRESSIONS))))
    attributes = frozenset[str]().union(*(names for kind, names in ATTRIBUTES.items() if kind is not Reached))
    assert (WORDS | RUNG_WORDS | FUNCTIONS.keys() | FILTERS.keys() | attributes) - spoken == set()


def test_the_words_that_are_allowed_are_those_that_mean_something() -> None:
    assert {*scope._WORDS, "customer"} == WORDS | RUNG_WORDS and set(scope._FUNCTIONS) == set(FUNCTIONS)
