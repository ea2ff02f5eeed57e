"""Asking for a right in the house, and refusing whoever lacks it."""

from engine.deciding.rights import Actor, called, has_right
from engine.defining.organisation import Organisation
from engine.ground.errors import Denied
from engine.ground.language import say


def allowed(organisation: Organisation, actor: Actor, right: str) -> None:
    """Refuse whoever has not that right (`publish`, `apply`, `migrate`, `audit`, `reveal`, `erase`); raises Denied naming who has it."""
    if has_right(organisation, actor, right):
        return
    could = ", ".join(called(organisation.posts.with_right(right), organisation)) or say("nobody")
    raise Denied(
        say("{who} has no right to {right}; these have it: {could}", who=actor.id, right=right, could=could),
        hint=say("Rights stand under `rights:` in the organisation file: `makegood org show`."),
        who=actor.id, why="right", right=right, who_could=could,
    )
