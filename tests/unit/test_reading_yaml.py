"""Strict YAML: plain values, each with its place, and refusals instead of surprises."""

from decimal import Decimal
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.defining.definition import Definition
from engine.defining.reader import read
from engine.defining.yaml_file import read_tree


def value(text: str) -> object:
    tree = read_tree(text, "f.yaml")
    assert tree.problems == []
    return tree.value


def problem(text: str | bytes) -> str:
    tree = read_tree(text, "f.yaml")
    assert len(tree.problems) == 1, tree.problems
    return str(tree.problems[0])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a", "a"),
        ("1", 1),
        ("-5", -5),
        ("0", 0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("1.10", Decimal("1.10")),
        ("-0.5", Decimal("-0.5")),
        ("'no'", "no"),
        ('"12"', "12"),
        ("12:30", "12:30"),
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20 16:00", "2026-11-20 16:00"),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        (".5", ".5"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("+5", "+5"),
        ("99999999999999999999", "99999999999999999999"),
        ("y", "y"),
        ("=", "="),
        ("１２", "１２"),
        ("1..200", "1..200"),
        ("50%", "50%"),
        ("三", "三"),
    ],
)
def test_a_scalar_is_what_it_looks_like(written: str, expected: object) -> None:
    read_value = value(f"a: {written}\n")
    assert read_value == {"a": expected}
    assert type(read_value["a"]) is type(expected)  # type: ignore[index]


@pytest.mark.parametrize("word", ["no", "No", "NO", "yes", "on", "off", "Off"])
def test_words_that_other_programs_take_for_truth_values_must_be_quoted(word: str) -> None:
    assert problem(f"x: 1\na: {word}\n").startswith(f"f.yaml:2:4: '{word}' without quotes")
    assert value(f"a: '{word}'") == {"a": word}


def test_such_words_as_keys_are_text() -> None:
    assert value("{no: 1, on: 2, 3: x, true: y, null: z}") == {"no": 1, "on": 2, "3": "x", "true": "y", "null": "z"}


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: 'a' is here twice"),
        ("a: {b: 1, c: 2, b: 3}\n", "f.yaml:1:17: 'b' is here twice"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: A second document begins here"),
        ("a: &x {k: 1}\nb:\n  <<: *x\n", "f.yaml:3:3: Merge keys"),
        ("a: !!python/object/apply:os.system [id]\n", "f.yaml:1:4: 'tag:yaml.org,2002:python/object/apply:os.system' is a YAML tag"),
        ("a: !!binary aGVsbG8=\n", "f.yaml:1:4: 'tag:yaml.org,2002:binary' is a YAML tag"),
        ("a: !!str 5\n", "f.yaml:1:4: 'tag:yaml.org,2002:str' is a YAML tag"),
        ("a: !mine 5\n", "f.yaml:1:4: '!mine' is a YAML tag"),
        ("? [a, b]\n: 1\n", "f.yaml:1:3: A key must be one word"),
        ("{{a: 1}: 2}\n", "f.yaml:1:2: A key must be one word"),
        ("'': 1\n", "f.yaml:1:1: A key is empty"),
        ("a: &x 1\n*x : 2\n", "f.yaml:2:1: An alias cannot be a key"),
        ("a: &x [*x]\n", "f.yaml:1:8: '*x' refers to something that is not complete"),
        ("a: *nobody\n", "f.yaml:1:4: "),
        ("a:\n\tb: 1\n", "f.yaml:2:1: This is not valid YAML"),
        ("a: b: c\n", "f.yaml:1:5: This is not valid YAML"),
        ("a: [1, 2\nb: 3\n", "f.yaml:2:2: This is not valid YAML"),
        ("a: 'x\n", "f.yaml:2:1: This is not valid YAML"),
        ("a: 1\nb: \x00\n", "f.yaml:2:4: Character U+0000"),
        ("a: \x1b[31m\n", "f.yaml:1:4: Character U+001B"),
        ("a: x\ufeff\n", "f.yaml:1:5: Character U+FEFF"),
        ("a: \ud800\n", "f.yaml:1:4: Character U+D800"),
        (b"a: 1\nb: \xff\n", "f.yaml:2:4: The file is not UTF-8"),
        ("a: 1\n".encode("utf-16"), "f.yaml:1:1: The file is not UTF-8"),
        (b"x" * (1024 * 1024 + 1), "f.yaml:1:1: The file is larger than 1 MiB"),
        ("字" * 400_000, "f.yaml:1:1: The file is larger than 1 MiB"),
        ("[" * 31, "f.yaml:1:31: More than 30 levels deep"),
        ("[" * 200_000, "f.yaml:1:31: More than 30 levels deep"),
        ("- " * 200_000, "f.yaml:1:61: More than 30 levels deep"),
        ("a: &x 1\nb: [" + "*x, " * 101 + "]\n", "f.yaml:2:405: More than 100 aliases"),
        ("[" + "1," * 50_000 + "]", "f.yaml:1:"),
    ],
)
def test_what_could_mislead_or_exhaust_is_refused_with_its_place(text: str | bytes, start: str) -> None:
    assert problem(text).startswith(start)


