"""Checks of who: actions nobody may take, roles nobody fills, amounts nobody may decide."""

from collections.abc import Iterator
from decimal import Decimal

from engine.defining.checks_walk import (
    Finding,
    View,
    action_path,
    doers,
    everybody,
    roles_of,
    task_path,
)
from engine.defining.definition import Action, Definition, Task, WhoKind
from engine.defining.problems import nearest
from engine.defining.tree import Path
from engine.ground.language import say
from engine.ground.money import Money


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
    held = {role for person in view.organisation.people.values() for role in person.roles}
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
    used = {who.name for who, _ in everybody(view.definition) if who.kind is WhoKind.NAMED}
    for name in view.definition.roles:
        if name not in used:
            yield Finding(
                ("roles", name),
                say("The role '{name}' is never used", name=name),
                severity="warning",
                hint=say("Give it something to do, or remove it."),
            )


def unknown_authority(view: View) -> Iterator[Finding]:
    """Bands of authority for roles that do not exist or never decide, or in a currency that no `limit` has."""
    definition = view.definition
    limits = [(what, definition.fields[what.limit]) for what, _ in doers(definition) if what.limit in definition.fields and what.limit]
    currencies = {field.currency for _, field in limits if field.currency}
    deciding = {role for what, _ in limits for role in roles_of(definition, what.by)}
    for role, band in definition.authority.items():
        path: Path = ("authority", role)
        if role not in definition.roles:
            yield Finding(path, say("There is no {kind} '{name}'", kind=say("role"), name=role), nearest=nearest(role, definition.roles))
        elif role not in deciding:
            yield Finding(
                path,
                say("The authority of '{role}' is never asked for: no action with a `limit` names it in `by`", role=role),
                severity="warning",
            )
        if band is not None and currencies and band.currency not in currencies:
            yield Finding(
                path,
                say(
                    "The authority of '{role}' is in {currency}, but amounts are in {others}",
                    role=role,
                    currency=band.currency,
                    others=", ".join(sorted(currencies)),
                ),
                expected=" | ".join(sorted(currencies)),
            )


def authority_gaps(view: View) -> Iterator[Finding]:
    """Limits that a role in `by` has no band for, and amounts above the highest band of everybody who may decide there."""
    definition = view.definition
    for state in definition.states.values():
        groups: dict[str, list[tuple[Action | Task, Path]]] = {}
        for action in state.actions.values():
            if action.limit in definition.fields and action.limit:
                groups.setdefault(action.limit, []).append((action, action_path(state, action)))
        for task in state.tasks.values():
            if task.limit in definition.fields and task.limit:
                groups.setdefault(task.limit, []).append((task, task_path(state, task)))
        for limit, group in groups.items():
            for what, path in group:
                yield from _without_band(definition, what, path)
            yield from _above_all_bands(definition, limit, group)


def _without_band(definition: Definition, what: Action | Task, path: Path) -> Iterator[Finding]:
    for role in roles_of(definition, what.by):
        if role not in definition.authority:
            yield Finding(
                (*path, "limit"),
                say("'{role}' may take '{name}' but has no authority over any amount", role=role, name=what.name),
                hint=say(
                    "Write its band under `authority:`, for example `{role}: {{amount: 5000 {currency}}}`.",
                    role=role,
                    currency=definition.fields[what.limit or ""].currency or "CNY",
                ),
            )


def _above_all_bands(definition: Definition, limit: str, group: list[tuple[Action | Task, Path]]) -> Iterator[Finding]:
    field = definition.fields[limit]
    bands: list[Money | None] = []
    for what, _ in group:
        if any(who.kind not in (WhoKind.NAMED, WhoKind.CUSTOMER) for who in what.by):
            return  # owner, superior of …: what they may decide is known only in a case
        bands += [definition.authority[role] for role in roles_of(definition, what.by) if role in definition.authority]
    if not bands or None in bands:
        return
    highest = max((band.amount for band in bands if band is not None), default=Decimal(0))
    if field.between is not None and field.between[1] <= highest:
        return
    what, path = group[-1]
    yield Finding(
        (*path, "limit"),
        say(
            "Nobody may decide '{name}' when {field} is above {amount} {currency}",
            name=what.name,
            field=limit,
            amount=highest,
            currency=field.currency or "",
        ),
        hint=say("Give a role `amount: unlimited`, or bound the field by `between:`."),
        severity="warning",
    )


CHECKS = (nobody_may, everybody_excepted, unfilled_roles, unused_roles, unknown_authority, authority_gaps)
