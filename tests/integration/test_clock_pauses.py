"""Pauses by state, condition and event with their longest total, and extensions, through the use cases."""

from datetime import timedelta
from typing import Any

import pytest

from engine.deciding.case import case_from, case_json, clock_from, clock_json, rebuild
from engine.ground.errors import Denied, Invalid, MakegoodError, NotAllowed
from engine.ground.language import speak
from engine.usecases import postponing
from tests.houses import as_, events_of, state_of
from tests.integration.test_clock_lives import PROCEDURE, START, Told
from tests.small import put_in_force, refused, sent

CLOCK = "clocks: {{c: {{within: 24 hours, from: opened, until: answer, {more}}}}}\n"


def told(more: str, **given: Any) -> Told:
    return Told(CLOCK.format(more=more), **given)


# --- conditions and events --------------------------------------------------------------------------------------------


def test_a_clock_stands_still_as_long_as_a_condition_holds() -> None:
    case = told("pause: {while: level == 'low'}").at(2).do("triage", level="low")
    assert (case.run("c").status, case.due("c")) == ("paused", None)
    assert case.at(7).do("call").run("c").status == "paused"
    assert case.at(8).do("triage", level="high").due("c") == 30.0
    stood = "Stood still 2026-03-02 11:00 – 2026-03-02 17:00: as long as level == 'low' (Ann Archer)"
    assert any(line.startswith(stood) for line in case.told("c"))


def test_a_clock_stands_still_from_one_event_until_another() -> None:
    case = told("pause: {from: [call, park], until: [triage, state first]}").at(2).do("call")
    assert case.run("c").status == "paused"
    assert case.at(3).do("call").at(5).do("triage", level="low").due("c") == 27.0       # the second call changes nothing
    case.at(6).do("park").at(7).do("call").at(8)
    assert case.run("c").status == "paused"
    assert case.do("back").due("c") == 29.0
    assert any(": since call (Ann Archer" in line for line in case.told("c"))
    speak("zh")
    assert any("自“call”起" in line for line in case.told("c"))
    speak("en")


def test_pauses_that_overlap_count_once() -> None:
    pauses = "pause: [{in: parked}, {while: level == 'low'}, {from: call, until: triage}]"
    case = told(pauses).at(1).do("park").at(2).do("call").at(3).do("triage", level="low").at(4).do("back")
    assert case.run("c").status == "paused"
    assert case.at(6).do("triage", level="high").due("c") == 29.0


def test_a_pause_that_began_while_the_clock_was_off_counts_once_it_applies() -> None:
    case = told("when: level == 'high', pause: {from: call, until: park}").at(2).do("call").at(5).do("triage", level="high")
    assert case.run("c").status == "paused"
    assert case.at(6).do("park").due("c") == 28.0


# --- the longest total ------------------------------------------------------------------------------------------------


def test_what_follows_a_pause_that_lasted_too_long_is_done_once_and_dated_when_it_fell_due() -> None:
    then = "then: {remind: manager, set: {level: \"'low'\"}, act: triage}"
    case = told(f"pause: {{in: parked, up_to: 4 hours, {then}}}").at(1).do("park").at(2).do("back").at(3).do("park").at(20)
    assert case.happened("pause_over", "resumed", "impossible", "acted")[3:] == ["pause_over c", "acted triage"]
    [over] = [event for event in events_of(case.house, case.number) if event.kind == "pause_over"]
    assert (over.occurred_at, over.recorded_at, over.actor) == (START + timedelta(hours=6), START + timedelta(hours=20), "system")
    assert (case.due("c"), state_of(case.house, case.number).fields["level"]) == (28.0, "low")
    case.at(21).do("back").at(22).do("park").at(40)
    assert (len(case.happened("pause_over")), case.due("c")) == (1, 28.0)
    assert [name for name, _ in sent(case.house, case.number) if name == "reminder"] == ["reminder"]


def test_what_follows_one_pause_is_done_also_while_another_keeps_the_clock_still() -> None:
    case = told("pause: [{in: parked, up_to: 2 hours, then: {remind: manager}}, {while: level == 'low'}]", level="low")
    case.do("park").at(5)
    assert (case.happened("pause_over", "resumed"), case.run("c").status) == (["pause_over c"], "paused")
    assert case.do("triage", level="high").due("c") == 29.0
    assert rebuild(events_of(case.house, case.number)) == state_of(case.house, case.number)


def test_two_pauses_in_one_state_each_have_their_own_total() -> None:
    pauses = "[{in: parked, up_to: 2 hours, then: {remind: manager}}, {in: parked, up_to: 4 hours, then: {remind: director}}]"
    case = told(f"pause: {pauses}").do("park").at(3)
    assert (case.run("c").status, [to for _, to in sent(case.house)]) == ("paused", ["carl"])
    assert (case.at(5).due("c"), [to for _, to in sent(case.house)]) == (28.0, ["carl", "dora"])


def test_a_total_of_working_days_ends_with_the_last_of_them() -> None:
    case = told("pause: {in: parked, up_to: 3 working days}").at(3 * 24).do("park")        # on Thursday
    assert case.at(9 * 24).run("c").stops[0].until == START.replace(day=11, hour=0)         # Friday, Monday, Tuesday


def test_a_clock_that_is_off_does_nothing_when_a_pause_would_end() -> None:
    case = told("when: level == 'high', pause: {in: parked, up_to: 2 hours, then: {remind: manager}}").do("park").at(5)
    assert case.do("triage", level="high").due("c") == 26.0
    assert case.at(9).happened("pause_over") == []


