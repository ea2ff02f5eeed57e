"""Checks of classes of customers: rules that cannot be read, and conditions that speak of a class nobody can have."""

import re
from collections.abc import Iterator

from engine.deciding.expressions import expression
from engine.defining.checks_walk import Finding, expressions
from engine.defining.definition import Definition
from engine.defining.organisation import Organisation
from engine.defining.problems import Problem, nearest
from engine.ground.errors import Invalid
from engine.ground.language import say

_COMPARED = re.compile(r"\.class\s*(?:[=!]=\s*|(?:not\s+)?in\s*[\[(]\s*)((?:(?:'[^']*'|\"[^\"]*\")\s*,?\s*)+)")
_TEXT = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def wrong_rules(organisation: Organisation, file: str) -> Iterator[Problem]:
    """Rules of classes that cannot be read, or that call functions: they see facts, no case."""
    for one in organisation.classes.values():
        if one.when is None:
            continue
        try:
            calls = [name for name, _ in expression(one.when).calls]
        except Invalid as error:
            yield Problem(file, 0, 0, f"classes: {one.name}: {error.message}", hint=error.hint or "")
            continue
        if calls:
            yield Problem(file, 0, 0, say("The rule of class '{name}' reads a case: {calls}", name=one.name, calls=", ".join(calls)),
                          hint=say("It sees `cases`, `open_cases`, `days_since_last`, `satisfaction` and sums of fields."))


def unknown_classes(definition: Definition, organisation: Organisation | None) -> Iterator[Finding]:
    """Conditions about a class of customers that the organisation does not declare."""
    if organisation is None:
        return
    for text, path in expressions(definition):
        for found in _COMPARED.findall(text):
            for single, double in _TEXT.findall(found):
                name = single or double
                if name not in organisation.classes:
                    yield Finding(path, say("There is no class '{name}'", name=name), nearest=nearest(name, list(organisation.classes)),
                                  severity="warning", hint=say("Declare it under `classes:` of the organisation."))
