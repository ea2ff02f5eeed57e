"""A procedure walked through from its histories: where cases stay, wait and change hands. One pass; a few hundred cases at a time."""

from collections.abc import Iterator
from functools import partial

from engine.deciding.reports import Cell, Chart, Column, Kind, Section, Series
from engine.deciding.walking import Step, Walk
from engine.defining.definition import Definition
from engine.ground.language import say, spoken
from engine.records import library
from engine.records.cases import CASE
from engine.usecases.figures import Asked, of
from engine.usecases.histories import histories
from engine.usecases.naming import state_title, title_of


def walked(asked: Asked) -> Iterator[Section]:
    """States and tasks of each definition, of the cases opened in the period."""
    for definition in asked.definitions:
        walk = Walk()
        versions = partial(library.definition, asked.house.store, asked.conn)
        for one in histories(asked.conn, of(asked, definition.name), asked.within(CASE.c.opened_at)):
            walk.add(versions, one.events, one.number, asked.now)
        if not walk.cases:
            continue
        title = title_of(definition)
        yield _states(definition, walk, title)
        if walk.tasks:
            yield _tasks(definition, walk, title)


def _states(definition: Definition, walk: Walk, title: str) -> Section:
    order = {name: place for place, name in enumerate(definition.states)}
    steps = sorted(walk.states.items(), key=lambda one: (order.get(one[0], len(order)), one[0]))
    return Section(
        name=f"{definition.name}.states", title=say("{title}: where {cases:case|cases} stayed", title=title, cases=walk.cases),
        note=say("From entering a state to leaving it, by the calendar. A case waits while its customer is waited for, while it is paused, "
                 "and while nobody owns it."),
        columns=(Column("state", ""), Column("step", say("State")), *_columns(), Column("waiting", say("Waiting"), Kind.SHARE),
                 Column("handovers", say("Handovers"), Kind.COUNT)),
        rows=tuple(
            (name, state_title(definition, name), *_figures(one), one.waited / one.elapsed if one.elapsed else None, one.handovers)
            for name, one in steps
        ),
        chart=_chart(title, [(state_title(definition, name), one) for name, one in steps]),
    )


def _tasks(definition: Definition, walk: Walk, title: str) -> Section:
    known = {name: task for state in definition.states.values() for name, task in state.tasks.items()}
    order = {name: place for place, name in enumerate(known)}
    steps = sorted(walk.tasks.items(), key=lambda one: (order.get(one[0], len(order)), one[0]))
    words = {name: (known[name].title.in_(spoken()) if name in known else "") or name for name in walk.tasks}
    return Section(
        name=f"{definition.name}.tasks", title=say("{title}: how long tasks took", title=title),
        columns=(Column("task", ""), Column("step", say("Task")), *_columns()),
        rows=tuple((name, words[name], *_figures(one)) for name, one in steps),
        chart=_chart(title, [(words[name], one) for name, one in steps]),
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column("done", say("Done"), Kind.COUNT), Column("median", say("Median"), Kind.LENGTH), Column("most", say("90 %"), Kind.LENGTH),
        Column("worst", say("Worst"), Kind.LENGTH), Column("longest", say("Case")), Column("there", say("There now"), Kind.COUNT),
    )


def _figures(step: Step) -> tuple[Cell, ...]:
    stays = step.stays
    return stays.many, stays.most(0.5), stays.most(0.9), stays.worst if stays.many else None, step.longest, step.there


def _chart(title: str, steps: list[tuple[str, Step]]) -> Chart | None:
    seen = [(words, step) for words, step in steps if step.stays.many]
    if not seen:
        return None

    def hours(of: float) -> tuple[float, ...]:
        return tuple(length.total_seconds() / 3600 if (length := step.stays.most(of)) else 0.0 for _, step in seen)

    return Chart(
        shape="bars", title=title, labels=tuple(words for words, _ in seen),
        series=(Series(say("Median"), hours(0.5)), Series(say("90 %"), hours(0.9))),
    )
