"""The small phrases of the language: who, what happens, where on a clock, after what. Pure parsers; each raises Invalid."""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.defining.definition import Computed, EventKind, Expression, Happening, Point, PointKind, Who, WhoKind
from engine.ground.duration import ELAPSED, Duration, amount_and_unit, parse_duration
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.recurrence import Recurrence, parse_recurrence

if TYPE_CHECKING:
    from engine.defining.cycle import Inspection, Target

_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff"
_LETTERS = f"A-Za-z_{_CHINESE}"


class Shape:
    """How a whole text looks, asked like a compiled pattern. Where the text is plain ASCII, the ranges of Chinese letters stay out of it:
    compiling them takes milliseconds, which every cold command would pay."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """The match of the whole text, if it has this shape."""
        return re.fullmatch(self.pattern.replace(_CHINESE, "") if text.isascii() else self.pattern, text, re.ASCII)


NAME = Shape(rf"[{_LETTERS}][{_LETTERS}0-9]{{0,59}}")
"""Names that expressions may use: states, actions, tasks, fields, roles, clocks, notices."""
LABEL = Shape(rf"[{_LETTERS}][{_LETTERS}0-9.-]{{0,59}}")
"""Names of bundles, organisations, calendars, people and groups, which may also hold `.` and `-`."""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}", re.ASCII)
LENGTH = re.compile(r"(?P<exact>[0-9]{1,6})|(?P<least>[0-9]{1,6})?\.\.(?P<most>[0-9]{1,6})?", re.ASCII)

_PEOPLE = frozenset({"owner", "actor", "customer", "system", "anyone", "involved"})
_OF = (WhoKind.SUPERIOR, WhoKind.SUPERIORS, WhoKind.SUBORDINATES, WhoKind.DEPARTMENT, WhoKind.LEAST_LOADED)
_LOGIC = frozenset({"and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"})
_SEEN = frozenset({
    "state", "owner", "actor", "opened_at", "number", "comment", "contact", "done", "count", "time_of", "actor_of", "approved", "met",
    "breached", "running", "due", "used", "worked_days", "others", "overdue", "rung", "self", "loop", "system", "anyone", "actor_name",
    "owner_name", "state_title", "today", "procedure", "clock_title", "due_at", "reminders",
})
RESERVED: dict[str, frozenset[str]] = {
    "Field": _LOGIC | _SEEN,
    "Role": _LOGIC | _PEOPLE,
    "State": _LOGIC | {"back"},
    "Action": _LOGIC | {"opened"},
    "Task": _LOGIC | {"opened", "closed", "tasks"},
    "ClockSpec": _LOGIC,
    "Notice": _LOGIC,
    "Touchpoint": _LOGIC | {"back", "opened", "left", "leave", "forgotten"},
    "Standard": _LOGIC | _SEEN | {"opened", "closed", "tasks"},
    "Person": _LOGIC | _PEOPLE,
    "Group": _LOGIC | _PEOPLE,
    "Band": _LOGIC | _PEOPLE - {"system"},     # what a case may grant by itself
}
"""Words with a meaning of their own, by what would be named so."""

_ACTOR_OF = re.compile(r"actor_of\(\s*(['\"]?)([^'\"()]+)\1\s*\)")
_TASKS = re.compile(r"([1-9][0-9]?) tasks?", re.ASCII)
_NUMBER_AND_NAME = re.compile(r"[0-9.]+ (?!(?:if|and|or|in|not|is) )\w")      # no expression, but a unit that is misspelt
_PERCENT = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?)\s*%", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DEEP = 5


def _refuse(text: str, kind: str, hint: str) -> Invalid:
    return Invalid(say("'{text}' does not say {kind}", text=text[:80], kind=kind), hint=hint, value=text[:80], expected=kind)


@lru_cache(maxsize=1024)
def parse_who(text: str) -> Who:
    """Read `intake`, `owner`, `superior of owner`, `least loaded of engineer`, `actor_of('propose')`; raises Invalid."""
    words = " ".join(text.split())
    wrapped: list[WhoKind] = []
    while len(wrapped) <= _DEEP:
        for kind in _OF:
            if words.startswith(f"{kind.value} of "):
                wrapped.append(kind)
                words = words.removeprefix(f"{kind.value} of ")
                break
        else:
            break
    who = _plain_who(words)
    if who is None or len(wrapped) > _DEEP:
        raise _refuse(text, say("who"), say(
            "Write a role, group or person by name, owner, actor, customer, system, anyone, involved, superior of …, superiors of …, "
            "subordinates of …, department of …, least loaded of … or actor_of('…'); several in brackets: [a, b]."))
    for kind in reversed(wrapped):
        who = Who(kind, of=who)
    return who


def _plain_who(words: str) -> Who | None:
    if words in _PEOPLE:
        return Who(WhoKind(words))
    match = _ACTOR_OF.fullmatch(words)
    if match and NAME.fullmatch(match[2]):
        return Who(WhoKind.ACTOR_OF, match[2])
    return Who(WhoKind.NAMED, words) if LABEL.fullmatch(words) else None


@lru_cache(maxsize=1024)
def parse_happening(text: str) -> Happening:
    """Read `opened`, `closed`, `acknowledge`, `state x`, `left x`, `task x`, `clock x due`, `notice x sent`, `case x closed`;
    raises Invalid.

    A bare name is taken for an action; `complete` finds out whether it is a task or a date field.
    """
    match text.split():
        case ["opened" | "closed" as word]:
            return Happening(EventKind(word))
        case ["state" | "left" | "task" as word, name] if NAME.fullmatch(name):
            return Happening(EventKind(word), name)
        case ["clock", name, "due"] if NAME.fullmatch(name):
            return Happening(EventKind.CLOCK_DUE, name)
        case ["notice", name, "sent"] if NAME.fullmatch(name):
            return Happening(EventKind.NOTICE_SENT, name)
        case ["case", name, "closed"] if LABEL.fullmatch(name):
            return Happening(EventKind.CASE_CLOSED, name)
        case [name] if NAME.fullmatch(name):
            return Happening(EventKind.ACTION, name)
    raise _refuse(text, say("what happens to a case"), say(
        "Write opened, closed, an action or task by name, a date field, state x, left x, task x, clock x due, notice x sent or "
        "case x closed."))


@lru_cache(maxsize=1024)
def parse_point(text: str) -> Point:
    """Read `50%`, `due`, `2 working days before`, `1 working day after`, `every 5 working days after`; raises Invalid."""
    words = " ".join(text.split())
    if words == "due":
        return Point(PointKind.DUE)
    percent = _PERCENT.fullmatch(words)
    if percent:
        return Point(PointKind.PERCENT, Decimal(percent[1]))
    for kind, ending in ((PointKind.BEFORE, " before"), (PointKind.AFTER, " after")):
        if words.endswith(ending):
            every = words.startswith("every ") and kind is PointKind.AFTER
            amount = words.removesuffix(ending).removeprefix("every " if every else "")
            try:
                duration = parse_duration(amount)
            except Invalid:
                break
            if every and not duration.amount:
                break
            return Point(PointKind.EVERY if every else kind, duration=duration)
    raise _refuse(text, say("where on a clock"), say(
        "Write 50%, due, 4 working hours before, 1 working day after or every 5 working days after."))


@lru_cache(maxsize=1024)
def parse_after(text: str) -> str | Duration:
    """Read `tasks`, `any task`, `2 tasks` (given back in that form) or a duration; raises Invalid."""
    words = " ".join(text.split())
    if words in ("tasks", "any task"):
        return words
    tasks = _TASKS.fullmatch(words)
    if tasks:
        return f"{tasks[1]} tasks"
    try:
        return parse_duration(words)
    except Invalid:
        raise _refuse(text, say("after what"), say(
            "Write tasks, any task, 2 tasks or, for by: system, a duration such as 30 days.")) from None


@lru_cache(maxsize=1024)
def parse_every(text: str) -> Duration:
    """Read how often something recurs: a duration, not of nothing; raises Invalid."""
    words = " ".join(text.split())
    hint = say("Write a duration, such as 1 month, 5 working days or 4 hours.")
    if "FREQ=" in words.upper() or " per " in words:
        raise Invalid(say("'{text}' is a schedule, and what recurs here counts a duration from the last time", text=text[:80]), hint=hint,
                      value=text[:80], expected=say("a duration"))
    duration = parse_duration(words)
    if not duration.amount:
        raise _refuse(text, say("how often"), hint)
    return duration


@lru_cache(maxsize=1024)
def parse_duty(text: str) -> Duration | Recurrence:
    """Read how often a task opens again: a duration, or rules of RFC 5545; raises Invalid."""
    return parse_recurrence(text) if "FREQ=" in text.upper() else parse_every(text)


def parse_date(text: str) -> date:
    """Read `2026-12-31`; raises Invalid."""
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise _refuse(text, say("a date"), say("Write it as 2026-12-31."))


def parse_limit(text: str) -> Duration | Computed | str:
    """Read a duration, one whose number is an expression (`promised working days`), or the name of a field; raises Invalid."""
    words = " ".join(text.split())
    if NAME.fullmatch(words):
        return words
    try:
        return parse_duration(words)
    except Invalid:
        computed = amount_and_unit(words)
        if computed is None or not any(letter.isalpha() or letter == "_" for letter in computed[0]) or _NUMBER_AND_NAME.match(computed[0]):
            raise
        return Computed(Expression(computed[0]), computed[1])


_TIMES = re.compile(r"(?P<times>[1-9][0-9]{0,2}) per (?P<unit>day|week|month)", re.ASCII)


def parse_inspections(text: str) -> "Inspection | Duration":
    """Read `4 per day`, or a duration between one and the next; raises Invalid."""
    from engine.defining.cycle import Inspection  # procedures are read without it

    match = _TIMES.fullmatch(" ".join(text.split()))
    if match:
        unit: Any = match["unit"]
        return Inspection(int(match["times"]), unit)
    duration = parse_duration(text)
    if not duration.amount or duration.unit not in ELAPSED:
        raise _refuse(text, say("how often"), say("Write 4 per day, 2 per week, 10 per month, or 6 hours."))
    return duration


_TARGET = re.compile(r"(?P<word>>=|<=|≥|≤|>|<)?\s*(?P<number>[0-9]{1,6}(\.[0-9]{1,4})?)\s*(?P<share>%)?", re.ASCII)


def parse_target(text: str) -> "Target":
    """Read `95%` (at least so many), `< 5%` or `>= 4.2`; raises Invalid."""
    from engine.defining.cycle import Target  # procedures are read without it

    match = _TARGET.fullmatch(text.strip())
    if match and not (match["share"] and Decimal(match["number"]) > 100):
        word: Any = {"≥": ">=", "≤": "<=", None: ">="}.get(match["word"], match["word"])
        return Target(word, Decimal(match["number"]), bool(match["share"]))
    raise _refuse(text, say("what is to be reached"), say("Write a share such as 95% or < 5%, or a value such as >= 4.2."))


def parse_part(text: str) -> Decimal:
    """Read a share of something, `30%` or `2.5%`, as 30 or 2.5; raises Invalid for nothing and for more than all."""
    match = _PERCENT.fullmatch(text.strip())
    if match and 0 < Decimal(match[1]) <= 100:
        return Decimal(match[1])
    raise _refuse(text, say("a share such as 30%"), say("Write more than 0% and at most 100%."))


_SHARE = re.compile(r"([1-9][0-9]?)\s*/\s*([1-9][0-9]?)", re.ASCII)


def parse_pass(text: str) -> str:
    """Read `majority`, `unanimous` or a share of the votes such as `2/3` (given back in that form); raises Invalid."""
    words = " ".join(text.split())
    share = _SHARE.fullmatch(words)
    if share and int(share[1]) <= int(share[2]):
        return f"{share[1]}/{share[2]}"
    if words in ("majority", "unanimous"):
        return words
    raise _refuse(text, say("how many must agree"), say("Write majority, unanimous or a share such as 2/3."))


def parse_length(text: str) -> str:
    """Read `10`, `1..200`, `5..` or `..200` (given back as written, without spaces); raises Invalid."""
    words = "".join(text.split())
    match = LENGTH.fullmatch(words)
    if match and words != ".." and int(match["least"] or 0) <= int(match["most"] or 10**6):
        return words
    raise _refuse(text, say("how many characters"), say("Write 10, 1..200 or 5..; the smaller number first."))
