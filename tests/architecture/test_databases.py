"""Which tests do not run on PostgreSQL, and why."""

import ast
from pathlib import Path

import pytest

from tests.databases import ALWAYS_BOTH, SQLITE_ONLY

INTEGRATION = Path(__file__).parents[1] / "integration"


def test_what_always_runs_on_both_exists() -> None:
    assert [name for name in sorted(ALWAYS_BOTH) if not (INTEGRATION / name).is_file()] == []
    assert ALWAYS_BOTH & SQLITE_ONLY.keys() == set()


@pytest.mark.parametrize("name", SQLITE_ONLY)
def test_what_runs_on_sqlite_alone_exists_and_has_a_reason(name: str) -> None:
    file, _, test = name.partition("::")
    tree = ast.parse((INTEGRATION / file).read_text(encoding="utf-8"))
    tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert (test in tests if test else tests) and len(SQLITE_ONLY[name].split()) > 3
