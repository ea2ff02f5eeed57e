"""How a clock lives, through the use cases: when it exists, what a second start does, and how a changed limit is counted."""

from datetime import timedelta
from typing import Any

import pytest

from engine.deciding.case import ClockRun, rebuild
from engine.deciding.rights import THE_SYSTEM
from engine.ground.errors import NotAllowed
from engine.ground.language import speak
from engine.usecases import amending, opening, postponing, reading, sweeping
from engine.usecases.clock_view import case_clocks
from tests.houses import as_, events_of, state_of
from tests.small import HEAD, ROLES, START, do, kinds, refused, sent, small_house

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LADDER = "ladder: [{at: 50%, remind: manager}, {at: due, remind: director}]"
CLOCKS = f"""\
clocks:
  urgent: {{within: 8 hours, from: opened, until: answer, when: level == 'high', {LADDER}}}
  usual:  {{within: 48 hours, from: opened, until: answer, when: level == 'low', {LADDER}}}
"""
PROCEDURE = (
    HEAD
    + "fields: {level: {type: choice, options: [low, high, none_yet], default: none_yet}, visit: {type: date}}\n"
    + ROLES
    + """\
opening: {by: desk}
anywhere:
  actions:
    triage: {by: desk, require: level}
    call: {by: desk}
    answer: {by: desk}
states:
  first:
    actions:
      park: {by: desk, to: parked}
      close: {by: desk, to: done}
  parked: {actions: {back: {by: desk, to: first}}}
  done: {final: true, actions: {reopen: {by: desk, to: first}}}
"""
)


class Told:
    """A case of this procedure with these clocks, moved on by hours since opening."""

    def __init__(self, clocks: str, procedure: str = PROCEDURE, **given: Any) -> None:
        self.house, self.clock = small_house(procedure + clocks)
        speak("en")
        self.number = opening.open_case(self.house, "small", as_("ann"), given).number

    def at(self, hours: float, sweep: bool = True) -> "Told":
        self.clock.move_to(START + hours * HOUR)
        if sweep:
            sweeping.sweep(self.house)
        return self

    def do(self, action: str, **given: Any) -> "Told":
        do(self.house, self.number, action, **given)
        return self

    def run(self, name: str) -> ClockRun:
        return state_of(self.house, self.number).clocks[name]

    def due(self, name: str) -> float | None:
        """Hours from opening."""
        due = self.run(name).due_at
        return None if due is None else (due - START) / HOUR

    def happened(self, *kinds_of: str) -> list[str]:
        return [what for what in kinds(self.house, self.number) if what.split()[0] in (kinds_of or ("breach", "rung"))]

    def told(self, name: str) -> list[str]:
        (figures,) = case_clocks(self.house, self.number, name, explained=True, actor=THE_SYSTEM).clocks
        assert figures.explanation is not None
        return list(figures.explanation["text"])


# --- when -------------------------------------------------------------------------------------------------------------


def test_a_new_triage_swaps_the_set_of_clocks_each_from_the_opening() -> None:
    case = Told(CLOCKS)
    assert [case.run(name).status for name in ("urgent", "usual")] == ["off", "off"]
    assert reading.show(case.house, case.number, THE_SYSTEM).clocks == ()
    case.at(6).do("triage", level="high")
    assert (case.due("urgent"), case.run("usual").status, case.run("urgent").started_at) == (8.0, "off", START)
    case.at(7).do("triage", level="low")
    assert (case.run("urgent").status, case.due("usual")) == ("off", 48.0)
    assert [one.name for one in reading.show(case.house, case.number, THE_SYSTEM).clocks] == ["usual"]
    assert case.happened("clock_on", "clock_off") == ["clock_on urgent", "clock_off urgent", "clock_on usual"]
    assert case.at(40).happened() == ["rung urgent 50%", "rung usual 50%"]      # nothing of the clock that is off
    refused(case.house, NotAllowed, 5, lambda: postponing.pause(case.house, case.number, as_("ann"), "urgent", "x"))


def test_a_clock_that_begins_to_apply_when_it_is_overdue_already_breaches_when_it_would_have_and_sends_one_message() -> None:
    case = Told(CLOCKS).at(20)
    case.do("triage", level="high").at(20)
    assert (case.happened(), case.run("urgent").breached_at) == (["breach urgent", "rung urgent due"], START + 8 * HOUR)
    assert [to for _, to in sent(case.house, case.number)] == ["dora"]
    [breach] = [event for event in events_of(case.house, case.number) if event.kind == "breach"]
    assert (breach.occurred_at, breach.recorded_at) == (START + 8 * HOUR, START + 20 * HOUR)


