"""The case library as a report: what was learnt from the cases closed in a period, to be printed and read."""

from collections.abc import Iterator, Sequence

from engine.deciding.reports import Cell, Column, Kind, Section
from engine.ground.language import say, spoken
from engine.records import lessons
from engine.usecases.figures import Asked
from engine.usecases.lessons import Lesson, told
from engine.usecases.naming import title_of

MOST = 500
"""Lessons of one procedure on one page, the latest."""


def learnt(asked: Asked) -> Iterator[Section]:
    """For each procedure that declares a lesson those of its cases, the latest first."""
    for definition in asked.definitions:
        if not definition.lesson:
            continue
        titles = [(name, definition.fields[name].title.in_(spoken()) or name) for name in definition.lesson]
        kept = lessons.latest(asked.conn, MOST, definition.name, since=asked.start, until=asked.end)
        yield Section(
            name=f"{definition.name}.lessons", title=title_of(definition),
            columns=(Column("case", say("Case")), Column("closed", say("Closed"), Kind.MOMENT), *(Column(*one) for one in titles)),
            rows=tuple(_row(one, definition.lesson) for one in told(asked.house, asked.conn, kept)),
        )


def _row(lesson: Lesson, names: Sequence[str]) -> tuple[Cell, ...]:
    """What an older version of the procedure did not ask for stays empty."""
    said = {name: text for name, _, text in lesson.fields}
    return lesson.number, lesson.closed_at, *(said.get(name, "") for name in names)
