"""Walks over the parts of clocks: what extends them and what pauses them, each with where it is written."""

from collections.abc import Iterator
from typing import TypeVar

from engine.defining.definition import Definition, Extension, Pause
from engine.defining.tree import Path

_Written = TypeVar("_Written", Extension, Pause)


def extensions(definition: Definition) -> Iterator[tuple[Extension, Path]]:
    """Every `extend` of a clock, with where it is written."""
    for clock in definition.clocks.values():
        yield from _listed(clock.extend, ("clocks", clock.name, "extend"))


def pauses(definition: Definition) -> Iterator[tuple[Pause, Path]]:
    """Every `pause` of a clock, with where it is written."""
    for clock in definition.clocks.values():
        yield from _listed(clock.pause, ("clocks", clock.name, "pause"))


def _listed(written: tuple[_Written, ...], path: Path) -> Iterator[tuple[_Written, Path]]:
    """One may stand alone, several stand in a list."""
    for index, one in enumerate(written):
        yield one, (*path, index) if len(written) > 1 else path
