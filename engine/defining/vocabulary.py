"""The words a definition is made of: text for people, who, what happens, where on a clock, what is to be done.

`item` declares a key of the language. What the keys are is in `engine.defining.definition`.
"""

from dataclasses import MISSING, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, NamedTuple, NewType

from engine.ground.duration import Duration, Unit
from engine.ground.money import Money
from engine.ground.valueclass import valueclass

Expression = NewType("Expression", str)
"""A condition or value in the one expression language (Jinja2 syntax, see `engine.deciding.expressions`)."""


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

    def __hash__(self) -> int:  # type: ignore[override]  # dicts have none; nobody changes the words of a definition
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


Band = tuple[Money, ...] | None
"""How much may be decided: an amount in each currency (in others nothing), or None, which is unlimited."""


class Sight(StrEnum):
    """What there is to see of a case, each apart."""

    CASE = "case"              # the case as it stands
    HISTORY = "history"        # what happened, and who did it
    PERSONAL = "personal"      # personal data, in both


class WhoKind(StrEnum):
    """The ways to say who: see "Who" in the language reference."""

    NAMED = "named"            # a role of the procedure, a field, a group or a person, by bare name
    OWNER = "owner"
    CUSTOMER = "customer"
    SYSTEM = "system"
    ANYONE = "anyone"
    ACTOR = "actor"            # in doings: whoever acts just now
    ACTOR_OF = "actor_of"      # whoever took that action or did that task, every time
    SUPERIOR = "superior"      # the superior of somebody
    SUPERIORS = "superiors"    # everybody above somebody, however far
    SUBORDINATES = "subordinates"  # everybody below somebody, however far
    DEPARTMENT = "department"  # everybody in the departments of somebody, themselves included
    INVOLVED = "involved"      # whoever did anything in this case before
    LEAST_LOADED = "least loaded"  # of those somebody names, the one with the fewest open cases


@valueclass(frozen=True, slots=True)
class Who:
    """Somebody, as a definition names them: `intake`, `owner`, `superior of owner`, `actor_of('propose')`."""

    kind: WhoKind
    name: str = ""             # for NAMED and ACTOR_OF
    of: "Who | None" = None    # for those of somebody: SUPERIOR, SUPERIORS, SUBORDINATES, DEPARTMENT, LEAST_LOADED

    def __str__(self) -> str:
        if self.kind is WhoKind.NAMED:
            return self.name
        if self.kind is WhoKind.ACTOR_OF:
            return f"actor_of('{self.name}')"
        return f"{self.kind.value} of {self.of}" if self.of else self.kind.value


@valueclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who has to approve: one of those it names, or with `quorum` or `pass` all of them together by vote. Nobody approves what they
    asked for themselves; `approve: director` is short for `{of: director}`."""

    of: Who = item("whose approval it takes")
    quorum: int | None = item("how many of them must vote, those who abstain included; by itself more than half", None)
    pass_: str | None = item("of the yes and no: `majority`, `unanimous`, or at least a share such as `2/3`; by itself `majority`", None,
                             key="pass")
    within: Duration | None = item("how long they have: then the votes decide if they are enough, else the request ends", None)

    @property
    def votes(self) -> bool:
        """Whether they decide together, by vote."""
        return self.quorum is not None or self.pass_ is not None


@valueclass(frozen=True, slots=True)
class Computed:
    """A duration whose number is worked out from the case: `promised working days`, `3 * pieces hours`."""

    number: Expression
    unit: Unit

    def __str__(self) -> str:
        return f"{self.number} {self.unit.value}"


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
    CASE_CLOSED = "case closed"  # `case x closed`: one of that procedure, opened by this case
    FIELD = "field"            # a date or moment field: that date (from), or when it is filled (until)


class Happening(NamedTuple):
    """One thing that happens to a case, as `from:` and `until:` name it: `opened`, `acknowledge`, `state waiting`.

    A tuple, since every clock of a case is asked whether it waits for each thing that happens to it.
    """

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
            case EventKind.CASE_CLOSED:
                return f"case {self.name} closed"
            case EventKind.OPENED | EventKind.CLOSED:
                return self.kind.value
        return f"{self.kind.value} {self.name}"


class PointKind(StrEnum):
    """Where on its clock a rung lies."""

    PERCENT = "percent"        # `50%` of the time from start to due
    BEFORE = "before"          # `2 working days before`
    DUE = "due"
    AFTER = "after"            # `1 working day after`
    EVERY = "every"            # `every 5 working days after`


@valueclass(frozen=True, slots=True)
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


@valueclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """How dates are counted; of branch, clock and procedure the nearest counts, key by key. Nothing is due before its clock starts."""

    first_day: Literal["excluded", "included"] | None = item(
        "for days, weeks, months and years: whether the day on which the clock starts counts; otherwise `excluded`", None
    )
    ends: Literal["same_time", "close_of_business", "end_of_day"] | None = item(
        "when on its last date a limit in days, weeks, months or years ends: at the time of day at which the clock started, at the end of "
        "the last working hours (of the day, when it is not worked), or with the day; otherwise `end_of_day`", None
    )
    roll: Literal["none", "next", "previous"] | None = item(
        "when a limit ends on a day that is not worked: on the next or the previous worked day instead, hours at the same time of day; "
        "otherwise `none`. Working time and working days end on worked days anyway", None
    )

    def inside(self, outer: "Counting") -> "Counting":
        """This, completed by what holds further out; what is usual anyway is left unsaid, so that equal ways of counting are equal."""
        first_day, ends, roll = self.first_day or outer.first_day, self.ends or outer.ends, self.roll or outer.roll
        return Counting(
            first_day=None if first_day == "excluded" else first_day, ends=None if ends == "end_of_day" else ends,
            roll=None if roll == "none" else roll,
        )


class DoingKind(StrEnum):
    """What a definition can have done besides moving the case."""

    SET = "set"
    NOTICE = "notice"
    ASSIGN = "assign"
    REMIND = "remind"
    ESCALATE = "escalate"
    REASSIGN = "reassign"
    ACT = "act"
    OPEN = "open"
    SURVEY = "survey"
    GRANT = "grant"


@valueclass(frozen=True, slots=True)
class Doing:
    """One doing, in the order written. `value` holds items, each a `Case` that counts only while its condition holds: NOTICE, SURVEY and
    ACT names, REMIND and ESCALATE who, OPEN a `LinkedCase`. For ASSIGN and REASSIGN it is a Who by cases (none: the owner stays), for SET a
    dict field → Expression by cases, for GRANT one too: the first case that matches counts.
    """

    kind: DoingKind
    value: Any

    @property
    def fills(self) -> bool:
        """Whether it gives fields the values of expressions."""
        return self.kind in (DoingKind.SET, DoingKind.GRANT)
