"""The frozen values of a service cycle: what customers meet in the order in which they meet it, and the standards kept there.

A cycle is executed as a procedure (`engine.defining.compiling`): a visit is a case, touchpoints are its states, standards its tasks
and clocks. Its keys are declared like those of a procedure (`engine.defining.definition`).
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

from engine.defining.definition import Field, FieldType, LinkedCase, Notice, Opening, Privacy, Role
from engine.defining.timing import Case, Pause, Rung
from engine.defining.vocabulary import Band, Counting, Doing, Expression, Happening, Text, Who, derived, item
from engine.ground.duration import Duration
from engine.ground.valueclass import valueclass

Element = Literal["hardware", "software", "people"]
"""The three sides of a touchpoint: place and equipment; time, flow and predictability; attitude, attention and manners (row S3)."""
Level = Literal["basic", "expected", "desired", "unexpected"]
"""How a customer would speak of a need (row S7): not at all while it is met, as a matter of course, as a wish, not even as that."""


@valueclass(frozen=True, slots=True)
class Target:
    """What is to be reached: a share of the visits or a mean, at least or at most so much."""

    word: Literal[">=", ">", "<=", "<"]
    number: Decimal                                  # of a share in percent: 95 for `95%`
    share: bool                                      # written with %

    def __str__(self) -> str:
        return f"{self.word} {self.number.normalize():f}{'%' if self.share else ''}"

    def reached(self, value: Decimal, of: int = 1) -> bool:
        """Whether a value reaches it, or a sum of so many; a share in percent."""
        limit = self.number * of
        match self.word:
            case ">=":
                return value >= limit
            case ">":
                return value > limit
            case "<=":
                return value <= limit
        return value < limit


@valueclass(frozen=True, slots=True)
class Inspection:
    """Looking irregularly: so many times in each day, week or month."""

    times: int
    unit: Literal["day", "week", "month"]

    def __str__(self) -> str:
        return f"{self.times} per {self.unit}"


@valueclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Something counted or read off, and the values that keep the standard."""

    type: Literal["number", "share"] = item(
        "`number`: one value each time; `share`: two counts that are told from time to time, how many kept it and of how many", "number"
    )
    unit: str | None = item("what the number counts, such as °C", None)
    between: tuple[Decimal, Decimal] | None = item("the smallest and the largest value that keep the standard", None)


@valueclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """One promise to customers at a touchpoint, by exactly one of `within`, `measure`, `check` and `survey`."""

    name: str
    statement: Text = item("the standard as staff and customers read it: who does what, with its number and unit")
    element: Element = item("`hardware`, `software` or `people`")
    need: Text = item("the customer's need that it serves, where otherwise than the touchpoint's", factory=Text)
    level: Level | None = item("how much customers expect it, where otherwise than at the touchpoint", None)
    by: tuple[Who, ...] = item("who answers for it and says when it is done; silence denies", ())
    within: tuple[Case, ...] = item("its time limit, from entering the touchpoint until it is done: a limit, or cases", ())
    from_: tuple[Happening, ...] = item("its time begins at such an event instead, also of another touchpoint", (), key="from")
    until: tuple[Happening, ...] = item("with `from`: it is kept by such an event in time", ())
    pause: tuple[Pause, ...] = item("when its time stands still", ())
    ladder: tuple[Rung, ...] = item("what happens before, at and after its limit", ())
    measure: Measure | None = item("what is measured", None)
    check: Text = item("a question that is answered with yes or no; yes keeps the standard", factory=Text)
    every: Inspection | Duration | None = item(
        "instead of at each visit it is looked at by inspections: `4 per day` at moments that nobody can foresee, or one each `6 hours`; "
        "only in the working time of the cycle. With it `within` is how long an inspection may take", None
    )
    survey: str | None = item("what customers answer about it, `questionnaire.factor`: their mean is held against the target", None)
    when: Expression | None = item("it holds only for visits of which this holds", None)
    calendar: str | None = item("another calendar than the cycle's, for its limit", None)
    missed: tuple[Doing, ...] = item("a promise: what happens by itself when its limit is missed", ())
    target: Target | None = item("the share of visits that must keep it, `95%` or `< 5%`; of a number its mean, `>= 4.2`", None)
    period: Duration | None = item("over which time the target is judged", None)
    per: tuple[str, ...] = item(
        "each part is judged alone: calendars of shifts, by the one that is open when it is seen, or a field of the visit", ()
    )
    review: Duration | None = item("when it is looked at again, where otherwise than the cycle's: so long after publication", None)
    published: bool = item("customers are told of it", False)
    touchpoint: str = derived(str)

    @property
    def field(self) -> Field | None:
        """What is asked when a standard by check or by measure is looked at."""
        if self.check:
            return Field(name=self.name, type=FieldType.YES_NO, title=self.check)
        if self.measure and self.measure.type == "number":
            return Field(name=self.name, type=FieldType.NUMBER, title=self.statement)
        return None