def test_history_says_which_rungs_only_the_calculation_passed() -> None:
    case = Told(CLOCKS).at(9).do("triage", level="high").at(10)
    details = [line for told in reading.history(case.house, case.number, THE_SYSTEM)[0] for line in told.details]
    assert [line for line in details if "passed" in line] == ["urgent: passed by calculation, not carried out: 50%"]


def test_what_was_answered_while_the_clock_did_not_apply_does_not_come_back() -> None:
    case = Told(CLOCKS, level="high").at(1).do("triage", level="low").at(2).do("answer").at(3).do("triage", level="high")
    assert [case.run(name).status for name in ("urgent", "usual")] == ["cancelled", "met"]
    assert case.at(100).happened() == []


def test_a_case_closed_while_a_clock_is_off_and_reopened_has_it_again_without_the_closed_time() -> None:
    case = Told(CLOCKS, level="high").at(2).do("triage", level="low").at(3).do("close").at(13).do("reopen")
    case.at(14).do("triage", level="high")
    assert (case.run("urgent").status, case.due("urgent")) == ("running", 18.0)


def test_a_condition_may_read_where_the_case_is_and_what_was_done() -> None:
    case = Told("clocks: {c: {within: 8 hours, from: opened, until: answer, when: state == 'parked' or done('call')}}\n")
    assert case.run("c").status == "off"
    assert case.do("park").run("c").status == "running"
    assert case.do("back").run("c").status == "off"
    assert case.do("call").run("c").status == "running"


def test_a_limit_that_is_known_later_counts_from_the_start() -> None:
    limits = "[{when: level == 'high', is: 8 hours}, {when: level == 'low', is: 48 hours}]"
    case = Told(f"clocks: {{c: {{within: {limits}, from: opened, until: answer}}}}\n")
    assert (case.run("c").status, reading.show(case.house, case.number, THE_SYSTEM).clocks) == ("off", ())
    assert case.at(5).do("triage", level="low").due("c") == 48.0
    assert case.at(6).do("triage", level="none_yet").run("c").status == "off"
    assert case.at(7).do("triage", level="high").due("c") == 8.0


def test_a_clock_that_came_and_went_is_explained() -> None:
    case = Told(CLOCKS).at(1).do("triage", level="high").at(2).do("triage", level="low")
    assert case.told("urgent")[-3:] == [
        "Did not apply from 2026-03-02 09:00 on: opened the case (Ann Archer).",
        "Applied from 2026-03-02 10:00 on: triage (Ann Archer); due 2026-03-02 17:00.",
        "Did not apply from 2026-03-02 11:00 on: triage (Ann Archer).",
    ]
    assert any(line.endswith("It does not apply now; if it did it would be due 2026-03-02 17:00.") for line in case.told("urgent"))
    [figures] = case_clocks(case.house, case.number, "urgent", actor=THE_SYSTEM).clocks
    assert (figures.status, figures.due_at, figures.rungs, figures.consumed) == ("off", None, (), None)
    never = Told(CLOCKS).told("urgent")
    assert never[-1] == "Did not apply from 2026-03-02 09:00 on: opened the case (Ann Archer)." and len(never) == 3
    speak("zh")
    assert case.told("urgent")[-1].startswith("自 2026-03-02 11:00 起不适用")
    speak("en")


# --- restart ----------------------------------------------------------------------------------------------------------


def restarting(restart: str) -> Told:
    """Opened, called again after an hour while it runs, answered after two, called again after ten."""
    case = Told(f"clocks: {{c: {{within: 8 hours, from: [opened, call], until: answer{restart}, {LADDER}}}}}\n")
    return case.at(1).do("call").at(2).do("answer").at(10).do("call")


@pytest.mark.parametrize(
    ("restart", "run", "due"),
    [
        ("", 2, 18.0),                      # the running one went on; the stopped one began anew
        (", restart: continue", 1, 16.0),   # two hours used, eight hours over
        (", restart: again", 3, 18.0),
        (", restart: never", 1, 8.0),       # met, and stays so
    ],
)
def test_restart_says_what_a_second_start_does(restart: str, run: int, due: float) -> None:
    case = restarting(restart)
    assert (case.run("c").run, case.due("c")) == (run, due)
    assert case.run("c").status == ("met" if restart.endswith("never") else "running")


