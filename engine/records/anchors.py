"""Anchors: the heads of all streams, written outside the database from time to time.

Whoever holds the database can recompute every hash in it, but not what an anchor file said. Each file names the sha256 of
the one before, so that a file changed or taken out of the middle shows too; keep copies where nobody who works here can write.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.ground.canonical import canonical
from engine.ground.errors import Conflict, Unavailable
from engine.ground.language import say
from engine.records.history import Head
from engine.records.placing import appearing


@dataclass(slots=True)
class Anchored:
    """What the anchor files of a folder say together."""

    heads: dict[str, dict[int, dict[str, str]]] = field(default_factory=dict)   # stream → seq → hash → the first file that names it
    problems: list[tuple[str, str]] = field(default_factory=list)               # (file, what is wrong with it)


def files_in(folder: Path) -> list[Path]:
    """The anchor files of a folder, oldest first; raises Unavailable when it cannot be listed."""
    try:
        return sorted(folder.glob("*.jsonl"))
    except OSError as error:
        raise _unreadable(folder, error) from error


def last_made(folder: Path) -> datetime | None:
    """When the latest anchor of a folder was made, by its name; None when there is none. Raises Unavailable."""
    for path in reversed(files_in(folder)):
        with suppress(ValueError):      # whose file that is, `read` tells
            return datetime.strptime(path.name, "%Y%m%dT%H%M%S.%fZ.jsonl").replace(tzinfo=UTC)
    return None


def read(folder: Path) -> Anchored:
    """Everything the anchor files of a folder say, and what is wrong with them; raises Unavailable when one cannot be read."""
    found = Anchored()
    before = ""
    for path in files_in(folder):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _unreadable(path, error) from error
        wrong = _take(found, path.name, content, before)
        if wrong:
            found.problems.append((path.name, wrong))
        before = sha256(content).hexdigest()
    return found


def _take(found: Anchored, name: str, content: bytes, before: str) -> str:
    """Add what one file says; returns what is wrong with it, or ""."""
    lines = content.decode("utf-8", "replace").splitlines()
    wrong = ""
    try:
        header = json.loads(lines[0])
        if header["before"] != before:
            wrong = say("does not follow the anchor file before it: that one was changed, taken away or added later")
        if header["streams"] != len(lines) - 1:
            wrong = wrong or say("names {found} streams of {said}: it was changed", found=len(lines) - 1, said=header["streams"])
        for line in lines[1:]:
            head = json.loads(line)
            found.heads.setdefault(head["stream"], {}).setdefault(int(head["seq"]), {}).setdefault(head["hash"], name)
    except (ValueError, KeyError, IndexError, TypeError):
        wrong = say("is not an anchor file that can be read: it was changed")
    return wrong


def write(folder: Path, heads: Iterable[Head], now: datetime) -> Path:
    """Write the next anchor file, whole or not at all, and return its path.

    Raises Conflict when a file of this moment or a later one is there already, Unavailable when the folder cannot be written.
    """
    path = folder / f"{now:%Y%m%dT%H%M%S}.{now.microsecond:06}Z.jsonl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        earlier = files_in(folder)
        if earlier and earlier[-1].name >= path.name:
            raise Conflict(
                say("There is already an anchor of {name} in {folder}", name=earlier[-1].name, folder=str(folder)),
                hint=say("Check the clock of this machine; anchors are never overwritten."), changed=earlier[-1].name,
            )
        before = sha256(earlier[-1].read_bytes()).hexdigest() if earlier else ""
        lines = [canonical(head._asdict()) for head in heads]
        header: dict[str, Any] = {"anchor": 1, "made": now.isoformat(), "before": before, "streams": len(lines)}
        with appearing(path) as partial:
            partial.write_text("\n".join([canonical(header), *lines, ""]), encoding="utf-8", newline="\n")
    except OSError as error:
        raise Unavailable(
            say("The anchor {path} cannot be written: {reason}", path=str(path), reason=error.strerror or str(error)),
            hint=say("Check `anchors` in makegood.toml, the folder and its rights."), reason=str(error),
        ) from error
    return path


def _unreadable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        say("The anchors in {path} cannot be read: {reason}", path=str(path), reason=error.strerror or str(error)),
        hint=say("Check `anchors` in makegood.toml, the folder and its rights."), reason=str(error),
    )
