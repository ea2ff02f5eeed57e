"""The outbox: notices put there in the transaction that caused them, what became of each, and every attempt.

A notice waits with `fire_at` set to when it may be tried. Claiming pushes `fire_at` to the end of a lease, so a delivery that
dies gives the notice back by itself. `attempts` is the fencing token: whoever begins an attempt raises it, and every later
write names the number it saw, so of two deliveries that believe a notice to be theirs only one can go on.
"""

import os
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from engine.ground.errors import KeyMissing
from engine.ground.valueclass import valueclass
from engine.records import sealing, tables
from engine.records.prepared import Prepared

NOTICE = tables.NOTICE
ATTEMPT = tables.ATTEMPT
CASE = tables.CASE
WORK_ITEM = tables.WORK_ITEM

_insert = Prepared(insert(NOTICE), (
    "case_id", "name", "party_id", "person", "via", "language", "mandatory", "status", "message_id", "created_at", "fire_at", "attempts",
    "tries", "words",
))
FAR = datetime.fromisoformat("9999-12-31T00:00:00+00:00")


class Status(StrEnum):
    """What became of a notice."""

    WAITING = "waiting"        # to be sent, or to be tried again
    SENT = "sent"              # a channel accepted it, or a person confirmed having conveyed it
    BY_HAND = "by_hand"        # a person has to convey it, then confirm
    DEAD = "dead"              # no channel reached the recipient; a person may retry
    CANCELLED = "cancelled"    # the recipient is no longer there


UNSENT = (Status.WAITING.value, Status.BY_HAND.value, Status.DEAD.value)
"""What has not reached anybody, and still may."""


class Result(StrEnum):
    """What came of one attempt."""

    ACCEPTED = "accepted"
    FAILED = "failed"          # for now: worth trying again
    REFUSED = "refused"        # for good, on this channel


@valueclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A notice to be put into the outbox: to a party or to a person of the organisation, over the channels of `via` in order."""

    case_id: int | None
    name: str
    party_id: int | None = None
    person: str | None = None
    via: tuple[str, ...]
    language: str
    subject: str
    text: str
    html: str | None = None
    attached: tuple[str, str] | None = None      # the name of a page that goes along, and the page
    mandatory: bool = False
    fire_at: datetime | None = None      # not to be sent before; None: at once


class Words(NamedTuple):
    """What a notice says."""

    subject: str
    text: str
    html: str | None
    attached: tuple[str, str] | None


def put(conn: Connection, messages: Sequence[Message], key: bytes, now: datetime) -> None:
    """Put messages into the outbox, due at once or when they say, their words sealed under the key of that name. The Message-ID is
    given here and never changes. One statement."""
    _insert.later(conn, [
        {
            "case_id": one.case_id, "name": one.name, "party_id": one.party_id, "person": one.person, "via": ",".join(one.via),
            "language": one.language, "mandatory": one.mandatory,
            "words": sealing.seal_json(conn, key, _said(one)),
            "status": Status.WAITING.value, "message_id": f"{os.urandom(16).hex()}@makegood", "created_at": now,
            "fire_at": one.fire_at or now,
            "attempts": 0, "tries": 0,
        }
        for one in messages
    ])


def _said(one: Message) -> dict[str, Any]:
    more = {"html": one.html, "attached": one.attached}
    return {"subject": one.subject, "text": one.text, **{name: value for name, value in more.items() if value}}


def words(conn: Connection, rows: Sequence[Row[Any]]) -> list[Words | None]:
    """What these notices say, None where it was erased."""
    return [
        None if one is None else Words(one["subject"], one["text"], one.get("html"), one.get("attached"))
        for one in sealing.open_json(conn, [row.words for row in rows])
    ]


def troubles(conn: Connection, rows: Sequence[Row[Any]]) -> list[str | None]:
    """What went wrong with these notices or attempts, None where nothing did or it was erased."""
    return sealing.open_json(conn, [row.trouble for row in rows])


def claim(
    conn: Connection, now: datetime, until: datetime, limit: int, away: Collection[str] = (), since: datetime | None = None
) -> list[Row[Any]]:
    """Take up to `limit` notices due by `now` under a lease that ends at `until`: their rows, longest waiting first, and those last
    that were tried before, should they be what ended the delivery that tried them.

    Notices for channels that are `away` are left, unless they have waited since before `since` and have somewhere else to go.
    Two deliveries never get the same one: on PostgreSQL rows that another has locked are passed over, on SQLite writers take turns.
    """
    due = select(NOTICE.c.id).where(NOTICE.c.status == Status.WAITING.value, NOTICE.c.fire_at <= now)
    if away:
        first = or_(*(or_(NOTICE.c.via == one, NOTICE.c.via.startswith(f"{one},", autoescape=True)) for one in away))
        due = due.where(or_(not_(first), and_(NOTICE.c.created_at <= since, or_(NOTICE.c.mandatory, NOTICE.c.via.contains(",")))))
    # As a subquery, PostgreSQL would be free to look for the due ones again for each row, and so to take more than the limit.
    taken = due.order_by(NOTICE.c.fire_at, NOTICE.c.id).limit(limit).with_for_update(skip_locked=True).cte("taken")
    rows = conn.execute(update(NOTICE).where(NOTICE.c.id.in_(select(taken.c.id))).values(fire_at=until).returning(NOTICE)).all()
    return sorted(rows, key=lambda row: (row.tries, row.created_at, row.id))


def begin_attempt(conn: Connection, notice_id: int, seen: int, until: datetime, channel: str, now: datetime) -> int | None:
    """Write the next attempt before anything is sent and renew the lease to `until`: its number.

    None when the notice is no longer where the caller saw it (`seen` attempts made).
    """
    mine = conn.execute(
        update(NOTICE).where(NOTICE.c.id == notice_id, NOTICE.c.attempts == seen, NOTICE.c.status == Status.WAITING.value)
        .values(attempts=seen + 1, tries=NOTICE.c.tries + 1, fire_at=until)
    )
    if mine.rowcount == 0:
        return None
    conn.execute(insert(ATTEMPT).values(notice_id=notice_id, n=seen + 1, channel=channel, started_at=now))
    return seen + 1


def end_attempt(conn: Connection, notice_id: int, n: int, result: Result, error: str | None, now: datetime) -> None:
    """Record what came of an attempt."""
    conn.execute(
        update(ATTEMPT).where(ATTEMPT.c.notice_id == notice_id, ATTEMPT.c.n == n)
        .values(finished_at=now, outcome=result.value, trouble=_trouble(conn, notice_id, error))
    )


def withdraw_attempt(conn: Connection, notice_id: int, n: int) -> None:
    """Forget an attempt that came to nothing: its channel could not be reached."""
    conn.execute(delete(ATTEMPT).where(ATTEMPT.c.notice_id == notice_id, ATTEMPT.c.n == n))


def _trouble(conn: Connection, notice_id: int, error: str | None) -> bytes | None:
    """What went wrong, sealed as the words of the notice are; None where their key is not at hand either."""
    if error is None:
        return None
    try:
        return sealing.alike(conn, conn.execute(select(NOTICE.c.words).where(NOTICE.c.id == notice_id)).scalar_one(), error)
    except KeyMissing:
        return None


def settle(conn: Connection, notice_id: int, seen: int, was: Collection[str] = (Status.WAITING.value,), **values: Any) -> bool:
    """Change a notice (`error`: what went wrong) if it still has `seen` attempts and one of these statuses; whether it was changed."""
    if "error" in values:
        values["trouble"] = _trouble(conn, notice_id, values.pop("error"))
    done = conn.execute(
        update(NOTICE).where(NOTICE.c.id == notice_id, NOTICE.c.attempts == seen, NOTICE.c.status.in_(was)).values(**values)
    )
    return bool(done.rowcount)


def cancel_unsent(conn: Connection, *, case_id: int | None = None, party_id: int | None = None, names: Sequence[str] = ()) -> list[int]:
    """Cancel every notice of a case or to a party, or those of these names, that is not sent; their ids."""
    change = update(NOTICE).where(NOTICE.c.status.in_(UNSENT))
    for column, wanted in ((NOTICE.c.case_id, case_id), (NOTICE.c.party_id, party_id)):
        change = change if wanted is None else change.where(column == wanted)
    change = change.where(NOTICE.c.name.in_(names)) if names else change
    done = conn.execute(change.values(status=Status.CANCELLED.value, fire_at=None).returning(NOTICE.c.id, NOTICE.c.case_id)).all()
    for one_case in sorted({row.case_id for row in done if row.case_id is not None}):
        refresh_work_items(conn, one_case)
    return sorted(row.id for row in done)


def one(conn: Connection, notice_id: int) -> Row[Any] | None:
    """A notice with the number and owner of its case, or None."""
    return conn.execute(_with_case().where(NOTICE.c.id == notice_id)).one_or_none()


def attempts(conn: Connection, notice_id: int) -> list[Row[Any]]:
    """Every attempt to deliver a notice, first to last."""
    return list(conn.execute(select(ATTEMPT).where(ATTEMPT.c.notice_id == notice_id).order_by(ATTEMPT.c.n)))


def lock_case(conn: Connection, case_id: int) -> None:
    """Hold the case of a notice, for those who may have to change both: locks are taken case first."""
    conn.execute(select(CASE.c.id).where(CASE.c.id == case_id).with_for_update())


def numbers(conn: Connection, case_ids: Sequence[int]) -> dict[int, str]:
    """The numbers of these cases by id."""
    return {row.id: row.number for row in conn.execute(select(CASE.c.id, CASE.c.number).where(CASE.c.id.in_(case_ids)))}


def listing(
    conn: Connection, *, status: str | None = None, case: str | None = None, limit: int = 50, before: int | None = None,
    only: ColumnElement[bool] | None = None,
) -> list[Row[Any]]:
    """Notices, latest first; of one status or one case (by number) if given; `before` an id, for the next page; `only` a condition for
    their cases."""
    query = _with_case().order_by(NOTICE.c.id.desc()).limit(limit)
    if only is not None:
        query = query.where(only)
    if status:
        query = query.where(NOTICE.c.status == status)
    if case:
        query = query.where(CASE.c.number == case)
    if before:
        query = query.where(NOTICE.c.id < before)
    return list(conn.execute(query))


def due(conn: Connection, now: datetime) -> int:
    """How many notices could be tried now."""
    return conn.execute(select(func.count()).where(NOTICE.c.status == Status.WAITING.value, NOTICE.c.fire_at <= now)).scalar_one()


def next_try(conn: Connection) -> datetime | None:
    """When the next notice is to be tried; None when none waits."""
    first = select(func.min(NOTICE.c.fire_at)).where(NOTICE.c.status == Status.WAITING.value)
    found: datetime | None = conn.execute(first).scalar_one()
    return found


def count_failing(conn: Connection) -> int:
    """How many notices wait to be tried again after a failure."""
    return conn.execute(select(func.count()).where(NOTICE.c.status == Status.WAITING.value, NOTICE.c.tries > 0)).scalar_one()


def count(conn: Connection, status: Status) -> int:
    """How many notices there are of that status."""
    return conn.execute(select(func.count()).where(NOTICE.c.status == status.value)).scalar_one()


def refresh_work_items(conn: Connection, case_id: int) -> None:
    """Make the case's work items of kind `notice` match its notices to convey by hand: one each, for the owner.

    A case that nobody owns shows them to every role that has a work item in it.
    """
    conn.execute(delete(WORK_ITEM).where(WORK_ITEM.c.case_id == case_id, WORK_ITEM.c.kind == "notice"))
    query = select(NOTICE.c.name, NOTICE.c.created_at).where(NOTICE.c.case_id == case_id, NOTICE.c.status == Status.BY_HAND.value)
    waiting = conn.execute(query.order_by(NOTICE.c.id)).all()
    if not waiting:
        return
    case = conn.execute(select(CASE.c.owner, CASE.c.due_at).where(CASE.c.id == case_id)).one()
    roles: list[str | None] = [None]
    if case.owner is None:
        found = select(WORK_ITEM.c.role).where(WORK_ITEM.c.case_id == case_id, WORK_ITEM.c.role.is_not(None)).distinct()
        roles = [row.role for row in conn.execute(found.order_by(WORK_ITEM.c.role)) if row.role != "customer"]
    for notice in waiting:
        for role in roles:
            conn.execute(insert(WORK_ITEM).values(
                case_id=case_id, kind="notice", name=notice.name, role=role, person=case.owner, opened_at=notice.created_at,
                due_at=case.due_at or FAR,
            ))


def _with_case() -> Select[Any]:
    return select(NOTICE, CASE.c.number.label("case_number"), CASE.c.owner.label("case_owner")).join_from(
        NOTICE, CASE, CASE.c.id == NOTICE.c.case_id, isouter=True
    )
