"""What doings of a definition want that becomes an event of its own, after the one that wants it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.deciding.grant_record import Point
from engine.deciding.rights import Actor
from engine.defining.definition import LinkedCase


@dataclass(frozen=True, slots=True)
class Wanted:
    """A linked case to be opened: the values are those that its fields shall have, live."""

    spec: LinkedCase
    given: Mapping[str, Any]
    actor: Actor


@dataclass(frozen=True, slots=True)
class Beyond:
    """Amounts that a point of a clock brings, above what the case grants by itself: they are asked for."""

    point: Point
    amounts: Mapping[str, Decimal]


Later = str | Wanted | Beyond
"""What becomes an event of its own after the one that wants it: an action or task by name, a linked case to be opened, an amount to be
asked for."""
