"""The daily quality analysis, the weekly summary, and the monthly supervision report (row M2)."""

from collections.abc import Iterator
from datetime import date

from engine.deciding.reports import Cell, Column, Kind, Section
from engine.deciding.responding import response
from engine.deciding.satisfaction import index
from engine.defining.rhythm import Rhythm
from engine.ground.language import say, spoken
from engine.records import surveyed
from engine.usecases import report_parts as parts
from engine.usecases.evaluating import weighed
from engine.usecases.figures import Asked, happened, of
from engine.usecases.naming import title_of
from engine.usecases.punctuality import gone_over


def daily(asked: Asked) -> Iterator[Section]:
    """What the day brought, and what needs somebody now."""
    yield parts.cases(asked)
    yield parts.overdue(asked)
    yield parts.missed(asked)
    yield parts.inspections(asked)


def weekly(asked: Asked) -> Iterator[Section]:
    """The week, day by day, and its standards."""
    yield parts.cases(asked)
    yield parts.day_by_day(asked)
    yield from parts.kept(asked)
    yield parts.missed(asked)
    yield parts.inspections(asked)
    yield parts.overdue(asked)


def monthly(asked: Asked) -> Iterator[Section]:
    """Standards against their targets, what came of those missed, complaints, surveys, and whether deadlines were kept track of."""
    yield from parts.kept(asked, trends=True)
    yield parts.missed(asked)
    yield parts.cases(asked)
    yield parts.day_by_day(asked)
    yield _surveys(asked)
    yield _timekeeping(asked)


def _surveys(asked: Asked) -> Section:
    """Each questionnaire: who was asked, who answered, the index."""
    def row(bundle: str, name: str) -> tuple[Cell, ...]:
        spec = next(one for one in asked.definitions if one.name == bundle).surveys[name]
        outcomes = list(surveyed.asked(asked.conn, bundle, name, since=asked.start, until=asked.end))
        found = response(outcomes, asked.now)
        answers = weighed(spec, outcomes)
        said: tuple[Cell, ...] = (None,) * 4
        if any(one.scores for one in answers):
            of_all = index(spec, answers)
            said = of_all.index.value, of_all.index.low, of_all.index.high, of_all.satisfied
        return bundle, name, spec.title.in_(spoken()) or name, found.asked, found.answered, found.rate, *said

    return Section(
        name="surveys", title=say("What customers say"),
        rows=tuple(row(one.name, name) for one in asked.definitions for name in one.surveys),
        note=say("The index runs from 0 to 100; satisfied is whose own index is at least 75."),
        columns=(Column("bundle", ""), Column("survey", ""), Column("title", say("Questionnaire")),
                 Column("asked", say("Asked"), Kind.COUNT), Column("answered", say("Answered"), Kind.COUNT),
                 Column("rate", say("Response"), Kind.SHARE),
                 Column("index", say("Index"), Kind.NUMBER), Column("low", say("At least"), Kind.NUMBER),
                 Column("high", say("At most"), Kind.NUMBER), Column("satisfied", say("Satisfied"), Kind.SHARE)),
    )


def _timekeeping(asked: Asked) -> Section:
    """That no deadline was lost, worked out anew from history; and what people granted by hand."""
    found = {one.definition: one for one in gone_over(asked.house, asked.conn, asked.now, asked.start, asked.end, of(asked)).definitions}
    by_hand = happened(asked, "extended", "paused")
    return Section(
        name="timekeeping", title=say("Timekeeping"),
        note=say("Points of clocks are due times, reminders and escalations. What had to come is worked out anew from each history."),
        columns=(Column("definition", ""), Column("title", say("Procedure or cycle")), Column("points", say("Points"), Kind.COUNT),
                 Column("median", say("Late, median"), Kind.LENGTH), Column("most", say("Late, 95 %"), Kind.LENGTH),
                 Column("worst", say("Late, worst"), Kind.LENGTH), Column("faults", say("Not as they should be"), Kind.COUNT),
                 Column("extended", say("Extended"), Kind.COUNT), Column("paused", say("Paused by hand"), Kind.COUNT)),
        rows=tuple(
            (one.name, title_of(one), told.carried_out, told.share(0.5), told.share(0.95), told.worst.late if told.worst else None,
             told.faults.total(), by_hand.get((one.name, "extended"), 0), by_hand.get((one.name, "paused"), 0))
            for one in asked.definitions if (told := found.get(one.name)) is not None
        ),
    )


def usual(name: str, today: date) -> tuple[date, date]:
    """The dates that a report covers where none are said: yesterday, the week that ended with the last Friday, the last whole month."""
    rhythm = {"daily": Rhythm("day"), "weekly": Rhythm("week", 4), "monthly": Rhythm("month", 1)}[name]
    return rhythm.covered(rhythm.latest(today))
