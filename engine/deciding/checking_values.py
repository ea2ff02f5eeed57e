"""Checks of values with a name: that they can be told apart from fields, are what they look like, and are used."""

import re
from collections.abc import Iterator

from engine.deciding.asking import names_read
from engine.defining.checks_walk import Finding
from engine.defining.definition import Definition
from engine.ground.language import say

_COUNTED = re.compile(r"\s*-?[0-9]+(\.[0-9]+)?\s*[^\W\d_]+(\s+[^\W\d_]+)?\s*")


def names_of_values(definition: Definition) -> Iterator[Finding]:
    """Values with the name of a field, values that read like amounts or durations and are none, and values that nothing reads."""
    read = names_read(definition) if definition.values else frozenset[str]()
    for name, value in definition.values.items():
        path = ("values", name)
        if name in definition.fields:
            yield Finding(path, say("'{name}' is both a value and a field", name=name), hint=say("Rename one of them."))
        elif name not in read:
            yield Finding(path, say("The value '{name}' is never used", name=name), severity="warning", hint=say("Use it or remove it."))
        if isinstance(value, str) and _COUNTED.fullmatch(value):
            yield Finding(
                path, say("The value '{name}' is text: '{text}' is neither an amount nor a duration", name=name, text=value),
                hint=say("Write for example 40 GBP or 28 days."), severity="warning",
            )


CHECKS = (names_of_values,)
