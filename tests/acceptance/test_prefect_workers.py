"""A real Prefect server on PostgreSQL with two workers, set up as docs/operations.md says, then killed in the middle of its work.

The commands are those of the page, word by word, in an empty folder; of the addresses only the port and the database are others.
"""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select

from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import SystemClock, VirtualClock
from engine.records import history, timers
from engine.records.tables import NOTICE
from engine.usecases.auditing import verify
from engine.usecases.health import health
from engine.usecases.house import House, open_house
from engine.usecases.notices import list_notices
from engine.usecases.opening import open_case
from engine.usecases.punctuality import report
from notifications.delivery import deliver
from tests.integration import posting
from tests.postgres import MISSING, binaries, server

pytestmark = pytest.mark.skipif(binaries() is None, reason=MISSING)
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
CASES = 16
PROCEDURE = posting.PROCEDURE.replace("procedure: letterbox", "procedure: letters").replace("L-{year}", "M-{year}")
FLOWS = ["daily", "delivery", "monthly", "sweep", "weekly"]


class Site:
    """Terminals in an empty folder, and what runs in them."""

    def __init__(self, folder: Path, database: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        socket_folder = database.partition("?host=")[2]
        self.database = f"postgresql+asyncpg://owner@/prefect?host={socket_folder}"
        self.folder = folder
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MAKEGOOD_"))} | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{binaries()}{os.pathsep}{os.environ['PATH']}", "PGHOST": socket_folder,
            "PGUSER": "owner", "PREFECT_HOME": str(folder / "prefect"), "MAKEGOOD_LANG": "en", "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PYTHONUNBUFFERED": "1",
        }
        self.running: dict[str, tuple[str, subprocess.Popen[bytes]]] = {}

    def type(self, line: str) -> str:
        """One line of the page; what it prints."""
        line = line.replace("4200", self.port).replace("postgresql+asyncpg://prefect:secret@db.example/prefect", self.database)
        words = shlex.split(line.removesuffix(" &"))
        if words[0] == "export":
            self.env |= dict(word.split("=", 1) for word in words[1:])
        elif words[0] == "cd":
            self.folder = self.folder / words[1]
        elif line.endswith(" &"):
            self.start(words[-1] if "--name" in words else words[1], line)
        else:
            done = subprocess.run(words, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=240, check=False)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            return done.stdout
        return ""

    def start(self, name: str, line: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.running[name] = line, subprocess.Popen(
            shlex.split(line.removesuffix(" &")), cwd=self.folder, env=self.env, stdout=log, stderr=log, start_new_session=True,
        )
        if name == "server":
            until(lambda: self.ask("GET", "health", quiet=True) is True, "the server answers")

    def kill(self, name: str) -> None:
        """End it, and whatever it started, in the middle of whatever it does."""
        process = self.running[name][1]
        for pid in family(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def again(self, name: str) -> None:
        self.start(name, self.running[name][0])

    def ask(self, method: str, path: str, body: Any = None, *, quiet: bool = False) -> Any:
        """Ask the Prefect server."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/{path}", None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"}, method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"null")
        except OSError:
            if quiet:
                return None
            raise

    def deployments(self) -> dict[str, dict[str, Any]]:
        """What is deployed, by its first own tag: all that is not a time or an id."""
        kept = ("entrypoint", "tags", "work_pool_name", "parameters", "job_variables", "global_concurrency_limit", "concurrency_options",
                "paused", "enforce_parameter_schema")
        found = {}
        for one in self.ask("POST", "deployments/filter", {}):
            schedules = [
                {"id": s["id"], **{key: s["schedule"].get(key) for key in ("interval", "cron", "timezone")}} for s in one["schedules"]
            ]
            limit = (one.get("global_concurrency_limit") or {}).get("limit")
            found[f"{one['name']}/{one['tags'][-1]}"] = {
                "id": one["id"], **{key: one.get(key) for key in kept}, "global_concurrency_limit": limit, "schedules": schedules,
                "pull_steps": one["pull_steps"] or [],
            }
        return found


def family(pid: int) -> list[int]:
    """A process and all that came of it: runs of flows lead sessions of their own, so that a group does not hold them."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.splitlines()
    pairs = [(int(child), int(parent)) for child, parent in map(str.split, listed)]
    found = [pid]
    for one in found:
        found += [child for child, parent in pairs if parent == one]
    return found


def until(true: Callable[[], bool], what: str, seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} seconds: {what}"
        time.sleep(0.5)


def lines() -> list[str]:
    """The commands of the section on workers, in order."""
    section = PAGE.partition("### By Prefect, with a server and several workers")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```console\n(.*?)^```$", section, re.M | re.S)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The page played up to its workers."""
    with server() as database:
        site = Site(tmp_path_factory.mktemp("site"), database.format(role="owner", name="postgres"))
        try:
            for line in lines():
                if "worker start" in line:
                    break
                site.type(line)
            yield site
        finally:
            for name in site.running:
                site.kill(name)


def test_the_flows_are_deployed_once_however_often_and_as_the_file_says(site: Site) -> None:
    first = site.deployments()
    assert sorted(one["tags"][-1] for one in first.values()) == FLOWS
    assert {one["work_pool_name"] for one in first.values()} == {"makegood"}
    limit = f"v2/concurrency_limits/deployment:{next(one['id'] for one in first.values() if one['tags'][-1] == 'sweep')}"
    site.ask("PATCH", limit, {"active_slots": 2})       # as two workers leave it that died before the server did
    assert "every 60 s" in site.type("makegood flows deploy")
    assert site.ask("GET", limit)["active_slots"] == 0
    assert site.deployments() == first      # ids of deployments and schedules too
    written = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert len(written) == len(first)
    for one in written:
        made = next(deployed for deployed in first.values() if deployed["tags"] == one["tags"])
        assert made["entrypoint"] == one["entrypoint"]
        assert made["parameters"] == {"house": str(site.folder)} and one["parameters"] == {"house": "{{ $MAKEGOOD_HOUSE }}"}
        assert (made["global_concurrency_limit"], (made["concurrency_options"] or {}).get("collision_strategy")) == (
            (one.get("concurrency_limit") or {}).get("limit"), (one.get("concurrency_limit") or {}).get("collision_strategy")
        )
        assert (made["job_variables"] or {}).get("env", {}) == one["work_pool"].get("job_variables", {}).get("env", {})
        (had,), (said,) = made["schedules"], one["schedules"]
        assert (had.get("interval"), had.get("cron")) == (said.get("interval"), said.get("cron"))


def filled(folder: Path) -> House:
    """A house whose cases fall due one after another from now on, and whose customers wait for their receipts."""
    now = datetime.now(UTC)
    house = posting.new_house(folder, now=now - timedelta(hours=25))
    first_word = PROCEDURE[PROCEDURE.index("  first_word:"):PROCEDURE.index("  reply:")]     # it would be late by 22 hours
    posting.publish(house, "letters", PROCEDURE.replace(first_word, ""), posting.TEXTS)
    clock = house.clock
    assert isinstance(clock, VirtualClock)
    for n in range(CASES):
        clock.move_to(now - timedelta(hours=24) + timedelta(seconds=1.5 * n))
        open_case(house, "letters", posting.LI_NA, {"customer": {"name": "Wang", "email": f"wang{n}@example.com"}})
    house.store.close()
    return open_house(folder, SystemClock())


@pytest.mark.skipif("MAKEGOOD_SOAK" not in os.environ, reason="runs of two workers take minutes on a busy machine: make soak")
def test_server_and_worker_are_killed_in_the_middle_and_nothing_is_lost_or_doubled(site: Site) -> None:
    site.type("makegood flows deploy --every 10")
    for line in lines():
        if "worker start" in line:
            site.type(line)
    begun = {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "COMPLETED"]}}}}
    until(lambda: site.ask("POST", "flow_runs/count", begun) > 0, "the workers work")
    house = filled(site.folder)

    def rungs() -> int:
        with house.store.reading() as conn:
            return sum(conn.exec_driver_sql("SELECT count(*) FROM event WHERE kind = 'rung'").scalars())

    def waiting() -> int:
        now = house.clock.now()
        late = select(func.count()).where(NOTICE.c.status == "waiting", NOTICE.c.fire_at <= now + timedelta(seconds=30))
        with house.store.reading() as conn:
            return timers.count_due(conn, now) + conn.execute(late).scalar_one()

    until(lambda: rungs() > 0, "the workers carry something out")
    site.kill("first")
    site.kill("server")
    at_the_kill = rungs()
    time.sleep(2)
    site.again("server")
    site.again("first")
    sweeps = next(one["id"] for one in site.deployments().values() if one["tags"][-1] == "sweep")
    for _ in range(3):          # overlapping runs of the same, beside those of the schedule
        site.ask("POST", f"deployments/{sweeps}/create_flow_run", {})
    until(lambda: rungs() == CASES and not waiting(), "everything is carried out and sent")
    # Where the worker was killed while it delivered, what it had claimed comes back after five minutes: nobody need wait for them here.
    deliver(open_house(site.folder, VirtualClock(house.clock.now() + timedelta(minutes=6))))

    for number in (line.case for line in list_notices(house, limit=1000, actor=THE_SYSTEM)):
        assert number is not None
        with house.store.reading() as conn:
            events = list(history.read(conn, history.case_stream(number)))
        kinds = Counter(" ".join(filter(None, (one.kind, one.data.get("clock"), one.data.get("sent")))) for one in events)
        assert kinds == {"opened": 1, "breach reply": 1, "rung reply": 1, "sent receipt": 1}, number
    notices = list_notices(house, limit=1000, actor=THE_SYSTEM)
    assert Counter((line.name, line.status) for line in notices) == {("receipt", "sent"): CASES, ("reminder", "sent"): CASES}
    assert len(list((site.folder / "outbox" / "email").glob("*.eml"))) == 2 * CASES
    proof = report(house, actor=THE_SYSTEM)
    assert proof.proven and sum(one.carried_out for one in proof.definitions) == 2 * CASES
    assert verify(house).problems == []
    assert {check.name for check in health(house).checks if not check.well} <= {"anchor"}
    assert 0 < at_the_kill < CASES
    site.type(next(line for line in lines() if line == "makegood health"))
