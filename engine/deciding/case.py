"""The values of one case, and how an event changes them.

A case *is* the fold of its events: `apply` is the only function that changes a `CaseState`, used alike when staff act and when
a case is rebuilt from history. What the database keeps beside the history is this fold, so nobody has to fold again.

Values of fields are canonical: what JSON can hold exactly (text, whole numbers, booleans, decimals as strings, dates and
instants as ISO text, lists). `engine.deciding.fields` turns them into live values (Decimal, date, datetime) and back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.deciding.clock_record import USUAL, ClockRun, ClockStatus, Stop, clock_from, clock_json, instant, known, stamp
from engine.deciding.decision_record import Decision, decision_from, decision_json, follow
from engine.deciding.grant_record import Grant, before_migration, grant_from, grant_json
from engine.deciding.grant_record import follow as given
from engine.deciding.request_record import Request, request_from, request_json
from engine.deciding.request_record import follow as answered
from engine.deciding.survey_record import SurveyRun, survey_from, survey_json
from engine.ground.valueclass import valueclass

__all__ = [
    "USUAL", "Act", "CaseState", "ClockRun", "ClockStatus", "Decision", "Event", "Stop", "TaskRun", "TaskStatus", "apply", "case_from",
    "case_json", "clock_from", "clock_json", "instant", "opened", "rebuild", "stamp", "task_from", "task_json",
]


_NO_PERSON = frozenset({"customer", "system"})


class TaskStatus(StrEnum):
    """What became of a task."""

    OPEN = "open"
    HELD = "held"            # its state was left, but `to: back` leads back to it
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class TaskRun:
    """The latest opening of a task in this case."""

    name: str
    state: str
    status: TaskStatus
    opened_at: datetime
    ended_at: datetime | None = None
    assignee: str | None = None          # a person's id, when it was assigned


@dataclass(slots=True)
class Act:
    """How often an action was taken or a task done, when last, and by whom in order."""

    count: int
    at: datetime
    actors: list[str]


@valueclass(frozen=True, slots=True)
class Event:
    """One row of history. `data` is canonical (JSON) and says everything that changed; see `apply` for its keys."""

    stream: str                          # "case/<number>", "organisation", "definitions", "access"
    seq: int                             # from 1, without gaps in its stream
    kind: str                            # opened, acted, task, rung, breach, paused, …
    occurred_at: datetime
    recorded_at: datetime
    actor: str                           # a person's id, "customer", "system"
    on_behalf: str | None
    data: Mapping[str, Any]
    identified: str = ""                 # how the actor proved who they are: "password", "token", "local", "link"


@dataclass(slots=True)
class CaseState:
    """A case as it stands: the fold of its events."""

    number: str
    version_id: int                      # the published definition version it is on
    opened_at: datetime
    state: str = ""
    entered_at: datetime | None = None   # when the present state was entered
    back: list[str] = field(default_factory=list)        # states left towards one with a `to: back` action, latest last
    owner: str | None = None
    closed_at: datetime | None = None
    party: int | None = None             # the customer, in the personal store
    customer_class: str | None = None    # the class that the customer had when the case named them
    fields: dict[str, Any] = field(default_factory=dict)     # public values, canonical
    sealed: dict[str, int] = field(default_factory=dict)     # personal field → seq of the event that set it
    added: list[str] = field(default_factory=list)           # people whom an escalation added
    acts: dict[str, Act] = field(default_factory=dict)
    tasks: dict[str, TaskRun] = field(default_factory=dict)
    clocks: dict[str, ClockRun] = field(default_factory=dict)
    links: list[tuple[str, str]] = field(default_factory=list)   # (kind, number of the other case)
    waits: list[str] = field(default_factory=list)               # numbers of cases that must be closed before this one leaves its state
    notices: dict[str, datetime] = field(default_factory=dict)   # notice name → when last sent
    involved: list[str] = field(default_factory=list)        # people who did anything in it, in their own or another's name
    decided: list[Decision] = field(default_factory=list)    # what was decided and not taken back since, latest last
    grants: list[Grant] = field(default_factory=list)        # amounts that missed promises brought and that were not taken back
    requests: dict[int, Request] = field(default_factory=dict)   # what waits for an answer, by id
    surveys: dict[str, SurveyRun] = field(default_factory=dict)  # what became of each questionnaire, the latest time
    seq: int = 0                         # of the last event
    recorded_at: datetime | None = None  # of the last event; never decreases


def apply(case: CaseState, event: Event) -> None:
    """Change the case as the event says. Every key of `event.data` that changes a case:

    `version` the published version it is on from now (its id) · `to` state entered (also the same one again) · `entered` when that was,
    if not now · `back` the new list of states left · `closed` true/false · `owner` [old, new] · `added` people ·
    `set` {field: [old, new]} · `sealed` {field: [old commitment, new commitment]} · `act` name of the action taken or task done ·
    `tasks` and `clocks` {name: the run as it now is} · `link` [kind, number], with `wait` true until `case_closed` [procedure, number] ·
    `sent` name of a notice · `party` · `decided` {amount, currency, covers}, by that act · `revokes` acts whose decisions are taken back ·
    `surveys` {name: what became of it} · `request` what is asked for ·
    `vote` [request, word, parts] · `ended` {request: how}.
    Other keys are for readers only (`from`, `said`, `notices`, `rung`, `why`, …).
    """
    data, at = event.data, event.occurred_at
    case.version_id = data.get("version", case.version_id)
    if "to" in data:
        case.state = data["to"]
        case.entered_at = instant(data.get("entered")) or at
    if "back" in data:
        case.back = list(data["back"])
    if "closed" in data:
        case.closed_at = at if data["closed"] else None
    if "owner" in data:
        case.owner = data["owner"][1]
    if "party" in data:
        case.party, case.customer_class = data["party"], data.get("class")
    for name, (_, new) in data.get("set", {}).items():
        case.fields[name] = new
    for name in data.get("sealed", {}):
        case.sealed[name] = event.seq
    for person in data.get("added", ()):
        if person not in case.added:
            case.added.append(person)
    if "act" in data:
        act = case.acts.setdefault(data["act"], Act(0, at, []))
        act.count, act.at = act.count + 1, max(act.at, at)     # what is back-dated is not the last
        act.actors.append(event.actor)
        if event.on_behalf:
            act.actors.append(event.on_behalf)
    for name, value in data.get("tasks", {}).items():
        case.tasks[name] = task_from(value)
    for name, value in data.get("clocks", {}).items():
        case.clocks[name] = clock_from(value)
    if "link" in data:
        case.links.append((data["link"][0], data["link"][1]))
        case.waits += [data["link"][1]] if data.get("wait") else []
    case.waits = [number for number in case.waits if number not in data.get("case_closed", ())]
    if "sent" in data:
        case.notices[data["sent"]] = at
    for name, value in data.get("surveys", {}).items():
        case.surveys[name] = survey_from(name, value)
    if "request" in data or "vote" in data or "ended" in data:
        case.requests = answered(case.requests, event.seq, event.actor, event.on_behalf, at, data)
    if "versions" in data:
        for one in case.requests.values():
            one.point = before_migration(one.point) if one.point else None
    case.decided = follow(case.decided, data) if case.decided or "decided" in data else case.decided
    case.grants = given(case.grants, data) if case.grants or "granted" in data else case.grants
    for person in (event.actor, event.on_behalf):
        if person and person not in case.involved and person not in _NO_PERSON:
            case.involved.append(person)
    case.seq = event.seq
    case.recorded_at = event.recorded_at


def opened(event: Event) -> CaseState:
    """The case that an `opened` event begins; its data also hold `version` (id) and `number`."""
    case = CaseState(number=event.data["number"], version_id=event.data["version"], opened_at=event.occurred_at)
    apply(case, event)
    return case


def rebuild(events: list[Event]) -> CaseState:
    """The case after these events, the first of which opened it."""
    case = opened(events[0])
    for event in events[1:]:
        apply(case, event)
    return case


# --- canonical form (JSON) of runs and of the whole case -------------------------------------------------------------


def task_json(task: TaskRun) -> dict[str, Any]:
    """Canonical form of a task's run; what is empty is left out."""
    form: dict[str, Any] = {"name": task.name, "state": task.state, "status": task.status.value, "opened": stamp(task.opened_at)}
    if task.ended_at:
        form["ended"] = stamp(task.ended_at)
    if task.assignee:
        form["assignee"] = task.assignee
    return form


