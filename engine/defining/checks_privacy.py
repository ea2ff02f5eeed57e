"""Checks of how long personal data are kept."""

from collections.abc import Iterator

from engine.defining.checks_walk import Finding, View
from engine.ground.duration import ELAPSED, WORKED, Unit
from engine.ground.language import say


def uncounted_retention(view: View) -> Iterator[Finding]:
    """A retention in a unit that no law counts years by: calendars of working time are known for a year or two."""
    retain = view.definition.privacy.retain
    if retain is not None and retain.unit in ELAPSED | WORKED | {Unit.WORKING_DAYS}:
        yield Finding(
            ("privacy", "retain"),
            say("Personal data cannot be kept for {duration}: that is no whole number of dates", duration=str(retain)),
            hint=say("Write days, weeks, months, quarters or years, for example 3 years."), expected="days, weeks, months, quarters, years",
        )


CHECKS = (uncounted_retention,)
