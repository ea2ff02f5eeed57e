"""Deploying the flows to a work pool of a Prefect server, for workers on any machine. `prefect.yaml` says the same for `prefect deploy`."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate, WorkPoolCreate
from prefect.client.schemas.objects import WorkPool
from prefect.exceptions import ObjectNotFound
from prefect.workers.process import ProcessWorker

from engine.ground.errors import Conflict
from engine.ground.language import say
from flows.plan import Hours, Planned, deployment_of, plan_of
from flows.server import running_server

POOL = "makegood"


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment as the server has it now."""

    name: str                            # flow/deployment
    id: str
    schedule: str                        # every 60 s, or cron and zone


def deploy(house_folder: Path, pool: str = POOL, hours: Hours | None = None) -> tuple[str, list[Deployed]]:
    """Make or bring up to date the work pool and one deployment for each flow; the server's URL and the deployments.

    Doing it twice changes nothing, but that it frees places of the limits that dead runs kept. Workers need makegood installed and the
    house under the same path. Raises NotFound, Invalid and Unavailable when house, channels, database or server cannot be used, Conflict
    for a pool of another type.
    """
    folder, planned = plan_of(house_folder, hours or Hours())
    with running_server() as server:
        return server.url, asyncio.run(_deployed(folder, pool, planned))


async def _deployed(folder: Path, pool: str, planned: list[Planned]) -> list[Deployed]:
    async with get_client() as client:
        found = await _pool(client, pool)
        if found.type != ProcessWorker.type:
            raise Conflict(
                say("The work pool {pool} is of type {type}", pool=pool, type=found.type),
                hint=say("Name another with --pool; it is made when there is none of that name."), changed=pool,
            )
        done = []
        for one in planned:
            deployment = await deployment_of(one, folder, pool)
            id_ = await deployment.aapply()
            if one.limit is not None:       # places that dead runs may have kept are free again
                await client.update_global_concurrency_limit(f"deployment:{id_}", GlobalConcurrencyLimitUpdate(active_slots=0))
            done.append(Deployed(deployment.full_name, str(id_), in_words(one)))
        return done


async def _pool(client: PrefectClient, name: str) -> WorkPool:
    try:
        return await client.read_work_pool(name)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        return await client.create_work_pool(WorkPoolCreate(name=name, type=ProcessWorker.type, base_job_template=template))


def in_words(planned: Planned) -> str:
    """Its schedule in words."""
    schedule = planned.schedule
    if schedule.interval is not None:
        return say("every {seconds} s", seconds=int(schedule.interval.total_seconds()))
    return f"{schedule.cron} {schedule.timezone}"
