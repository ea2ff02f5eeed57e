"""Reading files that somebody else wrote: regular, of bearable size, inside their folder."""

from pathlib import Path

from engine.defining.problems import Problem
from engine.defining.tree import MAX_BYTES
from engine.ground.language import say


def read_file(path: Path, shown: str, inside: Path | None = None) -> tuple[bytes | None, Problem | None]:
    """The bytes of a file, or the problem that keeps them from being read: missing, not a regular file, too large, not readable, or
    (with `inside`, an absolute folder) a link that leads out of that folder."""
    try:
        if inside is not None and not path.resolve().is_relative_to(inside):
            return None, Problem(shown, 0, 0, say("This link leads out of the folder"), hint=say("Put a copy of the file into the folder."))
        if not path.exists():
            return None, Problem(shown, 0, 0, say("The file does not exist"), hint=say("Check its name and folder."))
        if not path.is_file():
            return None, Problem(shown, 0, 0, say("This is not a regular file"))
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return None, Problem(shown, 0, 0, say("The file cannot be read: {reason}", reason=reason), hint=say("Check its permissions."))
    if len(content) > MAX_BYTES:
        return None, Problem(shown, 0, 0, say("The file is larger than 1 MiB"), hint=say("Split it, or move long texts into notices."))
    return content, None
