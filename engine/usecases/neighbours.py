"""The procedures of which a bundle opens cases: bundles beside it in the same folder, else those in force."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.defining.bundle import definition_of, read_bundle
from engine.defining.checks_walk import linked
from engine.defining.definition import Definition
from engine.ground.valueclass import valueclass

Published = Callable[[str], Mapping[str, Any] | None]
"""The stored document of a procedure in force; None when there is none."""


@valueclass(frozen=True, slots=True)
class Neighbour:
    """Another procedure: what it says, and the document it is stored as."""

    definition: Definition
    document: Mapping[str, Any]


def neighbours(folder: Path, definition: Definition, published: Published | None = None) -> dict[str, Neighbour]:
    """Every procedure, but this one, of which its cases or theirs open some, as far as there is one: beside the bundle, else in force."""
    found: dict[str, Neighbour] = {}
    asked = {definition.name}
    todo = [definition]
    while todo:
        for one, _ in linked(todo.pop()):
            if one.procedure not in asked:
                asked.add(one.procedure)
                other = _found(folder, one.procedure, published)
                if other is not None:
                    found[one.procedure] = other
                    todo.append(other.definition)
    return found


def _found(folder: Path, name: str, published: Published | None) -> Neighbour | None:
    for place in _places(folder.resolve().parent, name):
        bundle, _ = read_bundle(place)
        if bundle is not None and bundle.name == name:
            return Neighbour(bundle.definition, bundle.document)
    document = published(name) if published else None
    return Neighbour(definition_of(document), document) if document is not None else None


def _places(parent: Path, name: str) -> Iterator[Path]:
    """The folders that may hold that bundle: first the one of its name, then every one whose file has the name in it."""
    first = parent / name
    if (first / "procedure.yaml").is_file():
        yield first
    for file in sorted(parent.glob("*/procedure.yaml")):
        if file.parent != first and name in file.read_text(encoding="utf-8", errors="replace"):
            yield file.parent
