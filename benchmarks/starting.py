"""What a command costs from a cold start, beside a Python that imports the libraries any such program would need."""

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.actions import DEFINITIONS, STAFF, prepare
from benchmarks.measuring import Figures

SETTINGS = 'database = "sqlite:///makegood.db"\n'


def starts(folder: Path, runs: int) -> dict[str, Figures]:
    """Medians of runs that alternate: wall and CPU milliseconds of each command, Python's own start included, and the ratio of CPU."""
    house = folder / "house"
    house.mkdir()
    (house / "makegood.toml").write_text(SETTINGS, encoding="utf-8")
    _, numbers = prepare(house / "makegood.db", 5)
    makegood = _makegood()
    commands = {
        "import typer, rich, sqlmodel": [sys.executable, "-c", "import typer, rich, sqlmodel"],
        "makegood --version": [*makegood, "--version"],
        "makegood case show": [*makegood, "--house", str(house), "case", "show", numbers[0]],
        "makegood definition check": [*makegood, "definition", "check", str(DEFINITIONS / "product-complaint")],
    }
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, words in commands.items():
            spent[name].append(_run(words))
    base = median(cpu for _, cpu in spent["import typer, rich, sqlmodel"][1:])
    return {
        name: {
            "wall_ms": round(median(wall for wall, _ in times[1:]) * 1000), "best_wall_ms": round(min(wall for wall, _ in times) * 1000),
            "cpu_ms": round(median(cpu for _, cpu in times[1:]) * 1000), "ratio": round(median(cpu for _, cpu in times[1:]) / base, 2),
        }
        for name, times in spent.items()
    }


def _makegood() -> list[str]:
    installed = Path(sys.executable).with_name("makegood")
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "cli.main"]


def _run(words: Sequence[str]) -> tuple[float, float]:
    """Wall and CPU seconds of a process; raises CalledProcessError when it fails."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    env = {**os.environ, "MAKEGOOD_LANG": "en", "MAKEGOOD_AS": STAFF.id}
    subprocess.run(words, check=True, capture_output=True, cwd=DEFINITIONS.parent, env=env)
    wall, after = perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
