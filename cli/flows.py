"""`makegood flows`: the scheduler."""

from datetime import time, timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli.app import Noun
from cli.run import Desk
from cli.show import as_json, facts
from engine.ground.errors import Invalid
from engine.ground.language import say

FLOWS = Noun("flows", say("The scheduler: sweep, delivery, daily, weekly and monthly work as Prefect flows."))
_Seconds = Annotated[int, typer.Option("--every", metavar="SECONDS", min=5, help=say("How often to sweep and to deliver."))]
_Daily = Annotated[
    str, typer.Option("--daily", metavar="HH:MM", help=say("When the daily summary and the anchor are made, local time of the house."))
]
_Port = Annotated[int | None, typer.Option("--port", metavar="N", min=1, max=65535, show_default=False,
                                            help=say("Port of the Prefect server that is started when none is running; otherwise 4200."))]


_Pool = Annotated[str, typer.Option("--pool", metavar="NAME", help=say("The work pool, of type process; made when there is none."))]


@FLOWS.verb("serve", say("Run the flows on their schedules on this machine, until stopped."), open_to_all=True)
def serve(desk: Desk, every: _Seconds = 60, daily: _Daily = "07:00", port: _Port = None) -> None:
    """Serve the flows; with `deploy` and `demo` the only command that imports Prefect."""
    folder, at = _folder(desk), _time(daily)
    from flows.plan import Hours
    from flows.serve import serve as run

    run(folder, Hours(timedelta(seconds=every), timedelta(seconds=every), at), port=port)


@FLOWS.verb("deploy", say("Set the flows up on a Prefect server, for workers on this and other machines."), open_to_all=True)
def deploy(desk: Desk, every: _Seconds = 60, daily: _Daily = "07:00", pool: _Pool = "makegood") -> None:
    """Deploy the flows to a work pool; doing it again brings them up to date."""
    folder, at = _folder(desk), _time(daily)
    from flows.deploy import deploy as run
    from flows.plan import Hours

    url, done = run(folder, pool, Hours(timedelta(seconds=every), timedelta(seconds=every), at))
    if desk.as_json:
        as_json({"server": url, "pool": pool, "deployments": done})
        return
    facts((one.name, one.schedule, "") for one in done)
    print(say("They wait for workers: `prefect worker start --pool {pool} --limit 3`, with PREFECT_API_URL={url}", pool=pool, url=url))


def _folder(desk: Desk) -> Path:
    folder = desk.house.settings.folder
    desk.house.store.close()
    return folder


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Invalid(
            say("'{value}' is not a time of day", value=text), hint=say("Write it as 07:00."), field="daily", value=text, expected="HH:MM"
        ) from None
