"""Delivering notices: take one from the outbox, decide where it goes, write the attempt, and record what came of it.

A delivery is three use cases around one act of sending that no database can undo:

1. `claim` takes notices that are due, under a lease;
2. `begin` looks up the recipient, picks the channel and writes the attempt, *before* anything is sent;
3. `finish` records what the channel said: sent, to be tried again later, on the next channel, by hand, or dead.

A process that dies between 2 and 3 leaves an attempt without an end; when its lease is over the notice is taken again and
sent with the same Message-ID. So a crash repeats at most one message, and its receiver can recognise it. Once a channel has
accepted a notice it is never sent again, even if its case could not be changed at that moment.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection

from engine.ground.errors import stops_all
from engine.ground.language import say
from engine.records import library, outbox, parties
from engine.records.outbox import Result, Status
from engine.usecases.door import record_delivery
from engine.usecases.house import House
from engine.usecases.outgoing import Failed, Outgoing, Receipt, Said, Sending, Settled

T = TypeVar("T")
LEASE = timedelta(minutes=5)                    # longer than any channel's time-outs together
BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240))   # the last one repeats
MOST_TRIES = 8                                  # on one channel
PUT_OFF = timedelta(minutes=15)                 # when a notice cannot be read or its case cannot be told
AWAY = timedelta(minutes=1)                     # when its channel cannot be reached
PATIENCE = timedelta(days=1)                    # how old a notice gets before it goes elsewhere, its channel being out of reach
ADDRESS_OF = {"email": "email", "sms": "phone", "phone": "phone", "letter": "address", "chat": "chat"}
ADDRESSES = ("email", "phone", "address", "chat")


def claim(house: House, limit: int, lease: timedelta = LEASE, away: Collection[str] = ()) -> list[Outgoing]:
    """Take up to `limit` notices that are due, under a lease; those for channels that are `away` only where they will not wait longer."""
    now = house.clock.now()
    with house.store.writing() as conn:
        rows = outbox.claim(conn, now, now + lease, limit, away, now - PATIENCE)
        numbers = outbox.numbers(conn, [row.case_id for row in rows if row.case_id is not None])
    return [
        Outgoing(
            id=row.id, case_id=row.case_id, case_number=numbers.get(row.case_id), name=row.name, party_id=row.party_id, person=row.person,
            via=tuple(filter(None, row.via.split(","))), language=row.language, mandatory=row.mandatory, message_id=row.message_id,
            created_at=row.created_at, attempts=row.attempts, tries=row.tries, until=now + lease,
        )
        for row in rows
    ]


def begin(house: House, notice: Outgoing, lease: timedelta = LEASE) -> Sending | Settled:
    """Decide where a claimed notice goes now and write the attempt; `Settled` when there is nothing to send."""
    now = house.clock.now()

    def decide(conn: Connection) -> Sending | Settled:
        row = outbox.one(conn, notice.id)
        if row is None or (row.status, row.attempts, row.fire_at) != (Status.WAITING, notice.attempts, notice.until):
            raise _Lost
        before = outbox.attempts(conn, notice.id)
        if before and before[-1].outcome == Result.ACCEPTED:        # sent, but its case could not be told: only that is left
            return _sent(house, conn, notice, before[-1].channel, before[-1].finished_at)
        addresses, gone = _recipient(house, conn, notice)
        (words,) = outbox.words(conn, [row]) if not gone else (None,)
        if words is None:
            return _end(house, conn, notice, Status.CANCELLED, gone or say("what it says has been erased"))
        return _route(house, conn, replace(notice, **words._asdict()), addresses, now, lease)

    try:
        with house.store.writing() as conn:
            return _or_later(house, conn, notice, decide)
    except _Lost:
        return Settled(None)


def finish(house: House, sending: Sending, said: Said) -> Settled:
    """Record what the channel said about the attempt that `begin` wrote."""
    now, notice = house.clock.now(), sending.notice
    result, error = (Result.ACCEPTED, None)
    if isinstance(said, Failed):
        result, error = (Result.REFUSED if said.permanent else Result.FAILED, said.error)

    def conclude(conn: Connection) -> Settled:
        if isinstance(said, Failed):
            return _failed(house, conn, notice, sending.channel, said, now)
        if said is Receipt.HANDED:
            return _end(house, conn, notice, Status.BY_HAND, "", sending.channel)
        return _sent(house, conn, notice, sending.channel, now)

    try:
        with house.store.writing() as conn:
            outbox.end_attempt(conn, notice.id, notice.attempts, result, error, now)
            return _or_later(house, conn, notice, conclude)
    except _Lost:
        return Settled(None)


def put_back(house: House, notices: Sequence[Outgoing]) -> None:
    """Give claimed notices back untried, for later: their channel is out of reach, which says nothing about them."""
    with house.store.writing() as conn:
        for one in notices:
            outbox.settle(conn, one.id, one.attempts, fire_at=house.clock.now() + AWAY)


def may_wait(house: House, notice: Outgoing) -> bool:
    """Whether a notice waits for its channel, which is out of reach. One with somewhere else to go, or to be conveyed, does for a day."""
    elsewhere = len(notice.via) > 1 or notice.mandatory
    return not elsewhere or house.clock.now() - notice.created_at < PATIENCE


def due(house: House) -> int:
    """How many notices could be tried now."""
    with house.store.reading() as conn:
        return outbox.due(conn, house.clock.now())


# --- inside -----------------------------------------------------------------------------------------------------------


class _Lost(Exception):
    """The notice is no longer ours: roll back."""


def _or_later(house: House, conn: Connection, notice: Outgoing, conclude: Callable[[Connection], T]) -> T | Settled:
    """Do it, or when its case refuses to be changed put the notice off: what is known of the attempt stays recorded."""
    try:
        with house.store.savepoint(conn):
            return conclude(conn)
    except _Lost:
        raise
    except Exception as error:  # whatever one case has wrong, that its notice was sent must not be forgotten
        if stops_all(error):
            raise
        why = say("its case could not record it: {reason}", reason=str(error))
        _write(conn, notice, fire_at=house.clock.now() + PUT_OFF, error=why)
        return Settled(Status.WAITING, why)


def _recipient(house: House, conn: Connection, notice: Outgoing) -> tuple[Mapping[str, str | None], str]:
    """The recipient's addresses as they are now, or why there is nobody to write to any more."""
    if notice.person is not None:
        person = library.organisation(house.store, conn).people.get(notice.person)
        if person is None:
            return {}, say("{who} no longer works here", who=notice.person)
        return {"email": person.email, "phone": person.phone, "chat": person.chat}, ""
    party = parties.customer(conn, notice.party_id) if notice.party_id is not None else None
    if party is None:
        return {}, say("the recipient's data have been erased")
    return {kind: getattr(party, kind) for kind in ADDRESSES}, ""


