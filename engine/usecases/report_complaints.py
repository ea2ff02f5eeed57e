"""The statistics of complaints: by every public choice of the case and by department, their ageing, how they came out, whether in time."""

from collections import Counter
from collections.abc import Iterable, Iterator

from engine.deciding.reports import Column, Kind, Section, facts, pareto, share
from engine.defining.definition import Definition, Field, FieldType
from engine.defining.organisation import Organisation
from engine.ground.errors import Invalid
from engine.ground.language import say, spoken
from engine.records import library
from engine.usecases import figures
from engine.usecases.figures import Asked
from engine.usecases.naming import state_title, title_of

DEPARTMENT = "department"
"""Counts by the department of whoever owns the case now, or owned it last, as the organisation is now."""
CLASS = "class"
"""Counts by the class that the customer had when the case named them."""
_COUNTED = (FieldType.CHOICE, FieldType.YES_NO, FieldType.PERSON, FieldType.TEXT)


def complaints(asked: Asked) -> Iterator[Section]:
    """The sections of the report, definition by definition. Raises Invalid for a field that no definition has."""
    organisation = library.organisation(asked.house.store, asked.conn)
    for field in asked.by:
        if field not in (DEPARTMENT, CLASS) and not any(_countable(one.fields.get(field)) for one in asked.definitions):
            known = sorted({DEPARTMENT, CLASS, *(name for one in asked.definitions for name, of in one.fields.items() if _countable(of))})
            raise Invalid(
                say("Complaints cannot be counted by '{field}'", field=field), field="by", value=field, expected=known,
                hint=say("Use one of {known}.", known=", ".join(known)),
            )
    for definition in asked.definitions:
        title = title_of(definition)
        found = figures.counts(asked, definition.name)
        if not (found.opened or found.closed or found.open):
            continue
        yield summary(f"{definition.name}.cases", title, found)
        choices = [name for name, of in definition.fields.items() if of.type is FieldType.CHOICE and _countable(of)]
        for field in asked.by or [*choices, *([CLASS] if organisation.classes else []), DEPARTMENT]:
            if _countable(definition.fields.get(field)):
                yield _by_field(asked, definition, field, title)
            elif field == DEPARTMENT:
                yield _by_department(asked, definition, organisation, title)
            elif field == CLASS:
                yield _by_class(asked, definition, organisation, title)
        yield _ageing(asked, definition, title)
        yield _outcomes(asked, definition, title)


def _countable(field: Field | None) -> bool:
    return field is not None and not field.is_personal and not field.sees and field.type in _COUNTED


def summary(name: str, title: str, found: figures.Counts) -> Section:
    """How many cases came and went, and how."""
    return facts(name, title, (
        ("opened", say("opened"), found.opened, None),
        ("closed", say("closed"), found.closed, None),
        ("in_time", say("closed in time"), found.in_time, share(found.in_time, found.closed)),
        ("reopened", say("closed after having been reopened"), found.reopened, share(found.reopened, found.closed)),
        ("open", say("open at the end"), found.open, None),
        ("over", say("open with a limit that is over"), found.over, share(found.over, found.open)),
    ))


def _by(definition: Definition, title: str, name: str, what: str, counted: Iterable[tuple[str, int]]) -> Section:
    """Counts by what a value is called; several values may be called alike."""
    counts: Counter[str] = Counter()
    for words, many in counted:
        counts[words] += many
    return pareto(f"{definition.name}.{name}", say("{title}: by {what}", title=title, what=what), what, counts)


def _by_field(asked: Asked, definition: Definition, name: str, title: str) -> Section:
    field = definition.fields[name]
    counted = figures.by_field(asked, definition, name).items()
    return _by(definition, title, name, field.title.in_(spoken()) or name, ((_words(field, value), many) for value, many in counted))


def _words(field: Field, value: str | None) -> str:
    if value is None or value == "":
        return say("not given")
    if field.type is FieldType.YES_NO:
        return say("yes") if str(value) in ("true", "1") else say("no")      # as PostgreSQL says it, as SQLite does
    return field.options[value].in_(spoken()) or value if value in field.options else value


def _by_department(asked: Asked, definition: Definition, organisation: Organisation, title: str) -> Section:
    counted = figures.by_owner(asked, definition).items()
    return _by(definition, title, DEPARTMENT, say("Department"), ((department_of(organisation, owner), many) for owner, many in counted))


def _by_class(asked: Asked, definition: Definition, organisation: Organisation, title: str) -> Section:
    counted = figures.by_class(asked, definition).items()
    return _by(definition, title, CLASS, say("Class of customer"), ((_class_title(organisation, name), many) for name, many in counted))


def _class_title(organisation: Organisation, name: str | None) -> str:
    known = organisation.classes.get(name or "")
    return (known.title.in_(spoken()) if known else "") or name or say("none")


def department_of(organisation: Organisation, person: str | None) -> str:
    """The department of somebody in words."""
    if person is None:
        return say("nobody")
    known = organisation.people.get(person)
    return known.department or say("no department") if known else say("no longer here")


def _ageing(asked: Asked, definition: Definition, title: str) -> Section:
    rows = [
        (days, say("at most {days:day|days}", days=days) if days else say("more than {days} days", days=figures.AGES[-1]), many, over)
        for days, many, over in figures.ages(asked, definition)
    ]
    return Section(
        name=f"{definition.name}.ageing", title=say("{title}: how old open cases are", title=title), rows=tuple(rows),
        columns=(Column("days", ""), Column("age", say("Age")), Column("cases", say("Cases"), Kind.COUNT),
                 Column("over", say("With a limit that is over"), Kind.COUNT)),
    )


def _outcomes(asked: Asked, definition: Definition, title: str) -> Section:
    found = sorted(figures.by_end(asked, definition).items(), key=lambda one: (-one[1][0], one[0]))
    return Section(
        name=f"{definition.name}.outcomes", title=say("{title}: how closed cases came out", title=title),
        columns=(Column("state", ""), Column("outcome", say("Outcome")), Column("cases", say("Cases"), Kind.COUNT),
                 Column("in_time", say("In time"), Kind.COUNT), Column("share", say("Share in time"), Kind.SHARE)),
        rows=tuple((state, state_title(definition, state), many, well, share(well, many)) for state, (many, well) in found),
    )
