"""Checks of authority over amounts: bands for nobody, above what the organisation lets a procedure give, amounts nobody may decide."""

from collections.abc import Iterator
from decimal import Decimal

from engine.defining.checks_grants import approving_grants
from engine.defining.checks_walk import Finding, View, action_path, doers, possible, roles_of, task_path
from engine.defining.definition import Action, Band, Definition, Task, WhoKind
from engine.defining.problems import nearest
from engine.defining.tree import Path
from engine.ground.language import say


def unknown_authority(view: View) -> Iterator[Finding]:
    """Bands of authority for nobody, for roles that never decide, or in a currency that no `limit` has."""
    definition = view.definition
    limits = [(what, definition.fields[what.limit]) for what, _ in doers(definition) if what.limit in definition.fields and what.limit]
    currencies = {field.currency for _, field in limits if field.currency}
    deciding = {role for what, _ in limits for role in roles_of(definition, what.by)}
    deciding |= {part.of.name for what, _ in limits for part in possible(what.approve)} | approving_grants(definition)
    groups = view.organisation.groups if view.organisation is not None else {}
    for role, band in definition.authority.items():
        path: Path = ("authority", role)
        if role == WhoKind.SYSTEM:
            continue     # what is granted: `checks_grants`
        if role not in definition.roles and role not in groups:
            near = nearest(role, [*definition.roles, *groups])
            if view.organisation is not None or role not in deciding:
                yield Finding(path, say("There is no {kind} '{name}'", kind=say("role"), name=role), nearest=near)
        elif role not in deciding:
            yield Finding(
                path,
                say("The authority of '{role}' is never asked for: no action with a `limit` names it in `by` or `approve`", role=role),
                severity="warning",
            )
        for money in band or ():
            if currencies and money.currency not in currencies:
                yield Finding(
                    path,
                    say(
                        "The authority of '{role}' is in {currency}, but amounts are in {others}",
                        role=role,
                        currency=money.currency,
                        others=", ".join(sorted(currencies)),
                    ),
                    expected=" | ".join(sorted(currencies)),
                )


def above_the_organisation(view: View) -> Iterator[Finding]:
    """Bands above what the organisation lets a role or group decide: a procedure cannot grant itself more."""
    if view.organisation is None or not view.organisation.authority:
        return
    for role, band in view.definition.authority.items():
        most = view.organisation.authority.get(role, ())
        if not _within(band, most):
            yield Finding(
                ("authority", role),
                say("The authority of '{role}' is above what the organisation lets it decide: {most}", role=role, most=in_words(most)),
                hint=say("Lower it, or have `authority:` of the organisation changed."),
            )


def _within(band: Band, most: Band) -> bool:
    if most is None or band is None:
        return most is None
    allowed = {money.currency: money.amount for money in most}
    return all(money.amount <= allowed.get(money.currency, Decimal("-Infinity")) for money in band)


def in_words(band: Band) -> str:
    """A band as people say it: `5000.00 CNY, 600.00 EUR`, unlimited, nothing."""
    return say("unlimited") if band is None else ", ".join(map(str, band)) or say("nothing")


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
    for role in roles_of(definition, what.by) if not what.approve else ():
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
    bands: list[Band] = []
    for what, _ in group:
        if what.approve or any(who.kind not in (WhoKind.NAMED, WhoKind.CUSTOMER) for who in what.by):
            return  # owner, superior of …: what they may decide is known only in a case
        bands += [definition.authority[role] for role in roles_of(definition, what.by) if role in definition.authority]
    if not bands or None in bands:
        return
    amounts = [money.amount for band in bands for money in band or () if money.currency == field.currency]
    highest = max(amounts, default=Decimal(0))
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


def unknown_decisions(view: View) -> Iterator[Finding]:
    """`covers` of fields that do not exist; `revokes` of what does not exist or decides nothing."""
    definition = view.definition
    known = {what.name: what for what, _ in doers(definition)}
    for what, path in doers(definition):
        for index, name in enumerate(what.covers):
            if name not in definition.fields:
                yield Finding((*path, "covers", index), say("There is no {kind} '{name}'", kind=say("field"), name=name),
                              nearest=nearest(name, definition.fields))
        for index, name in enumerate(what.revokes):
            if name not in known:
                yield Finding((*path, "revokes", index), say("There is no {kind} '{name}'", kind=say("action or task"), name=name),
                              nearest=nearest(name, known))
            elif not decides(known[name]):
                yield Finding((*path, "revokes", index), say("'{name}' decides nothing that could be taken back", name=name),
                              hint=say("Give it `limit`, `covers` or `approve`."))


def decides(what: Action | Task) -> bool:
    """Whether an action or task is a decision, so that a case remembers what it decided and `approved('…')` can be asked."""
    return bool(what.limit or what.covers or what.approve)


CHECKS = (unknown_authority, above_the_organisation, authority_gaps, unknown_decisions)
