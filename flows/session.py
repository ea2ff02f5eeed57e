"""A session of flow runs in one process, on a Prefect of its own that is gone afterwards: for demonstrations and tests.

Time in it is virtual: each run sees the moment it is given. Starting a session takes seconds, a run a fraction of one.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")     # read when Prefect is imported

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from engine.ground.clock import VirtualClock
from flows.daily import daily
from flows.delivery import delivery
from flows.monthly import monthly
from flows.running import at_moment
from flows.sweep import sweep
from flows.weekly import weekly

FLOWS = {"sweep": sweep, "delivery": delivery, "daily": daily, "weekly": weekly, "monthly": monthly}


@dataclass(frozen=True, slots=True)
class Ran:
    """One flow run that ended."""

    name: str                        # of the flow: a key of FLOWS
    at: datetime | None              # the virtual moment, None for real time
    completed: bool
    message: str                     # of its final state
    data: dict[str, Any]             # its result; empty when it failed


@contextmanager
def prefect_session() -> Iterator[None]:
    """A temporary Prefect server with a database of its own; flow runs inside the block go there."""
    with prefect_test_harness(server_startup_timeout=60), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


async def run_flow(name: str, house_folder: Path, now: datetime | None = None) -> Ran:
    """Run one flow (a name of `FLOWS`) on a house as if it were `now`; a failed run is told, not raised."""
    with at_moment(now):
        state = await FLOWS[name](str(house_folder), return_state=True)
    data: dict[str, Any] = dict(await state.aresult()) if state.is_completed() else {}
    return Ran(name, now, state.is_completed(), state.message or "", data)


def run_as_flow(name: str, house_folder: Path, now: datetime | None = None) -> Ran:
    """The same for callers that are not asynchronous."""
    return asyncio.run(run_flow(name, house_folder, now))


Step = tuple[datetime, Sequence[str | Callable[[], None]]]
"""A moment, and what happens then in order: flows by name, and whatever people do."""


async def days(house_folder: Path, clock: VirtualClock, steps: Iterable[Step], told: Callable[[Ran], None] | None = None) -> list[Ran]:
    """Let virtual time pass: move `clock` (the one that people's use cases look at) to each moment and do what happens then."""
    ran: list[Ran] = []
    for moment, happenings in steps:
        clock.move_to(moment)
        for happening in happenings:
            if callable(happening):
                await asyncio.to_thread(happening)
                continue
            ran.append(await run_flow(happening, house_folder, clock.now()))
            if told:
                told(ran[-1])
    return ran
