"""Who tried what: refusals for reasons of rights, logins, looks at personal data. All in the chained stream "access".

A refusal changes nothing of what was refused, so it cannot stand in the history of a case: it is recorded here, in a transaction of its
own, after everything else was rolled back. Only ids, numbers, names of tokens and words of definitions are written, nothing of customers.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from engine.deciding.case import Event
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.clock import aware
from engine.ground.errors import Denied, MakegoodError
from engine.ground.language import say
from engine.records import history
from engine.records.history import EVENT
from engine.usecases.house import House

NOBODY = "unknown"
"""The actor of what was tried by somebody who could not say who they are."""


def note_access(house: House, kind: str, actor: Actor, facts: Mapping[str, Any]) -> None:
    """Append an event to the stream "access", in a transaction of its own; `facts` are canonical and hold no personal value."""
    with house.store.writing() as conn:
        note(conn, house.clock.now(), kind, actor, facts)


def note(conn: Connection, now: datetime, kind: str, actor: Actor, facts: Mapping[str, Any]) -> None:
    """The same as part of a transaction: it is recorded if, and only if, what it tells of is."""
    history.append_to(conn, history.ACCESS, kind, actor, now, facts)


@contextmanager
def refusals_noted(house: House, actor: Actor, what: str, **where: Any) -> Iterator[None]:
    """Record what the block refuses for reasons of rights. `what` is the action or the command, `where` for example case="S-2026-001".

    Stand outside of the transaction: it is rolled back first.
    """
    try:
        yield
    except MakegoodError as error:
        if of_rights(error):
            note_refusal(house, actor, what, error, **where)
        raise


def note_refusal(house: House, actor: Actor, what: str, error: MakegoodError, **where: Any) -> None:
    """Record that something was refused for reasons of rights, after it was rolled back."""
    why = error.facts.get("reasons") or [error.facts.get("why", "denied")]
    note_access(house, "refused", actor, {"what": what, **where, "why": [str(reason) for reason in why]})


def of_rights(error: MakegoodError) -> bool:
    """Whether something was refused because of who asked, be it beside other reasons."""
    from engine.deciding.machine import DENIALS  # the machine, which commands that only look need not load

    return isinstance(error, Denied) or not DENIALS.isdisjoint(error.facts.get("reasons", ()))


def accesses(
    house: House, *, kinds: Sequence[str] = (), person: str | None = None, since: datetime | None = None, until: datetime | None = None,
    limit: int = 50, actor: Actor = THE_SYSTEM,
) -> list[Event]:
    """The latest accesses, latest first: of these kinds (none: all), by or on behalf of a person, within [since, until).

    Raises Invalid for a limit out of range, Tampered for a row that is no event, Denied for whoever may not `audit`.
    """
    from engine.usecases.listing import bounded  # each command loads this module, and few list
    from engine.usecases.viewing import may_audit

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
