"""Checks of who: actions nobody may take, roles nobody fills."""

from collections.abc import Iterator

from engine.defining.checks_grants import approving_grants
from engine.defining.checks_walk import Finding, View, doers, everybody
from engine.defining.definition import Action, Task, WhoKind
from engine.defining.problems import nearest
from engine.ground.language import say


def nobody_may(view: View) -> Iterator[Finding]:
    """Actions, tasks, extensions and an opening that name nobody: silence denies."""
    definition = view.definition
    hint = say("Name who may, for example `by: [{roles}]`.", roles=", ".join(list(definition.roles)[:2]) or "system")
    for what, path in doers(definition):
        if not what.by:
            kind = say("action") if isinstance(what, Action) else say("task")
            yield Finding(path, say("Nobody may take the {kind} '{name}': it has no `by`", kind=kind, name=what.name), hint=hint)
    first = definition.first_state
    acting: list[Action | Task] = [*first.actions.values(), *first.tasks.values()]
    openers = definition.opening.by or tuple(who for what in acting for who in what.by)
    if not any(who.kind is not WhoKind.SYSTEM for who in openers):
        yield Finding(("opening",), say("Nobody may open a case"), hint=say("Write `by:` under `opening:` with a role of this procedure."))


def everybody_excepted(view: View) -> Iterator[Finding]:
    """Actions whose `except` takes away everybody whom `by` names."""
    for what, path in doers(view.definition):
        barred = {str(who) for who in what.except_}
        if what.by and all(str(who) in barred for who in what.by):
            yield Finding(
                (*path, "except"),
                say("Nobody may take '{name}': `except` takes away everybody in `by`", name=what.name),
                hint=say("A denial always wins over a grant."),
            )


def unfilled_roles(view: View) -> Iterator[Finding]:
    """Roles of the procedure that no person of the organisation holds."""
    if view.organisation is None:
        return
    held = view.organisation.posts.holders.keys()
    needed = {who.name for who, _ in everybody(view.definition) if who.kind is WhoKind.NAMED}
    for name in view.definition.roles:
        if name not in held:
            yield Finding(
                ("roles", name),
                say("Nobody in the organisation holds the role '{name}'", name=name),
                nearest=nearest(name, held - set(view.definition.roles)),
                hint=say("Add '{name}' to the `roles:` of a person in organisation.yaml.", name=name),
                severity="error" if name in needed else "warning",
            )


def unused_roles(view: View) -> Iterator[Finding]:
    """Roles that nothing in the procedure mentions."""
    used = {who.name for who, _ in everybody(view.definition) if who.kind is WhoKind.NAMED} | approving_grants(view.definition)
    for name in view.definition.roles:
        if name not in used:
            yield Finding(
                ("roles", name),
                say("The role '{name}' is never used", name=name),
                severity="warning",
                hint=say("Give it something to do, or remove it."),
            )


CHECKS = (nobody_may, everybody_excepted, unfilled_roles, unused_roles)
