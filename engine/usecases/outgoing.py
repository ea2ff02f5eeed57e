"""The values that pass between the outbox and the channels: a claimed notice, where it goes, what the channel said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.records.outbox import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A claimed notice: ours until `until`, unless somebody raised `attempts` meanwhile."""

    id: int
    case_id: int | None
    case_number: str | None
    name: str
    party_id: int | None
    person: str | None
    via: tuple[str, ...]
    language: str
    mandatory: bool
    message_id: str
    created_at: datetime
    attempts: int
    tries: int
    until: datetime
    subject: str = ""                # this and the next three are known once it is about to be sent
    text: str = ""
    html: str | None = None
    attached: tuple[str, str] | None = None      # the name of a page that goes along, and the page


@dataclass(frozen=True, slots=True)
class Sending:
    """A notice about to be sent: the attempt is written, the address known."""

    notice: Outgoing
    channel: str
    address: str
    internal: bool                   # to somebody who works here
    settings: Mapping[str, Any]      # of the channel


@dataclass(frozen=True, slots=True)
class Settled:
    """A notice that needs no sending now. `status` None: somebody else has it."""

    status: Status | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """What a channel said when it did not accept: why, whether trying again cannot help, and whether the channel itself is `away`,
    which says nothing about the notice."""

    error: str
    permanent: bool
    away: bool = False


class Receipt(StrEnum):
    """What a channel says when it did not fail."""

    ACCEPTED = "accepted"            # it has taken the message over
    HANDED = "handed"                # a person has to convey it


Said = Receipt | Failed
