"""The page about cycles is true: its cycle passes the check, its scenario plays, its commands answer."""

import shutil
from pathlib import Path

import pytest

from tests.pages import blocks, house_of, laid_out, plays

ROOT = Path(__file__).parents[2]
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
    cycle, story = blocks("cycles.md")
    shutil.copytree(ROOT / "definitions" / "corrective-action", tmp_path / "corrective-action", ignore=shutil.ignore_patterns("scenarios"))
    return laid_out(tmp_path, "workshop-visit", {"cycle.yaml": cycle, "scenarios/late.yaml": story}, PEOPLE, HOURS)


def test_the_cycle_of_the_page_is_in_order_and_its_rehearsal_plays(bundle: Path) -> None:
    assert plays(bundle) == 1


def test_the_commands_of_the_page_answer(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    run = house_of(tmp_path, "eva", capsys, monkeypatch, tmp_path / "corrective-action", bundle)
    assert "WV-" in run("case", "open", "workshop-visit", "--set", "bicycle=AB123", "--in", "counter", "--as", "dan").out
    assert "41 of 50" in run("standard", "record", "workshop-visit", "answered", "--kept", "41", "--of", "50", "--as", "dan").out
    events = tmp_path / "till.jsonl"
    events.write_text(blocks("cycles.md", "json")[0], encoding="utf-8")
    taken = run("standard", "events", "workshop-visit", str(events), "--as", "dan", "--json", code=None).json
    assert taken["taken"] + len(taken["bad"]) == 3       # how many are not too late by now, the calendar says
    listed = run("standard", "list", "workshop-visit", "--json").json["standards"]
    assert [one["name"] for one in listed] == ["greeting", "estimate", "tyres", "floor", "answered"]
    assert "I have it back when you said" in run("standard", "list").out
    assert "82.0 %" in run("standard", "attainment", "workshop-visit", "--since", "2026-01-01", "--periods", "--as", "max").out
    assert "desk" in run("standard", "attainment", "workshop-visit", "--by", "role", "--as", "max").out
    together = run("standard", "attainment", "workshop-visit", "--by", "element", "--json", "--as", "max").json
    assert [one["name"] for one in together["groups"]] == ["people", "software", "hardware"]
    assert "taken together by 'colour'" in run("standard", "attainment", "workshop-visit", "--by", "colour", code=3).err
    assert "Nothing seen speaks against" in run("standard", "check", "workshop-visit").out
    assert run("standard", "check", "workshop-visit", "--since", "2026-01-01", "--json").json == {"findings": []}
    assert "Nothing was judged yet" in run("standard", "judged", "workshop-visit").out
    assert run("standard", "judged", "workshop-visit", "--json").json == {"judgements": []}
    assert "is a procedure, not a cycle" in run("standard", "attainment", "corrective-action", code=3).err
