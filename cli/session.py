"""The file that keeps a login of this account: one secret, readable by its owner alone."""

import os
import re
import stat
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from engine.ground.errors import Denied, Unavailable
from engine.ground.language import say

if TYPE_CHECKING:
    from engine.usecases.house import Settings

_SECRET = re.compile(r"[0-9a-f]{40}\n?")


def place(settings: "Settings") -> Path:
    """Where the login to this house is kept: MAKEGOOD_SESSION, or under XDG_STATE_HOME (~/.local/state), one for each house."""
    named = os.environ.get("MAKEGOOD_SESSION")
    if named:
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "makegood" / f"session-{sha256(settings.database_url.encode()).hexdigest()[:16]}"


def keep(settings: "Settings", secret: str) -> Path:
    """Write a login, in place of the one before; raises Unavailable."""
    path = place(settings)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secret + "\n")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Unavailable(
            say("{file} cannot be written: {reason}", file=str(path), reason=error.strerror or str(error)),
            hint=say("Name another place for the login with MAKEGOOD_SESSION."), path=str(path),
        ) from error
    return path


def forget(settings: "Settings") -> None:
    """Remove the login, if there is one."""
    place(settings).unlink(missing_ok=True)


def secret_in(path: Path) -> str | None:
    """The secret in a file that belongs to this account alone, None when there is no file.

    Raises Denied for one that others could have read or written, or that holds something else.
    """
    try:
        found = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unfit(path, error.strerror or str(error)) from error
    try:
        about = os.fstat(found)
        if not stat.S_ISREG(about.st_mode):
            raise _unfit(path, say("it is no file"))
        if hasattr(os, "geteuid") and about.st_uid != os.geteuid():
            raise _unfit(path, say("it belongs to another account"))
        if os.name == "posix" and about.st_mode & 0o077:
            raise _unfit(path, say("others may use it too (mode {mode}, not 600)", mode=f"{about.st_mode & 0o777:o}"))
        text = os.read(found, 100).decode("ascii", "replace")
    finally:
        os.close(found)
    if not _SECRET.fullmatch(text):
        raise _unfit(path, say("what is in it was not written by makegood"))
    return text.strip()


def _unfit(path: Path, why: str) -> Denied:
    return Denied(
        say("{file} proves nothing: {why}", file=str(path), why=why),
        hint=say("Remove it and log in again; a token that others could read should be revoked."), why="file",
    )
