"""The page about cycles is true: its cycle passes the check, its scenario plays, its commands answer."""

import re
import shutil
from pathlib import Path

import pytest

from engine.usecases.examining import examine
from engine.usecases.scenarios import run_scenarios
from tests.commands import Terminal

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cycles.md"
PEOPLE = """
organisation: small
people:
  dan: {name: Dan, roles: [desk], email: dan@small.example}
  max: {name: Max, roles: [mechanic], email: max@small.example}
  eva: {name: Eva, roles: [head, service_quality, supervision, director], email: eva@small.example}
rights: {apply: eva, publish: eva}
"""
HOURS = {"workshop": "08:00-18:00", "early": "08:00-13:00", "late": "13:00-18:00", "cn-office": "08:00-18:00"}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    cycle, story = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    folder = tmp_path / "workshop-visit"
    (folder / "scenarios").mkdir(parents=True)
    (tmp_path / "calendars").mkdir()
    (folder / "cycle.yaml").write_text(cycle, encoding="utf-8")
    (folder / "scenarios" / "late.yaml").write_text(story, encoding="utf-8")
    (tmp_path / "organisation.yaml").write_text(PEOPLE, encoding="utf-8")
    for name, hours in HOURS.items():
        (tmp_path / "calendars" / f"{name}.yaml").write_text(
            f'calendar: {name}\ntimezone: Europe/London\nhours: {{mon-fri: ["{hours}"]}}\nvalid_through: 2030-12-31\n', encoding="utf-8",
        )
    shutil.copytree(ROOT / "definitions" / "corrective-action", tmp_path / "corrective-action", ignore=shutil.ignore_patterns("scenarios"))
    return folder


def test_the_cycle_of_the_page_is_in_order_and_its_rehearsal_plays(bundle: Path) -> None:
    read, around, problems = examine(bundle)
    assert read is not None and around is not None and [str(problem) for problem in problems] == []
    (result,) = run_scenarios(read, around.rehearsal, around.document, None, around.others)
    assert result.passed, f"line {result.line}: {result.failure}\n" + "\n".join(result.history)


def test_the_commands_of_the_page_answer(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    run = Terminal(tmp_path, capsys, monkeypatch)
    run("init", "house")
    run = Terminal(tmp_path / "house", capsys, monkeypatch)
    monkeypatch.setenv("MAKEGOOD_AS", "eva")
    run("org", "apply", str(tmp_path / "organisation.yaml"))
    run("definition", "publish", str(tmp_path / "corrective-action"))
    run("definition", "publish", str(bundle))
    assert "WV-" in run("case", "open", "workshop-visit", "--set", "bicycle=AB123", "--in", "counter", "--as", "dan").out
    assert "41 of 50" in run("standard", "record", "workshop-visit", "answered", "--kept", "41", "--of", "50", "--as", "dan").out
    events = tmp_path / "till.jsonl"
    events.write_text(re.findall(r"^```json\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)[0], encoding="utf-8")
    taken = run("standard", "events", "workshop-visit", str(events), "--as", "dan", "--json", code=None).json
    assert taken["taken"] + len(taken["bad"]) == 3       # how many are not too late by now, the calendar says
    listed = run("standard", "list", "workshop-visit", "--json").json["standards"]
    assert [one["name"] for one in listed] == ["greeting", "estimate", "tyres", "floor", "answered"]
    assert "I have it back when you said" in run("standard", "list").out
    assert "82.0 %" in run("standard", "attainment", "workshop-visit", "--since", "2026-01-01", "--periods", "--as", "max").out
    assert "Nothing was judged yet" in run("standard", "judged", "workshop-visit").out
    assert run("standard", "judged", "workshop-visit", "--json").json == {"judgements": []}
    assert "is a procedure, not a cycle" in run("standard", "attainment", "corrective-action", code=3).err
