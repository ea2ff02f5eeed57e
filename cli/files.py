"""Files that a command reads or writes; what cannot be read or written is said in plain words."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.ground.errors import Unavailable
from engine.ground.language import say


def read_file(path: str) -> Mapping[str, Any]:
    """A file as use cases take it: name, content and media type; raises Unavailable."""
    from mimetypes import guess_type

    place = Path(path)
    try:
        content = place.read_bytes()
    except OSError as error:
        raise Unavailable(say("{file} cannot be read: {reason}", file=path, reason=error.strerror or str(error))) from error
    return {"name": place.name, "content": content, "media_type": guess_type(place.name)[0] or "application/octet-stream"}


def put(text: str, out: str | None, *, make: bool = False) -> None:
    """Print a text, or write it into a file; raises Unavailable."""
    if out is None:
        print(text.rstrip("\n"))
        return
    try:
        if make:
            Path(out).parent.mkdir(parents=True, exist_ok=True)
        Path(out).write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            say("{file} cannot be written: {reason}", file=out, reason=error.strerror or str(error)),
            hint=say("Choose a place where you may write."),
            path=out,
        ) from error
