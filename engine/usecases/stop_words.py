"""Why a clock stood still, in words."""

from engine.deciding.clock_stops import BY_HAND, CLOSED, FROM, STOPPED, WHILE
from engine.ground.language import say
from engine.usecases.telling import Teller


def why_stopped(teller: Teller, why: str) -> str:
    """The title of a state or task, the condition or event of a pause, by hand, that the case was closed or the clock over."""
    match why:
        case _ if why == BY_HAND:
            return say("stopped by hand")
        case _ if why == CLOSED:
            return say("the case was closed")
        case _ if why == STOPPED:
            return say("it was over")
        case _ if why.startswith(WHILE):
            return say("as long as {condition}", condition=why.removeprefix(WHILE))
        case _ if why.startswith(FROM):
            return say("since {event}", event=teller.act(why.removeprefix(FROM)))
    title = teller.state(why)
    return teller.act(why) if title == why else title