def _route(
    house: House, conn: Connection, notice: Outgoing, addresses: Mapping[str, str | None], now: datetime, lease: timedelta,
) -> Sending | Settled:
    """Begin an attempt on the first channel of `via` that is configured and has an address; record those passed over."""
    until = now + lease
    for channel in notice.via:
        settings = house.settings.channels.get(channel)
        kind = (settings or {}).get("address", ADDRESS_OF.get(channel, "chat"))
        address = addresses.get(kind)
        why = ""
        if settings is None:
            why = say("channel {channel} is not set up in makegood.toml", channel=channel)
        elif not address:
            why = _unknown(kind)
        elif notice.tries >= MOST_TRIES:        # it kept dying in the middle
            why = say("gave up after {n} attempts", n=notice.tries)
        if why and notice.case_id is not None:
            outbox.lock_case(conn, notice.case_id)      # this may end in telling the case, and locks are taken case first
        n = outbox.begin_attempt(conn, notice.id, notice.attempts, until, channel, now)
        if n is None:
            raise _Lost
        notice = replace(notice, attempts=n, tries=notice.tries + 1, until=until)
        if not why:
            return Sending(notice, channel, str(address), notice.person is not None, settings or {})
        outbox.end_attempt(conn, notice.id, n, Result.REFUSED, why, now)
        notice = replace(notice, via=notice.via[1:], tries=0)
        _write(conn, notice, via=",".join(notice.via), tries=0)
    return _unreached(house, conn, notice)


