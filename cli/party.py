"""`makegood party`: the people outside, and their cases."""

from typing import TYPE_CHECKING, Annotated, Any

from cli.app import Noun
from cli.case_lists import print_page
from cli.options import Limit, Unmasked, WhyLook, arg, moment, opt
from cli.run import Desk
from cli.show import as_json, clean, facts, heading, table
from engine.ground.errors import Conflict, Invalid
from engine.ground.language import say
from engine.ground.wall import wall, wall_due

if TYPE_CHECKING:
    from engine.usecases.erasing import Erased

Id = Annotated[int, arg("ID", say("The number of the party."))]
PARTY = Noun("party", say("Customers and other people outside: who they are, and their cases."))


@PARTY.verb("list", say("List the latest parties, masked; with TEXT, those who have this name, part of it, e-mail or telephone."))
def list_(desk: Desk, text: Annotated[str, arg("TEXT", say("What to look for."))] = "", limit: Limit = 50) -> None:
    """Parties by name."""
    from engine.usecases.finding import find_parties

    found = find_parties(desk.house, text, limit, actor=desk.actor())
    if desk.as_json:
        as_json(found)
        return
    rows = [(str(p.id), clean(p.name) or say("(erased)"), clean(p.email), clean(p.phone), clean(p.address)) for p in found]
    table((say("Id"), say("Name"), say("E-mail"), say("Telephone"), say("Address")), rows, empty=say("Nobody found."))


@PARTY.verb("show", say("Show a party, masked, and its cases."))
def show(desk: Desk, id_: Id, limit: Limit = 50, reveal: Unmasked = False, reason: WhyLook = None) -> None:
    """A party."""
    from engine.usecases.finding import party

    found, cases = party(desk.house, id_, desk.looker(reveal, reason), limit)
    if desk.as_json:
        as_json({"party": found, "cases": cases.lines, "more": cases.more})
        return
    heading(f"{found.id}  {clean(found.name) or say('(erased)')}")
    facts(
        [
            (say("E-mail"), clean(found.email), ""),
            (say("Telephone"), clean(found.phone), ""),
            (say("Address"), clean(found.address), ""),
            (say("Chat"), clean(found.chat), ""),
            (say("Language"), clean(found.language), ""),
            (say("Erased"), wall(found.erased_at, desk.zone), ""),
        ]
    )
    print()
    print_page(desk, cases, empty=say("No cases."))


@PARTY.verb("class", say("Show the classes that a customer had, or give one by hand; with --rules let the rules decide again."))
def class_(
    desk: Desk,
    id_: Id,
    name: Annotated[str | None, arg("CLASS", say("The class, as the organisation declares it."))] = None,
    reason: Annotated[str, opt("--reason", "TEXT", say("Why; kept with the class."))] = "",
    rules: Annotated[bool, opt("--rules", None, say("Let the rules decide again."))] = False,
) -> None:
    """The class of a customer."""
    from engine.usecases.classing import classes_of, give

    if name is not None and rules:
        raise Invalid(say("Give a class, or --rules"), hint=say("By hand, or by the rules."), field="class", expected="CLASS")
    if name is not None or rules:
        give(desk.house, id_, name, desk.actor(), reason)
    found = classes_of(desk.house, id_, desk.actor())
    if desk.as_json:
        as_json({"classes": found})
        return
    rows = [(wall(one.at, desk.zone), one.name or "–", one.by, clean(_why(one.reason))) for one in found]
    table((say("Since"), say("Class"), say("Who"), say("Why")), rows, empty=say("No class was given yet."))


def _why(reason: "dict[str, Any] | None") -> str:
    if not reason:
        return ""
    return reason.get("reason") or ", ".join(f"{name} = {value}" for name, value in reason.get("read", {}).items())


@PARTY.verb("classify", say("Assess all customers by the rules of the organisation, as the daily flow does."))
def classify(desk: Desk) -> None:
    """Classes, assessed."""
    from cli.progress import progress
    from engine.usecases.classing import classify as assess

    with progress(say("Customers")) as moved:
        done = assess(desk.house, desk.actor(), moved)
    if desk.as_json:
        as_json(done)
        return
    print(say("{assessed:customer|customers} assessed, {changed} with another class now, {hand} as somebody gave it",
              assessed=done.assessed, changed=done.changed, hand=done.by_hand))
    for name in done.unknown:
        print(say("No procedure in force has a field '{name}', which a rule reads", name=name))
    table((say("Class"), say("Customers")), [(name, str(count)) for name, count in sorted(done.of.items())], empty="")


