"""Tests of this folder run on SQLite, and by `make both` also on PostgreSQL, but for those that `tests/databases.py` names. Files where
the kind of database decides (claims, races, migrations, what is stored) run on both always."""

import os
from collections.abc import Iterator

import pytest

from engine.ground.language import speak
from tests import databases
from tests.postgres import MISSING, binaries


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    file = metafunc.definition.path.name
    kinds = [pytest.param(databases.SQLITE)]
    both = file in databases.ALWAYS_BOTH or os.environ.get("MAKEGOOD_TEST_BOTH")
    if both and not {file, f"{file}::{metafunc.definition.originalname}"} & databases.SQLITE_ONLY.keys():
        kinds.append(pytest.param(databases.POSTGRESQL, marks=pytest.mark.skipif(binaries() is None, reason=MISSING)))
    metafunc.parametrize("database", kinds, indirect=True, scope="module")


@pytest.fixture(autouse=True, scope="module")
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The kind of database that the tests of a module run on now."""
    with databases.on(request.param):
        yield request.param


@pytest.fixture(autouse=True)
def _given_back(database: str) -> Iterator[None]:
    speak("en")             # a command that spoke another language goes on speaking it
    with databases.on(database):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    yield
    if databases.present() == databases.POSTGRESQL and not databases.lent():
        pytest.fail("uses no database: name it in SQLITE_ONLY of tests/databases.py", pytrace=False)
