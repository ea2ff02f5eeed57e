"""Files of a case, sealed, each content kept once; not shared between cases."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from engine.ground.errors import NotFound
from engine.ground.language import say
from engine.records import sealing, tables

FILE = tables.FILE


@dataclass(frozen=True, slots=True)
class File:
    """A file of a case, without its content."""

    sha256: str
    name: str
    media_type: str
    size: int                            # bytes
    attached_at: datetime | None = None  # None: not kept yet

    def canonical(self) -> dict[str, Any]:
        """What history commits to (the name of a file is personal too)."""
        return {"sha256": self.sha256, "name": self.name, "type": self.media_type, "size": self.size}


def keep_file(conn: Connection, case_id: int, key: bytes, file: File, content: bytes, now: datetime) -> bool:
    """Keep a file of a case under the key of that name; whether it is new (the same content is kept once)."""
    if any(known.sha256 == file.sha256 for _, known in _known(conn, case_id)):
        return False
    conn.execute(insert(FILE).values(
        case_id=case_id, id=os.urandom(16).hex(), about=sealing.seal_json(conn, key, file.canonical()),
        content=sealing.seal(conn, key, content), attached_at=now,
    ))
    return True


def files(conn: Connection, case_id: int) -> list[File]:
    """The files of a case, in the order attached, without their content; erased ones are left out."""
    return sorted((file for _, file in _known(conn, case_id)), key=lambda file: (file.attached_at, file.sha256))


def content(conn: Connection, case_id: int, sha256: str) -> bytes:
    """The content of a file of a case by its sha256; raises NotFound, also for one that was erased."""
    for id_, file in _known(conn, case_id):
        if file.sha256 == sha256:
            box = conn.execute(select(FILE.c.content).where(FILE.c.case_id == case_id, FILE.c.id == id_)).scalar_one()
            plain = sealing.open_box(conn, box)
            if plain is not None:
                return plain
    raise NotFound(
        say("The case has no file {sha256}", sha256=sha256), hint=say("`makegood case show` lists its files."), kind="file", name=sha256,
    )


def _known(conn: Connection, case_id: int) -> Iterator[tuple[str, File]]:
    query = select(FILE.c.id, FILE.c.about, FILE.c.attached_at).where(FILE.c.case_id == case_id)
    rows = conn.execute(query).all()
    for row, about in zip(rows, sealing.open_json(conn, [row.about for row in rows]), strict=True):
        if about is not None:
            yield row.id, File(about["sha256"], about["name"], about["type"], about["size"], row.attached_at)
