"""Reading the stream "access", for whoever audits: who tried what, who looked at what."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from engine.deciding.case import Event
from engine.deciding.rights import Actor
from engine.ground.clock import aware
from engine.ground.language import say
from engine.records import history
from engine.records.history import EVENT
from engine.usecases.access import refusals_noted
from engine.usecases.house import House
from engine.usecases.listing import bounded
from engine.usecases.viewing import may_audit


def accesses(
    house: House, *, kinds: Sequence[str] = (), person: str | None = None, since: datetime | None = None, until: datetime | None = None,
    limit: int = 50, actor: Actor,
) -> list[Event]:
    """The latest accesses, latest first: of these kinds (none: all), by or on behalf of a person, within [since, until).

    Raises Invalid for a limit out of range, Tampered for a row that is no event, Denied for whoever may not `audit`.
    """
    bounded(limit, 1)
    query = select(EVENT.c.body, EVENT.c.seq).where(EVENT.c.stream == history.ACCESS).order_by(EVENT.c.seq.desc())
    if kinds:
        query = query.where(EVENT.c.kind.in_(kinds))
    if since is not None:
        query = query.where(EVENT.c.occurred_at >= aware(since))
    if until is not None:
        query = query.where(EVENT.c.occurred_at < aware(until))
    found: list[Event] = []
    with refusals_noted(house, actor, "audit"), house.store.reading() as conn:
        may_audit(house, conn, actor)
        for body, seq in conn.execute(query, execution_options={"yield_per": 500}):
            event = history.from_body(body, history.ACCESS, seq)
            if person is None or person in (event.actor, event.on_behalf):
                found.append(event)
            if len(found) == limit:
                break
    return found


def access_words(event: Event) -> tuple[str, str]:
    """An access in words: what happened, and its facts."""
    what = _words().get(event.kind, event.kind)
    facts = (f"{name} {', '.join(map(str, one)) if isinstance(one, list) else one}" for name, one in event.data.items())
    return what, "; ".join(facts)


def _words() -> dict[str, str]:
    return {
        "refused": say("was refused"), "login": say("logged in"), "logout": say("logged out"), "login_failed": say("failed to log in"),
        "invited": say("invited somebody"), "password_set": say("set a password"), "token_created": say("made a token"),
        "token_revoked": say("revoked a token"), "link_made": say("gave out a link"), "link_used": say("used a link"),
        "link_revoked": say("revoked a link"), "link_failed": say("tried a link"),
        "revealed": say("looked at personal data"), "erased": say("erased a person"),
    }
