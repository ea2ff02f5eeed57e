"""The assessment of posts and departments, out of history, with the cases behind each figure (row M5).

Each case closed in the period counts once: for whoever owned it when it was closed, at the post under which they did, as time accounts
find it, and for their department, as the organisation is now.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, case, func, select

from engine.deciding.accounts import NO_POST, NOBODY, role_of
from engine.deciding.reports import Behind, Cell, Column, Kind, Section, share
from engine.deciding.satisfaction import SATISFIED, Respondent, own_index, weights_of
from engine.ground.language import say, spoken
from engine.records import library, surveyed
from engine.records.cases import CASE
from engine.usecases.figures import Asked, of, reopened
from engine.usecases.report_complaints import department_of
from engine.usecases.viewing import stored

FLAGS = ("late", "passed_on", "returned")
"""What may be wrong with a closed case, as columns that are 0 or 1."""
Numbers = list[tuple[datetime, str]]


@dataclass(slots=True)
class _Assessed:
    """The cases of one post or department."""

    cases: int = 0
    wrong: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FLAGS, 0))
    points: float = 0.0                  # of satisfaction, summed over answers
    answers: int = 0
    unhappy: int = 0                     # cases with an answer that is not satisfied
    last: str = ""                       # of them
    numbers: dict[str, Numbers] = field(default_factory=dict)


def posts(asked: Asked) -> Iterator[Section]:
    """Posts, then departments."""
    organisation = library.organisation(asked.house.store, asked.conn)
    definitions = {one.name: one for one in asked.definitions}
    titles = {NOBODY: say("nobody"), NO_POST: say("without a post of the procedure")}
    for definition in asked.definitions:
        titles |= {name: role.title.in_(spoken()) or name for name, role in definition.roles.items() if name not in titles}

    def post(row: Any) -> str:
        return titles[role_of(definitions[row.definition], row.state, row.owner, organisation)]

    def department(row: Any) -> str:
        return department_of(organisation, row.owner)

    rows, named, answers = list(_closed(asked)), list(_named(asked)), list(_answers(asked))
    yield _section("posts", say("Posts"), say("Post"), _assessed(asked, post, rows, named, answers))
    yield _section("departments", say("Departments"), say("Department"), _assessed(asked, department, rows, named, answers))


def _closed_cases(asked: Asked) -> Subquery:
    def flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return case((condition, 1), else_=0)

    return select(
        CASE.c.id, CASE.c.number, CASE.c.definition, CASE.c.owner, CASE.c.state, CASE.c.closed_at,
        flag(CASE.c.breaches > 0).label("late"),
        flag(func.coalesce(func.json_array_length(stored(asked.conn)["involved"]), 0) != 1).label("passed_on"),
        flag(reopened()).label("returned"),
    ).where(of(asked), asked.within(CASE.c.closed_at)).subquery("closed_case")


def _closed(asked: Asked) -> Iterable[Any]:
    """How many cases each owner closed, and how many of them were late and so on: a row for each definition, owner and last state."""
    one = _closed_cases(asked).c
    return asked.conn.execute(select(
        one.definition, one.owner, one.state, func.count().label("cases"), *(func.sum(one[flag]).label(flag) for flag in FLAGS)
    ).group_by(one.definition, one.owner, one.state))


def _named(asked: Asked) -> Iterable[tuple[str, Any]]:
    """The latest cases behind each figure, so many for each definition, owner and last state."""
    one = _closed_cases(asked).c
    for flag in FLAGS:
        place = func.row_number().over(partition_by=(one.definition, one.owner, one.state), order_by=(one.closed_at.desc(), one.id.desc()))
        numbered = select(one.definition, one.owner, one.state, one.number, one.closed_at, place.label("place")).where(
            one[flag] == 1
        ).subquery("numbered")
        for row in asked.conn.execute(select(numbered).where(numbered.c.place <= asked.named)):
            yield flag, row


def _answers(asked: Asked) -> Iterable[tuple[Any, float]]:
    """What customers said of closed cases, as an index from 0 to 100: one for each questionnaire that was answered."""
    for definition in asked.definitions:
        surveys: Mapping[str, Any] = definition.surveys
        weights = {name: weights_of(survey, ())[1] for name, survey in surveys.items()}
        for row, scores in surveyed.answered(asked.conn, of(asked, definition.name), asked.within(CASE.c.closed_at)):
            if row.name in surveys and (index := own_index(surveys[row.name], weights[row.name], Respondent(1, scores, {}))) is not None:
                yield row, index


def _assessed(
    asked: Asked, whose: Callable[[Any], str], rows: Iterable[Any], named: Iterable[tuple[str, Any]], answers: Iterable[tuple[Any, float]]
) -> dict[str, _Assessed]:
    found: dict[str, _Assessed] = {}
    for row in rows:
        one = found.setdefault(whose(row), _Assessed())
        one.cases += row.cases
        for flag in FLAGS:
            one.wrong[flag] += getattr(row, flag)
    for flag, row in named:
        found[whose(row)].numbers.setdefault(flag, []).append((row.closed_at, row.number))
    for row, index in answers:
        one = found[whose(row)]
        one.points, one.answers = one.points + index, one.answers + 1
        if index < SATISFIED and one.last != row.number:      # a case may be asked about again
            one.unhappy, one.last = one.unhappy + 1, row.number
            kept = one.numbers.setdefault("unhappy", [])
            kept.append((row.closed_at, row.number))
            if len(kept) > 2 * asked.named:      # bounded, however many there are
                one.numbers["unhappy"] = sorted(kept, reverse=True)[: asked.named]
    for one in found.values():
        one.numbers = {flag: sorted(numbers, reverse=True)[: asked.named] for flag, numbers in one.numbers.items()}
    return found


def _section(name: str, title: str, what: str, found: Mapping[str, _Assessed]) -> Section:
    ordered = sorted(found.items(), key=lambda one: (-one[1].cases, one[0]))
    words = {
        "late": say("late"), "passed_on": say("not solved at first contact"), "returned": say("returned"), "unhappy": say("not satisfied"),
    }

    def row(of: str, one: _Assessed) -> tuple[Cell, ...]:
        well = (share(one.cases - one.wrong[flag], one.cases) for flag in ("late", "passed_on"))
        return of, one.cases, *well, share(one.wrong["returned"], one.cases), one.points / one.answers if one.answers else None, one.answers

    return Section(
        name=name, title=title, rows=tuple(row(of, one) for of, one in ordered),
        note=say("Cases closed in the period. Solved at first contact: one person alone worked on it. Returned: it had been closed before. "
                 "Satisfaction: 0 to 100, by those who answered."),
        columns=(Column("of", what), Column("cases", say("Cases"), Kind.COUNT), Column("in_time", say("In time"), Kind.SHARE),
                 Column("first_contact", say("At first contact"), Kind.SHARE), Column("returned", say("Returned"), Kind.SHARE),
                 Column("satisfaction", say("Satisfaction"), Kind.NUMBER), Column("answers", say("Answers"), Kind.COUNT)),
        behind=tuple(
            Behind(of, words[flag], {**one.wrong, "unhappy": one.unhappy}[flag], tuple(number for _, number in one.numbers[flag]))
            for of, one in ordered for flag in words if one.numbers.get(flag)
        ),
    )
