"""What a definition has done besides moving the case: set, notice, assign, remind, escalate, reassign, act, open, survey, grant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.deciding import fields, queues
from engine.deciding.case import ClockRun
from engine.deciding.choosing import first, holding
from engine.deciding.expressions import expression
from engine.deciding.rights import Actor
from engine.defining.definition import Case, ClockSpec, Doing, DoingKind, Happening, LinkedCase, Who, WhoKind
from engine.ground.language import spoken
from engine.records import cases
from engine.usecases.later import Later, Wanted
from engine.usecases.notifying import Outgoing
from engine.usecases.reaching import meant, reached, stands_in
from engine.usecases.work import Work

_NOBODY = frozenset({"customer", "system", "anyone"})


def carry(
    work: Work, doings: Sequence[Doing], actor: Actor, at: datetime, data: dict[str, Any], extra: Mapping[str, Any] | None = None
) -> tuple[list[Happening], list[Later]]:
    """Carry out doings in the order written, into the data of the event they belong to; they see that event as having happened.

    Returns the fields filled (as happenings for the clocks) and what is still to be done, each an event of its own: actions to be
    taken by `act:`, cases to be opened by `open:`, amounts to be asked for by `grant:`. What is written after those waits for the answer.
    """
    if not doings:
        return [], []
    with work.foreseen(data, actor, at):
        return _carry(work, doings, actor, at, data, extra)


def _carry(
    work: Work, doings: Sequence[Doing], actor: Actor, at: datetime, data: dict[str, Any], extra: Mapping[str, Any] | None
) -> tuple[list[Happening], list[Later]]:
    filled: list[Happening] = []
    later: list[Later] = []

    scope = work.scope(actor, at, extra)      # what was done before is seen
    for doing in doings:
        match doing.kind:
            case DoingKind.SET:
                filled += _set(work, doing.value, scope, data)
            case DoingKind.NOTICE:
                for name in holding(doing.value, scope):
                    _send(work, name, scope, data, extra)
            case DoingKind.ASSIGN:
                own(work, _choose(work, first(doing.value, scope)), data)
            case DoingKind.REASSIGN:
                _reassign(work, first(doing.value, scope), data, extra)
            case DoingKind.REMIND:
                if whos := holding(doing.value, scope):
                    _remind(work, whos, data, extra)
            case DoingKind.ESCALATE:
                if whos := holding(doing.value, scope):
                    _escalate(work, whos, data, extra)
            case DoingKind.SURVEY:
                from engine.usecases.surveying import ask  # most definitions ask nobody

                for name in holding(doing.value, scope):
                    ask(work, name, scope, data)
            case DoingKind.ACT:
                later += holding(doing.value, scope)
            case DoingKind.GRANT:
                from engine.usecases.granting import grant  # most definitions grant nothing

                more, beyond = grant(work, doing, scope, data)
                filled += more
                if beyond is not None:
                    return filled, [*later, beyond]
            case DoingKind.OPEN:
                later += [Wanted(linked, _values(work, linked, scope, data), actor) for linked in holding(doing.value, scope)]
    return filled, later


def at_point(spec: ClockSpec, run: ClockRun, at: datetime, rung: str = "") -> dict[str, Any]:
    """What texts and conditions see at a point of a clock."""
    due = run.due_at
    return {
        "clock_title": spec.title.in_(spoken()) or spec.name, "clock": spec.name, "rung": rung, "due_at": due,
        "overdue": at - due if due and at > due else None,
    }


def _values(work: Work, linked: LinkedCase, scope: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The values for a linked case; the customer as the number of the party, so that both cases have the same."""
    values = {name: expression(first(cases_of, scope))(scope) for name, cases_of in linked.with_.items()}
    party = data.get("party", work.case.party)
    return {name: party if value is work.customer and party is not None else value for name, value in values.items()}


def _set(
    work: Work, values: Mapping[str, Sequence[Case]], scope: Mapping[str, Any], data: dict[str, Any]
) -> list[Happening]:
    filled: list[Happening] = []
    for name, cases_of in values.items():
        value = expression(first(cases_of, scope))(scope)
        given = fields.computed(work.definition.fields[name], value, work.timezone)
        filled += work.put({name: given}, data)
        work.given[name] = given
    return filled


