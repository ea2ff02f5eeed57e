"""Classes of customers: assessed by the rules that the organisation declares, or given by hand; a case remembers the one that counted."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Connection

from engine.deciding import fields
from engine.deciding.classing import Answered, Assessed, Past, assess, fields_read
from engine.deciding.rights import SYSTEM, Actor
from engine.defining.organisation import CustomerClass, Organisation
from engine.ground.calendars import Calendar
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.replacing import replace
from engine.records import classes, library, parties
from engine.records.classes import Given
from engine.records.trouble import patiently
from engine.usecases.access import refusals_noted
from engine.usecases.allowing import allowed
from engine.usecases.finding import party as seen_party
from engine.usecases.house import House
from engine.usecases.revealing import LONGEST_REASON
from engine.usecases.saying import words
from engine.usecases.work import Work

_AT_A_TIME = 500


@dataclass(slots=True)
class Classified:
    """What assessing all customers did: how many there are, how many have another class now, and how many have each."""

    assessed: int = 0
    changed: int = 0
    by_hand: int = 0                     # left as somebody gave them
    of: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)     # what rules read and no procedure in force has


def classify(house: House, actor: Actor, progress: Callable[[int], None] | None = None) -> Classified:
    """Assess every customer by the rules in force; whoever has another class now gets it, with the date and what the rule read.

    Classes given by hand stay. Some hundred at a time, each in a transaction of its own. Nothing where no classes are declared.
    Raises Denied for whoever has not the right to `classify`, Invalid for amounts in several currencies.
    """
    done, last = Classified(), 0
    with refusals_noted(house, actor, "classify"), house.store.reading() as conn:
        organisation = library.organisation(house.store, conn)
        if actor.id != SYSTEM:
            allowed(organisation, actor, "classify")
        rules = list(organisation.classes.values())
        if not rules:
            return done
        known = {name for definition in library.definitions(house.store, conn) for name in definition.fields}
        done.unknown = sorted(fields_read(rules) - known)
    while True:
        with house.store.reading() as conn:
            ids = classes.parties_after(conn, last, _AT_A_TIME)
            had = classes.latest(conn, ids)
            found = _assessed(house, conn, organisation, [one for one in ids if not _by_hand(had.get(one))])
        if not ids:
            return done
        last = ids[-1]
        changed = {one: new for one, new in found.items() if new.name != (had[one].name if one in had else None)}
        if changed:
            patiently(partial(_keep, house, changed, had))
        done.assessed, done.changed = done.assessed + len(ids), done.changed + len(changed)
        done.by_hand += len(ids) - len(found)
        for one in ids:
            name = found[one].name if one in found else had[one].name
            if name:
                done.of[name] = done.of.get(name, 0) + 1
        if progress:
            progress(len(ids))


def _by_hand(given: Given | None) -> bool:
    return given is not None and given.by != SYSTEM and bool(given.name)


def _keep(house: House, changed: dict[int, Assessed], had: dict[int, Given]) -> None:
    with house.store.writing() as conn:
        for one, new in changed.items():
            n = had[one].n + 1 if one in had else 1
            classes.give(conn, Given(one, n, new.name or "", house.clock.now(), SYSTEM, {"read": dict(new.read)}))


def _assessed(house: House, conn: Connection, organisation: Organisation, ids: Sequence[int]) -> dict[int, Assessed]:
    rules = list(organisation.classes.values())
    read = fields_read(rules)
    past: dict[int, list[Past]] = {one: [] for one in ids}
    answered: dict[int, list[Answered]] = {one: [] for one in ids}
    for row in classes.cases_of(conn, ids, with_bodies=bool(read)):
        held = json.loads(row.body)["fields"] if read else {}
        specs = library.definition(house.store, conn, row.version_id).fields if held.keys() & read else {}
        amounts = {
            name: value for name in read if name in held and name in specs
            and isinstance(value := fields.live(specs[name], held[name], organisation.timezone), Decimal)
        }
        past[row.party_id].append(Past(row.opened_at, row.closed_at is not None, amounts))
    for row in classes.answers_of(conn, ids):
        survey = library.definition(house.store, conn, row.version_id).surveys.get(row.name)
        scores = [Decimal(one) for one in json.loads(row.answers)["scores"].values()]
        if survey is not None and scores:
            mean = sum((one - 1 for one in scores), Decimal(0)) / len(scores)
            answered[row.party_id].append(Answered(row.at, 100 * mean / (len(survey.levels) - 1)))
    now, calendar = house.clock.now(), _calendar(organisation)
    return {one: assess(rules, past[one], answered[one], now, calendar) for one in ids}


def _calendar(organisation: Organisation) -> Calendar:
    """Where the house stands: rules count whole dates."""
    return Calendar("", organisation.timezone, ((),) * 7)


# --- by hand ----------------------------------------------------------------------------------------------------------


def give(house: House, party: int, name: str | None, actor: Actor, reason: str) -> None:
    """Give a customer a class by hand, which stays until it is given another, or (None) let the rules decide again.

    Raises Denied for whoever has not the right to `classify`, NotFound, Invalid for a class that is not declared or without a reason.
    """
    why = words(reason, "reason", LONGEST_REASON)
    with refusals_noted(house, actor, "classify", party=party), house.store.writing() as conn:
        organisation = library.organisation(house.store, conn)
        allowed(organisation, actor, "classify")
        if name is not None and name not in organisation.classes:
            raise Invalid(
                say("There is no class '{name}'", name=name[:80]),
                hint=say("Known: {known}.", known=", ".join(organisation.classes) or "-"), field="class", value=name[:80],
                expected=list(organisation.classes),
            )
        parties.party(conn, party)
        had = classes.latest(conn, [party]).get(party)
        classes.give(conn, Given(party, had.n + 1 if had else 1, name or "", house.clock.now(), actor.id, {"reason": why}))
        if name is None:
            (new,) = _assessed(house, conn, organisation, [party]).values()
            classes.give(conn, Given(party, had.n + 2 if had else 2, new.name or "", house.clock.now(), SYSTEM, {"read": dict(new.read)}))


def classes_of(house: House, party: int, actor: Actor) -> list[Given]:
    """The classes that a customer had, latest first; raises as looking at the party does."""
    seen_party(house, party, actor, 1)
    with house.store.reading() as conn:
        return classes.history(conn, party)


def rules_of(house: House) -> list[CustomerClass]:
    """The classes that the organisation declares, in their order."""
    with house.store.reading() as conn:
        return list(library.organisation(house.store, conn).classes.values())


# --- in a case --------------------------------------------------------------------------------------------------------


def remember(work: Work, party: int, data: dict[str, Any]) -> None:
    """Write into an event that names a customer the class that counts in the case from then on: of somebody who was never assessed,
    that of a customer without cases. What becomes of the customer later changes nothing in the case."""
    organisation = work.organisation
    if not organisation.classes or work.customer is None:
        return
    name = classes.present(work.conn, party)
    if name is None:
        name = assess(list(organisation.classes.values()), (), (), work.now, _calendar(organisation)).name
    if name is not None:
        data["class"] = name
        work.customer = replace(work.customer, class_=name)
