"""The tables, described with SQLModel: what the schema is, and what migrations are made from (`engine/records/migrations`).

Statements are written with the same tables in `tables.py`. Instants are aware UTC on both databases. Documents are canonical JSON
text, never JSON columns, so that what is hashed is what is stored.
"""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from engine.records import models_standards  # noqa: F401  the rest of the tables
from engine.records.tables import NAMING

SQLModel.metadata.naming_convention = NAMING


class DefinitionRow(SQLModel, table=True):
    """A published version of a bundle; never changes."""

    __tablename__ = "definition_version"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    version: int
    hash: str                                   # sha256 of `document`
    document: str = Field(sa_type=Text)         # canonical JSON: plain tree of procedure.yaml, notice texts, scenarios
    source: str = Field(sa_type=Text)           # JSON: file name → text, as it lay in the folder
    published_at: datetime
    published_by: str

    __table_args__ = (Index("uq_definition_version", "name", "version", unique=True),)


class CalendarRow(SQLModel, table=True):
    """A version of a calendar with its holidays pinned as dates; never changes."""

    __tablename__ = "calendar_version"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    version: int
    hash: str
    document: str = Field(sa_type=Text)         # canonical JSON of engine.ground.calendars.Calendar
    published_at: datetime
    published_by: str

    __table_args__ = (Index("uq_calendar_version", "name", "version", unique=True),)


class OrganisationRow(SQLModel, table=True):
    """A version of the organisation file; the latest is in force."""

    __tablename__ = "organisation_version"

    id: int | None = Field(default=None, primary_key=True)
    version: int = Field(unique=True)
    hash: str
    document: str = Field(sa_type=Text)         # canonical JSON: plain tree of organisation.yaml
    applied_at: datetime
    applied_by: str


class PartyRow(SQLModel, table=True):
    """A customer or other person outside: personal data, kept apart from cases and history, sealed under a key of their own."""

    __tablename__ = "party"

    id: int | None = Field(default=None, primary_key=True)
    created_at: datetime
    key: bytes = Field(sa_type=LargeBinary)     # the name of their key, which lies elsewhere
    details: bytes | None = Field(default=None, sa_type=LargeBinary)    # sealed canonical JSON; None once erased
    erased_at: datetime | None = None
    unasked_since: datetime | None = None       # since when they do not want to be asked by questionnaires


class PartyClassRow(SQLModel, table=True):
    """A class of customers that a party was given, by the rules or by hand; the last counts."""

    __tablename__ = "party_class"

    party_id: int = Field(primary_key=True, foreign_key="party.id")
    n: int = Field(primary_key=True)
    name: str                                   # "" when no rule holds, or the rules shall decide again
    at: datetime
    by: str                                     # a person's id; system: the rules
    reason: bytes = Field(sa_type=LargeBinary)  # sealed canonical JSON: what the rule read, or why


class PartyWordRow(SQLModel, table=True):
    """A term by which a party is found, as a keyed hash."""

    __tablename__ = "party_word"

    word: bytes = Field(sa_type=LargeBinary, primary_key=True)
    party_id: int = Field(primary_key=True, foreign_key="party.id", index=True)


class CaseRow(SQLModel, table=True):
    """A case: the fold of its history as canonical JSON, and the columns that lists and searches need."""

    __tablename__ = "case"

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(unique=True)
    definition: str                             # name of the bundle
    version_id: int = Field(foreign_key="definition_version.id")
    state: str
    owner: str | None = None
    party_id: int | None = Field(default=None, foreign_key="party.id", index=True)
    origin: str | None = Field(default=None, unique=True)   # where an imported case came from: "<source>:<key>"
    opened_at: datetime
    closed_at: datetime | None = None
    due_at: datetime | None = None              # earliest due of a running clock, for sorting by urgency
    breaches: int = 0                           # breaches of clocks still standing (not withdrawn)
    revision: int = 1                           # rises with every change: the version check
    head: str                                   # hash of its last history row
    body: str = Field(sa_type=Text)             # canonical JSON of engine.deciding.case.CaseState
    key: bytes | None = Field(default=None, sa_type=LargeBinary)    # the name of its own key, if it ever needed one

    __table_args__ = (
        Index("ix_case_urgency", "closed_at", "due_at"),
        Index("ix_case_owner", "owner", "closed_at", "due_at"),
        Index("ix_case_definition", "definition", "state"),
    )


class CaseValueRow(SQLModel, table=True):
    """A public value of a case that other cases of its procedure ask for by `others(…)`."""

    __tablename__ = "case_value"

    case_id: int = Field(primary_key=True, foreign_key="case.id")
    name: str = Field(primary_key=True)         # of the field
    value: str                                  # canonical JSON, an amount with its currency; of a long one its sha256
    definition: str                             # this and the next as in the case's row, to be found by one index
    opened_at: datetime

    __table_args__ = (Index("ix_case_value", "definition", "name", "value", "opened_at"),)


class AskedFieldRow(SQLModel, table=True):
    """A field whose values cases of a procedure keep in `case_value`, since some published version asks for it."""

    __tablename__ = "asked_field"

    definition: str = Field(primary_key=True)
    name: str = Field(primary_key=True)


