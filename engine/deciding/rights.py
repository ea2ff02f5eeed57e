"""Who may do what: the people whom a definition names, and who is excluded.

Silence denies, and a denial wins over a grant. Rights are those of the organisation as it is now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.deciding.case import CaseState
from engine.defining.definition import Definition, FieldType, Who, WhoKind
from engine.defining.organisation import Organisation
from engine.ground.language import say

Live = Callable[[str], Any]
CUSTOMER, SYSTEM, ANYONE = "customer", "system", "anyone"
WORDS = frozenset({CUSTOMER, SYSTEM, ANYONE})
"""Words that stand for themselves where a person's id could."""

_WORD_OF = {WhoKind.CUSTOMER: CUSTOMER, WhoKind.SYSTEM: SYSTEM, WhoKind.ANYONE: ANYONE}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person's id, "customer" or "system"; in whose name, when not in their own; and how they proved who they are."""

    id: str
    on_behalf: str | None = None
    identified: str = ""                 # "password", "token", "local", "link"; "" for the system and in rehearsals


def people(
    who: Who, definition: Definition, case: CaseState | None, organisation: Organisation, live: Live, actor: str | None = None
) -> frozenset[str]:
    """The ids of everybody somebody stands for, now; "customer", "system" and "anyone" stand for themselves; nobody gives none.

    A bare name is a role of the procedure, else a field, else a group, else a person. `live` gives the live value of a field, `actor` is
    who acts just now, for what is done besides.
    """
    match who.kind:
        case WhoKind.ACTOR:
            return frozenset({actor} - {SYSTEM}) if actor is not None else frozenset()
        case WhoKind.OWNER:
            return frozenset({case.owner}) if case is not None and case.owner else frozenset()
        case WhoKind.ACTOR_OF:
            act = case.acts.get(who.name) if case is not None else None
            return frozenset(act.actors) if act else frozenset()
        case WhoKind.SUPERIOR | WhoKind.LEAST_LOADED:
            found = people(who.of, definition, case, organisation, live, actor) if who.of else frozenset[str]()
            return found - WORDS if who.kind is WhoKind.LEAST_LOADED else _superiors(found, organisation)
        case WhoKind.NAMED:
            return _named(who.name, definition, organisation, live)
    return frozenset({_WORD_OF[who.kind]})


def _superiors(found: frozenset[str], organisation: Organisation) -> frozenset[str]:
    above = (organisation.people[one].superior for one in found if one in organisation.people)
    return frozenset(one for one in above if one)


def _named(name: str, definition: Definition, organisation: Organisation, live: Live) -> frozenset[str]:
    if name in definition.roles:
        return frozenset(organisation.holders(name))
    field = definition.fields.get(name)
    if field is not None:
        return _of_field(name, definition, live)
    if name in organisation.groups:
        return frozenset(organisation.groups[name].members)
    return frozenset({name}) if name in organisation.people else frozenset(organisation.holders(name))


def _of_field(name: str, definition: Definition, live: Live) -> frozenset[str]:
    """The people in a person field; the customer for the first party field, who is the only party that can act or be written to."""
    field = definition.fields[name]
    if field.type is FieldType.PARTY:
        first = next(one for one, spec in definition.fields.items() if spec.type is FieldType.PARTY)
        return frozenset({CUSTOMER}) if name == first else frozenset()
    value = live(name) if field.type is FieldType.PERSON else None
    return frozenset(str(one) for one in (value if isinstance(value, (list, tuple)) else [value]) if one)


def may(actor: Actor, whos: Sequence[Who], definition: Definition, case: CaseState | None, organisation: Organisation, live: Live) -> bool:
    """Whether one of `whos` grants it to the actor. Staff acting for the customer need that the customer is named."""
    if actor.on_behalf is not None:
        if actor.on_behalf != CUSTOMER or actor.id not in organisation.people:
            return False   # acting in another person's name is not possible in this version
        return any(_grants(CUSTOMER, who, definition, case, organisation, live) for who in whos)
    return any(_grants(actor.id, who, definition, case, organisation, live) for who in whos)


