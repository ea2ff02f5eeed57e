"""The flow that keeps every deadline: it settles whatever fell due."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from engine.ground.language import say
from engine.usecases.sweeping import Swept
from engine.usecases.sweeping import sweep as settle_what_is_due
from flows.running import Account, run


@flow(name="makegood-sweep", persist_result=False)
async def sweep(house: str) -> State[dict[str, Any]]:
    """Settle every case with something due in the house at that folder."""
    return await run("sweep", house, settle_what_is_due, account)


def account(swept: Swept) -> Account:
    """What a sweep reports: how many cases it settled, and which it could not."""
    late = int(swept.late_by.total_seconds())
    return Account(
        data={
            "cases": swept.cases,
            "events": swept.events,
            "failures": dict(swept.failures),
            "late_by": late,
            "remaining": swept.remaining,
            "inspections": len(swept.cycles.inspections),
            "judged": swept.cycles.judged,
            "reports": [one.file for one in swept.cycles.reports],
        },
        counts={
            say("cases settled"): swept.cases,
            say("events"): swept.events,
            say("failed"): len(swept.failures),
            say("seconds late at most"): late,
            say("still due"): swept.remaining,
            say("inspections opened"): len(swept.cycles.inspections),
            say("standards judged"): swept.cycles.judged,
            say("reports made"): len(swept.cycles.reports),
        },
        failures=swept.failures,
        reports=[(one.name, one.title, one.page) for one in swept.cycles.reports],
        worked=swept.cases > 0 or not swept.failures,
    )
