"""Looking at personal data: masked unless somebody who works on the case asks for them, which is recorded before they are shown."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.deciding.rights import Actor, called, has_right
from engine.ground.errors import Denied, Invalid
from engine.ground.language import say
from engine.records import cases, library
from engine.records.cases import Loaded
from engine.usecases.allowing import allowed
from engine.usecases.house import House
from engine.usecases.viewing import seen_of

LONGEST_REASON = 200   # characters: it stands in the stream of accesses for good, so it should be a few words without personal data


@dataclass(frozen=True, slots=True)
class Reveal:
    """Who wants to see personal data as they are, and why."""

    actor: Actor
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.reason is not None and len(self.reason) > LONGEST_REASON:
            raise Invalid(
                say("A reason has at most {most} characters", most=LONGEST_REASON), hint=say("Write a few words."),
                field="reason", expected=f"1..{LONGEST_REASON}",
            )


def may_see(house: House, conn: Connection, loaded: Loaded, reveal: Reveal, now: datetime) -> None:
    """Refuse whoever has neither work in the case nor the right `reveal`; raises Denied."""
    organisation = library.organisation(house.store, conn)
    if has_right(organisation, reveal.actor, "reveal"):
        return
    definition = library.definition(house.store, conn, loaded.case.version_id)
    if not seen_of(house, definition, organisation, loaded, reveal.actor).personal:
        could = ", ".join(called(organisation.posts.with_right("reveal"), organisation)) or say("nobody")
        raise Denied(
            say("{who} has no work in {case} now; these may see personal data all the same: {could}",
                who=reveal.actor.id, case=loaded.case.number, could=could),
            hint=say("Ask one of them, or whoever the case waits for."), who=reveal.actor.id, why="see", who_could=could,
        )


def may_see_one(house: House, conn: Connection, case_ids: Sequence[int], reveal: Reveal, now: datetime) -> None:
    """Refuse whoever has work in none of these cases, as the last of them does; raises Denied."""
    refused: Denied | None = None
    for loaded in cases.load_batch(conn, case_ids):
        try:
            may_see(house, conn, loaded, reveal, now)
            return
        except Denied as error:
            refused = error
    if refused is not None:
        raise refused
    allowed(library.organisation(house.store, conn), reveal.actor, "reveal")


@contextmanager
def looking(house: House, reveal: Reveal, **where: Any) -> Iterator[None]:
    """Record it when the block refuses to show personal data."""
    from engine.usecases.access import refusals_noted

    with refusals_noted(house, reveal.actor, "reveal", **where):
        yield


def note_revealed(house: House, reveal: Reveal, what: str, **where: Any) -> None:
    """Record in the stream of accesses that personal data are about to be shown: whose and which, never what they are."""
    from engine.usecases.access import note_access

    facts = {"what": what, **where} | ({"reason": reveal.reason} if reveal.reason else {})
    note_access(house, "revealed", reveal.actor, facts)