def test_a_bomb_of_aliases_is_counted_as_if_written_out_and_refused_at_once() -> None:
    lines = ["a: &a [" + ", ".join("x" * 10) + "]"]
    lines += [f"{chr(98 + i)}: &{chr(98 + i)} [" + ", ".join([f"*{chr(97 + i)}"] * 9) + "]" for i in range(9)]
    began = perf_counter()
    assert "More than 50000 values" in problem("\n".join(lines))
    assert perf_counter() - began < 1


def test_aliases_within_bounds_are_the_value_they_name_at_the_place_where_they_stand() -> None:
    tree = read_tree("a: &x {k: [1, 2]}\nb: *x\n", "f.yaml")
    assert tree.value == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}}
    assert tree.place(("b", "k", 0)) == (2, 4)


def test_places_lead_to_scalars_and_to_the_keys_of_mappings_and_lists() -> None:
    tree = read_tree("states:\n  waiting:\n    title: 等\n    by: [a, b]\n  '读': {x: 1}\n", "f.yaml")
    assert tree.place(("states", "waiting")) == (2, 3)
    assert tree.place(("states", "waiting", "title")) == (3, 12)
    assert tree.key_place(("states", "waiting", "title")) == (3, 5)
    assert tree.place(("states", "waiting", "by")) == (4, 5)
    assert tree.place(("states", "waiting", "by", 1)) == (4, 13)
    assert tree.place(("states", "读", "x")) == (5, 12)
    assert tree.place(("states", "waiting", "by", 1, "deeper", 3)) == (4, 13)
    assert tree.place(("nothing", "here")) == (1, 1)


def test_line_ends_and_byte_order_marks_make_no_difference() -> None:
    plain = read_tree("a: 1\nb:\n  c: x\n", "f.yaml")
    for text in (b"\xef\xbb\xbfa: 1\nb:\n  c: x\n", "a: 1\r\nb:\r\n  c: x\r\n", "\ufeffa: 1\r\nb:\r\n  c: x\r\n"):
        tree = read_tree(text, "f.yaml")
        assert (tree.value, tree.places, tree.problems) == (plain.value, plain.places, [])


def test_a_long_text_is_read_and_a_long_number_stays_text() -> None:
    assert value("a: " + "x" * 500_000) == {"a": "x" * 500_000}
    assert value("a: " + "9" * 500_000) == {"a": "9" * 500_000}


def test_several_problems_are_found_in_one_pass() -> None:
    tree = read_tree("a: no\nb: 1\nb: off\nc: 'ok'\n", "f.yaml")
    assert [(p.line, p.column) for p in tree.problems] == [(1, 4), (3, 1), (3, 4)]


_LETTERS = st.sampled_from(
    list("ab:-[]{}&*!|>'\"%@`#,? \n\t\r\0\ufeff字0~<=.") + ["\n  ", "\n- ", "a: ", "*a", "&a ", "<<: ", "no", "---\n", "? "]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(_LETTERS, max_size=40).map("".join), st.text(max_size=60), st.binary(max_size=60)))
def test_whatever_is_written_reading_never_raises(text: str | bytes) -> None:
    tree = read_tree(text, "f.yaml")
    definition, problems = read(Definition, tree.value, tree)
    assert definition is None and (problems or tree.problems)
    assert all(str(p) and p.as_dict() for p in [*problems, *tree.problems])


@pytest.mark.parametrize(
    "text",
    [
        "procedure: x\n" + "".join(f"unknwon{i}: 1\n" for i in range(20_000)),
        "procedure: x\nroles: {" + ", ".join(f"r{i}: no" for i in range(12_000)) + "}\n",
        "procedure: x\nnumber: 'x'\ncalendar: c\nlanguages: " + "a" * 1_000_000,
        "opening: {by: " + "superior of " * 80_000 + "}\n",
        "states: {a: {within: '1" + " " * 1_000_000 + "!'}}\n",
        "authority: {a: '1" + " " * 1_000_000 + "!'}\n",
        "clocks: {a: {from: " + "state " * 150_000 + "}}\n",
        "x" * 1_000_000 + ": 1\n",
    ],
)
def test_hostile_files_are_answered_quickly_and_briefly(text: str) -> None:
    began = perf_counter()
    tree = read_tree(text, "f.yaml")
    _, problems = read(Definition, tree.value, tree)
    found = [*tree.problems, *problems]
    assert 0 < len(found) <= 402 and max(len(str(p)) for p in found) < 1000
    assert perf_counter() - began < 10  # a second on a quiet machine


def test_yaml_is_imported_in_one_place_only() -> None:
    importing = [
        path.name for path in (Path(__file__).parents[2] / "engine" / "defining").glob("*.py") if "import yaml" in path.read_text()
    ]
    assert importing == ["strict_yaml.py"]
