"""`makegood health` says what is late, what fails and what runs out, to monitors that nobody logs in for."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from posting import LI_NA, complain, later, new_house, put
from sqlalchemy import event, update
from sqlalchemy.engine import Engine

from engine.ground.calendars import calendar_json
from engine.ground.canonical import canonical
from engine.records import library, outbox
from engine.records.cases import CASE
from engine.records.schema import SCHEMA_REVISION
from engine.records.timers import TIMER
from engine.usecases.auditing import anchor
from engine.usecases.health import Bounds, Health, health
from engine.usecases.house import House
from engine.usecases.sweeping import sweep
from tests.always import ALWAYS
from tests.commands import ROOT, Terminal, opened, process, small_house


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(small_house(tmp_path), capsys, monkeypatch)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = new_house(tmp_path / "house")
    yield made
    made.store.close()


def unwell(found: Health) -> dict[str, str]:
    assert found.well == (not [check for check in found.checks if not check.well])
    return {check.name: check.words for check in found.checks if not check.well}


def test_a_quiet_house_is_well_and_the_exit_code_says_so(terminal: Terminal) -> None:
    said = terminal("health")
    assert said.out.startswith("well\n") and "nothing waits for the sweep" in said.out and f"schema {SCHEMA_REVISION}" in said.out
    assert terminal("health", "--json").json["well"] is True


def test_a_sweep_that_does_not_come_by_is_noticed_as_soon_as_it_is_later_than_allowed(house: House) -> None:
    complain(house)
    complain(house)
    later(house, hours=2, minutes=4)        # the first word was due after two hours
    assert "sweep" not in unwell(health(house))
    later(house, minutes=2)
    assert unwell(health(house))["sweep"] == "2 cases wait for the sweep, 6 min late"
    assert health(house).figures.sweep_late == timedelta(minutes=6)
    assert "sweep" not in unwell(health(house, Bounds(sweep=timedelta(minutes=10))))
    sweep(house)
    assert "sweep" not in unwell(health(house))


def test_notices_that_nobody_sends_and_those_that_reached_nobody_are_noticed(house: House) -> None:
    put(house, 3)
    later(house, minutes=16)
    assert unwell(health(house))["delivery"] == "3 notices wait for delivery, 16 min late"
    with house.store.writing() as conn:
        conn.execute(update(outbox.NOTICE).values(status=outbox.Status.DEAD.value))
    assert unwell(health(house))["dead"] == "3 notices reached nobody, 0 to be tried again, 0 to convey by hand"


def test_calendars_that_end_and_history_that_nobody_anchors_are_noticed(house: House) -> None:
    later(house, days=3)
    assert unwell(health(house)) == {"anchor": "history was never anchored, since 3 d"}
    anchor(house)
    assert unwell(health(house)) == {} and health(house).figures.anchored_at == house.clock.now()
    ending = replace(ALWAYS, name="office", valid_through=house.clock.now().date() + timedelta(days=20))
    with house.store.writing() as conn:
        library.publish_calendar(conn, "office", canonical(calendar_json(ending)), LI_NA, house.clock.now())
    assert unwell(health(house)) == {"calendars": "Calendar office ends on 2026-12-13, in 20 days"}
    assert health(house, Bounds(months=0)).well


def test_the_options_that_the_page_names_set_the_bounds(terminal: Terminal) -> None:
    rows = re.findall(r"^\| `([a-z]+)` \|[^|]*\| `(--[^`]+)` \|$", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"), re.M)
    checks = [check["name"] for check in terminal("health", "--json").json["checks"]]
    assert [name for name, _ in rows] == checks
    assert terminal("health", *(word.replace("N", "1") for _, option in rows for word in shlex.split(option))).out.startswith("well\n")


def test_failing_cases_are_counted_for_everybody_and_named_for_those_who_answer_for_the_house(terminal: Terminal) -> None:
    number = opened(terminal)
    from engine.usecases.house import open_house

    house = open_house(terminal.folder)
    with house.store.writing() as conn:
        soon = datetime.now(UTC) + timedelta(minutes=5)
        conn.execute(update(TIMER).values(fire_at=soon, attempts=2, error="Invalid: 'Rose' is not a date"))
    house.store.close()
    said = terminal("health", "--as", "eve", code=1)
    assert "1 case could not be settled" in said.out and number not in said.out and "Rose" not in said.out
    assert terminal("health", "--failing", "1", "--as", "eve").out.startswith("well\n")
    assert "no right to audit" in terminal("health", "--cases", "--as", "eve", code=6).err
    named = terminal("health", "--cases", code=1)
    assert number in named.out and "'Rose' is not a date" in named.out
    assert terminal("health", "--cases", "--json", code=1).json["failing"][0]["attempts"] == 2


def test_monitors_learn_of_a_database_that_cannot_be_used_by_another_code(terminal: Terminal) -> None:
    (terminal.folder / "makegood.db").unlink()
    assert "There is no database" in terminal("health", code=11).err
    assert terminal("health", "--sweep", "soon", code=3).err


def test_where_people_log_in_a_monitor_need_not(tmp_path: Path) -> None:
    folder = small_house(tmp_path)
    with (folder / "makegood.toml").open("a") as settings:
        settings.write('identity = "login"\n')
    said = process("health", folder=folder, env={"MAKEGOOD_LANG": "zh"})
    assert (said.returncode, said.stdout.splitlines()[0]) == (0, "正常")


def test_looking_reads_ends_of_indexes_and_never_all_cases(house: House) -> None:
    asked: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    complain(house)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        health(house)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    grows = {table.name for table in (CASE, TIMER, outbox.NOTICE)} | {"event", "work_item", "personal"}
    with house.store.reading() as conn:
        plans = [
            str(row.detail) for statement, given in asked if statement.lstrip().upper().startswith("SELECT")
            for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
        ]
    assert len(plans) > 8
    assert [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1].strip('"') in grows] == []


def test_health_does_not_need_prefect(terminal: Terminal) -> None:
    code = "import sys; from cli.main import main; print(main(['health', '--house', sys.argv[1]]), 'prefect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(terminal.folder)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 False"
