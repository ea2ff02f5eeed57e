"""Staff actions and sweeps done by the product and by its peers, chunk by chunk in turn, each in a process of its own."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median

from benchmarks.databases import PostgreSQL
from benchmarks.measuring import Figures

PEERS = {"makegood": "engine", "spiff": "SpiffWorkflow", "orm": "transitions", "viewflow": "viewflow", "dbos": "dbos"}
"""The modules of this package, and what must be installed for each."""


def installed() -> list[str]:
    """Those that can be measured here; the product comes first."""
    return [name for name, needs in PEERS.items() if importlib.util.find_spec(needs) is not None]


def peers(folder: Path, server: PostgreSQL | None, job: str, chunks: int, size: int, cases: int = 0) -> dict[str, Figures]:
    """Milliseconds of CPU for each item by peer, on SQLite and with a server on PostgreSQL, W1 or W2 (due among so many open cases)."""
    found: dict[str, Figures] = {name: {} for name in installed()}
    for kind in ("SQLite", "PostgreSQL"):
        if kind == "PostgreSQL" and server is None:
            continue
        children = [_Child(name, _place(folder, server if kind == "PostgreSQL" else None, f"{name}-{job}"), job, chunks + 1, size, cases)
                    for name in found]
        for child in children:
            child.ready()
        rounds = [[child.go(server) for child in children] for _ in range(chunks + 1)][1:]
        for n, (name, child) in enumerate(zip(found, children, strict=True)):
            child.end()
            found[name][kind] = round(median(one[n][0] for one in rounds) / size * 1000, 3)
            found[name][f"{kind}, times"] = round(median(one[n][0] / one[0][0] for one in rounds), 2)
            if kind == "PostgreSQL":
                found[name]["server"] = round(mean(one[n][1] for one in rounds) / size * 1000, 3)
    return found


def _place(folder: Path, server: PostgreSQL | None, name: str) -> Sequence[str]:
    if server is None:
        home = folder / name
        home.mkdir()
        return ("SQLite", str(home / "data.db"))
    database = PostgreSQL(server.address, name.lower(), folder).made()
    return ("PostgreSQL", database.name, database.socket)


class _Child:
    """The process of one peer."""

    def __init__(self, name: str, place: Sequence[str], job: str, chunks: int, size: int, cases: int) -> None:
        words = [sys.executable, "-m", "benchmarks.peers.child", name, job, str(chunks), str(size), str(cases), *place]
        self._name = name
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )

    def ready(self) -> None:
        """Wait until its cases are open."""
        while (line := self._line()) != "ready\n":
            print(f"{self._name}: {line}", end="", file=sys.stderr)

    def go(self, server: PostgreSQL | None) -> tuple[float, float]:
        """CPU seconds of the next chunk, and of the server meanwhile."""
        assert self._process.stdin is not None
        began = server.server_seconds() if server else 0.0
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        seconds: float = json.loads(self._line())
        return seconds, max(0.0, (server.server_seconds() if server else 0.0) - began)   # a process may be ending

    def end(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"{self._name} failed: see above")
        return line
