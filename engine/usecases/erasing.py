"""Erasing a person: the key is destroyed, and everything that follows from that is carried out and recorded.

1. The keys of the person and of their cases are destroyed, with a note of who did it and why. Nothing they sealed can be read again, in
   no copy of the data: from here on there is no way back.
2. Each case of the person records that they were erased, and its unsent notices are cancelled, in a transaction of its own.
3. What is left of the details, and the hashes by which the person was found, are taken away, and the stream of accesses says so.

Whoever is interrupted after 1 has lost nothing: `reapply`, which the daily flow calls, carries out what is lacking. It does the same when
data are put back from a backup that is older than the erasure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from engine.deciding.rights import Actor
from engine.ground.canonical import canonical
from engine.ground.errors import NotAllowed, Unavailable
from engine.ground.language import say
from engine.records import cases, credentials, history, library, outbox, parties
from engine.records.cases import CASE
from engine.usecases.access import refusals_noted
from engine.usecases.allowing import allowed
from engine.usecases.house import House
from engine.usecases.revealing import LONGEST_REASON
from engine.usecases.saying import words
from engine.usecases.work import take_up
from engine.usecases.writing import write


@dataclass(slots=True)
class Erased:
    """What came of erasing somebody. `failures` are cases that could not record it; it is tried again every day."""

    party: int | None                                   # None: what was said in a case without a party
    cases: list[str] = field(default_factory=list)      # that recorded it now
    notices: int = 0                                    # cancelled
    failures: list[tuple[str, str]] = field(default_factory=list)


def erase(house: House, party_id: int, actor: Actor, reason: str, *, even_open: bool = False) -> Erased:
    """Erase somebody for good; again for somebody erased before, it erases what was said in their cases since.

    Raises Denied for whoever has not the right `erase`, NotFound, NotAllowed while a case is open (unless `even_open`), Invalid without a
    reason; then nothing is changed.
    """
    why = words(reason, "reason", LONGEST_REASON)
    with refusals_noted(house, actor, "erase", party=party_id), house.store.reading() as conn:
        allowed(library.organisation(house.store, conn), actor, "erase")
        parties.party(conn, party_id)
        still_open = list(conn.execute(_open_cases(party_id)).scalars())
        if still_open and not even_open:
            raise NotAllowed(
                say("{count:case is|cases are} still open: {cases}", count=len(still_open), cases=", ".join(still_open[:5])),
                hint=say("Close them first, or say --even-open: they go on without knowing whom they are about."),
                case=still_open[0], state="", action="erase", possible=[],
            )
        names = parties.keys_of(conn, party_id)
    return for_good(house, party_id, names, actor, why)


def for_good(house: House, party_id: int | None, names: Sequence[bytes], actor: Actor, why: str, cases_alone: Sequence[str] = ()) -> Erased:
    """Destroy these keys, those of a party or (without one) of cases that have none, and let everything follow."""
    note = {"by": actor.id, "identified": actor.identified, "at": house.clock.now().isoformat(), "why": why}
    house.store.keys.destroy(names, canonical(note))
    return _carry_out(house, party_id, note, cases_alone)


def reapply(house: House) -> list[Erased]:
    """Carry out what follows from keys that are destroyed, for everybody of whom it is lacking."""
    with house.store.reading() as conn:
        lacking, alone = parties.half_erased(conn), parties.half_erased_cases(conn)
    done = [_carry_out(house, party_id, json.loads(note or "{}")) for party_id, note in lacking]
    return done + [_carry_out(house, None, json.loads(note or "{}"), [number]) for number, note in alone]


def _carry_out(house: House, party_id: int | None, note: Mapping[str, Any], numbers: Sequence[str] = ()) -> Erased:
    """Let everything follow from a destroyed key that is still lacking; what is done already is not done again."""
    now, done = house.clock.now(), Erased(party_id)
    actor = Actor(note.get("by", "system"), identified=note.get("identified", ""))
    if party_id is not None:
        with house.store.reading() as conn:
            numbers = list(conn.execute(select(CASE.c.number).where(CASE.c.party_id == party_id).order_by(CASE.c.id)).scalars())
    for number in numbers:
        try:
            with house.store.writing() as conn:
                _record(house, conn, number, party_id, actor, note, now, done)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001  whatever one case has wrong must not keep the others from recording it
            done.failures.append((number, str(error)))
    if party_id is not None and not done.failures:
        with house.store.writing() as conn:
            if parties.forget(conn, party_id, now):
                history.append_to(conn, history.ACCESS, "erased", actor, now, {"party": party_id, "why": note.get("why", "")})
    return done


def _record(
    house: House, conn: Connection, number: str, party_id: int | None, actor: Actor, note: Mapping[str, Any], now: datetime, done: Erased
) -> None:
    loaded = cases.load(conn, number)
    stream = history.case_stream(number)
    if party_id is None:
        conn.execute(update(CASE).where(CASE.c.id == loaded.id).values(key=None))
    elif any(event.kind == "erased" and event.data["erased"] == party_id for event in history.read(conn, stream)):
        return
    cancelled = outbox.cancel_unsent(conn, case_id=loaded.id)
    credentials.end(conn, credentials.listed(conn, (credentials.Kind.LINK,), case_id=loaded.id), now)
    work = take_up(house, conn, loaded, now)
    work.record("erased", actor, now, {"erased": party_id, "why": note.get("why", ""), **({"cancelled": cancelled} if cancelled else {})})
    write(work)
    done.cases.append(number)
    done.notices += len(cancelled)


def _open_cases(party_id: int) -> Any:
    return select(CASE.c.number).where(CASE.c.party_id == party_id, CASE.c.closed_at.is_(None)).order_by(CASE.c.id)
