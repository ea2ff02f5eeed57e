"""How things are measured: CPU of this process in chunks that alternate, medians, and what to say about the machine."""

import os
import platform
import sqlite3
from collections.abc import Callable, Sequence
from importlib.metadata import version
from statistics import mean, median
from time import process_time

Work = Callable[[], object]
Figures = dict[str, float]


def cpu(work: Work) -> float:
    """CPU seconds (user and system) of a piece of work in this process."""
    began = process_time()
    work()
    return process_time() - began


def spent(work: Work, server: Callable[[], float]) -> tuple[float, float]:
    """CPU seconds of a piece of work in this process, and of the database's server meanwhile."""
    began = server()
    mine = cpu(work)
    return mine, server() - began


def beside(ours: Sequence[Work], floor: Sequence[Work], items: int, server: Callable[[], float]) -> Figures:
    """Run chunks of the product and of the floor in turn: medians in milliseconds per item, and the ratio.

    The ratio is the median of the ratios of neighbouring chunks, so that whatever slows the machine for a while slows both. CPU of a
    server is counted in hundredths of a second: of it the mean.
    """
    pairs = [(spent(mine, server), spent(theirs, server)) for mine, theirs in zip(ours, floor, strict=True)]
    ratios = sorted(a / b for (a, _), (b, _) in pairs)
    per_item = 1000 / items
    return {
        "ms": round(median(a for (a, _), _ in pairs) * per_item, 4), "floor_ms": round(median(b for _, (b, _) in pairs) * per_item, 4),
        "ratio": round(median(ratios), 2), "ratio_low": round(ratios[len(ratios) // 4], 2),
        "ratio_high": round(ratios[len(ratios) * 3 // 4], 2),
        "server_ms": round(mean(a for (_, a), _ in pairs) * per_item, 4),
        "floor_server_ms": round(mean(b for _, (_, b) in pairs) * per_item, 4),
    }


def machine() -> dict[str, str]:
    """What the figures belong to. The load says whether anybody else was at work: a quiet machine shows about 1."""
    return {
        "processor": _processor(), "cores": str(os.cpu_count()), "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "system": platform.system(), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in ("sqlalchemy", "sqlmodel", "typer", "transitions", "jinja2")},
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
