"""The frozen values of time in a procedure: limits and how they are counted, pauses, extensions, ladders, clocks.

Part of the model in `engine.defining.definition`, from which everybody imports them.
"""

from typing import Any, Literal

from engine.defining.vocabulary import Counting, Doing, Expression, Happening, Point, Text, Who, item
from engine.ground.duration import Duration
from engine.ground.valueclass import valueclass


@valueclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One branch of a value given by cases, `{when: region == 'domestic', is: 13 days}`, or one item of a list that counts only while
    its condition holds; without `when` it always does."""

    value: Any = item("the value, or the item of the list, when the condition holds", None, key="is")
    when: Expression | None = item("the condition; the last branch of a value has none", None)
    before: str | None = item("for a limit: `is` is counted backward from this date or moment field", None)
    earliest_of: "tuple[Case, ...]" = item("instead of `is`: the first due of several; what is empty is left out", (), key="earliest of")
    latest_of: "tuple[Case, ...]" = item("instead of `is`: the last due of several; what is empty is left out", (), key="latest of")
    counting: Counting = item("for a limit: how its dates are counted, where otherwise than for the clock", factory=Counting)


@valueclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One rung of a ladder."""

    at: Point = item("where on the clock: `50%`, `4 working hours before`, `due`, `1 working day after`, `every 5 working days after`")
    when: Expression | None = item("only if this holds at that moment", None)
    at_most: int | None = item("for `every …`: how many times at most", None)
    do: tuple[Doing, ...] = item("what to do: remind, escalate, reassign, act, set, notice, assign, open, survey, grant", ())


@valueclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """When a clock stands still, by one of `in`, `while` and `from`; what several pauses have in common counts once."""

    in_: tuple[str, ...] = item("states or tasks during which the clock is paused", (), key="in")
    while_: Expression | None = item("as long as this holds of the case, judged whenever something happens in it", None, key="while")
    from_: tuple[Happening, ...] = item("from any of these on", (), key="from")
    until: tuple[Happening, ...] = item("with `from`: until any of these", ())
    up_to: Duration | None = item(
        "the longest total pause; days, weeks, working days: those on which it stood still throughout. Then the clock runs on", None
    )
    then: tuple[Doing, ...] = item("what happens when that total is used up", ())


@valueclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """How a clock may be given more time."""

    by: tuple[Who, ...] = item("who may extend; silence denies")
    up_to: Duration = item("how much at most in all, per case, in the unit that is added")
    at_most: int = item("how often per case", 1)
    require: tuple[Case, ...] = item("fields that must be filled; `comment` for a reason", ())
    approve: tuple[Case, ...] = item("who has to approve: `by` then asks, and the approval extends it", ())
    before: Literal["due"] | None = item("`due`: only while the clock is not yet due; with `approve` it must be asked for by then", None)
    notice: tuple[Case, ...] = item("notices sent when it is extended", ())


@valueclass(frozen=True, slots=True, kw_only=True)
class ClockSpec:
    """A promise in time: starts at an event, must stop at another within its limit."""

    name: str
    title: Text = item("what people call it", factory=Text)
    from_: tuple[Happening, ...] = item("what starts it; any of them", key="from")
    until: tuple[Happening, ...] = item(
        "what stops it; any of them. Without it the clock is a window: it ends when due and never breaches", ()
    )
    within: tuple[Case, ...] = item("how long: a limit, or cases `[{when: …, is: …}, …]`; the first match not empty counts", ())
    every: Duration | None = item(
        "instead of `within`, for what recurs: a run of this length. Each `until` event begins the next run, counted from it; without "
        "`until` runs follow each other, counted from the start, until the case is closed", None
    )
    at_most: int | None = item("with `every`: how many runs per case", None)
    when: Expression | None = item("it exists only while this holds; from then on it is as if it had always run since its `from`", None)
    restart: Literal["continue", "again", "never"] | None = item(
        "a second `from`: `continue` lets a stopped clock go on without the time between, `again` begins a new run also while it runs, "
        "`never` ignores it; without it a running clock goes on and a stopped one begins a new run", None
    )
    recompute: Literal["retroactive", "forward", "reset"] = item(
        "another limit, start date or `when`: computes from the start with the pauses kept, counts the new limit in full from the change "
        "on, or begins a new run then", "retroactive"
    )
    pause: tuple[Pause, ...] = item("when it stands still", ())
    extend: tuple[Extension, ...] = item("how it may be given more time; the first that allows it counts", ())
    ladder: tuple[Rung, ...] = item("what happens before, at and after due", ())
    calendar: str | None = item("another calendar than the procedure's", None)
    counting: Counting = item("how its dates are counted, where otherwise than the procedure says", factory=Counting)
