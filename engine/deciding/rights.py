"""Who may do what: the people whom a definition names, who is denied or excluded, and in whose name somebody acts.

Silence denies, and a denial wins over a grant however it came about. Rights are those of the organisation as it is now.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.deciding.case import CaseState
from engine.defining.absences import BY_NAME, StandIn
from engine.defining.definition import Definition, FieldType, Who, WhoKind
from engine.defining.organisation import Organisation
from engine.defining.posts import role_of
from engine.ground.language import say
from engine.ground.valueclass import valueclass

Live = Callable[[str], Any]
CUSTOMER, SYSTEM, ANYONE = "customer", "system", "anyone"
WORDS = frozenset({CUSTOMER, SYSTEM, ANYONE})
"""Words that stand for themselves where a person's id could."""
OPENING = "opening"
"""What a denial of `procedure/opening` denies."""
MOST_NAMED = 12

_WORD_OF = {WhoKind.CUSTOMER: CUSTOMER, WhoKind.SYSTEM: SYSTEM, WhoKind.ANYONE: ANYONE}


@valueclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person's id, "customer" or "system"; in whose name, when not in their own ("customer", or the id of an absent person
    for whom they stand in); and how they proved who they are."""

    id: str
    on_behalf: str | None = None
    identified: str = ""                 # "password", "token", "local", "link"; "" for the system and in rehearsals


THE_SYSTEM = Actor(SYSTEM)
"""Who looks and acts where nobody in particular does: the scheduler, scenarios, what one use case asks of another."""


# --- whom a definition names ------------------------------------------------------------------------------------------


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
        case WhoKind.INVOLVED:
            return frozenset(case.involved) if case is not None else frozenset()
        case WhoKind.NAMED:
            return _named(who.name, definition, organisation, live)
    if who.of is None:
        return frozenset({_WORD_OF[who.kind]})
    found = people(who.of, definition, case, organisation, live, actor) - WORDS
    return found if who.kind is WhoKind.LEAST_LOADED else around(who.kind, found, organisation)


def around(kind: WhoKind, found: frozenset[str], organisation: Organisation) -> frozenset[str]:
    """The superior, everybody above, everybody below, or everybody in the departments of these people."""
    staff = organisation.people
    if kind is WhoKind.SUBORDINATES:
        return frozenset(organisation.posts.all_below(found))
    if kind is WhoKind.DEPARTMENT:
        departments = {staff[one].department for one in found if one in staff} - {None}
        return frozenset(one for name in departments for one in organisation.posts.department[name or ""])
    above = {superior for one in found if one in staff and (superior := staff[one].superior)}
    if kind is WhoKind.SUPERIORS:
        waiting = list(above)
        while waiting:
            further = staff[waiting.pop()].superior
            if further and further not in above:
                above.add(further)
                waiting.append(further)
    return frozenset(above)


def posts_named(name: str, definition: Definition, live: Live) -> list[str]:
    """The posts that the name of a role stands for in a case: itself, or with `of:` those of the case's own units."""
    field = definition.roles[name].of if name in definition.roles else None
    if field is None:
        return [name]
    value = live(field)
    return [f"{name} of {one}" for one in (value if isinstance(value, (list, tuple)) else [value]) if one]


def _named(name: str, definition: Definition, organisation: Organisation, live: Live) -> frozenset[str]:
    if name in definition.roles:
        return frozenset(one for post in posts_named(name, definition, live) for one in organisation.holders(post))
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
        return frozenset({CUSTOMER}) if name == definition.customer_field else frozenset()
    value = live(name) if field.type is FieldType.PERSON else None
    return frozenset(str(one) for one in (value if isinstance(value, (list, tuple)) else [value]) if one)


# --- who may ------------------------------------------------------------------------------------------------------------


def may(
    actor: Actor, whos: Sequence[Who], definition: Definition, case: CaseState | None, organisation: Organisation, live: Live, at: datetime
) -> bool:
    """Whether one of `whos` grants it to the actor at that instant, or to the one in whose name they act.

    Staff acting for the customer need that the customer is named; a deputy, that the absent person is granted it by what they are lent.
    """
    if actor.on_behalf is None:
        return any(_grants(actor.id, who, definition, case, organisation, live) for who in whos)
    if actor.id not in organisation.people:
        return False
    if actor.on_behalf == CUSTOMER:
        return any(_grants(CUSTOMER, who, definition, case, organisation, live) for who in whos)
    lent = lent_to(actor, organisation, at)
    return lent is not None and any(_lends(lent, who, definition, case, organisation, live) for who in whos)


def _grants(one: str, who: Who, definition: Definition, case: CaseState | None, organisation: Organisation, live: Live) -> bool:
    if one not in organisation.people and one not in (CUSTOMER, SYSTEM):
        return False   # somebody who left the organisation may nothing
    if who.kind is WhoKind.ANYONE:
        return one != SYSTEM
    if who.kind is WhoKind.NAMED and who.name in definition.roles:
        return any(organisation.posts.holds(one, post) for post in posts_named(who.name, definition, live))
    return one in people(who, definition, case, organisation, live)


