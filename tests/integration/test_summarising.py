"""The daily summary: every day's figures add up to what happened, whenever the scheduler came by."""

from datetime import timedelta

from engine.usecases.acting import act
from engine.usecases.summarising import Summary, daily_summary
from engine.usecases.sweeping import sweep
from tests.houses import as_, events_of
from tests.small import DONE, HEAD, ROLES, START, opened, small_house

PROCEDURE = HEAD + ROLES + (
    "states:\n"
    "  first:\n"
    "    actions:\n"
    "      finish: {by: desk, to: done}\n"
    "      lapse: {by: system, after: 3 days, to: done}\n"
    + DONE +
    "clocks: {reply: {from: opened, until: finish, within: 24 hours}}\n"
)


def test_a_breach_at_the_very_moment_of_a_summary_counts_once_in_the_next() -> None:
    house, clock = small_house(PROCEDURE)
    opened(house)
    days: list[Summary] = []
    for day in range(1, 4):
        clock.move_to(START + timedelta(days=day))     # the limit ends just when the first summary is made
        sweep(house)
        days.append(daily_summary(house))
    assert [day.breaches for day in days] == [0, 1, 0]
    assert [day.overdue for day in days] == [0, 1, 1]


def test_what_was_found_after_an_outage_counts_on_the_day_it_was_found() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    clock.move_to(START + timedelta(days=10))          # nobody swept for ten days: a breach and a closing lie far back
    sweep(house)
    today = daily_summary(house)
    assert (today.breaches, today.closed, today.open) == (1, 1, 0)
    assert events_of(house, number)[-1].occurred_at < house.clock.now() - timedelta(days=6)


def test_figures_of_all_days_add_up() -> None:
    house, clock = small_house(PROCEDURE)
    cases = [opened(house) for _ in range(4)]
    clock.move_to(START + timedelta(hours=7))
    act(house, cases[0], "finish", as_("ann"), {})
    first = daily_summary(house)
    assert (first.opened, first.closed, first.open) == (4, 1, 3)
    assert [(one.owner, one.open, one.overdue) for one in first.holdings] == [("ann", 3, 0)]
    days = [first]
    for day in range(1, 6):
        clock.move_to(START + timedelta(days=day, hours=7))
        sweep(house)
        days.append(daily_summary(house))
    assert [sum(getattr(day, name) for day in days) for name in ("opened", "closed", "breaches")] == [4, 4, 3]
    assert days[1].latest and {one.number for one in days[1].latest} == set(cases[1:])
    assert days[-1].open == days[-1].overdue == 0


def test_the_page_names_owners_and_cases() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    clock.move_to(START + timedelta(days=1, hours=2))
    sweep(house)
    page = daily_summary(house).markdown()
    assert f"| {number} | ann |" in page and "| ann | 1 | 1 |" in page and "| breaches | 1 |" in page
