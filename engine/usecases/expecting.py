"""What a scenario expects of a case, held against what is: every difference in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.deciding import fields
from engine.deciding.case import CaseState, Event, TaskStatus
from engine.deciding.request_record import RequestKind
from engine.defining.definition import Definition, FieldType
from engine.ground.errors import Invalid, MakegoodError
from engine.ground.language import say
from engine.ground.wall import wall_done, wall_due


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the last `expect` looked: after how many events."""

    events: int = 0


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A local time as scenarios write it, `2026-11-20 16:00`; `24:00` is the midnight that ends the day."""
    day, _, time = text.strip().replace("T", " ").partition(" ")
    try:
        if time in ("24:00", "24:00:00"):
            return datetime.fromisoformat(day).replace(tzinfo=zone) + timedelta(days=1)
        return datetime.fromisoformat(f"{day} {time or '00:00'}").replace(tzinfo=zone)
    except ValueError:
        raise Invalid(
            say("'{text}' is not a time", text=text), hint=say("Write it as 2026-11-20 16:00."),
            field="at", value=text, expected="YYYY-MM-DD HH:MM",
        ) from None


def shown(instant: datetime | None, zone: ZoneInfo) -> str:
    """An instant in local time."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M") if instant else "-"


def differences(
    expected: Mapping[str, Any], case: CaseState, events: Sequence[Event], seen: Seen, definition: Definition, zone: ZoneInfo,
    possible: Callable[[str], list[str]], values: Mapping[str, Any], standards: Mapping[str, bool],
) -> list[str]:
    """Everything in which the case is not as expected: "state: expected x, is y". `values` are those of personal fields, `standards` the
    standards of a cycle that it showed: whether each was kept, when last seen."""
    fresh = events[seen.events:]
    return [
        say("{what}: expected {expected}, is {actual}", what=key, expected=_text(want), actual=_text(actual))
        for key, value in expected.items()
        for want, actual in _compare(key, value, case, events, fresh, definition, zone, possible, values, standards)
    ]


def _compare(
    key: str, want: Any, case: CaseState, events: Sequence[Event], fresh: Sequence[Event], definition: Definition, zone: ZoneInfo,
    possible: Callable[[str], list[str]], values: Mapping[str, Any], standards: Mapping[str, bool],
) -> Iterator[tuple[Any, Any]]:
    word, _, name = key.partition(" ")
    if word in ("notices", "fields", "possible") and not isinstance(want, Mapping):
        yield (want, say("not a mapping: name → what is expected"))
        return
    match word:
        case "state" | "owner":
            yield from _differ(want, getattr(case, word))
        case "closed":
            yield from _differ(want, case.closed_at is not None)
        case "tasks":
            yield from _differ(_sorted(want), sorted(t.name for t in case.tasks.values() if t.status is TaskStatus.OPEN))
        case "requests":
            names = ["handover" if one.kind is RequestKind.HANDOVER else one.name for one in case.requests.values()]
            yield from _differ(_sorted(want), sorted(names))
        case "task":
            run = case.tasks.get(name)
            yield from _differ(want, run.status.value if run else None)
        case "clock":
            yield from _clock(want, case, name, zone)
        case "breached":
            yield from _differ(_sorted(want), sorted(n for n, run in case.clocks.items() if run.breached_at))
        case "kept" | "missed":
            yield from _differ(_sorted(want), sorted(name for name, kept in standards.items() if kept == (word == "kept")))
        case "reminded" | "escalated":
            yield from _differ(_sorted(want), sorted({p for e in fresh for p in e.data.get(word, ())}))
        case "notices":
            sent = [pair[0] for e in events for pair in e.data.get("notices", ()) if pair[1]]
            for notice, count in want.items():
                yield from _differ({notice: 0 if count in ("none", None) else count}, {notice: sent.count(notice)})
        case "sent":
            yield from _differ(_sorted(want), sorted({pair[0] for e in fresh for pair in e.data.get("notices", ()) if pair[1]} - _OWN))
        case "surveyed":
            due = {name for e in fresh for name, run in e.data.get("surveys", {}).items() if "ended" not in run}
            yield from _differ(_sorted(want), sorted(due))
        case "opened":
            yield from _differ(_sorted(want), sorted(procedure for procedure, _ in opened(fresh)))
        case "fields":
            for field, value in want.items():
                yield from _field(field, value, case, definition, zone, values)
        case "possible":
            for who, actions in want.items():
                yield from _differ({who: _sorted(actions)}, {who: sorted(possible(who))})
        case _:
            yield ("-", say("not something that can be expected"))


