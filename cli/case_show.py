"""How cases are printed."""

from datetime import datetime
from typing import TYPE_CHECKING

from cli.run import Desk
from cli.show import as_json, clean, due, facts, heading, paint, standing
from engine.ground.language import say
from engine.ground.wall import wall, wall_done, wall_due

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.usecases.lessons import Lesson
    from engine.usecases.requests_view import RequestView
    from engine.usecases.telling import HistoryLine
    from engine.usecases.views import CaseView, ClockView, NoticeView
    from engine.usecases.work import Outcome


def print_outcome(desk: Desk, outcome: "Outcome", what: str, similar: "Sequence[Lesson] | None" = None) -> None:
    """What a use case did to a case; with lessons of similar ones, where they are offered."""
    if desk.as_json:
        as_json(
            {
                "number": outcome.number,
                "state": outcome.state,
                "revision": outcome.revision,
                "notices": list(outcome.notices),
                "events": [_event(event) for event in outcome.events],
                "settled": [_event(event) for event in outcome.settled],
                **({} if similar is None else {"similar": similar}),
            }
        )
        return
    if outcome.settled:
        print(
            paint(
                say(
                    "{number}: {count:thing that had fallen due was|things that had fallen due were} settled first",
                    number=outcome.number,
                    count=len(outcome.settled),
                ),
                "dim",
            )
        )
    print(say("{number}: {what}; it is now in state {state}", number=outcome.number, what=what, state=outcome.state))
    if outcome.notices:
        print(say("  notices on their way: {notices}", notices=", ".join(outcome.notices)))
    if similar:
        from cli.library import print_offer

        print_offer(similar)


def asked(outcome: "Outcome") -> str:
    """That something was only asked for, and of which request the answers speak; nothing when it was done."""
    request = next((event.seq for event in outcome.events if event.kind == "asked"), None)
    return say("asked for as request {id}; it waits for approval", id=request) if request is not None else ""


def _event(event: object) -> dict[str, object]:
    from engine.deciding.case import Event

    assert isinstance(event, Event)
    keys = ("seq", "kind", "occurred_at", "recorded_at", "actor", "on_behalf", "identified")
    return {key: getattr(event, key) for key in keys}


# --- one case -------------------------------------------------------------------------------------------------------


def print_case(desk: Desk, case: "CaseView") -> None:
    """A case whole, part by part; parts without content are left out."""
    if desk.as_json:
        as_json(case)
        return
    zone = case.timezone
    heading(f"{case.number}  {clean(case.title or case.definition)}")
    facts(_about(case, zone))
    if case.revealed:
        print(paint(say("Personal data are shown; that you looked is recorded."), "dim"))
    _part(say("Values"), [(clean(f.title), clean(f.text) or say("(erased)"), "") for f in case.fields if f.text or f.personal])
    _part(say("Clocks"), [(clean(clock.title), *_clock(clock, case.at, zone)) for clock in case.clocks])
    _part(say("Tasks"), [_task(task, case.at, zone) for task in case.tasks])
    _part(say("Waiting for an answer"), [_request(request, case.at, zone) for request in case.requests])
    possible = ", ".join((*case.open_tasks, *case.actions))
    where = say("for whom and when: makegood case act {number}", number=case.number)
    _part(say("Possible actions"), [(possible, where, "dim")] if possible else [])
    _part(say("Notices"), [_sent(notice, zone) for notice in case.notices])
    _part(say("Files"), [(clean(file.name), say("{size:byte|bytes}", size=file.size), "") for file in case.files])
    _part(say("Links"), [(other, kind, "") for kind, other in case.links])


