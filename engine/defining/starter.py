"""A bundle to begin with: small, commented, and complete, so that it passes its check and its scenario as it stands.

Its files lie in `starter_files/<language>/`, with `@name@` for the bundle's name and `@prefix@` for what its case numbers begin with.
"""

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

from engine.defining.words import LABEL
from engine.ground.errors import Invalid
from engine.ground.language import say


def starter(name: str, language: str) -> dict[str, str]:
    """The files of a starter bundle of that name by their path in its folder, in Chinese ("zh") or English (anything else).

    With `organisation.yaml` and `calendars/office.yaml`, which a house that has its own can delete. Raises Invalid for a name that
    no bundle can have.
    """
    if not LABEL.fullmatch(name):
        raise Invalid(
            say("'{name}' cannot be the name of a bundle", name=name[:80]),
            hint=say("Use letters, digits, '-' and '_', beginning with a letter, for example product-complaint."),
            field="name",
            expected="name",
        )
    folder = resources.files("engine.defining") / "starter_files" / ("zh" if language.startswith("zh") else "en")
    initials = "".join(part[0] for part in name.replace("_", "-").replace(".", "-").split("-") if part and part[0].isascii()).upper()
    prefix = initials if initials.isalpha() else "C"
    return {path: text.replace("@name@", name).replace("@prefix@", prefix) for path, text in _files(folder, "")}


def _files(folder: Traversable, below: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from _files(entry, f"{below}{entry.name}/")
        else:
            yield f"{below}{entry.name}", entry.read_text(encoding="utf-8")
