"""Checks of doings: branches that are never reached, `actor` where nobody acts."""

from collections.abc import Iterator

from engine.defining.checks_walk import Finding, View, assignments, doings, everybody, ladders
from engine.defining.definition import Case, DoingKind, WhoKind
from engine.defining.tree import Path
from engine.ground.language import say

_ONE = frozenset({DoingKind.ASSIGN, DoingKind.REASSIGN})


def repeated_conditions(view: View) -> Iterator[Finding]:
    """Branches of a value under a condition that an earlier branch has already."""
    for cases, path in _values(view):
        seen = set()
        for index, case in enumerate(cases):
            if case.when is not None and case.when in seen:
                yield Finding(
                    (*path, index, "when"),
                    say("This branch is never reached: one before it has the same condition"),
                    hint=say("Remove it, or give it another condition."),
                )
            seen.add(case.when)


def _values(view: View) -> Iterator[tuple[tuple[Case, ...], Path]]:
    for _, within, _, path in ladders(view.definition):
        yield within, (*path, "within")
    for doing, path in doings(view.definition):
        if doing.kind is DoingKind.SET:
            yield from ((cases, (*path, name)) for name, cases in assignments(doing).items())
        elif doing.kind in _ONE:
            yield doing.value, path


def nobody_acts(view: View) -> Iterator[Finding]:
    """`actor` outside of doings and the notices they send, and in ladders, where nobody acts."""
    doing_keys = {kind.value for kind in DoingKind}
    for who, path in everybody(view.definition):
        if who.kind is not WhoKind.ACTOR:
            continue
        if path[0] != "notices" and path[-1] not in doing_keys:
            yield Finding(path, say("'actor' is known only where something is done besides"), hint=say("Name a role, or use owner."))
        elif "ladder" in path:
            yield Finding(path, say("In a ladder nobody acts, so 'actor' is nobody"), hint=say("Name a role, or use owner."))


CHECKS = (repeated_conditions, nobody_acts)
