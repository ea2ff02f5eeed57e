"""`make bench`: what an action, a sweep, a scenario and a command cost, each beside a measure taken in the same run.

Absolute times belong to one machine and one moment; the ratios are what counts. docs/benchmarks.md says what is measured and how.
"""

import argparse
import gc
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.actions import w1, w2
from benchmarks.authority import full_inbox, rights_check
from benchmarks.deadlines import deadlines
from benchmarks.measuring import machine
from benchmarks.rehearsing import rates
from benchmarks.reprojecting import expansion, reprojection
from benchmarks.starting import starts

FULL = {"chunks": 20, "size": 50, "opened": 5000, "scenario_runs": 10, "starts": 11, "reprojected": 5000, "deadlines": 500,
        "people": 10_000, "tasks": 1_000_000}
QUICK = {"chunks": 2, "size": 5, "opened": 40, "scenario_runs": 1, "starts": 1, "reprojected": 40, "deadlines": 5,
         "people": 300, "tasks": 2000}


def measure(sizes: dict[str, int]) -> dict[str, Any]:
    """Every figure, by name; raises AssertionError when the floor did not write exactly what the product wrote."""
    before = machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {
            "sizes": sizes, "W1 staff action": w1(folder, sizes["chunks"], sizes["size"]),
            "W2 sweep": w2(folder, sizes["chunks"], sizes["size"], sizes["opened"]),
            "due times": deadlines(sizes["chunks"], sizes["deadlines"]),
            "calendar year": expansion(sizes["scenario_runs"]), "re-projection": reprojection(folder, sizes["reprojected"], _told),
            "rights": rights_check(sizes["people"], sizes["chunks"]), "inbox": full_inbox(folder, sizes["tasks"], sizes["chunks"]),
            "scenarios": rates(sizes["scenario_runs"]), "cold start": starts(folder, sizes["starts"]),
        }
    return {"machine": {**before, "load_after": machine()["load"]}, **found}


def shown(found: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [f"{name:<14} {value}" for name, value in found["machine"].items()]
    for name in ("W1 staff action", "W2 sweep"):
        row = found[name]
        lines.append(f"{name:<16} {row['ms']:>7.3f} ms of CPU, by hand {row['floor_ms']:>7.3f}: "
                     f"{row['ratio']:.2f} times (half of the chunks {row['ratio_low']:.2f} to {row['ratio_high']:.2f})")
    for name, row in found["due times"].items():
        lines.append(f"{name:<39} {row['us']:>6.2f} µs of CPU (best {row['best_us']:.2f}), {row['ratio']:.1f} times a date by hand")
    year, row = found["calendar year"], found["re-projection"]
    lines.append(f"calendar year    {year['ms']:>7.3f} ms of CPU to expand, at worst {year['worst_ms']:.3f}")
    lines.append(f"re-projection    {row['ms']:>7.3f} ms of CPU a case, {row['cases']:.0f} cases: {row['cpu_seconds']:.1f} s of CPU, "
                 f"{row['wall_seconds']:.1f} s in all; putting the calendar into force {row['wake_seconds']:.3f} s")
    for name, row in found["rights"].items():
        lines.append(f"rights: {name:<16} {row['us']:>8.2f} µs of CPU (best {row['best_us']:.2f})")
    for name, row in found["inbox"].items():
        lines.append(f"inbox, {name:<9} {row['ms']:>7.2f} ms of CPU (best {row['best_ms']:.2f}, on the wall clock "
                     f"{row['best_wall_ms']:.2f}) among {row['tasks']:.0f} open tasks")
    for name, row in found["scenarios"].items():
        lines.append(f"{name:<16} {row['scenarios']:.0f} scenarios, {row['steps']:.0f} steps: {row['per_second']:.0f} a second "
                     f"(best run {row['best_per_second']:.0f}), {row['ms_per_step']:.2f} ms a step")
    for name, row in found["cold start"].items():
        lines.append(f"{name:<29} {row['wall_ms']:>5} ms (best {row['best_wall_ms']}), CPU {row['cpu_ms']} ms, {row['ratio']:.2f} times")
    return "\n".join(lines)


def _told(done: int, of: int) -> None:
    """Progress of the one part that may take minutes, where somebody watches."""
    if sys.stderr.isatty():
        print(f"\rre-projection {done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)


def main() -> None:
    """Run the benchmarks and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few items only: shows that it works, says nothing about speed")
    parser.add_argument("--json", action="store_true")
    for name in FULL:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int)
    options = vars(parser.parse_args())
    sizes = {name: options[name] or value for name, value in (QUICK if options["quick"] else FULL).items()}
    gc.set_threshold(50_000)   # as `makegood` does
    found = measure(sizes)
    print(json.dumps(found, indent=2, ensure_ascii=False) if options["json"] else shown(found))


if __name__ == "__main__":
    main()
