"""Copies of SQLite files, made while others write: one moment of the database, in one file."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from engine.ground.errors import Conflict, Unavailable
from engine.ground.language import say
from engine.records import trouble
from engine.records.engines import BUSY_MS
from engine.records.placing import appearing
from engine.records.schema import Progress

_PAGES = 1000           # copied at a time; nobody waits for them


def save(file: Path, to: Path, progress: Progress | None = None) -> None:
    """Make the file `to`, for this account alone, of what the database in `file` holds at this moment.

    Raises Conflict when there is such a file, Unavailable when either cannot be used.
    """
    try:
        with appearing(to, 0o600) as partial, trouble.in_plain_words(str(file)):
            _copy(file, partial, progress)
    except FileExistsError as error:
        raise Conflict(
            say("There is already a file {path}", path=str(to)), hint=say("Backups are never overwritten: choose another name."),
            changed=str(to),
        ) from error
    except OSError as error:
        raise Unavailable(
            say("{file} cannot be written: {reason}", file=str(to), reason=error.strerror or str(error)),
            hint=say("Choose a place where you may write."), path=str(to),
        ) from error


def put_back(file: Path, to: Path, progress: Progress | None = None) -> None:
    """Let the database in `to`, which is made if it is not there, hold what that in `file` does: all or nothing. Raises Unavailable."""
    to.touch(0o600)
    with trouble.in_plain_words(str(to)):
        _copy(file, to, progress)


def holds(file: Path, table: str) -> bool:
    """Whether there is a sound SQLite database with that table in a file; raises Unavailable when it cannot be read or is damaged."""
    with trouble.in_plain_words(str(file)), _opened(file, "ro") as raw:
        sound = raw.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
        found = raw.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
    if not sound:
        raise trouble.damaged(str(file), "quick_check")
    return found is not None


def _copy(file: Path, to: Path, progress: Progress | None) -> None:
    with _opened(file, "rw") as source, _opened(to, "rw") as target:
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_master").fetchone()        # from here on this moment is seen, whoever writes
        source.backup(
            target, pages=_PAGES, progress=(lambda _, left, of: progress(of - left, of)) if progress else None,
        )


@contextmanager
def _opened(file: Path, mode: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{quote(str(file))}?mode={mode}", uri=True, isolation_level=None)) as raw:
        raw.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        yield raw
