"""How each kind of value is read from a plain tree: text, numbers, durations, who, … Used by `engine.defining.reader`.

Every reader takes (value, path, reading) and gives the value, or WRONG after it has reported a problem.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from engine.defining.definition import Expression, Text
from engine.defining.problems import MAX_PROBLEMS, Problem, nearest
from engine.defining.survey import MOST_LEVELS
from engine.defining.tree import Path, Tree
from engine.defining.words import LANGUAGE
from engine.ground.duration import parse_duration
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.money import parse_money

WRONG: Any = type("Wrong", (), {"__repr__": lambda self: "WRONG", "__bool__": lambda self: False})()
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)
_NUMERAL = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(slots=True)
class Reading:
    """One pass over a tree: what was found wrong, and where the written order of keys matters."""

    tree: Tree
    problems: list[Problem] = field(default_factory=list)
    order: dict[str, list[str]] = field(default_factory=dict)
    _known: set[tuple[int, int]] | None = None

    @property
    def written(self) -> bool:
        """Whether the tree comes from a file, rather than from a stored document that was read well once."""
        return bool(self.tree.places)

    def report(
        self, path: Path, what: str, *, expected: str = "", near: str = "", hint: str = "", at_key: bool = False
    ) -> Any:
        """Report a problem, unless strict YAML has found fault at that very place; gives WRONG."""
        if self.full:
            return WRONG
        problem = self.tree.problem(path, what, expected=expected, nearest=near, hint=hint, at_key=at_key)
        if self._known is None:
            self._known = {(p.line, p.column) for p in self.tree.problems}
        if not problem.line or (problem.line, problem.column) not in self._known:
            self.problems.append(problem)
        if self.full:
            self.problems.append(self.tree.problem(path, say("More problems follow; they are told when these are mended")))
        return WRONG

    def unknown(self, path: Path, key: str, known: Iterable[str]) -> Any:
        """Report a key that nothing here is called, with the nearest that is; gives WRONG."""
        words = list(known)
        return self.report((*path, key), say("'{key}' is not known here", key=key[:80]), expected=", ".join(words),
                           near=self.nearest(key, words), at_key=True)

    @property
    def full(self) -> bool:
        """Whether so many problems were found that the others can wait."""
        return len(self.problems) >= MAX_PROBLEMS

    def nearest(self, word: object, known: Iterable[str]) -> str:
        """The known name most like `word`, while anybody will read it."""
        return "" if self.full else nearest(word, known)

    def keep_order(self, path: Path, names: list[str]) -> None:
        """Remember the order of these keys at `path`, because stored documents have theirs sorted."""
        if len(names) > 1 and names != sorted(names):
            self.order["/".join(str(part) for part in path)] = names


Read = Callable[[Any, Path, Reading], Any]


def shown(value: Any) -> str:
    """A value as a person would recognise it in a message."""
    match value:
        case None:
            return say("nothing")
        case bool():
            return "true" if value else "false"
        case dict():
            return say("a mapping")
        case list():
            return say("a list")
    text = str(value)
    return f"'{text if len(text) <= 60 else text[:57] + '…'}'"


def expected(value: Any, path: Path, reading: Reading, what: str, *, hint: str = "", near: str = "") -> Any:
    """Report that something else was expected here; gives WRONG."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    said = say("'{key}' cannot be {value}", key=key, value=shown(value)) if key else say("The file cannot be {value}", value=shown(value))
    return reading.report(path, said, expected=what, hint=hint, near=near)


def plain(value: Any, path: Path, reading: Reading) -> Any:
    """Whatever is written, numbers with a point as their text (the canonical form of values)."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return [plain(v, path, reading) for v in value]
    if isinstance(value, dict):
        return {k: plain(v, path, reading) for k, v in value.items()}
    return value


def words(value: Any, path: Path, reading: Reading) -> Any:
    """One line of text; numbers are taken as they are written."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return plain(value, path, reading) if isinstance(value, Decimal) else str(value)
    hint = say("Put the word into quotes.") if isinstance(value, bool) else ""
    return expected(value, path, reading, say("text"), hint=hint)


def whole(value: Any, path: Path, reading: Reading) -> Any:
    """A whole number from 1."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    return expected(value, path, reading, say("a whole number from 1"))


def truth(value: Any, path: Path, reading: Reading) -> Any:
    """True or false."""
    return value if isinstance(value, bool) else expected(value, path, reading, say("true or false"))


def number(value: Any, path: Path, reading: Reading) -> Any:
    """An exact number."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool) or isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    return expected(value, path, reading, say("a number"))


