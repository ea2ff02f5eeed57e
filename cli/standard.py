"""`makegood standard`: the standards of service cycles, what was told of them, and how they were judged."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cli import completion
from cli.app import Noun
from cli.options import arg, day, opt
from cli.progress import progress
from cli.run import Desk
from cli.show import as_json, bad_json, bad_lines, clean, heading, table
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.wall import wall

if TYPE_CHECKING:
    from engine.usecases.attaining import Figure
    from engine.usecases.standards import Kept

STANDARD = Noun("standard", say("Standards of service cycles: the register, counts that are told, attainment, judgements."))
_Cycle = Annotated[str, arg("CYCLE", say("The service cycle."), completion.bundles)]


@STANDARD.verb("list", say("Show the register: each standard with the need it serves, who answers for it, its target."))
def list_(
    desk: Desk,
    cycle: Annotated[str | None, arg("CYCLE", say("Only of this cycle; otherwise of all in force."), completion.bundles)] = None,
    published: Annotated[bool, opt("--published", None, say("Only those that customers are told of."))] = False,
) -> None:
    """The register of standards."""
    from engine.usecases.standards import register, worded

    found = register(desk.house, cycle, desk.actor(), published=published)
    if desk.as_json:
        as_json({"standards": found})
        return
    for name in dict.fromkeys(one.cycle for one in found):
        heading(name)
        rows: list[list[str | tuple[str, str]]] = [
            [clean(one.touchpoint), one.name, clean(one.statement), clean(one.need), worded(one.level), worded(one.element),
             ", ".join(one.by), one.target or "", one.period or "", str(one.review_on or "")]
            for one in found if one.cycle == name
        ]
        table(
            (say("Touchpoint"), say("Name"), say("Standard"), say("Need"), say("Level"), say("Element"), say("Who"), say("Target"),
             say("Period"), say("Review")), rows, empty="",
        )
    if not found:
        print(say("No standard is in force."))


@STANDARD.verb("check", say("Tell which standards are not achievable, relevant or timely by what was seen, each with a proposal."))
def check(
    desk: Desk,
    cycle: _Cycle,
    since: Annotated[str | None, opt("--since", "DATE", say("Only what happened since that date, for example 2026-11-01."))] = None,
) -> None:
    """Standards, held against what the house has seen."""
    from engine.usecases.standards_check import check_standards

    found = check_standards(desk.house, cycle, desk.actor(), since=None if since is None else day(since, "since"))
    if desk.as_json:
        as_json({"findings": found})
        return
    for one in found:
        print(f"{clean(one.touchpoint)} · {one.standard}: {clean(one.what)} – {clean(one.proposal)}")
    if not found:
        print(say("Nothing seen speaks against these standards."))


@STANDARD.verb("record", say("Tell counts of a standard: how many kept it, and of how many."))
def record(
    desk: Desk,
    cycle: _Cycle,
    standard: Annotated[str, arg("STANDARD", say("The standard, by name."))],
    kept: Annotated[int, opt("--kept", "N", say("How many kept it."))],
    of: Annotated[int, opt("--of", "N", say("Of how many."))],
    at: Annotated[str | None, opt("--at", "TIME", say("When, local time; otherwise now."))] = None,
    part: Annotated[str | None, opt("--part", "PART", say("Which shift; otherwise the one that was open then."))] = None,
) -> None:
    """Counts that a telephone system or a till gives."""
    from engine.usecases.counting import tell

    made = tell(desk.house, cycle, standard, desk.actor(), kept=kept, of=of, at=at, part=part)
    if desk.as_json:
        as_json(made)
        return
    print(say("{name}: {kept} of {of}, {at}", name=standard, kept=made.kept, of=made.of, at=wall(made.at, desk.zone))
          + (f" ({made.part})" if made.part else ""))


@STANDARD.verb("events", say("Take in events of visits, as a till or a queue machine tells them. Telling them again changes nothing."))
def events(
    desk: Desk,
    cycle: _Cycle,
    file: Annotated[str, arg("FILE", say("JSON lines (.jsonl) or CSV, with id, visit, event, at and perhaps by; all else are values."))],
    source: Annotated[
        str | None, opt("--source", "NAME", say("Who tells it; otherwise the file's name. An id of one source counts once."))
    ] = None,
) -> int | None:
    """Visits as they are told. Exit code 3 when there were events that could not be used."""
    from pathlib import Path

    from engine.usecases.gathering import gather, read_events

    path = Path(file)
    with progress(say("Events")) as moved:
        done = gather(desk.house, cycle, read_events(path), desk.actor(), source=source or path.stem, progress=moved)
    if desk.as_json:
        as_json({
            "opened": done.opened, "taken": done.taken, "already": done.already,
            "bad": bad_json(done.bad),
        })
    else:
        print(say("{taken:event|events} taken, {opened:visit|visits} begun, {already} known already, {bad} not usable",
                  taken=done.taken, opened=done.opened, already=done.already, bad=len(done.bad)))
        bad_lines(done.bad)
    return 3 if done.bad else None


@STANDARD.verb("judged", say("Show the latest judgements: which standards reached their targets, and the cases opened where not."))
def judged(desk: Desk, cycle: _Cycle, limit: Annotated[int, opt("--limit", "N", say("Lines on a page."), least=1)] = 50) -> None:
    """Judgements, latest first."""
    from engine.usecases.standards import judgements

    found = judgements(desk.house, cycle, desk.actor(), limit)
    if desk.as_json:
        as_json({"judgements": found})
        return
    rows = [_line(one, desk.zone) for one in found]
    table((say("From"), say("Until"), say("Standard"), "", say("Kept"), "", say("Case")), rows, empty=say("Nothing was judged yet."))


def _line(one: "Kept", zone: str) -> list[str | tuple[str, str]]:
    word = say("nothing seen") if one.reached is None else say("reached") if one.reached else say("missed")
    return [
        wall(one.start, zone), wall(one.end, zone), one.standard, one.part, f"{one.kept} / {one.of}",
        (word, "" if one.reached is None else "green" if one.reached else "red"), one.case or "",
    ]


@STANDARD.verb("attainment", say("Show how far each standard of a cycle was kept, with the interval that chance leaves open."))
def attainment(
    desk: Desk,
    cycle: _Cycle,
    since: Annotated[str | None, opt("--since", "DATE", say("Only what happened since that date, for example 2026-11-01."))] = None,
    until: Annotated[str | None, opt("--until", "DATE", say("Only what happened before that date."))] = None,
    periods: Annotated[bool, opt("--periods", None, say("Each period and shift by itself."))] = False,
    person: Annotated[str | None, opt("--person", "PERSON", say("Only what that person did or answered for."), completion.people)] = None,
    by: Annotated[str | None, opt("--by", "WHAT", say("Take standards together by touchpoint, role, element or level of need."))] = None,
) -> None:
    """Attainment, counted from what the visits showed."""
    from engine.usecases.attaining import GROUPS, grouped
    from engine.usecases.attaining import attainment as counted

    if by is not None and by not in GROUPS:
        raise Invalid(
            say("Standards are not taken together by '{what}'", what=by), hint=say("Choose one of: {known}.", known=", ".join(GROUPS)),
            field="by", value=by, expected=list(GROUPS),
        )

    first, last = (None if text is None else day(text, name) for text, name in ((since, "since"), (until, "until")))
    found = counted(desk.house, cycle, desk.actor(), since=first, until=last, person=person)
    groups = grouped(found, by) if by is not None else []
    if desk.as_json:
        as_json({**asdict(found), **({"by": by, "groups": [asdict(one) for one in groups]} if by else {})})
        return
    heading(clean(found.title or found.cycle))
    if by is not None:
        titles = {"touchpoint": say("Touchpoint"), "role": say("Role"), "element": say("Element"), "level": say("Level")}
        lines = [[clean(one.name), *_figure(one.figure, "")[:3], f"{one.reached} / {one.judged}"] for one in groups]
        table((titles[by], say("Kept"), say("Share"), say("95 % interval"), say("Targets reached")), lines, empty="")
        return
    figures = (say("Kept"), say("Share"), say("95 % interval"), say("Target"), "")
    rows = [
        [clean(one.touchpoint), name, *_figure(figure, one.target or "")]
        for one in found.standards
        for name, figure in ((one.name, one.whole), *((f"  {part}", figure) for part, figure in one.parts.items()))
    ]
    table((say("Touchpoint"), say("Standard"), *figures), rows, empty="")
    for one in found.standards if periods else ():
        print()
        print(f"{one.name}: {clean(one.statement)}")
        lines = [
            [str(each.first), each.part or "", *_figure(each.figure, one.target or ""), say("unusual") if each.unusual else ""]
            for each in one.periods
        ]
        table((say("From"), say("Shift"), *figures, ""), lines, empty=say("nothing seen"))


def _figure(figure: "Figure", target: str) -> list[str | tuple[str, str]]:
    if figure.share is None:
        return [say("nothing seen"), "", "", target, ""]
    reached = "" if figure.reached is None else say("reached") if figure.reached else say("missed")
    value = f"{100 * figure.share:.1f} %" + (f" ({figure.mean:.2f})" if figure.mean is not None else "")
    return [
        f"{figure.kept} / {figure.of}", value, f"{100 * figure.low:.1f} – {100 * figure.high:.1f} %", target,
        (reached, "red" if figure.reached is False else "green"),
    ]
