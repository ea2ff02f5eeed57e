"""Files of a case, kept by content hash and not shared between cases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from engine.ground.errors import NotFound
from engine.ground.language import say
from engine.records import tables

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


def keep_file(conn: Connection, case_id: int, file: File, content: bytes, now: datetime) -> bool:
    """Keep a file of a case under the sha256 of its content; whether it is new (the same content is kept once)."""
    if conn.execute(select(FILE.c.sha256).where(FILE.c.case_id == case_id, FILE.c.sha256 == file.sha256)).first():
        return False
    conn.execute(insert(FILE).values(
        case_id=case_id, sha256=file.sha256, name=file.name, media_type=file.media_type, size=file.size, content=content, attached_at=now,
    ))
    return True


def files(conn: Connection, case_id: int) -> list[File]:
    """The files of a case, in the order attached, without their content."""
    columns = (FILE.c.sha256, FILE.c.name, FILE.c.media_type, FILE.c.size, FILE.c.attached_at)
    query = select(*columns).where(FILE.c.case_id == case_id)
    return [File(*row) for row in conn.execute(query.order_by(FILE.c.attached_at, FILE.c.sha256))]


def content(conn: Connection, case_id: int, key: str) -> bytes:
    """The content of a file of a case by its sha256; raises NotFound."""
    found = conn.execute(select(FILE.c.content).where(FILE.c.case_id == case_id, FILE.c.sha256 == key)).scalar_one_or_none()
    if found is None:
        raise NotFound(
            say("The case has no file {sha256}", sha256=key), hint=say("`makegood case show` lists its files."), kind="file", name=key,
        )
    return bytes(found)
