"""Rules of the house that no linter knows: one place that tells the time, modules that fit in the head, names that are explained."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "flows", "notifications", "cli")
LONGEST = 300
DATA = {"engine/ground/texts_zh.py"}     # one sentence after another, nothing to understand
CLOCK = Path("engine/ground/clock.py")
TELLING = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"), ("time", "localtime")}


def modules(*rooms: str) -> Iterator[Path]:
    for room in rooms or ROOMS:
        yield from sorted(path.relative_to(ROOT) for path in (ROOT / room).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [path for path in modules() if path != CLOCK], ids=str)
def test_nobody_else_asks_for_the_time(path: Path) -> None:
    """Time is an argument; only `engine.ground.clock` asks the operating system."""
    asked = [
        f"{path}:{node.lineno}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute))
        and ((node.value.id if isinstance(node.value, ast.Name) else node.value.attr), node.attr) in TELLING
    ]
    assert asked == []


def test_modules_fit_in_the_head() -> None:
    lengths = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in modules() if str(path) not in DATA}
    assert {path: count for path, count in lengths.items() if count > LONGEST} == {}


@pytest.mark.parametrize("path", list(modules()), ids=str)
def test_public_names_say_what_they_promise(path: Path) -> None:
    """Modules, and the classes, functions and methods that others use, have a docstring."""
    module = tree(path)
    silent = [] if ast.get_docstring(module) else [f"{path}: the module"]
    for node in module.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            silent += [] if ast.get_docstring(node) else [f"{path}:{node.lineno} {node.name}"]
    assert silent == []


def test_a_migration_that_was_released_is_not_forgotten() -> None:
    """Every table of the models is named in a migration."""
    migrations = "\n".join((ROOT / path).read_text(encoding="utf-8") for path in modules("engine/records/migrations"))
    models = (ROOT / "engine/records/models.py").read_text(encoding="utf-8")
    tables = re.findall(r'__tablename__ = "(\w+)"', models)
    assert tables and [table for table in tables if f'"{table}"' not in migrations and f"'{table}'" not in migrations] == []


HEAVY = ("prefect", "apprise", "alembic", "holidays", "chinese_calendar", "babel", "fastapi", "psycopg", "argon2")


@pytest.mark.parametrize("module", ["cli.main", "cli.app"])
def test_starting_the_command_line_imports_nothing_heavy(module: str) -> None:
    """A command answers at once because it imports what it needs only when it needs it."""
    code = f"import {module}, sys; print(*sorted(set(sys.modules) & {{*{HEAVY + ('sqlalchemy', 'sqlmodel', 'transitions', 'jinja2')}}}))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.split() == []


def test_every_package_is_listed_wherever_packages_are_listed() -> None:
    """What is shipped, typed and held to the floors is written out; a new package does not slip past them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tool = project["tool"]
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    floors = {floor for contract in tool["importlinter"]["contracts"][:1] for floor in contract["layers"]}
    assert packages == set(ROOMS) == set(tool["mypy"]["files"]) == set(tool["importlinter"]["root_packages"]) == floors
    assert set(tool["hatch"]["build"]["targets"]["wheel"]["packages"]) == packages | {"definitions"}
