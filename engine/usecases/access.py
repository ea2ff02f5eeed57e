"""Who tried what: refusals for reasons of rights, logins, looks at personal data. All in the chained stream "access".

A refusal changes nothing of what was refused, so it cannot stand in the history of a case: it is recorded here, in a transaction of its
own, after everything else was rolled back. Only ids, numbers, names of tokens and words of definitions are written, nothing of customers.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.deciding.reasons import DENIALS
from engine.deciding.rights import Actor
from engine.ground.errors import Denied, MakegoodError
from engine.records import history
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
    return isinstance(error, Denied) or not DENIALS.isdisjoint(error.facts.get("reasons", ()))
