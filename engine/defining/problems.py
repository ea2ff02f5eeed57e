"""One thing wrong with a file that somebody wrote: where, what, what was expected, the nearest right word, what to do."""

from collections.abc import Iterable
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any, Literal

from engine.ground.language import say
from engine.ground.valueclass import valueclass

MAX_PROBLEMS = 200
"""How many problems of one file are told at once; nobody reads more, and looking for the nearest name takes its time."""


@valueclass(frozen=True, slots=True)
class Problem:
    """A finding in a file. `line` and `column` count from 1; 0 means the file as a whole."""

    file: str
    line: int
    column: int
    what: str
    expected: str = ""
    nearest: str = ""
    hint: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        aside = "; ".join(
            part
            for part in (
                say("expected {expected}", expected=self.expected) if self.expected else "",
                say("did you mean '{nearest}'?", nearest=self.nearest) if self.nearest else "",
            )
            if part
        )
        text = f"{place}: {self.what}" if place else self.what
        return text + (f" ({aside})" if aside else "") + (f" – {self.hint}" if self.hint else "")

    def as_dict(self) -> dict[str, Any]:
        """The same as data, for `--json`."""
        return asdict(self)


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Only those that keep a bundle from being used."""
    return [problem for problem in problems if problem.severity == "error"]


def nearest(word: object, known: Iterable[str]) -> str:
    """The known name most like `word`, or "" when none is like it."""
    names = list(known)
    text = str(word)[:100]  # comparing is quadratic, and nobody misspells a hundred letters
    found = get_close_matches(text, names, 1, 0.6) or get_close_matches(text.lower(), [n for n in names if n.islower()], 1, 0.6)
    return found[0] if found else ""
