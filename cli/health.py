"""`makegood health`: whether the house is well, for people and for monitors."""

from dataclasses import asdict
from typing import Annotated

from cli.app import Verb
from cli.options import opt
from cli.run import Desk
from cli.show import as_json, clean, heading, paint, table
from engine.ground.errors import MakegoodError
from engine.ground.language import say
from engine.ground.wall import wall

UNWELL = MakegoodError.exit_code
_Sweep = Annotated[str, opt("--sweep", "TIME", say("How late the sweep may be."))]
_Delivery = Annotated[str, opt("--delivery", "TIME", say("How late deliveries may be."))]
_Most = Annotated[int, opt("--failing", "N", say("How many cases may wait after an attempt to settle them failed."), least=0)]
_Dead = Annotated[int, opt("--dead", "N", say("How many notices may have reached nobody."), least=0)]
_Months = Annotated[int, opt("--months", "N", say("How many months before its end a calendar is to be extended."), least=0)]
_Anchor = Annotated[str, opt("--anchor", "TIME", say("How old the last anchor of history may be."))]
_Cases = Annotated[
    bool, opt("--cases", None, say("Name the cases that could not be settled, and why; for whoever may audit, publish or apply."))
]


def _health(
    desk: Desk, sweep: _Sweep = "5 minutes", delivery: _Delivery = "15 minutes", failing: _Most = 0, dead: _Dead = 0, months: _Months = 1,
    anchor: _Anchor = "2 days", cases: _Cases = False,
) -> int | None:
    """Exit code 0 when all is well, 1 when something is out of bounds, 11 when the database cannot be used."""
    from datetime import timedelta

    from engine.usecases import health as watch
    from engine.usecases.house import span

    most = timedelta(days=366)
    bounds = watch.Bounds(span(sweep, "sweep", most), span(delivery, "delivery", most), failing, dead, months, span(anchor, "anchor", most))
    found = watch.health(desk.house, bounds)
    named = watch.failing(desk.house, desk.actor()) if cases else []
    if desk.as_json:
        as_json({"well": found.well, **asdict(found), **({"failing": [one._asdict() for one in named]} if cases else {})})
        return None if found.well else UNWELL
    heading(say("well") if found.well else say("not well"))
    marks = {True: (say("well"), "green"), False: (say("look"), "red")}
    for check in found.checks:
        mark, colour = marks[check.well]
        print(f"  {paint(mark, colour)}  {clean(check.words)}")
    print(paint(say("makegood {version}, schema {schema}", version=found.version, schema=found.schema), "dim"))
    if cases:
        rows = [(one.number, wall(one.due_at, desk.zone), str(one.attempts), wall(one.fire_at, desk.zone), one.error) for one in named]
        table((say("Case"), say("Due"), say("Attempts"), say("Again"), say("Error")), rows, empty=say("No case fails."))
    return None if found.well else UNWELL


HEALTH = Verb(
    "health", say("Tell whether everything is well: how late, what fails, what runs out. Exit code 1 when something is not."), _health,
    open_to_all=True,
)
