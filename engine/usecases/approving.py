"""Answering what was asked for: approving, declining, abstaining, declaring a conflict of interest."""

from typing import Any

from engine.deciding import rights
from engine.deciding.machine import refusal
from engine.deciding.reasons import Obstacle, Reason
from engine.deciding.request_record import Request, Word
from engine.deciding.rights import Actor
from engine.ground.errors import Invalid, MakegoodError, NotAllowed
from engine.ground.language import say
from engine.usecases.asking import given_with, panel_of
from engine.usecases.concluding import conclude, within_authority
from engine.usecases.door import working
from engine.usecases.house import House
from engine.usecases.saying import words
from engine.usecases.work import Outcome, Work, standing


def vote(house: House, number: str, request: int, actor: Actor, word: str, reason: str = "") -> Outcome:
    """Answer a request of a case: approve, decline (for a reason), abstain or conflict (of interest). The deciding one carries it out.

    Raises NotFound (case), Denied (who asked, was excluded, is not asked or has answered), NotAllowed (the request is over, or it cannot be
    carried out now), Invalid; then nothing is changed, the answer neither.
    """
    said = _word(word)
    with working(house, number, actor, "vote") as door:
        work = door.work
        standing(work.organisation, actor)
        answer(work, _pending(work, request), actor, said, reason)
    return door.outcome


def answer(work: Work, request: Request, actor: Actor, word: Word, reason: str) -> None:
    """Record an answer, and carry the request out or end it when that decides it; raises as `vote` does.

    Who stands in for somebody who is away answers in their name, where their own answer would not count.
    """
    panel = panel_of(work, request)
    actor = rights.in_whose_name(actor, work.organisation, work.now, lambda one: bool(panel.places(request, one)))
    places = panel.places(request, actor)
    if not places:
        raise _denied(work, request, actor)
    data: dict[str, Any] = {"vote": [request.id, word.value, list(places)]}
    if reason or word is Word.NO:
        work.say_in(data, "reason", words(reason, "reason"))
    work.record("voted", actor, work.now, data)
    if word is Word.YES:
        within_authority(work, request, work.now, given_with(work, request))
    conclude(work, request, work.now, reason)


def _word(word: str) -> Word:
    if word in list(Word):
        return Word(word)
    raise Invalid(
        say("'{word}' is no answer", word=word[:80]), hint=say("Answer approve, decline, abstain or conflict."), field="answer",
        value=word[:80], expected=[one.value for one in Word],
    )


def _pending(work: Work, request: int) -> Request:
    found = work.case.requests.get(request)
    if found is None:
        number, known = work.case.number, ", ".join(map(str, work.case.requests)) or "-"
        raise NotAllowed(
            say("{case}: request {id} does not wait for an answer", case=number, id=request),
            hint=say("These do: {requests}.", requests=known),
            case=number, state=work.case.state, action="vote", possible=[], reasons=[Reason.STATE.value],
        )
    return found


def _denied(work: Work, request: Request, actor: Actor) -> MakegoodError:
    """Why an answer of the actor does not count, with those whose would."""
    names = rights.names(actor, work.organisation, work.now)
    panel = panel_of(work, request)
    could = panel.who(request)
    if names & {request.by, request.on_behalf}:
        why = Obstacle(Reason.EXCEPT, say("nobody approves what they asked for themselves; these may: {could}", could=could))
    elif any(names & {one.by, one.on_behalf} for one in request.votes):
        why = Obstacle(Reason.EXCEPT, say("{who} has answered already; these may still: {could}", who=actor.id, could=could))
    else:
        why = Obstacle(Reason.ROLE, say("{who} may not; these may: {could}", who=actor.id, could=could))
    return refusal(work.situation(actor), say("request {id}", id=request.id), [why])

