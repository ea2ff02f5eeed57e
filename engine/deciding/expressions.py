"""The one expression language: conditions, values, the holes in notice texts.

Jinja2 reads the text (`engine.deciding.syntax`), `engine.deciding.building` turns what it read into closures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.deciding.asked import Asked
from engine.deciding.building import Evaluate, build
from engine.deciding.operators import Unfit, truth
from engine.deciding.syntax import FUNCTIONS, Notes, parsed, shortened
from engine.ground.errors import Invalid
from engine.ground.language import say

__all__ = ["FUNCTIONS", "Compiled", "expression", "truth"]

LONGEST = 500              # characters of an expression


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """An expression, ready to be evaluated."""

    text: str
    names: frozenset[str]
    """The names it reads, functions not included."""
    calls: tuple[tuple[str, str | None], ...]
    """The functions it calls, each with the name given to it."""
    asked: tuple[Asked, ...]
    """What it asks of other cases."""
    _run: Evaluate

    def __call__(self, scope: Mapping[str, Any]) -> Any:
        """Its value over what it can see; raises Invalid naming the expression when a value does not fit or a name is unknown."""
        try:
            return self._run(scope)
        except Unfit as error:
            why = str(error)
        except KeyError as error:
            why = say("there is no '{name}' here", name=str(error.args[0]))
        raise Invalid(say("'{text}': {what}", text=shortened(self.text), what=why), expected="expression", value=self.text)


@lru_cache(maxsize=4096)
def expression(text: str) -> Compiled:
    """Compile an expression, once per text; raises Invalid saying what the language does not have, and what it has."""
    notes = Notes(str(text))
    if not isinstance(text, str) or not text.strip():
        raise notes.refuse(say("an expression is a text and not empty"))
    if len(text) > LONGEST:
        raise notes.refuse(say("longer than {most} characters", most=LONGEST), say("Split it, or set a field first."))
    run = build(parsed(text, notes), notes)
    return Compiled(text, frozenset(notes.names), tuple(notes.calls), tuple(notes.asked), run)
