"""One case goes over to another version of its procedure: values, tasks and clocks as the new version has them, in one event."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from engine.deciding import fields
from engine.deciding.case import ClockRun, Event, TaskRun, TaskStatus, apply, case_from, case_json, clock_json, stamp, task_json
from engine.deciding.clock_migration import carried_over
from engine.deciding.clock_runs import LIVE
from engine.deciding.duties import may_open
from engine.deciding.request_record import RequestKind
from engine.deciding.rights import Actor
from engine.defining.definition import Definition, EventKind, Field, FieldType, Happening
from engine.ground.errors import Invalid, NotAllowed
from engine.ground.language import say
from engine.records import history, library
from engine.usecases.asking import end
from engine.usecases.door import still_open
from engine.usecases.parties import parties_apart
from engine.usecases.settling import at_once, carry_out, settle
from engine.usecases.work import Work
from engine.usecases.writing import write


class Target(NamedTuple):
    """The version to which cases go."""

    id: int
    version: int
    definition: Definition
    states: Mapping[str, str]            # state that it lacks → the one of it that counts instead
    given: Mapping[str, Any]             # canonical values of fields, for cases without one that fits
    zone: str                            # of its calendar


@dataclass(frozen=True, slots=True)
class Moved:
    """A case that went over, or would. Instants are UTC, `timezone` is the zone of its procedure's calendar."""

    number: str
    versions: tuple[int, int]                                        # old and new
    states: tuple[str, str]                                          # old and new, mostly the same
    due: Mapping[str, tuple[datetime | None, datetime | None]]       # clocks with another due time: old and new
    clocks: Mapping[str, str]                                        # clocks that changed, as they stand now: running, cancelled, …
    tasks: Mapping[str, str]                                         # tasks that changed: open, held, cancelled
    values: tuple[str, ...]                                          # fields that were given a value or had theirs read anew
    left: tuple[str, ...]                                            # fields that the new version lacks
    timezone: str


def go_over(work: Work, target: Target, actor: Actor, reason: str) -> Moved:
    """Settle a case, let it go over, settle what the new version has made due, and write it.

    Raises NotAllowed for a case that is closed or on that version, Invalid with everything that does not fit.
    """
    settle(work)
    case, old = work.case, work.definition
    version, state, before = library.version_number(work.house.store, work.conn, case.version_id), case.state, dict(case.clocks)
    still_open(work)
    if case.version_id == target.id:
        raise NotAllowed(
            say("{case}: it is on version {version} already", case=case.number, version=version), case=case.number, state=state, action="",
            possible=[],
        )
    renamed = {name: target.states[name] for name in (state, *case.back) if name in target.states}
    values = _values(work, target, [*_lost(work, target, renamed)])
    data: dict[str, Any] = {"version": target.id, "versions": [version, target.version]}
    if state in renamed:
        data |= {"from": state, "to": renamed[state], "entered": stamp(case.entered_at)}
    if not renamed.keys().isdisjoint(case.back):
        data["back"] = [renamed.get(name, name) for name in case.back]
    if left := sorted({name for name in (*case.fields, *case.sealed) if name not in target.definition.fields}):
        data["left"] = left
    if reason:
        work.say_in(data, "reason", reason)

    for request in case.requests.values():
        new = target.definition
        owed = request.kind is RequestKind.GRANT and request.name in new.all_clocks and request.given.keys() <= new.fields.keys()
        if request.kind is not RequestKind.HANDOVER and not owed:     # who has to approve may be others by the new version
            end(work, request, "left", data)
    work.definition, work.given = target.definition, values     # from here on everything is as the new version has it
    work.count_by({})
    happened = work.put(parties_apart(work, data), data)
    happened += _put_tasks(work, old, renamed, data)
    _put_clocks(work, old, renamed, data)
    work.record("migrated", actor, work.now, data, happened)
    work.given = {}
    due = {name: pair for name in data.get("clocks", ()) if (pair := (_due(before.get(name)), _due(case.clocks[name])))[0] != pair[1]}
    if due:
        data["due"] = {name: [stamp(was), stamp(now)] for name, (was, now) in due.items()}
    moved = Moved(
        case.number, (version, target.version), (state, case.state), due,
        {name: case.clocks[name].status.value for name in data.get("clocks", ())},
        {name: form["status"] for name, form in data.get("tasks", {}).items()}, tuple(values), tuple(left), target.zone,
    )
    at_once(work, work.now)
    carry_out(work, work.now)
    write(work)
    return moved


def _due(run: ClockRun | None) -> datetime | None:
    return run.due_at if run is not None and run.status in LIVE else None


# --- what stands in the way -------------------------------------------------------------------------------------------


