"""Asking for what somebody else has to answer: an approval, more time for a clock, that somebody takes a case over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.deciding.approvals import Panel
from engine.deciding.clock_due import due_after
from engine.deciding.grant_record import Point
from engine.deciding.obstacles import find
from engine.deciding.request_record import Request, RequestKind, Word, part_json
from engine.deciding.rights import Actor
from engine.deciding.values import Titled
from engine.defining.definition import Approval, FieldType, Text
from engine.ground.duration import Duration
from engine.ground.errors import CalendarExpired, Invalid
from engine.ground.language import say
from engine.records import personal
from engine.usecases.doing import tell
from engine.usecases.work import Work

GIVEN = "given"        # under this name a request keeps, sealed, what was given with it


def ask(
    work: Work, kind: RequestKind, name: str, parts: Sequence[Approval], actor: Actor, at: datetime, *, within: Duration | None = None,
    more: str = "", said: Mapping[str, str] | None = None, point: Point | None = None,
) -> None:
    """Record that something is asked for, with what was given, and tell those who have to answer.

    Who asks for the same again puts the new request in place of the old one, unless each counts (`point`, for a grant).
    Raises Invalid for a party given: it is named before.
    """
    limits = [part.within for part in parts if part.within is not None] + ([within] if within else [])
    due = min((found for one in limits if (found := _due(work, one, at))), default=None)
    request: dict[str, Any] = {"kind": kind.value, "name": name, "parts": [part_json(part) for part in parts]}
    data: dict[str, Any] = {"request": request}
    if due is not None:
        request["due"] = due.isoformat()
    if more:
        request["more"] = more
    if point is not None:
        request["point"] = list(point)
    for old in work.case.requests.values():
        if point is None and (old.kind, old.by) == (kind, actor.id) and (old.name == name or kind is RequestKind.HANDOVER):
            data["ended"] = {str(old.id): "replaced"}
    _no_party(work)
    public = {field: value for field, value in work.given.items() if not _is_personal(work, field)}
    if public:
        request["given"] = public
    if sealed := {field: value for field, value in work.given.items() if field not in public}:
        data["said"] = {GIVEN: work.seal(GIVEN, sealed, work.case.seq + 1)}
    for word, text in (said or {}).items():
        work.say_in(data, word, text)
    asked = Request(work.case.seq + 1, kind, name, actor.id, actor.on_behalf, at, tuple(parts), due, point=point)
    comment = (said or {}).get("reason") or work.given.get("comment")
    facts = {**facts_of(work, asked), "due_at": due, "comment": comment}
    panel = panel_of(work, asked)
    for person in sorted(frozenset[str]().union(*(panel.open_to(asked, part) for part in asked.parts))):
        tell(work, "request", person, data, facts)
    work.record("asked", actor, at, data)
    work.given = {}


def _due(work: Work, within: Duration, at: datetime) -> datetime | None:
    try:
        return due_after(at, within, work.calendars(None))
    except CalendarExpired:
        return None


def _is_personal(work: Work, name: str) -> bool:
    spec = work.definition.fields.get(name)
    return spec is None or spec.is_personal       # a comment is no field


def _no_party(work: Work) -> None:
    for name in work.given:
        spec = work.definition.fields.get(name)
        if spec is not None and spec.type is FieldType.PARTY:
            raise Invalid(
                say("{field} cannot be given with what has to be approved", field=name),
                hint=say("Name the person before, for example with `makegood case correct`."), field=name, expected="nothing",
            )


def panel_of(work: Work, request: Request) -> Panel:
    """Everybody who may answer a request, as the case and the organisation are now."""
    what = find(work.definition, work.case, request.name) if request.kind is RequestKind.ACTION else None
    return Panel(work.definition, work.case, work.organisation, work.live, work.now, what.except_ if what is not None else ())


def given_with(work: Work, request: Request) -> dict[str, Any]:
    """What was given with a request; without what was erased since."""
    found = personal.open_(work.conn, work.loaded.id, {GIVEN: request.id}) if work.loaded is not None else {}
    return {**request.given, **(found.get(GIVEN) or {})}


def facts_of(work: Work, request: Request) -> dict[str, Any]:
    """What the texts of a request's notices see of it."""
    known = work.organisation.people.get(request.by)
    return {"request": request.id, "kind": request.kind.value, "what": titled(work, request), "asker": known.name if known else request.by}


def titled(work: Work, request: Request) -> Titled:
    """What is asked for, by its title."""
    spec: Any = work.definition.all_clocks.get(request.name)
    if request.kind is RequestKind.ACTION:
        spec = find(work.definition, work.case, request.name)
    return Titled(request.name, spec.title if spec is not None else Text())


def approval(work: Work, request: Request | None) -> dict[str, Any]:
    """What the event says that carries a request out: that it is over, and who approved it; whoever asked is told."""
    if request is None:
        return {}
    data: dict[str, Any] = {"approved": [vote.by for vote in request.votes if vote.word is Word.YES]}
    end(work, request, "approved", data)
    return data


def end(work: Work, request: Request, how: str, data: dict[str, Any], why: str = "") -> None:
    """Write into an event's data that a request is over, and tell whoever asked."""
    data.setdefault("ended", {})[str(request.id)] = how
    concerned = {request.by, request.on_behalf or request.by, *([request.name] if request.kind is RequestKind.HANDOVER else [])}
    for person in sorted(concerned & work.organisation.people.keys()):
        tell(work, "request_answered", person, data, {**facts_of(work, request), "result": how, "comment": why})


