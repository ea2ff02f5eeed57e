"""`makegood inbox`: what waits for whoever asks."""

from typing import Annotated

from cli.app import Verb
from cli.case_lists import print_inbox
from cli.options import Limit, opt
from cli.run import Desk
from cli.show import as_json
from engine.ground.language import say


def _inbox(
    desk: Desk,
    mine: Annotated[bool | None, opt("--mine/--team", None, say("Only what is for you alone, or only what your posts share."))] = None,
    limit: Limit = 50,
) -> None:
    """What waits for the actor."""
    from engine.usecases.inboxes import inbox

    found = inbox(desk.house, desk.person, mine, limit)
    if desk.as_json:
        as_json({"person": found.person, "more": found.more, "cases": found.lines})
        return
    print_inbox(found.lines, found.more, found.at)


INBOX = Verb("inbox", say("What waits for you, the most urgent first."), _inbox)
