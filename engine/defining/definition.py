"""The frozen values of a procedure: what a published version says, with nothing of any case in it.

One model, four uses: the reader fills it, the JSON Schema and the language reference are generated from it, the checks
walk it, the machine executes it. Every key of the language is an attribute here; `item(doc)` says in one sentence what
the key does and, where the YAML key is a Python keyword, what it is called there.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

from engine.defining import survey
from engine.defining.timing import Case, ClockSpec, Extension, Pause, Rung
from engine.defining.vocabulary import (
    Approval,
    Band,
    Computed,
    Counting,
    Doing,
    DoingKind,
    EventKind,
    Expression,
    FieldType,
    Happening,
    Point,
    PointKind,
    Sight,
    Text,
    Who,
    WhoKind,
    derived,
    item,
)
from engine.ground.duration import Duration, Unit
from engine.ground.money import Money
from engine.ground.recurrence import Recurrence
from engine.ground.valueclass import valueclass

_APPROVE = (
    "who has to approve: whoever may take it then asks, and their approval carries it out; of several all, each its own person. Where no "
    "condition in the list holds, nobody needs to"
)
# The whole model, with the words it is made of: everybody imports both from here.
__all__ = [
    "Action", "Anywhere", "Approval", "Band", "Case", "ClockSpec", "Computed", "Counting", "Definition", "Doing", "DoingKind", "EventKind",
    "Expression", "Extension", "Field", "FieldType", "Handover", "Happening", "LinkedCase", "Notice", "Opening", "Pause", "Point",
    "PointKind", "Privacy", "Role", "Rung", "State", "Task", "Text", "Who", "WhoKind", "derived", "item",
]


@valueclass(frozen=True, slots=True, kw_only=True)
class LinkedCase:
    """A case of another procedure that is opened, linked with this one; `open: other` is short for its procedure alone."""

    procedure: str = item("the procedure, under its latest version")
    with_: Mapping[str, Any] = item("its fields: expressions over this case, or cases of such", factory=dict, key="with")
    wait: bool = item("this case stays in its state until the other is closed", False)


@valueclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the case."""

    name: str
    type: FieldType = item("what it holds")
    title: Text = item("what people call it", factory=Text)
    required: bool = item("must be given on opening", False)
    many: bool = item("a list of such values", False)
    options: Mapping[str, Text] = item("for choice: the values allowed, a list or a mapping value → title", factory=dict)
    pattern: str | None = item("for text: a regular expression that the whole value must match", None)
    length: str | None = item("for text: characters allowed, `10`, `1..200` or `5..`", None)
    between: tuple[Decimal, Decimal] | None = item("for number and money: smallest and largest value", None)
    currency: str | None = item("for money: its currency, ISO 4217", None)
    default: Any = item("the value until another is given", None)
    sees: tuple[Who, ...] = item("who alone may see it; without it whoever sees the case, or personal data where it is one", ())
    personal: bool | None = item("kept apart from case and history, erasable; by default party, file and text without a pattern are", None)

    @property
    def is_personal(self) -> bool:
        """Whether the value lives in the personal store: as declared, else parties, files and free text."""
        if self.personal is not None:
            return self.personal
        return self.type in (FieldType.PARTY, FieldType.FILE) or (self.type is FieldType.TEXT and self.pattern is None)


@valueclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A post of this procedure; the organisation file says who holds it."""

    name: str
    title: Text = item("what people call it", factory=Text)
    of: str | None = item(
        "a field: the post is held for each of its values, `roles: [clerk of north]`, and only that of the case's own acts", None
    )
    sees: tuple[Sight, ...] = item(
        "what it sees of every case of the procedure; without it case and history, and personal data while work of the case is for it", ()
    )


@valueclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing somebody may do with a case in a state."""

    name: str
    title: Text = item("what people call it", factory=Text)
    by: tuple[Who, ...] = item("who may take it; silence denies", ())
    to: str | None = item("the state it leads to; `back` for the state left; without it the case stays", None)
    when: Expression | None = item("possible only while this holds", None)
    require: tuple[Case, ...] = item("fields that must be filled, given with the action or before; `comment` for a reason", ())
    at_most: int | None = item("how often per case", None)
    after: str | Duration | None = item(
        "`tasks`, `any task`, `2 tasks`: only after these are done; for `by: system` a duration after entering the state", None
    )
    within: Duration | None = item("possible only this long after entering the state", None)
    backdate: Duration | None = item("staff may say when it was really done, at most this long ago; else it counts from now", None)
    limit: str | None = item("a money field that, with all decided in the case before, the person's own authority must cover", None)
    covers: tuple[str, ...] = item("fields decided by it, of which one that changes makes `approved('…')` false; else those it has", ())
    revokes: tuple[str, ...] = item("actions and tasks whose decisions it takes back: they count no more towards a `limit`", ())
    except_: tuple[Who, ...] = item("who may not, even with the role", (), key="except")
    approve: tuple[Case, ...] = item(_APPROVE, ())
    in_: tuple[str, ...] = item("for actions under `anywhere`: only in these states", (), key="in")
    do: tuple[Doing, ...] = item("what else happens: set, notice, assign, remind, escalate, reassign, open, survey", ())
    anywhere: bool = derived(bool)


@valueclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A piece of work beside others in a state; it opens on entering the state, or as `from` and `every` say."""

    name: str
    title: Text = item("what people call it", factory=Text)
    by: tuple[Who, ...] = item("who may do it; silence denies", ())
    from_: tuple[Happening, ...] = item(
        "opens at each such event while the case is in the state, instead of on entering; a date field: on that date", (), key="from"
    )
    every: Duration | Recurrence | None = item(
        "opens again this long after it was last done; the first time this long after entering the state (under `anywhere` after the "
        "case was opened), or with `from` at its event. Or on dates by rules of RFC 5545, `FREQ=MONTHLY;COUNT=12`, several joined by "
        "`and`, counted from that event, each moved to the next working day", None
    )
    at_most: int | None = item("how often per case", None)
    when: Expression | None = item("opens only if this holds then", None)
    require: tuple[Case, ...] = item("fields that must be filled to finish it; `comment` for a reason", ())
    limit: str | None = item("a money field that, with all decided in the case before, the person's own authority must cover", None)
    covers: tuple[str, ...] = item("fields decided by it, of which one that changes makes `approved('…')` false; else those it has", ())
    revokes: tuple[str, ...] = item("actions and tasks whose decisions it takes back: they count no more towards a `limit`", ())
    except_: tuple[Who, ...] = item("who may not, even with the role", (), key="except")
    approve: tuple[Case, ...] = item(_APPROVE, ())
    within: tuple[Case, ...] = item("its time limit: a limit, or cases", ())
    pause: tuple[Pause, ...] = item("when its limit stands still", ())
    extend: tuple[Extension, ...] = item("how its limit may be given more time; the first that allows it counts", ())
    ladder: tuple[Rung, ...] = item("what happens before, at and after its limit", ())
    calendar: str | None = item("another calendar than the procedure's, for its limit and for `every`", None)
    backdate: Duration | None = item("staff may say when it was really done, at most this long ago; else it counts from now", None)
    in_: tuple[str, ...] = item("for tasks under `anywhere`: only in these states, which count as one", (), key="in")
    do: tuple[Doing, ...] = item("what else happens when done: set, notice, assign, remind, escalate, reassign, act, open, survey", ())
    anywhere: bool = derived(bool)


@valueclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a case can be."""

    name: str
    title: Text = item("what people call it", factory=Text)
    actions: Mapping[str, Action] = item("what can be done here", factory=dict)
    tasks: Mapping[str, Task] = item("work done side by side here", factory=dict)
    entry: tuple[Doing, ...] = item("what happens on entering", ())
    within: tuple[Case, ...] = item("how long a case may stay: a clock named like the state", ())
    ladder: tuple[Rung, ...] = item("what happens before, at and after that limit", ())
    awaits: Literal["customer"] | None = item("`customer`: time here is booked to the customer", None)
    final: bool = item("the case is closed here; running tasks and clocks end", False)


@valueclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """How a case is handed over: its owner stays responsible until the other has accepted."""

    within: Duration = item("how long the other has to accept; then it stays with who gave it", Duration(Decimal(1), Unit.WORKING_DAYS))


@valueclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """How long personal data are kept."""

    retain: Duration | None = item(
        "in days, weeks, months or years after closing; when it is over for all cases of a person, they are erased; without it never", None
    )


@valueclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a case is opened."""

    by: tuple[Who, ...] = item("who may open; without it whoever may act in the first state", ())
    require: tuple[Case, ...] = item("fields that must be given, beside those with `required: true`", ())
    backdate: Duration | None = item(
        "what was settled first may be filed afterwards: staff say when it really began, at most this long ago, with a comment why", None
    )
    do: tuple[Doing, ...] = item("what happens on opening: set, notice, assign, remind", ())


@valueclass(frozen=True, slots=True, kw_only=True)
class Anywhere:
    """What holds in every state that is not final."""

    actions: Mapping[str, Action] = item("actions possible in every state not final, or in those under `in:`", factory=dict)
    tasks: Mapping[str, Task] = item(
        "tasks of every state not final, or of those under `in:`: the states count as one, so a task goes on from one to the next",
        factory=dict,
    )


@valueclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message to somebody; its texts lie in `notices/<name>.<language>.j2`, first line `Subject: …`."""

    name: str
    to: tuple[Case, ...] = item("who receives it")
    via: tuple[str, ...] = item("channels in order; the first that reaches the recipient is used")
    mandatory: bool = item("when no channel reaches the recipient, a task opens for the owner to reach them by hand", False)
    contains: tuple[str, ...] = item("values its text must use: fields, `number`, `clock x`, `contact`; proved by the check", ())


