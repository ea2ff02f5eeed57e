"""The language reference in Markdown, generated from the dataclasses: every key, what it does, what may stand there."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, get_args, get_origin, get_type_hints

from engine.defining.definition import (
    Action,
    Anywhere,
    Approval,
    Band,
    Case,
    ClockSpec,
    Counting,
    Definition,
    Doing,
    DoingKind,
    Expression,
    Extension,
    Field,
    FieldType,
    Handover,
    Happening,
    LinkedCase,
    Notice,
    Opening,
    Pause,
    Point,
    Privacy,
    Role,
    Rung,
    State,
    Task,
    Text,
    Who,
)
from engine.defining.organisation import Absence, CustomerClass, Group, Organisation, Person, Rights, ScheduledReport
from engine.defining.reader import BESIDE, plan, without_none
from engine.defining.reference_expressions import EXPRESSIONS
from engine.ground.duration import Duration

_WORDS: dict[Any, str] = {
    str: "text", int: "whole number from 1", bool: "true or false", Decimal: "number", Any: "any value", Text: "words",
    Expression: "expression", Who: "who", Duration: "duration", Happening: "event", Point: "point", date: "date, `2026-12-31`",
}
_SPECIAL: dict[tuple[str, str], str] = {
    ("Case", "value"): "limit, or item of a list",
    ("Standard", "missed"): "mapping of doings: " + ", ".join(f"`{kind.value}`" for kind in DoingKind),
    ("Case", "earliest_of"): "list of limits", ("Case", "latest_of"): "list of limits",
    **dict.fromkeys([("Action", "require"), ("Task", "require"), ("Opening", "require"), ("Extension", "require"), ("Extension", "notice")],
                    "text, or list; items may have a condition"),
    **dict.fromkeys([("Action", "approve"), ("Task", "approve"), ("Extension", "approve")],
                    "who, or see Approval; or list with conditions"),
    ("Approval", "pass_"): "`majority`, `unanimous` or a share",
    ("LinkedCase", "with_"): "mapping field → expression, or cases",
    ("Notice", "to"): "who, or list; items may have a condition",
    ("Action", "after"): "`tasks`, `any task`, `2 tasks` or duration",
    ("Definition", "values"): "mapping name → number, amount, duration or text",
    ("Cycle", "values"): "mapping name → number, amount, duration or text", ("Cycle", "vague"): "mapping language → list of words",
    ("Standard", "target"): "`95%`, `< 5%`, `>= 4.2`", ("Task", "every"): "duration, or `FREQ=MONTHLY;INTERVAL=3`",
    ("Standard", "every"): "`4 per day`, `2 per week`, `10 per month` or `6 hours`",
    ("ScheduledReport", "every"): "`day 07:00`, `friday 16:00`, `month 1 08:00`",
    ("Field", "length"): "`10`, `1..200`, `5..`",
    ("Field", "options"): "list of values, or mapping value → words",
    ("Survey", "levels"): "words of each level, worst first, or how many",
    ("Survey", "sample"): "`30%`, or see Sample, or list",
    ("Factor", "items"): "mapping name → words, or see Question",
    **dict.fromkeys([("Sample", "share"), ("Sample", "precision"), ("Sample", "response")], "share, `30%`"),
    ("CalendarSpec", "hours"): "mapping days → interval, or list",
    ("CalendarSpec", "open"): "mapping date → interval, or list",
}
_CHAPTERS: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("A procedure: `procedure.yaml`",
     (Definition, Field, Role, Opening, Handover, Anywhere, State, Action, Task, Approval, LinkedCase, ClockSpec,
      Case, Counting, Pause, Extension, Rung, Notice, Privacy)),
    ("The organisation: `organisation.yaml`", (Organisation, Person, Absence, Group, CustomerClass, Rights, ScheduledReport)),
)
_NAMES = {
    "Definition": "Top of a procedure", "LinkedCase": "Linked case",
    "ClockSpec": "Clock", "CustomerClass": "Class of customers", "Case": "Branch of a value", "Organisation": "Top of an organisation",
    "ScheduledReport": "Scheduled report",
    "Cycle": "Top of a cycle", "Survey": "Top of a questionnaire",
    "Scenario": "Top of a scenario", "CalendarSpec": "Top of a calendar", "HolidaySpec": "Holidays", "Step": "Step",
}

_INTRODUCTION = """# Language reference

