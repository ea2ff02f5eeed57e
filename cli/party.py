"""`makegood party`: the people outside, and their cases."""

from typing import Annotated

from cli.app import Noun
from cli.case_lists import print_page
from cli.options import Limit, Unmasked, WhyLook, arg
from cli.run import Desk
from cli.show import as_json, clean, facts, heading, table
from engine.ground.language import say
from engine.ground.wall import wall

Id = Annotated[int, arg("ID", say("The number of the party."))]
PARTY = Noun("party", say("Customers and other people outside: who they are, and their cases."))


@PARTY.verb("list", say("List the latest parties, masked; with TEXT, those who have this name, part of it, e-mail or telephone."))
def list_(desk: Desk, text: Annotated[str, arg("TEXT", say("What to look for."))] = "", limit: Limit = 50) -> None:
    """Parties by name."""
    from engine.usecases.finding import find_parties

    found = find_parties(desk.house, text, limit)
    if desk.as_json:
        as_json(found)
        return
    rows = [(str(p.id), clean(p.name) or say("(erased)"), clean(p.email), clean(p.phone), clean(p.address)) for p in found]
    table((say("Id"), say("Name"), say("E-mail"), say("Telephone"), say("Address")), rows, empty=say("Nobody found."))


@PARTY.verb("show", say("Show a party, masked, and its cases."))
def show(desk: Desk, id_: Id, limit: Limit = 50, reveal: Unmasked = False, reason: WhyLook = None) -> None:
    """A party."""
    from engine.usecases.finding import party

    found, cases = party(desk.house, id_, limit, desk.reveal(reveal, reason))
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