Constant = Decimal | Money | Duration | str
"""A value with a name: typed by what is written."""


@valueclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A procedure, whole: what one published version says."""

    name: str = item("the name of the bundle", key="procedure")
    title: Text = item("what people call it", factory=Text)
    number: str = item("pattern of case numbers: `{year} {month} {day} {serial:04}`; the serial restarts when the rest changes")
    calendar: str = item("the calendar its days and hours are counted by")
    languages: tuple[str, ...] = item("languages every notice must have; the first is the fallback")
    fields: Mapping[str, Field] = item("what is recorded of a case", factory=dict)
    values: Mapping[str, Constant] = item("values with a name, for expressions and texts: `{standard_payment: 40 GBP}`", factory=dict)
    roles: Mapping[str, Role] = item("posts of this procedure, filled by the organisation file", factory=dict)
    opening: Opening = item("how a case is opened", factory=Opening)
    handover: Handover | None = item(
        "how a case is handed over: its owner asks, the other accepts. Then only a superior of the owner assigns it, else who takes part",
        None)
    anywhere: Anywhere = item("what holds in every state that is not final", factory=Anywhere)
    states: Mapping[str, State] = item("where a case can be; the first is where it starts")
    authority: Mapping[str, Band] = item(
        "what each role, or a group that decides by vote, may decide with `limit:`, and `system` may `grant:`: `{manager: [5000 CNY, 600 "
        "EUR], director: unlimited}`; never more than the organisation lets it", factory=dict
    )
    clocks: Mapping[str, ClockSpec] = item("promises in time", factory=dict)
    counting: Counting = item("how dates are counted by every clock, those of states and tasks included", factory=Counting)
    notices: Mapping[str, Notice] = item("messages", factory=dict)
    privacy: Privacy = item("how long personal data are kept", factory=Privacy)
    lesson: tuple[str, ...] = item("what was learnt: public fields; a case closed with all of them filled enters the case library", ())
    contact: Text = item("whom recipients of notices can turn to; `{{ contact }}` in texts", factory=Text)
    texts: Mapping[str, Mapping[str, str]] = derived(dict)
    """Notice texts by name and language, as they lie in the bundle; `name.html` for the optional HTML form."""
    all_clocks: Mapping[str, ClockSpec] = derived(dict)
    """`clocks` plus those that states and tasks bring by their own `within:`; each case says all of its `counting`."""

    surveys: Mapping[str, survey.Survey] = derived(dict)
    """The questionnaires of the bundle, as they lie under `surveys/`."""
    standards: Mapping[str, Any] = derived(dict)
    """Of a procedure that executes a cycle: its standards (`engine.defining.cycle`), which its cases show kept or missed."""
    missed: LinkedCase | None = derived(lambda: None)
    """Of such a procedure: the case to open when a target is missed."""
    reviewing: LinkedCase | None = derived(lambda: None)
    """Of such a procedure: the case to open when standards are to be looked at again."""
    entries: tuple[str, ...] = derived(tuple)
    """States in which somebody may open a case, when there are others than the first."""
    scheduled: tuple[str, ...] = derived(tuple)
    """States in which only the scheduler opens cases: inspections."""

    @property
    def first_state(self) -> State:
        """Where a case starts: the first state written."""
        return next(iter(self.states.values()))

    @property
    def ways_in(self) -> tuple[str, ...]:
        """The states in which somebody may open a case."""
        return self.entries or (self.first_state.name,)

    @property
    def beginnings(self) -> tuple[str, ...]:
        """The states in which cases begin, whoever opens them."""
        return (*self.ways_in, *self.scheduled)

    @property
    def customer_field(self) -> str | None:
        """The field that names the customer: the first of type party."""
        return next((name for name, spec in self.fields.items() if spec.type is FieldType.PARTY), None)

    def tasks(self) -> Iterator[tuple[State, Task]]:
        """Every task with the state it belongs to; one under `anywhere` with each of its states."""
        for state in self.states.values():
            for task in state.tasks.values():
                yield state, task
