"""Checks of `grant:`: amounts that nothing bounds, that nobody may grant, or that come before anything is missed."""

from collections.abc import Iterator

from engine.defining.checks_walk import Finding, View, assignments, doings, ladders
from engine.defining.definition import Definition, DoingKind, FieldType, PointKind, Rung, WhoKind
from engine.defining.tree import Path
from engine.ground.language import say

_EARLY = (PointKind.PERCENT, PointKind.BEFORE)


def _grants(view: View) -> Iterator[tuple[str, Rung, Path]]:
    """Every field that a rung grants something in."""
    for _, _, rungs, path in ladders(view.definition):
        for index, rung in enumerate(rungs):
            for doing in rung.do:
                if doing.kind is DoingKind.GRANT:
                    yield from ((name, rung, (*path, "ladder", index, "grant", name)) for name in assignments(doing))


def approving_grants(definition: Definition) -> set[str]:
    """The roles and groups that are asked for what is above that which a case grants by itself."""
    granted = any(doing.kind is DoingKind.GRANT for doing, _ in doings(definition))
    return {name for name in definition.authority if name != WhoKind.SYSTEM} if granted else set()


def wrong_fields(view: View) -> Iterator[Finding]:
    """Amounts in fields that cannot hold them, and amounts that grow without end."""
    for name, rung, path in _grants(view):
        field = view.definition.fields.get(name)
        if field is None:
            continue     # said already
        if field.type is not FieldType.MONEY or not field.currency or field.many:
            yield Finding(path, say("'{name}' is not a field of money", name=name), expected=say("a field of type money"))
        elif field.is_personal:
            yield Finding(path, say("What is granted in '{name}' is public: it must be known without opening personal data", name=name),
                          hint=say("Remove `personal`."))
        elif field.between is not None and field.between[0] > 0:
            yield Finding(path, say("Where it is taken back, '{name}' must be able to hold 0", name=name),
                          hint=say("Let `between` begin at 0."))
        elif rung.at.kind is PointKind.EVERY and rung.at_most is None and field.between is None:
            yield Finding(path, say("Nothing bounds what is granted in '{name}'", name=name),
                          hint=say("Write `at_most:` on the rung, or `between: [0, …]` on the field."))
        if rung.at.kind in _EARLY:
            yield Finding(path, say("Before it is due nothing is missed"), hint=say("Grant it at `due`, or after."))


def without_authority(view: View) -> Iterator[Finding]:
    """Grants that `authority:` gives the system nothing for, and a band of the system that nothing needs."""
    authority, granted = view.definition.authority, list(_grants(view))
    system = WhoKind.SYSTEM.value
    if system in authority and not granted:
        yield Finding(("authority", system), say("Nothing is granted: no ladder has `grant`"), severity="warning")
    for name, rung, path in granted:
        field = view.definition.fields.get(name)
        if field is None or not field.currency:
            continue
        band = authority.get(system, ())
        if system not in authority or (band is not None and field.currency not in {money.currency for money in band}):
            yield Finding(path, say("Nothing says how much may be granted by itself in {currency}", currency=field.currency), hint=say(
                "Write `authority: {{system: 100 {currency}}}`; 0 lets each be asked for.", currency=field.currency))
        elif band is not None and len(authority) == 1 and rung.at.kind is PointKind.EVERY:
            yield Finding(path, say("What is above {band} nobody may grant", band=", ".join(map(str, band))), severity="warning", hint=say(
                "Give a role a higher band under `authority:`; it is asked then."))


CHECKS = (wrong_fields, without_authority)
