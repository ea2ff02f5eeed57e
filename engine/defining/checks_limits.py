"""Checks of what a limit reads: fields that hold nothing to be due at, dates before which nothing can be counted."""

from collections.abc import Collection, Iterator

from engine.defining.checks_walk import Finding, View, ladders
from engine.defining.definition import Case, Computed, Definition, FieldType
from engine.defining.limits import nested
from engine.defining.problems import nearest
from engine.defining.tree import Path
from engine.ground.language import say

DATED = (FieldType.DATE, FieldType.MOMENT)
DUE = (*DATED, FieldType.DURATION)


def fields_of_limits(view: View) -> Iterator[Finding]:
    """Fields in limits that do not exist or hold something else than is counted there."""
    for _, within, _, path in ladders(view.definition):
        for case, place in nested(within, path):
            yield from _of_case(view.definition, case, place)


def _of_case(definition: Definition, case: Case, path: Path) -> Iterator[Finding]:
    value = case.value
    if isinstance(value, Computed):
        if value.number in definition.fields:
            yield from _field(definition, str(value.number), (FieldType.NUMBER,), (*path, "is"))
    elif isinstance(value, str):
        kinds = DUE if case.before is None else (FieldType.DURATION,)
        yield from _field(definition, value, kinds, (*path, "is"))
    if case.before is not None:
        yield from _field(definition, case.before, DATED, (*path, "before"))


def _field(definition: Definition, name: str, kinds: Collection[FieldType], path: Path) -> Iterator[Finding]:
    field, expected = definition.fields.get(name), ", ".join(kind.value for kind in kinds)
    if field is None:
        known = sorted(one.name for one in definition.fields.values() if one.type in kinds)
        yield Finding(path, say("'{name}' is neither a duration nor a field", name=name), expected=expected, nearest=nearest(name, known))
    elif field.many or field.type not in kinds:
        kind = say("a list") if field.many else field.type.value
        yield Finding(path, say("A limit cannot count by the field '{name}': it holds {kind}", name=name, kind=kind), expected=expected)
    elif field.is_personal:
        yield personal(name, path)


def personal(name: str, path: Path) -> Finding:
    """A limit that would write a personal value into history, where nothing can be erased."""
    return Finding(
        path, say("A limit cannot count by the personal field '{name}': history keeps what a limit was", name=name),
        hint=say("Declare the field with `personal: false`, or count by another."),
    )


CHECKS = (fields_of_limits,)
