"""Whether what is counted is what history makes of it: what visits showed of standards, counts that were told, judgements, questionnaires.

What these tables hold follows from events, so their rows are held against what the events make once more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.deciding.case import CaseState, Event
from engine.deciding.clock_record import instant
from engine.deciding.observing import Observation, Seen, observed, said_by
from engine.deciding.survey_record import SurveyRun
from engine.defining.definition import Definition
from engine.ground.canonical import canonical
from engine.ground.errors import MakegoodError
from engine.ground.language import say
from engine.records import library, tables
from engine.records.store import Store

OBSERVATION, JUDGEMENT, SURVEYED, CASE = tables.OBSERVATION, tables.JUDGEMENT, tables.SURVEYED, tables.CASE


@dataclass(slots=True)
class Figures:
    """What the events of one stream make of it, as they are walked."""

    shown: dict[Seen, Observation] = field(default_factory=dict)
    asked: dict[tuple[str, int], SurveyRun] = field(default_factory=dict)
    counts: list[Event] = field(default_factory=list)        # told and judged, of a cycle's stream


class Watch:
    """Works out what events show, by the definitions and calendars of one database."""

    def __init__(self, store: Store, conn: Connection) -> None:
        self.store, self.conn = store, conn

    def take(self, figures: Figures, event: Event, case: CaseState | None) -> None:
        """Let the next event of a stream count; `case` as it stands after it."""
        if case is None:
            if event.kind in ("told", "judged"):
                figures.counts.append(event)
            return
        for name in event.data.get("surveys", ()):
            figures.asked[name, case.surveys[name].n] = case.surveys[name]
        definition = self.definition(case.version_id)
        if definition is not None and definition.standards:
            for seen, one in observed(definition, case, event, lambda name: self._calendar(definition, name)):
                figures.shown.pop(seen, None)
                if one is not None:
                    figures.shown[seen] = one

    def definition(self, version_id: int) -> Definition | None:
        """A version, None for one that cannot be read: that is told by itself."""
        try:
            return library.definition(self.store, self.conn, version_id)
        except (MakegoodError, ValueError, KeyError, TypeError):
            return None

    def _calendar(self, definition: Definition, name: str | None) -> Any:
        return library.calendar(self.store, self.conn, name or definition.calendar)


@dataclass(slots=True)
class Kept:
    """The rows of one case."""

    observations: list[Row[Any]] = field(default_factory=list)
    surveyed: list[Row[Any]] = field(default_factory=list)


def kept(conn: Connection, ids: Sequence[int]) -> Mapping[int, Kept]:
    """What is stored to be counted, by case."""
    found = {case_id: Kept() for case_id in ids}
    for row in conn.execute(select(OBSERVATION).where(OBSERVATION.c.case_id.in_(ids))):
        found[row.case_id].observations.append(row)
    for row in conn.execute(select(SURVEYED).where(SURVEYED.c.case_id.in_(ids))):
        found[row.case_id].surveyed.append(row)
    return found


def wrong_in_case(figures: Figures, rows: Kept, watch: Watch, case: CaseState) -> str:
    """What is wrong with the rows of a case; empty when nothing is."""
    definition = watch.definition(case.version_id)
    if definition is None:
        return ""
    stored = {(row.name, row.n): row for row in rows.observations}
    for name, n in sorted(stored.keys() | figures.shown.keys()):
        if name not in definition.standards:
            continue                     # of a version from which the case was migrated
        row, one = stored.get((name, n)), figures.shown.get((name, n))
        if row is None or one is None or not _alike(row, one, definition):
            return say("what it shows of the standard {name} is not what its history makes of it", name=name)
    asked = {(row.name, row.n): (row.became, row.answers) for row in rows.surveyed}
    made = {key: (run.became.value, _answers(run)) for key, run in figures.asked.items()}
    if asked != made:
        names = sorted({name for name, n in asked.keys() | made.keys() if asked.get((name, n)) != made.get((name, n))})
        return say("what became of the questionnaire {name} is not what its history makes of it", name=names[0])
    return ""


def _alike(row: Row[Any], one: Observation, definition: Definition) -> bool:
    standard = definition.standards[one.name]
    shift = standard.per and not said_by(definition, standard)      # another version of its calendar may say something else today
    said = (row.at, row.day, row.kept, row.of, row.value, row.person, one.part if shift else row.part)
    return said == (one.at, one.day.isoformat(), one.kept, one.of, one.value, one.person, one.part)


def _answers(run: SurveyRun) -> str | None:
    return canonical({"scores": dict(run.scores), "expected": dict(run.expected)}) if run.scores else None


def wrong_in_cycle(figures: Figures, cycle: str, watch: Watch) -> tuple[int, str] | None:
    """What is wrong with the counts and judgements of a cycle, with the row of its stream (0: none); None when nothing is."""
    counted = {row.n: row for row in watch.conn.execute(
        select(OBSERVATION).where(OBSERVATION.c.definition == cycle, OBSERVATION.c.case_id.is_(None)))}
    query = select(JUDGEMENT, CASE.c.number).join_from(JUDGEMENT, CASE, CASE.c.id == JUDGEMENT.c.case_id, isouter=True)
    judged = {(row.name, row.part, row.start): row for row in watch.conn.execute(query.where(JUDGEMENT.c.definition == cycle))}
    for event in figures.counts:
        data = event.data
        if event.kind == "told":
            row = counted.pop(event.seq, None)
            if row is None or _count(row) != (data["standard"], instant(data["at"]), data["kept"], data["of"], data["part"], event.actor):
                return event.seq, say("the count as stored is not the one that was told")
        else:
            row = judged.pop((data["standard"], data["part"], instant(data["start"])), None)
            if row is None or _judgement(row) != (
                instant(data["end"]), data["kept"], data["of"], data["mean"], data["reached"], event.recorded_at, data["case"],
            ):
                return event.seq, say("the judgement as stored is not the one that was recorded")
    if counted or any(row.reached is not None for row in judged.values()):
        return 0, say("there are counts or judgements that were never recorded")
    return None


def _count(row: Row[Any]) -> tuple[Any, ...]:
    return row.name, row.at, row.kept, row.of, row.part, row.person


def _judgement(row: Row[Any]) -> tuple[Any, ...]:
    return row.end, row.kept, row.of, row.value, row.reached, row.judged_at, row.number
