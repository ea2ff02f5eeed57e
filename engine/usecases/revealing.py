"""Looking at personal data: masked unless somebody who works on the case asks for them, which is recorded before they are shown."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from engine.deciding.rights import Actor, called, has_right
from engine.deciding.seeing import Seen
from engine.defining.vocabulary import Sight
from engine.ground.errors import Denied, Invalid
from engine.ground.language import say
from engine.records import cases, library
from engine.records.cases import Loaded
from engine.usecases.access import note_access, refusals_noted
from engine.usecases.allowing import allowed
from engine.usecases.house import House
from engine.usecases.viewing import look, seen_of

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


Looker = Actor | Reveal
"""Who looks: somebody to whom personal data are shown masked, or who asks for them as they are."""


def seen_by(
    house: House, conn: Connection, loaded: Loaded, by: Looker, part: Sight = Sight.CASE, values: Mapping[str, Any] | None = None
) -> Seen:
    """What somebody sees of a case; raises Denied when not that part of it, or not its personal data where they ask for them.

    `values` are those of sealed fields, where known.
    """
    if not isinstance(by, Reveal):
        return look(house, conn, loaded, by, part, values)
    _may_reveal(house, conn, loaded, by.actor)
    definition = library.definition(house.store, conn, loaded.case.version_id)
    return seen_of(house, definition, library.organisation(house.store, conn), loaded, by.actor, values)


def _may_reveal(house: House, conn: Connection, loaded: Loaded, actor: Actor) -> None:
    """Refuse whoever has neither work in the case nor the right `reveal`; raises Denied."""
    organisation = library.organisation(house.store, conn)
    if has_right(organisation, actor, "reveal"):
        return
    definition = library.definition(house.store, conn, loaded.case.version_id)
    if not seen_of(house, definition, organisation, loaded, actor).personal:
        could = ", ".join(called(organisation.posts.with_right("reveal"), organisation)) or say("nobody")
        raise Denied(
            say("{who} has no work in {case} now; these may see personal data all the same: {could}",
                who=actor.id, case=loaded.case.number, could=could),
            hint=say("Ask one of them, or whoever the case waits for."), who=actor.id, why="see", who_could=could,
        )


def may_reveal_one(house: House, conn: Connection, case_ids: Sequence[int], actor: Actor) -> None:
    """Refuse whoever has work in none of these cases, as the last of them does; raises Denied."""
    refused: Denied | None = None
    for loaded in cases.load_batch(conn, case_ids):
        try:
            _may_reveal(house, conn, loaded, actor)
            return
        except Denied as error:
            refused = error
    if refused is not None:
        raise refused
    allowed(library.organisation(house.store, conn), actor, "reveal")


@contextmanager
def on_record(house: House, by: Looker, what: str, **where: Any) -> Iterator[dict[str, Any]]:
    """Record it when the block refuses to show something; and where somebody asked for personal data as they are, after the block and
    so before anything is shown, that they see them: whose and which, never what they are. The block adds to these facts."""
    facts: dict[str, Any] = {}
    if not isinstance(by, Reveal):
        with refusals_noted(house, by, what, **where):
            yield facts
        return
    with refusals_noted(house, by.actor, "reveal", **where):
        yield facts
    note_revealed(house, by, what, **where, **facts)


def note_revealed(house: House, reveal: Reveal, what: str, **where: Any) -> None:
    """Record in the stream of accesses that personal data are about to be shown."""
    facts = {"what": what, **where} | ({"reason": reveal.reason} if reveal.reason else {})
    note_access(house, "revealed", reveal.actor, facts)
