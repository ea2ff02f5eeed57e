"""Numbers have no gaps and no doubles, whoever takes them at the same time."""

import subprocess
import sys
from pathlib import Path

import pytest
from recording import new_store

from engine.records import series
from tests import databases

ROOT = Path(__file__).parents[2]

TAKE = """
import sys
from engine.records import series
from engine.records.store import Store
store = Store(*sys.argv[1:])
for n in range(50):
    try:
        with store.writing() as conn:
            print(series.next_serial(conn, "KS-2026"))
            if n % 10 == 9:
                raise KeyError   # somebody's case could not be opened after all
    except KeyError:
        print("back")
"""


def test_four_processes_take_two_hundred_numbers(tmp_path: Path) -> None:
    place = databases.place(tmp_path)
    running = [
        subprocess.Popen([sys.executable, "-c", TAKE, *place], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(4)
    ]
    taken: list[int] = []
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        lines = out.split()
        taken += [int(line) for line, after in zip(lines, [*lines[1:], ""], strict=True) if line != "back" and after != "back"]
    assert sorted(taken) == list(range(1, 181))
    with place.store().writing() as conn:
        assert series.next_serial(conn, "KS-2026") == 181


def test_each_series_counts_for_itself_and_gives_back_what_was_rolled_back(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with store.writing() as conn:
        assert [series.next_serial(conn, key) for key in ("a", "a", "b", "a")] == [1, 2, 1, 3]
    with pytest.raises(KeyError), store.writing() as conn:
        assert series.next_serial(conn, "a") == 4
        raise KeyError
    with store.writing() as conn:
        assert series.next_serial(conn, "a") == 4
