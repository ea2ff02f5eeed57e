"""Four sweeps at once against one PostgreSQL: each thing is carried out once, and none waits for another. `python -m benchmarks.workers`
does the same with 100,000 due, and measures."""

from pathlib import Path

import pytest

from benchmarks.databases import PostgreSQL, server
from benchmarks.workers import measure
from tests.postgres import MISSING, binaries


@pytest.mark.skipif(binaries() is None, reason=MISSING)
def test_four_workers_carry_out_each_of_two_thousand_reminders_once_and_share_the_work(tmp_path: Path) -> None:
    with server(tmp_path) as postgresql:
        assert postgresql is not None
        found = dict(measure(PostgreSQL(postgresql.address, "due", tmp_path).made(), 2000, [4]))[4]
    assert found["least"] >= 200, found
