"""What every peer is told, and is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

VALUES = {"order_no": "AB123456", "nature": "quality", "comment": "包装完好，无法开机"}
CLERK, ROLE = "li.na", "service"


@dataclass(frozen=True)
class Place:
    """Where a peer keeps its data: a file of SQLite, or a database of PostgreSQL with the folder of its socket."""

    kind: str       # SQLite, PostgreSQL
    name: str       # the path of the file, or the name of the database
    socket: str = ""

    @property
    def url(self) -> str:
        """As SQLAlchemy wants it."""
        if self.kind == "SQLite":
            return f"sqlite:///{self.name}"
        return f"postgresql+psycopg://owner@/{self.name}?host={self.socket}"


class Peer(Protocol):
    """A library with a small program around it."""

    def open(self, count: int) -> Sequence[object]:
        """So many open cases, each with a task and a reminder in the far future; their ids."""

    def act(self, cases: Sequence[object]) -> None:
        """A clerk acknowledges each, one durable transaction after the other."""

    def fall_due(self, cases: Sequence[object]) -> None:
        """Let the reminder of each of these be due now: not measured."""

    def remind(self, count: int) -> None:
        """Carry out everything due, which are so many."""
