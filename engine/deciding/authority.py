"""Authority over amounts (核决权限): who may decide how much, and who is the next who may.

A procedure gives bands to its roles and groups; where the organisation has bands of its own, they are the most that a procedure can give.
A person decides by the highest band of the roles they hold; the band of a group is the group's, when it decides by vote.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from engine.deciding.case import CaseState
from engine.deciding.grant_record import total
from engine.deciding.rights import WORDS, Actor, called, lent_to
from engine.defining.definition import Band, Definition
from engine.defining.organisation import Organisation
from engine.defining.posts import role_of
from engine.ground.money import Money

_NONE: Band = ()
_UNLIMITED = Decimal("Infinity")


def band(definition: Definition, organisation: Organisation, name: str) -> Band:
    """What a role or group may decide under this procedure: what it says, and no more than the organisation lets it."""
    own = definition.authority.get(name, _NONE)
    return lower(own, organisation.authority.get(name, _NONE)) if organisation.authority else own


def lower(one: Band, other: Band) -> Band:
    """The lower of two bands, currency by currency."""
    if one is None or other is None:
        return other if one is None else one
    most = {money.currency: money.amount for money in other}
    return tuple(Money(min(money.amount, most[money.currency]), money.currency) for money in one if money.currency in most)


def height(among: Iterable[Band], currency: str) -> Decimal:
    """The most that the highest of these bands decides in a currency; less than nothing when none decides anything in it."""
    most = -_UNLIMITED
    for one in among:
        if one is None:
            return _UNLIMITED
        for money in one:
            if money.currency == currency and money.amount > most:
                most = money.amount
    return most


def of_posts(definition: Definition, organisation: Organisation, posts: Iterable[str], currency: str) -> Decimal:
    """The most that the highest of these posts decides in a currency."""
    return height((band(definition, organisation, role_of(post)) for post in posts), currency)


def of_person(definition: Definition, organisation: Organisation, person: str, currency: str) -> Decimal:
    """The most that a person decides in a currency in their own name; the customer and the system decide none."""
    return of_posts(definition, organisation, organisation.posts.of.get(person, ()), currency)


def of_actor(definition: Definition, organisation: Organisation, actor: Actor, currency: str, at: datetime) -> Decimal:
    """The most that an actor decides: by their own posts, or in another's name by those that this one lends them, never by both."""
    if actor.on_behalf is None:
        return of_person(definition, organisation, actor.id, currency)
    lent = lent_to(actor, organisation, at)
    posts = set(lent.chains) & set(organisation.posts.of.get(lent.absent, ())) if lent else set()
    return of_posts(definition, organisation, posts, currency)


def covers(definition: Definition, organisation: Organisation, actor: Actor, amount: Money, at: datetime) -> bool:
    """Whether an actor's authority covers an amount; one in another currency is covered by unlimited authority alone."""
    return amount.amount <= of_actor(definition, organisation, actor, amount.currency, at)


def next_who(definition: Definition, organisation: Organisation, amount: Money, among: frozenset[str]) -> tuple[str, ...]:
    """The people among these (ids, or "anyone") whose band is the lowest that covers an amount, as a refusal names them."""
    asked = organisation.people if among & WORDS else among
    heights = {one: of_person(definition, organisation, one, amount.currency) for one in asked}
    enough = {one: most for one, most in heights.items() if amount.amount <= most}
    lowest = min(enough.values(), default=None)
    return called(frozenset(one for one, most in enough.items() if most == lowest), organisation)


def decided(case: CaseState, currency: str) -> Decimal:
    """What was decided in a case in a currency, or granted, and not taken back: by whomever, in whichever field it stands."""
    return sum((one.amount for one in case.decided if one.currency == currency and one.amount > 0), total(case.grants, currency))
