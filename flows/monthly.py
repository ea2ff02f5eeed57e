"""The flow of each month: where the time of the last month's cases went, and how punctual its deadlines were."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from prefect import flow
from prefect.client.schemas.objects import State

from engine.deciding.rights import THE_SYSTEM
from engine.ground.language import say
from engine.ground.lengths import length_text
from engine.usecases import accounting, punctuality
from engine.usecases.house import House
from engine.usecases.report_page import markdown_table
from engine.usecases.summarising import time_zone
from flows.running import Account, run


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of the house, in its reports."""

    name: str                            # 2026-11
    zone: str
    accounts: accounting.AccountsReport  # of the cases opened in it
    punctual: punctuality.Report         # of what fell due in it


@flow(name="makegood-monthly", persist_result=False)
async def monthly(house: str) -> State[dict[str, Any]]:
    """Report on the last whole month of the house at that folder."""
    return await run("monthly", house, _month, account)


def _month(house: House) -> Month:
    zone = time_zone(house)
    until = house.clock.now().astimezone(ZoneInfo(zone)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    since = (until - timedelta(days=1)).replace(day=1)
    return Month(
        f"{since:%Y-%m}", zone, accounting.report(house, since=since, until=until, actor=THE_SYSTEM),
        punctuality.report(house, since=since, until=until, actor=THE_SYSTEM),
    )


def account(month: Month) -> Account:
    """What the month reports, as a page."""
    points = sum(one.carried_out for one in month.punctual.definitions)
    cases = sum(one.cases for one in month.accounts.definitions)
    faults = [(one.number, f"{one.clock} {one.fault}") for one in month.punctual.faults]
    head = (say("Procedure"), say("cases"), say("time per case"), say("waiting for the customer"), say("paused"),
            say("outside working hours"))
    rows = [
        (one.title or one.definition, one.cases, *(
            length_text(time / one.cases)
            for time in (one.accounts.elapsed, one.accounts.waiting_for_customer, one.accounts.paused, one.accounts.outside_hours)
        ))
        for one in month.accounts.definitions
    ]
    lines = [
        f"# {say('Month {month}', month=month.name)}", "", f"## {say('Cases opened, and where their time went')}", "",
        *markdown_table(head, rows), "",
        f"## {say('Punctuality')}", "", *(f"- {line.strip()}" for line in month.punctual.lines(month.zone)),
    ]
    return Account(
        data={"month": month.name, "cases": cases, "points": points, "faults": len(faults)},
        counts={say("cases"): cases, say("points carried out"): points, say("points not as they should be"): len(faults)},
        failures=faults, worked=month.punctual.proven, page="\n".join(lines) + "\n",
    )
