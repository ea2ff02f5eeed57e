"""Sections that several reports have: cases by definition, what is overdue, standards with their targets, targets missed, inspections."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from engine.deciding.reports import Cell, Chart, Column, Kind, Section, Series, share
from engine.defining.definition import Definition
from engine.defining.organisation import Organisation
from engine.ground.language import say, spoken
from engine.records import library
from engine.records.cases import CASE
from engine.records.judgements import JUDGEMENT
from engine.records.observations import OBSERVATION
from engine.usecases import figures
from engine.usecases.attaining import Attained, attained
from engine.usecases.figures import Asked, of
from engine.usecases.naming import state_title, title_of
from engine.usecases.writing import UNKNOWN_DUE

NAMED = 200
"""How many lines a list of cases has at most."""


def cases(asked: Asked) -> Section:
    """What came, went and was late, definition by definition."""
    late = figures.breached(asked)

    def row(definition: Definition) -> tuple[Cell, ...]:
        found = figures.counts(asked, definition.name)
        return (definition.name, title_of(definition), found.opened, found.closed, share(found.in_time, found.closed), found.reopened,
                late.get(definition.name, 0), found.open, found.over)

    return Section(
        name="cases", title=say("Cases"), rows=tuple(found for one in asked.definitions if any((found := row(one))[2:])),
        columns=(Column("definition", ""), Column("title", say("Procedure or cycle")), Column("opened", say("Opened"), Kind.COUNT),
                 Column("closed", say("Closed"), Kind.COUNT), Column("in_time", say("In time"), Kind.SHARE),
                 Column("reopened", say("Reopened"), Kind.COUNT), Column("breached", say("Limits breached"), Kind.COUNT),
                 Column("open", say("Open at the end"), Kind.COUNT), Column("over", say("With a limit that is over"), Kind.COUNT)),
    )


def spans(since: date, until: date) -> list[tuple[date, date]]:
    """A period in days; a longer one than a month in weeks, than half a year in fours of them."""
    whole = (until - since).days
    step = timedelta(days=1 if whole <= 31 else 7 if whole <= 183 else 28)
    found, first = list[tuple[date, date]](), since
    while first < until:
        found.append((first, min(first + step, until)))
        first += step
    return found


def day_by_day(asked: Asked) -> Section:
    """How many cases came and went, and the share in time, over the period."""
    assert asked.since is not None and asked.until is not None
    parts = [(first, after) for first, after in spans(asked.since, asked.until) if replace(asked, since=first).begun]
    counted = figures.by_span(asked, parts)
    shares = tuple(share(well, closed) for _, closed, well in counted)
    chart = Chart(shape="trend", title=say("Closed in time"), labels=tuple(f"{day:%m-%d}" for day, _ in parts),
                  series=(Series(say("in time"), shares),))
    return Section(
        name="days", title=say("From day to day"), chart=chart if sum(one is not None for one in shares) > 1 else None,
        columns=(Column("from", say("From")), Column("opened", say("Opened"), Kind.COUNT), Column("closed", say("Closed"), Kind.COUNT),
                 Column("in_time", say("In time"), Kind.SHARE)),
        rows=tuple((str(day), opened, closed, well) for (day, _), (opened, closed, _), well in zip(parts, counted, shares, strict=True)),
    )


def overdue(asked: Asked) -> Section:
    """The cases that are overdue now, the longest first."""
    late = (of(asked), CASE.c.closed_at.is_(None), CASE.c.due_at < asked.now, CASE.c.due_at > UNKNOWN_DUE)
    many = asked.conn.execute(select(func.count()).select_from(CASE).where(*late)).scalar_one()
    rows = asked.conn.execute(select(CASE).where(*late).order_by(CASE.c.due_at, CASE.c.id).limit(asked.named)).all()
    known, people = {one.name: one for one in asked.definitions}, library.organisation(asked.house.store, asked.conn)
    return Section(
        name="overdue", title=say("Overdue now: {count:case|cases}", count=many),
        columns=(Column("case", say("Case")), Column("definition", say("Procedure or cycle")), Column("state", say("State")),
                 Column("owner", say("Owner")), Column("due", say("Due"), Kind.DUE)),
        rows=tuple(
            (row.number, title_of(one), state_title(one, row.state), called(people, row.owner), row.due_at)
            for row in rows for one in (known[row.definition],)
        ),
    )


def called(organisation: Organisation, person: str | None) -> str:
    """Somebody by name."""
    known = organisation.people.get(person or "")
    return known.name if known else person or say("nobody")


def missed(asked: Asked) -> Section:
    """The judgements of the period in which a target was missed, with the cases that they opened and what became of these."""
    j, names = JUDGEMENT.c, {one.name: one for one in asked.definitions}
    query = select(JUDGEMENT, CASE.c.number, CASE.c.state, CASE.c.version_id).outerjoin_from(JUDGEMENT, CASE, CASE.c.id == j.case_id).where(
        j.definition.in_(names), j.reached.is_(False), asked.within(j.end)
    )
    rows = asked.conn.execute(query.order_by(j.start.desc(), j.definition, j.name, j.part).limit(NAMED)).all()

    def line(row: Any) -> tuple[Cell, ...]:
        action = library.definition(asked.house.store, asked.conn, row.version_id) if row.number else None
        return (
            row.definition, statement(names[row.definition], row.name), row.part, row.start, row.end, row.kept,
            row.of, share(row.kept, row.of), row.number, state_title(action, row.state) if action else "",
        )

    return Section(
        name="missed", title=say("Targets missed, and what came of it"), rows=tuple(map(line, rows)),
        columns=(Column("cycle", say("Cycle")), Column("standard", say("Standard")), Column("part", say("Shift")),
                 Column("from", say("From"), Kind.MOMENT), Column("until", say("Until"), Kind.DUE),
                 Column("kept", say("Kept"), Kind.COUNT), Column("of", say("Of"), Kind.COUNT), Column("share", say("Share"), Kind.SHARE),
                 Column("case", say("Case")), Column("state", say("State"))),
    )


def inspections(asked: Asked) -> Section:
    """What inspections found that was not as the standard wants it."""
    o, names = OBSERVATION.c, {one.name: one for one in asked.definitions}
    people = library.organisation(asked.house.store, asked.conn)
    inspected = (o.definition.in_(names), asked.within(o.at), CASE.c.origin.startswith("inspection:"))
    joined = OBSERVATION.join(CASE, CASE.c.id == o.case_id)
    done = asked.conn.execute(select(func.count()).select_from(joined).where(*inspected)).scalar_one()
    query = select(o.definition, o.name, o.at, o.value, o.person, CASE.c.number).select_from(joined).where(*inspected, o.kept == 0)
    rows = asked.conn.execute(query.order_by(o.at.desc(), CASE.c.id.desc()).limit(NAMED)).all()
    return Section(
        name="inspections", title=say("Abnormal findings of {count:inspection|inspections}", count=done),
        columns=(Column("cycle", say("Cycle")), Column("standard", say("Standard")), Column("at", say("When"), Kind.MOMENT),
                 Column("measured", say("Measured"), Kind.NUMBER), Column("by", say("Inspected by")), Column("case", say("Case"))),
        rows=tuple(
            (row.definition, statement(names[row.definition], row.name), row.at, row.value, called(people, row.person), row.number)
            for row in rows
        ),
    )


def statement(definition: Definition, standard: str) -> str:
    """A standard in words."""
    known = definition.standards.get(standard)
    return known.statement.in_(spoken()) if known else standard


def kept(asked: Asked, *, trends: bool = False) -> Iterator[Section]:
    """How far the standards of each cycle were kept, with the interval that chance leaves open; with `trends` each period by itself."""
    for definition in asked.definitions:
        found = attained(asked.conn, definition, since=asked.since, until=asked.until) if definition.standards else ()
        if not any(one.whole.of for one in found):
            continue
        yield Section(
            name=f"{definition.name}.kept", title=say("{title}: standards", title=title_of(definition)), columns=_attained_columns(),
            rows=tuple(_attained(one) for one in found), note=say("The interval is the one in which the true share lies 19 times of 20."),
        )
        for one in found if trends else ():
            if len(one.periods) > 1:
                yield _trend(definition, one)


def _attained_columns() -> tuple[Column, ...]:
    return (
        Column("name", ""), Column("standard", say("Standard")), Column("kept", say("Kept"), Kind.COUNT),
        Column("of", say("Of"), Kind.COUNT), Column("share", say("Share"), Kind.SHARE),
        Column("low", say("At least"), Kind.SHARE), Column("high", say("At most"), Kind.SHARE),
        Column("mean", say("Mean"), Kind.NUMBER), Column("target", say("Target")), Column("reached", say("Reached")),
        Column("trend", say("Change per period"), Kind.SHARE),
    )


def _attained(one: Attained) -> tuple[Cell, ...]:
    figure = one.whole
    if not figure.of:
        return one.name, one.statement, 0, 0, None, None, None, None, one.target, "", None
    return (
        one.name, one.statement, figure.kept, figure.of, figure.share, figure.low, figure.high, figure.mean, one.target,
        _reached(figure.reached), one.trend,
    )


def _reached(reached: bool | None) -> str:
    return "" if reached is None else say("reached") if reached else say("missed")


def _trend(definition: Definition, one: Attained) -> Section:
    target = definition.standards[one.name].target
    parts = sorted({period.part or "" for period in one.periods})
    firsts = sorted({period.first for period in one.periods})
    known = {(period.part or "", period.first): period.figure for period in one.periods}

    def values(part: str, name: str) -> tuple[float | None, ...]:
        return tuple(getattr(known[part, first], name) if (part, first) in known else None for first in firsts)

    alone = parts[0] if len(parts) == 1 else None      # intervals of several lines would cover each other
    chart = Chart(
        shape="trend", title=one.statement, labels=tuple(f"{first:%m-%d}" for first in firsts),
        series=tuple(Series(part or say("kept"), values(part, "share")) for part in parts),
        low=() if alone is None else values(alone, "low"), high=() if alone is None else values(alone, "high"),
        target=float(target.number) / 100 if target and target.share else None,
    )
    return Section(
        name=f"{definition.name}.{one.name}", title=one.statement, chart=chart if len(firsts) > 1 else None,
        columns=(Column("from", say("From")), Column("part", say("Shift")), Column("kept", say("Kept"), Kind.COUNT),
                 Column("of", say("Of"), Kind.COUNT), Column("share", say("Share"), Kind.SHARE), Column("reached", say("Reached")),
                 Column("unusual", say("More than chance"))),
        rows=tuple(
            (str(period.first), period.part, period.figure.kept, period.figure.of, period.figure.share, _reached(period.figure.reached),
             say("unusual") if period.unusual else "")
            for period in one.periods
        ),
    )
