"""The page about reports is true: each of its commands answers."""

import re
import shlex
from pathlib import Path

import pytest

from tests.commands import Terminal
from tests.houses import house_in, open_one
from tests.pages import blocks


def test_the_commands_of_the_page_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    house, _ = house_in(tmp_path)
    open_one(house)
    house.store.close()
    monkeypatch.chdir(tmp_path)
    terminal = Terminal(tmp_path, capsys, monkeypatch)
    monkeypatch.setenv("MAKEGOOD_AS", "wu.ting")
    commands = re.findall(r"^\$ makegood (.*)$", "\n".join(blocks("reports.md", "console")), re.M)
    for command in commands:
        assert terminal(*shlex.split(command)).out
    assert len(commands) >= 5 and (tmp_path / "walk" / "product-complaint.states.csv").is_file()
    assert "<h1>Statistics of complaints</h1>" in (tmp_path / "complaints.html").read_text(encoding="utf-8")
