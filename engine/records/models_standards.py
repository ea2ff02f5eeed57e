"""The tables of what was measured, asked and learnt, described with SQLModel: part of `engine.records.models`."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from engine.records.tables import NAMING

SQLModel.metadata.naming_convention = NAMING


class ObservationRow(SQLModel, table=True):
    """A standard that a visit kept or missed; what the history of the case makes of it, kept to be counted."""

    __tablename__ = "observation"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int | None = Field(default=None, foreign_key="case.id")   # None: counts that were told, by an event of the cycle's stream
    name: str                                   # of the standard
    n: int                                      # which time in this case; of counts told the number of that event
    definition: str                             # as in the case's row
    at: datetime                                # when it was done, or fell due without having been
    day: str                                    # the local date of that, 2026-11-22
    kept: int                                   # how many times it was kept …
    of: int                                     # … of how many: of a case 0 or 1 of 1
    value: float | None = None                  # what was measured
    person: str | None = None                   # whoever did it, or owned the case
    part: str | None = None                     # of what is judged apart: a shift, or the value of a field

    __table_args__ = (
        Index("uq_observation", "case_id", "name", "n", unique=True), Index("ix_observation", "definition", "name", "day"),
    )


class ToldRow(SQLModel, table=True):
    """An event that a till, a queue machine or a telephone system told: told once more, it counts no more."""

    __tablename__ = "told"

    source: str = Field(primary_key=True)
    id: str = Field(primary_key=True)           # as the source calls it
    told_at: datetime


class JudgementRow(SQLModel, table=True):
    """Whether a standard reached its target in one period, judged once; the same stands in the stream of its cycle."""

    __tablename__ = "judgement"

    definition: str = Field(primary_key=True)
    name: str = Field(primary_key=True)         # of the standard
    part: str = Field(primary_key=True)         # of what is judged apart; "" for the whole
    start: datetime = Field(primary_key=True)
    end: datetime
    kept: int
    of: int
    value: float | None = None                  # the mean of what was measured
    reached: bool | None = None                 # None: nothing was seen, which is neither reached nor missed
    judged_at: datetime
    case_id: int | None = Field(default=None, foreign_key="case.id")     # the case that was opened because it was missed


class SurveyedRow(SQLModel, table=True):
    """A questionnaire that was to be sent in a case; what the history of the case makes of it, kept to be counted."""

    __tablename__ = "surveyed"

    case_id: int = Field(primary_key=True, foreign_key="case.id")
    name: str = Field(primary_key=True)         # of the questionnaire
    n: int = Field(primary_key=True)            # which time in this case
    definition: str                             # as in the case's row
    at: datetime                                # when it was to be sent
    became: str                                 # passed, nobody, opted_out, asked, answered, declined
    stratum: int                                # of its sample
    closes_at: datetime | None = None           # of those asked: until when answers are taken
    via: str                                    # how they answered: link, phone, …
    answers: str | None = Field(default=None, sa_type=Text)     # canonical JSON: levels by question, nothing personal
    about: str = Field(sa_type=Text)            # canonical JSON: the public choices of the case then

    __table_args__ = (Index("ix_surveyed", "definition", "name", "at"),)


class LessonRow(SQLModel, table=True):
    """A closed case whose lesson is in the library; what it says stands in the case."""

    __tablename__ = "lesson"

    case_id: int = Field(primary_key=True, foreign_key="case.id")
    definition: str                             # as in the case's row
    closed_at: datetime

    __table_args__ = (Index("ix_lesson", "definition", "closed_at"),)


class LessonWordRow(SQLModel, table=True):
    """A word that a lesson is found by (`engine.deciding.cutting`); `=field:value` is a value as it is. None is personal."""

    __tablename__ = "lesson_word"

    word: str = Field(primary_key=True)
    case_id: int = Field(primary_key=True, foreign_key="lesson.case_id", index=True)
