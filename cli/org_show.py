"""How `makegood org show` prints an organisation: people, groups, absences, denials, rights in the house, ceilings."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cli.show import heading, table
from engine.ground.language import say, spoken

if TYPE_CHECKING:
    from engine.defining.organisation import Organisation

_Rows = list[tuple[str, ...]]


def print_organisation(known: "Organisation") -> None:
    """Everything that its file says, in tables; those that would be empty are left out."""
    if known.name:
        heading(known.title.in_(spoken()) or known.name)
    columns = (say("Id"), say("Name"), say("Posts"), say("Superior"), say("Department"), say("Login"), say("E-mail"))
    rows = [
        (p.id, p.name, ", ".join(p.roles), p.superior or "", p.department or "", p.login or "", p.email or "")
        for p in known.people.values()
    ]
    table(columns, rows, empty=say("No organisation was applied yet: makegood org apply FILE"))
    for headings, found in _tables(known):
        if found:
            print()
            table(headings, found, empty="")


def _tables(known: "Organisation") -> Iterator[tuple[Sequence[str], _Rows]]:
    from engine.defining.checks_authority import in_words
    from engine.defining.organisation import RIGHTS

    yield (say("Group"), say("Title"), say("Members"), say("Posts")), [
        (g.id, g.title.in_(spoken()), ", ".join(g.members), ", ".join(g.roles)) for g in known.groups.values()
    ]
    yield (say("Away"), say("From"), say("Until"), say("Deputy"), say("For")), [
        (p.id, str(one.from_), str(one.until), one.deputy or say("nobody"), ", ".join(one.for_) or say("everything"))
        for p in known.people.values() for one in p.away
    ]
    yield (say("Denied to"), say("What")), [
        *((p.id, ", ".join(p.deny)) for p in known.people.values() if p.deny),
        *((g.id, ", ".join(g.deny)) for g in known.groups.values() if g.deny),
    ]
    yield (say("Right in the house"), say("Held by")), [
        (right, ", ".join(getattr(known.rights, right)) or say("nobody")) for right in (RIGHTS if known.people else ())
    ]
    yield (say("Report"), say("Which"), say("When"), say("Made by"), say("Goes to")), [
        (one.title.in_(spoken()) or name, one.report, str(one.every), one.by, ", ".join(one.to)) for name, one in known.reports.items()
    ]
    yield (say("Authority at most"), say("Amount")), [
        (name, in_words(band)) for name, band in known.authority.items()
    ]