def opened(events: Sequence[Event]) -> list[tuple[str, str]]:
    """The cases that were opened by these events of another: (procedure, number)."""
    return [(event.data["procedure"], event.data["link"][1]) for event in events if event.data.get("link", [""])[0] == "opened"]


_OWN = {"reminder", "escalated", "assigned", "overdue", "request", "request_answered", "survey", "survey_reminder"}
"""The product's own notices."""


def _clock(want: Any, case: CaseState, name: str, zone: ZoneInfo) -> Iterator[tuple[Any, Any]]:
    run = case.clocks.get(name)
    if want in (None, "none"):
        yield from _differ("none", run.status.value if run else "none")
        return
    if run is None:
        yield (want, say("not started"))
        return
    wanted = want if isinstance(want, Mapping) else {"status": want}
    for unknown in wanted.keys() - {"status", "due", "breached"}:
        yield (unknown, say("not something that can be expected"))
    if "status" in wanted:
        yield from _differ(wanted["status"], run.status.value)
    if "due" in wanted:
        due = wanted["due"]
        meant = None if due in (None, "none") else moment(str(due), zone)
        if meant != run.due_at:
            yield (due, wall_due(run.due_at, zone.key) or "-")
    if "breached" in wanted:
        yield from _differ(bool(wanted["breached"]), run.breached_at is not None)


def _field(
    name: str, want: Any, case: CaseState, definition: Definition, zone: ZoneInfo, values: Mapping[str, Any]
) -> Iterator[tuple[Any, Any]]:
    spec = definition.fields.get(name)
    if spec is None:
        yield (want, say("not a field of this procedure ({name})", name=name))
        return
    is_now = values.get(name) if name in case.sealed else case.fields.get(name)
    if spec.type is FieldType.PARTY:    # in the case it is a number: only whether there is one
        yield from _differ(want not in (None, "none"), is_now is not None)
        return
    try:
        meant = None if want in (None, "none") else fields.parse(spec, want, zone.key)
    except MakegoodError:
        meant = want
    yield from _differ({name: meant}, {name: is_now})


def _differ(want: Any, actual: Any) -> Iterator[tuple[Any, Any]]:
    if want != actual:
        yield want, actual


def _sorted(value: Any) -> list[str]:
    return sorted(str(one) for one in value) if isinstance(value, list) else [str(value)] if value not in (None, "none") else []


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    if isinstance(value, Mapping):
        return ", ".join(f"{k}: {_text(v)}" for k, v in value.items())
    return "none" if value is None else str(value)


def tell(event: Event, zone: ZoneInfo) -> str:
    """An event in one line, for a failed scenario."""
    data = event.data
    what = data.get("act") or data.get("clock") or data.get("request", {}).get("name") or (data["vote"][1] if "vote" in data else "")
    at = wall_done(event.occurred_at, event.actor, zone.key)
    parts = [f"{at}  {event.actor:<12} {event.kind} {what}".rstrip()]
    if "to" in data:
        parts.append(f"→ {data['to']}")
    if "at" in data:
        parts.append(f"({data['at']})")
    parts += [f"{word} {', '.join(data[word])}" for word in ("reminded", "escalated") if data.get(word)]
    notices = [name for name, person in data.get("notices", ()) if person]
    if notices:
        parts.append("✉ " + ", ".join(notices))
    for name, run in data.get("clocks", {}).items():
        due = wall_due(datetime.fromisoformat(run["due"]), zone.key) if run.get("due") else "-"
        parts.append(f"[{name} {run['status']} {say('due')} {due}]")
    return "  ".join(parts)
