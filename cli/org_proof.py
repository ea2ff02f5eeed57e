"""How `makegood org who-can` and `org gaps` are printed: who may act on some day, and when nobody could."""

from datetime import date
from typing import TYPE_CHECKING

from cli.run import Desk
from cli.show import as_json, heading, table
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.wall import wall

if TYPE_CHECKING:
    from engine.usecases.proving import Could, Gap, Gaps, WhoCan


def print_who_can(desk: Desk, found: "WhoCan") -> None:
    """Who may, one line each."""
    if desk.as_json:
        as_json(found)
        return
    heading(say("{case}: {action}, {at}", case=found.case, action=found.title, at=wall(found.at, desk.zone)))
    _ways(found.ways, empty=say("Nobody may."))
    for of, ways in found.approvals:
        heading(say("To be approved by {who}", who=of))
        _ways(ways, empty=say("Nobody may."))


def _ways(ways: "tuple[Could, ...]", empty: str) -> None:
    rows = [
        (
            f"{one.name} ({one.person})" + (" " + say("for {who}", who=f"{one.on_behalf_name} ({one.on_behalf})") if one.on_behalf else ""),
            (say("yes"), "green") if one.free else (say("no: {why}", why=one.because), "red"),
            _amount(one.most, one.currency),
        )
        for one in ways
    ]
    table((say("Who"), say("May"), say("Up to")), rows, empty=empty)


def _amount(most: str | None, currency: str | None) -> str:
    if most is None:
        return ""
    return say("any amount") if most == "unlimited" else f"{most} {currency or ''}".rstrip()


def print_gaps(desk: Desk, found: "Gaps") -> None:
    """Where nobody could, what comes first first."""
    if desk.as_json:
        as_json(found)
        return
    rows = [
        (
            wall(gap.since, found.timezone), wall(gap.until, found.timezone), gap.case or gap.definition,
            gap.title + (f" ({gap.unit})" if gap.unit else "") + (" " + say("(approval)") if gap.approval else ""), _why(gap),
        )
        for gap in found.gaps
    ]
    print(say("From {since} until {until}: {cases:open case|open cases} and {definitions:procedure|procedures} looked at.",
              since=wall(found.since, found.timezone), until=wall(found.until, found.timezone), cases=found.cases,
              definitions=found.definitions))
    table((say("From"), say("Until"), say("Where"), say("What"), say("Why nobody could")), rows, empty=say("Somebody could, everywhere."))


def _why(gap: "Gap") -> str:
    match gap.kind:
        case "amount":
            return say("above {amount} {currency}, the authority of {who}", amount=gap.above, currency=gap.currency or "",
                       who=", ".join(gap.who) or say("nobody"))
        case "excluded":
            return say("only {who}, who is or may be excluded", who=", ".join(gap.who))
    return say("nobody is there")


def day(text: str | None, field: str) -> date | None:
    """A day that somebody typed; raises Invalid naming the option."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(
            say("'{text}' is not a date", text=text or ""), hint=say("Write it as 2026-12-31."), field=field, value=text, expected="date",
        ) from error