@PARTY.verb("export", say("Write everything held about a party, or about a case, into a new folder."))
def export(
    desk: Desk,
    what: Annotated[str, arg("ID|CASE", say("The number of the party, or of one of its cases."))],
    out: Annotated[str, opt("--out", "FOLDER", say("The folder to make."))],
    reason: Annotated[str | None, opt("--reason", "TEXT", say("Why; recorded, so without personal data."))] = None,
) -> None:
    """Everything about somebody."""
    from pathlib import Path

    from engine.usecases.handing_out import export_party
    from engine.usecases.revealing import Reveal

    done = export_party(desk.house, what, Path(out), Reveal(desk.actor(), reason))
    if desk.as_json:
        as_json({"folder": str(done.folder), "cases": done.cases, "files": done.files})
        return
    print(
        say(
            "{cases:case|cases} and {files:file|files} written to {folder}",
            cases=len(done.cases),
            files=done.files,
            folder=clean(done.folder),
        )
    )
    print(say("That is personal data: hand it over, then delete it."))


@PARTY.verb("erase", say("Erase a party for good: what is held about it can never be read again, in no copy."))
def erase(
    desk: Desk,
    id_: Annotated[int | None, arg("ID", say("The number of the party."))] = None,
    reason: Annotated[str, opt("--reason", "TEXT", say("Why; recorded, so without personal data."))] = "",
    even_open: Annotated[bool, opt("--even-open", None, say("Even while cases are open."))] = False,
    reapply: Annotated[
        bool, opt("--reapply", None, say("Carry out what is lacking of earlier erasures: they were cut short, or a backup was put back."))
    ] = False,
) -> int | None:
    """Erase somebody."""
    from engine.usecases import erasing

    if reapply == (id_ is not None):
        raise Invalid(
            say("Say whom to erase, or --reapply"), hint=say("For example: makegood party erase 12 --reason 'asked on 3 May'"), field="ID",
            expected="ID",
        )
    done = erasing.reapply(desk.house) if id_ is None else [erasing.erase(desk.house, id_, desk.actor(), reason, even_open=even_open)]
    return _told(desk, done, say("Nothing is lacking."))


@PARTY.verb("retention", say("Erase everybody who was kept as long as the procedures say, or with --preview list them."))
def retention(
    desk: Desk,
    preview: Annotated[bool, opt("--preview", None, say("Only list who will be erased, and when."))] = False,
    until: Annotated[str | None, opt("--until", "TIME", say("With --preview: by then; otherwise within 30 days."))] = None,
) -> int | None:
    """Retention, as the daily flow carries it out."""
    from datetime import timedelta

    from engine.usecases import retaining

    if not preview:
        return _told(desk, retaining.retain(desk.house, desk.actor()), say("Nobody's time is over."))
    by = desk.house.clock.now() + timedelta(days=30) if until is None else moment(until, desk.zone, "until")
    found = retaining.preview(desk.house, by, desk.actor())
    if desk.as_json:
        as_json(found)
        return None
    rows = [(wall_due(one.due_at, desk.zone), str(one.party or ""), clean(one.name), ", ".join(one.cases)) for one in found]
    table((say("Erased"), say("Party"), say("Name"), say("Cases")), rows, empty=say("Nobody's time is over by then."))
    return None


def _told(desk: Desk, done: "list[Erased]", nothing: str) -> int | None:
    """What came of erasing."""
    if desk.as_json:
        as_json(done)
    for one in () if desk.as_json else done:
        if one.party is None:
            for number in one.cases:
                print(
                    say(
                        "What was said in {number} is erased, {notices:notice was|notices were} cancelled",
                        number=number,
                        notices=one.notices,
                    )
                )
        else:
            print(
                say(
                    "Party {id} is erased: {cases:case says|cases say} so, {notices:notice was|notices were} cancelled",
                    id=one.party,
                    cases=len(one.cases),
                    notices=one.notices,
                )
            )
        for number, why in one.failures:
            print(say("{number} could not record it, and will be tried again every day: {why}", number=number, why=clean(why)))
    if not done and not desk.as_json:
        print(nothing)
    return Conflict.exit_code if any(one.failures for one in done) else None
