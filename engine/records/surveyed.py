"""Who was asked and what they answered, as rows that can be counted. What they say follows from the history of the cases.

Answers stand here as levels of questions, without words and without anything of the person: they remain when the person is erased.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, insert, select

from engine.deciding.responding import Outcome
from engine.deciding.survey_record import Became, SurveyRun
from engine.ground.canonical import canonical
from engine.records import outbox, tables
from engine.records.prepared import Prepared

SURVEYED, NOTICE, CASE = tables.SURVEYED, tables.NOTICE, tables.CASE
_insert = Prepared(insert(SURVEYED))
_forget = Prepared(delete(SURVEYED).where(*(SURVEYED.c[key] == bindparam(f"of_{key}") for key in ("case_id", "name", "n"))))


def put(conn: Connection, case_id: int, definition: str, runs: Sequence[SurveyRun], about: Mapping[str, str]) -> None:
    """Make these what became of questionnaires in a case."""
    for run in runs:
        _forget.later(conn, [{"of_case_id": case_id, "of_name": run.name, "of_n": run.n}])
    _insert.later(conn, [
        {
            "case_id": case_id, "name": run.name, "n": run.n, "definition": definition, "at": run.at, "became": run.became.value,
            "stratum": run.stratum, "closes_at": run.closes_at, "via": run.via,
            "answers": canonical({"scores": dict(run.scores), "expected": dict(run.expected)}) if run.scores else None,
            "about": canonical(dict(about)),
        }
        for run in runs
    ])


def asked(
    conn: Connection, definition: str, survey: str, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Outcome]:
    """Every case in which it was to be sent in [since, until), in the order of cases."""
    s = SURVEYED.c
    conveyed = exists().where(and_(
        NOTICE.c.case_id == s.case_id, NOTICE.c.name == "survey", NOTICE.c.created_at == s.at, NOTICE.c.status == outbox.Status.SENT.value,
    ))
    query = select(s.became, s.stratum, s.closes_at, conveyed, s.via, s.answers, s.about).where(
        s.definition == definition, s.name == survey
    ).order_by(s.case_id, s.n)
    if since is not None:
        query = query.where(s.at >= since)
    if until is not None:
        query = query.where(s.at < until)
    for became, stratum, closes, delivered, via, answers, about in conn.execute(query):
        told: dict[str, Any] = json.loads(answers) if answers else {"scores": {}, "expected": {}}
        yield Outcome(Became(became), stratum, closes, bool(delivered), via, told["scores"], told["expected"], json.loads(about))


def answered(conn: Connection, *which: ColumnElement[bool]) -> Iterator[tuple[Any, Mapping[str, int]]]:
    """Every answer in the cases for which these conditions hold, streaming: the case (number, definition, owner, state, closed_at, `name`
    of the questionnaire) and the levels given."""
    s = SURVEYED.c
    query = select(CASE.c.number, CASE.c.definition, CASE.c.owner, CASE.c.state, CASE.c.closed_at, s.name, s.answers).join_from(
        SURVEYED, CASE, CASE.c.id == s.case_id
    ).where(s.answers.is_not(None), *which).order_by(s.case_id, s.name, s.n)
    for row in conn.execute(query, execution_options={"yield_per": 1000}):
        yield row, json.loads(row.answers)["scores"]
