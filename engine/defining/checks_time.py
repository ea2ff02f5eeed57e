"""Checks of clocks, ladders and shifts: rungs that can never fire, unknown calendars, shifts at one time."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import combinations

from engine.defining.checks_walk import Finding, View, ladders
from engine.defining.clock_parts import calendars, pauses
from engine.defining.definition import Case, EventKind, PointKind, Rung
from engine.defining.problems import nearest
from engine.defining.tree import Path
from engine.ground.duration import ELAPSED, WORKED, Duration, Unit
from engine.ground.language import say
from engine.ground.unions import union_of

_DATES = {
    Unit.DAYS: (1, 1),
    Unit.WORKING_DAYS: (1, 1),
    Unit.WEEKS: (7, 7),
    Unit.MONTHS: (28, 31),
    Unit.QUARTERS: (89, 92),
    Unit.YEARS: (365, 366),
}
_MINUTES = {Unit.MINUTES: 1, Unit.HOURS: 60, Unit.WORKING_MINUTES: 1, Unit.WORKING_HOURS: 60}
_DAY = 24 * 60


def longer(one: Duration, other: Duration) -> bool:
    """Whether `one` is certainly longer than `other`, whatever the calendar: working time is compared only with working time,
    or, when it is `one`, by the elapsed time it takes at least."""
    if one.unit in _MINUTES and other.unit in _MINUTES and (one.unit in ELAPSED) == (other.unit in ELAPSED):
        return one.amount * _MINUTES[one.unit] > other.amount * _MINUTES[other.unit]
    if one.unit is other.unit:
        return one.amount > other.amount
    if (other.unit not in ELAPSED and other.unit not in _DATES) or other.unit is Unit.WORKING_DAYS:
        return False  # how long working time takes depends on the calendar
    return _least(one) > _most(other)


def _least(duration: Duration) -> Decimal:
    if duration.unit in _MINUTES:
        return duration.amount * _MINUTES[duration.unit]
    return duration.amount * _DATES[duration.unit][0] * _DAY


def _most(duration: Duration) -> Decimal:
    if duration.unit in _MINUTES:
        return duration.amount * _MINUTES[duration.unit]
    return (duration.amount * _DATES[duration.unit][1] + 1) * _DAY  # days end at the end of the last day


def rungs_that_never_fire(view: View) -> Iterator[Finding]:
    """Rungs before the start of their clock, after the end of a window, beyond 100 %, and ladders without a limit."""
    definition = view.definition
    for name, within, rungs, path in ladders(definition):
        if rungs and not within and path[0] != "clocks":
            yield Finding(
                (*path, "ladder"),
                say("A ladder without `within`: it never fires"),
                hint=say("Write the limit, for example `within: 3 working days`."),
            )
            continue
        window = name in definition.clocks and path[0] == "clocks" and not definition.clocks[name].until
        for index, rung in enumerate(rungs):
            yield from _rung(rung, name, within, window, (*path, "ladder", index))


def _rung(rung: Rung, clock: str, within: tuple[Case, ...], window: bool, path: Path) -> Iterator[Finding]:
    point = rung.at
    budgets = [case.value for case in within if isinstance(case.value, Duration) and case.before is None]
    if point.kind is PointKind.PERCENT and point.percent > 100:
        yield Finding(
            (*path, "at"),
            say("{point} lies after the end of the clock '{clock}'", point=str(point), clock=clock),
            expected="0% … 100%",
            hint=say("After the end write for example `1 working day after`."),
        )
    if point.kind is PointKind.BEFORE and point.duration is not None and budgets:
        short = [budget for budget in budgets if longer(point.duration, budget)]
        if short:
            yield Finding(
                (*path, "at"),
                say(
                    "{point} lies before the start of the clock '{clock}', which has {budget}",
                    point=str(point),
                    clock=clock,
                    budget=str(short[0]),
                ),
                hint=say("Choose a shorter time, or a percentage."),
                severity="error" if len(short) == len(budgets) else "warning",
            )
    if window and point.kind in (PointKind.AFTER, PointKind.EVERY):
        yield Finding(
            (*path, "at"),
            say("{point} never comes: the clock '{clock}' has no `until`, so it ends when it is due", point=str(point), clock=clock),
            hint=say("Give the clock an `until`, or place the rung at `due`."),
        )
    if rung.at_most is not None and point.kind is not PointKind.EVERY:
        yield Finding(
            (*path, "at_most"),
            say("`at_most` is only for `every …`: this rung fires once"),
            hint=say("Remove it, or write `every … after`."),
        )
    if not rung.do:
        yield Finding(path, say("This rung does nothing"), hint=say("Say what, for example `remind: owner`."))


def endless_reminders(view: View) -> Iterator[Finding]:
    """`every …` without `at_most` on the limit of a final state, which nothing stops."""
    for state in view.definition.states.values():
        for index, rung in enumerate(state.ladder if state.final else ()):
            if rung.at.kind is PointKind.EVERY and rung.at_most is None:
                yield Finding(
                    ("states", state.name, "ladder", index),
                    say("{point} never stops: '{state}' is a final state", point=str(rung.at), state=state.name),
                    hint=say("Add `at_most`."),
                    severity="warning",
                )


def unfit_pauses(view: View) -> Iterator[Finding]:
    """Pauses that say in more than one way or in none when they begin, that never end, or whose total cannot be counted."""
    for pause, path in pauses(view.definition):
        ways = [key for key, said in (("in", pause.in_), ("while", pause.while_), ("from", pause.from_)) if said]
        if not ways:
            yield Finding(
                path, say("This pause never begins: it names no state, condition or event"), hint=say("Write `in: [waiting]`.")
            )
        elif len(ways) > 1:
            yield Finding(
                path, say("A pause begins in one way: {ways}", ways=", ".join(ways)), hint=say("Write a list of pauses, one for each.")
            )
        if pause.until and not pause.from_:
            yield Finding((*path, "until"), say("`until` of a pause belongs to its `from`"), hint=say("Write `from:`, or remove it."))
        if pause.from_ and not pause.until and pause.up_to is None:
            yield Finding(path, say("This pause never ends"), hint=say("Write `until:`, `up_to:` or both."))
        if pause.then and pause.up_to is None:
            yield Finding((*path, "then"), say("This never happens: the pause has no `up_to`"), hint=say("Write `up_to:`."))
        if pause.up_to is not None and pause.up_to.unit not in ELAPSED | WORKED | {Unit.DAYS, Unit.WEEKS, Unit.WORKING_DAYS}:
            yield Finding(
                (*path, "up_to"),
                say("The total of several pauses cannot be counted in {unit}", unit=pause.up_to.unit.value),
                expected="minutes | hours | working minutes | working hours | days | weeks | working days",
            )


def lives(view: View) -> Iterator[Finding]:
    """How a clock goes on: `restart: continue` of a window, `recompute` where nothing can change."""
    for clock in view.definition.clocks.values():
        path: Path = ("clocks", clock.name)
        if clock.restart == "continue" and not clock.until:
            yield Finding(
                (*path, "restart"),
                say("The clock '{clock}' has no `until`: it ends when its time is used up, and nothing is left to go on with",
                    clock=clock.name),
                hint=say("Give the clock an `until`, or write `restart: again`."),
            )
        dated = len(clock.from_) == 1 and clock.from_[0].kind is EventKind.FIELD
        fixed = len(clock.within) == 1 and clock.within[0].when is None and isinstance(clock.within[0].value, Duration)
        if clock.recompute != "retroactive" and fixed and clock.when is None and not dated:
            yield Finding(
                (*path, "recompute"),
                say("`recompute` changes nothing: limit and start of the clock '{clock}' are always the same", clock=clock.name),
                hint=say("Remove it."),
                severity="warning",
            )


def recurring(view: View) -> Iterator[Finding]:
    """`at_most` of a clock that does not recur; shares of a period that is counted from the start."""
    for clock in view.definition.clocks.values():
        path: Path = ("clocks", clock.name)
        if clock.at_most is not None and clock.every is None:
            yield Finding(
                (*path, "at_most"),
                say("`at_most` is only for clocks with `every`: '{clock}' does not recur", clock=clock.name),
                hint=say("Remove it, or write `restart: never` for a clock that runs once."),
            )
        for index, rung in enumerate(clock.ladder if clock.every and not clock.until else ()):
            if rung.at.kind is PointKind.PERCENT:
                yield Finding(
                    (*path, "ladder", index, "at"),
                    say("{point} says nothing here: periods of '{clock}' count from its start", point=str(rung.at), clock=clock.name),
                    hint=say("Place the rung before the end of the period, for example `1 day before`."),
                )


def unknown_calendars(view: View) -> Iterator[Finding]:
    """Calendars that the house does not have."""
    if view.calendars is None:
        return
    for name, path in calendars(view.definition):
        if name not in view.calendars:
            yield Finding(
                path,
                say("There is no calendar '{name}'", name=name),
                nearest=nearest(name, view.calendars),
                hint=say(
                    "Write calendars/{name}.yaml, or name one of: {known}.", name=name, known=", ".join(sorted(view.calendars)) or "–"
                ),
            )


def shifts_at_once(view: View) -> Iterator[Finding]:
    """Shifts of a standard of which two are open at one moment: what is seen then would count for the first of them alone."""
    known = view.calendars if isinstance(view.calendars, Mapping) else {}
    for standard in view.definition.standards.values():
        shifts = [known[name] for name in standard.per if name in known and name not in view.definition.fields]
        for one, other in combinations(shifts, 2):
            if one.timezone == other.timezone and any(union_of("", (one, other)).hours):
                yield Finding(
                    ("touchpoints", standard.touchpoint, "standards", standard.name, "per"),
                    say("'{one}' and '{other}' are open at the same time: what is seen then counts for '{one}' alone", one=one.name,
                        other=other.name),
                    hint=say("Let a field of the visit say whose shift it was: `per: shift`."), severity="warning",
                )


CHECKS = (rungs_that_never_fire, endless_reminders, unfit_pauses, lives, recurring, unknown_calendars, shifts_at_once)
