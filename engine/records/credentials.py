"""Credentials: everything by which somebody proves who they are. Secrets are random, and the database holds only their hashes.

A secret has 160 random bits, so one sha256 is enough to keep it, and it is found by its hash: how long that takes tells nothing about
secrets that are close. Passwords are not random; for them see `engine.usecases.identity`.
"""

import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from engine.ground.canonical import canonical, digest
from engine.records import tables
from engine.records.engines import alone

CREDENTIAL, GUESS = tables.CREDENTIAL, tables.GUESS


class Kind(StrEnum):
    """What a credential is."""

    PASSWORD = "password"
    INVITATION = "invitation"    # once: to set a password
    SESSION = "session"          # after a login, for some hours
    TOKEN = "token"
    LINK = "link"                # once: a customer's action


OF_PEOPLE = (Kind.PASSWORD, Kind.INVITATION, Kind.SESSION, Kind.TOKEN)


def secret() -> str:
    """A new secret: forty characters that need no quoting anywhere."""
    return secrets.token_hex(20)


def hashed(words: str) -> str:
    """What is kept of a secret."""
    return sha256(words.encode("utf-8", "surrogateescape")).hexdigest()


def add(
    conn: Connection, kind: Kind, holder: str, hash_: str, now: datetime, by: str, *, expires_at: datetime | None = None, **more: Any
) -> str:
    """Keep a new credential; `more` are further columns. Its mark, which history has to keep."""
    values = {"kind": kind.value, "holder": holder, "hash": hash_, "created_at": now, "created_by": by, "expires_at": expires_at, **more}
    conn.execute(insert(CREDENTIAL).values(values))
    return _mark(kind.value, holder, hash_, expires_at)


def _mark(kind: str, holder: str, hash_: str, expires_at: datetime | None) -> str:
    """A digest of all that makes a credential count."""
    return digest(canonical([kind, holder, hash_, expires_at.astimezone(UTC).isoformat() if expires_at else None]))


def unknown(conn: Connection, marks: Collection[str]) -> list[Row[Any]]:
    """Credentials that were not ended and that none of these marks knows: they were put there, or changed, beside history."""
    return [row for row in listed(conn, tuple(Kind)) if _mark(row.kind, row.holder, row.hash, row.expires_at) not in marks]


def of_secret(conn: Connection, kind: Kind, words: str) -> Row[Any] | None:
    """The credential that a secret belongs to, whether or not it still counts."""
    query = select(CREDENTIAL).where(CREDENTIAL.c.hash == hashed(words), CREDENTIAL.c.kind == kind.value)
    return conn.execute(query).one_or_none()


def live(row: Row[Any], now: datetime) -> bool:
    """Whether a credential counts at that moment."""
    return row.ended_at is None and (row.expires_at is None or now < row.expires_at)


def listed(conn: Connection, kinds: Sequence[Kind], *, holder: str | None = None, case_id: int | None = None) -> list[Row[Any]]:
    """Credentials of these kinds that were not ended, oldest first; of everybody, one holder or one case."""
    query = select(CREDENTIAL).where(CREDENTIAL.c.kind.in_(kinds), CREDENTIAL.c.ended_at.is_(None)).order_by(CREDENTIAL.c.id)
    for column, wanted in ((CREDENTIAL.c.holder, holder), (CREDENTIAL.c.case_id, case_id)):
        query = query if wanted is None else query.where(column == wanted)
    return list(conn.execute(query))


def claim(conn: Connection, row: Row[Any], now: datetime) -> bool:
    """Use up a credential that counts once; False when somebody else just did, or it counts no more."""
    fresh = and_(CREDENTIAL.c.id == row.id, CREDENTIAL.c.ended_at.is_(None), CREDENTIAL.c.expires_at > now)
    return conn.execute(update(CREDENTIAL).where(fresh).values(used_at=now, ended_at=now)).rowcount == 1


def used(conn: Connection, row: Row[Any], now: datetime) -> None:
    """Note when a credential was last used."""
    conn.execute(update(CREDENTIAL).where(CREDENTIAL.c.id == row.id).values(used_at=now))


def end(conn: Connection, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Let credentials count no more."""
    conn.execute(update(CREDENTIAL).where(CREDENTIAL.c.id.in_([row.id for row in rows])).values(ended_at=now))


# --- guessing ---------------------------------------------------------------------------------------------------------------


class Patience(NamedTuple):
    """How long is waited after failures: from number `free` on `first`, doubled by each further one, up to `longest`."""

    free: int
    first: timedelta
    longest: timedelta


def attempt(conn: Connection, subject: str, now: datetime, patience: Patience) -> datetime | None:
    """Count an attempt at `subject` as failed, until `forgive` says otherwise; or until when none is heard.

    It counts before it is tried, so that many at once are no way around. A day after the last one failures are forgotten.
    """
    alone(conn, f"guess/{subject}")
    conn.execute(delete(GUESS).where(GUESS.c.blocked_until < now - timedelta(days=1)))
    known = conn.execute(select(GUESS).where(GUESS.c.subject == hashed(subject))).one_or_none()
    if known is not None and now < known.blocked_until:
        until: datetime = known.blocked_until
        return until
    failures = 1 if known is None else known.failures + 1
    beyond = failures - patience.free
    wait = timedelta() if beyond < 0 else min(patience.longest, patience.first * 2 ** min(beyond, 30))
    forgive(conn, subject)
    conn.execute(insert(GUESS).values(subject=hashed(subject), failures=failures, blocked_until=now + wait))
    return None


def forgive(conn: Connection, subject: str) -> None:
    """Forget failed attempts: one succeeded."""
    conn.execute(delete(GUESS).where(GUESS.c.subject == hashed(subject)))
