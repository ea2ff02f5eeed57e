"""What lies within a limit: its cases, those of `earliest of` and `latest of`, and the expressions that they read."""

from collections.abc import Iterator

from engine.defining.definition import Case, Computed, Expression
from engine.defining.tree import Path


def case_path(path: Path, within: tuple[Case, ...], index: int) -> Path:
    """Where one case of a limit is written; `path` is that of its owner."""
    many = len(within) > 1 or within[index].when is not None
    return (*path, "within", index) if many else (*path, "within")


def nested(within: tuple[Case, ...], path: Path) -> Iterator[tuple[Case, Path]]:
    """Every case of a limit and those within it, each with where it is written; `path` is that of its owner."""
    for index, case in enumerate(within):
        yield from _nested(case, case_path(path, within, index))


def _nested(case: Case, path: Path) -> Iterator[tuple[Case, Path]]:
    yield case, path
    for key, several in (("earliest of", case.earliest_of), ("latest of", case.latest_of)):
        for index, one in enumerate(several):
            yield from _nested(one, (*path, key, index))


def expressions_of(within: tuple[Case, ...], path: Path) -> Iterator[tuple[Expression, Path]]:
    """The conditions of a limit, and the numbers that it computes."""
    for case, place in nested(within, path):
        if case.when is not None:
            yield case.when, (*place, "when")
        if isinstance(case.value, Computed):
            yield case.value.number, (*place, "is")
