"""Serving the flows on their schedules, on one machine, until somebody says stop."""

import asyncio
import hashlib
import re
import signal
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Cron, Interval, Schedule
from prefect.types.entrypoint import EntrypointType

from engine.ground.errors import Invalid, Unavailable
from engine.ground.language import say
from engine.usecases.house import open_house
from engine.usecases.summarising import time_zone
from flows.daily import daily
from flows.delivery import delivery
from flows.server import Server, prefect_server
from flows.sweep import sweep
from notifications.channel import open_channels

MINUTE = timedelta(minutes=1)
SHORTEST = timedelta(seconds=5)
AT_ONCE = 3                          # runs side by side: after an outage the late ones must not fill the memory (96 MB each)
LOG = "prefect-server.log"
Plan = list[tuple[Flow[[str], Any], Schedule]]


def serve(
    house_folder: Path, sweep_every: timedelta = MINUTE, deliver_every: timedelta = MINUTE, daily_at: time = time(6), *,
    port: int | None = None, ready: Callable[[Server], None] | None = None,
) -> None:
    """Run sweep and delivery at their intervals and the daily flow at that time of the house's day, until SIGTERM or SIGINT.

    Uses or starts a Prefect server (see `prefect_server`); `ready` is told which once the schedules are set. Stopping ends
    running flows, pauses the schedules and stops a server of our own. Raises Invalid for intervals under five seconds or wrong
    channels, NotFound and Unavailable when house, database or server cannot be used. Call it in the main thread.
    """
    for name, every in (("sweep_every", sweep_every), ("deliver_every", deliver_every)):
        if every < SHORTEST:
            raise Invalid(
                say("{name} must be at least {least} seconds", name=name, least=int(SHORTEST.total_seconds())),
                hint=say("A minute is a good interval."), field=name, expected=f">= {SHORTEST.total_seconds():.0f} s",
            )
    house = open_house(house_folder)
    zone = time_zone(house)          # also tells at once when the database cannot be used
    open_channels(house.settings)    # … or a channel is set up wrongly
    house.store.close()
    folder = house.settings.folder
    with prefect_server(folder / LOG, port) as server:
        plan: Plan = [
            (sweep, Interval(sweep_every)), (delivery, Interval(deliver_every)),
            (daily, Cron(f"{daily_at.minute} {daily_at.hour} * * *", timezone=zone)),
        ]
        asyncio.run(_until_stopped(folder, plan, server, ready))


async def _deployment(flow: Flow[[str], Any], folder: Path, schedule: Schedule) -> RunnerDeployment:
    # The name tells houses on one server apart: two folders may have the same last name.
    name = f"{re.sub(r'[^A-Za-z0-9]+', '-', folder.name)}-{hashlib.sha256(str(folder).encode()).hexdigest()[:6]}"
    return await flow.ato_deployment(
        name=name, schedule=schedule, parameters={"house": str(folder)}, entrypoint_type=EntrypointType.MODULE_PATH, tags=["makegood"],
    )


async def _until_stopped(folder: Path, plan: Plan, server: Server, ready: Callable[[Server], None] | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stopping(*_: Any, **__: Any) -> None:
        loop.call_soon_threadsafe(stop.set)

    runner = Runner(name="makegood", limit=AT_ONCE, pause_on_shutdown=True)
    # Prefect's own handler leaves by SystemExit in the middle of whatever is going on, before schedules are paused.
    runner.handle_sigterm = stopping  # type: ignore[method-assign]  # Prefect has no other way to stop in order
    loop.add_signal_handler(signal.SIGINT, stop.set)
    for flow, schedule in plan:
        await runner.aadd_deployment(await _deployment(flow, folder, schedule))
    working = asyncio.create_task(runner.start())
    stopped = asyncio.create_task(stop.wait())
    if ready:
        ready(server)
    while not (working.done() or stopped.done() or server.gone()):
        await asyncio.wait({working, stopped}, timeout=2, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if server.gone():
        working.cancel()
        raise Unavailable(
            say("The Prefect server ended by itself; its last words are in {path}", path=LOG),
            hint=say("Start `makegood flows serve` again."),
        )
    if not working.done():
        await runner.astop()
    await working
