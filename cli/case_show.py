"""How cases are printed."""

from datetime import datetime
from typing import TYPE_CHECKING

from cli.run import Desk
from cli.show import as_json, clean, due, facts, heading, local, paint, table
from engine.ground.language import say

if TYPE_CHECKING:
    from engine.deciding.machine import Option
    from engine.usecases.listing import CaseLine, InboxLine, Page
    from engine.usecases.reading import CaseView, ClockView
    from engine.usecases.telling import HistoryLine
    from engine.usecases.work import Outcome


def print_outcome(desk: Desk, outcome: "Outcome", what: str) -> None:
    """What a use case did to a case."""
    if desk.as_json:
        as_json(
            {
                "number": outcome.number,
                "state": outcome.state,
                "revision": outcome.revision,
                "notices": list(outcome.notices),
                "events": [_event(event) for event in outcome.events],
                "settled": [_event(event) for event in outcome.settled],
            }
        )
        return
    if outcome.settled:
        print(
            paint(
                say("{number}: {count} things that had fallen due were settled first", number=outcome.number, count=len(outcome.settled)),
                "dim",
            )
        )
    print(say("{number}: {what}; it is now in state {state}", number=outcome.number, what=what, state=outcome.state))
    if outcome.notices:
        print(say("  notices on their way: {notices}", notices=", ".join(outcome.notices)))


def _event(event: object) -> dict[str, object]:
    from engine.deciding.case import Event

    assert isinstance(event, Event)
    return {"seq": event.seq, "kind": event.kind, "occurred_at": event.occurred_at, "actor": event.actor, "on_behalf": event.on_behalf}


# --- lists ----------------------------------------------------------------------------------------------------------


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
    rows = [
        (
            line.number,
            line.title or line.definition,
            line.state_title,
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


def print_inbox(desk: Desk, lines: "tuple[InboxLine, ...]", more: bool, at: datetime) -> None:
    """What waits for somebody."""
    columns = (say("Number"), say("To do"), say("State"), say("Customer"), say("Owner"), say("Due"))
    rows = [
        (
            line.number,
            (", ".join(line.waiting), "bold" if line.mine else ""),
            line.state_title,
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
        return say("closed {at}", at=local(closed, line.timezone)), "dim"
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
            ", ".join(option.require),
            ("; ".join(o.message for o in option.obstacles), "dim") if option.obstacles else (say("possible"), "green"),
        )
        for option in sorted(options, key=lambda option: bool(option.obstacles))
    ]
    table((say("Action or task"), say("Title"), say("Needs"), say("Now")), rows, empty=say("Nothing can be done in this state."))


# --- one case -------------------------------------------------------------------------------------------------------


def print_case(desk: Desk, case: "CaseView") -> None:
    """A case whole, part by part; parts without content are left out."""
    if desk.as_json:
        as_json(case)
        return
    zone = case.timezone
    heading(f"{case.number}  {clean(case.title or case.definition)}")
    customer = case.customer or {}
    state = case.state_title + (f" ({case.state})" if case.state_title != case.state else "")
    facts(
        [
            (say("State"), state, "" if case.closed_at is None else "dim"),
            (say("Owner"), _named(case.owner_name, case.owner), ""),
            (say("Also told"), ", ".join(case.added), ""),
            (say("Customer"), clean(", ".join(v for k, v in customer.items() if k not in ("id", "language"))), ""),
            (say("Opened"), local(case.opened_at, zone), ""),
            (say("Closed"), local(case.closed_at, zone), ""),
            (
                say("Version"),
                say(
                    "{definition} version {version}, revision {revision}",
                    definition=case.definition,
                    version=case.version,
                    revision=case.revision,
                ),
                "dim",
            ),
        ]
    )
    _part(say("Values"), [(clean(f.title), clean(f.text) or say("(erased)"), "") for f in case.fields if f.text or f.personal])
    _part(say("Clocks"), [(clean(clock.title), *_clock(clock, case.at, zone)) for clock in case.clocks])
    _part(say("Tasks"), [_task(task, case.at, zone) for task in case.tasks])
    _part(
        say("Possible actions"),
        [(", ".join((*case.open_tasks, *case.actions)), say("for whom and when: makegood case act {number}", number=case.number), "dim")]
        if case.actions or case.open_tasks
        else [],
    )
    _part(
        say("Notices"),
        [
            (
                f"{notice.id}",
                f"{clean(notice.name)} → {notice.to}: {_notice(notice.status)} {local(notice.sent_at or notice.created_at, zone)}",
                "red" if notice.status in ("dead", "by_hand") else "",
            )
            for notice in case.notices
        ],
    )
    _part(say("Files"), [(clean(file.name), say("{size} bytes", size=file.size), "") for file in case.files])
    _part(say("Links"), [(other, kind, "") for kind, other in case.links])


def _part(title: str, rows: list[tuple[str, str, str]]) -> None:
    if rows:
        print()
        heading(title)
        facts(rows)


def _named(name: str | None, id_: str | None) -> str:
    return "" if id_ is None else f"{clean(name)} ({id_})" if name and name != id_ else id_


def _clock(clock: "ClockView", now: datetime, zone: str) -> tuple[str, str]:
    from engine.usecases.telling import clock_status

    late = say(" (was due {at})", at=local(clock.breached_at, zone)) if clock.breached_at else ""
    if clock.status == "running":
        if clock.unknown:
            return say("due time unknown: {why}", why=clock.unknown), "red"
        text, colour = due(clock.due_at, now, zone)
        return say("due {at}", at=text), "red" if clock.breached_at else colour
    if clock.status == "met":
        return (
            (say("met late {at}", at=local(clock.ended_at, zone)) + late, "red")
            if late
            else (say("met {at}", at=local(clock.ended_at, zone)), "green")
        )
    return clock_status(clock.status) + late, "red" if late else "dim"


def _task(task: object, now: datetime, zone: str) -> tuple[str, str, str]:
    from engine.usecases.reading import TaskView
    from engine.usecases.telling import task_status

    assert isinstance(task, TaskView)
    text, colour = task_status(task.status), "dim"
    if task.status == "open":
        when, colour = due(task.due_at, now, zone)
        text += (say(", due {at}", at=when) if when else "") + (f", {task.assignee}" if task.assignee else "")
    elif task.ended_at:
        text += f" {local(task.ended_at, zone)}"
    return clean(task.title), text, colour


def _notice(status: str) -> str:
    return {
        "waiting": say("waiting to be sent"),
        "sent": say("sent"),
        "by_hand": say("to be conveyed by hand"),
        "dead": say("could not be sent"),
        "cancelled": say("cancelled"),
    }.get(status, status)


def print_history(desk: Desk, lines: "list[HistoryLine]", zone: str) -> None:
    """The history of a case, oldest first; what was recorded later than it happened says so."""
    if desk.as_json:
        as_json(lines)
        return
    for line in lines:
        late = line.recorded_at - line.occurred_at
        noted = say(" (recorded {at})", at=local(line.recorded_at, zone)) if late.total_seconds() >= 60 else ""
        print(f"{line.seq:>4}  {local(line.occurred_at, zone)}  {paint(clean(line.who), 'bold')}: {clean(line.what)}{paint(noted, 'dim')}")
        for detail in line.details:
            print(f"{'':24}{clean(detail)}")
