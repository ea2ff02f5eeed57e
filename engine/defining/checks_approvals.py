"""Checks of approvals: approvers that are nobody or only whoever asks, votes that cannot come about, amounts nobody of them decides."""

from collections.abc import Iterator

from engine.defining.checks_walk import Finding, View, approvals, by_system, doers, possible
from engine.defining.definition import Approval, Definition, FieldType, Who, WhoKind
from engine.defining.organisation import Organisation
from engine.ground.language import say


def _people(definition: Definition, organisation: Organisation, who: Who) -> frozenset[str] | None:
    """Whom a role, group or person names; None where only a case says it."""
    if who.kind is not WhoKind.NAMED or who.name in definition.fields:
        return None
    if who.name not in definition.roles and who.name in organisation.groups:
        return frozenset(organisation.groups[who.name].members)
    found = frozenset(organisation.holders(who.name))
    return found or (frozenset({who.name}) & organisation.people.keys())


def few_approvers(view: View) -> Iterator[Finding]:
    """A quorum larger than those who vote, and somebody whose own requests nobody else could approve."""
    definition, organisation = view.definition, view.organisation
    if organisation is None:
        return
    for asked, path in approvals(definition):
        for part in possible(asked):
            members = _people(definition, organisation, part.of)
            if members is not None and members and part.votes and (part.quorum or 1) > len(members):
                yield Finding(
                    path,
                    say("'{who}' has {count} members, so {quorum} cannot vote", who=str(part.of), count=len(members), quorum=part.quorum),
                    hint=say("Lower `quorum`, or add members."),
                )
    for what, path in doers(definition):
        for part in possible(what.approve):
            members, askers = (_together(definition, organisation, whos) for whos in ([part.of], what.by))
            if members is not None and askers is not None and len(members) == 1 and members <= askers:
                yield Finding(
                    (*path, "approve"),
                    say("Nobody could approve '{name}' when {who} asks for it", name=what.name, who=", ".join(members)),
                    hint=say("Nobody approves what they asked for themselves; name somebody else as well."), severity="warning",
                )


def _together(definition: Definition, organisation: Organisation, whos: list[Who] | tuple[Who, ...]) -> frozenset[str] | None:
    found = [_people(definition, organisation, who) for who in whos]
    return None if None in found else frozenset[str]().union(*(one for one in found if one is not None))


def approved_by_excluded(view: View) -> Iterator[Finding]:
    """Approvers whom `except` takes away."""
    for what, path in doers(view.definition):
        barred = {str(who) for who in what.except_}
        for part in possible(what.approve):
            if str(part.of) in barred:
                yield Finding(
                    (*path, "approve"), say("'{who}' has to approve '{name}' but is excluded from it", who=str(part.of), name=what.name),
                    hint=say("A denial always wins over a grant."),
                )


def approved_from_outside(view: View) -> Iterator[Finding]:
    """Approvers who do not work here."""
    for asked, path in approvals(view.definition):
        for part in possible(asked):
            if part.of.kind in (WhoKind.CUSTOMER, WhoKind.SYSTEM):
                yield Finding(path, say("'{who}' cannot approve: only who works here does", who=str(part.of)), hint=say(
                    "Let the customer decide by an action of their own, `by: customer`."))


def asked_by_the_scheduler(view: View) -> Iterator[Finding]:
    """Actions that the scheduler takes by itself, which would ask again and again."""
    for what, path in doers(view.definition):
        if what.approve and by_system(what):
            yield Finding(
                (*path, "approve"), say("'{name}' is taken by the scheduler, which asks nobody", name=what.name),
                hint=say("Let a rung of a clock `act`, or a person ask."),
            )


def parties_to_be_approved(view: View) -> Iterator[Finding]:
    """Parties that must be given with what has to be approved: they cannot wait for it."""
    definition = view.definition
    for what, path in doers(definition):
        for index, name in enumerate(possible(what.require) if what.approve else ()):
            if name in definition.fields and definition.fields[name].type is FieldType.PARTY:
                yield Finding(
                    (*path, "require", index), say("{field} cannot be given with what has to be approved", field=name),
                    hint=say("Ask for it in an action before."),
                )


def approved_without_authority(view: View) -> Iterator[Finding]:
    """Amounts that have to be approved by nobody with a band."""
    definition = view.definition
    for what, path in doers(definition):
        parts: tuple[Approval, ...] = possible(what.approve)
        named = all(part.of.kind is WhoKind.NAMED for part in parts)
        if what.limit and parts and named and not any(part.of.name in definition.authority for part in parts):
            yield Finding(
                (*path, "approve"),
                say("Nobody who has to approve '{name}' has authority over any amount", name=what.name),
                hint=say("Write the band of one of them under `authority:`."),
            )


CHECKS = (
    few_approvers, approved_by_excluded, approved_from_outside, asked_by_the_scheduler, parties_to_be_approved, approved_without_authority,
)
