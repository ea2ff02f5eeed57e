"""Progress on the error output, only where somebody watches."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Callable[..., None]]:
    """A bar that moves by the number it is called with, of so many when a second one tells it; nothing at all when the error output is
    not a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, of=None: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done, of=None: bar.update(task, advance=done, total=of or total)


def so_far(moved: Callable[..., None]) -> Callable[[int, int], None]:
    """The same bar for work that tells how much is done in all and how much is to do, not how much was added."""
    before = 0

    def told(done: int, of: int) -> None:
        nonlocal before
        moved(done - before, of)
        before = done

    return told
