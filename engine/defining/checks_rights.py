"""Checks of rights in a procedure: units of posts, and what the organisation denies."""

from collections.abc import Iterator

from engine.defining.checks_walk import Finding, View, doers
from engine.defining.definition import FieldType
from engine.defining.problems import nearest
from engine.ground.language import say

_UNITS = (FieldType.CHOICE, FieldType.TEXT)


def units_of_posts(view: View) -> Iterator[Finding]:
    """`of:` a field that no unit can be told from, and units that nobody holds the post of."""
    definition = view.definition
    for role in definition.roles.values():
        field = definition.fields.get(role.of or "")
        path = ("roles", role.name, "of")
        if role.of is None:
            continue
        if field is None:
            said = say("There is no {kind} '{name}'", kind=say("field"), name=role.of)
            yield Finding(path, said, nearest=nearest(role.of, definition.fields))
        elif field.type not in _UNITS or field.is_personal:
            yield Finding(path, say("No unit can be told from '{name}'", name=role.of),
                          expected=say("a field of type choice, or text that is not personal"))
        elif view.organisation is not None:
            held = [one for one in field.options if view.organisation.holders(f"{role.name} of {one}")]
            if held:
                yield from (
                    Finding(path, say("Nobody in the organisation holds the role '{name}'", name=f"{role.name} of {one}"),
                            severity="warning", hint=say("Add '{name}' to the `roles:` of a person in organisation.yaml.",
                                                         name=f"{role.name} of {one}"))
                    for one in field.options if one not in held
                )
            elif field.options and view.organisation.holders(role.name):
                unit = f"{role.name} of {next(iter(field.options))}"
                said = say("Everybody holds '{name}' of no unit of '{field}', so nobody can act", name=role.name, field=role.of)
                yield Finding(path, said, hint=say("Write `roles: [{unit}]` in organisation.yaml.", unit=unit))


def denials_in_vain(view: View) -> Iterator[Finding]:
    """Denials of the organisation that name this procedure, and nothing in it."""
    definition, organisation = view.definition, view.organisation
    if organisation is None:
        return
    known = {"opening", *definition.all_clocks, *(what.name for what, _ in doers(definition))}
    for person, denied in organisation.posts.denied.items():
        for entry in sorted(denied):
            procedure, _, what = entry.partition("/")
            if what and procedure == definition.name and what not in known:
                yield Finding((), say("The organisation denies {who} '{entry}', and nothing here is called so", who=person, entry=entry),
                              nearest=nearest(what, known), severity="warning")


CHECKS = (units_of_posts, denials_in_vain)
