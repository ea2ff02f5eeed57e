"""A case as it is looked at: values without behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.records.files import File
from engine.usecases.requests_view import RequestView


@dataclass(frozen=True, slots=True)
class FieldView:
    """A filled field: its canonical value, and the same in words."""

    name: str
    title: str
    type: str
    value: Any
    text: str
    personal: bool


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as it last opened."""

    name: str
    title: str
    state: str
    status: str
    opened_at: datetime
    ended_at: datetime | None
    assignee: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock's latest run. `overdue`: it runs past its due time, whether or not a sweep has come by."""

    name: str
    title: str
    status: str
    started_at: datetime
    budget: str
    due_at: datetime | None
    ended_at: datetime | None
    breached_at: datetime | None
    overdue: bool
    extended: tuple[str, ...]
    unknown: str | None


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice of the case in the outbox; `to` is a person's id or "customer"."""

    id: int
    name: str
    to: str
    status: str
    channel: str | None
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case whole. Instants are UTC; `timezone` is the zone of its procedure's calendar, `at` the moment of looking."""

    number: str
    definition: str
    version: int
    title: str
    state: str
    state_title: str
    awaits: str | None                   # "customer" while it waits for the customer, not for staff
    owner: str | None
    owner_name: str | None
    customer: Mapping[str, str] | None
    opened_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    overdue: bool
    breaches: int
    revision: int
    timezone: str
    at: datetime
    fields: tuple[FieldView, ...]
    tasks: tuple[TaskView, ...]
    clocks: tuple[ClockView, ...]
    added: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    notices: tuple[NoticeView, ...]
    files: tuple[File, ...]
    erased_at: datetime | None           # when the customer was erased
    revealed: bool                       # whether personal data are shown as they are, not masked
    actions: tuple[str, ...]  # names of the actions of its state, of whomever they are but the scheduler
    open_tasks: tuple[str, ...]
    last: Mapping[str, str | None]       # of the last event: kind, actor, on_behalf, identified
    requests: tuple[RequestView, ...] = ()
