"""Clocks in view: bars, figures and the narration of each due time, through the use cases and the command line."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from cli.case_clocks import bar
from cli.main import main
from engine.deciding.rights import THE_SYSTEM
from engine.ground.errors import Invalid, MakegoodError, NotFound
from engine.ground.language import speak
from engine.usecases import acting, amending, approving, postponing, sweeping
from engine.usecases.clock_view import ClockFigures, case_clocks
from engine.usecases.house import House
from tests.houses import MONDAY, as_, house_in, memory_house, open_one, state_of
from tests.integration.test_accounts_of_cases import lived

HOUR = timedelta(hours=1)
KEYS = {
    "name", "title", "status", "window", "started_at", "ended_at", "budget", "worked", "consumed", "remaining", "share", "due_at",
    "expected_at", "overdue", "breached_at", "run", "round", "extended", "stops", "rungs", "unknown", "explanation",
}
EXPLAINED = {
    "due_at", "supposed", "calendar", "within", "steps", "closed_days", "opened_days", "days_off", "story", "unknown", "text",
}


def asked() -> tuple[House, str]:
    """A case that was put to the customer on Wednesday for three days, extended and stopped by hand."""
    house, clock = memory_house()
    speak("en")
    number = open_one(house)
    clock.move_to(MONDAY + 20 * HOUR)
    acting.act(house, number, "acknowledge", as_("li.na"), {"order_no": "AB123456", "nature": "quality"})
    clock.move_to(MONDAY + 50 * HOUR)
    acting.act(house, number, "ask_customer", as_("li.na"), {"question": "照片？"})
    clock.move_to(MONDAY + 122 * HOUR)
    acting.act(house, number, "answered", as_("li.na"), {"comment": "好"})
    clock.move_to(MONDAY + 194 * HOUR)
    postponing.extend(house, number, as_("wu.ting"), "total", "3 working days", {"extension_reason": "等待"})
    approving.vote(house, number, max(state_of(house, number).requests), as_("zhao.lei"), "approve")
    postponing.pause(house, number, as_("li.na"), "lab_report", "power cut")
    return house, number


def one(house: House, number: str, clock: str, *, explained: bool = True) -> ClockFigures:
    return case_clocks(house, number, clock, explained=explained, actor=THE_SYSTEM).clocks[0]


def text(figures: ClockFigures) -> list[str]:
    assert figures.explanation is not None
    return list(figures.explanation["text"])


def test_a_due_time_is_narrated_from_start_to_sum() -> None:
    told = text(one(*asked(), "total"))
    assert told[0] == "Began 2026-11-16 09:00: opened the case (李娜)."
    assert told[1:2] == ["Limit: 13 days, since region == 'domestic' (Region = domestic)."]
    assert told[2].startswith("Calendar: cn-office, version 1 (") and told[2].endswith("), Asia/Shanghai, known until 2026-12-31.")
    assert told[3] == "13 days from the day after 2026-11-16 lead to 2026-11-29."
    assert told[4] == (
        "Stood still 2026-11-18 11:00 – 2026-11-21 11:00: Waiting for the customer (李娜); "
        "ran on: The customer answered: Waiting for the customer → Investigation (李娜)."
    )
    assert told[5:] == [
        "Stood still throughout on 2026-11-19 – 2026-11-20: the last date moves on to 2026-12-01.",
        "Extended by 3 working days on 2026-11-24 11:00 (吴婷). Counts on from 2026-12-01 24:00.",
        "3 working days from the day after 2026-12-01 lead to 2026-12-04.",
        "Sum: 13 days + 3 working days + 2 days on which it stood still → due 2026-12-04 24:00.",
    ]


def test_a_stop_by_hand_is_narrated_with_its_reason_and_what_would_be() -> None:
    told = text(one(*asked(), "lab_report"))
    assert "Stands still since 2026-11-24 11:00: stopped by hand (李娜: “•••”)." in told
    assert told[-1].startswith("Sum: 3 working days + 2 days on which it stood still. It stands still and has no due time; running on now ")


def test_the_case_of_a_limit_is_told_with_the_values_of_its_time() -> None:
    house, number = asked()
    amending.correct(house, number, as_("li.na"), {"region": "overseas"}, "登记有误")
    told = text(one(house, number, "total"))
    assert told[1] == "Limit: 17 days, since this does not hold: region == 'domestic' (Region = overseas)."
    assert told[-1] == "Computed again 2026-11-24 11:00: corrected entries (李娜); due 2026-12-04 24:00 became 2026-12-09 24:00."


def test_a_missed_clock_says_what_was_missed_and_when_it_was_over() -> None:
    house, clock = memory_house()
    speak("en")
    number = open_one(house)
    clock.move_to(MONDAY + 30 * HOUR)
    sweeping.sweep(house)
    acting.act(house, number, "acknowledge", as_("li.na"), {"order_no": "AB123456", "nature": "quality"})
    figures = one(house, number, "first_reply")
    missed, over = text(figures)[-2:]
    assert missed == "Not kept: passed 2026-11-17 09:00."
    assert over == "Over 2026-11-17 15:00: Acknowledge: Registered → Investigation (李娜)."
    assert figures.due_at == MONDAY + 24 * HOUR and figures.remaining is None and figures.share is not None and figures.share > 1
    drawn = bar(figures, house.clock.now(), 30)
    assert drawn == "=" * 12 + "|" + "=" * 11 + "|" + "!" * 5


def test_a_clock_that_the_closing_of_its_case_stopped_is_over_and_does_not_stand_still() -> None:
    house, clock = memory_house()
    speak("en")
    number = open_one(house)
    clock.move_to(MONDAY + 65 * HOUR)       # of 13 days and 15 hours, until the end of the thirteenth
    acting.act(house, number, "withdraw", as_("li.na"), {"comment": "客户撤回"})
    figures = one(house, number, "total")
    assert not any("still" in line for line in text(figures)) and text(figures)[-1].startswith("Over 2026-11-19 02:00: ")
    assert figures.share == pytest.approx(65 / (13 * 24 + 15))


@pytest.mark.parametrize("seed", range(6))
def test_every_clock_of_any_case_is_told_and_what_is_told_leads_to_its_due_time(seed: int) -> None:
    house, numbers = lived(seed)
    for number in numbers:
        for figures in case_clocks(house, number, explained=True, actor=THE_SYSTEM).clocks:
            assert figures.explanation is not None
            run = state_of(house, number).clocks[figures.name]
            if run.due_at is not None:
                assert figures.explanation["due_at"] == run.due_at == figures.expected_at
            assert figures.explanation["within"]["budget"] == run.budget
            assert figures.explanation["story"][0]["change"] == "started" and len(figures.explanation["text"]) >= 4
            assert len(bar(figures, house.clock.now())) == 40


def test_bars_show_what_ran_what_stood_still_and_what_is_to_come() -> None:
    house, number = asked()
    drawn = bar(one(house, number, "total", explained=False), house.clock.now(), 76)   # 18 days and 15 hours: 6 hours a letter
    assert drawn.strip("=~.|") == "" and drawn[9:20] == "~" * 11 and drawn[21:32] == "=" * 11 and drawn[34] == "."
    assert drawn[-1] == "|" and drawn.count("|") == 2                                   # two working days before, due


def test_clocks_that_do_not_exist_or_have_not_begun_are_refused() -> None:
    house, number = asked()
    with pytest.raises(NotFound, match="total"):
        _raised_with_hint(house, number, "totl")
    with pytest.raises(Invalid):
        case_clocks(house, number, "deciding", actor=THE_SYSTEM)


def _raised_with_hint(house: House, number: str, clock: str) -> None:
    try:
        case_clocks(house, number, clock, actor=THE_SYSTEM)
    except MakegoodError as error:
        raise type(error)(error.hint, hint="", kind="clock", name=clock) from error


def test_the_command_prints_bars_and_stable_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house, _ = house_in(tmp_path)
    number = open_one(house)
    words = ["case", "clocks", number, "--house", str(tmp_path), "--as", "li.na"]
    assert main([*words, "--lang", "en"]) == 0
    plain = capsys.readouterr().out
    assert "First reply" in plain and "[" in plain and "\x1b" not in plain and "Calendar:" not in plain
    assert main([*words, "--explain", "total", "--lang", "zh"]) == 0
    chinese = capsys.readouterr().out
    assert "结案期限" in chinese and "首次答复" not in chinese and "cn-office" in chinese
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"number", "title", "timezone", "at", "clocks"} and all(set(clock) == KEYS for clock in found["clocks"])
    assert main([*words, "--json", "--explain"]) == 0
    assert all(set(clock["explanation"]) == EXPLAINED for clock in json.loads(capsys.readouterr().out)["clocks"])
    assert main(["case", "accounts", number, "--house", str(tmp_path), "--as", "li.na", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["accounts"]) == {
        "elapsed", "waiting_for_customer", "paused", "outside_hours", "unknown", "worked",
    }
    assert main(["report", "accounts", "--as", "xu.jing", "--house", str(tmp_path), "--since", "2026-11-01", "--lang", "en"]) == 0
    assert "outside working hours" in capsys.readouterr().out
    assert main(["report", "accounts", "--as", "xu.jing", "--house", str(tmp_path), "--until", "yesterday", "--json"]) != 0