def _unknown(kind: str) -> str:
    return {
        "email": say("no mail address of the recipient is known"), "phone": say("no telephone number of the recipient is known"),
        "address": say("no postal address of the recipient is known"), "chat": say("no chat address of the recipient is known"),
    }[kind]


def _failed(house: House, conn: Connection, notice: Outgoing, channel: str, said: Failed, now: datetime) -> Settled:
    """Later on the same channel, or at once on the next one, or nowhere any more.

    While its channel is out of reach a notice may wait for it: nothing was sent, so that is no attempt.
    """
    if said.away and may_wait(house, notice):
        outbox.withdraw_attempt(conn, notice.id, notice.attempts)
        _write(conn, notice, tries=notice.tries - 1, fire_at=now + AWAY, error=f"{channel}: {said.error}")
        return Settled(Status.WAITING, said.error)
    if not said.permanent and not said.away and notice.tries < MOST_TRIES:
        wait = BACK_OFF[min(notice.tries, len(BACK_OFF)) - 1]
        _write(conn, notice, fire_at=now + wait, error=f"{channel}: {said.error}")
        return Settled(Status.WAITING, said.error)
    notice = replace(notice, via=notice.via[1:], tries=0)
    if notice.via:
        _write(conn, notice, via=",".join(notice.via), tries=0, fire_at=now, error=f"{channel}: {said.error}")
        return Settled(Status.WAITING, said.error)
    return _unreached(house, conn, notice)


def _unreached(house: House, conn: Connection, notice: Outgoing) -> Settled:
    """No channel left: by hand when the notice is mandatory, else dead; the error says why for each channel."""
    tried = outbox.attempts(conn, notice.id)
    latest = {row.channel: why for row, why in zip(tried, outbox.troubles(conn, tried), strict=True) if why}
    error = "; ".join(f"{channel}: {why}" for channel, why in latest.items())
    return _end(house, conn, notice, Status.BY_HAND if notice.mandatory else Status.DEAD, error)


def _end(house: House, conn: Connection, notice: Outgoing, status: Status, error: str, channel: str | None = None) -> Settled:
    """Settle a notice that no channel sends, and tell its history; one to convey by hand opens a work item."""
    # Which server said what stays in the outbox: it often names the address, and history must not.
    _tell(house, conn, notice, "unsent", {"notice": notice.id, "name": notice.name, "became": status.value})
    _write(conn, notice, via=",".join(notice.via), status=status.value, fire_at=None, error=error or None, channel=channel)
    if status is Status.BY_HAND and notice.case_id is not None:
        outbox.refresh_work_items(conn, notice.case_id)
    return Settled(status, error)


def _sent(house: House, conn: Connection, notice: Outgoing, channel: str, at: datetime) -> Settled:
    """Settle a notice that a channel accepted at `at`, and tell its history."""
    _tell(house, conn, notice, "sent", {"sent": notice.name, "notice": notice.id, "channel": channel}, at)
    _write(conn, notice, status=Status.SENT.value, sent_at=at, channel=channel, fire_at=None, error=None)
    return Settled(Status.SENT)


def _write(conn: Connection, notice: Outgoing, **values: Any) -> None:
    if not outbox.settle(conn, notice.id, notice.attempts, **values):
        raise _Lost


def _tell(house: House, conn: Connection, notice: Outgoing, kind: str, data: dict[str, Any], at: datetime | None = None) -> None:
    """Append the event to the history of the case, if there is one; before the notice is written, since locks are taken case first."""
    if notice.case_id is not None:
        record_delivery(house, conn, notice.case_id, kind, data, notice=notice.name, staff=notice.person is not None, at=at)
