"""Files that come with an action: their content is kept with the case, the field holds what names it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.records import sealing
from engine.records.files import File, keep_file
from engine.usecases.work import Work

LARGEST_FILE = 25 * 1024 * 1024


class Upload(NamedTuple):
    """A file on its way into a case."""

    file: File
    content: bytes


def upload(name: str, content: bytes, media_type: str = "application/octet-stream") -> Upload:
    """A file by its content; raises Invalid when it is empty or too large."""
    if not content or len(content) > LARGEST_FILE:
        raise Invalid(
            say("{name} has {size} bytes; a file may have 1 to {most} bytes", name=name, size=len(content), most=LARGEST_FILE),
            hint=say("Attach a smaller file that is not empty, or note where it is kept."), field="file", expected=f"1..{LARGEST_FILE}",
        )
    return Upload(File(hashlib.sha256(content).hexdigest(), name, media_type, len(content)), content)


def uploads_apart(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Upload]]:
    """The values given with every file (a mapping of name, content and media_type) replaced by what names it, and the files.

    Raises Invalid for a file that is empty or too large.
    """
    found: list[Upload] = []

    def named(value: Any) -> Any:
        if isinstance(value, Mapping) and isinstance(value.get("content"), bytes):      # a text called so came in from outside
            one = upload(value["name"], value["content"], value["media_type"])
            found.append(one)
            return {"sha256": one.file.sha256, "name": one.file.name, "size": one.file.size}
        return [named(part) for part in value] if isinstance(value, list) else value

    return {name: named(value) for name, value in given.items()}, found


def keep(work: Work, uploads: Sequence[Upload]) -> None:
    """Keep files with a case that has its row; in the transaction of the work."""
    if not uploads:
        return
    assert work.loaded is not None
    key = sealing.key_of_case(work.conn, work.loaded.id, work.case.party)
    for file, content in uploads:
        keep_file(work.conn, work.loaded.id, key, file, content, work.now)
