"""Checks of fields: keys that do not fit the type, or that the type cannot do without."""

from collections.abc import Iterator

from engine.defining.checks_walk import Finding, View
from engine.defining.definition import Field, FieldType
from engine.defining.problems import nearest
from engine.ground.language import say

_FITS: dict[str, frozenset[FieldType]] = {
    "options": frozenset({FieldType.CHOICE}),
    "pattern": frozenset({FieldType.TEXT}),
    "length": frozenset({FieldType.TEXT}),
    "between": frozenset({FieldType.NUMBER, FieldType.MONEY}),
    "currency": frozenset({FieldType.MONEY}),
}


def keys_that_do_not_fit(view: View) -> Iterator[Finding]:
    """Keys of a field that mean nothing for its type, and those that its type cannot do without."""
    for field in view.definition.fields.values():
        path = ("fields", field.name)
        for key, types in _FITS.items():
            if getattr(field, key) and field.type not in types:
                yield Finding(
                    (*path, key),
                    say("`{key}` means nothing for a field of type {type}", key=key, type=field.type.value),
                    hint=say("It is for fields of type {types}.", types=", ".join(sorted(types))),
                )
        if field.type is FieldType.CHOICE and not field.options:
            yield Finding(
                path, say("The choice '{name}' has no options", name=field.name), hint=say("Write for example `options: [low, high]`.")
            )
        if field.type is FieldType.MONEY and not field.currency:
            yield Finding(
                path, say("'{name}' is money without a currency", name=field.name), hint=say("Write for example `currency: CNY`.")
            )
        if field.between is not None and field.between[0] > field.between[1]:
            yield Finding((*path, "between"), say("No value fits: {low} is above {high}", low=field.between[0], high=field.between[1]))
        if field.type is FieldType.CHOICE and field.options:
            yield from _default(field)


def _default(field: Field) -> Iterator[Finding]:
    given = field.default if isinstance(field.default, (list, tuple)) else [field.default]
    for value in given:
        if value is not None and value not in field.options:
            yield Finding(
                ("fields", field.name, "default"),
                say("The default '{value}' is not an option of '{name}'", value=value, name=field.name),
                expected=" | ".join(field.options),
                nearest=nearest(str(value), field.options),
            )


def lessons(view: View) -> Iterator[Finding]:
    """Fields of the lesson that are not there, or are not for everybody: the case library is read by whoever works here."""
    for index, name in enumerate(view.definition.lesson):
        field, path = view.definition.fields.get(name), ("lesson", index)
        if field is None:
            yield Finding(path, say("There is no {kind} '{name}'", kind=say("field"), name=name),
                          nearest=nearest(name, view.definition.fields))
        elif field.is_personal or field.sees or field.type in (FieldType.PERSON, FieldType.PARTY, FieldType.FILE):
            yield Finding(path, say("'{name}' is not for everybody who works here", name=name), hint=say(
                "Leave it out, or give it `personal: false` and no `sees`; what names people is no lesson."))


CHECKS = (keys_that_do_not_fit, lessons)
