"""Whether standards are achievable, relevant and timely (A, R and T of SMART) by what the house has seen; of their wording
`engine.defining.checks_smart` judges."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import Connection, func, select

from engine.deciding.achieving import Reach, achievable
from engine.deciding.rights import Actor
from engine.defining.cycle import Standard
from engine.defining.definition import Definition
from engine.ground.calendars import Calendar
from engine.ground.language import say, spoken
from engine.ground.worktime import local_date, start_of_day
from engine.records import judgements, library, observations, surveyed
from engine.records.cases import CASE
from engine.usecases.access import refusals_noted
from engine.usecases.house import House
from engine.usecases.standards import of_cycle, review_on, reviewed
from engine.usecases.viewing import may_see_figures

ENOUGH = 30              # visits, below which it says nothing that nobody complained


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a standard: the letter that fails, why, and what to write or do instead."""

    standard: str
    touchpoint: str
    letter: str
    what: str
    proposal: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the house has seen of a cycle since some date."""

    conn: Connection
    definition: Definition
    since: datetime
    calendar: Calendar
    published: datetime
    today: date
    observed: frozenset[str]             # standards of which anything was seen
    visits: int
    complained: frozenset[str]           # touchpoints and standards that cases of other procedures name


def check_standards(house: House, cycle: str, actor: Actor, *, since: date | None = None) -> list[Finding]:
    """What is wrong with the standards of a cycle, in the customers' order, by what was seen from a local date on, otherwise of all time.

    A touchpoint counts as complained about where a case of another procedure names it, or one of its standards, as `cycle/name` in a public
    field; cases that the cycle opened for its own misses are none. Whoever may see the figures of the cycle. Raises NotFound, Denied,
    Invalid for what is no cycle.
    """
    with refusals_noted(house, actor, "report", definition=cycle), house.store.reading() as conn:
        definition = of_cycle(library.latest(house.store, conn, cycle)[2])
        may_see_figures(house, conn, definition, actor)
        calendar = library.calendar(house.store, conn, definition.calendar)
        start = start_of_day(calendar, since or date(1970, 1, 2))
        published = next(at for one, at in library.cycles(house.store, conn) if one.name == definition.name)
        visits = select(func.count()).select_from(CASE).where(CASE.c.definition == cycle, CASE.c.opened_at >= start)
        seen = _Seen(
            conn, definition, start, calendar, published, local_date(calendar, house.clock.now()),
            frozenset(one.name for one in observations.counted(conn, cycle, since=since)), int(conn.execute(visits).scalar_one()),
            frozenset(complained(conn, cycle, start)),
        )
        return [found for one in definition.standards.values() for check in CHECKS for found in check(seen, one)]


def complained(conn: Connection, cycle: str, since: datetime) -> Iterator[str]:
    """The names under `cycle/…` in public fields of cases of other procedures."""
    own = judgements.cases_behind(conn, cycle)
    prefix = f"{cycle}/"
    query = select(CASE.c.id, CASE.c.body).where(
        CASE.c.definition != cycle, CASE.c.opened_at >= since, CASE.c.body.contains(f'"{prefix}', autoescape=True)
    )
    for case_id, body in conn.execute(query):
        for value in json.loads(body)["fields"].values() if case_id not in own else ():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str) and one.startswith(prefix):
                    yield one.removeprefix(prefix)


def _finding(seen: _Seen, standard: Standard, letter: str, what: str, proposal: str) -> Finding:
    touchpoint = seen.definition.states[standard.touchpoint].title.in_(spoken()) or standard.touchpoint
    return Finding(standard.name, touchpoint, letter, what, proposal)


def _achievable(seen: _Seen, standard: Standard) -> Iterator[Finding]:
    """A: a target that was never reached, or always with room to spare."""
    target = standard.target
    if target is None:
        return
    values = [
        Fraction(100 * one.kept, one.of) if target.share else Fraction(str(one.value))
        for one in judgements.of_standard(seen.conn, seen.definition.name, standard.name, seen.since)
        if one.of and (target.share or one.value is not None)
    ]
    found = achievable(target, values)
    if found is None:
        return
    unit = " %" if target.share else ""
    facts: Mapping[str, object] = {"target": target, "count": len(values), "value": f"{found.value}{unit}"}
    if found.reach is Reach.NEVER:
        what = say("A: {target} was reached in none of {count} periods; three of four reached {value}", **facts)
        proposal = say("Change what keeps it from being reached.")
    else:
        what = say("A: {target} was reached in each of {count} periods, the worst was {value}: it asks for nothing more", **facts)
        limit = next((str(case.value) for case in standard.within if case.value is not None), "")
        proposal = say("Promise customers less than {limit}.", limit=limit) if limit else say("Ask for something harder.")
    if found.proposed is not None:
        proposal += " " + say("Or write `target: \"{proposed}\"`.", proposed=found.proposed)
    yield _finding(seen, standard, "A", what, proposal)


def _relevant(seen: _Seen, standard: Standard) -> Iterator[Finding]:
    """M: nothing is seen of it though customers come. R: nobody complained, and nobody is asked. Of what is basic nobody speaks while it
    is kept, so that says nothing against it."""
    if seen.visits < ENOUGH:
        return
    if standard.name not in seen.observed and standard.survey is None:
        what = say("M: nothing was seen of it in {visits} visits", visits=seen.visits)
        yield _finding(seen, standard, "M", what, say("Have it recorded at the touchpoint, or inspected: `every: 2 per week`."))
    beside = [one for one in seen.definition.standards.values() if one.touchpoint == standard.touchpoint]
    named = seen.complained & {standard.touchpoint, *(one.name for one in beside)}
    if standard.level == "basic" or named or any(_answered(seen, one) for one in beside):
        return
    what = say("R: in {visits} visits nobody complained about the touchpoint, and customers were not asked what they think of it",
               visits=seen.visits)
    yield _finding(seen, standard, "R", what, say(
        "Ask them (`survey:` on a standard of the touchpoint), and drop the standard if they do not care."))


def _answered(seen: _Seen, standard: Standard) -> bool:
    """Whether customers answered the questionnaire of a standard."""
    name = (standard.survey or "").partition(".")[0]
    return bool(name) and any(one.scores for one in surveyed.asked(seen.conn, seen.definition.name, name, since=seen.since))


def _timely(seen: _Seen, standard: Standard) -> Iterator[Finding]:
    """T: the date is past at which it was to be looked at again."""
    due = review_on(standard, seen.published, seen.calendar, reviewed(seen.conn, seen.definition.name))
    if due is not None and due < seen.today:
        yield _finding(seen, standard, "T", say("T: it was to be looked at again by {date}", date=due), say(
            "Look at complaints, misses and surveys, and publish the cycle anew."))


CHECKS = (_achievable, _relevant, _timely)
