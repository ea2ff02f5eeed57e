"""Handing a case over to another owner (首问负责): the giver stays responsible until the other has accepted, in time."""

from engine.deciding import rights
from engine.deciding.request_record import Request, RequestKind, Word
from engine.deciding.rights import Actor
from engine.defining.absences import BY_NAME
from engine.defining.definition import Approval, Handover, Who, WhoKind
from engine.ground.errors import Denied, Invalid, NotAllowed, NotFound
from engine.ground.language import say
from engine.usecases.approving import answer
from engine.usecases.asking import ask, panel_of
from engine.usecases.door import still_open, working
from engine.usecases.house import House
from engine.usecases.saying import words
from engine.usecases.work import Outcome, Work, standing


def hand_over(house: House, number: str, actor: Actor, person: str, reason: str) -> Outcome:
    """Ask somebody to take the case over, for a reason; without an answer in time it stays with its owner, and both are told.

    Raises NotFound (case, person), Denied (only the owner hands over), NotAllowed (closed), Invalid; then nothing is changed.
    """
    with working(house, number, actor, "handover") as door:
        work = door.work
        standing(work.organisation, actor)
        still_open(work)
        actor = rights.in_whose_name(actor, work.organisation, work.now, lambda one: _owns(work, one))
        if not _owns(work, actor):
            raise Denied(
                say("{case}: only its owner hands it over: {owner}", case=number, owner=work.case.owner or say("nobody")),
                hint=say("Whoever may assign it can do so: `makegood case assign {case} PERSON`.", case=number),
                who=actor.id, why="role", reasons=["role"], who_could=[work.case.owner] if work.case.owner else [],
            )
        if person not in work.organisation.people:
            raise NotFound(
                say("The organisation has nobody called '{who}'", who=person), hint=say("`makegood org show` lists the people."),
                kind="person", name=person,
            )
        if person == work.case.owner:
            raise Invalid(
                say("{case}: nothing would change, it is already with {who}", case=number, who=person), hint=say("Choose somebody else."),
                field="person", value=person, expected="somebody else",
            )
        parts = [Approval(of=Who(WhoKind.NAMED, person))]
        within = (work.definition.handover or Handover()).within
        said = {"reason": words(reason, "reason")}
        ask(work, RequestKind.HANDOVER, person, parts, actor, work.now, within=within, said=said)
    return door.outcome


def _owns(work: Work, actor: Actor) -> bool:
    """Whether the actor owns the case, or stands in for its owner who is away."""
    if actor.on_behalf is None:
        return work.case.owner == actor.id
    lent = rights.lent_to(actor, work.organisation, work.now)
    return work.case.owner == actor.on_behalf and lent is not None and BY_NAME in lent.chains


def accept(house: House, number: str, actor: Actor) -> Outcome:
    """Take over a case that was handed to one; raises NotAllowed when none was, and as a vote does."""
    return _answer(house, number, actor, Word.YES, "")


def decline(house: House, number: str, actor: Actor, reason: str) -> Outcome:
    """Refuse a case that was handed to one, for a reason; it stays with whoever gave it."""
    return _answer(house, number, actor, Word.NO, reason)


def _answer(house: House, number: str, actor: Actor, word: Word, reason: str) -> Outcome:
    with working(house, number, actor, "accept" if word is Word.YES else "decline") as door:
        standing(door.work.organisation, actor)
        answer(door.work, _offered(door.work, actor), actor, word, reason)
    return door.outcome


def _offered(work: Work, actor: Actor) -> Request:
    """The handover that waits for the actor's answer, else whichever there is."""
    offered = [one for one in work.case.requests.values() if one.kind is RequestKind.HANDOVER]
    if not offered:
        number = work.case.number
        raise NotAllowed(
            say("{case} is not being handed over", case=number), hint=say("`makegood case show {case}` says who owns it.", case=number),
            case=number, state=work.case.state, action="handover", possible=[], reasons=["state"],
        )
    return next((one for one in offered if panel_of(work, one).places(one, actor)), offered[0])