def _about(case: "CaseView", zone: str) -> list[tuple[str, str, str]]:
    customer = case.customer or {}
    state = standing(case.state_title + (f" ({case.state})" if case.state_title != case.state else ""), case.awaits)
    version = say(
        "{definition} version {version}, revision {revision}", definition=case.definition, version=case.version, revision=case.revision
    )
    return [
        (say("State"), state, "" if case.closed_at is None else "dim"),
        (say("Owner"), _named(case.owner_name, case.owner), ""),
        (say("Also told"), ", ".join(case.added), ""),
        (say("Customer"), clean(", ".join(v for k, v in customer.items() if k not in ("id", "language"))), ""),
        (say("Customer"), say("erased {at}", at=wall(case.erased_at, zone)) if case.erased_at else "", "dim"),
        (say("Opened"), wall(case.opened_at, zone), ""),
        (say("Closed"), wall(case.closed_at, zone), ""),
        (say("Version"), version, "dim"),
    ]


def _sent(notice: "NoticeView", zone: str) -> tuple[str, str, str]:
    what = f"{clean(notice.name)} → {notice.to}: {_notice(notice.status)} {wall(notice.sent_at or notice.created_at, zone)}"
    return f"{notice.id}", what, "red" if notice.status in ("dead", "by_hand") else ""


def _part(title: str, rows: list[tuple[str, str, str]]) -> None:
    if rows:
        print()
        heading(title)
        facts(rows)


def _named(name: str | None, id_: str | None) -> str:
    return "" if id_ is None else f"{clean(name)} ({id_})" if name and name != id_ else id_


def _clock(clock: "ClockView", now: datetime, zone: str) -> tuple[str, str]:
    from engine.deciding.clock_figures import unknown_text
    from engine.usecases.naming import clock_status

    late = say(" (was due {at})", at=wall_due(clock.breached_at, zone)) if clock.breached_at else ""
    if clock.status == "running":
        if clock.unknown:
            return say("due time unknown: {why}", why=unknown_text(clock.unknown)), "red"
        text, colour = due(clock.due_at, now, zone)
        return say("due {at}", at=text), "red" if clock.breached_at else colour
    if clock.status == "met":
        return (
            (say("met late {at}", at=wall(clock.ended_at, zone)) + late, "red")
            if late
            else (say("met {at}", at=wall(clock.ended_at, zone)), "green")
        )
    return clock_status(clock.status) + late, "red" if late else "dim"


def _task(task: object, now: datetime, zone: str) -> tuple[str, str, str]:
    from engine.usecases.naming import task_status
    from engine.usecases.views import TaskView

    assert isinstance(task, TaskView)
    text, colour = task_status(task.status), "dim"
    if task.status == "open":
        when, colour = due(task.due_at, now, zone)
        text += (say(", due {at}", at=when) if when else "") + (f", {task.assignee}" if task.assignee else "")
    elif task.ended_at:
        text += f" {wall(task.ended_at, zone)}"
    return clean(task.title), text, colour


def _request(request: "RequestView", now: datetime, zone: str) -> tuple[str, str, str]:
    from engine.usecases.naming import answer_in_words

    when, colour = due(request.due_at, now, zone) if request.due_at else ("", "")
    said = [f"{person}: {answer_in_words(word)}" for person, _, word in request.votes]
    parts = [
        clean(request.title),
        *(f"{clean(title)}: {clean(text)}" for title, text in request.given),
        say("asked by {who} {at}", who=request.by, at=wall(request.asked_at, zone)),
        *([say("of {people}", people=", ".join(request.parts))] if request.parts else []),
        *([say("due {at}", at=when)] if when else []),
        *said,
    ]
    return str(request.id), "; ".join(parts), colour


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
        noted = say(" (recorded {at})", at=wall(line.recorded_at, zone)) if late.total_seconds() >= 60 else ""
        at = wall_done(line.occurred_at, line.actor, zone)
        known = paint(f" ({line.identified})", "dim") if line.identified else ""
        print(f"{line.seq:>4}  {at}  {paint(clean(line.who), 'bold')}{known}: {clean(line.what)}{paint(noted, 'dim')}")
        for detail in line.details:
            print(f"{'':24}{clean(detail)}")
