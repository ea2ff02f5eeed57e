"""A file as plain values, each with its place (`yaml_file.py` reads one)."""

from dataclasses import dataclass, field
from typing import Any, Literal

from engine.defining.problems import Problem

Path = tuple[str | int, ...]
"""Keys and list indexes from the top of the file down, as written: `("states", "waiting", "actions", "answered", "by", 0)`."""
Place = tuple[int, int]

MAX_BYTES = 1 << 20


@dataclass(slots=True)
class Tree:
    """A file as plain values (dict, list, str, int, Decimal, bool, None) with the place of each.

    `places` leads to a scalar itself and, for a mapping or list, to the key it stands under; `keys` leads to the key always.
    """

    file: str
    value: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    keys: dict[Path, Place] = field(default_factory=dict)
    beside: "dict[Path, Tree]" = field(default_factory=dict)      # other files, by where in the definition stands what they say

    def place(self, path: Path) -> Place:
        """Line and column (from 1) of the value at `path`, or of the nearest thing above it; (0, 0) without places."""
        return _nearest_place(self.places, path)

    def key_place(self, path: Path) -> Place:
        """Line and column of the key that `path` ends with, or of the nearest thing above it."""
        return self.keys.get(path) or _nearest_place(self.places, path)

    def problem(
        self, path: Path, what: str, *, expected: str = "", nearest: str = "", hint: str = "",
        severity: Literal["error", "warning"] = "error", at_key: bool = False,
    ) -> Problem:
        """A problem at the place of `path` (at its key rather than its value with `at_key`)."""
        line, column = self.key_place(path) if at_key else self.place(path)
        return Problem(self.file, line, column, what, expected, nearest, hint, severity)


def _nearest_place(places: dict[Path, Place], path: Path) -> Place:
    while path not in places:
        if not path:
            return (0, 0)
        path = path[:-1]
    return places[path]
