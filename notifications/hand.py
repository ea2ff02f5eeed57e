"""The channel of what a person conveys: a letter to print and post, a telephone call to make."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.usecases.outgoing import Receipt, Sending
from notifications.channel import Keys


@dataclass(frozen=True, slots=True)
class HandChannel:
    """Leaves the notice to a person, who confirms it with `makegood notice confirm`."""

    def send(self, sending: Sending, now: datetime) -> Receipt:
        """Nothing leaves the house by itself."""
        return Receipt.HANDED

    def close(self) -> None:
        """Nothing is kept open."""


def open_channel(keys: Keys, folder: Path) -> HandChannel:
    """No settings of its own."""
    return HandChannel()
