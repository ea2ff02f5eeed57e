"""How lists of cases, and of what is possible in one, are printed."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cli.run import Desk
from cli.show import as_json, due, paint, standing, table
from engine.ground.language import say
from engine.ground.wall import wall

if TYPE_CHECKING:
    from engine.deciding.machine import Option
    from engine.usecases.inboxes import InboxLine
    from engine.usecases.listing import CaseLine, Page


def print_page(desk: Desk, page: "Page", *, empty: str, where: bool = False) -> None:
    """A page of cases."""
    if desk.as_json:
        as_json({"page": page.page, "more": page.more, "cases": page.lines})
        return
    columns = [
        say("Number"),
        say("Case of"),
        say("State"),
        say("Customer"),
        say("Owner"),
        say("Due"),
        *([say("Found in")] if where else []),
    ]
    rows: list[Sequence[str | tuple[str, str]]] = [
        (
            line.number,
            line.title or line.definition,
            standing(line.state_title, line.awaits),
            line.customer or "",
            line.owner_name or "",
            _due(line, page.at),
            *([", ".join(line.found_in)] if where else []),
        )
        for line in page.lines
    ]
    table(columns, rows, empty=empty)
    if page.more:
        print(paint(say("There are more: --page {next}, or a larger --limit.", next=page.page + 1), "dim"))


def print_inbox(lines: "tuple[InboxLine, ...]", more: bool, at: datetime) -> None:
    """What waits for somebody."""
    columns = (say("Number"), say("To do"), say("State"), say("Customer"), say("Owner"), say("Due"))
    rows = [
        (
            line.number,
            (", ".join(line.waiting) + _stands_in(line), "bold" if line.mine else ""),
            standing(line.state_title, line.awaits),
            line.customer or "",
            line.owner_name or "",
            _due(line, at),
        )
        for line in lines
    ]
    table(columns, rows, empty=say("Nothing waits for you."))
    if more:
        print(paint(say("There are more: use a larger --limit."), "dim"))


def _due(line: "CaseLine | InboxLine", now: datetime) -> tuple[str, str]:
    closed = getattr(line, "closed_at", None)
    if closed is not None:
        return say("closed {at}", at=wall(closed, line.timezone)), "dim"
    if line.due_unknown:
        return say("unknown: the calendar ends too early"), "red"
    return due(line.due_at, now, line.timezone)


def print_options(desk: Desk, number: str, options: "list[Option]") -> None:
    """What is possible in a case for this person, and why the rest is not."""
    if desk.as_json:
        as_json({"number": number, "options": options})
        return
    rows = [
        (
            (option.name, "" if option.obstacles else "green"),
            option.title,
            ", ".join([*option.require, *(say("{value} when {condition}", value=n, condition=c) for n, c in option.require_if.items())]),
            ("; ".join(o.message for o in option.obstacles), "dim") if option.obstacles else (say("possible"), "green"),
        )
        for option in sorted(options, key=lambda option: bool(option.obstacles))
    ]
    table((say("Action or task"), say("Title"), say("Needs"), say("Now")), rows, empty=say("Nothing can be done in this state."))


def _stands_in(line: "InboxLine") -> str:
    """For whom it is, where it is theirs only because others are away."""
    return "".join(" " + say("(for {who}, away until {day})", who=one.name, day=one.until.isoformat()) for one in line.stands_in_for)
