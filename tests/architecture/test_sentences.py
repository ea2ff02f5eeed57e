"""Every sentence that a person may read stands in the code once, in English, and has a Chinese form with the same facts."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from engine.ground.texts_zh import TEXTS

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "flows", "notifications", "cli")


def said() -> Iterator[tuple[str, str]]:
    """Every sentence inside `say("…")`, with its place; a `say` of anything but a written sentence is one too, to be refused."""
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node, "func", None)
            if isinstance(node, ast.Call) and isinstance(name, ast.Name) and name.id == "say":
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                sentence = node.args[0] if node.args else None
                written = isinstance(sentence, ast.Constant) and isinstance(sentence.value, str)
                yield (sentence.value if written else "", place)


def facts(sentence: str) -> set[str]:
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in Formatter().parse(sentence) if name}


def test_a_sentence_is_written_where_it_is_said() -> None:
    assert [place for sentence, place in said() if not sentence] == []


def test_every_sentence_has_a_chinese_form() -> None:
    assert {sentence: place for sentence, place in said() if sentence not in TEXTS} == {}


def test_both_forms_name_the_same_facts() -> None:
    assert {english: chinese for english, chinese in TEXTS.items() if facts(english) != facts(chinese)} == {}


def test_no_chinese_form_is_left_over() -> None:
    known = {sentence for sentence, _ in said()}
    assert [english for english in TEXTS if english not in known] == []


def test_chinese_forms_are_chinese() -> None:
    """At least one Chinese character, unless the sentence holds nothing but facts, names and signs."""
    def bare(sentence: str) -> str:
        return "".join(text for text, *_ in Formatter().parse(sentence)).strip()

    plain = {english: chinese for english, chinese in TEXTS.items() if not any("\u3400" <= letter <= "\u9fff" for letter in chinese)}
    assert {english: chinese for english, chinese in plain.items() if any(letter.isalpha() for letter in bare(chinese))} == {}
