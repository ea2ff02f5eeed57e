"""Checks of `counting:` that changes nothing where it stands, or leaves no time at all."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields

from engine.defining.checks_walk import Finding, View, ladders
from engine.defining.definition import Case, Counting, Definition, FieldType
from engine.defining.limits import case_path
from engine.defining.tree import Path
from engine.ground.duration import ELAPSED, WORKED, Duration, Unit
from engine.ground.language import say

KEYS = tuple(key.name for key in fields(Counting))
_BY_FIELD = {FieldType.DATE: ("ends", "roll"), FieldType.MOMENT: ("roll",)}


def counting_in_vain(view: View) -> Iterator[Finding]:
    """Keys of `counting` said for limits that all count in a unit to which they mean nothing, or that say otherwise themselves."""
    definition = view.definition
    every: list[tuple[Collection[str], Case]] = []
    for name, within, _, path in ladders(definition):
        mine = definition.clocks[name].counting if path[0] == "clocks" else Counting()
        yield from _in_vain(mine, ((_keys(case.counting), case) for case in within), (*path, "counting"), definition)
        for index, case in enumerate(within):
            yield from _in_vain(case.counting, [((), case)], (*case_path(path, within, index), "counting"), definition)
            every.append((_keys(mine) | _keys(case.counting), case))
    yield from _in_vain(definition.counting, every, ("counting",), definition)


def _keys(counting: Counting) -> frozenset[str]:
    return frozenset(key for key in KEYS if getattr(counting, key))


def _in_vain(said: Counting, limits: Iterable[tuple[Collection[str], Case]], path: Path, definition: Definition) -> Iterator[Finding]:
    """Keys said here that no limit takes up; each limit comes with the keys that something nearer to it says."""
    held = list(limits)
    for key in KEYS:
        if getattr(said, key) and not any(key not in nearer and key in _meant_for(case, definition) for nearer, case in held):
            yield Finding(
                (*path, key),
                say("'{key}' changes nothing here: no limit that it holds for counts by it", key=key),
                hint=say("It is for limits in hours, days, weeks, months and years; others end on worked days anyway.")
                if key == "roll"
                else say("It is for limits in days, working days, weeks, months and years."),
            )


def _meant_for(case: Case, definition: Definition) -> Collection[str]:
    """The keys that mean something to a limit."""
    several = case.earliest_of or case.latest_of
    if several:
        return {key for one in several for key in _meant_for(one, definition)}
    value = case.value
    if isinstance(value, str):
        field = definition.fields.get(value)
        return _BY_FIELD.get(field.type, KEYS) if field else KEYS
    if value.unit in WORKED or (isinstance(value, Duration) and not value.amount):
        return ()
    if value.unit in ELAPSED:
        return ("roll",)
    return ("first_day", "ends") if value.unit is Unit.WORKING_DAYS else KEYS


def no_time_at_all(view: View) -> Iterator[Finding]:
    """One day that includes the first and ends at the same time of day: due the moment it starts."""
    definition: Definition = view.definition
    for name, within, _, path in ladders(definition):
        for index, case in enumerate(definition.all_clocks[name].within if name in definition.all_clocks else ()):
            counting, value = case.counting, case.value
            day = isinstance(value, Duration) and value.unit in (Unit.DAYS, Unit.WORKING_DAYS) and value.amount == 1
            if day and counting.first_day == "included" and counting.ends == "same_time":
                yield Finding(
                    case_path(path, within, index),
                    say("The clock '{clock}' is due the moment it starts: one day, the first included, at the same time", clock=name),
                    hint=say("Exclude the first day, or let it end with the day."),
                )


CHECKS = (counting_in_vain, no_time_at_all)
