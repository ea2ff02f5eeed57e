"""A real log through the product: 1,434 permit applications, each event an action, its deadlines held against those that the log gives.

The log lies beside the project, not in it; without it these tests are skipped and say so.
"""

import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import holidays
import numpy as np
import pytest

from benchmarks.receipt_log import DATE, KINDS, LOG, MINUTE, ZONE, Application, kind, read
from benchmarks.receipt_play import Replayed, replay
from benchmarks.receipt_report import case_of, report, reproduced
from engine.deciding.case import CaseState
from engine.deciding.rights import THE_SYSTEM
from engine.usecases import reading
from engine.usecases.clock_view import case_clocks

ROOT = Path(__file__).parents[2]


class Told(NamedTuple):
    """The log, what became of it, and every case as stored."""

    log: list[Application]
    done: Replayed
    found: dict[str, object]
    states: dict[str, CaseState]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    if not LOG.exists():
        pytest.skip("the log lies beside the project, not in it")
    log = read()
    done = replay(log, tmp_path_factory.mktemp("replay") / "house")
    return Told(log, done, report(log, done), {one.id: case_of(done, one) for one in log})


def test_the_clock_is_due_when_the_log_says_for_the_983_cases_that_follow_its_rule(told: Told) -> None:
    same = [one.id for one in told.log if reproduced(told.states[one.id], one)]
    assert same == [one.id for one in told.log if kind(one) == KINDS[0]] and len(same) == 983


def test_every_other_deadline_is_of_a_kind_that_is_named(told: Told) -> None:
    kinds = Counter(map(kind, told.log))
    assert [kinds[name] for name in KINDS] == [983, 90, 4, 58, 80, 186, 23, 6, 4] and kinds.total() == len(told.log) == 1434


def test_a_date_without_a_time_of_day_leads_to_the_midnight_that_the_log_says(told: Told) -> None:
    """The clock counts from what the log shows instead of the midnight, so it ends as much later: 4,000 seconds."""
    dates = [one for one in told.log if kind(one) == DATE]
    late = {due - one.deadline for one in dates if (due := told.states[one.id].clocks["decision"].due_at)}
    assert {round(by / timedelta(seconds=1)) for by in late} == {4000}


def test_the_procedure_allows_what_people_did_but_for_work_on_closed_cases_and_one_unsigned_letter(told: Told) -> None:
    reasons = Counter(reason for _, _, reason in told.done.refused)
    assert reasons == {"closed": 57, "state": 1}
    assert (sum(told.done.taken.values()), sum(map(len, (one.events for one in told.log)))) == (8519, 8577)
    assert told.done.ended == {"decided": 1183, "ended before the intake was complete": 146}


def test_an_end_is_late_exactly_where_the_log_has_it_after_its_deadline(told: Told) -> None:
    last, judged = told.done.house.clock.now(), 0
    for one in told.log:
        late_by = (one.end or last) - one.deadline
        if reproduced(told.states[one.id], one) and abs(late_by) > MINUTE:      # some ended on the dot, milliseconds apart
            judged += 1
            assert (told.states[one.id].clocks["decision"].breached_at is not None) == (late_by > timedelta()), one.id
    assert judged > 970


def test_working_days_are_those_that_another_library_counts(told: Told) -> None:
    off = [day.isoformat() for day in holidays.country_holidays("NL", years=range(2010, 2014))]
    for one in told.log:
        due, start = told.states[one.id].clocks["confirmation"].due_at, one.start.astimezone(ZONE).date()
        last = np.busday_offset(np.datetime64(start), 0, roll="backward", holidays=off)
        last = np.busday_offset(last, 20, holidays=off).astype(date)
        assert due is not None and (due - timedelta(microseconds=1)).astimezone(ZONE).date() == last, one.id


def test_history_is_whole_and_every_second_is_booked_once(told: Told) -> None:
    assert told.found["history"]["problems"] == told.found["accounts_off"] == told.found["sweep_failures"] == []    # type: ignore[index]
    assert told.done.swept["events"] > 4000


def test_nothing_is_computed_anew_where_nothing_changed(told: Told) -> None:
    assert {run.round for state in told.states.values() for run in state.clocks.values()} == {1}


def test_every_view_of_a_case_can_be_shown(told: Told) -> None:
    for one in told.log[::10]:
        number = told.done.numbers[one.id]
        assert reading.show(told.done.house, number, THE_SYSTEM).customer
        assert len(reading.history(told.done.house, number, THE_SYSTEM)[0]) == told.states[one.id].seq
        for clock in case_clocks(told.done.house, number, explained=True, actor=THE_SYSTEM).clocks:
            assert clock.explanation and clock.explanation["due_at"] == clock.expected_at


def test_a_log_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "benchmarks.replay_receipt", "--log", str(tmp_path / "receipt.csv")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 1 and "receipt.csv is not there" in done.stderr
