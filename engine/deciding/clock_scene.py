"""What the clocks of a case look at."""

from collections.abc import Callable
from datetime import datetime

from engine.deciding.budgets import Evaluate, Live
from engine.deciding.case import CaseState
from engine.defining.definition import Definition
from engine.ground.calendars import Calendar
from engine.ground.valueclass import valueclass

Calendars = Callable[[str | None], Calendar]
"""The calendar of a name as now in force; None asks for the procedure's own."""


@valueclass(frozen=True, slots=True)
class Scene:
    """What the clocks of a case look at when something has happened to it."""

    definition: Definition
    case: CaseState
    at: datetime
    calendars: Calendars
    evaluate: Evaluate
    live: Live
    recount: bool = False                # a calendar is another, and with it what a run that stays is due
