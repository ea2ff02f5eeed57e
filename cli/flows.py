"""`makegood flows`: the scheduler."""

from datetime import time, timedelta
from typing import Annotated

import typer

from cli.app import Noun
from cli.run import Desk
from engine.ground.errors import Invalid
from engine.ground.language import say

FLOWS = Noun("flows", say("The scheduler: sweep, delivery and daily work as Prefect flows."))
_Seconds = Annotated[int, typer.Option("--every", metavar="SECONDS", min=5, help=say("How often to sweep and to deliver."))]
_Daily = Annotated[
    str, typer.Option("--daily", metavar="HH:MM", help=say("When the daily summary and the anchor are made, local time of the house."))
]
_Port = Annotated[int | None, typer.Option("--port", metavar="N", min=1, max=65535, show_default=False,
                                            help=say("Port of the Prefect server that is started when none is running; otherwise 4200."))]


@FLOWS.verb("serve", say("Run the flows on their schedules on this machine, until stopped."), open_to_all=True)
def serve(desk: Desk, every: _Seconds = 60, daily: _Daily = "07:00", port: _Port = None) -> None:
    """Serve the flows; the only command beside `demo` that imports Prefect."""
    try:
        at = time.fromisoformat(daily)
    except ValueError:
        raise Invalid(
            say("'{value}' is not a time of day", value=daily), hint=say("Write it as 07:00."), field="daily", value=daily, expected="HH:MM"
        ) from None
    folder = desk.house.settings.folder
    desk.house.store.close()
    from flows.serve import serve as run

    run(folder, timedelta(seconds=every), timedelta(seconds=every), at, port=port)