class TimerRow(SQLModel, table=True):
    """When a case next needs attention: one row for each case with something to come."""

    __tablename__ = "timer"
    __table_args__ = (Index("ix_timer_fire_at", "fire_at", "case_id"),)     # many fall due at one moment: the end of a day

    case_id: int = Field(primary_key=True, foreign_key="case.id")
    due_at: datetime                            # when it falls due; immutable until that has been settled
    fire_at: datetime                           # when a sweep should take it; pushed forward when settling failed
    attempts: int = 0
    error: str | None = None                    # why the last attempt failed


class WorkItemRow(SQLModel, table=True):
    """One thing somebody could do now: a state for each role that may act in it, a task, a notice to convey by hand."""

    __tablename__ = "work_item"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id", index=True)
    kind: str                                   # state, task, notice
    name: str                                   # of the state, task or notice
    role: str | None = None                     # the role, group or word (customer) that may act …
    person: str | None = None                   # … or the person it is for
    opened_at: datetime
    due_at: datetime                            # earliest running clock; 9999-12-31 when there is none

    __table_args__ = (Index("ix_work_item_role", "role", "due_at"), Index("ix_work_item_person", "person", "due_at"))


class EventRow(SQLModel, table=True):
    """History: append-only, chained. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "event"

    stream: str = Field(primary_key=True)       # "case/<number>", "organisation", "definitions", "access"
    seq: int = Field(primary_key=True)
    kind: str
    occurred_at: datetime = Field(index=True)
    recorded_at: datetime
    body: str = Field(sa_type=Text)             # canonical JSON of the whole event
    hash: str                                   # sha256 over the hash before it and `body`, as bytes


class PersonalRow(SQLModel, table=True):
    """A personal value: history holds only a commitment to it, keyed by a salt that is sealed with it."""

    __tablename__ = "personal"

    case_id: int = Field(primary_key=True, foreign_key="case.id")
    seq: int = Field(primary_key=True)          # the event that recorded it
    name: str = Field(primary_key=True)         # a field, `comment`, `text`
    box: bytes = Field(sa_type=LargeBinary)     # sealed: the salt (16 bytes), then the value as canonical JSON


class FileRow(SQLModel, table=True):
    """A file of a case, sealed; not shared between cases."""

    __tablename__ = "file"

    case_id: int = Field(primary_key=True, foreign_key="case.id")
    id: str = Field(primary_key=True)           # random
    content: bytes = Field(sa_type=LargeBinary)     # sealed
    attached_at: datetime
    about: bytes = Field(sa_type=LargeBinary)   # sealed canonical JSON: sha256, name, type, size


class SeriesRow(SQLModel, table=True):
    """The last serial given in a series of case numbers (the pattern with its period filled in)."""

    __tablename__ = "series"

    key: str = Field(primary_key=True)
    last: int


class NoticeRow(SQLModel, table=True):
    """The outbox: a message, its text frozen in the transaction that caused it."""

    __tablename__ = "notice"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int | None = Field(default=None, foreign_key="case.id", index=True)
    name: str
    party_id: int | None = Field(default=None, foreign_key="party.id")      # the recipient: a party …
    person: str | None = None                                              # … or somebody who works here
    via: str                                    # channels still to try, comma-separated, in order
    language: str
    mandatory: bool = False
    status: str                                 # waiting, sent, by_hand, dead, cancelled
    message_id: str = Field(unique=True)
    created_at: datetime
    fire_at: datetime | None = None             # next attempt, or end of the lease; None when there will be none
    attempts: int = 0                           # of all channels; also the fencing token of whoever delivers it
    tries: int = 0                              # attempts on the present channel, the first of `via`
    sent_at: datetime | None = None
    channel: str | None = None                  # the one that accepted it
    words: bytes = Field(sa_type=LargeBinary)   # sealed canonical JSON: subject, text, html
    trouble: bytes | None = Field(default=None, sa_type=LargeBinary)    # why it was not sent, sealed: servers like to name addresses

    __table_args__ = (Index("ix_notice_waiting", "status", "fire_at", "id"),)


class AttemptRow(SQLModel, table=True):
    """One attempt to deliver a notice, written before sending."""

    __tablename__ = "attempt"

    notice_id: int = Field(primary_key=True, foreign_key="notice.id")
    n: int = Field(primary_key=True)
    channel: str
    started_at: datetime
    finished_at: datetime | None = None
    outcome: str | None = None                  # accepted, failed, refused; None: it never came back
    trouble: bytes | None = Field(default=None, sa_type=LargeBinary)    # what the channel said, sealed


class CredentialRow(SQLModel, table=True):
    """Something by which somebody can prove who they are; of what is secret only a hash."""

    __tablename__ = "credential"

    id: int | None = Field(default=None, primary_key=True)
    kind: str                                   # password, invitation, session, token, link
    holder: str                                 # a person's id, "customer"
    hash: str = Field(unique=True)              # sha256 of the secret; of a password what argon2 makes of it, with its salt
    name: str | None = None                     # of a token; the action that a link is for
    case_id: int | None = Field(default=None, foreign_key="case.id", index=True)    # this and the next: of a link
    party_id: int | None = Field(default=None, foreign_key="party.id")
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None          # None: a password
    used_at: datetime | None = None             # when last
    ended_at: datetime | None = None            # used up, revoked, replaced, logged out

    __table_args__ = (Index("ix_credential_holder", "holder", "kind"),)


class GuessRow(SQLModel, table=True):
    """Failed attempts in a row to prove something, and until when no other is heard."""

    __tablename__ = "guess"

    subject: str = Field(primary_key=True)      # sha256 of what was tried: the name typed at a login, codes of customers
    failures: int
    blocked_until: datetime
