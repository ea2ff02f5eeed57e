"""The reports there are, and making one: whoever may see its figures asks for whole dates, and gets sections of tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine.deciding.reports import Column, Report, Section
from engine.deciding.rights import Actor
from engine.defining.definition import Definition
from engine.ground.errors import Invalid, NotFound
from engine.ground.language import say
from engine.records import library
from engine.usecases.access import refusals_noted
from engine.usecases.figures import Asked
from engine.usecases.house import House
from engine.usecases.naming import title_of
from engine.usecases.report_complaints import complaints
from engine.usecases.report_library import learnt
from engine.usecases.report_periods import daily, monthly, usual, weekly
from engine.usecases.report_posts import posts
from engine.usecases.report_walk import walked
from engine.usecases.standards import Described, described, review_on, reviewed, worded
from engine.usecases.summarising import zone_of
from engine.usecases.viewing import may_oversee, may_see_figures, oversees
from engine.usecases.work import standing


@dataclass(frozen=True, slots=True)
class Kept:
    """A report that there is."""

    title: Callable[[], str]
    sections: Callable[[Asked], Iterator[Section]]
    cycles: bool = True                  # covers service cycles
    procedures: bool = True              # covers procedures
    usual: bool = False                  # has a period of its own, where none is said
    whose: str = "figures"               # `figures` of a definition, of `people`, or of `anybody`: who may see them


def make(
    house: House, name: str, actor: Actor, *, definitions: Sequence[str] = (), since: date | None = None, until: date | None = None,
    by: Sequence[str] = (), named: int = 20, title: str = "",
    made_by: str = "",
) -> Report:
    """Make a report over the local dates from `since` on and before `until`, of these definitions or of all in force that it is about.

    For whoever holds a post of each definition that is named; of posts and departments, and for everybody else, it takes the right to
    audit, publish or apply. Without names those are left out whose figures are not for the actor. Raises NotFound, Invalid, Denied.
    """
    kept = REPORTS.get(name)
    if kept is None:
        raise NotFound(say("There is no report '{name}'", name=name), hint=say("Use one of {known}.", known=", ".join(REPORTS)),
                       kind="report", name=name)
    now = house.clock.now()
    with refusals_noted(house, actor, "report", report=name), house.store.reading() as conn:
        zone = zone_of(house, conn)
        if kept.usual and since is None and until is None:
            since, until = usual(name, now.astimezone(ZoneInfo(zone)).date())
        elif kept.usual and (since is None or until is None):
            raise Invalid(say("This report needs both dates, or none"), field="since" if since is None else "until",
                          hint=say("Say --since and --until."), expected="2026-11-01")
        covered = _covered(house, conn, kept, actor, definitions)
        asked = Asked(
            house=house, conn=conn, actor=actor, definitions=covered, since=since, until=until, now=now, timezone=zone,
            by=by, named=named,
        )
        sections = tuple(kept.sections(asked))
    return Report(
        name=name, title=title or kept.title(), since=since, until=until, at=now, timezone=zone, sections=sections, by=made_by,
    )


def _covered(house: House, conn: Connection, kept: Kept, actor: Actor, names: Sequence[str]) -> list[Definition]:
    """The definitions that a report covers, for somebody who may see their figures."""
    found = [library.latest(house.store, conn, name)[2] for name in names] or library.definitions(house.store, conn)
    wrong = [one.name for one in found if not (kept.cycles if one.standards else kept.procedures)]
    if names and wrong:
        raise Invalid(
            say("This report is not about {names}", names=", ".join(wrong)), field="definition", value=wrong[0],
            hint=say("Standards are those of service cycles, complaints are cases of procedures."), expected="definition",
        )
    found = [one for one in found if one.name not in wrong]
    if kept.whose == "anybody":
        standing(library.organisation(house.store, conn), actor)
        return found
    if kept.whose == "people":
        may_oversee(house, conn, actor)
    for one in found if names else ():
        may_see_figures(house, conn, one, actor)
    if names or oversees(house, conn, actor):
        return found
    holds = library.organisation(house.store, conn).posts.holds
    own = [one for one in found if any(holds(actor.id, role) for role in one.roles)]
    if not own:
        may_oversee(house, conn, actor)
    return own


def _register(asked: Asked) -> Iterator[Section]:
    """The register of standards."""
    since = {one.name: at for one, at in library.cycles(asked.house.store, asked.conn)}
    for definition in asked.definitions:
        calendar = library.calendar(asked.house.store, asked.conn, definition.calendar)
        last = reviewed(asked.conn, definition.name)
        review = {name: review_on(one, since[definition.name], calendar, last) for name, one in definition.standards.items()}
        found = [Described(**described(definition, one)) for one in definition.standards.values()]
        yield Section(
            name=f"{definition.name}.standards", title=title_of(definition),
            columns=(
                Column("touchpoint", say("Touchpoint")), Column("name", say("Name")), Column("statement", say("Standard")),
                Column("need", say("Need")), Column("level", say("Level")), Column("element", say("Element")), Column("by", say("Who")),
                Column("target", say("Target")), Column("period", say("Period")), Column("review", say("Review")),
                Column("published", say("Published")),
            ),
            rows=tuple(
                (one.touchpoint, one.name, one.statement, one.need, worded(one.level), worded(one.element), ", ".join(one.by), one.target,
                 one.period, review[one.name], say("yes") if one.published else "") for one in found
            ),
        )


REPORTS: dict[str, Kept] = {
    "complaints": Kept(lambda: say("Statistics of complaints"), complaints, cycles=False),
    "posts": Kept(lambda: say("Assessment of posts and departments"), posts, whose="people"),
    "daily": Kept(lambda: say("Daily quality analysis"), daily, usual=True, whose="people"),
    "weekly": Kept(lambda: say("Weekly summary"), weekly, usual=True, whose="people"),
    "monthly": Kept(lambda: say("Monthly supervision report"), monthly, usual=True, whose="people"),
    "walk": Kept(lambda: say("Walk through the procedure"), walked),
    "library": Kept(lambda: say("Case library"), learnt, cycles=False, whose="anybody"),
    "standards": Kept(lambda: say("Register of standards"), _register, procedures=False, whose="anybody"),
}
