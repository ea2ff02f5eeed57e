"""Checks of what is asked of other cases: that they may know it, and that what waits for it is looked at."""

from collections.abc import Iterable, Iterator
from typing import Any

from engine.deciding import fields
from engine.deciding.asked import Asked
from engine.deciding.expressions import expression
from engine.defining.checks_walk import Finding, only_system, written_actions
from engine.defining.definition import Definition, Field, FieldType
from engine.defining.problems import nearest
from engine.defining.tree import Path
from engine.ground.errors import Invalid
from engine.ground.language import say

_COMPARED = frozenset(FieldType) - {FieldType.PARTY, FieldType.FILE}
_SUMMED = frozenset({FieldType.NUMBER, FieldType.MONEY})


def wrong_questions(definition: Definition, asked: Iterable[Asked], path: Path, *, file: str = "", line: int = 0) -> Iterator[Finding]:
    """Fields of other cases that do not exist or must not be told, and values that they cannot hold."""
    for one in asked:
        for what, hint, near in _wrong(definition, one):
            yield Finding(path, what, hint=hint, nearest=near, file=file, line=line)


def _wrong(definition: Definition, asked: Asked) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a question: (what, hint, nearest name)."""
    if asked.field in definition.fields:     # a name that nothing has is found by itself
        yield from _cannot_be_told(definition, asked.field, _COMPARED | {FieldType.PARTY})
    for name, value in asked.like:
        wrong = list(_cannot_be_told(definition, name, _COMPARED))
        yield from wrong
        if not wrong and value is not None:
            yield from _never_held(definition.fields[name], value)
    if asked.total is not None:
        yield from _cannot_be_told(definition, asked.total, _SUMMED)


def _cannot_be_told(definition: Definition, name: str, types: frozenset[FieldType]) -> Iterator[tuple[str, str, str]]:
    field = definition.fields.get(name)
    if field is None:
        yield say("others: there is no field '{name}'", name=name), "", nearest(name, list(definition.fields))
    elif field.many:
        yield say("others cannot use '{name}': it holds several values", name=name), "", ""
    elif field.type not in types:
        words = ", ".join(sorted(kind.value for kind in types))
        yield (say("others cannot use '{name}': it is of type {type}", name=name, type=field.type.value),
               say("It can use fields of type {types}.", types=words), "")
    elif field.is_personal and name != definition.customer_field:
        yield (say("others cannot use '{name}': it is personal, and not kept where cases are found by it", name=name),
               say("Give it a pattern or `personal: false` if it says nothing about a person; the customer can be asked for as it is."), "")


def _never_held(field: Field, value: Any) -> Iterator[tuple[str, str, str]]:
    try:
        fields.parse(field, value, "UTC")
    except Invalid as error:
        near = nearest(str(value), list(field.options)) if field.options else ""
        yield say("others: no case has that value: {what}", what=error.message), error.hint, near


def waiting_for_others(definition: Definition) -> Iterator[Finding]:
    """Actions of the scheduler that wait for something of other cases: only what happens to their own case has them looked at."""
    for action, path in written_actions(definition):
        if action.when is None or not only_system(action):
            continue
        try:
            asked = expression(action.when).asked
        except Invalid:
            continue    # found elsewhere
        if asked:
            yield Finding(
                (*path, "when"),
                say("'{name}' is not taken at the moment another case changes, but when something next happens to its own case",
                    name=action.name),
                hint=say("Let an action of the case ask, or set a field by it."), severity="warning",
            )


CHECKS = (waiting_for_others,)
