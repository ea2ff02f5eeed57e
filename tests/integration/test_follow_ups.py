"""Tasks on the dates of a rule: each date once, on a working day, whenever the scheduler comes by, and not against the customer's will."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.deciding.case import TaskStatus, case_json, rebuild
from engine.ground.clock import VirtualClock
from engine.ground.errors import NotAllowed
from engine.records import cases
from engine.usecases import answering, auditing, reading, sweeping, timekeeping
from engine.usecases.house import House
from engine.usecases.settling import settle
from engine.usecases.work import take_up
from engine.usecases.writing import write
from tests.houses import as_, events_of, state_of
from tests.small import CUSTOMER, DONE, HEAD, ROLES, do, empty_house, kinds, opened, put_in_force

RULE = "FREQ=MONTHLY;INTERVAL=1;SKIP=BACKWARD"
PROCEDURE = HEAD + ROLES + """
opening: {by: desk}
fields:
  customer: {type: party, required: true}
  sold_on:  {type: date}
states:
  live:
    tasks:
      visit:
        {by: desk, from: [sold_on, sell], every: "RULE", when: customer.may_be_asked, within: 5 days, ladder: [{at: due, remind: desk}]}
    actions:
      sell: {by: desk}
      close: {by: desk, to: done}
      rest: {by: desk, to: resting}
  resting:
    actions:
      back_again: {by: desk, to: live}
