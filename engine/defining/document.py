"""The plain document that a published file is stored as: canonical JSON sorts keys, so the order that means something is kept beside it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.defining.kinds import Reading
from engine.ground.errors import DefinitionError
from engine.ground.language import say


def plain_document(value: Any) -> Any:
    """A tree's value as JSON can hold it exactly: Decimals become text."""
    if isinstance(value, dict):
        return {key: plain_document(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain_document(entry) for entry in value]
    return format(value, "f") if isinstance(value, Decimal) else value


def ordered(reading: Reading) -> dict[str, list[str]]:
    """For each mapping whose written order means something and is not alphabetical: path joined by "/" → its keys in order."""
    return dict(reading.order)


def restore(value: Any, order: Mapping[str, list[str]] | None) -> Any:
    """The plain tree with its mappings in written order again; the value given is not changed. Raises DefinitionError when the
    order speaks of what is not there."""
    if not order or not isinstance(value, dict):
        return value
    restored = dict(value)
    try:
        for path, keys in order.items():
            _reorder(restored, path.split("/") if path else [], keys)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise DefinitionError(say("The stored order of keys does not fit the document")) from error
    return restored


def _reorder(value: Any, parts: list[str], keys: list[str]) -> None:
    """Put the keys of the mapping at `parts` in order, copying each level on the way so that the stored tree stays as it is."""
    for part in parts:
        key: Any = int(part) if isinstance(value, list) else part
        below = value[key]
        value[key] = below = dict(below) if isinstance(below, dict) else list(below)
        value = below
    first = {key: value[key] for key in keys}
    rest = {key: entry for key, entry in value.items() if key not in first}
    value.clear()
    value.update(first)
    value.update(rest)