def test_a_clock_that_continues_fires_no_rung_twice_and_keeps_what_was_missed() -> None:
    case = Told(f"clocks: {{c: {{within: 8 hours, from: [opened, call], until: answer, restart: continue, {LADDER}}}}}\n")
    case.at(9).do("answer").at(20).do("call")
    assert case.at(40).happened() == ["rung c 50%", "breach c", "rung c due"]
    assert case.run("c").breached_at == START + 8 * HOUR
    assert "Stood still 2026-03-02 18:00 – 2026-03-03 05:00: it was over." in case.told("c")


def test_a_run_that_was_cut_short_by_a_new_one_is_told() -> None:
    case = Told("clocks: {c: {within: 8 hours, from: [opened, call], until: answer, restart: again}}\n").at(1).do("call")
    assert (case.run("c").run, case.due("c")) == (2, 9.0)
    assert case.told("c")[1] == "It is run number 2 of this clock; the one before, due 2026-03-02 17:00, was cut short."


def test_a_run_that_was_cut_short_while_it_stood_still_is_told_without_a_due_time() -> None:
    again = "clocks: {c: {within: 8 hours, from: [opened, call], until: answer, restart: again, pause: {in: parked}}}\n"
    case = Told(again).at(1).do("park").at(2).do("call")
    assert case.told("c")[1] == "It is run number 2 of this clock; the one before was cut short while it stood still."


def test_reopening_goes_on_or_begins_anew_as_declared() -> None:
    for start, run, due in (("opened", 1, 16.0), ("[opened, reopen]", 2, 18.0), ("[opened, reopen], restart: continue", 1, 16.0)):
        case = Told(f"clocks: {{c: {{within: 8 hours, from: {start}, until: answer}}}}\n").at(2).do("close").at(10).do("reopen")
        assert (case.run("c").run, case.due("c")) == (run, due), start
        assert case.at(11).do("call").due("c") == due


def test_what_continues_in_a_closed_case_runs_on() -> None:
    actions = "  done: {final: true, actions: {ring: {by: desk}}}\n"
    clocks = "clocks: {c: {within: 8 hours, from: [opened, ring], until: answer, restart: continue}}\n"
    text = PROCEDURE.replace("  done: {final: true, actions: {reopen: {by: desk, to: first}}}\n", actions)
    case = Told(clocks, text).at(2).do("close").at(10).do("ring")
    assert (case.run("c").status, case.due("c")) == ("running", 16.0)
    assert case.at(11).do("ring").due("c") == 16.0


# --- recompute --------------------------------------------------------------------------------------------------------


def recomputing(mode: str, hours: float = 6) -> Told:
    """A limit of two days that becomes eight hours after so many, having stood still for one."""
    limits = "[{when: level == 'high', is: 8 hours}, {is: 48 hours}]"
    case = Told(f"clocks: {{c: {{within: {limits}, from: opened, until: answer, pause: {{in: parked}}, recompute: {mode}, {LADDER}}}}}\n")
    return case.at(1).do("park").at(2).do("back").at(hours).do("triage", level="high")


@pytest.mark.parametrize(("mode", "run", "due", "start"), [("retroactive", 1, 9.0, 0), ("forward", 1, 14.0, 0), ("reset", 2, 14.0, 6)])
def test_a_changed_limit_counts_from_the_start_or_from_the_change(mode: str, run: int, due: float, start: float) -> None:
    case = recomputing(mode)
    assert (case.run("c").run, case.due("c"), case.run("c").started_at) == (run, due, START + start * HOUR)


def test_a_limit_that_counts_from_the_change_leaves_what_is_past() -> None:
    case = recomputing("forward", 60)
    assert (case.run("c").breached_at, case.due("c")) == (START + 49 * HOUR, 68.0)
    case.at(61).do("triage", level="low")
    assert (case.run("c").breached_at, case.due("c"), case.happened("breach_withdrawn")) == (START + 49 * HOUR, 109.0, [])
    assert case.at(110).happened() == ["rung c 50%", "breach c", "rung c due"] * 2
    assert "The limit counts in full from 2026-03-04 22:00." in case.told("c")
    assert any(line.startswith("Computed again 2026-03-04 22:00: triage") for line in case.told("c"))


