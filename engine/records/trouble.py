"""What a database driver complains about, in plain words: the one place that translates its errors."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import uniform
from time import sleep
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from engine.ground.errors import Busy, Conflict, MakegoodError, Unavailable
from engine.ground.language import say

APPEND_ONLY = "history is append-only"
"""What the triggers of the database say when somebody tries to change history."""

PAUSES = (0.05, 0.3, 1.5)
"""Seconds before something is done again that somebody else was in the way of."""

T = TypeVar("T")
DRIVER_ERRORS = (DBAPIError, sqlite3.Error, PoolTimeout)


@contextmanager
def in_plain_words(where: str) -> Iterator[None]:
    """Translate what a driver complains about meanwhile; what can only be a defect of the program is raised as it is."""
    try:
        yield
    except DRIVER_ERRORS as error:
        plain = translated(error, where)
        if plain is None:
            raise
        raise plain from error


@contextmanager
def committing(where: str) -> Iterator[None]:
    """Say so where a change was being confirmed meanwhile and the answer got lost: it may count or not."""
    try:
        yield
    except DRIVER_ERRORS as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        state, name = getattr(cause, "sqlstate", ""), getattr(cause, "sqlite_errorname", "")
        if name.startswith("SQLITE_IOERR") or (not name and (state is None or state.startswith(("08", "57P")))):
            raise Unavailable(
                say("The answer of {database} got lost while it confirmed a change: it may have been recorded, or not", database=where),
                hint=say("Look first, for example with `makegood case show`, then repeat it if it was not. The sweep and the delivery "
                         "find out by themselves."), reason="unsure",
            ) from error
        raise


def patiently(do: Callable[[], T], in_the_way: type[Unavailable] = Busy) -> T:
    """Do one transaction, again after growing pauses where somebody else was in the way; raises what it raised last."""
    for pause in PAUSES:
        try:
            return do()
        except in_the_way:
            sleep(pause * uniform(0.5, 1.5))    # two that stood in each other's way must not meet again
    return do()


def translated(error: Exception, where: str) -> MakegoodError | None:
    """The error a person can act on, or None for what can only be a defect of the program (leave it as it is).

    `where` names the database as the person knows it: a path, or a URL without its password.
    """
    if isinstance(error, PoolTimeout):
        return _busy(where)
    cause = error.orig if isinstance(error, DBAPIError) else error
    if APPEND_ONLY in str(cause):
        return Conflict(
            say("The database refused to change what is already in history ({database})", database=where),
            hint=say("History only grows: correct an entry with `makegood case correct`."), changed="history",
        )
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause, where)
    return _of_postgresql(cause, where)


def _of_sqlite(cause: sqlite3.Error, where: str) -> MakegoodError | None:
    name = getattr(cause, "sqlite_errorname", "")
    text = str(cause)
    if name.startswith("SQLITE_NOTADB"):
        return Unavailable(
            say("{database} is not a database", database=where),
            hint=say("Check `database` in makegood.toml, or put back a backup of the file."), reason=text,
        )
    if name.startswith("SQLITE_CORRUPT"):
        return damaged(where, text)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return _busy(where)
    if name.startswith("SQLITE_FULL"):
        return Unavailable(
            say("The disk is full: nothing was written to {database}", database=where), hint=say("Make room, then try again."), reason=text,
        )
    if name.startswith("SQLITE_READONLY"):
        return Unavailable(
            say("The database {database} is read-only", database=where),
            hint=say("Give your account the right to write to the file and its folder."), reason=text,
        )
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return cannot_open(where, text)
    if name.startswith("SQLITE_IOERR"):
        return Unavailable(
            say("Reading or writing {database} failed", database=where), hint=say("Check the disk, then try again."), reason=text,
        )
    if name in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
        return _taken(text)
    if "no such table" in text or "no such column" in text:
        return schema_missing(where)
    return None


def _of_postgresql(cause: object, where: str) -> MakegoodError | None:
    state = getattr(cause, "sqlstate", None)
    if state is None or state.startswith(("08", "28", "3D", "57P")):
        if type(cause).__name__ not in ("OperationalError", "InterfaceError") and state is None:
            return None
        return Unavailable(
            say("The database {database} cannot be reached", database=where),
            hint=say("Check `database` in makegood.toml and that the server runs."), reason=str(cause).strip(),
        )
    if state in ("40001", "40P01", "55P03"):
        return _busy(where)
    if state == "23505":
        return _taken(str(cause))
    if state.startswith("53"):
        return Unavailable(
            say("The database server {database} has no room or connections left", database=where),
            hint=say("Make room, then try again."), reason=str(cause).strip(),
        )
    if state == "25006":
        return Unavailable(
            say("The database {database} is read-only", database=where),
            hint=say("Connect to the server that accepts changes."), reason=state,
        )
    if state == "42501":
        return Unavailable(
            say("The role that opens {database} has not the right to do that", database=where),
            hint=say("The owner of the tables runs what `makegood audit grants` prints, after each update too."), reason=str(cause).strip(),
        )
    if state in ("42P01", "42703"):
        return schema_missing(where)
    return None


def _busy(where: str) -> Busy:
    return Busy(
        say("The database {database} was locked by somebody else for too long", database=where),
        hint=say("Try again in a moment; if it stays locked, look for a program that keeps the database open."), reason="locked",
    )


def _taken(text: str) -> Conflict:
    return Conflict(say("Somebody else recorded the same at the same moment"), hint=say("Look at it again, then repeat."), changed=text)


def damaged(where: str, reason: str) -> Unavailable:
    """A SQLite file whose pages do not fit together."""
    return Unavailable(say("The database {database} is damaged", database=where), hint=say("Put back a backup of the file."), reason=reason)


def schema_missing(where: str) -> Unavailable:
    """A database that exists but holds none of our tables."""
    return Unavailable(
        say("{database} holds no tables of makegood", database=where),
        hint=say("Run `makegood init` in its folder."), reason="schema missing",
    )


def cannot_open(where: str, reason: str) -> Unavailable:
    """A file, or the folder it lies in, that this account may not use."""
    return Unavailable(
        say("The database {database} cannot be opened", database=where),
        hint=say("Check that the folder exists and that your account may read and write there."), reason=reason,
    )


def database_missing(where: str) -> Unavailable:
    """No file where the settings say that the database is."""
    return Unavailable(
        say("There is no database at {database}", database=where),
        hint=say("Run `makegood init` in its folder, or correct `database` in makegood.toml."), reason="missing",
    )


def occupied(where: str) -> Conflict:
    """A database that should be empty."""
    return Conflict(
        say("There are records in {database} already", database=where), hint=say("Name a database that is empty."), changed="database",
    )


def schema_older(where: str, found: str, wanted: str) -> Unavailable:
    """Tables of an earlier release."""
    return Unavailable(
        say("The tables in {database} are those of an earlier makegood ({found}, needed: {wanted})",
            database=where, found=found, wanted=wanted),
        hint=say("Make a backup, then run `makegood db upgrade`: it brings the tables up to date and keeps what is in them."),
        reason="schema older", found=found, wanted=wanted,
    )


def schema_newer(where: str, found: str, wanted: str) -> Unavailable:
    """Tables of a later release than this program."""
    return Unavailable(
        say("The tables in {database} are those of a later makegood ({found}, this one knows {wanted})",
            database=where, found=found, wanted=wanted),
        hint=say("Install the later makegood."), reason="schema newer", found=found, wanted=wanted,
    )
