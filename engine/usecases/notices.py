"""What people do with the outbox: look at it, have a dead letter tried again, confirm what they conveyed themselves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from engine.deciding.rights import Actor
from engine.defining.definition import EventKind, Happening
from engine.ground.errors import Conflict, Invalid, NotAllowed, NotFound
from engine.ground.language import say
from engine.ground.masking import HIDDEN, masked_text
from engine.records import cases, library, outbox
from engine.records.outbox import Status
from engine.usecases.amending import taking_part
from engine.usecases.door import working
from engine.usecases.house import House
from engine.usecases.revealing import Looker, Reveal, on_record, seen_by
from engine.usecases.viewing import visible
from engine.usecases.work import Work, standing

BY_HAND = "hand"
"""The channel of a notice that a person conveyed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """A notice as a list shows it."""

    id: int
    case: str | None                 # number
    name: str
    to: str                          # a person's id, or "customer"
    status: str
    channel: str | None              # the one that took it
    via: tuple[str, ...]             # channels still to try
    subject: str | None              # None when it was erased
    created_at: datetime
    fire_at: datetime | None         # next attempt
    sent_at: datetime | None
    attempts: int
    mandatory: bool
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLine:
    """One attempt to deliver a notice."""

    n: int
    channel: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None              # accepted, failed, refused; None: it never came back, or is under way
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSheet:
    """A notice, whole."""

    line: NoticeLine
    language: str
    text: str
    html: str | None
    message_id: str
    tried: tuple[AttemptLine, ...]


def list_notices(
    house: House, status: str | None = None, case: str | None = None, limit: int = 50, before: int | None = None, *,
    actor: Actor,
) -> list[NoticeLine]:
    """Notices, latest first, of one status or one case (by number) if given; `before` the last id seen gives the next page.
    Only those of cases that the actor may see.

    Raises Invalid for a status that does not exist.
    """
    known = [one.value for one in Status]
    if status is not None and status not in known:
        raise Invalid(
            say("'{status}' is not a status of a notice", status=status), hint=say("Use one of {known}.", known=", ".join(known)),
            field="status", value=status, expected=known,
        )
    with house.store.reading() as conn:
        seen = visible(house, conn, actor)
        return _masked(_lines(conn, outbox.listing(conn, status=status, case=case, limit=limit, before=before, only=seen)))


def show_notice(house: House, notice_id: int, by: Looker) -> NoticeSheet:
    """A notice with every attempt, and to a `Reveal` its text, which is recorded first; raises NotFound, Denied."""
    with on_record(house, by, "notice", notice=notice_id) as facts:
        sheet = _sheet(house, notice_id, by)
        facts["case"] = sheet.line.case
    if isinstance(by, Reveal):
        return sheet
    tried = tuple(replace(one, error=masked_text(one.error) if one.error else None) for one in sheet.tried)
    return replace(sheet, line=_masked([sheet.line])[0], text=HIDDEN, html=None, tried=tried)


def _sheet(house: House, notice_id: int, by: Looker) -> NoticeSheet:
    with house.store.reading() as conn:
        row = _found(conn, notice_id)
        if row.case_id is not None:
            seen_by(house, conn, cases.load_id(conn, row.case_id), by)
        attempts = outbox.attempts(conn, notice_id)
        tried = [
            AttemptLine(n=a.n, channel=a.channel, started_at=a.started_at, finished_at=a.finished_at, outcome=a.outcome, error=error)
            for a, error in zip(attempts, outbox.troubles(conn, attempts), strict=True)
        ]
        (line,), (words,) = _lines(conn, [row]), outbox.words(conn, [row])
    return NoticeSheet(
        line=line, language=row.language, text=words.text if words else "", html=words.html if words else None,
        message_id=row.message_id, tried=tuple(tried),
    )


