"""The frozen values of a procedure: what a published version says, with nothing of any case in it.

One model, four uses: the reader fills it, the JSON Schema and the language reference are generated from it, the checks
walk it, the machine executes it. Every key of the language is an attribute here; `item(doc)` says in one sentence what
the key does and, where the YAML key is a Python keyword, what it is called there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, NewType

from engine.ground.duration import Duration
from engine.ground.money import Money

Expression = NewType("Expression", str)
"""A condition or value in the one expression language (Jinja2 syntax, see `engine.deciding.wording`)."""


def item(doc: str, default: Any = MISSING, *, key: str = "", factory: Any = MISSING) -> Any:
    """A key of the language: what it does, its default (none: it must be given), its YAML name if that differs."""
    metadata = {"doc": doc, "key": key}
    if factory is not MISSING:
        return field(default_factory=factory, metadata=metadata)
    return field(default=default, metadata=metadata)


def derived(factory: Any) -> Any:
    """An attribute that is not written but worked out from the others (`complete` in `engine.defining.completing`)."""
    return field(default_factory=factory, metadata={"derived": True})


class Text(dict[str, str]):
    """Words per language (`{"zh": …, "en": …}`); a plain string in YAML stands under "" and serves every language."""

    def in_(self, language: str) -> str:
        """The words in that language, else those for every language, else whatever there is; "" when empty."""
        return self.get(language) or self.get("") or next(iter(self.values()), "")

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "text"
    CHOICE = "choice"
    YES_NO = "yes_no"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    MOMENT = "moment"
    DURATION = "duration"
    PARTY = "party"
    PERSON = "person"
    FILE = "file"


class WhoKind(StrEnum):
    """The ways to say who: see "Who" in the language reference."""

    NAMED = "named"            # a role of the procedure, a field, a group or a person, by bare name
    OWNER = "owner"
    CUSTOMER = "customer"
    SYSTEM = "system"
    ANYONE = "anyone"
    ACTOR_OF = "actor_of"      # whoever took that action or did that task, every time
    SUPERIOR = "superior"      # the superior of somebody
    LEAST_LOADED = "least loaded"  # of those somebody names, the one with the fewest open cases


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody, as a definition names them: `intake`, `owner`, `superior of owner`, `actor_of('propose')`."""

    kind: WhoKind
    name: str = ""             # for NAMED and ACTOR_OF
    of: "Who | None" = None    # for SUPERIOR and LEAST_LOADED

    def __str__(self) -> str:
        if self.kind is WhoKind.NAMED:
            return self.name
        if self.kind is WhoKind.ACTOR_OF:
            return f"actor_of('{self.name}')"
        return f"{self.kind.value} of {self.of}" if self.of else self.kind.value


class EventKind(StrEnum):
    """What can start or stop a clock."""

    OPENED = "opened"
    CLOSED = "closed"
    ACTION = "action"          # by bare name; also a date field by bare name becomes FIELD
    STATE = "state"            # `state x`: entering it
    LEFT = "left"              # `left x`: leaving state x (a state's own limit ends with it)
    TASK = "task"              # `task x`: done
    TASK_OPENED = "task opened"
    CLOCK_DUE = "clock due"    # `clock x due`
    NOTICE_SENT = "notice sent"  # `notice x sent`
    FIELD = "field"            # a date or moment field: that date (from), or when it is filled (until)


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happens to a case, as `from:` and `until:` name it: `opened`, `acknowledge`, `state waiting`."""

    kind: EventKind
    name: str = ""

    def __str__(self) -> str:
        match self.kind:
            case EventKind.ACTION | EventKind.FIELD:
                return self.name
            case EventKind.CLOCK_DUE:
                return f"clock {self.name} due"
            case EventKind.NOTICE_SENT:
                return f"notice {self.name} sent"
            case EventKind.OPENED | EventKind.CLOSED:
                return self.kind.value
        return f"{self.kind.value} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One branch of a value given by cases: `{when: region == 'domestic', is: 13 days}`; without `when` it always matches."""

    value: Any = item("the value when this branch matches", key="is")
    when: Expression | None = item("the condition of this branch; the last branch has none", None)


