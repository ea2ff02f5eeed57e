"""What a case remembers of requests that wait for an answer: what was asked of whom, by whom, until when, and the votes given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.deciding.clock_record import instant, known, stamp
from engine.deciding.grant_record import Point
from engine.defining.definition import Approval
from engine.defining.words import parse_who


class RequestKind(StrEnum):
    """What is asked for."""

    ACTION = "action"                    # an action, or the end of a task
    EXTENSION = "extension"              # more time for a clock
    HANDOVER = "handover"                # that somebody takes the case over
    GRANT = "grant"                      # an amount that a missed promise brings, above what the case grants by itself


class Word(StrEnum):
    """What somebody may answer."""

    YES = "approve"
    NO = "decline"
    ABSTAIN = "abstain"
    CONFLICT = "conflict"                # a declared conflict of interest: not there, as far as the quorum goes


@dataclass(frozen=True, slots=True)
class Vote:
    """An answer; `parts` are the places among those who have to approve for which it counts."""

    by: str
    on_behalf: str | None
    word: Word
    parts: tuple[int, ...]


@dataclass(slots=True)
class Request:
    """Something that waits for an answer. Its id is the number of the event by which it was asked."""

    id: int
    kind: RequestKind
    name: str                            # the action, task or clock; the person who is to take over; the clock that was missed
    by: str
    on_behalf: str | None
    at: datetime
    parts: tuple[Approval, ...] = ()     # who has to approve: every one
    due_at: datetime | None = None       # until when
    more: str = ""                       # for a clock: the time that is asked for
    given: dict[str, Any] = field(default_factory=dict)      # public values given with it; personal ones are sealed with the event
    votes: list[Vote] = field(default_factory=list)
    point: Point | None = None           # for a grant: what brought it


def follow(requests: Mapping[int, Request], seq: int, actor: str, on_behalf: str | None, at: datetime, data: Mapping[str, Any]
           ) -> dict[int, Request]:
    """The requests of a case after an event: `request` is a new one, `vote` [request, word, parts] an answer, `ended` {request: how}."""
    found = dict(requests)
    if "request" in data:
        found[seq] = request_from({"id": seq, "by": actor, "on_behalf": on_behalf, "at": stamp(at), **data["request"]})
    if "vote" in data:
        of, word, parts = data["vote"]
        found[of].votes.append(Vote(actor, on_behalf, Word(word), tuple(parts)))
    for ended in data.get("ended", ()):
        found.pop(int(ended), None)
    return found


def part_json(part: Approval) -> dict[str, Any]:
    """Who has to approve, in canonical form; what is empty is left out."""
    form: dict[str, Any] = {"of": str(part.of)}
    if part.quorum is not None:
        form["quorum"] = part.quorum
    return form if part.pass_ is None else {**form, "pass": part.pass_}


def request_json(one: Request) -> dict[str, Any]:
    """Canonical form of a request; what is empty is left out."""
    form = {
        "id": one.id, "kind": one.kind.value, "name": one.name, "by": one.by, "on_behalf": one.on_behalf, "at": stamp(one.at),
        "parts": [part_json(part) for part in one.parts], "due": stamp(one.due_at), "more": one.more,
        "given": one.given,
        "point": list(one.point or ()), "votes": [[vote.by, vote.on_behalf, vote.word.value, list(vote.parts)] for vote in one.votes],
    }
    return {name: value for name, value in form.items() if value}


def request_from(form: Mapping[str, Any]) -> Request:
    """The request from its canonical form."""
    parts = tuple(
        Approval(of=parse_who(part["of"]), quorum=part.get("quorum"), pass_=part.get("pass")) for part in form.get("parts", ())
    )
    votes = [Vote(by, on_behalf, Word(word), tuple(places)) for by, on_behalf, word, places in form.get("votes", ())]
    return Request(
        form["id"], RequestKind(form["kind"]), form["name"], form["by"], form.get("on_behalf"), known(form["at"]), parts,
        instant(form.get("due")), form.get("more", ""), dict(form.get("given", {})), votes,
        (point[0], point[1], point[2], point[3]) if (point := form.get("point")) else None,
    )
