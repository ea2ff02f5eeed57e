"""Mapping files: read strictly, every problem with its place; values made from rows."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from engine.defining.mapping import Rule, check_mapping, read_mapping
from engine.ground.errors import DefinitionError, Invalid
from tests.small import bundle_of

DEFINITION = bundle_of(dedent("""\
    procedure: small
    number: "S-{serial:03}"
    calendar: office
    languages: [en]
    fields: {who: {type: party}, subject: {type: text}, on: {type: date}, photo: {type: file}}
    roles: {desk: {}}
    states:
      new: {actions: {close: {by: desk, to: done}}}
      done: {final: true}
    """)).definition
GOOD = """\
bundle: small
key: Id
customer: {name: Name, email: {column: Mail}}
fields:
  subject: {column: Via, map: {Telephone: phone}, default: other}
  on: {column: Date, format: "%d.%m.%Y"}
"""


def problems_of(tmp_path: Path, text: str, header: list[str] | None = None) -> list[str]:
    path = tmp_path / "map.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as found:
        mapping = read_mapping(path)
        check_mapping(mapping, DEFINITION, header or [])
    return [str(problem).removeprefix(str(path) + ":") for problem in found.value.problems]


def test_a_good_mapping_is_read_and_names_its_columns(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(GOOD)
    mapping = read_mapping(tmp_path / "map.yaml")
    check_mapping(mapping, DEFINITION, ["Id", "Name", "Mail", "Via", "Date"])
    assert mapping.columns == {"Id", "Name", "Mail", "Via", "Date"} and mapping.bundle == "small"


@pytest.mark.parametrize(("text", "place", "about"), [
    ("- a\n", "1:1", "not a mapping file"),
    ("bundle: small\nkey: Id\n", "", "'fields' is missing"),
    (GOOD + "colour: red\n", "7:1", "'colour' is not known here"),
    (GOOD.replace("key: Id", "key: [Id]"), "2:", "'key' must be a text"),
    (GOOD.replace("default: other", "defalt: other"), "5:", "did you mean 'default'"),
    (GOOD.replace("column: Via, ", ""), "5:", "either a column, or a value"),
    (GOOD.replace("name: Name, ", ""), "3:", "'name' is missing"),
    (GOOD.replace("name: Name", "nam: Name"), "3:", "did you mean 'name'"),
    (GOOD.replace("  subject:", "  subjekt:"), "5:", "did you mean 'subject'"),
    (GOOD + "  photo: Via\n", "7:", "a table cannot give it"),
    (GOOD + "  who: Name\n", "3:", "given twice"),
    (GOOD.replace("column: Via", "column: Way"), "5:", "no column 'Way'"),
    (GOOD.replace("fields:", "fields: no"), "", ""),
])
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, place: str, about: str) -> None:
    found = problems_of(tmp_path, text, ["Id", "Name", "Mail", "Via", "Date"])
    assert any(one.startswith(place) and about in one for one in found), found


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    assert len(problems_of(tmp_path, GOOD.replace("subject", "subjekt").replace("  on:", "  onn:"), ["Id"])) >= 6


@pytest.mark.parametrize(("rule", "row", "value"), [
    (Rule("a"), {"a": " x "}, "x"), (Rule("a"), {"a": ""}, None), (Rule("a", default="d"), {"a": " "}, "d"), (Rule("a"), {}, None),
    (Rule(value="v"), {}, "v"), (Rule(value=True), {}, True),
    (Rule("a", map={"X": "x"}), {"a": "X"}, "x"), (Rule("a", map={"X": "x"}, default="d"), {"a": "Y"}, "d"),
    (Rule("a", map={"X": "x"}), {"a": ""}, None),
    (Rule("a", format="%d.%m.%Y"), {"a": "5.3.2026"}, "2026-03-05"),
    (Rule("a", format="%d.%m.%Y %H:%M"), {"a": "5.3.2026 14:05"}, "2026-03-05T14:05:00"),
])
def test_a_rule_makes_its_value(rule: Rule, row: dict[str, str], value: Any) -> None:
    assert rule.of(row) == value


@pytest.mark.parametrize("rule", [Rule("a", map={"X": "x"}), Rule("a", format="%d.%m.%Y")])
def test_a_text_that_does_not_fit_is_refused_with_its_column(rule: Rule) -> None:
    with pytest.raises(Invalid, match="column a: 'Y'"):
        rule.of({"a": "Y"})
