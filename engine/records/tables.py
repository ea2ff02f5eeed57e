"""The tables as SQLAlchemy Core: what every statement of the product is written with.

`models.py` says the same with SQLModel, which keeps the schema readable and drives the migrations; mapping its classes takes longer
than everything else that a command does, so nothing but the migrations loads it. A test holds the two equal, down to the DDL of both
databases. Change the models first, then this file, then add a migration.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

NAMING = {   # so that a later migration can name what it changes, on both databases
    "ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
}
METADATA = MetaData(naming_convention=NAMING)


class Moment(TypeDecorator[datetime]):
    """An instant: aware in, aware in UTC out, on both databases; a naive one is refused (clocks rule 1)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """UTC for the database; SQLite keeps it as text."""
        return _as_text if dialect.name == "sqlite" else _utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Aware again, where the database keeps no offset."""
        return _from_text if dialect.name == "sqlite" else _utc


def _utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise ValueError(f"{value.isoformat()} has no time zone")
    return value.astimezone(UTC)


def _as_text(value: datetime | None) -> str | None:
    value = _utc(value)     # before anything is looked up: on one wall clock both instants of the hour that comes twice are equal
    return None if value is None else _text(value)


@lru_cache(maxsize=4096)    # few instants stand in many rows
def _text(value: datetime) -> str:
    return value.replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(maxsize=4096)
def _from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


DEFINITION = Table(
    "definition_version", METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("hash", String, nullable=False),
    Column("document", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("published_at", Moment, nullable=False),
    Column("published_by", String, nullable=False),
    Index("uq_definition_version", "name", "version", unique=True),
)
CALENDAR = Table(
    "calendar_version", METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("hash", String, nullable=False),
    Column("document", Text, nullable=False),
    Column("published_at", Moment, nullable=False),
    Column("published_by", String, nullable=False),
    Index("uq_calendar_version", "name", "version", unique=True),
)
ORGANISATION = Table(
    "organisation_version", METADATA,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False, unique=True),
    Column("hash", String, nullable=False),
    Column("document", Text, nullable=False),
    Column("applied_at", Moment, nullable=False),
    Column("applied_by", String, nullable=False),
)
PARTY = Table(
    "party", METADATA,
    Column("id", Integer, primary_key=True),
    Column("created_at", Moment, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("details", LargeBinary),
    Column("erased_at", Moment),
    Column("unasked_since", Moment),
)
PARTY_WORD = Table(
    "party_word", METADATA,
    Column("word", LargeBinary, primary_key=True),
    Column("party_id", Integer, ForeignKey("party.id"), primary_key=True, index=True),
)
CASE = Table(
    "case", METADATA,
    Column("id", Integer, primary_key=True),
    Column("number", String, nullable=False, unique=True),
    Column("definition", String, nullable=False),
    Column("version_id", Integer, ForeignKey("definition_version.id"), nullable=False),
    Column("state", String, nullable=False),
    Column("owner", String),
    Column("party_id", Integer, ForeignKey("party.id"), index=True),
    Column("origin", String, unique=True),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("due_at", Moment),
    Column("breaches", Integer, nullable=False, default=0),
    Column("revision", Integer, nullable=False, default=1),
    Column("head", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("key", LargeBinary),
    Index("ix_case_definition", "definition", "state"),
    Index("ix_case_owner", "owner", "closed_at", "due_at"),
    Index("ix_case_urgency", "closed_at", "due_at"),
)
CASE_VALUE = Table(
    "case_value", METADATA,
    Column("case_id", Integer, ForeignKey("case.id"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
    Column("definition", String, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Index("ix_case_value", "definition", "name", "value", "opened_at"),
)
ASKED_FIELD = Table(
    "asked_field", METADATA, Column("definition", String, primary_key=True), Column("name", String, primary_key=True),
)
OBSERVATION = Table(
    "observation", METADATA,
    Column("id", Integer, primary_key=True), Column("case_id", Integer, ForeignKey("case.id")), Column("name", String, nullable=False),
    Column("n", Integer, nullable=False), Column("definition", String, nullable=False), Column("at", Moment, nullable=False),
    Column("day", String, nullable=False), Column("kept", Integer, nullable=False), Column("of", Integer, nullable=False),
    Column("value", Float), Column("person", String), Column("part", String),
    Index("uq_observation", "case_id", "name", "n", unique=True),
    Index("ix_observation", "definition", "name", "day"),
)
JUDGEMENT = Table(
    "judgement", METADATA,
    Column("definition", String, primary_key=True), Column("name", String, primary_key=True),
    Column("part", String, primary_key=True), Column("start", Moment, primary_key=True),
    Column("end", Moment, nullable=False), Column("kept", Integer, nullable=False), Column("of", Integer, nullable=False),
    Column("value", Float), Column("reached", Boolean), Column("judged_at", Moment, nullable=False),
    Column("case_id", Integer, ForeignKey("case.id")),
)
TOLD = Table(
    "told", METADATA,
    Column("source", String, primary_key=True), Column("id", String, primary_key=True), Column("told_at", Moment, nullable=False),
)
SURVEYED = Table(
    "surveyed", METADATA,
    Column("case_id", Integer, ForeignKey("case.id"), primary_key=True),
    Column("name", String, primary_key=True), Column("n", Integer, primary_key=True),
    Column("definition", String, nullable=False), Column("at", Moment, nullable=False),
    Column("became", String, nullable=False), Column("stratum", Integer, nullable=False), Column("closes_at", Moment),
    Column("via", String, nullable=False), Column("answers", Text), Column("about", Text, nullable=False),
    Index("ix_surveyed", "definition", "name", "at"),
)
PARTY_CLASS = Table(
    "party_class", METADATA,
    Column("party_id", Integer, ForeignKey("party.id"), primary_key=True), Column("n", Integer, primary_key=True),
    Column("name", String, nullable=False), Column("at", Moment, nullable=False), Column("by", String, nullable=False),
    Column("reason", LargeBinary, nullable=False),
)
LESSON = Table(
    "lesson", METADATA,
    Column("case_id", Integer, ForeignKey("case.id"), primary_key=True),
    Column("definition", String, nullable=False), Column("closed_at", Moment, nullable=False),
    Index("ix_lesson", "definition", "closed_at"),
)
LESSON_WORD = Table(
    "lesson_word", METADATA,
    Column("word", String, primary_key=True), Column("case_id", Integer, ForeignKey("lesson.case_id"), primary_key=True, index=True),
)
TIMER = Table(
    "timer", METADATA,
    Column("case_id", Integer, ForeignKey("case.id"), primary_key=True),
    Column("due_at", Moment, nullable=False),
    Column("fire_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", String),
    Index("ix_timer_fire_at", "fire_at", "case_id"),
)
WORK_ITEM = Table(
    "work_item", METADATA,
    Column("id", Integer, primary_key=True),
    Column("case_id", Integer, ForeignKey("case.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("role", String),
    Column("person", String),
    Column("opened_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Index("ix_work_item_person", "person", "due_at"),
    Index("ix_work_item_role", "role", "due_at"),
)
EVENT = Table(
    "event", METADATA,
    Column("stream", String, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("occurred_at", Moment, nullable=False, index=True),
    Column("recorded_at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Column("hash", String, nullable=False),
)
PERSONAL = Table(
    "personal", METADATA,
    Column("case_id", Integer, ForeignKey("case.id"), primary_key=True), Column("seq", Integer, primary_key=True),
    Column("name", String, primary_key=True), Column("box", LargeBinary, nullable=False),
)
FILE = Table(
    "file", METADATA,
    Column("case_id", Integer, ForeignKey("case.id"), primary_key=True), Column("id", String, primary_key=True),
    Column("content", LargeBinary, nullable=False), Column("attached_at", Moment, nullable=False),
    Column("about", LargeBinary, nullable=False),
)
SERIES = Table(
    "series", METADATA,
    Column("key", String, primary_key=True), Column("last", Integer, nullable=False),
)
NOTICE = Table(
    "notice", METADATA,
    Column("id", Integer, primary_key=True),
    Column("case_id", Integer, ForeignKey("case.id"), index=True),
    Column("name", String, nullable=False),
    Column("party_id", Integer, ForeignKey("party.id")),
    Column("person", String),
    Column("via", String, nullable=False),
    Column("language", String, nullable=False),
    Column("mandatory", Boolean, nullable=False, default=False),
    Column("status", String, nullable=False),
    Column("message_id", String, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("fire_at", Moment),
    Column("attempts", Integer, nullable=False, default=0),
    Column("tries", Integer, nullable=False, default=0),
    Column("sent_at", Moment),
    Column("channel", String),
    Column("words", LargeBinary, nullable=False),
    Column("trouble", LargeBinary),
    Index("ix_notice_waiting", "status", "fire_at", "id"),
)
ATTEMPT = Table(
    "attempt", METADATA,
    Column("notice_id", Integer, ForeignKey("notice.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("channel", String, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("outcome", String),
    Column("trouble", LargeBinary),
)
CREDENTIAL = Table(
    "credential", METADATA,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("holder", String, nullable=False),
    Column("hash", String, nullable=False, unique=True),
    Column("name", String),
    Column("case_id", Integer, ForeignKey("case.id"), index=True),
    Column("party_id", Integer, ForeignKey("party.id")),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String, nullable=False),
    Column("expires_at", Moment),
    Column("used_at", Moment),
    Column("ended_at", Moment),
    Index("ix_credential_holder", "holder", "kind"),
)
GUESS = Table(
    "guess", METADATA,
    Column("subject", String, primary_key=True), Column("failures", Integer, nullable=False),
    Column("blocked_until", Moment, nullable=False),
)