@valueclass(frozen=True, slots=True, kw_only=True)
class Touchpoint:
    """One meeting of customer and service; the order written is the order in which customers come to them."""

    name: str
    title: Text = item("what people call it", factory=Text)
    need: Text = item("what the customer needs there, in the customer's words", factory=Text)
    level: Level | None = item("how much customers expect that: `basic`, `expected`, `desired`, `unexpected`", None)
    by: tuple[Who, ...] = item("who records that a customer has come to it, where otherwise than the cycle's `by`", ())
    optional: bool = item("customers may pass it by", False)
    repeated: bool = item("customers may come to it again and again", False)
    next: tuple[str, ...] = item("the touchpoints that may follow, where otherwise than the next one written", ())
    standards: Mapping[str, Standard] = item("the standards kept there", factory=dict)


@valueclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A service cycle, whole: what one published version says."""

    name: str = item("the name of the bundle", key="cycle")
    title: Text = item("what people call it", factory=Text)
    number: str = item("pattern of the numbers of visits: `{year} {month} {day} {serial:04}`; the serial restarts when the rest changes")
    calendar: str = item("the calendar its days and hours are counted by")
    languages: tuple[str, ...] = item("languages every notice must have; the first is the fallback")
    fields: Mapping[str, Field] = item("what is recorded of a visit", factory=dict)
    values: Mapping[str, Any] = item("values with a name, for expressions and texts", factory=dict)
    roles: Mapping[str, Role] = item("posts of this cycle, filled by the organisation file", factory=dict)
    by: tuple[Who, ...] = item("who records where customers are; silence denies", ())
    opening: Opening = item("how a visit begins", factory=Opening)
    late: Duration | None = item("how long after it happened something may be told; else only as it happens", None)
    ends: Duration | None = item("a visit that nobody ended ends by itself this long after its last touchpoint was reached", None)
    left: tuple[Doing, ...] = item("what happens when a customer has left, such as `survey: after_visit`", ())
    touchpoints: Mapping[str, Touchpoint] = item("what customers meet, in their order")
    authority: Mapping[str, Band] = item(
        "what missed promises may `grant:` by themselves (`system`), and what each role, or a group that decides by vote, may approve "
        "beyond: `{system: 50 CNY, manager: 500 CNY}`; never more than the organisation lets it", factory=dict
    )
    counting: Counting = item("how dates are counted by every clock", factory=Counting)
    notices: Mapping[str, Notice] = item("messages", factory=dict)
    privacy: Privacy = item("how long personal data are kept", factory=Privacy)
    contact: Text = item("whom recipients of notices can turn to; `{{ contact }}` in texts", factory=Text)

    review: Duration | None = item(
        "when its standards are looked at again: so long after the version in force was published, `1 year`", None
    )
    missed: LinkedCase | None = item(
        "the case that is opened when the target of a standard is missed over its period; `with` reads `cycle`, `standard`, `statement`, "
        "`touchpoint`, `part`, `first_day`, `last_day`, `kept`, `of`, `share`, `target` and `figures` (all of these in one text)", None
    )
    reviewing: LinkedCase | None = item(
        "the case that is opened when the date of `review` has come, one for all standards whose date it is; `with` reads `cycle`, "
        "`title`, `standards` (their names), `first_day`, `last_day`, and of that time `attainment`, `surveys`, `breaches` and "
        "`complaints` as texts", None
    )
    vague: Mapping[str, tuple[str, ...]] = item("further words that say nothing exact, by language; statements shall not use them",
                                                factory=dict)

    def standards(self) -> Iterator[tuple[Touchpoint, Standard]]:
        """Every standard with its touchpoint, in the customers' order."""
        for touchpoint in self.touchpoints.values():
            for standard in touchpoint.standards.values():
                yield touchpoint, standard
