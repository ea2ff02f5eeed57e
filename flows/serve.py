"""Serving the flows on their schedules, on one machine, until somebody says stop."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect.runner import Runner

from engine.ground.errors import Unavailable
from engine.ground.language import say
from flows.plan import Hours, Planned, deployment_of, plan_of
from flows.server import Server, prefect_server

AT_ONCE = 3                          # runs side by side: after an outage the late ones must not fill the memory (96 MB each)
LOG = "prefect-server.log"


def serve(
    house_folder: Path, hours: Hours | None = None, *, port: int | None = None, ready: Callable[[Server], None] | None = None,
) -> None:
    """Run every flow on its schedule on this machine, until SIGTERM or SIGINT.

    Uses or starts a Prefect server (see `prefect_server`); `ready` is told which once the schedules are set. Stopping ends
    running flows, pauses the schedules and stops a server of our own. Raises Invalid for wrong channels, NotFound and
    Unavailable when house, database or server cannot be used. Call it in the main thread.
    """
    folder, planned = plan_of(house_folder, hours or Hours())
    with prefect_server(folder / LOG, port) as server:
        asyncio.run(_until_stopped(folder, planned, server, ready))


async def _until_stopped(folder: Path, planned: list[Planned], server: Server, ready: Callable[[Server], None] | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stopping(*_: Any, **__: Any) -> None:
        loop.call_soon_threadsafe(stop.set)

    runner = Runner(name="makegood", limit=AT_ONCE, pause_on_shutdown=True)
    # Prefect's own handler leaves by SystemExit in the middle of whatever is going on, before schedules are paused.
    runner.handle_sigterm = stopping  # type: ignore[method-assign]  # Prefect has no other way to stop in order
    loop.add_signal_handler(signal.SIGINT, stop.set)
    for one in planned:
        await runner.aadd_deployment(await deployment_of(one, folder))
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
