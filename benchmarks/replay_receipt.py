"""`python -m benchmarks.replay_receipt`: a real log of 1,434 permit applications through the product, and what came of it.

`--json` for programs; `--house FOLDER` keeps the house, to look around in with `makegood`.
"""

import argparse
import gc
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import machine
from benchmarks.receipt_log import LOG, Application, read
from benchmarks.receipt_play import replay
from benchmarks.receipt_report import report, shown
from cli.progress import progress, so_far


def main() -> int:
    """Replay the log and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--house", type=Path, help="a folder that does not exist yet, in which to keep the house")
    parser.add_argument("--cases", type=int, help="only every so many, evenly over the log")
    parser.add_argument("--log", type=Path, default=LOG, help="the log, where it does not lie beside the project")
    options = parser.parse_args()
    if not options.log.exists():
        print(f"{options.log.name} is not there: the log lies beside the project, not in it. Name it with --log.", file=sys.stderr)
        return 1
    gc.set_threshold(50_000)   # as `makegood` does
    applications = sample(read(options.log), options.cases)
    with tempfile.TemporaryDirectory() as scratch, progress("replaying") as moved:
        done = replay(applications, options.house or Path(scratch), so_far(moved))
        found = {"machine": machine(), **report(applications, done)}
        done.house.store.close()
    print(json.dumps(found, indent=2, ensure_ascii=False) if options.json else shown(found))
    return 0


def sample(applications: Sequence[Application], count: int | None) -> Sequence[Application]:
    """That many applications, evenly over the log; all without a number."""
    return applications if count is None else applications[::max(len(applications) // count, 1)][:count]


if __name__ == "__main__":
    sys.exit(main())
