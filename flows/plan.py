"""What runs when: the one plan by which the flows are served, deployed, and written into `prefect.yaml`."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron, Interval, Schedule
from prefect.types.entrypoint import EntrypointType

from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.usecases.house import open_house
from engine.usecases.summarising import time_zone
from flows.daily import daily
from flows.delivery import delivery
from flows.monthly import monthly
from flows.sweep import sweep
from flows.weekly import weekly
from notifications.channel import open_channels

MINUTE = timedelta(minutes=1)
SHORTEST = timedelta(seconds=5)
MORNING = time(7)
SIDE_BY_SIDE = 2
_SLUG = "plan"                               # by its name a schedule is brought up to date, instead of another taking its place
_ANCHOR = datetime(2020, 1, 1, tzinfo=UTC)
_AFTER_THE_SWEEP = timedelta(seconds=10)     # when what it caused is sent


@dataclass(frozen=True, slots=True)
class Hours:
    """How often, and when, the flows run; the time of day is that of the house's zone. Raises Invalid for intervals under five seconds."""

    sweep_every: timedelta = MINUTE
    deliver_every: timedelta = MINUTE
    daily_at: time = MORNING

    def __post_init__(self) -> None:
        for name, every in (("sweep_every", self.sweep_every), ("deliver_every", self.deliver_every)):
            if every < SHORTEST:
                raise Invalid(
                    say("{name} must be at least {least} seconds", name=name, least=int(SHORTEST.total_seconds())),
                    hint=say("A minute is a good interval."), field=name, expected=f">= {SHORTEST.total_seconds():.0f} s",
                )


@dataclass(frozen=True, slots=True)
class Planned:
    """A flow with its schedule and what becomes of runs that fail or overlap."""

    flow: Flow[[str], Any]
    schedule: Schedule
    often: bool                          # a run that comes too late is made good by the next

    @property
    def limit(self) -> ConcurrencyLimitConfig | None:
        """Late runs pile up after an outage, and one of them does the work of all: the others are cancelled before they start.

        It spares memory and is nothing that anything relies on. Two, because a worker that dies may keep its place for a while; and none
        for what runs seldom, since a place that is kept would cost it a month.
        """
        return ConcurrencyLimitConfig(limit=SIDE_BY_SIDE, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW) if self.often else None

    @property
    def environment(self) -> dict[str, str]:
        """Of the processes of its runs: what runs seldom is tried again by Prefect, the rest by its next run."""
        again = {"PREFECT_FLOWS_DEFAULT_RETRIES": "3", "PREFECT_FLOWS_DEFAULT_RETRY_DELAY_SECONDS": "600"}
        return {} if self.often else again

    @property
    def tags(self) -> list[str]:
        """By which runs are found in Prefect."""
        return ["makegood", self.flow.name.removeprefix("makegood-")]


def plan(hours: Hours, zone: str) -> list[Planned]:
    """All flows of a house in that IANA zone. Intervals are counted from a fixed instant, so that planning twice is planning once."""
    at = f"{hours.daily_at.minute} {hours.daily_at.hour}"
    return [
        Planned(sweep, Interval(hours.sweep_every, anchor_date=_ANCHOR, slug=_SLUG), often=True),
        Planned(delivery, Interval(hours.deliver_every, anchor_date=_ANCHOR + _AFTER_THE_SWEEP, slug=_SLUG), often=True),
        Planned(daily, Cron(f"{at} * * *", timezone=zone, slug=_SLUG), often=False),
        Planned(weekly, Cron(f"{at} * * 1", timezone=zone, slug=_SLUG), often=False),
        Planned(monthly, Cron(f"{at} 1 * *", timezone=zone, slug=_SLUG), often=False),
    ]


def plan_of(house_folder: Path, hours: Hours) -> tuple[Path, list[Planned]]:
    """The folder of a house and its plan. Raises at once what would hold up every run: NotFound and Unavailable for house and database,
    Invalid for a channel that is set up wrongly."""
    house = open_house(house_folder)
    try:
        zone = time_zone(house)
        open_channels(house.settings)
    finally:
        house.store.close()
    return house.settings.folder, plan(hours, zone)


async def deployment_of(planned: Planned, folder: Path, pool: str | None = None) -> RunnerDeployment:
    """A flow on a house, to be applied to a work pool or served without one; found by workers in what is installed with them."""
    # The name tells houses on one server apart: two folders may have the same last name.
    name = f"{re.sub(r'[^A-Za-z0-9]+', '-', folder.name)}-{hashlib.sha256(str(folder).encode()).hexdigest()[:6]}"
    working: dict[str, Any] = {"work_pool_name": pool, "job_variables": {"env": planned.environment}} if pool else {}
    return await planned.flow.ato_deployment(
        name=name, schedule=planned.schedule, parameters={"house": str(folder)}, entrypoint_type=EntrypointType.MODULE_PATH,
        tags=planned.tags, concurrency_limit=planned.limit, version=version("makegood"), **working,
    )
