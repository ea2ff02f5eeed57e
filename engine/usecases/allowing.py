"""Asking for a right in the house, and refusing whoever lacks it."""

from engine.deciding.rights import Actor, called, has_right
from engine.defining.organisation import Organisation
from engine.ground.errors import Denied
from engine.ground.language import say


def allowed(organisation: Organisation, actor: Actor, *rights: str) -> None:
    """Refuse whoever has none of these rights (`publish`, `apply`, `migrate`, `audit`, …); raises Denied naming who has one."""
    if any(has_right(organisation, actor, right) for right in rights):
        return
    right = say(" or ").join(rights)
    could = ", ".join(called(frozenset[str]().union(*map(organisation.posts.with_right, rights)), organisation)) or say("nobody")
    raise Denied(
        say("{who} has no right to {right}; these have it: {could}", who=actor.id, right=right, could=could),
        hint=say("Rights stand under `rights:` in the organisation file: `makegood org show`."),
        who=actor.id, why="right", right=right, who_could=could,
    )