def _lends(
    lent: StandIn, who: Who, definition: Definition, case: CaseState | None, organisation: Organisation, live: Live
) -> bool:
    """Whether an absent person is granted it, and what grants it to them is lent."""
    if who.kind is WhoKind.NAMED and is_post(who.name, definition, organisation):
        wanted = posts_named(who.name, definition, live)
        return any(post in (purpose, role_of(purpose)) for purpose in lent.chains for post in wanted)
    return BY_NAME in lent.chains and _grants(lent.absent, who, definition, case, organisation, live)


def lent_to(actor: Actor, organisation: Organisation, at: datetime) -> StandIn | None:
    """What the actor is lent at that instant by the person in whose name they act; None when they do not stand in for them."""
    return next((one for one in organisation.absences.stood_in_for(actor.id, at) if one.absent == actor.on_behalf), None)


def in_whose_name(actor: Actor, organisation: Organisation, at: datetime, possible: Callable[[Actor], bool]) -> Actor:
    """Who acts in whose name: the actor in their own where that is possible (or nothing helps), else in the name of the first absent
    person, in the order of the organisation file, for whom they stand in and in whose name it is."""
    if actor.on_behalf is not None:
        return actor
    lent = organisation.absences.stood_in_for(actor.id, at)
    if not lent or possible(actor):
        return actor
    others = (replace(actor, on_behalf=one.absent) for one in lent)
    return next((other for other in others if possible(other)), actor)


def names(actor: Actor, organisation: Organisation, at: datetime) -> frozenset[str]:
    """Everybody whose denial or exclusion bars the actor: themselves, the one in whose name they act, all deputies in between."""
    if actor.on_behalf is None:
        return frozenset({actor.id})
    lent = lent_to(actor, organisation, at)
    between = (one for chain in lent.chains.values() for one in chain) if lent else ()
    return frozenset({actor.id, actor.on_behalf, *between})


def denied(actor: Actor, what: str, definition: Definition, organisation: Organisation, at: datetime) -> str | None:
    """Whom the organisation denies it (an action or task, `OPENING`, or a clock's extension), of everybody it asks; None for nobody."""
    entry = f"{definition.name}/{what}"
    if not organisation.posts.denied:
        return None
    return next((one for one in sorted(names(actor, organisation, at)) if entry in organisation.posts.denials(one)), None)


def excluded(
    actor: Actor, excepts: Sequence[Who], definition: Definition, case: CaseState | None, organisation: Organisation, live: Live,
    at: datetime,
) -> Who | None:
    """The first of `excepts` that bars the actor, or anybody in whose name they act; None when nothing does."""
    if not excepts:
        return None
    asked = names(actor, organisation, at)
    for who in excepts:
        barred = people(who, definition, case, organisation, live)
        if ANYONE in barred or not asked.isdisjoint(barred):
            return who
    return None


def has_right(organisation: Organisation, actor: Actor, right: str) -> bool:
    """Whether somebody may what is no action of a case: `publish`, `apply`, … (`RIGHTS`). Never in another's name: it is not lent.

    Where nobody may apply an organisation, because there is none or it is older than rights, whoever comes may apply one.
    """
    if actor.on_behalf is not None:
        return False
    holders = organisation.posts.with_right(right)
    return actor.id == SYSTEM or actor.id in holders or (right == "apply" and not holders)


# --- who could ----------------------------------------------------------------------------------------------------------


def who_could(
    whos: Sequence[Who], definition: Definition, case: CaseState | None, organisation: Organisation, live: Live,
    excepts: Sequence[Who] = (), what: str = "",
) -> tuple[str, ...]:
    """Everybody to whom `whos` grants it in their own name, whom `excepts` does not bar and who is not denied `what`, as a refusal
    names them: "李娜 (li.na)", "the customer"."""
    granted = frozenset[str]().union(*(people(who, definition, case, organisation, live) for who in whos))
    barred = frozenset[str]().union(*(people(who, definition, case, organisation, live) for who in excepts))
    entry = f"{definition.name}/{what}"
    return called(frozenset(one for one in granted - barred if entry not in organisation.posts.denials(one)), organisation)


def called(ids: Iterable[str], organisation: Organisation) -> tuple[str, ...]:
    """How people are named in a sentence: staff in the order of the organisation file, the first `MOST_NAMED`; then the words."""
    words = {CUSTOMER: say("the customer"), SYSTEM: say("the system"), ANYONE: say("anyone")}
    known = sorted((one for one in ids if one in organisation.people), key=organisation.posts.place.__getitem__)
    staff = [f"{organisation.people[one].name} ({one})" for one in known[:MOST_NAMED]]
    more = [say("{count} more", count=len(known) - MOST_NAMED)] if len(known) > MOST_NAMED else []
    return (*staff, *more, *(words[word] for word in (CUSTOMER, SYSTEM, ANYONE) if word in ids))


def is_post(name: str, definition: Definition, organisation: Organisation) -> bool:
    """Whether a bare name in a definition is a role or a group, rather than a field or a person."""
    return name in definition.roles or (name not in definition.fields and name not in organisation.people)