def _send(work: Work, name: str, scope: Mapping[str, Any], data: dict[str, Any], extra: Mapping[str, Any] | None) -> None:
    """Put a notice of the definition on its way to everybody it is for; nobody there is recorded too."""
    spec = work.definition.notices.get(name)
    if spec is None:   # one of the product's own, to which the definition adds nothing: for the owner
        if work.case.owner and work.case.owner in work.organisation.people:
            tell(work, name, work.case.owner, data, {**_said(work), **(extra or {})})
        return
    recipients = {person: to for person, to in meant(work, holding(spec.to, scope)).items() if person not in ("system", "anyone")}
    if work.case.party is None and "party" not in data:   # a case that names no customer yet
        recipients.pop("customer", None)
    for person, to in sorted(recipients.items()) or [("", "")]:
        data.setdefault("notices", []).append([name, to])
        if person:
            work.outgoing.append(Outgoing(name, to, {**_said(work), **(extra or {}), **stands_in(work, person, to, data)}))


def _said(work: Work) -> dict[str, Any]:
    return {"comment": work.given["comment"]} if "comment" in work.given else {}


def own(work: Work, person: str | None, data: dict[str, Any]) -> None:
    """Make a person the owner of the case; nobody found leaves it as it is."""
    if person and person != work.case.owner:
        first = data["owner"][0] if "owner" in data else work.case.owner
        data["owner"] = [first, person]
        work.case.owner = person   # of the case as foreseen: what follows is for the new owner


def _choose(work: Work, who: Who | None) -> str | None:
    return None if who is None else queues.choose(
        who, work.definition, work.case, work.organisation, work.live, lambda people: cases.open_cases_of(work.conn, people),
        work.now, work.actor.id,
    )


def _reassign(work: Work, who: Who | None, data: dict[str, Any], extra: Mapping[str, Any] | None) -> None:
    person = _choose(work, _past_owner(work, who) if who else None)
    own(work, person, data)
    if "owner" in data and person:
        tell(work, "assigned", person, data, extra)


def _remind(work: Work, whos: Sequence[Who], data: dict[str, Any], extra: Mapping[str, Any] | None) -> None:
    people = {person: to for person, to in meant(work, whos).items() if person not in _NOBODY}
    data.setdefault("reminded", []).extend(sorted(people))
    for person, to in sorted(people.items()):   # merged into one message for each person when the work is written (clocks rule 16)
        work.reminders.setdefault(to, []).append({**(extra or {}), **stands_in(work, person, to, data)})


def _escalate(work: Work, whos: Sequence[Who], data: dict[str, Any], extra: Mapping[str, Any] | None) -> None:
    found = {person for who in whos for person in work.people(_past_owner(work, who))} - _NOBODY
    people = sorted(found - {work.case.owner} or found)
    data.setdefault("escalated", []).extend(people)
    data.setdefault("added", []).extend(person for person in people if person not in work.case.added)
    for person in dict.fromkeys([*people, *([work.case.owner] if work.case.owner else [])]):
        tell(work, "escalated", person, data, extra)


def _past_owner(work: Work, who: Who) -> Who:
    """Escalation passes over whoever already owns the case: then their superior is meant."""
    for _ in range(len(work.organisation.people)):
        if work.people(who) != {work.case.owner}:
            break
        above = Who(WhoKind.SUPERIOR, of=who)
        if not work.people(above):
            break
        who = above
    return who


def tell(work: Work, builtin: str, person: str, data: dict[str, Any], extra: Mapping[str, Any] | None = None) -> None:
    """Send one of the product's own notices (assigned, escalated) to a person who works here, or to whoever stands in for them."""
    to = reached(work, person)
    data.setdefault("notices", []).append([builtin, to])
    work.outgoing.append(Outgoing(builtin, to, {**(extra or {}), **stands_in(work, person, to, data)}))
