"""Who approves: who may answer a request, what the answers come to, and whether the amount is within their authority.

The outcome depends on the answers alone and not on their order: a vote is over once no further answer could change it, never with fewer
answers than its quorum, and nobody counts twice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from engine.deciding import authority, rights
from engine.deciding.case import CaseState
from engine.deciding.choosing import holding
from engine.deciding.request_record import Request, RequestKind, Word
from engine.deciding.rights import Actor
from engine.defining.absences import BY_NAME
from engine.defining.definition import Action, Approval, Definition, Extension, Task, Who
from engine.defining.organisation import Organisation
from engine.ground.language import say
from engine.ground.money import Money


class Outcome(StrEnum):
    """What the answers come to."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    TOO_FEW = "too_few"                  # those who could still answer are fewer than it takes


def needed(what: Action | Task | Extension, scope: Mapping[str, Any]) -> tuple[Approval, ...]:
    """Who has to approve as the case is now: those without a condition, and those whose condition holds."""
    return tuple(holding(what.approve, scope))


def unasked(what: Action | Task | Extension, scope: Mapping[str, Any], request: Request) -> tuple[Approval, ...]:
    """Who has to approve as the case is now and was not asked, since it was another case then."""
    asked = [(part.of, part.quorum, part.pass_) for part in request.parts]
    return tuple(part for part in needed(what, scope) if (part.of, part.quorum, part.pass_) not in asked)


def tally(yes: int, no: int, abstain: int, left: int, quorum: int, rule: str) -> Outcome:
    """What a vote comes to while `left` people may still answer. Those who abstain count towards the quorum, not for either side."""
    cast = yes + no + abstain
    if cast + left < quorum:
        return Outcome.TOO_FEW
    if cast >= quorum and _agreed(yes, no + left, rule):
        return Outcome.APPROVED
    if cast >= quorum and not _agreed(yes + left, no, rule):
        return Outcome.DECLINED
    return Outcome.PENDING


def _agreed(yes: int, no: int, rule: str) -> bool:
    if rule == "majority":
        return yes > no
    return yes > 0 and yes >= (1 if rule == "unanimous" else Fraction(rule)) * (yes + no)


@dataclass(frozen=True, slots=True)
class Panel:
    """Everybody who may answer requests of a case, as the organisation is now."""

    definition: Definition
    case: CaseState
    organisation: Organisation
    live: Callable[[str], Any]
    at: datetime
    excepts: Sequence[Who] = ()          # whom the action excludes

    def everybody(self, request: Request, part: Approval) -> frozenset[str]:
        """The people of one part, whoever of them is excluded."""
        if request.kind is RequestKind.HANDOVER:
            return frozenset({request.name}) & self.organisation.people.keys()
        found = rights.people(part.of, self.definition, self.case, self.organisation, self.live)
        return frozenset(self.organisation.people) if rights.ANYONE in found else found & self.organisation.people.keys()

    def open_to(self, request: Request, part: Approval) -> frozenset[str]:
        """Those of one part who may still answer: not who asked, not who is excluded, nobody a second time."""
        return frozenset(one for one in self.everybody(request, part) if self._free(request, Actor(one)))

    def _free(self, request: Request, actor: Actor) -> bool:
        """Whether neither the actor nor anybody in whose name they act asked for it, has answered, is denied it or excluded."""
        names = rights.names(actor, self.organisation, self.at)
        gone = {request.by, request.on_behalf, *(one for vote in request.votes for one in (vote.by, vote.on_behalf))}
        return (
            names.isdisjoint(gone)
            and rights.denied(actor, request.name, self.definition, self.organisation, self.at) is None
            and rights.excluded(actor, self.excepts, self.definition, self.case, self.organisation, self.live, self.at) is None
        )

    def places(self, request: Request, actor: Actor) -> tuple[int, ...]:
        """For which parts an answer of the actor would count: every vote they belong to, and of the others one, the hardest to fill."""
        seat = actor.on_behalf or actor.id
        if not self._free(request, actor):
            return ()
        open_ = [place for place, part in enumerate(request.parts)
                 if self.outcome_of(request, place) is Outcome.PENDING and seat in self.open_to(request, part)
                 and self._may(request, actor, part)]
        single = [place for place in open_ if not request.parts[place].votes]
        single.sort(key=lambda place: len(self.open_to(request, request.parts[place])))
        return tuple(place for place in open_ if request.parts[place].votes or place == single[0])

    def _may(self, request: Request, actor: Actor, part: Approval) -> bool:
        if request.kind is RequestKind.HANDOVER:      # to a person by name
            lent = rights.lent_to(actor, self.organisation, self.at)
            return actor.on_behalf is None or (lent is not None and BY_NAME in lent.chains)
        return rights.may(actor, [part.of], self.definition, self.case, self.organisation, self.live, self.at)

    def outcome_of(self, request: Request, place: int, *, closing: bool = False) -> Outcome:
        """What one part comes to; `closing` when nobody answers any more."""
        part, cast = request.parts[place], [vote.word for vote in request.votes if place in vote.parts]
        yes, no, abstain = (cast.count(word) for word in (Word.YES, Word.NO, Word.ABSTAIN))
        left = 0 if closing else len(self.open_to(request, part))
        if part.votes:
            quorum = part.quorum or len(self.everybody(request, part)) // 2 + 1
            return tally(yes, no, abstain, left, quorum, part.pass_ or "majority")
        if yes or no:
            return Outcome.APPROVED if yes else Outcome.DECLINED
        return Outcome.PENDING if left else Outcome.TOO_FEW

    def outcome(self, request: Request, *, closing: bool = False) -> Outcome:
        """What the answers come to: every part must approve, and one that does not is enough to decline."""
        found = {self.outcome_of(request, place, closing=closing) for place in range(len(request.parts))}
        for outcome in (Outcome.DECLINED, Outcome.TOO_FEW, Outcome.PENDING):
            if outcome in found:
                return outcome
        return Outcome.APPROVED

    # --- amounts ----------------------------------------------------------------------------------------------------------

    def could_cover(self, request: Request, amount: Money) -> bool:
        """Whether one of those who approved, or who still may, has authority over an amount: a group by its band when it votes."""
        return any(height >= amount.amount for height in self._heights(request, amount.currency))

    def _heights(self, request: Request, currency: str) -> Iterator[Any]:
        for place, part in enumerate(request.parts):
            if part.votes:
                yield authority.height([authority.band(self.definition, self.organisation, part.of.name)], currency)
                continue
            said = [Actor(vote.by, vote.on_behalf) for vote in request.votes if place in vote.parts and vote.word is Word.YES]
            for actor in said or map(Actor, self.open_to(request, part)):
                yield authority.of_actor(self.definition, self.organisation, actor, currency, self.at)

    def who(self, request: Request) -> str:
        """Those who may still answer, as a sentence names them."""
        open_ = frozenset[str]().union(*(self.open_to(request, part) for part in request.parts))
        return ", ".join(rights.called(open_, self.organisation)) or say("nobody")
