"""The receipt log played through the product: every event as an action of the shipped bundle `permit-intake`.

Everything goes through the use cases, on SQLite, at the time at which it happened; between two events the sweep carries out what
fell due, at the next full minute, as the flow would. What the procedure does not allow is refused and kept with its reason.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.receipt_log import Application, Logged
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.clock import VirtualClock
from engine.ground.errors import MakegoodError
from engine.records import timers
from engine.usecases import acting, founding, opening, publishing, sweeping
from engine.usecases.house import House, open_house
from engine.usecases.work import Outcome

DEFINITIONS = Path(__file__).parent.parent / "definitions"
BUNDLE = "permit-intake"
CHANNELS = {"Internet": "internet", "Desk": "desk", "Post": "post", "e-mail": "email", "Intern": "internal"}

WORK = {
    "": ("draft_receipt", "case_officer"), "T02": ("check_receipt", "checker"), "T03": ("correct_receipt", "case_officer"),
    "T04": ("sign_receipt", "signatory"), "T05": ("send_receipt", "dispatcher"), "T06": ("screen", "case_officer"),
    "T07": ("advise", "specialist"), "T08": ("ask_adviser", "case_officer"), "T09": ("record_advice", "case_officer"),
    "T10": ("decide_screening", "case_officer"),
    **dict.fromkeys(("T11", "T16"), ("draft_letter", "case_officer")), **dict.fromkeys(("T12", "T17"), ("check_letter", "checker")),
    **dict.fromkeys(("T13", "T18"), ("correct_letter", "case_officer")), **dict.fromkeys(("T14", "T19"), ("sign_letter", "signatory")),
    **dict.fromkeys(("T15", "T20"), ("send_letter", "dispatcher")),
}
"""The codes of the log as actions of the bundle, and the post whose work each is. Both letters go the same way."""

Step = tuple[datetime, int, Callable[[], None]]


@dataclass(slots=True)
class Replayed:
    """What came of it. Times of the processor are seconds of this process."""

    house: House
    numbers: dict[str, str] = field(default_factory=dict)           # case of the log → number of the case
    taken: Counter[str] = field(default_factory=Counter)            # events of the log by action
    refused: list[tuple[str, str, str]] = field(default_factory=list)       # case of the log, action, reason
    ended: Counter[str] = field(default_factory=Counter)            # how cases ended
    swept: Counter[str] = field(default_factory=Counter)            # sweeps, and what they carried out
    failures: list[tuple[str, str]] = field(default_factory=list)   # what a sweep could not settle
    cpu: dict[str, float] = field(default_factory=dict)             # opening, events, ends, sweeps


def replay(applications: Sequence[Application], folder: Path, told: Callable[[int, int], None] = lambda done, of: None) -> Replayed:
    """Play the applications in a new house in `folder`, from before the first until just after the last thing that the log knows."""
    steps: list[Step] = []
    clock = VirtualClock(min(_opened(one) for one in applications) - timedelta(days=1))
    founding.found(folder, "en")
    play = _Play(Replayed(open_house(folder, clock)), clock, _found_people(applications))
    people = folder / "organisation.yaml"
    people.write_text(json.dumps(play.organisation, indent=1), encoding="utf-8")    # JSON is YAML
    publishing.apply_organisation(play.done.house, people, THE_SYSTEM)
    publishing.publish(play.done.house, DEFINITIONS / BUNDLE, THE_SYSTEM)
    for one in applications:
        steps += play.steps(one)
    steps.sort(key=lambda step: step[:2])
    for count, (at, _, step) in enumerate(steps):
        play.until(at)
        step()
        told(count + 1, len(steps))
    play.until(steps[-1][0] + timedelta(hours=1))
    return play.done


def _opened(one: Application) -> datetime:
    """When a case is opened: four cases have an event, or their end, before the application is said to have come."""
    return min([one.start, one.events[0].at, *([one.end] if one.end else [])])


def _found_people(applications: Sequence[Application]) -> dict[str, Any]:
    """The people of the log, each in the posts whose work the log shows them doing, under one head."""
    posts: dict[str, set[str]] = {}
    for one in applications:
        posts.setdefault(one.responsible, set()).add("case_officer")
        for event in one.events:
            posts.setdefault(event.person, set()).add(_work(event.code)[1])
    people: dict[str, Any] = {"head": {"name": "Head of permits", "roles": ["permits_lead"], "email": "head@permits.example"}}
    for name in sorted(posts):
        people[_id(name)] = {"name": name, "roles": sorted(posts[name]), "superior": "head", "email": f"{_id(name)}@permits.example"}
    return {"organisation": "permits", "people": people, "rights": {"apply": "head"}}


def _id(name: str) -> str:
    return f"{name.lower()}.2" if name.isupper() else name.lower()      # the log knows both TEST and test


def _work(code: str) -> tuple[str, str]:
    return WORK[code[:3]]


class _Play:
    """Whoever does what the log says, when it says so."""

    def __init__(self, done: Replayed, clock: VirtualClock, organisation: Mapping[str, Any]) -> None:
        self.done, self.clock, self.organisation = done, clock, organisation

    def steps(self, one: Application) -> Iterator[Step]:
        """What happens to one application; of what happens at one instant the opening comes first and the end last."""
        yield _opened(one), 0, lambda: self._open(one)
        for event in one.events:
            yield event.at, 1, partial(self._act, one, event)
        if one.end is not None:
            yield one.end, 2, lambda: self._end(one)

    def until(self, at: datetime) -> None:
        """Let time pass: the sweep comes by at every full minute with something due."""
        while True:
            with self.done.house.store.reading() as conn:
                due = timers.next_fire(conn)
            if due is None or (minute := _full_minute(due)) > at:
                break
            self.clock.move_to(minute)
            with self._measured("sweeps"):
                swept = sweeping.sweep(self.done.house)
            self.done.swept.update(sweeps=1, cases=swept.cases, events=swept.events)
            self.done.failures += swept.failures
        self.clock.move_to(at)

    def _open(self, one: Application) -> None:
        given = {
            "customer": {"name": f"Applicant of {one.id}", "address": "by post"}, "received_at": one.start.isoformat(),
            "channel": CHANNELS[one.channel],
        }
        with self._measured("opening"):
            made = opening.open_case(self.done.house, BUNDLE, Actor(_id(one.responsible)), given, origin=f"receipt:{one.id}")
        self.done.numbers[one.id] = made.number

    def _act(self, one: Application, event: Logged) -> None:
        action, code = _work(event.code)[0], event.code
        given = {
            "advise": {"aspect": code[4:]}, "ask_adviser": {"adviser": "an adviser"}, "record_advice": {"adviser": f"adviser {code[4:]}"},
            "decide_screening": {"outcome": one.outcome}, "draft_letter": {"letter_text": "As the log has it."},
        }.get(action, {})
        found = self._try(one, action, event.person, given, "events")
        if isinstance(found, Outcome):
            self.done.taken[action] += 1
        else:
            self.done.refused.append((one.id, action, _reason(found)))

    def _end(self, one: Application) -> None:
        """The log says when a case ended, not how: with the decision where the procedure allows one, else early."""
        if isinstance(self._try(one, "decide", one.responsible, {"decision": "enclosed"}, "ends"), Outcome):
            self.done.ended["decided"] += 1
            return
        found = self._try(one, "end_early", one.responsible, {"comment": "The log gives an end here."}, "ends")
        if not isinstance(found, Outcome):
            raise found
        self.done.ended["ended before the intake was complete"] += 1

    def _try(self, one: Application, action: str, person: str, given: Mapping[str, Any], what: str) -> Outcome | MakegoodError:
        try:
            with self._measured(what):
                return acting.act(self.done.house, self.done.numbers[one.id], action, Actor(_id(person)), given)
        except MakegoodError as error:
            return error

    @contextmanager
    def _measured(self, what: str) -> Iterator[None]:
        began = process_time()
        try:
            yield
        finally:
            self.done.cpu[what] = self.done.cpu.get(what, 0) + process_time() - began


def _full_minute(at: datetime) -> datetime:
    """The next full minute after an instant."""
    return at.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _reason(error: MakegoodError) -> str:
    return ", ".join(error.facts.get("reasons") or [error.kind])
