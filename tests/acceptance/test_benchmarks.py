"""The benchmarks run, give every figure, and compare the product with a floor that did the same."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.actions import ACKNOWLEDGE, STAFF, START, house_at, opened
from benchmarks.databases import SQLite
from benchmarks.deadlines import deadlines
from benchmarks.floor import Floor, differences, written
from benchmarks.reprojecting import expansion, reprojection
from engine.ground.clock import VirtualClock
from engine.usecases import acting, auditing

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    words = [sys.executable, "-m", "benchmarks.bench", "--quick", "--json"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr     # it fails when a table of the floor differs from the product's
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


@pytest.mark.parametrize("name", ["W1 staff action", "W2 sweep", "events"])
@pytest.mark.parametrize("kind", ["SQLite", "PostgreSQL"])
def test_actions_sweeps_and_events_are_measured_beside_the_floor_on_both_databases(found: dict[str, Any], name: str, kind: str) -> None:
    row = found[name][kind]
    assert row["ms"] > 0 and row["floor_ms"] > 0
    assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]


def test_sweeps_are_measured_among_ever_more_open_cases(found: dict[str, Any]) -> None:
    for sizes in found["more open cases"].values():
        assert list(sizes) == ["40", "80", "160"] and sizes["40"]["growth"] == 1


def test_the_export_is_measured_beside_the_modules_it_is_made_with(found: dict[str, Any]) -> None:
    for forms in found["W4 export"].values():
        assert forms["jsonl"]["rows"] >= 300 and forms["csv"]["rows"] == forms["jsonl"]["rows"] + 1, "a row of titles stands above"
        assert all(row["ratio"] > 0 for row in forms.values())


def test_the_product_is_measured_beside_its_peers(found: dict[str, Any]) -> None:
    for job in ("peers W1", "peers W2"):
        assert {"makegood", "orm"} <= set(found[job]), "the others belong to a group that is installed for the benchmarks alone"
        assert all(row["SQLite"] > 0 for row in found[job].values())


def test_memory_stays_flat_in_a_sweep_in_an_export_and_while_events_come_in(found: dict[str, Any]) -> None:
    for name, row in found["memory"].items():
        assert row["done"] >= 300 and row["end_mb"] - row["tenth_mb"] < 8, f"{name}: {row}"


def test_what_a_case_takes_of_disk_and_log_is_measured(found: dict[str, Any]) -> None:
    assert found["volumes"]["rows of event"]["of a case"] >= 5
    assert all(row["bytes"] > 0 for row in found["volumes"].values())


def test_rights_and_the_inbox_are_measured(found: dict[str, Any]) -> None:
    assert set(found["rights"]) == {"granted", "refused", "by a deputy"} and all(row["us"] > 0 for row in found["rights"].values())
    assert set(found["W3 inbox"]) == {"3 posts", "20 posts"} and all(row["ms"] > 0 for row in found["W3 inbox"].values())


def test_scenarios_are_played_from_first_to_last_step(found: dict[str, Any]) -> None:
    shipped, short = found["scenarios"]["shipped"], found["scenarios"]["eight_steps"]
    assert shipped["scenarios"] == len(list((ROOT / "definitions" / "product-complaint" / "scenarios").glob("*.y*ml")))
    assert short["steps"] == 8 * short["scenarios"] > 0
    assert shipped["per_second"] > 0 and short["per_second"] > 0


def test_due_times_are_measured(found: dict[str, Any]) -> None:
    assert {"5 days", "4 working hours", "8 working hours, stopped once"} <= found["due times"].keys()
    assert all(0 < row["best_us"] <= row["us"] and row["ratio"] > 0 for row in found["due times"].values())


def test_a_due_time_costs_microseconds() -> None:
    row = deadlines(9, 300)
    assert row["5 days"]["best_us"] < 40 and row["4 working hours"]["best_us"] < 80, "four times their aim: the machine may be busy"


def test_a_changed_calendar_is_measured(found: dict[str, Any]) -> None:
    assert 0 < found["calendar year"]["ms"] <= found["calendar year"]["worst_ms"]
    assert found["re-projection"]["cases"] == 40 and found["re-projection"]["ms"] > 0


def test_two_thousand_cases_are_computed_anew_in_seconds_and_a_year_is_expanded_in_milliseconds(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    row = reprojection(tmp_path, 2000, lambda done, of: told.append((done, of)))
    assert row["ms"] < 10, "100,000 cases in less than 17 minutes of CPU, on a machine that is busy with other things"
    assert told[0] == (100, 2000) and told[-1] == (2000, 2000)
    assert expansion(5)["ms"] < 5
    house = house_at(tmp_path / "reprojection.db", VirtualClock(START))
    checked = auditing.verify(house)
    house.store.close()
    assert checked.problems == []


def test_commands_are_started_cold_beside_the_libraries_they_need(found: dict[str, Any]) -> None:
    assert set(found["W5 cold start"]) == {
        "import typer, rich, sqlmodel", "makegood --version", "makegood case show", "makegood definition check",
    }
    assert all(row["wall_ms"] > 0 and row["cpu_ms"] > 0 for row in found["W5 cold start"].values())


def test_the_figures_say_what_they_belong_to(found: dict[str, Any]) -> None:
    assert {"processor", "cores", "load", "python", "sqlite", "sqlalchemy"} <= set(found["machine"])


def test_a_floor_that_left_something_out_would_be_found_out(tmp_path: Path) -> None:
    start = SQLite(tmp_path / "start.db")
    clock, numbers = opened(start, 2)
    clock.move_to(START + timedelta(hours=1))
    product, other = start.copied("product"), start.copied("floor")
    house = product.house(clock)
    for number in numbers:
        acting.act(house, number, "acknowledge", STAFF, ACKNOWLEDGE)
    house.store.close()
    first, second = written(start, product, [1, 2])
    assert {"event", "notice", "personal"} <= {table for table, rows in first.added.items() if rows}

    floor = Floor(other)
    floor.write([first])
    assert {"case", "event", "notice"} <= set(differences(product, other))
    floor.write([second])
    assert differences(product, other) == []
    floor.close()
    raw = other.connect()
    raw.execute("UPDATE timer SET fire_at = '9999-01-01' WHERE case_id = 1")
    raw.close()
    assert differences(product, other) == ["timer"]
