"""The flow of each day: it erases whose time is over, assesses the classes of customers, anchors the heads of history outside the
database, and sums up the day."""

from dataclasses import asdict
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from engine.deciding.rights import THE_SYSTEM
from engine.ground.language import say
from engine.usecases.auditing import anchor
from engine.usecases.classing import classify
from engine.usecases.erasing import reapply
from engine.usecases.house import House
from engine.usecases.retaining import retain
from engine.usecases.summarising import Summary, daily_summary
from flows.running import Account, run


@flow(name="makegood-daily", persist_result=False)
async def daily(house: str) -> State[dict[str, Any]]:
    """Carry out erasures, write an anchor and the daily summary of the house at that folder."""
    return await run("daily", house, _day, account)


def _day(house: House) -> tuple[str, Summary, int]:
    erased = len(reapply(house)) + len(retain(house, THE_SYSTEM))
    classify(house, THE_SYSTEM)
    return str(anchor(house)), daily_summary(house), erased


def account(day: tuple[str, Summary, int]) -> Account:
    """What the day reports: the summary as a page."""
    file, summary, erased = day
    return Account(
        data={"anchor": file, "erased": erased, **asdict(summary)},
        counts={
            say("opened"): summary.opened, say("closed"): summary.closed, say("overdue now"): summary.overdue,
            say("breaches"): summary.breaches, say("notices that reached nobody"): summary.dead,
            say("people erased"): erased,
        },
        page=summary.markdown() + "\n" + say("Anchor: {file}", file=file) + "\n",
    )
