"""`makegood demo`: a month of a restaurant and a call centre, two weeks of complaints, then a walk through what came of them."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.app import Verb
from cli.run import Desk
from cli.show import as_json
from engine.ground.language import say, spoken

if TYPE_CHECKING:
    from flows.demo import Played


def _demo(
    desk: Desk, folder: Annotated[str, typer.Argument(metavar="FOLDER", help=say("A folder that does not exist yet."))] = "demo"
) -> int | None:
    """Found a house, publish, bring in what happens, let the weeks pass with flow runs of Prefect, and show the result."""
    from pathlib import Path

    import definitions
    from engine.ground.errors import Invalid
    from flows.demo import play

    place = Path(folder)
    if place.exists() and any(place.iterdir()):
        raise Invalid(
            say("{folder} is not empty; the demo makes a house of its own", folder=folder),
            hint=say("Name a folder that does not exist, or remove this one."), field="FOLDER", value=folder, expected="new folder",
        )
    shipped = Path(next(iter(definitions.__path__)))
    if not desk.as_json:
        print(
            say(
                "A house in {folder}; a month of a restaurant and a call centre, then two weeks with {count} sample complaints as well.",
                folder=folder,
                count=_rows(shipped),
            )
        )
    played = play(place, shipped, spoken(), _untold if desk.as_json else _told)
    failed = [run for run in played.runs if not run.completed]
    if desk.as_json:
        as_json(
            {
                "folder": str(place.resolve()),
                "events": played.told,
                "unused": [{"line": line, "reason": why} for line, why in played.unused],
                "opened": len(played.opened),
                "bad": [{"line": line, "reason": why} for line, why in played.bad],
                "acts": played.acts,
                "refused": played.refused,
                "flow_runs": len(played.runs),
                "failed_runs": len(failed),
            }
        )
        return 1 if failed else None
    for line, why in played.bad:
        print(say("  complaints.csv, line {line}: {reason}", line=line, reason=why))
    print(say("{events} events of visits and calls counted, {unused} could not be used.", events=played.told, unused=len(played.unused)))
    print(say("{opened} cases opened; {acts} actions by people, {refused} refused; {runs} Prefect flow runs, {failed} failed.",
              opened=len(played.opened), acts=played.acts, refused=played.refused, runs=len(played.runs), failed=len(failed)))
    return max(_walk(str(place)), 1 if failed else 0) or None


def _rows(shipped: "object") -> int:
    from pathlib import Path

    from engine.usecases.importing import read_table

    return len(read_table(Path(str(shipped)) / "samples" / "complaints.csv").rows)


def _untold(what: str, played: "Played") -> None:
    """Whoever reads JSON wants nothing beside it."""


def _told(what: str, played: "Played") -> None:
    match what:
        case "published":
            print(say("  {bundle} is published: checked, and its scenarios pass", bundle=played.published[-1]))
        case "started":
            print(say("  a Prefect server for the demo is running; a month passes …"), flush=True)
        case "complaints":
            print(say("  {events} events of visits and calls so far; now complaints come in as well …", events=played.told), flush=True)
        case "day" if played.runs and played.runs[-1].name == "daily":
            run = played.runs[-1]
            print(f"    {run.at:%Y-%m-%d}  {run.message}", flush=True)


def _walk(folder: str) -> int:
    """Show the house as its people would: every line that begins with $ can be typed again. Gives the largest exit code."""
    from cli.main import main

    case, action, worst = _eventful(folder), _first(folder, "corrective-action"), 0
    for title, words in (
        (say("The standards of the call centre, by shift"), ["standard", "attainment", "call-centre", "--as", "qi.min"]),
        (say("Targets of the restaurant, week by week"), ["standard", "judged", "restaurant-visit", "--limit", "24", "--as", "qi.min"]),
        *([(say("The corrective action that the first miss opened"), ["case", "show", action, "--as", "qi.min"])] if action else []),
        (say("What waits for the general manager's office"), ["inbox", "--as", "wu.ting"]),
        (say("A case that was late, and its history"), ["case", "show", case, "--as", "wu.ting"]),
        ("", ["case", "history", case, "--as", "wu.ting"]),
        (
            say("Breaches and escalations of complaints, latest first"),
            ["audit", "show", "--kind", "breach", "--kind", "escalated", "--definition", "product-complaint", "--limit", "12",
             "--as", "xu.jing"],
        ),
        (say("Notices, as files"), ["notice", "list", "--limit", "8", "--as", "wu.ting"]),
        (say("The history is whole"), ["audit", "verify"]),
    ):
        if title:
            print(f"\n── {title} " + "─" * 40)
        print(f"$ makegood {' '.join(words)}", flush=True)
        worst = max(worst, main([*words, "--house", folder]))
    _newest_notice(folder)
    _newest_report(folder)
    print(
        "\n"
        + say(
            "Look further: cd {folder}, then `makegood case list --as wu.ting`, `makegood inbox --as li.na`, "
            "`makegood case act … --as li.na`, `makegood --help`.",
            folder=folder,
        )
    )
    return worst


def _eventful(folder: str) -> str:
    """The open case with the longest story of limits missed."""
    from pathlib import Path

    from engine.deciding.rights import THE_SYSTEM
    from engine.usecases.house import open_house
    from engine.usecases.listing import list_cases

    house = open_house(Path(folder))
    lines = (
        list_cases(house, overdue=True, definition="product-complaint", actor=THE_SYSTEM).lines or list_cases(house, actor=THE_SYSTEM).lines
    )
    return max(lines, key=lambda line: line.breaches).number


def _first(folder: str, definition: str) -> str | None:
    """The earliest open case of a definition."""
    from pathlib import Path

    from engine.deciding.rights import THE_SYSTEM
    from engine.usecases.house import open_house
    from engine.usecases.listing import list_cases

    lines = list_cases(open_house(Path(folder)), definition=definition, actor=THE_SYSTEM).lines
    return min((line.number for line in lines), default=None)


def _newest_notice(folder: str) -> None:
    """One message as it left the house."""
    from email import policy
    from email.parser import BytesParser
    from pathlib import Path

    files = sorted((Path(folder) / "outbox").rglob("*.eml"), key=lambda path: path.stat().st_mtime)
    print("\n" + say("{count:message lies|messages lie} in {folder}/outbox; one of them:", count=len(files), folder=folder))
    if files:
        message = BytesParser(policy=policy.default).parsebytes(files[-1].read_bytes())
        body = message.get_body(("plain",))
        print(f"  {message['To']}  {message['Subject']}")
        for line in (body.get_content() if body else "").strip().splitlines():
            print(f"  | {line}")


def _newest_report(folder: str) -> None:
    """The page of the last month, as it was made and sent."""
    from pathlib import Path

    pages = sorted((Path(folder) / "reports" / "month").glob("*.html"))
    if pages:
        print("\n" + say("The supervision report of {month}, made by itself and sent to the director: open {file} in a browser.",
                         month=pages[-1].stem[:7], file=pages[-1]))


DEMO = Verb("demo", say("Let weeks of service and complaints pass in a new folder, and look around in it."), _demo)
