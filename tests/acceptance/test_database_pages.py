"""The pages about databases are true: their commands are typed as they stand, in a house with cases, with a real server."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.ground.clock import SystemClock
from engine.usecases import erasing, tokens
from engine.usecases.house import House, open_house
from tests import houses
from tests.postgres import MISSING, binaries, server
from tests.small import dump

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(console|toml)\n(.*?)^```$", re.M | re.S)
OFFICER, AUDITOR = houses.as_("helen.price"), houses.as_("xu.jing")


def house_in(folder: Path) -> House:
    """A house of today with two complaints."""
    made, _ = houses.house_in(folder)
    made = House(made.store, SystemClock(), made.settings)
    for name in ("王小明", "Sanne"):
        houses.open_one(made, customer={**houses.CUSTOMER, "name": name}, comment="cannot be switched on")
    return made


def typed(command: str, folder: Path, **more: str) -> str:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{binaries() or ''}{os.pathsep}{os.environ['PATH']}"
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKEGOOD", "PG"))}
    done = subprocess.run(
        shlex.split(command), cwd=folder, env={**plain, "PATH": programs, "MAKEGOOD_LANG": "en", **more}, capture_output=True, text=True,
        timeout=120, check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.skipif(binaries() is None, reason=MISSING)
def test_a_house_moves_to_a_server_and_is_restored_there(tmp_path: Path) -> None:
    house = house_in(tmp_path)
    before = dump(house)
    secrets = {actor.id: tokens.create(house, actor, "page", "1 day")[0] for actor in (OFFICER, AUDITOR)}
    after: dict[str, Callable[[], object]] = {      # somebody is erased between the dump of the data and that of the keys
        "pg_dump --format=custom --file=data.dump makegood":
            lambda: erasing.erase(open_house(tmp_path), 1, OFFICER, "asked", even_open=True),
    }
    said: dict[str, list[str]] = {}
    with server() as url:
        place = {"PGHOST": url.partition("host=")[2], "PGUSER": "owner"}
        os.environ |= place         # for what is done meanwhile
        try:
            for kind, block in BLOCK.findall((DOCS / "postgresql.md").read_text(encoding="utf-8")):
                if kind == "toml":
                    (tmp_path / "makegood.toml").write_text(block, encoding="utf-8")
                    continue
                for line in block.splitlines():
                    command = line.removeprefix("$ ")
                    who = AUDITOR if "audit" in command else OFFICER
                    said.setdefault(command, []).append(typed(command, tmp_path, **place, MAKEGOOD_TOKEN=secrets[who.id]))
                    after.get(command, lambda: None)()
            restored = dump(open_house(tmp_path))
        finally:
            for name in place:
                del os.environ[name]
    (copied,) = (told for command, (told, *_) in said.items() if command.startswith("makegood db copy"))
    assert "each as it was" in copied and "intact" in copied
    assert [told.splitlines()[-1] for told in said["makegood audit verify"]] == ["intact", "intact, 1 party erased"]
    assert restored["case"] != before["case"] and len(restored["case"]) == 2 == len(said["makegood db status"])


def test_files_are_backed_up_and_restored(tmp_path: Path) -> None:
    house = house_in(tmp_path)
    section = (DOCS / "operations.md").read_text(encoding="utf-8").partition("### Backup and restore\n")[2].partition("\n### ")[0]
    said = [typed(line.removeprefix("$ "), tmp_path) for _, block in BLOCK.findall(section) for line in block.splitlines()]
    assert len(said) == 3 and said[-1].endswith("intact\n")
    assert dump(open_house(tmp_path / "restored")) == dump(house)
