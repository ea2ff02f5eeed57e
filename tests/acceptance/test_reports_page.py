"""The page about reports is true: each of its commands answers."""

import re
import shlex
from datetime import datetime
from pathlib import Path

import pytest

from engine.deciding.rights import THE_SYSTEM
from engine.usecases import publishing
from engine.usecases.sweeping import sweep
from tests.commands import Terminal
from tests.houses import house_in, open_one
from tests.pages import blocks

ORGANISATION = """
organisation: acme
people:
  li: {name: Li, roles: [intake]}
  su: {name: Su, roles: [supervisor], email: su@acme.example}
  qi: {name: Qi, roles: [quality_manager], email: qi@acme.example}
  mo: {name: Mo, roles: [service_manager], email: mo@acme.example}
  da: {name: Da, roles: [director], email: da@acme.example}
rights: {apply: director}
"""


def test_the_reports_of_the_page_are_made(tmp_path: Path) -> None:
    house, clock = house_in(tmp_path)
    (tmp_path / "organisation.yaml").write_text(ORGANISATION + "\n".join(blocks("reports.md")), encoding="utf-8")
    publishing.apply_organisation(house, tmp_path / "organisation.yaml", THE_SYSTEM)
    made: list[tuple[str, str]] = []
    for moment in ("2026-11-17T07:00", "2026-11-20T16:00", "2026-12-01T08:00"):
        clock.move_to(datetime.fromisoformat(f"{moment}+08:00"))
        done = sweep(house)
        assert done.failures == []
        made += [(one.name, one.file) for one in done.cycles.reports]
    assert ("quality", "reports/quality/2026-11-16.html") in made and ("week", "reports/week/2026-11-13.html") in made
    assert made[-1] == ("supervision", "reports/supervision/2026-11-01.html") and (tmp_path / made[-1][1]).is_file()
    house.store.close()


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
    assert len(commands) >= 8 and (tmp_path / "walk" / "product-complaint.states.csv").is_file()
    assert "<h1>Statistics of complaints</h1>" in (tmp_path / "complaints.html").read_text(encoding="utf-8")