def test_a_limit_that_counts_from_the_change_keeps_extensions_and_pauses_that_go_on() -> None:
    limits = "[{when: level == 'high', is: 8 hours}, {is: 48 hours}]"
    extend = "extend: {by: manager, up_to: 4 hours}"
    case = Told(f"clocks: {{c: {{within: {limits}, from: opened, until: answer, pause: {{in: parked}}, recompute: forward, {extend}}}}}\n")
    postponing.extend(case.house, case.number, as_("carl"), "c", "4 hours")
    case.at(3).do("park").at(5).do("triage", level="high")
    assert (case.run("c").status, case.due("c")) == ("paused", None)
    assert case.at(7).do("back").due("c") == 7 + 8 + 4


def test_a_limit_that_begins_a_new_run_leaves_the_missed_one_to_history_and_stands_still_for_the_same() -> None:
    case = recomputing("reset", 60)
    assert (case.run("c").breached_at, case.happened("breach_withdrawn", "breach"), case.due("c")) == (None, ["breach c"], 68.0)
    case.at(61).do("park").at(62).do("triage", level="low")
    assert (case.run("c").run, case.run("c").status) == (3, "paused")
    assert case.at(63).do("back").due("c") == 63 + 48


@pytest.mark.parametrize(("mode", "run", "due"), [("retroactive", 1, "03-09"), ("forward", 1, "03-09"), ("reset", 2, "03-09")])
def test_a_start_date_that_is_moved_moves_the_limit(mode: str, run: int, due: str) -> None:
    case = Told(f"clocks: {{c: {{within: 5 days, from: visit, until: answer, recompute: {mode}}}}}\n", visit="2026-03-02")
    amending.correct(case.at(30).house, case.number, as_("ann"), {"visit": "2026-03-04"}, "put off")
    assert (case.run("c").run, f"{case.run('c').due_at - timedelta(seconds=1):%m-%d}") == (run, due)  # type: ignore[operator]
    case.do("call")
    assert case.run("c").run == run


@pytest.mark.parametrize(("mode", "due"), [("retroactive", "03-06"), ("forward", "03-08"), ("reset", "03-08")])
def test_a_start_date_moved_into_the_past_counts_from_it_or_from_the_change(mode: str, due: str) -> None:
    case = Told(f"clocks: {{c: {{within: 5 days, from: visit, until: answer, recompute: {mode}}}}}\n", visit="2026-03-02")
    amending.correct(case.at(30).house, case.number, as_("ann"), {"visit": "2026-03-01"}, "was earlier")
    assert f"{case.run('c').due_at - timedelta(seconds=1):%m-%d}" == due  # type: ignore[operator]
    case.do("call")
    assert (case.run("c").started_at.day, case.run("c").run) == (1, 2 if mode == "reset" else 1)


def test_a_clock_that_comes_to_apply_counts_as_recompute_says() -> None:
    for mode, due in (("retroactive", 8.0), ("forward", 14.0), ("reset", 14.0)):
        case = Told(f"clocks: {{c: {{within: 8 hours, from: opened, until: answer, when: level == 'high', recompute: {mode}}}}}\n")
        assert (case.at(6).do("triage", level="high").due("c"), case.run("c").run) == (due, 1)


def test_a_correction_that_makes_a_clock_overdue_sends_one_message_for_all_that_passed() -> None:
    case = recomputing("retroactive", 40)
    assert case.at(40).happened() == ["rung c 50%", "breach c", "rung c due"]
    assert [to for _, to in sent(case.house, case.number)] == ["carl", "dora"]
    case.at(41).do("triage", level="low")
    assert (case.happened("breach_withdrawn"), case.run("c").breached_at, case.due("c")) == (["breach_withdrawn c"], None, 49.0)


def test_a_case_is_the_fold_of_its_history_whatever_its_clocks_went_through() -> None:
    case = recomputing("forward", 60).do("answer")
    assert rebuild(events_of(case.house, case.number)) == state_of(case.house, case.number)
    case = Told(CLOCKS).at(3).do("triage", level="high").at(9).do("triage", level="low")
    assert rebuild(events_of(case.house, case.number)) == state_of(case.house, case.number)
