"""The shape of a scenario file: a rehearsal of a procedure on a virtual clock. `engine.usecases.scenarios` carries it out.

The dataclasses exist so that a scenario's problems have places and its schema can be generated; the values are plain.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from engine.defining.definition import derived, item
from engine.defining.kinds import WRONG, Reading, expected, shown
from engine.defining.problems import nearest
from engine.defining.reader import read_with
from engine.defining.tree import Tree
from engine.ground.duration import parse_duration
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.valueclass import valueclass

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?", re.ASCII)


@valueclass(frozen=True, slots=True, kw_only=True)
class OpenStep:
    """Somebody opens a case."""

    by: str = item("who opens: a person, or `customer`")
    with_: Mapping[str, Any] = item("the fields given", factory=dict, key="with")
    as_: str | None = item("a name for this case in later steps", None, key="as")
    for_: str | None = item("the person, or `customer`, on whose behalf", None, key="for")
    at: str | None = item("when it really began, if earlier than now: a local date and time", None)
    in_: str | None = item("where it begins, if not in the first state: the touchpoint of a visit", None, key="in")
    class_: str | None = item("the class of customers that the customer has", None, key="class")


@valueclass(frozen=True, slots=True, kw_only=True)
class DoStep:
    """Somebody takes an action or finishes a task."""

    action: str = item("the action or task")
    by: str = item("who acts: a person, or `customer`")
    at: str | None = item("when it was really done, if earlier than now: a local date and time", None)
    with_: Mapping[str, Any] = item("the fields given; `comment` for a reason", factory=dict, key="with")
    case: str | None = item("which case, by the name it was opened `as`; else the latest", None)
    for_: str | None = item("the person, or `customer`, on whose behalf", None, key="for")


@valueclass(frozen=True, slots=True, kw_only=True)
class RefuseStep:
    """Somebody tries to act, or to extend a clock, and must be refused."""

    by: str = item("who tries: a person, or `customer`")
    action: str | None = item("the action or task tried", None)
    at: str | None = item("when it is said to have been done, if not now: a local date and time", None)
    extend: str | None = item("instead of `action`: the clock that should get more time", None)
    is_: str | None = item("with `extend`: how much, as a duration", None, key="is")
    vote: str | None = item("instead of `action`: the request answered, by its action, task or clock, or `handover`", None)
    answer: str | None = item("with `vote`: `approve`, `decline`, `abstain` or `conflict`", None)
    handover: str | None = item("instead of `action`: the person to whom the case is handed", None)
    with_: Mapping[str, Any] = item("the fields given", factory=dict, key="with")
    case: str | None = item("which case, by the name it was opened `as`; else the latest", None)
    for_: str | None = item("the person, or `customer`, on whose behalf", None, key="for")
    because: str | None = item("the code of the reason that must be among those given, such as `state` or `role`", None)


@valueclass(frozen=True, slots=True, kw_only=True)
class CorrectStep:
    """Somebody mends a wrong entry."""

    by: str = item("who corrects")
    with_: Mapping[str, Any] = item("the right values", key="with")
    reason: str = item("why")
    case: str | None = item("which case, by the name it was opened `as`; else the latest", None)


@valueclass(frozen=True, slots=True, kw_only=True)
class ExtendStep:
    """Somebody gives a clock more time."""

    clock: str = item("which clock")
    by: str = item("who extends")
    is_: str = item("how much, as a duration", key="is")
    with_: Mapping[str, Any] = item("the fields given", factory=dict, key="with")
    case: str | None = item("which case, by the name it was opened `as`; else the latest", None)


@valueclass(frozen=True, slots=True, kw_only=True)
class PauseStep:
    """Somebody stops a clock by hand."""

    by: str = item("who pauses")
    reason: str = item("why")
    clock: str | None = item("which clock; without it every running one", None)
    case: str | None = item("which case, by the name it was opened `as`; else the latest", None)


@valueclass(frozen=True, slots=True, kw_only=True)
class ResumeStep:
    """Somebody lets a clock run on."""

    by: str = item("who resumes")
    clock: str | None = item("which clock; without it every one paused by hand", None)
    case: str | None = item("which case, by the name it was opened `as`; else the latest", None)


@valueclass(frozen=True, slots=True, kw_only=True)
class AssignStep:
    """Somebody hands the case to a person."""

    to: str = item("the new owner")
    by: str = item("who assigns")
    case: str | None = item("which case, by the name it was opened `as`; else the latest", None)


@valueclass(frozen=True, slots=True, kw_only=True)
class VoteStep:
    """Somebody answers what was asked for."""

    by: str = item("who answers")
    answer: str = item("`approve`, `decline`, `abstain` or `conflict`")
    request: str | None = item("which request, by its action, task or clock, or `handover`; without it the latest", None)
    reason: str | None = item("why", None)
    case: str | None = item("which case, by the name it was opened `as`; else the latest", None)
    for_: str | None = item("the person on whose behalf", None, key="for")


@valueclass(frozen=True, slots=True, kw_only=True)
class HandoverStep:
    """The owner asks somebody to take the case over."""

    to: str = item("who shall take it over")
    by: str = item("who hands it over")
    reason: str = item("why")
    case: str | None = item("which case, by the name it was opened `as`; else the latest", None)


@valueclass(frozen=True, slots=True, kw_only=True)
class AcceptStep:
    """Somebody takes over the case that was handed to them; to decline is a `vote` on `handover`."""

    by: str = item("who accepts")
    case: str | None = item("which case, by the name it was opened `as`; else the latest", None)
    for_: str | None = item("the person on whose behalf", None, key="for")


@valueclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; exactly one of its keys."""

    open: OpenStep | None = item("a case is opened", None)
    do: DoStep | None = item("somebody acts", None)
    refuse: RefuseStep | None = item("somebody tries to act and must be refused", None)
    expect: Mapping[str, Any] | None = item(
        "what must hold now, such as `{state: closed, breached: [first_reply]}`; `case` says of which case; "
        "`opened: [other]` the linked cases opened since the last such step, which later steps call by their procedure; "
        "`surveyed: [name]` the questionnaires that were to be sent since then, whether or not the customer was drawn", None)
    wait: str | None = item("let time pass: a duration", None)
    at: str | None = item("let time pass until this local date and time, `2026-11-23 09:00`", None)
    correct: CorrectStep | None = item("somebody mends a wrong entry", None)
    extend: ExtendStep | None = item("somebody gives a clock more time", None)
    pause: PauseStep | None = item("somebody stops a clock by hand", None)
    resume: ResumeStep | None = item("somebody lets a clock run on", None)
    assign: AssignStep | None = item("somebody hands the case to a person", None)
    vote: VoteStep | None = item("somebody answers what was asked for", None)
    handover: HandoverStep | None = item("the owner asks somebody to take the case over", None)
    accept: AcceptStep | None = item("somebody takes over the case that was handed to them", None)
    line: int = derived(int)
    """Where the step stands in its file, from 1."""

    @property
    def kind(self) -> str:
        """The key of this step: open, do, refuse, expect, …"""
        return next((f.name for f in fields(self) if f.name != "line" and getattr(self, f.name) is not None), "")


@valueclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A rehearsal: at a moment, these steps, with what must hold in between."""

    title: str = item("what it shows, in one sentence", key="scenario")
    at: str = item("the local date and time at which it begins, `2026-11-20 16:00`")
    steps: tuple[Step, ...] = item("what happens and what must hold, in order")


def read_scenario(tree: Tree) -> tuple[Scenario | None, list[Any]]:
    """The scenario of a tree and every problem in it, those of the tree not included."""
    reading = Reading(tree)
    scenario = read_with(reading, Scenario, tree.value)
    if isinstance(scenario, Scenario):
        scenario = _checked(scenario, reading)
    return (scenario if isinstance(scenario, Scenario) and not reading.problems else None), reading.problems


def _checked(scenario: Scenario, reading: Reading) -> Scenario:
    """The scenario with the line of each step; reports steps that are not exactly one thing, wrong moments, durations and names."""
    written = reading.tree.value["steps"]
    _moment(scenario.at, ("at",), reading)
    steps, names = [], set[str]()
    if not isinstance(written, list):
        expected(written, ("steps",), reading, say("a list of steps"))
        return scenario
    if len(written) == len(scenario.steps):    # otherwise some could not be read, and that has been reported
        for index, (raw, step) in enumerate(zip(written, scenario.steps, strict=True)):
            _step(raw, step, index, reading, names)
            steps.append(replace(step, line=reading.tree.place(("steps", index))[0]))
    return replace(scenario, steps=tuple(steps))


def _step(raw: Any, step: Step, index: int, reading: Reading, names: set[str]) -> None:
    path = ("steps", index)
    if isinstance(raw, dict) and len(raw) != 1:
        reading.report(path, say("A step is exactly one thing, not {found}", found=", ".join(raw) or say("nothing")),
                       hint=say("Write each as a step of its own, beginning with `-`."))
    if step.at is not None:
        _moment(step.at, (*path, "at"), reading)
    if step.wait is not None:
        _duration(step.wait, (*path, "wait"), reading)
    for kind, one in (("open", step.open), ("do", step.do), ("refuse", step.refuse)):
        if one and one.at is not None:
            _moment(one.at, (*path, kind, "at"), reading)
    if step.extend:
        _duration(step.extend.is_, (*path, "extend", "is"), reading)
    if step.refuse:
        _refusal(step.refuse, (*path, "refuse"), reading)
    asked = getattr(getattr(step, step.kind, None), "case", None) if step.kind != "expect" else (step.expect or {}).get("case")
    if asked is not None and asked not in names:
        reading.report((*path, step.kind, "case"), say("No earlier step opens a case as {name}", name=shown(asked)),
                       near=nearest(asked, names), hint=say("Give the step that opens it an `as`."))
    if step.open and step.open.as_:
        names.add(step.open.as_)
    opened = (step.expect or {}).get("opened")
    names |= {str(one) for one in (opened if isinstance(opened, list) else [opened]) if one is not None}


def _refusal(step: RefuseStep, path: tuple[str | int, ...], reading: Reading) -> None:
    """Report a refusal that does not say what is tried: an action, or a clock and by how much to extend it."""
    if sum(one is not None for one in (step.action, step.extend, step.vote, step.handover)) != 1:
        reading.report(path, say("What is tried is not clear"), hint=say("Write one of action, extend, vote and handover."))
    elif (step.vote is None) != (step.answer is None):
        reading.report(path, say("'vote' and 'answer' belong together"), hint=say("Write `vote: <action>, answer: approve`."))
    elif (step.extend is None) != (step.is_ is None):
        reading.report(path, say("'extend' and 'is' belong together"), hint=say("Write `extend: <clock>, is: <duration>`."))
    elif step.is_ is not None:
        _duration(step.is_, (*path, "is"), reading)


def _duration(text: str, path: tuple[str | int, ...], reading: Reading) -> None:
    try:
        parse_duration(text)
    except Invalid as error:
        reading.report(path, error.message, hint=error.hint)


def _moment(text: str, path: tuple[str | int, ...], reading: Reading) -> Any:
    """Report what is not a local date and time."""
    try:
        if _MOMENT.fullmatch(text):
            datetime.fromisoformat(text)
            return text
    except ValueError:
        pass
    expected(text, path, reading, say("a local date and time, such as 2026-11-20 16:00"))
    return WRONG
