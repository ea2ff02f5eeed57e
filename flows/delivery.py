"""The flow that sends notices."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from engine.ground.language import say
from flows.running import Account, run
from notifications.delivery import Delivered, deliver


@flow(name="makegood-delivery", persist_result=False)
async def delivery(house: str) -> State[dict[str, Any]]:
    """Send every notice that is due in the house at that folder."""
    return await run("delivery", house, deliver, account)


def account(done: Delivered) -> Account:
    """What a delivery reports: how many notices went where, and which did not."""
    failures = [
        (f"{case}, {say('notice {id}', id=notice)}" if case else say("notice {id}", id=notice), why) for notice, case, why in done.failures
    ]
    return Account(
        data={
            "sent": done.sent, "failed": done.failed, "dead": done.dead, "by_hand": done.by_hand, "cancelled": done.cancelled,
            "put_back": done.put_back, "remaining": done.remaining, "failures": dict(failures),
        },
        counts={
            say("sent"): done.sent, say("failed for now"): done.failed, say("dead"): done.dead, say("by hand"): done.by_hand,
            say("cancelled"): done.cancelled, say("put back"): done.put_back, say("still due"): done.remaining,
        },
        failures=failures, worked=done.sent + done.by_hand + done.cancelled > 0 or not done.failures,
    )