""" + DONE
ZONES = {"UTC": "UTC", "London": "Europe/London", "New York": "America/New_York", "Lord Howe": "Australia/Lord_Howe"}
CLOSED = [date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 4), date(2026, 12, 25), date(2026, 12, 28)]


def house_with(rule: str = RULE, zone: str = "UTC") -> tuple[House, VirtualClock]:
    house, clock = empty_house()
    closed = ", ".join(day.isoformat() for day in CLOSED)
    calendar = f"calendar: office\ntimezone: {zone}\nhours: {{mon-fri: [\"09:00-17:00\"]}}\nvalid_through: 2030-12-31\nclosed: [{closed}]\n"
    put_in_force(house, PROCEDURE.replace("RULE", rule), calendar=calendar)
    return house, clock


def on_dates(house: House, number: str, kind: str = "task_opened") -> list[datetime]:
    """When visits were opened (or left out), as of the instants that history dates them."""
    return [event.occurred_at for event in events_of(house, number) if event.kind == kind]


@given(
    rule=st.sampled_from([
        "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=MONTHLY;BYMONTHDAY=1,-1", "FREQ=MONTHLY;COUNT=5", "FREQ=DAILY;INTERVAL=9",
    ]),
    zone=st.sampled_from(sorted(ZONES)), sold=st.dates(date(2026, 1, 1), date(2026, 3, 2)),
    steps=st.lists(st.tuples(st.integers(1, 24 * 70), st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=8),
)
@settings(max_examples=40, deadline=None)
def test_each_date_of_the_rule_opens_one_visit_whenever_the_scheduler_comes_by(
    rule: str, zone: str, sold: date, steps: list[tuple[int, bool, bool, bool]],
) -> None:
    house, clock = house_with(rule, ZONES[zone])
    number = opened(house, customer=CUSTOMER, sold_on=sold.isoformat())
    begun, tz = clock.now(), ZoneInfo(ZONES[zone])

    def opens(day: date) -> datetime:
        while day.weekday() > 4 or day in CLOSED:
            day += timedelta(days=1)
        return datetime.combine(day, time(), tz).astimezone(UTC)

    first = datetime(sold.year, sold.month, sold.day)
    dates = [opens(one.date()) for one in rrulestr(rule, dtstart=first).between(first, datetime(2030, 1, 1))]
    wanted, skipped = list[datetime](), list[datetime]()
    last, waits, asked = begun, False, True
    for hours, dies, done, ask in steps:
        clock.move_to(clock.now() + timedelta(hours=hours))
        if dies:                                     # a scheduler that dies before it commits has done nothing
            with pytest.raises(RuntimeError), house.store.writing() as conn:
                work = take_up(house, conn, cases.load(conn, number), clock.now())
                settle(work)
                write(work)
                raise RuntimeError
        sweeping.sweep(house)
        while not waits and (due := next((one for one in dates if one > last), None)) is not None and due <= clock.now():
            (wanted if asked else skipped).append(due)
            last, waits = due, asked
        assert (on_dates(house, number), on_dates(house, number, "left_out")) == (wanted, skipped)
        if done and waits:
            do(house, number, "visit")
            last, waits = clock.now(), False
        if ask != asked:
            answering.ask_no_more(house, number, as_("ann"), again=ask)
            asked = ask
    assert case_json(rebuild(events_of(house, number))) == case_json(state_of(house, number))


def test_who_wants_no_questions_is_not_visited_and_history_says_which_dates_went_by() -> None:
    house, clock = house_with()
    number = opened(house, customer=CUSTOMER, sold_on="2026-01-31")
    answering.ask_no_more(house, number, as_("ann"))
    clock.move_to(datetime(2026, 5, 5, 9, tzinfo=UTC))
    sweeping.sweep(house)
    assert on_dates(house, number, "left_out") == [datetime(2026, m, d, tzinfo=UTC) for m, d in ((3, 31), (4, 30))]
    answering.ask_no_more(house, number, as_("ann"), again=True)
    clock.move_to(datetime(2026, 6, 1, 9, tzinfo=UTC))
    sweeping.sweep(house)
    assert on_dates(house, number) == [datetime(2026, 6, 1, tzinfo=UTC)], "31 May is a Sunday; what went by is not made up for"
    assert "visit: left out, since its condition did not hold" in [line.what for line in reading.history_of(house, number, as_("ann"))[0]]
    assert auditing.verify(house).problems == []


def test_after_a_month_without_the_scheduler_one_visit_is_open_with_its_delay_on_record() -> None:
    house, clock = house_with("FREQ=WEEKLY")
    number = opened(house, customer=CUSTOMER, sold_on="2026-03-02")
    clock.move_to(datetime(2026, 4, 20, 9, tzinfo=UTC))
    sweeping.sweep(house)
    assert on_dates(house, number) == [datetime(2026, 3, 9, tzinfo=UTC)]
    assert state_of(house, number).clocks["visit"].breached_at == datetime(2026, 3, 15, tzinfo=UTC)
    do(house, number, "visit")
    clock.move_to(datetime(2026, 4, 27, 9, tzinfo=UTC))
    sweeping.sweep(house)
    assert on_dates(house, number)[1:] == [datetime(2026, 4, 27, tzinfo=UTC)]


def test_beyond_what_the_calendar_knows_no_date_is_guessed_and_once_it_knows_the_visit_opens_as_of_its_day(tmp_path: Path) -> None:
    house, clock = house_with()
    short = "calendar: office\ntimezone: UTC\nhours: {mon-fri: [\"09:00-17:00\"]}\nvalid_through: "
    put_in_force(house, PROCEDURE.replace("RULE", RULE), calendar=short + "2026-03-20\n")
    number = opened(house, customer=CUSTOMER, sold_on="2026-03-02")
    clock.move_to(datetime(2026, 4, 10, 9, tzinfo=UTC))
    sweeping.sweep(house)
    assert on_dates(house, number) == []
    (tmp_path / "office.yaml").write_text(short + "2028-12-31\n", encoding="utf-8")
    timekeeping.publish_calendars(house, [tmp_path / "office.yaml"], as_("ann"), extend=True)
    assert on_dates(house, number) == [datetime(2026, 4, 2, tzinfo=UTC)]


def test_the_last_event_counts_and_what_goes_by_in_another_state_does_not() -> None:
    house, clock = house_with()
    number = opened(house, customer=CUSTOMER)
    clock.move_to(datetime(2026, 7, 1, 9, tzinfo=UTC))
    sweeping.sweep(house)
    assert on_dates(house, number) == [], "nothing was sold"
    do(house, number, "sell")
    do(house, number, "rest")
    clock.move_to(datetime(2026, 9, 2, 9, tzinfo=UTC))
    sweeping.sweep(house)
    do(house, number, "back_again")
    assert on_dates(house, number) == []
    with pytest.raises(NotAllowed):
        do(house, number, "visit")
    clock.move_to(datetime(2026, 10, 1, 9, tzinfo=UTC))
    sweeping.sweep(house)
    assert state_of(house, number).tasks["visit"].status is TaskStatus.OPEN and kinds(house, number)[-1] == "task_opened"