This page is generated: `python -m engine.defining.reference > docs/language.md`. Change the program, not the page.

Files are YAML, read strictly: an unknown or repeated key, an unquoted `yes`, `no`, `on` or `off`, a tag, a merge key, a second
document, a tab as indentation, more than 1 MiB, 30 levels, 100 aliases or 50,000 values are refused, each with its place.
`12:30` and `2026-11-20` are text.
Where a list may stand, one item may stand alone.

## Conditions in lists and values

An item of `require`, of a notice's `to`, and of the doings `notice`, `remind`, `escalate`, `act`, `open` and `survey` may have a condition:
`[receipt, {when: amount > 500, is: second_opinion}]`. It counts only while that holds: for `require` with what is given counting first, for
a doing with what the doings before it did. A value of `set`, `grant`, `assign` or `reassign` may be given by cases, of which the first
that holds counts. For `set` and `grant` the last is `is` alone; where none holds for `assign` or `reassign`, the owner stays.

## What may stand where

- **words**: text for people. Either one text for every language, or a mapping by language: `{zh: 受理, en: Registered}`.
- **who**: the name of a role, a field, a group or a person; `owner`, `customer`, `system` (the scheduler), `anyone`; `superior of …`;
  `superiors of …`, `subordinates of …`: everybody above or below, however far; `department of …`: everybody in the same department;
  `involved`: whoever did anything in the case before; `least loaded of …`; `actor_of('x')`, whoever took action or did task `x`;
  in doings and the notices they send `actor`, whoever acts.
- **event**: `opened`, `closed`, the name of an action or task, `state x` (entered), `left x` (state left), `task x` (done),
  `clock x due`, `notice x sent` (accepted by a channel, or said to be conveyed by hand), `case x closed` (one of procedure `x` that
  this case opened), or a date field by name: as a start, its date; as an end, when it is filled.
- **duration**: a number and a unit: `minutes`, `hours` (elapsed), `working minutes`, `working hours`, `days`, `working days`,
  `weeks`, `months`, `quarters`, `years`; in Chinese `分钟`, `小时`, `工作小时`, `天`, `工作日`, `周`, `个月`, `季度`, `年`.
- **limit**: a duration; one whose number is an expression (`promised working days`, `3 * pieces hours`); a date, moment or duration
  field by name (a date ends with that day); `{earliest of: [3 days, visit_at]}` or `{latest of: […]}`, also one in the other;
  `{before: visit_at, is: 2 days}` counts backward. What reads an empty field is empty.
- **limit by cases**: a limit, or a list of branches `[{when: region == 'domestic', is: 13 days}, {is: 17 days}]`; the first that matches
  and is not empty counts. When a field that it reads changes, the due time is computed anew.
- **point**: a place on a clock: `50%`, `4 working hours before`, `due`, `1 working day after`, `every 5 working days after`.
- **expression**: a condition or value over the fields of the case, such as `region == 'overseas' and loss > 500`; see below.
- **amount**: `5000 CNY`, one for each currency `[5000 CNY, 600 EUR]`, or `unlimited`; alone or as `{amount: …}`.

### Doings

Actions, tasks, the opening, `entry` and rungs can have done, in the order written:

