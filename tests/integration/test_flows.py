"""Prefect runs the same use cases on schedules, and its runs say what they did."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from posting import LI_NA, NOW, ORGANISATION, complain, later, new_house, publish, put, with_channels
from sqlalchemy import update

from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.records import outbox
from engine.records.cases import CASE
from engine.records.timers import TIMER
from engine.usecases import publishing
from engine.usecases.notices import list_notices
from engine.usecases.opening import open_case

ROOT = Path(__file__).parents[2]
LOOP = """
procedure: endless
number: "E-{year}-{serial:04}"
calendar: always
languages: [en]
roles: {intake: {title: Intake}}
fields: {wish: {type: text}}
opening: {by: intake}
states:
  waiting: {actions: {wake: {by: system, after: 1 hour, to: ping}, stop: {by: intake, to: closed}}}
  ping: {actions: {play: {by: system, when: "1 == 1", to: pong}}}
  pong: {actions: {play: {by: system, when: "1 == 1", to: ping}}}
  closed: {final: true}
"""


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """One Prefect for all tests of this module."""
    from flows import session

    with session.prefect_session():
        yield session


def artifact(key: str) -> Any:
    """What a run left to look at in Prefect."""
    from prefect.artifacts import Artifact

    found = asyncio.run(Artifact.aget(key))
    assert found is not None
    return found


def test_a_sweep_run_settles_what_is_due_and_says_so(session: Any, tmp_path: Path) -> None:
    house = new_house(tmp_path / "Acme House")
    number = complain(house)
    later(house, hours=25)
    ran = session.run_as_flow("sweep", house.settings.folder, house.clock.now())
    assert (ran.completed, ran.data["cases"], ran.data["failures"]) == (True, 1, {})
    with house.store.reading() as conn:
        assert conn.execute(CASE.select().where(CASE.c.number == number)).one().breaches > 0
    table = json.loads(artifact("makegood-sweep-acme-house").data)
    assert {"what": "cases settled", "count": 1, "why": ""} in table


def test_a_report_that_a_sweep_made_is_an_artifact_of_its_own(session: Any, tmp_path: Path) -> None:
    house = new_house(tmp_path / "reported")
    file = tmp_path / "organisation.yaml"
    reports = "reports: {day: {report: daily, every: day 00:00, by: quality, to: quality}}\n"
    people = ORGANISATION.replace("people:\n", "people:\n  qi: {name: Qi, roles: [quality]}\n")
    file.write_text(people + reports, encoding="utf-8")
    publishing.apply_organisation(house, file, THE_SYSTEM)
    complain(house)
    later(house, hours=25)
    ran = session.run_as_flow("sweep", house.settings.folder, house.clock.now())
    assert ran.data["reports"] == [one for one in ran.data["reports"] if one.startswith("reports/day/")] != []
    assert str(artifact("makegood-report-day-reported").data).startswith("# Daily quality analysis\n")


def test_a_case_that_cannot_be_settled_is_named_and_the_run_completes_with_the_others(session: Any, tmp_path: Path) -> None:
    house = new_house(tmp_path / "mixed")
    publish(house, "endless", LOOP, {})
    stuck = open_case(house, "endless", LI_NA, {}).number
    complain(house)
    later(house, hours=25)
    ran = session.run_as_flow("sweep", house.settings.folder, house.clock.now())
    assert ran.completed
    assert ran.data["cases"] == 1
    assert stuck in ran.message
    rows = json.loads(artifact("makegood-sweep-mixed").data)
    assert next(row["why"] for row in rows if row["what"] == stuck).endswith("without end in state ping")


def test_when_every_case_fails_the_run_fails(session: Any, tmp_path: Path) -> None:
    house = new_house(tmp_path / "stuck")
    publish(house, "endless", LOOP, {})
    stuck = open_case(house, "endless", LI_NA, {}).number
    later(house, hours=2)
    ran = session.run_as_flow("sweep", house.settings.folder, house.clock.now())
    assert not ran.completed
    assert f"failed: {stuck}" in ran.message


def test_a_delivery_run_counts_what_went_out_and_names_what_did_not(session: Any, tmp_path: Path) -> None:
    house = new_house(tmp_path / "post")
    number = complain(house, email="wang@example.com")
    with house.store.writing() as conn:
        conn.execute(update(outbox.NOTICE).values(via="pigeon", mandatory=False))
    put(house, 2)
    ran = session.run_as_flow("delivery", house.settings.folder, house.clock.now())
    assert (ran.completed, ran.data["sent"], ran.data["dead"]) == (True, 2, 1)
    assert f"failed: {number}, notice 1" in ran.message


def test_without_a_database_the_run_fails_with_words_that_help(session: Any, tmp_path: Path) -> None:
    house = new_house(tmp_path / "empty")
    house.store.close()
    (house.settings.folder / "makegood.db").unlink()
    for name in session.FLOWS:
        ran = session.run_as_flow(name, house.settings.folder)
        assert not ran.completed
        assert "There is no database at" in ran.message


def test_the_daily_run_writes_an_anchor_and_sums_up_the_day(session: Any, tmp_path: Path) -> None:
    house = new_house(tmp_path / "day")
    complain(house)
    number = complain(house, email="wang@example.com")
    later(house, hours=25)
    session.run_as_flow("sweep", house.settings.folder, house.clock.now())
    session.run_as_flow("delivery", house.settings.folder, house.clock.now())
    ran = session.run_as_flow("daily", house.settings.folder, house.clock.now())
    assert ran.completed
    assert Path(ran.data["anchor"]).is_file()
    assert (ran.data["open"], ran.data["overdue"], ran.data["by_hand"]) == (2, 2, 1)
    assert ran.data["holdings"] == [{"owner": "li.na", "open": 2, "overdue": 2}]
    page = str(artifact("makegood-daily-day").data)
    assert "| li.na | 2 | 2 |" in page
    assert number in page


def test_the_weekly_run_proves_history_and_punctuality_and_fails_when_they_are_not_as_they_should_be(session: Any, tmp_path: Path) -> None:
    house = new_house(tmp_path / "week")
    complain(house)
    lost = complain(house)
    later(house, hours=25)
    session.run_as_flow("sweep", house.settings.folder, house.clock.now())
    ran = session.run_as_flow("weekly", house.settings.folder, house.clock.now())
    assert ran.completed and (ran.data["problems"], ran.data["points"], ran.data["faults"]) == (0, 6, 0)
    page = str(artifact("makegood-weekly-week").data)
    assert "Every point that had to come came, and none twice." in page and "- look: history was never anchored" not in page

    late = complain(house)
    with house.store.writing() as conn:
        conn.execute(TIMER.delete())        # a bug, or somebody: no sweep will come by
        conn.execute(update(CASE).where(CASE.c.number == lost).values(state="closed"))
    later(house, hours=25)
    ran = session.run_as_flow("weekly", house.settings.folder, house.clock.now())
    assert not ran.completed and f"case/{lost}" in ran.message
    page = str(artifact("makegood-weekly-week").data)
    assert f"{late}  lost  reply breach" in page and "is not what its history makes of it" in page


def test_the_monthly_run_reports_on_the_month_before(session: Any, tmp_path: Path) -> None:
    house = new_house(tmp_path / "month")
    complain(house)
    later(house, days=1)
    session.run_as_flow("sweep", house.settings.folder, house.clock.now())
    later(house, days=11)           # the first of December
    ran = session.run_as_flow("monthly", house.settings.folder, house.clock.now())
    assert ran.completed and ran.data == {"month": "2026-11", "cases": 1, "points": 1, "faults": 0}
    assert "| Complaints by letter | 1 | 12 d |" in str(artifact("makegood-monthly-month").data)


def test_days_pass_as_flow_runs_on_a_virtual_clock(session: Any, tmp_path: Path) -> None:
    house = new_house(tmp_path / "fortnight")
    clock = VirtualClock(NOW)
    complain(house, email="wang@example.com")
    acted: list[datetime] = []
    steps = [
        (NOW + timedelta(days=day), ("sweep", lambda: acted.append(clock.now()), "delivery")) for day in range(1, 4)
    ]
    told: list[Any] = []
    ran = asyncio.run(session.days(house.settings.folder, clock, steps, told.append))
    assert acted == [NOW + timedelta(days=day) for day in range(1, 4)]
    assert [one.name for one in ran] == ["sweep", "delivery"] * 3
    assert told == ran
    assert all(one.completed for one in ran)
    assert {line.status for line in list_notices(house, actor=THE_SYSTEM)} == {"sent"}


def test_a_flow_tells_its_house_in_its_language(session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAKEGOOD_LANG", raising=False)
    house = with_channels(new_house(tmp_path / "house", 'language = "zh"\n'))
    ran = session.run_as_flow("sweep", house.settings.folder, house.clock.now())
    from engine.ground.texts_zh import TEXTS

    assert ran.message.startswith(TEXTS["cases settled"])


def test_prefect_is_quiet_on_the_network_unless_told_otherwise_and_only_flows_import_it() -> None:
    code = (
        "import os, sys, {module}; print(os.environ.get('DO_NOT_TRACK'), os.environ.get('PREFECT_SERVER_ANALYTICS_ENABLED'), "
        "'prefect' in sys.modules)"
    )

    def environment(module: str, **given: str) -> list[str]:
        clean = {name: value for name, value in os.environ.items() if name not in ("DO_NOT_TRACK", "PREFECT_SERVER_ANALYTICS_ENABLED")}
        done = subprocess.run(
            [sys.executable, "-c", code.format(module=module)], env=clean | given, cwd=ROOT, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    assert environment("flows.sweep") == ["1", "false", "True"]
    assert environment("flows", DO_NOT_TRACK="0", PREFECT_SERVER_ANALYTICS_ENABLED="true") == ["0", "true", "False"]
    assert environment("notifications.delivery, notifications.smtp, engine.usecases.summarising") == ["None", "None", "False"]


SERVE = """
import sys
from datetime import timedelta
from pathlib import Path
from flows.plan import Hours
from flows.serve import serve
every = Hours(timedelta(minutes=10), timedelta(seconds=15))
serve(Path(sys.argv[1]), every, port=int(sys.argv[2]), ready=lambda server: print("ready", flush=True))
print("stopped", flush=True)
"""


def test_a_schedule_really_fires_and_a_signal_stops_everything_cleanly(tmp_path: Path) -> None:
    house = new_house(tmp_path / "house", now=datetime.now(UTC))
    complain(house, email="wang@example.com")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    serving = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(house.settings.folder), str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=clean | {"PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_RUNNER_POLL_FREQUENCY": "2"},
    )
    assert serving.stdout is not None
    try:
        assert serving.stdout.readline() == "ready\n", (house.settings.folder / "prefect-server.log").read_text()
        for _ in range(240):
            runs = _runs(port)
            if any(run["state_type"] == "COMPLETED" for run in runs):
                break
            time.sleep(0.25)
        assert {run["state_type"] for run in runs} & {"COMPLETED"}, runs
        assert all(run["auto_scheduled"] for run in runs)
        assert [line.status for line in list_notices(house, actor=THE_SYSTEM)] == ["sent"]
    finally:
        serving.send_signal(signal.SIGTERM)
        said = serving.communicate(timeout=60)[0]
    assert (serving.returncode, said) == (0, "stopped\n")
    with pytest.raises(OSError):
        _runs(port)


def _runs(port: int) -> list[dict[str, Any]]:
    """The delivery runs that this Prefect server knows to have begun."""
    asked = {
        "flows": {"name": {"any_": ["makegood-delivery"]}},
        "flow_runs": {"state": {"type": {"any_": ["RUNNING", "COMPLETED", "FAILED"]}}},
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/flow_runs/filter", json.dumps(asked).encode(), {"Content-Type": "application/json"})
    found: list[dict[str, Any]] = json.load(urllib.request.urlopen(request, timeout=10))
    return found
