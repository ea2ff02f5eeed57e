"""The page about surveys is true: its bundle passes the check, its commands answer, its numbers are right."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from engine.deciding.sampling import answers_needed
from engine.records.store import Store
from engine.records.tables import NOTICE
from engine.usecases.house import House, Settings
from tests.commands import Terminal
from tests.pages import DOCS, blocks, house_of, laid_out, plays

PAGE = (DOCS / "surveys.md").read_text(encoding="utf-8")
PEOPLE = """
organisation: small
people:
  ann: {name: Ann, roles: [desk], email: ann@small.example}
  eva: {name: Eva, roles: [quality], email: eva@small.example}
rights: {apply: eva, publish: eva, reveal: eva, audit: eva}
"""
CUSTOMERS = 48


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    procedure, survey = blocks("surveys.md")
    files = {"procedure.yaml": procedure, "surveys/after_repair.yaml": survey}
    return laid_out(tmp_path, "bicycle-repair", files, PEOPLE, {"workshop": "09:00-17:00"})


def test_the_bundle_of_the_page_is_in_order(bundle: Path) -> None:
    assert plays(bundle) == 0


def test_the_sizes_of_the_page_are_right() -> None:
    assert "235 answers" in PAGE and answers_needed(Decimal(5), 600) == 235 and "470 are asked" in PAGE


def test_the_commands_of_the_page_answer(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    run = house_of(tmp_path, "eva", capsys, monkeypatch, bundle)
    monkeypatch.setenv("MAKEGOOD_AS", "ann")
    numbers = []
    for n in range(CUSTOMERS):
        customer = f"Guest {n} <guest{n}@customer.example>"
        opened = run("case", "open", "bicycle-repair", "--set", f"customer={customer}", "--set", "kind=race", "--json")
        numbers.append(opened.json["number"])
        run("case", "act", numbers[-1], "hand_back")
    shown = run("customer", "show", code(run, 0), code=5).err
    assert "questions" in shown

    by_file = tmp_path / "answers.json"
    by_file.write_text(json.dumps({"ready": 4, "done": "good"}), encoding="utf-8")
    assert "Thank you" in run("customer", "survey", code(run, 0), "--set", "ready=3", "--set", "done=very good", "--comment", "thanks").out
    assert run("customer", "survey", code(run, 1), "--answers", str(by_file), "--json").json == {"answered": True}
    monkeypatch.setattr("sys.stdin", open_lines(tmp_path, ["4", "3", "2", "", "4", "4", "4", "3", "lovely"]))
    assert "How soon was it ready?" in run("customer", "survey", code(run, 2)).out
    assert "not be asked" in run("customer", "survey", code(run, 3), "--never").out
    assert "not be asked" in run("survey", "stop", numbers[4]).out
    assert "was so already" in run("survey", "stop", numbers[4]).out
    run("survey", "answer", numbers[5], "after_repair", "--set", "ready=3", code=6)

    monkeypatch.setenv("MAKEGOOD_AS", "eva")
    run("survey", "answer", numbers[5], "after_repair", "--set", "ready=3", "--set", "ready.expected=4")
    columns = ["ready", "ready.expected", "asked", "done", "done.expected", "clean", "whole", "again"]
    rows = [[1 + (n * step + n // step) % 4 for step in (1, 3, 2, 5, 7, 4, 1, 3)] for n in range(6, CUSTOMERS - 8)]
    table = tmp_path / "answers.csv"
    table.write_text("\n".join([",".join(["case", *columns])] + [
        ",".join(map(str, [numbers[n], *row])) for n, row in zip(range(6, CUSTOMERS - 8), rows, strict=True)
    ]) + "\nBR-1,1,1,1,1,1,1,1,1\n", encoding="utf-8")
    taken = run("survey", "import", "after_repair", str(table), code=3)
    assert f"{len(rows)} answers taken, 1 row could not be used" in taken.out

    out = run("survey", "report", "bicycle-repair", "after_repair").out
    assert f"{len(rows) + 4} of {CUSTOMERS} asked have answered" in out
    found = run("survey", "report", "bicycle-repair", "after_repair", "--json").json
    assert found["response"]["declined"] == 2 and found["via"] == {"link": 3, "phone": 1, "table": len(rows)}
    run("survey", "report", "bicycle-repair", "after_repair", "--csv", str(tmp_path / "response.csv"))
    assert "answered,38" in (tmp_path / "response.csv").read_text(encoding="utf-8")
    said = {
        "index": "Satisfaction index", "gap": "Gap over all factors", "fuzzy": "M(∧,∨)", "components": "Component 1", "paths": "What moves",
    }
    for method, words in said.items():
        assert words in run("survey", "analyse", "bicycle-repair", "after_repair", "--method", method).out
        assert run("survey", "analyse", "bicycle-repair", "after_repair", "--method", method, "--json").json["answers"] == len(rows) + 4
    assert "权重" in run("survey", "analyse", "bicycle-repair", "after_repair", "--lang", "zh").out
    run("survey", "analyse", "bicycle-repair", "before", code=4)


def code(run: Terminal, n: int) -> str:
    """The code in the n-th invitation."""
    from sqlalchemy import select

    from engine.ground.clock import SystemClock
    from engine.records import outbox

    house = House(Store(f"sqlite:///{run.folder / 'makegood.db'}"), SystemClock(), Settings(folder=run.folder))
    with house.store.reading() as conn:
        rows = conn.execute(select(NOTICE).where(NOTICE.c.name == "survey").order_by(NOTICE.c.id)).all()
        (words,) = outbox.words(conn, [rows[n]])
    house.store.close()
    assert words is not None
    return next(word for line in words.text.splitlines() for word in line.split() if len(word) == 40)


def open_lines(folder: Path, lines: list[str]) -> object:
    """What somebody types."""
    place = folder / "typed"
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place.open(encoding="utf-8")