class PointKind(StrEnum):
    """Where on its clock a rung lies."""

    PERCENT = "percent"        # `50%` of the time from start to due
    BEFORE = "before"          # `2 working days before`
    DUE = "due"
    AFTER = "after"            # `1 working day after`
    EVERY = "every"            # `every 5 working days after`


@dataclass(frozen=True, slots=True)
class Point:
    """The place of a rung on its clock."""

    kind: PointKind
    percent: Decimal = Decimal(0)
    duration: Duration | None = None

    def __str__(self) -> str:
        match self.kind:
            case PointKind.PERCENT:
                return f"{self.percent.normalize():f}%"
            case PointKind.DUE:
                return "due"
            case PointKind.EVERY:
                return f"every {self.duration} after"
        return f"{self.duration} {self.kind.value}"


class DoingKind(StrEnum):
    """What a definition can have done besides moving the case."""

    SET = "set"
    NOTICE = "notice"
    ASSIGN = "assign"
    REMIND = "remind"
    ESCALATE = "escalate"
    REASSIGN = "reassign"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Doing:
    """One doing, in the order written. `value` is, by kind: SET dict field → Expression; NOTICE tuple of names;
    ASSIGN and REASSIGN a Who; REMIND and ESCALATE a tuple of Who; ACT the name of an action or task."""

    kind: DoingKind
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One rung of a ladder."""

    at: Point = item("where on the clock: `50%`, `4 working hours before`, `due`, `1 working day after`, `every 5 working days after`")
    when: Expression | None = item("only if this holds at that moment", None)
    at_most: int | None = item("for `every …`: how many times at most", None)
    do: tuple[Doing, ...] = item("what to do: remind, escalate, reassign, act, set, notice, assign", ())


@dataclass(frozen=True, slots=True, kw_only=True)
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
    personal: bool | None = item("kept apart from case and history, erasable; by default party, file and text without a pattern are", None)

    @property
    def is_personal(self) -> bool:
        """Whether the value lives in the personal store: as declared, else parties, files and free text."""
        if self.personal is not None:
            return self.personal
        return self.type in (FieldType.PARTY, FieldType.FILE) or (self.type is FieldType.TEXT and self.pattern is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A post of this procedure; the organisation file says who holds it."""

    name: str
    title: Text = item("what people call it", factory=Text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing somebody may do with a case in a state."""

    name: str
    title: Text = item("what people call it", factory=Text)
    by: tuple[Who, ...] = item("who may take it; silence denies", ())
    to: str | None = item("the state it leads to; `back` for the state left; without it the case stays", None)
    when: Expression | None = item("possible only while this holds", None)
    require: tuple[str, ...] = item("fields that must be filled, given with the action or before; `comment` for a reason", ())
    at_most: int | None = item("how often per case", None)
    after: str | Duration | None = item("`tasks`, `any task`, `2 tasks`: only after these are done; for `by: system` a duration after entering the state", None)
    within: Duration | None = item("possible only this long after entering the state", None)
    limit: str | None = item("a money field that the person's own authority must cover", None)
    except_: tuple[Who, ...] = item("who may not, even with the role", (), key="except")
    in_: tuple[str, ...] = item("for actions under `anywhere`: only in these states", (), key="in")
    do: tuple[Doing, ...] = item("what else happens: set, notice, assign, remind, escalate, reassign", ())
    anywhere: bool = derived(bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A piece of work beside others in a state; it opens on entering the state."""

    name: str
    title: Text = item("what people call it", factory=Text)
    by: tuple[Who, ...] = item("who may do it; silence denies", ())
    when: Expression | None = item("opens only if this holds on entering", None)
    require: tuple[str, ...] = item("fields that must be filled to finish it; `comment` for a reason", ())
    limit: str | None = item("a money field that the person's own authority must cover", None)
    except_: tuple[Who, ...] = item("who may not, even with the role", (), key="except")
    within: tuple[Case, ...] = item("its time limit: a duration, or cases", ())
    ladder: tuple[Rung, ...] = item("what happens before, at and after its limit", ())
    do: tuple[Doing, ...] = item("what else happens when it is done: set, notice, assign, remind, escalate, reassign, act", ())


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a case is opened."""

    by: tuple[Who, ...] = item("who may open; without it whoever may act in the first state", ())
    require: tuple[str, ...] = item("fields that must be given, beside those with `required: true`", ())
    do: tuple[Doing, ...] = item("what happens on opening: set, notice, assign, remind", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Anywhere:
    """What holds in every state that is not final."""

    actions: Mapping[str, Action] = item("actions possible in every state not final, or in those under `in:`", factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """When a clock stands still."""

    in_: tuple[str, ...] = item("states or tasks during which the clock is paused", (), key="in")
    up_to: Duration | None = item("the longest total pause (minutes, hours, days, weeks elapsed); then the clock runs on", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """How a clock may be given more time."""

    by: tuple[Who, ...] = item("who may extend; silence denies")
    up_to: Duration = item("how much at most each time, in the unit that is added")
    at_most: int = item("how often per case", 1)
    require: tuple[str, ...] = item("fields that must be filled; `comment` for a reason", ())
    before: Literal["due"] | None = item("`due`: only while the clock is not yet due", None)
    notice: tuple[str, ...] = item("notices sent when it is extended", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSpec:
    """A promise in time: starts at an event, must stop at another within its limit."""

    name: str
    title: Text = item("what people call it", factory=Text)
    from_: tuple[Happening, ...] = item("what starts it; any of them", key="from")
    until: tuple[Happening, ...] = item("what stops it; any of them. Without it the clock is a window: it ends when due and never breaches", ())
    within: tuple[Case, ...] = item("how long: a duration, or cases `[{when: …, is: …}, {is: …}]`; the first match counts")
    pause: tuple[Pause, ...] = item("when it stands still", ())
    extend: Extension | None = item("how it may be given more time", None)
    ladder: tuple[Rung, ...] = item("what happens before, at and after due", ())
    calendar: str | None = item("another calendar than the procedure's", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message to somebody; its texts lie in `notices/<name>.<language>.j2`, first line `Subject: …`."""

    name: str
    to: tuple[Who, ...] = item("who receives it")
    via: tuple[str, ...] = item("channels in order; the first that reaches the recipient is used")
    mandatory: bool = item("when no channel reaches the recipient, a task opens for the owner to reach them by hand", False)
    contains: tuple[str, ...] = item("values its text must use: fields, `number`, `clock x`, `contact`; proved by the check", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A procedure, whole: what one published version says."""

    name: str = item("the name of the bundle", key="procedure")
    title: Text = item("what people call it", factory=Text)
    number: str = item("pattern of case numbers: `{year} {month} {day} {serial:04}`; the serial restarts when the rest changes")
    calendar: str = item("the calendar its days and hours are counted by")
    languages: tuple[str, ...] = item("languages every notice must have; the first is the fallback")
    fields: Mapping[str, Field] = item("what is recorded of a case", factory=dict)
    roles: Mapping[str, Role] = item("posts of this procedure, filled by the organisation file", factory=dict)
    opening: Opening = item("how a case is opened", factory=Opening)
    anywhere: Anywhere = item("what holds in every state that is not final", factory=Anywhere)
    states: Mapping[str, State] = item("where a case can be; the first is where it starts")
    authority: Mapping[str, Money | None] = item("what each role may decide with `limit:`, `{manager: {amount: 5000 CNY}}`; None is unlimited", factory=dict)
    clocks: Mapping[str, ClockSpec] = item("promises in time", factory=dict)
    notices: Mapping[str, Notice] = item("messages", factory=dict)
    contact: Text = item("whom recipients of notices can turn to; `{{ contact }}` in texts", factory=Text)
    texts: Mapping[str, Mapping[str, str]] = derived(dict)
    """Notice texts by name and language, as they lie in the bundle; `name.html` for the optional HTML form."""
    all_clocks: Mapping[str, ClockSpec] = derived(dict)
    """`clocks` plus those that states and tasks bring by their own `within:`."""

    @property
    def first_state(self) -> State:
        """Where a case starts: the first state written."""
        return next(iter(self.states.values()))

    def actions_of(self, state: str) -> Mapping[str, Action]:
        """Every action of a state by name, those under `anywhere` included (after `complete`)."""
        return self.states[state].actions

    def tasks(self) -> Iterator[tuple[State, Task]]:
        """Every task with the state it belongs to."""
        for state in self.states.values():
            for task in state.tasks.values():
                yield state, task
