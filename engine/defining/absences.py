"""Who stands in for whom, and when: the absences of an organisation as instants, chains of deputies, and what each of them is lent.

A day of absence begins and ends at midnight in the organisation's time zone. Whoever is away is stood in for by the deputy of the first
absence that covers the purpose; where that one is away too, by their deputy, and so on. A purpose is a post, a group, or `BY_NAME`:
what is a person's own without any post (a case they own, a task assigned to them, being somebody's superior).
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.defining.people import Absence, Person
from engine.defining.posts import Posts, role_of

BY_NAME = ""


@dataclass(frozen=True, slots=True, eq=False)
class StandIn:
    """What somebody is lent by an absent person: purpose → everybody from the absent person to the one who stands in, both included."""

    absent: str
    until: date                          # the last day of the absence
    chains: Mapping[str, tuple[str, ...]]


class Absences:
    """The absences of one organisation."""

    def __init__(self, people: Mapping[str, Person], posts: Posts, timezone: str) -> None:
        self._people, self._posts = people, posts
        zone = ZoneInfo(timezone)
        self._of = {
            person.id: [(_midnight(one.from_, zone), _midnight(one.until + timedelta(days=1), zone), one) for one in person.away]
            for person in people.values() if person.away
        }
        self.changes = tuple(sorted({instant for spans in self._of.values() for begin, end, _ in spans for instant in (begin, end)}))
        """Every instant at which somebody leaves or comes back, in order: between two of them nothing about deputies changes."""
        self._lent: dict[int, dict[str, tuple[StandIn, ...]]] = {}

    def away(self, person: str, at: datetime, purpose: str | None = None) -> Absence | None:
        """The absence of a person at that instant, if any: for a purpose the first that covers it."""
        for begin, end, absence in self._of.get(person, ()):
            if begin <= at < end and (purpose is None or _covers(absence, purpose)):
                return absence
        return None

    def chain(self, person: str, purpose: str, at: datetime) -> tuple[str, ...]:
        """From a person to whoever stands in for them then, both included: themselves alone when they are there; nobody (empty) where
        no deputy is left, or deputies go round in a circle."""
        way = [person]
        while (absence := self.away(way[-1], at, purpose)) is not None:
            if absence.deputy is None or absence.deputy in way or absence.deputy not in self._people:
                return ()
            way.append(absence.deputy)
        return tuple(way)

    def stood_in_for(self, person: str, at: datetime) -> tuple[StandIn, ...]:
        """For whom a person stands in at that instant, and with what; a post that somebody in the chain is denied is lent to nobody."""
        return self.deputies(at).get(person, ()) if self._of else ()

    def deputies(self, at: datetime) -> Mapping[str, tuple[StandIn, ...]]:
        """Everybody who stands in for somebody at that instant, with for whom."""
        place = bisect_right(self.changes, at)
        if place not in self._lent:
            self._lent[place] = self._worked_out(at)
        return self._lent[place]

    def circles(self) -> Iterator[tuple[str, ...]]:
        """Circles of deputies, each once, as the people in it with the first again at the end. One closes when somebody in it leaves, or
        when an absence that was written before another one ends."""
        seen: set[frozenset[str]] = set()
        for person, spans in self._of.items():
            for at in sorted({instant for begin, end, _ in spans for instant in (begin, end)}):
                for purpose in (BY_NAME, *self._posts.purposes(person)):
                    way = [person]
                    while (absence := self.away(way[-1], at, purpose)) is not None and absence.deputy is not None:
                        if absence.deputy in way:
                            circle = (*way[way.index(absence.deputy):], absence.deputy)
                            if len(circle) > 2 and frozenset(circle) not in seen:
                                seen.add(frozenset(circle))
                                yield circle
                            break
                        way.append(absence.deputy)

    def _worked_out(self, at: datetime) -> dict[str, tuple[StandIn, ...]]:
        found: dict[str, list[StandIn]] = {}
        for absent in self._of:
            absence = self.away(absent, at)
            if absence is None:
                continue
            lent: dict[str, dict[str, tuple[str, ...]]] = {}
            for purpose in (BY_NAME, *self._posts.purposes(absent)):
                chain = self.chain(absent, purpose, at)
                if len(chain) > 1 and not any(self._posts.may_not_hold(one, purpose) for one in chain):
                    lent.setdefault(chain[-1], {})[purpose] = chain
            for deputy, chains in lent.items():
                found.setdefault(deputy, []).append(StandIn(absent, absence.until, chains))
        return {deputy: tuple(some) for deputy, some in found.items()}


def _covers(absence: Absence, purpose: str) -> bool:
    return purpose == BY_NAME or not absence.for_ or purpose in absence.for_ or role_of(purpose) in absence.for_


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
