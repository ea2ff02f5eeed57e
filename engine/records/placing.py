"""Files that appear under their name whole, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def appearing(path: Path, mode: int = 0o666) -> Iterator[Path]:
    """A name beside `path` to write a new file under, which then gets its own: safe from a power cut, never in place of another.

    `mode` says who may use it, as far as the account lets anybody. Raises FileExistsError when there is one, other OSErrors as they come.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.touch(mode, exist_ok=False)
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        os.link(partial, path)   # unlike a rename, refuses to replace
    finally:
        partial.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
