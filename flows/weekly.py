"""The flow of each week: it proves that history is what was recorded and that no deadline was lost, and looks at what runs out."""

from datetime import timedelta
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from engine.deciding.rights import THE_SYSTEM
from engine.ground.language import say
from engine.usecases.auditing import Verified, verify
from engine.usecases.health import Health, health
from engine.usecases.house import House
from engine.usecases.punctuality import Report, report
from engine.usecases.summarising import time_zone
from flows.running import Account, run


@flow(name="makegood-weekly", persist_result=False)
async def weekly(house: str) -> State[dict[str, Any]]:
    """Verify all history, prove the punctuality of the last seven days, and tell the health of the house at that folder."""
    return await run("weekly", house, _week, account)


def _week(house: House) -> tuple[Verified, Report, Health, str]:
    return verify(house), report(house, since=house.clock.now() - timedelta(days=7), actor=THE_SYSTEM), health(house), time_zone(house)


def account(week: tuple[Verified, Report, Health, str]) -> Account:
    """What the week reports; it failed when history or punctuality is not as it should be."""
    verified, punctual, state, zone = week
    points = sum(one.carried_out for one in punctual.definitions)
    faults = sum(one.faults.total() for one in punctual.definitions)
    problems = [(one.stream, one.what) for one in verified.problems]
    lines = [
        f"# {say('The week')}", "", f"## {say('History')}", "",
        *([f"- {stream}: {what}" for stream, what in problems] or [say("intact")]), "",
        f"## {say('Punctuality')}", "", *(f"- {line.strip()}" for line in punctual.lines(zone)), "",
        f"## {say('Health')}", "", *(f"- {say('well') if one.well else say('look')}: {one.words}" for one in state.checks),
    ]
    return Account(
        data={
            "streams": verified.streams, "events": verified.events, "problems": len(problems), "points": points, "faults": faults,
            "well": state.well,
        },
        counts={
            say("events verified"): verified.events, say("problems"): len(problems), say("points carried out"): points,
            say("points not as they should be"): faults,
        },
        failures=problems, worked=not problems and punctual.proven, page="\n".join(lines) + "\n",
    )
