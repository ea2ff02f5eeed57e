"""What staff do with a case beside its actions: notes, contacts, files, owner, corrections."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.deciding import fields, rights, seeing
from engine.deciding.case import TaskRun, TaskStatus, task_json
from engine.deciding.rights import Actor
from engine.ground.errors import Denied, Invalid, NotAllowed, NotFound
from engine.ground.language import say
from engine.usecases.doing import own, tell
from engine.usecases.door import still_open, working
from engine.usecases.filing import keep, upload, uploads_apart
from engine.usecases.house import House
from engine.usecases.moving import none_emptied
from engine.usecases.parties import parties_apart
from engine.usecases.saying import words
from engine.usecases.work import Outcome, Work, standing

DIRECTIONS = ("in", "out")
LONGEST_CHANNEL = 40   # characters: a word or two, since it stands in history as it is; what was said does not


def note(house: House, number: str, actor: Actor, text: str) -> Outcome:
    """Put a note into a case; also into a closed one."""
    with working(house, number, actor, "note") as door:
        work = taking_part(door.work, actor)
        data: dict[str, Any] = {}
        work.say_in(data, "text", words(text, "text"))
        work.record("note", actor, work.now, data)
    return door.outcome


def contact(house: House, number: str, actor: Actor, channel: str, direction: str, text: str) -> Outcome:
    """Record an interaction with the customer on any channel, `in` (from the customer) or `out` (to the customer)."""
    if direction not in DIRECTIONS:
        raise Invalid(
            say("'{value}' is not a direction", value=direction), hint=say("Write in (from the customer) or out (to the customer)."),
            field="direction", value=direction, expected=list(DIRECTIONS),
        )
    with working(house, number, actor, "contact") as door:
        work = taking_part(door.work, actor)
        data: dict[str, Any] = {"channel": words(channel, "channel", LONGEST_CHANNEL), "direction": direction}
        work.say_in(data, "text", words(text, "text"))
        work.record("contact", actor, work.now, data)
    return door.outcome


def attach(house: House, number: str, actor: Actor, name: str, content: bytes, media_type: str = "application/octet-stream") -> Outcome:
    """Keep a file with a case, by its content; the same content twice is kept once."""
    one = upload(words(name, "name"), content, media_type)
    with working(house, number, actor, "attach") as door:
        work = taking_part(door.work, actor)
        data: dict[str, Any] = {"said": {"file": work.seal("file", one.file.canonical(), work.case.seq + 1)}}
        work.record("attached", actor, work.now, data)
        keep(work, [one])
    return door.outcome


def assign(house: House, number: str, actor: Actor, person: str, *, task: str | None = None) -> Outcome:
    """Hand the case, or one open task of it, to a person, who is told."""
    with working(house, number, actor, "assign") as door:
        work = taking_part(door.work, actor)
        still_open(work)
        if person not in work.organisation.people:
            raise NotFound(
                say("The organisation has nobody called '{who}'", who=person), hint=say("`makegood org show` lists the people."),
                kind="person", name=person,
            )
        data: dict[str, Any] = {}
        if task is None:
            _may_assign(work, actor)
            with work.foreseen(data, actor, work.now):
                own(work, person, data)
            same = "owner" not in data
        else:
            run = _open_task(work, task, person)
            data["task"], same = task, run.assignee == person
            data["tasks"] = {task: task_json(replace(run, assignee=person))}
        if same:
            raise Invalid(
                say("{case}: nothing would change, it is already with {who}", case=number, who=person), hint=say("Choose somebody else."),
                field="person", value=person, expected="somebody else",
            )
        if person != actor.id:
            tell(work, "assigned", person, data)
        work.record("assigned", actor, work.now, data)
    return door.outcome


def _may_assign(work: Work, actor: Actor) -> None:
    """Where a procedure says how cases are handed over, only somebody above the owner gives one to another without being asked."""
    owner = work.organisation.people.get(work.case.owner or "")
    if work.definition.handover is None or owner is None:
        return
    above: list[str] = []
    while owner is not None and owner.superior is not None and owner.superior not in above:
        above.append(owner.superior)
        owner = work.organisation.people.get(owner.superior)
    if actor.id not in above:
        could = ", ".join(rights.called(frozenset(above), work.organisation)) or say("nobody")
        raise Denied(
            say("{who} may not assign {case}, which is handed over; these may: {could}", who=actor.id, case=work.case.number, could=could),
            hint=say("Its owner hands it over: `makegood case handover {case} PERSON --reason …`.", case=work.case.number),
            who=actor.id, why="role", who_could=above, reasons=["role"],
        )


def _open_task(work: Work, name: str, person: str) -> TaskRun:
    run = work.case.tasks.get(name)
    if run is None or run.status is not TaskStatus.OPEN:
        open_now = [one.name for one in work.case.tasks.values() if one.status is TaskStatus.OPEN]
        raise NotAllowed(
            say("{case} has no open task {task}", case=work.case.number, task=name),
            hint=say("Open tasks: {tasks}.", tasks=", ".join(open_now) or "-"),
            case=work.case.number, state=work.case.state, action=name, possible=[],
        )
    spec = work.definition.states[run.state].tasks[name]
    reach = (work.definition, work.case, work.organisation, work.live)
    denied = rights.denied(Actor(person), name, work.definition, work.organisation, work.now)
    if denied is not None or not rights.may(Actor(person), spec.by, *reach, work.now):
        could = ", ".join(rights.who_could(spec.by, *reach, what=name)) or say("nobody")
        raise Denied(
            say("{who} may not do {task}; these may: {could}", who=person, task=name, could=could),
            hint=say("Choose one of them."), who=person, why="role", who_could=could,
        )
    return run


def correct(house: House, number: str, actor: Actor, given: Mapping[str, Any], reason: str) -> Outcome:
    """Mend wrong entries: history keeps the old value, the new one and the reason; deadlines are computed again."""
    with working(house, number, actor, "correct") as door:
        work = taking_part(door.work, actor)
        plain, uploads = uploads_apart(given)
        work.given = fields.parse_given(work.definition, plain, work.timezone)
        none_emptied(work)
        data: dict[str, Any] = {}
        filled = work.put(parties_apart(work, data), data)
        if not data:
            raise Invalid(
                say("{case}: nothing would change", case=number), hint=say("Give at least one field a new value with --set field=value."),
                field="set", expected="new value",
            )
        work.say_in(data, "reason", words(reason, "reason"))
        work.record("corrected", actor, work.now, data, filled)
        keep(work, uploads)
        work.given = {}
    return door.outcome


def taking_part(work: Work, actor: Actor) -> Work:
    """Refuse whoever has nothing to do with this case: see `seeing.takes_part`."""
    standing(work.organisation, actor)
    if actor.id == "system" or seeing.takes_part(actor, work.definition, work.case, work.organisation, work.live, work.now):
        return work
    raise Denied(
        say("{who} holds no post of {bundle} and takes no part in {case}",
            who=actor.id, bundle=work.definition.name, case=work.case.number),
        hint=say("Its posts are: {roles}.", roles=", ".join(work.definition.roles)), who=actor.id, why="role",
        who_could=sorted({p for role in work.definition.roles for p in work.organisation.holders(role)}),
    )
