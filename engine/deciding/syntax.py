"""How an expression is read: by Jinja2, to a syntax tree, after a look at what its reader would take too long for.

What of the tree exists in the language, and what it does, is said in `engine.deciding.building`.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from engine.deciding.asked import Asked
from engine.deciding.filters import FILTERS
from engine.ground.errors import Invalid
from engine.ground.language import say

if TYPE_CHECKING:  # Jinja2 takes 35 ms to import: only procedures with conditions or texts pay for it
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

_BRACKETS = 15             # and signs before a value: what Jinja2 reads by recursion
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_DIGITS = 15               # of a number written in an expression

FUNCTIONS: Mapping[str, str] = {
    "done": "act", "count": "act", "time_of": "act", "actor_of": "act", "approved": "act",
    "met": "clock", "breached": "clock", "running": "clock", "due": "clock", "used": "clock",
    "worked_days": "dates", "others": "cases",
}
"""The functions of the language, and what they are about: an action or task (act) or a clock named in quotes, two dates, other cases."""

_FORMS = {"act": "{name}('…')", "clock": "{name}('…')", "dates": "{name}(a, b)", "cases": "{name}(field, …)"}


def form_of(function: str) -> str:
    """How a function is written: `done('…')`, `worked_days(a, b)`."""
    return _FORMS[FUNCTIONS[function]].format(name=function)


@dataclass(slots=True)
class Notes:
    """What was seen while walking a text: for the checks, and to bound it."""

    text: str
    filters: Mapping[str, tuple[Callable[..., Any], int]] = field(default_factory=lambda: FILTERS)
    names: set[str] = field(default_factory=set)
    calls: list[tuple[str, str | None]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    own: tuple[str, ...] = ()            # names of loops around this place
    depth: int = 0

    def refuse(self, what: str, hint: str = "") -> Invalid:
        """The error for something that the language does not have."""
        return Invalid(
            say("'{text}': {what}", text=shortened(self.text), what=what), hint=hint or allowed(),
            expected="expression", value=shortened(self.text),
        )


def allowed() -> str:
    """What an expression may hold, in one sentence."""
    return say(
        "An expression may hold names of fields, texts in quotes, numbers, lists, == != < <= > >= in, and or not, + - * / // %, "
        "`a if b else c`, the filters {filters} and the functions {functions}.",
        filters=", ".join(FILTERS), functions=", ".join(map(form_of, FUNCTIONS)),
    )


def shortened(text: str, most: int = 80) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


# --- reading --------------------------------------------------------------------------------------------------------------


@cache
def environment() -> "ImmutableSandboxedEnvironment":
    """Jinja2's sandbox with nothing in it, used for reading only."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False)
    for table in (made.globals, made.filters, made.tests):
        table.clear()
    return made


def parsed(text: str, notes: Notes) -> "nodes.Node":
    """The syntax tree of one expression; raises Invalid where it is not one."""
    from jinja2 import TemplateSyntaxError
    from jinja2.parser import Parser

    try:
        weigh(environment().lexer.tokeniter(text, None, None, "variable"), notes)
        parser = Parser(environment(), text, state="variable")
        tree = parser.parse_expression()
        if not parser.stream.eos:
            raise notes.refuse(say("'{what}' does not belong there", what=str(parser.stream.current.value)))
        return tree
    except TemplateSyntaxError as error:
        raise notes.refuse(say("cannot be read: {reason}", reason=error.message or "")) from error
    except RecursionError as error:
        raise notes.refuse(say("too deep")) from error


def weigh(tokens: Any, notes: Notes) -> None:
    """Refuse what Jinja2's reader would take too long or too deep for, and numbers that it would round."""
    depth = signs = 0
    for _, kind, word in tokens:
        if kind == "operator":
            depth += (word in "([{") - (word in ")]}")
            signs = signs + 1 if word in "+-" else 0
        elif kind != "whitespace":
            signs = signs + 1 if word == "not" else 0
        if depth > _BRACKETS or signs > _BRACKETS:
            raise notes.refuse(say("too deep"))
        if kind in ("integer", "float") and (len(word) > _DIGITS or not _NUMBER.fullmatch(word)):
            raise notes.refuse(say("'{number}' is not a number of at most {most} digits", number=shortened(word), most=_DIGITS))
        if kind == "name" and unicodedata.normalize("NFKC", word) != word:
            raise notes.refuse(say("'{name}' holds characters that look like others", name=word))