def text(value: Any, path: Path, reading: Reading) -> Any:
    """Words for every language, or a mapping language → words."""
    if not isinstance(value, dict):
        told = words(value, path, reading)
        return WRONG if told is WRONG else Text({"": told})
    found: dict[str, str] = {}
    for language, said in value.items():
        if not LANGUAGE.fullmatch(language):
            reading.report((*path, language), say("'{key}' is not a language", key=language[:80]), expected=say("codes like zh, en"),
                           at_key=True)
            continue
        told = words(said, (*path, language), reading)
        if told is not WRONG:
            found[language] = told
    if not value:
        return expected(value, path, reading, say("text"))
    return Text(sorted(found.items()))   # sorted, so that a stored document falls back to the same language


def expression(value: Any, path: Path, reading: Reading) -> Any:
    """An expression; numbers, truth values and nothing become the expression for them."""
    if isinstance(value, str) and value.strip():
        return Expression(value)
    if value is None:
        return Expression("none")
    if isinstance(value, bool):
        return Expression("true" if value else "false")
    if isinstance(value, (int, Decimal)):
        return Expression(plain(value, path, reading) if isinstance(value, Decimal) else str(value))
    return expected(value, path, reading, say("an expression"))


def constant(value: Any, path: Path, reading: Reading) -> Any:
    """A number, an amount, a duration, or else text: what it is shows by how it is written, quoted or not."""
    told = words(value, path, reading)
    if told is WRONG or not told.strip():
        return WRONG if told is WRONG else expected(value, path, reading, say("a number, an amount, a duration or text"))
    if _NUMERAL.fullmatch(told):
        return Decimal(told)
    for parse in (parse_money, parse_duration):
        with suppress(Invalid):
            return parse(told)
    return told


def condition(value: Any, path: Path, reading: Reading) -> Any:
    """An expression where silence would be a mistake."""
    return expected(value, path, reading, say("an expression")) if value is None else expression(value, path, reading)


def parsed(parse: Callable[[str], Any], what: Callable[[], str]) -> Read:
    """A reader for text that a parser understands; its Invalid becomes a problem with the parser's own hint.

    `what` is called when needed, since readers outlive the language spoken.
    """

    def read(value: Any, path: Path, reading: Reading) -> Any:
        told = value if isinstance(value, str) else str(value) if isinstance(value, int) and not isinstance(value, bool) else None
        if told is None:
            return expected(value, path, reading, what())
        try:
            return parse(told)
        except Invalid as error:
            return reading.report(path, error.message, hint=error.hint)

    return read


def one_of(options: Mapping[str, Any]) -> Read:
    """A reader for one word of several."""

    def read(value: Any, path: Path, reading: Reading) -> Any:
        if isinstance(value, str) and value in options:
            return options[value]
        return expected(value, path, reading, say("one of {options}", options=", ".join(options)), near=reading.nearest(value, options))

    return read


def enumerated(kind: type[StrEnum]) -> Read:
    """A reader for the words of an enumeration."""
    return one_of({str(member.value): member for member in kind})


def pattern(value: Any, path: Path, reading: Reading) -> Any:
    """A regular expression."""
    told = words(value, path, reading)
    if told is not WRONG and reading.written:
        try:
            re.compile(told)
        except (re.error, OverflowError, RecursionError) as error:
            return reading.report(path, say("'{pattern}' is not a regular expression: {reason}", pattern=told[:60], reason=str(error)))
    return told


def matching(fits: Callable[[str], object], what: Callable[[], str]) -> Read:
    """A reader for text of one shape: `fits` finds it."""

    def read(value: Any, path: Path, reading: Reading) -> Any:
        if isinstance(value, str) and fits(value):
            return value
        near = value.lower() if isinstance(value, str) and fits(value.lower()) else ""
        return expected(value, path, reading, what(), near=near)

    return read


def levels(value: Any, path: Path, reading: Reading) -> Any:
    """A scale, worst first: words for each level, or how many there are, which are then called by their number."""
    if isinstance(value, int) and not isinstance(value, bool) and 2 <= value <= MOST_LEVELS:
        return tuple(Text({"": str(level)}) for level in range(1, value + 1))
    if not isinstance(value, list) or not 2 <= len(value) <= MOST_LEVELS:
        return expected(value, path, reading, say("2 to {most} levels: their words from worst to best, or how many", most=MOST_LEVELS))
    found = tuple(text(entry, (*path, index), reading) for index, entry in enumerate(value))
    return WRONG if WRONG in found else found


def options(value: Any, path: Path, reading: Reading) -> Any:
    """Allowed values: a list, or a mapping value → title. Each has a title, if only itself."""
    if isinstance(value, dict) and value:
        reading.keep_order(path, list(value))
        found = {}
        for name, title in value.items():
            said = Text({"": name}) if title is None else text(title, (*path, name), reading)
            if said is not WRONG:
                found[name] = said
        return found
    if not isinstance(value, list) or not value:
        return expected(value, path, reading, say("a list of values, or a mapping value → title"))
    found = {}
    for index, entry in enumerate(value):
        told = words(entry, (*path, index), reading)
        if told is WRONG:
            continue
        if told in found:
            reading.report((*path, index), say("'{key}' is here twice", key=told))
        found[told] = Text({"": told})
    return found