def test_a_clock_that_never_pauses_bounds_one_that_does() -> None:
    """A first answer may wait for the customer for three days; the case must be answered within a week all the same."""
    clocks = """\
clocks:
  inner:
    {within: 2 days, from: opened, until: answer, ladder: {at: due, remind: desk},
     pause: {in: parked, up_to: 3 days, then: {escalate: director}}}
  outer: {within: 1 week, from: opened, until: answer, ladder: {at: due, escalate: director}}
"""
    case = Told(clocks).at(10).do("park").at(24 * 10)
    assert case.happened("breach", "rung", "pause_over") == [
        "pause_over inner", "breach inner", "rung inner due", "breach outer", "rung outer due",
    ]
    assert (case.run("inner").breached_at, case.run("outer").breached_at) == (START.replace(day=8, hour=0), START.replace(day=10, hour=0))
    assert case.run("outer").stops == []
    met = Told(clocks).at(10).do("park").at(24 * 4).do("answer")
    assert (met.happened("breach"), [met.run(name).status for name in ("inner", "outer")]) == ([], ["met", "met"])


# --- extensions -------------------------------------------------------------------------------------------------------


def extended(case: Told, by: str, who: str = "carl") -> Any:
    """What comes of asking: the due time, or the reasons of the refusal."""
    try:
        postponing.extend(case.house, case.number, as_(who), "c", by)
    except MakegoodError as error:
        return error.facts["reasons"]
    return case.due("c")


def test_extensions_are_bounded_in_number_and_in_sum() -> None:
    case = told("extend: {by: manager, up_to: 10 hours, at_most: 3}")
    asked = [extended(case, by) for by in ("6 hours", "5 hours", "3 hours", "1 hour", "1 hour")]
    assert asked == [30.0, ["limit"], 33.0, 34.0, ["at_most"]]


def test_extensions_count_per_case_whatever_its_runs() -> None:
    for more in ("from: [opened, call], restart: again", "from: opened, recompute: reset, when: level != 'low'"):
        case = Told(CLOCK.format(more="extend: {by: manager, up_to: 5 hours, at_most: 2}").replace("from: opened", more))
        assert extended(case, "3 hours") == 27.0
        case.at(1).do("call").do("triage", level="low").at(2).do("triage", level="high")
        if "restart" in more:
            case.do("call")
        assert case.run("c").run > 1 and case.run("c").extended == []
        assert [extended(case, by) for by in ("3 hours", "2 hours")] == [["limit"], 28.0]
        assert extended(case, "1 hour") == ["at_most"]
        assert rebuild(events_of(case.house, case.number)) == state_of(case.house, case.number)


def test_the_first_extension_that_allows_it_counts_and_a_refusal_tells_every_bound() -> None:
    case = told("extend: [{by: [manager, director], up_to: 2 hours}, {by: director, up_to: 10 hours, before: due}]")
    assert extended(case, "1 hour") == 25.0
    assert extended(case, "4 hours", "dora") == 29.0                # the first is used up, the second allows it
    assert case.run("c").granted == [(0, "1 hour"), (1, "4 hours")]
    error = refused(case.house, NotAllowed, 5, lambda: postponing.extend(case.house, case.number, as_("carl"), "c", "1 hour"))
    assert error.facts["reasons"] == ["at_most", "role"] and "as often as allowed (1 of 1)" in error.message and "dora" in error.message
    one = told("extend: {by: director, up_to: 2 hours}")
    refused(one.house, Denied, 6, lambda: postponing.extend(one.house, one.number, as_("carl"), "c", "1 hour"))
    refused(one.house, Invalid, 3, lambda: postponing.extend(one.house, one.number, as_("dora"), "c", "3 hours"))


def test_asking_is_judged_by_the_present_due_time_also_while_the_clock_stands_still() -> None:
    more = "pause: {in: parked}, recompute: forward, extend: {by: manager, up_to: 9 hours, at_most: 9, before: due}"
    text = CLOCK.format(more=more).replace("within: 24 hours", "within: [{when: level == 'high', is: 24 hours}, {is: 12 hours}]")
    case = Told(text).at(13).do("park")
    assert extended(case, "1 hour") == ["within"]
    case.do("triage", level="high").at(14).do("back")
    assert case.run("c").breached_at is not None and extended(case, "1 hour") == 39.0     # a new limit: not overdue by it


def test_a_run_recorded_before_extensions_had_places_reads_as_one_of_the_first() -> None:
    case = told("extend: {by: manager, up_to: 10 hours, at_most: 3}")
    extended(case, "6 hours")
    form = clock_json(case.run("c"))
    assert "granted" not in form and clock_from(form).granted == [(0, "6 hours")]
    stored = state_of(case.house, case.number)
    assert case_from(case_json(stored)) == stored


@pytest.mark.parametrize("by", ["while: level == 'low'", "from: call, until: park", "in: parked"])
def test_what_a_definition_says_of_pauses_reads_back_as_it_was_published(by: str) -> None:
    house = told(f"pause: {{{by}, up_to: 3 working days, then: {{remind: manager}}}}").house
    bundle = put_in_force(house, PROCEDURE + CLOCK.format(more=f"pause: {{{by}, up_to: 3 working days, then: {{remind: manager}}}}"))
    from engine.defining.bundle import definition_of

    assert definition_of(bundle.document) == bundle.definition
