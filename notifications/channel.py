"""Channels: ways out of the house. Each kind is a small module with `open_channel(name, settings, folder)`."""

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from engine.ground.errors import DeliveryError, Invalid
from engine.ground.language import say
from engine.usecases.house import SETTINGS_FILE, Settings
from engine.usecases.outgoing import Receipt, Sending

KINDS = ("smtp", "file", "apprise", "hand")
ADDRESSES = ("email", "phone", "address", "chat")


class Channel(Protocol):
    """A way out, open for one batch of notices."""

    def send(self, sending: Sending, now: datetime) -> Receipt:
        """Hand a notice over; raises DeliveryError, or OutOfReach when the channel itself cannot be reached."""
        ...

    def close(self) -> None:
        """Let go of any connection."""
        ...


class OutOfReach(DeliveryError):
    """The channel itself cannot be reached now: nothing else of this batch needs to be tried on it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, permanent=False, hint=hint)


def open_channels(settings: Settings) -> dict[str, Channel]:
    """Every channel of `makegood.toml` by name, none connected yet; raises Invalid for wrong settings."""
    return {name: open_channel(name, keys, settings.folder) for name, keys in settings.channels.items()}


def open_channel(name: str, settings: Mapping[str, Any], folder: Path) -> Channel:
    """A channel from its table in `makegood.toml`; `folder` is the house's, where relative paths start. Raises Invalid."""
    given = Keys(name, settings)
    kind = given.one_of("kind", KINDS)
    given.one_of("address", ADDRESSES, "email")
    module = importlib.import_module(f"notifications.{kind}")
    channel: Channel = module.open_channel(given, folder)
    given.done()
    return channel


@dataclass(slots=True)
class Keys:
    """The settings of one channel, each asked for by name; what nobody asked for is refused."""

    channel: str
    given: Mapping[str, Any]
    asked: set[str]

    def __init__(self, channel: str, given: Mapping[str, Any]) -> None:
        self.channel = channel
        self.asked = set()
        self.given = given
        if not isinstance(given, Mapping):
            raise self.wrong("", say("a table such as {example}", example='kind = "file"'))

    def text(self, key: str, default: str | None = None) -> str:
        """A setting that is text; without a default it must be given."""
        value = self._value(key, default)
        if not isinstance(value, str) or (default is None and not value):
            raise self.wrong(key, say("a text"))
        return value

    def number(self, key: str, default: int, least: int, most: int) -> int:
        """A setting that is a whole number within bounds."""
        value = self._value(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(key, say("a whole number from {least} to {most}", least=least, most=most))
        return value

    def one_of(self, key: str, words: tuple[str, ...], default: str | None = None) -> str:
        """A setting that is one of a few words."""
        value = self._value(key, default)
        if value not in words:
            raise self.wrong(key, say("one of {words}", words=", ".join(words)))
        return str(value)

    def secret(self, key: str) -> str:
        """A secret that lies outside the settings: in the variable `<key>_env` or the file `<key>_file`; "" when neither is given."""
        variable, path = self.text(f"{key}_env", ""), self.text(f"{key}_file", "")
        if variable:
            if variable not in os.environ:
                raise self.wrong(f"{key}_env", say("an environment variable that is set; {name} is not", name=variable))
            return os.environ[variable]
        if path:
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise self.wrong(f"{key}_file", say("a file that can be read ({reason})", reason=str(error))) from error
        return ""

    def done(self) -> None:
        """Refuse settings that nobody asked for."""
        for key in self.given:
            if key not in self.asked:
                raise self.wrong(key, say("one of {words}", words=", ".join(sorted(self.asked))), unknown=True)

    def wrong(self, key: str, expected: str, *, unknown: bool = False) -> Invalid:
        """The error for a setting of this channel."""
        place = f"[channels.{self.channel}] {key}".rstrip()
        message = (
            say("{file}: {place} is not a setting of this kind of channel", file=SETTINGS_FILE, place=place) if unknown
            else say("{file}: {place} is missing", file=SETTINGS_FILE, place=place) if key not in self.given
            else say("{file}: {place} has the wrong value {value}", file=SETTINGS_FILE, place=place, value=repr(self.given[key]))
        )
        return Invalid(
            message, hint=say("Expected is {expected}; see docs/operations.md.", expected=expected), field=place, expected=expected,
        )

    def _value(self, key: str, default: Any) -> Any:
        self.asked.add(key)
        return self.given.get(key, default)
