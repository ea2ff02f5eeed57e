"""The JSON Schema and the language reference, both generated from the dataclasses that the reader fills."""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from reading_samples import PARCEL, SMALLEST, changed, problems_in
from test_reading_organisation import ACME
from test_reading_scenarios import STORY

from engine.defining import definition as language
from engine.defining.reader import plan
from engine.defining.schema import KINDS, json_schema, reference
from engine.defining.yaml_file import read_tree
from engine.ground.errors import NotFound

ROOT = Path(__file__).parents[2]


@cache
def validator(kind: str) -> Any:
    schema = json_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def refusals(kind: str, text: str) -> list[str]:
    return [error.json_path for error in validator(kind).iter_errors(read_tree(text, "f.yaml").value)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("procedure", PARCEL),
        ("procedure", SMALLEST),
        ("procedure", changed(SMALLEST, ("to: done", "to: done, require: [a, {when: b, is: c}], notice: {when: a, is: n}"))),
        ("procedure", changed(SMALLEST, ("to: done", "to: done, open: [other, {when: a, is: {procedure: b, with: {x: 1}, wait: true}}]"))),
        ("procedure", changed(SMALLEST, ("to: done", "assign: [{when: a, is: desk}, owner], set: {a: [{when: b, is: 1}, 2.5]}"))),
        ("organisation", ACME),
        ("scenario", STORY),
        (
            "calendar",
            'calendar: x\ntimezone: Asia/Shanghai\nhours: {mon-fri: ["09:00-12:00", "13:30-18:00"], sat: "20:00-08:00"}\n'
            "holidays: {country: CN, make_up_workdays: true}\nvalid_through: 2026-12-31\nclosed: [2026-06-30]\n"
            "open: {2026-07-04: ['09:00-12:00']}\n",
        ),
    ],
)
def test_the_schema_accepts_what_the_reader_accepts(kind: str, text: str) -> None:
    assert refusals(kind, text) == []


def test_the_schema_accepts_every_shipped_file() -> None:
    shipped = {
        "procedure": ROOT.glob("definitions/*/procedure.yaml"),
        "scenario": ROOT.glob("definitions/*/scenarios/*.yaml"),
        "organisation": ROOT.glob("definitions/organisation.yaml"),
        "calendar": ROOT.glob("definitions/calendars/*.yaml"),
    }
    for kind, paths in shipped.items():
        judge = validator(kind)
        for path in paths:
            assert not list(judge.iter_errors(read_tree(path.read_bytes(), path.name).value)), path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("to: done}", "too: done}"),
        ("calendar: office\n", ""),
        ("calendar: office", "calendar: [office]"),
        ("languages: en", "languages: []"),
        ("languages: en", "languages: EN"),
        ("{final: true}", "{final: 1}"),
        ("{final: true}", "[final]"),
        ("{final: true}", "{awaits: custmer}"),
        ("to: done", "at_most: 0"),
        ("to: done", "within: soon"),
        ("to: done", "set: x"),
        ("to: done", "set: {}"),
        ("to: done", "title: {}"),
        ("close:", "close it:"),
        ("received:", "back:"),
        ("by: desk", "by: {role: desk}"),
        ("to: done", "act: close"),
        ("to: done", "to: done, require: [{when: x}]"),
        ("to: done", "to: done, notice: {wen: x, is: y}"),
        ("to: done", "to: done, open: {with: {a: b}}"),
        ("to: done", "to: done, open: {procedure: a, wait: perhaps}"),
        ("languages: en", "languages: en\nfields: {x: {type: txt}}"),
        ("languages: en", "languages: en\nfields: {x: {title: X}}"),
        ("languages: en", "languages: en\nfields: {x: {type: text, length: a}}"),
        ("languages: en", "languages: en\nfields: {state: {type: text}}"),
        ("languages: en", "languages: en\nfields: {x: {type: number, between: [1]}}"),
        ("languages: en", "languages: en\nauthority: {desk: 5000}"),
        ("languages: en", "languages: en\nclocks: {x: {within: [], from: opened}}"),
        ("languages: en", "languages: en\nclocks: {x: {within: 2 days, from: opened, ladder: {at: later}}}"),
        ("languages: en", "languages: en\nnotices: {x: {to: owner, via: []}}"),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(old: str, new: str) -> None:
    text = changed(SMALLEST, (old, new))
    assert problems_in(text) and refusals("procedure", text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("organisation", "organisation: x\npeople: {li.na: {nam: x}}\n"),
        ("scenario", "scenario: x\nat: 2026-11-20 16:00\nsteps: []\n"),
        ("scenario", "scenario: x\nat: 2026-11-20 16:00\nsteps: [{opn: {by: x}}]\n"),
        ("calendar", "calendar: x\n"),
    ],
)
def test_the_schemas_of_the_other_files_refuse_too(kind: str, text: str) -> None:
    assert refusals(kind, text)


def test_every_key_has_its_description_in_schema_and_reference() -> None:
    schema, page = json_schema("procedure"), reference()
    tops: dict[str, Any] = {"Definition": schema, **schema["$defs"]}
    for name, part in tops.items():
        for key in plan(getattr(language, name)).entries:
            assert part["properties"][key]["description"], (name, key)
            assert f"| `{key}` |" in page, (name, key)
        assert all(part["properties"][key]["description"] for key in part["properties"]), name


def test_schemas_are_for_five_kinds_of_file() -> None:
    assert all(json_schema(kind)["title"] == kind for kind in KINDS)
    with pytest.raises(NotFound):
        json_schema("cycles")


def test_the_language_page_is_the_generated_one() -> None:
    written = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    assert written == reference(), "run: python -m engine.defining.reference > docs/language.md"