| key | what it does | what stands there |
|---|---|---|
| `set` | gives fields the values of expressions | mapping field → expression, or cases |
| `notice` | sends notices | name, or list with conditions |
| `assign` | makes somebody the owner | who, or cases |
| `reassign` | makes somebody else the owner | who, or cases |
| `remind` | sends the built-in notice `reminder` | who, or list with conditions |
| `escalate` | adds somebody to the case and tells both | who, or list with conditions |
| `act` | takes an action or finishes a task | name, or list with conditions |
| `open` | opens a linked case of another procedure | its name, or see Linked case; or list with conditions |
| `survey` | asks the customer by a questionnaire of the bundle | its name, or list with conditions |
| `grant` | in ladders and `missed:`, from due on: adds amounts to [money fields](promises.md) | mapping field → expression, or cases |
"""


def reference() -> str:
    """The whole reference as Markdown, ending in one line break; the same text for the same program."""
    lines = [_INTRODUCTION.rstrip("\n"), "", EXPRESSIONS.rstrip("\n")]
    for title, classes in (*_CHAPTERS, *_later_chapters()):
        lines += ["", f"## {title}"]
        for cls in classes:
            lines += ["", *_section(cls)]
    return "\n".join(lines) + "\n"


def _later_chapters() -> Iterator[tuple[str, tuple[type, ...]]]:
    from engine.defining.calendar_file import CalendarSpec
    from engine.defining.cycle import Cycle, Measure, Standard, Touchpoint
    from engine.defining.scenario import Scenario
    from engine.defining.survey import Survey

    yield "A service cycle: `cycle.yaml`", (Cycle, Touchpoint, Standard, Measure)
    yield "A calendar: `calendars/<name>.yaml`", (CalendarSpec, *_held(CalendarSpec))
    yield "A questionnaire: `surveys/<name>.yaml`", (Survey, *_held(Survey))
    yield "A scenario: `scenarios/<name>.yaml`", (Scenario, *_held(Scenario))


def _held(cls: Any) -> Iterator[type]:
    """The dataclasses inside a dataclass, each once, in the order of its keys."""
    seen: list[type] = []
    hints = get_type_hints(cls)
    for attribute in fields(cls):
        for part in _parts(hints[attribute.name]):
            if is_dataclass(part) and isinstance(part, type) and part not in seen and "doc" in attribute.metadata:
                seen += [part, *(inner for inner in _held(part) if inner not in seen)]
    yield from seen


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for inner in get_args(hint):
        yield from _parts(inner)


def _section(cls: Any) -> Iterator[str]:
    how, hints = plan(cls), get_type_hints(cls)
    attributes = {attribute.name: attribute for attribute in fields(cls)}
    yield f"### {_name(cls)}"
    yield ""
    yield (cls.__doc__ or "").strip()
    yield ""
    yield "| key | what it does | what stands there | without it |"
    yield "|---|---|---|---|"
    for key, entry in how.entries.items():
        attribute = attributes[entry.attribute]
        what = _SPECIAL.get((cls.__name__, entry.attribute)) or _words(without_none(hints[entry.attribute]))
        yield f"| `{key}` | {_cell(attribute.metadata['doc'])} | {_cell(what)} | {_cell(_default(attribute))} |"
    if how.doings:
        yield ""
        yield "Doings: " + ", ".join(f"`{key}`" for key in how.doings) + "."
    if cls is Field:
        yield ""
        yield "Types: " + ", ".join(f"`{kind.value}`" for kind in FieldType) + "."


def _words(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if hint in _WORDS:
        return _WORDS[hint]
    if origin is tuple and inner[-1] is not Ellipsis:
        return f"list of {len(inner)}: {_words(inner[0])}"
    if origin is tuple and inner[0] is Case:
        return "limit by cases"
    if origin is tuple and inner[0] is Doing:
        return "mapping of doings: " + ", ".join(f"`{kind.value}`" for kind in BESIDE)
    if origin is tuple:
        return f"{_words(inner[0])}, or list"
    if origin is Mapping:
        if inner[1] == Band:
            return "mapping role or group → amount, or list of amounts"
        return "mapping" if inner[1] is Any else f"mapping name → {_words(inner[1])}"
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in inner)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return "one of " + ", ".join(f"`{member.value}`" for member in hint)
    return f"see {_name(hint)}"


def _name(cls: Any) -> str:
    name: str = cls.__name__
    return _NAMES.get(name) or (f"Step {name.removesuffix('Step').lower()}" if name.endswith("Step") else name)


def _default(attribute: Any) -> str:
    if attribute.default_factory is not MISSING:
        return "–"
    match attribute.default:
        case _ if attribute.default is MISSING:
            return "**must be given**"
        case bool() as truth:
            return "true" if truth else "false"
        case None | () | "":
            return "–"
    return str(attribute.default)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    print(reference(), end="")
