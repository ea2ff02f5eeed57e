"""The flow of each day: it anchors the heads of history outside the database and sums up the day."""

from dataclasses import asdict
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from engine.ground.language import say
from engine.usecases.auditing import anchor
from engine.usecases.house import House
from engine.usecases.summarising import Summary, daily_summary
from flows.running import Account, run


@flow(name="makegood-daily", persist_result=False)
async def daily(house: str) -> State[dict[str, Any]]:
    """Write an anchor and the daily summary of the house at that folder."""
    return await run("daily", house, _day, account)


def _day(house: House) -> tuple[str, Summary]:
    return str(anchor(house)), daily_summary(house)


def account(day: tuple[str, Summary]) -> Account:
    """What the day reports: the summary as a page."""
    file, summary = day
    return Account(
        data={"anchor": file, **asdict(summary)},
        counts={
            say("opened"): summary.opened, say("closed"): summary.closed, say("overdue now"): summary.overdue,
            say("breaches"): summary.breaches, say("notices that reached nobody"): summary.dead,
        },
        page=summary.markdown() + "\n" + say("Anchor: {file}", file=file) + "\n",
    )
