"""Authority proof: who may take an action at some instant and by which way, and the stretches of time in which nobody could.

People who are away do not count for themselves; whoever stands in for them does. Between two changes of absences nothing changes, so a
stretch is looked at once, however long it is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from engine.deciding import authority, rights
from engine.deciding.case import CaseState
from engine.deciding.rights import ANYONE, CUSTOMER, SYSTEM, Actor, Live
from engine.defining.absences import BY_NAME
from engine.defining.definition import Definition, Who
from engine.defining.organisation import Organisation


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about: an action, task, extension or approval of a case (None: of any case of the procedure)."""

    definition: Definition
    case: CaseState | None
    organisation: Organisation
    live: Live
    name: str
    by: Sequence[Who]
    excepts: Sequence[Who] = ()
    currency: str | None = None          # of the amount that whoever decides must have authority over, where there is one
    assignee: str | None = None
    needed: int = 1                      # how many people it takes
    excludable: Callable[[], Iterable[str]] = tuple     # people who may turn out to be excluded, where there is no case yet


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which somebody could act: in their own name or an absent person's, up to which amount, and what stands against it."""

    person: str
    on_behalf: str | None
    most: Decimal | None                 # None where no amount is decided
    away: bool                           # they are away themselves
    against: str = ""                    # "deny" or "except"; empty when nothing is
    because: str = ""                    # who is denied it; as whom somebody is excluded

    @property
    def free(self) -> bool:
        """Whether they could act."""
        return not self.away and not self.against


class Kind(StrEnum):
    """Why nobody could."""

    NOBODY = "nobody"                    # nobody holds it who is there, or stands in
    EXCLUDED = "excluded"                # everybody who is there is excluded or denied it
    AMOUNT = "amount"                    # nobody's authority suffices


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which nobody could, [since, until)."""

    since: datetime
    until: datetime
    kind: Kind
    who: tuple[str, ...] = ()            # those who are there but excluded, or whose authority is the highest
    most: Decimal | None = None          # the highest authority, where amounts above it are nobody's


def ways(question: Question, at: datetime) -> list[Way]:
    """Everybody who is granted it at that instant, in the order of the organisation file, each with what stands against it."""
    organisation, place = question.organisation, question.organisation.posts.place
    reach = (question.definition, question.case, organisation, question.live)
    granted = frozenset[str]().union(*(rights.people(who, *reach) for who in question.by)) | {question.assignee or ""}
    if ANYONE in granted:
        granted |= organisation.people.keys()
    own = [Actor(one) for one in sorted((one for one in granted if one in place), key=place.__getitem__)]
    lent = [
        Actor(deputy, one.absent) for deputy, standing in organisation.absences.deputies(at).items() for one in standing
        if rights.may(Actor(deputy, one.absent), question.by, *reach, at) or (question.assignee == one.absent and BY_NAME in one.chains)
    ]
    return [_way(question, actor, at) for actor in (*own, *lent)]


def _way(question: Question, actor: Actor, at: datetime) -> Way:
    definition, organisation = question.definition, question.organisation
    most = None if question.currency is None else authority.of_actor(definition, organisation, actor, question.currency, at)
    away = organisation.absences.away(actor.id, at, BY_NAME) is not None
    denied = rights.denied(actor, question.name, definition, organisation, at)
    if denied is not None:
        return Way(actor.id, actor.on_behalf, most, away, "deny", denied)
    barred = rights.excluded(actor, question.excepts, definition, question.case, organisation, question.live, at)
    return Way(actor.id, actor.on_behalf, most, away, *(("except", str(barred)) if barred is not None else ()))


def outside(question: Question) -> bool:
    """Whether it is not for people who work here alone: the customer or the scheduler may, too."""
    reach = (question.definition, question.case, question.organisation, question.live)
    return any(not {CUSTOMER, SYSTEM, ANYONE}.isdisjoint(rights.people(who, *reach)) for who in question.by)


def gaps(question: Question, since: datetime, until: datetime, amount: Decimal | None) -> list[Stretch]:
    """The stretches within [since, until) in which nobody could; `amount` is what is to be decided, or may be."""
    marks = [since, *(one for one in question.organisation.absences.changes if since < one < until), until]
    found: list[Stretch] = []
    for begin, end in pairwise(marks):
        gap = _gap(question, begin, end, amount)
        last = found[-1] if found else None
        if gap is not None and last is not None and (last.until, last.kind, last.who, last.most) == (begin, gap.kind, gap.who, gap.most):
            found[-1] = Stretch(last.since, end, gap.kind, gap.who, gap.most)
        elif gap is not None:
            found.append(gap)
    return found


def _gap(question: Question, begin: datetime, end: datetime, amount: Decimal | None) -> Stretch | None:
    there = [way for way in ways(question, begin) if not way.away]
    free = [way for way in there if way.free]
    if len({way.person for way in free}) < question.needed:
        barred = tuple(dict.fromkeys(way.person for way in there if not way.free))
        return Stretch(begin, end, Kind.EXCLUDED if barred else Kind.NOBODY, barred)
    for one in question.excludable():
        if all(one in (way.person, way.on_behalf) for way in free):
            return Stretch(begin, end, Kind.EXCLUDED, (one,))
    if amount is not None:
        most = max((way.most for way in free if way.most is not None), default=Decimal(0))
        if most < amount:
            who = tuple(dict.fromkeys(way.person for way in free if way.most == most))
            return Stretch(begin, end, Kind.AMOUNT, who, max(most, Decimal(0)))
    return None
