"""What somebody may see of a case: the case, its history, personal data, each apart; and which fields are for other readers.

- Whoever has work in a case in their own name (its owner, whoever a task is assigned to, whom an escalation added or an action names)
  sees it whole; so does whoever stands in for them.
- Whoever holds a post of its procedure (of the case's own unit, where the post has units) sees what `sees:` of the role says. Without it:
  the case and its history, and personal data while work of the case is for that post.
- A member of a group for which there is work sees the case whole.
- Whoever has the right to `audit` sees the case and its history.
- A field with `sees:` is seen only by those whom it names, whatever else they see.
- Everybody else sees nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from engine.deciding.case import CaseState
from engine.deciding.queues import for_whom
from engine.deciding.rights import SYSTEM, Actor, Live, has_right, may, posts_named
from engine.defining.absences import BY_NAME
from engine.defining.definition import Definition, Field, Role
from engine.defining.organisation import Organisation
from engine.defining.posts import role_of
from engine.defining.vocabulary import Sight

_WHOLE = frozenset(Sight)
_AUDITED = frozenset({Sight.CASE, Sight.HISTORY})


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody may see of one case. `hidden`: fields that are for other readers."""

    parts: frozenset[Sight] = frozenset()
    hidden: frozenset[str] = frozenset()

    @property
    def case(self) -> bool:
        """Whether the case as it stands may be seen."""
        return Sight.CASE in self.parts

    @property
    def history(self) -> bool:
        """Whether its history may be seen."""
        return Sight.HISTORY in self.parts

    @property
    def personal(self) -> bool:
        """Whether personal data may be seen: the customer, personal fields, what people wrote."""
        return Sight.PERSONAL in self.parts

    def field(self, field: Field) -> bool:
        """Whether the value of a field may be seen, in case and history."""
        return field.name not in self.hidden and (self.personal or bool(field.sees) or not field.is_personal)


EVERYTHING = Seen(_WHOLE)


@dataclass(frozen=True, slots=True)
class Standing:
    """As whom somebody looks: people (themselves, and absent people whose own work they are lent), posts and groups."""

    people: frozenset[str]
    posts: frozenset[str]

    def holds(self, wanted: Iterable[str]) -> bool:
        """Whether one of the wanted posts is among these."""
        return any(post in (held, role_of(held)) for held in self.posts for post in wanted)


def standing_of(actor: Actor, organisation: Organisation, at: datetime) -> Standing:
    """As whom an actor looks and what is for them at that instant."""
    lent = organisation.absences.stood_in_for(actor.id, at)
    posts = {*organisation.posts.purposes(actor.id), *(purpose for one in lent for purpose in one.chains)}
    return Standing(frozenset({actor.id, *(one.absent for one in lent if BY_NAME in one.chains)}), frozenset(posts - {BY_NAME}))


def seen(actor: Actor, definition: Definition, case: CaseState, organisation: Organisation, live: Live, at: datetime) -> Seen:
    """What an actor may see of a case at that instant."""
    if actor.id == SYSTEM:
        return EVERYTHING
    if actor.id not in organisation.people:
        return Seen()
    asked = standing_of(actor, organisation, at)
    parts = _parts(asked, definition, case, organisation, live)
    if has_right(organisation, replace(actor, on_behalf=None), "audit"):
        parts |= _AUDITED
    as_whom = [Actor(actor.id), *(Actor(actor.id, one.absent) for one in organisation.absences.stood_in_for(actor.id, at))]
    hidden = frozenset(
        field.name for field in definition.fields.values()
        if field.sees and not any(may(one, field.sees, definition, case, organisation, live, at) for one in as_whom)
    )
    return Seen(parts, hidden)


def takes_part(actor: Actor, definition: Definition, case: CaseState, organisation: Organisation, live: Live, at: datetime) -> bool:
    """Whether somebody has to do with a case: work in it, or a post of its procedure that sees it."""
    return Sight.CASE in _parts(standing_of(actor, organisation, at), definition, case, organisation, live)


def _parts(asked: Standing, definition: Definition, case: CaseState, organisation: Organisation, live: Live) -> frozenset[Sight]:
    waiting = for_whom(definition, case, organisation, live)
    if _by_name(asked, case) or any(person in asked.people for _, person in waiting):
        return _WHOLE
    posts = {post for post, _ in waiting if post is not None}
    if any(post in asked.posts and role_of(post) not in definition.roles for post in posts):
        return _WHOLE    # work of a group
    return frozenset(
        sight for role in definition.roles.values() if asked.holds(wanted := posts_named(role.name, definition, live))
        for sight in of_post(role, not posts.isdisjoint(wanted))
    )


def of_post(role: Role, at_work: bool) -> frozenset[Sight]:
    """What a post sees of a case, while work of the case is for it or not."""
    return frozenset(role.sees) or (_WHOLE if at_work else _AUDITED)


def _by_name(asked: Standing, case: CaseState) -> bool:
    return case.owner in asked.people or not asked.people.isdisjoint(case.added)