def retry(house: House, notice_id: int, actor: Actor) -> NoticeLine:
    """Have a notice tried again at once, on all its channels from the first; raises NotFound, NotAllowed, Conflict, Denied.

    For dead letters, notices waiting for their next attempt, and those waiting for a person when an address was mended.
    """
    with _taken_up(house, notice_id, actor) as (conn, row, work):
        if row.status in (Status.SENT, Status.CANCELLED):
            raise _settled(row)
        tried = outbox.attempts(conn, notice_id)
        if row.status == Status.WAITING and tried and tried[-1].outcome is None and row.fire_at > house.clock.now():
            raise Conflict(
                say("Notice {id} is being sent at this moment", id=notice_id), hint=say("Look again in a few minutes."), notice=notice_id,
            )
        via = dict.fromkeys([*(attempt.channel for attempt in tried), *filter(None, row.via.split(","))])
        values = {"via": ",".join(via), "status": Status.WAITING.value, "tries": 0, "fire_at": house.clock.now(), "channel": None}
        _change(conn, row, **values)
        if work is not None:
            work.record("retried", actor, work.now, {"notice": row.id, "name": row.name})
    return show_notice(house, notice_id, actor).line


def confirm(house: House, notice_id: int, actor: Actor) -> NoticeLine:
    """A person confirms having conveyed a notice that waited for them, or that no channel could; raises as `retry` does."""
    with _taken_up(house, notice_id, actor) as (conn, row, work):
        if row.status not in (Status.BY_HAND, Status.DEAD):
            raise _settled(row)
        now = house.clock.now()
        channel = row.channel or BY_HAND
        _change(conn, row, status=Status.SENT.value, sent_at=now, channel=channel, fire_at=None)
        if work is not None:
            data: dict[str, Any] = {"sent": row.name, "notice": row.id, "channel": channel, "by_hand": True}
            work.record("sent", actor, work.now, data, [Happening(EventKind.NOTICE_SENT, row.name)])
    return show_notice(house, notice_id, actor).line


@contextmanager
def _taken_up(house: House, notice_id: int, actor: Actor) -> Iterator[tuple[Connection, Row[Any], Work | None]]:
    """The notice in a transaction that also holds its case, for somebody who takes part in that case."""
    with house.store.reading() as conn:
        number = _found(conn, notice_id).case_number
    if number is None:
        with house.store.writing() as conn:
            standing(library.organisation(house.store, conn), actor)
            yield conn, _found(conn, notice_id), None
        return
    with working(house, number, actor, "notice") as door:
        work = taking_part(door.work, actor)
        row = _found(work.conn, notice_id)
        yield work.conn, row, work
        outbox.refresh_work_items(work.conn, row.case_id)


def _change(conn: Connection, row: Row[Any], **values: Any) -> None:
    if not outbox.settle(conn, row.id, row.attempts, outbox.UNSENT, **values):
        raise Conflict(
            say("Notice {id} was settled meanwhile", id=row.id),
            hint=say("Look again with `makegood notice show {id}`.", id=row.id),
            notice=row.id,
        )


def _settled(row: Row[Any]) -> NotAllowed:
    return NotAllowed(
        say("Notice {id} is {status}: there is nothing left to do with it", id=row.id, status=row.status)
        if row.status != Status.WAITING else say("Notice {id} still waits to be sent by itself", id=row.id),
        hint=say("`makegood notice list --status dead` shows those that need somebody."),
        case=row.case_number, state=row.status, action="", possible=[],
    )


def _found(conn: Connection, notice_id: int) -> Row[Any]:
    row = outbox.one(conn, notice_id)
    if row is None:
        raise NotFound(
            say("There is no notice {id}", id=notice_id),
            hint=say("`makegood notice list` shows them."),
            kind="notice",
            name=str(notice_id),
        )
    return row


def _masked(lines: Sequence[NoticeLine]) -> list[NoticeLine]:
    """Lines without what is said, and without the addresses that servers like to name."""
    return [
        replace(one, subject=one.subject and HIDDEN, error=masked_text(one.error) if one.error else None) for one in lines
    ]


def _lines(conn: Connection, rows: Sequence[Row[Any]]) -> list[NoticeLine]:
    return [
        NoticeLine(
            id=row.id, case=row.case_number, name=row.name, to=row.person or "customer", status=row.status, channel=row.channel,
            via=tuple(filter(None, row.via.split(","))), subject=words.subject if words else None, created_at=row.created_at,
            fire_at=row.fire_at, sent_at=row.sent_at, attempts=row.attempts, mandatory=row.mandatory, error=error,
        )
        for row, words, error in zip(rows, outbox.words(conn, rows), outbox.troubles(conn, rows), strict=True)
    ]