def task_from(form: Mapping[str, Any]) -> TaskRun:
    """The run of a task from its canonical form."""
    return TaskRun(
        form["name"], form["state"], TaskStatus(form["status"]), known(form["opened"]), instant(form.get("ended")), form.get("assignee")
    )


def case_json(case: CaseState) -> dict[str, Any]:
    """Canonical form of a whole case, as its row keeps it."""
    return {
        "number": case.number, "version": case.version_id, "opened": stamp(case.opened_at), "state": case.state,
        "entered": stamp(case.entered_at), "back": case.back, "owner": case.owner, "closed": stamp(case.closed_at), "party": case.party,
        "fields": case.fields, "sealed": case.sealed, "added": case.added,
        "acts": {name: [act.count, stamp(act.at), act.actors] for name, act in case.acts.items()},
        "tasks": {name: task_json(task) for name, task in case.tasks.items()},
        "clocks": {name: clock_json(clock) for name, clock in case.clocks.items()},
        "links": [list(link) for link in case.links], "notices": {name: stamp(at) for name, at in case.notices.items()},
        "seq": case.seq, "recorded": stamp(case.recorded_at), **({"waits": case.waits} if case.waits else {}),
        **({"involved": case.involved} if case.involved else {}),
        **({"decided": [decision_json(one) for one in case.decided]} if case.decided else {}),
        **({"requests": [request_json(one) for one in case.requests.values()]} if case.requests else {}),
        **({"class": case.customer_class} if case.customer_class else {}),
        **({"grants": [grant_json(one) for one in case.grants]} if case.grants else {}),
        **({"surveys": {name: survey_json(run) for name, run in case.surveys.items()}} if case.surveys else {}),
    }


def case_from(form: Mapping[str, Any]) -> CaseState:
    """The case from its canonical form."""
    return CaseState(
        number=form["number"], version_id=form["version"], opened_at=known(form["opened"]), state=form["state"],
        entered_at=instant(form["entered"]), back=list(form["back"]), owner=form["owner"], closed_at=instant(form["closed"]),
        party=form["party"], fields=dict(form["fields"]), sealed=dict(form["sealed"]), added=list(form["added"]),
        acts={name: Act(count, known(at), list(actors)) for name, (count, at, actors) in form["acts"].items()},
        tasks={name: task_from(task) for name, task in form["tasks"].items()},
        clocks={name: clock_from(clock) for name, clock in form["clocks"].items()},
        links=[(kind, number) for kind, number in form["links"]], notices={name: known(at) for name, at in form["notices"].items()},
        waits=list(form.get("waits", ())), involved=list(form.get("involved", ())),
        decided=[decision_from(one) for one in form.get("decided", ())],
        grants=[grant_from(one) for one in form.get("grants", ())],
        requests={one["id"]: request_from(one) for one in form.get("requests", ())},
        surveys={name: survey_from(name, one) for name, one in form.get("surveys", {}).items()},
        customer_class=form.get("class"), seq=form["seq"], recorded_at=instant(form["recorded"]),
    )
