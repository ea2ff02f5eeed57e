"""`makegood flows`: the scheduler."""



from cli.app import Noun
from cli.run import Desk
from engine.ground.language import say

FLOWS = Noun("flows", say("The scheduler: sweep, delivery and daily work as Prefect flows."))


@FLOWS.verb("serve", say("Run the flows on their schedules on this machine, until stopped."))
def serve(desk: Desk) -> None:
    """Serve the flows; the only command that imports Prefect."""
    from flows.serving import serve as run  # type: ignore[import-not-found]

    run(desk.house)
