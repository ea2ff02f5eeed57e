"""`makegood notice`: the outbox, dead letters, and what a person conveyed."""

from typing import TYPE_CHECKING, Annotated

from cli.app import Noun
from cli.options import Limit, Unmasked, WhyLook, arg, opt
from cli.run import Desk
from cli.show import as_json, clean, facts, heading, table
from engine.ground.language import say
from engine.ground.wall import wall

if TYPE_CHECKING:
    from engine.usecases.notices import NoticeLine

NOTICE = Noun("notice", say("Notices: what went out, what did not, and having it tried again."))
_Id = Annotated[int, arg("ID", say("The number of the notice."))]


@NOTICE.verb("list", say("List notices, latest first."))
def list_(
    desk: Desk,
    status: Annotated[str | None, opt("--status", "STATUS", say("waiting, sent, by_hand, dead or cancelled."))] = None,
    case: Annotated[str | None, opt("--case", "NUMBER", say("Only notices of this case."))] = None,
    before: Annotated[int | None, opt("--before", "ID", say("Only notices older than this one: for the next page."))] = None,
    limit: Limit = 50,
) -> None:
    """One page of notices."""
    from engine.usecases.notices import list_notices

    lines = list_notices(desk.house, status, case, limit, before, actor=desk.actor())
    if desk.as_json:
        as_json(lines)
        return
    rows = [
        (
            str(n.id),
            n.case or "",
            n.name,
            n.to,
            (n.status, "red" if n.status in ("dead", "by_hand") else ""),
            n.channel or ", ".join(n.via),
            wall(n.sent_at or n.created_at, desk.zone),
            n.error or "",
        )
        for n in lines
    ]
    table(
        (say("Id"), say("Case"), say("Notice"), say("To"), say("Status"), say("Channel"), say("Time"), say("Error")),
        rows,
        empty=say("No such notice."),
    )
    if len(lines) == limit:
        print(say("The next page: --before {id}", id=lines[-1].id))


@NOTICE.verb("show", say("Show a notice with every attempt to deliver it, and with --reveal its text."))
def show(desk: Desk, id_: _Id, reveal: Unmasked = False, reason: WhyLook = None) -> None:
    """A notice whole."""
    from engine.usecases.notices import show_notice

    sheet = show_notice(desk.house, id_, desk.looker(reveal, reason))
    if desk.as_json:
        as_json(sheet)
        return
    line = sheet.line
    heading(say("Notice {id}: {name}", id=line.id, name=line.name))
    facts(
        [
            (say("Case"), line.case or "", ""),
            (say("To"), line.to, ""),
            (say("Status"), line.status, ""),
            (say("Channel"), line.channel or ", ".join(line.via), ""),
            (say("Created"), wall(line.created_at, desk.zone), ""),
            (say("Sent"), wall(line.sent_at, desk.zone), ""),
            (say("Next attempt"), wall(line.fire_at, desk.zone), ""),
            (say("Error"), clean(line.error), "red"),
            (say("Subject"), clean(line.subject), ""),
        ]
    )
    print()
    for text in sheet.text.splitlines():
        print(f"  {clean(text)}")
    if sheet.tried:
        print()
        rows = [(str(a.n), a.channel, wall(a.started_at, desk.zone), a.outcome or say("no answer"), a.error or "") for a in sheet.tried]
        table((say("Attempt"), say("Channel"), say("Time"), say("Outcome"), say("Error")), rows, empty="")


@NOTICE.verb("retry", say("Have a notice tried again at the next delivery."))
def retry(desk: Desk, id_: _Id) -> None:
    """Try again."""
    from engine.usecases.notices import retry as again

    _tell(desk, again(desk.house, id_, desk.actor()), say("will be tried again"))


@NOTICE.verb("confirm", say("Confirm that you conveyed a notice yourself."))
def confirm(desk: Desk, id_: _Id) -> None:
    """Conveyed by hand."""
    from engine.usecases.notices import confirm as conveyed

    _tell(desk, conveyed(desk.house, id_, desk.actor()), say("conveyed"))


def _tell(desk: Desk, line: "NoticeLine", what: str) -> None:
    if desk.as_json:
        as_json(line)
        return
    print(say("Notice {id} ({name}): {what}", id=line.id, name=line.name, what=what))
