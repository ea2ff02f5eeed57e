"""The only place that asks the operating system for the time."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from engine.ground.errors import Invalid
from engine.ground.language import say


class Clock(Protocol):
    """Whatever tells the time: the system's clock, or a virtual one in scenarios, tests and the demo."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The operating system's time."""

    def now(self) -> datetime:
        """The present instant in UTC, to the microsecond."""
        return datetime.now(UTC)


@dataclass(slots=True)
class VirtualClock:
    """A clock that stands still until somebody moves it."""

    instant: datetime

    def __post_init__(self) -> None:
        self.instant = aware(self.instant)

    def now(self) -> datetime:
        """The instant it was last moved to."""
        return self.instant

    def move_to(self, instant: datetime) -> None:
        """Move forwards or backwards to an aware instant."""
        self.instant = aware(instant)


def aware(instant: datetime) -> datetime:
    """The same instant in UTC; raises Invalid for a naive one (clocks rule 1)."""
    if instant.tzinfo is None:
        raise Invalid(
            say("{instant} has no time zone", instant=instant.isoformat(" ")),
            hint=say("Give the offset, for example 2026-11-23T09:00+08:00."),
        )
    return instant.astimezone(UTC)
