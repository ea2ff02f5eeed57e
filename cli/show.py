"""How answers look: times near the reader, tables, plain lines, JSON.

Whatever customers wrote is shown as text, never as commands to the terminal.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from unicodedata import category

from engine.ground.language import say
from engine.ground.wall import wall_due

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "dim": "2", "bold": "1"}
_WIDEST = 10_000  # columns when the output is not a terminal: nothing is cut off in a pipe


SHOWN = 20  # bad lines of a file named on the terminal; `--json` names all


def clean(value: object) -> str:
    """Text without control, bidirectional and other invisible characters; line breaks and tabs become spaces."""
    text = "" if value is None else str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if c in "\n\r\t" else "�" if category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)


def coloured() -> bool:
    """Whether the answer goes to a terminal that shows colours (NO_COLOR and TERM=dumb say no)."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str) -> str:
    """The text in a colour, where colours are shown."""
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if colour and coloured() else text


# --- time -----------------------------------------------------------------------------------------------------------


def away(instant: datetime, now: datetime) -> str:
    """How far an instant lies from now, in the largest whole unit: "in 2 days", "3 hours overdue"."""
    late = instant < now
    minutes = int(abs(instant - now) / timedelta(minutes=1))
    if minutes < 1:
        return say("just overdue") if late else say("now")
    if minutes < 120:
        return _minutes(minutes, late)
    if minutes < 48 * 60:
        return say("{n} hours overdue", n=minutes // 60) if late else say("in {n} hours", n=minutes // 60)
    days = minutes // (24 * 60)
    return say("{n} days overdue", n=days) if late else say("in {n} days", n=days)


def _minutes(n: int, late: bool) -> str:
    if n == 1:
        return say("1 minute overdue") if late else say("in 1 minute")
    return say("{n} minutes overdue", n=n) if late else say("in {n} minutes", n=n)


def due(instant: datetime | None, now: datetime, zone: str) -> tuple[str, str]:
    """A due time in full and relative, with the colour of its urgency."""
    if instant is None or instant.year == 9999:
        return "", ""
    colour = "red" if instant < now else "yellow" if instant - now < timedelta(days=1) else ""
    return f"{wall_due(instant, zone)} ({away(instant, now)})", colour


# --- forms ----------------------------------------------------------------------------------------------------------


def as_json(thing: Any) -> None:
    """Print a value as JSON: dataclasses as objects, instants as ISO text in UTC, exact numbers as text."""
    print(json.dumps(thing, ensure_ascii=False, indent=2, default=_plain))


def _plain(thing: Any) -> Any:
    if is_dataclass(thing) and not isinstance(thing, type):
        return asdict(thing)
    if isinstance(thing, (datetime, date)):
        return thing.isoformat()
    if isinstance(thing, Enum):
        return thing.value
    if isinstance(thing, (set, frozenset)):
        return sorted(thing)
    if isinstance(thing, timedelta):
        return thing.total_seconds()
    if isinstance(thing, Decimal):
        return str(thing)
    if isinstance(thing, Mapping):
        return dict(thing)
    return str(thing)


def width(text: str) -> int:
    """Columns that a text takes on a terminal: wide East Asian characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def heading(text: str) -> None:
    """A line that begins a part of the answer."""
    print(paint(text, "bold"))


def facts(pairs: Iterable[tuple[str, str, str]], indent: str = "  ") -> None:
    """Label, value and colour, one to a line, values under each other. Without rich: this is the quick way for one thing."""
    rows = [pair for pair in pairs if pair[1]]
    widest = max((width(label) for label, _, _ in rows), default=0)
    for label, text, colour in rows:
        print(f"{indent}{label}{' ' * (widest - width(label))}  {paint(text, colour)}")


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str | tuple[str, str]]], *, empty: str, right: Sequence[bool] = ()
) -> None:
    """A table; a cell is a text, or a text and its colour. `empty` is said when there are no rows; `right` which columns end alike."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    listed = [[(cell, "") if isinstance(cell, str) else cell for cell in row] for row in rows]
    if not listed:
        print(empty)
        return
    terminal = sys.stdout.isatty()
    console = Console(width=None if terminal else _WIDEST, no_color=not coloured(), highlight=False, soft_wrap=not terminal)
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for n, column in enumerate(columns):
        made.add_column(column, overflow="fold", justify="right" if right and right[n] else "left")
    for row in listed:
        made.add_row(*(Text(clean(text), style=colour) for text, colour in row))
    console.print(made)


def standing(state_title: str, awaits: str | None) -> str:
    """A state in words, and whom it waits for when that is not staff."""
    return f"{state_title} – {say('waiting for the customer')}" if awaits else state_title


def bad_lines(bad: Sequence[tuple[int, str]]) -> None:
    """The lines of a file that could not be used, each with its reason; of many the first."""
    for line, reason in bad[:SHOWN]:
        print(say("  line {line}: {reason}", line=line, reason=clean(reason)))
    if len(bad) > SHOWN:
        print(say("  and {count} more: --json names all", count=len(bad) - SHOWN))


def bad_json(bad: Sequence[tuple[int, str]]) -> list[dict[str, object]]:
    """The same for `--json`, all of them."""
    return [{"line": line, "reason": reason} for line, reason in bad]