def _lost(work: Work, target: Target, renamed: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """States in which the case is, or which it holds, that the new version has not, or has as final ones."""
    for name in (work.case.state, *work.case.back):
        known = target.definition.states.get(renamed.get(name, name))
        if known is None or known.final:
            expected = say("an open state of version {version}; say which one counts instead: {old}=…", version=target.version, old=name)
            yield fields.problem("state", name, expected)


def _values(work: Work, target: Target, wrong: list[dict[str, Any]]) -> dict[str, Any]:
    """The canonical values that the case gets: defaults of new fields, those given where it has none that fits, its own where they read
    otherwise now. Raises Invalid with all that is `wrong` with the case and its values."""
    found: dict[str, Any] = {}
    for name, spec in target.definition.fields.items():
        sealed, old = name in work.case.sealed, work.definition.fields.get(name)
        value = work.values.get(name) if sealed else work.case.fields.get(name)
        if value is None:
            if name in target.given:
                found[name] = target.given[name]
            elif spec.default is not None and old is None:
                found[name] = fields.parse(spec, spec.default, target.zone)
            elif spec.required and not sealed:      # a value that was erased stays erased
                wrong.append(fields.problem(name, "", say("a value: each case of version {version} has one", version=target.version)))
            continue
        if sealed != spec.is_personal:
            wrong.append(fields.problem(name, value, say("personal data as before") if sealed else say("no personal data, as before")))
            continue
        try:
            read = fields.parse(spec, value, target.zone) if _same_currency(old, spec) else None
            expected = say("an amount in {currency}", currency=spec.currency or "?")
        except Invalid as error:
            read, expected = None, error.facts["expected"]
        if read is None and name not in target.given:
            wrong.append(fields.problem(name, value, expected))
        elif read != value:
            found[name] = target.given[name] if read is None else read
    if wrong:
        raise fields.refusal(wrong)
    return found


def _same_currency(old: Field | None, new: Field) -> bool:
    return old is None or old.type is not FieldType.MONEY or new.type is not FieldType.MONEY or old.currency == new.currency


# --- tasks and clocks ---------------------------------------------------------------------------------------------------


def _put_tasks(work: Work, old: Definition, renamed: Mapping[str, str], data: dict[str, Any]) -> list[Happening]:
    """Write into the event what becomes of the tasks of the state and of those held: what the new version lacks is cancelled, what only
    it has is opened, as on entering; whatever was decided of the others stands. Returns those opened, as happenings."""
    places = {work.case.state: TaskStatus.OPEN, **dict.fromkeys(work.case.back, TaskStatus.HELD)}
    tasks: dict[str, TaskRun] = {}
    opened = []
    for run in (run for run in work.case.tasks.values() if run.state in places):
        here = work.definition.states[renamed.get(run.state, run.state)]
        if run.name not in here.tasks and run.status in (TaskStatus.OPEN, TaskStatus.HELD):
            tasks[run.name] = replace(run, status=TaskStatus.CANCELLED, ended_at=work.now)
        elif run.name in here.tasks and here.name != run.state:
            tasks[run.name] = replace(run, state=here.name)
    with _as_it_will_be(work, data):
        for name, status in places.items():
            here = work.definition.states[renamed.get(name, name)]
            for task in here.tasks.values():
                timed = task.from_ or task.every is not None     # these open when their time comes
                if task.name not in old.states[name].tasks and not timed and may_open(work.case, task, work.evaluate(work.now)):
                    tasks[task.name] = TaskRun(task.name, here.name, status, work.now)
                    opened.append(Happening(EventKind.TASK_OPENED, task.name))
    if tasks:
        data["tasks"] = {name: task_json(run) for name, run in tasks.items()}
    return opened


def _put_clocks(work: Work, old: Definition, renamed: Mapping[str, str], data: dict[str, Any]) -> None:
    """Write into the event how clocks run by the new version."""
    stream = history.case_stream(work.case.number)
    with _as_it_will_be(work, data):
        runs = carried_over(
            old, work.definition, work.case, renamed, lambda: [*history.read(work.conn, stream), *work.events], work.now, work.calendars,
            work.evaluate(work.now), work.live,
        )
    if runs:
        data["clocks"] = {name: clock_json(run) for name, run in runs.items()}


@contextmanager
def _as_it_will_be(work: Work, data: Mapping[str, Any]) -> Iterator[None]:
    """Let decisions see the case as the event makes it, as far as that is written."""
    real = work.case
    work.case = case_from(case_json(real))
    apply(work.case, Event("", real.seq + 1, "migrated", work.now, work.now, "", None, data))
    try:
        yield
    finally:
        work.case = real
