"""The page about classes is true: its organisation is applied, its definition passes the check, its commands answer."""

from pathlib import Path

import pytest

from engine.usecases.examining import examine
from engine.usecases.scenarios import run_scenarios
from tests.pages import blocks, house_of, laid_out, plays


def test_the_page_about_classes_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    people, procedure, story = blocks("classes.md")
    files = {"procedure.yaml": procedure, "scenarios/key.yaml": story}
    bundle = laid_out(tmp_path, "order-complaint", files, people, {"office": "09:00-17:00"})
    assert plays(bundle) == 1
    run = house_of(tmp_path, "ann", capsys, monkeypatch, bundle)
    rose = "customer={\"name\": \"Rose\", \"email\": \"rose@customer.example\"}"
    run("case", "open", "order-complaint", "--set", rose, "--set", "order_value=1200")
    monkeypatch.setenv("MAKEGOOD_AS", "carl")
    commands = [line.removeprefix("$ makegood ") for line in blocks("classes.md", "console")[0].splitlines()]
    said = [run(*(part for i, part in enumerate(line.split('"')) for part in ([part] if i % 2 else part.split()))).out for line in commands]
    assert "1 customer assessed, 1 with another class now" in said[0] and "order_value = 1200" in said[1]
    assert "bought by Acme" in said[2] and "no longer theirs" in said[3]
    number = run("case", "open", "order-complaint", "--set", rose, "--set", "order_value=5", "--as", "ann", "--json").json["number"]
    assert run("case", "show", number, "--json").json["owner"] == "carl"
    assert [one["name"] for one in run("party", "class", "1", "--json").json["classes"]] == ["key", "", "key", "key"]
    assert run("party", "classify", "--json").json["of"] == {"key": 1}


@pytest.mark.parametrize(("old", "new", "why"), [
    ("class: key", "class: royal", "There is no class 'royal'"),
    ("customer: {name: Rose Tyler, email: rose@example.com}, ", "", "names its customer"),
])
def test_a_rehearsal_with_a_class_that_cannot_be_is_told(tmp_path: Path, old: str, new: str, why: str) -> None:
    people, procedure, story = blocks("classes.md")
    files = {"procedure.yaml": procedure, "scenarios/key.yaml": story.replace(old, new)}
    read, around, _ = examine(laid_out(tmp_path, "order-complaint", files, people, {"office": "09:00-17:00"}))
    assert read is not None and around is not None
    (result,) = run_scenarios(read, around.rehearsal, around.document, None, around.others)
    assert why in (result.failure or "")
