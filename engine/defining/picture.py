"""What is drawn of a procedure, whatever it is drawn with."""

from dataclasses import dataclass, field

ANYWHERE = " anywhere"  # a key that no state can have


@dataclass(frozen=True, slots=True)
class Node:
    """A state as it is drawn: its title, and lines beneath it (limit, tasks, actions that do not leave it)."""

    key: str
    title: str
    limit: str = ""
    lines: tuple[str, ...] = ()
    final: bool = False
    first: bool = False


@dataclass(slots=True)
class Edge:
    """The actions that lead from one state to another, as pairs (title, who)."""

    origin: str
    to: str
    actions: list[tuple[str, str]] = field(default_factory=list)
    automatic: bool = False  # only the scheduler takes them
    back: bool = False  # `to: back`


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn of a procedure, in one language."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    clocks_title: str
    clocks: tuple[str, ...]
