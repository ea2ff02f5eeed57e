"""The check of conditions and limits of clocks: judged when something happens in the case, they may read only what changes by that."""

from collections.abc import Iterator

from engine.deciding.expressions import expression
from engine.defining.checks_limits import personal
from engine.defining.checks_walk import Finding, clock_conditions, ladders
from engine.defining.definition import Definition
from engine.defining.limits import expressions_of
from engine.defining.tree import Path
from engine.ground.errors import Invalid
from engine.ground.language import say

_PASSING = frozenset({"today", "used"})
_CLOCKS = frozenset({"met", "breached", "running", "due"})
_MOMENTARY = frozenset({"actor", "actor_name", "comment"})


def conditions_of_clocks(definition: Definition) -> Iterator[Finding]:
    """Conditions and limits of clocks that read what changes without anything happening in the case, or other clocks."""
    for text, path in clock_conditions(definition):
        yield from only_the_case(text, path)


def only_the_case(text: str, path: Path) -> Iterator[Finding]:
    """What a condition or limit of a clock reads beside its own case as it stands."""
    try:
        compiled = expression(text)
    except Invalid:
        return      # found elsewhere
    for name in sorted({*compiled.names, *(function for function, _ in compiled.calls)}):
        hint = say("Read fields, `state`, `owner`, `done('…')` or `count('…')`.")
        if name in _PASSING:
            what = say("A condition or limit of a clock cannot read '{name}', which changes though nothing happens", name=name)
        elif name in _CLOCKS:
            what = say("A condition or limit of a clock cannot read '{name}': clocks do not move each other", name=name)
        elif name in _MOMENTARY:
            what = say("A condition or limit of a clock cannot read '{name}', which is known only while somebody acts", name=name)
        elif name == "others":
            what = say("A condition or limit of a clock reads its own case only: others(…) cannot be asked here")
            hint = say("Set a field by it in an action, and let the clock read that field.")
        else:
            continue
        yield Finding(path, what, hint=hint)


def personal_numbers(definition: Definition) -> Iterator[Finding]:
    """Numbers of limits that are worked out from personal values."""
    for text, path in (one for _, within, _, owner in ladders(definition) for one in expressions_of(within, owner) if one[1][-1] == "is"):
        try:
            names = expression(text).names
        except Invalid:
            continue    # found elsewhere
        for name in sorted(names & definition.fields.keys()):
            if definition.fields[name].is_personal:
                yield personal(name, path)


CHECKS = (conditions_of_clocks, personal_numbers)