def _grants(one: str, who: Who, definition: Definition, case: CaseState | None, organisation: Organisation, live: Live) -> bool:
    if one not in organisation.people and one not in (CUSTOMER, SYSTEM):
        return False   # somebody who left the organisation may nothing
    if who.kind is WhoKind.ANYONE:
        return one != SYSTEM
    return one in people(who, definition, case, organisation, live)


def excluded(
    actor: Actor, excepts: Sequence[Who], definition: Definition, case: CaseState | None, organisation: Organisation, live: Live
) -> Who | None:
    """The first of `excepts` that bars the actor, or the one in whose name they act; None when nothing does."""
    both = {actor.id, actor.on_behalf} - {None}
    for who in excepts:
        barred = people(who, definition, case, organisation, live)
        if ANYONE in barred or both & barred:
            return who
    return None


def who_could(
    whos: Sequence[Who], definition: Definition, case: CaseState | None, organisation: Organisation, live: Live, excepts: Sequence[Who] = ()
) -> tuple[str, ...]:
    """Everybody to whom `whos` grants it and whom `excepts` does not bar, as a refusal names them: "李娜 (li.na)", "the customer"."""
    granted = frozenset[str]().union(*(people(who, definition, case, organisation, live) for who in whos))
    barred = frozenset[str]().union(*(people(who, definition, case, organisation, live) for who in excepts))
    return called(granted - barred, organisation)


def called(ids: frozenset[str], organisation: Organisation) -> tuple[str, ...]:
    """How people are named in a sentence: staff in the order of the organisation file, then the words."""
    words = {CUSTOMER: say("the customer"), SYSTEM: say("the system"), ANYONE: say("anyone")}
    staff = tuple(f"{person.name} ({person.id})" for person in organisation.people.values() if person.id in ids)
    return staff + tuple(words[word] for word in (CUSTOMER, SYSTEM, ANYONE) if word in ids)


def has_right(organisation: Organisation, actor: Actor, right: str) -> bool:
    """Whether somebody may what is no action of a case: `publish`, `apply`, … (`RIGHTS`). Never in another's name: it is not lent.

    Where nobody may apply an organisation, because there is none or it is older than rights, whoever comes may apply one.
    """
    if actor.on_behalf is not None:
        return False
    holders = organisation.posts.with_right(right)
    return actor.id == SYSTEM or actor.id in holders or (right == "apply" and not holders)


def queue(
    whos: Sequence[Who], definition: Definition, case: CaseState | None, organisation: Organisation, live: Live
) -> list[tuple[str | None, str | None]]:
    """The work items that `whos` make, each as (role or group, None) or (None, person); the customer and the system have none."""
    rows: list[tuple[str | None, str | None]] = []
    for who in whos:
        if who.kind is WhoKind.ANYONE:
            rows.append((ANYONE, None))
        elif who.kind is WhoKind.NAMED and _is_post(who.name, definition, organisation):
            rows.append((who.name, None))
        else:
            rows += [(None, one) for one in sorted(people(who, definition, case, organisation, live) - WORDS)]
    return list(dict.fromkeys(rows))


def _is_post(name: str, definition: Definition, organisation: Organisation) -> bool:
    return name in definition.roles or (name not in definition.fields and name not in organisation.people)


def choose(
    who: Who, definition: Definition, case: CaseState | None, organisation: Organisation, live: Live,
    load: Callable[[frozenset[str]], Mapping[str, int]], actor: str | None = None,
) -> str | None:
    """One person who works here: of several the one with the fewest open cases (`load`), of equals the first in the organisation file."""
    candidates = people(who, definition, case, organisation, live, actor)
    known = [one for one in organisation.people if one in candidates]
    if len(known) < 2:
        return known[0] if known else None
    open_cases = load(frozenset(known))
    return min(known, key=lambda one: open_cases.get(one, 0))
