"""Whom a message for somebody reaches: themselves, or while they are away whoever stands in for them."""

from collections.abc import Iterable
from typing import Any

from engine.deciding.rights import is_post, posts_named
from engine.defining.absences import BY_NAME
from engine.defining.definition import Who, WhoKind
from engine.defining.posts import role_of
from engine.usecases.work import Work


def meant(work: Work, whos: Iterable[Who]) -> dict[str, str]:
    """Everybody whom these stand for, each with whoever is reached for them."""
    found: dict[str, str] = {}
    for who in whos:
        post = who.name if who.kind is WhoKind.NAMED and is_post(who.name, work.definition, work.organisation) else None
        for person in sorted(work.people(who)):
            found.setdefault(person, reached(work, person, post))
    return found


def reached(work: Work, person: str, post: str | None = None) -> str:
    """Who is written to for a person, asked as the holder of a post or by name: while they are away whoever stands in for them then,
    and they themselves where nobody does."""
    organisation = work.organisation
    purpose = BY_NAME
    if post is not None:
        wanted = posts_named(post, work.definition, work.live)
        purpose = next((one for one in organisation.posts.purposes(person) for want in wanted if want in (one, role_of(one))), BY_NAME)
    chain = organisation.absences.chain(person, purpose, work.now)
    return chain[-1] if chain else person


def stands_in(work: Work, person: str, to: str, data: dict[str, Any]) -> dict[str, Any]:
    """What the text of a message sees when it goes to somebody who stands in for a person; the event is told so too."""
    if to == person:
        return {}
    data.setdefault("stood_in", {})[person] = to
    absence = work.organisation.absences.away(person, work.now)
    return {"stands_in": [work.organisation.people[person].name, absence.until.isoformat() if absence else ""]}
