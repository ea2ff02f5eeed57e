"""The house: one folder with `makegood.toml`, its database, and everything a use case needs to work there."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.ground.clock import Clock, SystemClock
from engine.ground.errors import Invalid, NotFound, Unavailable
from engine.ground.language import LANGUAGES, say

if TYPE_CHECKING:  # a command that only reads settings must not pay for SQLAlchemy
    from engine.records.store import Store

SETTINGS_FILE = "makegood.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """What `makegood.toml` says; see docs/operations.md for every key."""

    folder: Path
    database: str = "sqlite:///makegood.db"          # relative SQLite paths start at `folder`
    language: str = "en"                             # of messages and tables, unless the environment says otherwise
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)   # name → {kind: smtp|file|apprise|hand, …}
    anchors: Path = Path("anchors")                  # where `audit anchor` writes, relative to `folder`

    @property
    def database_url(self) -> str:
        """The database URL with a relative SQLite path made absolute."""
        prefix = "sqlite:///"
        if self.database.startswith(prefix) and not self.database.startswith(prefix + "/"):
            return prefix + str((self.folder / self.database.removeprefix(prefix)).resolve())
        return self.database


@dataclass(frozen=True, slots=True)
class House:
    """What every use case is given: the records, the clock, the settings."""

    store: "Store"
    clock: Clock
    settings: Settings


def find_house(start: Path | None = None) -> Path:
    """The folder with `makegood.toml`: MAKEGOOD_HOUSE, or the nearest one from `start` upwards; raises NotFound."""
    chosen = os.environ.get("MAKEGOOD_HOUSE")
    here = Path(chosen) if chosen and start is None else (start or Path.cwd())
    for folder in (here,) if chosen and start is None else (here, *here.resolve().parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise NotFound(
        say("There is no {file} in {folder} or above it", file=SETTINGS_FILE, folder=str(here)),
        hint=say("Run `makegood init FOLDER`, then work in that folder or name it with --house or MAKEGOOD_HOUSE."),
        kind="house", name=str(here),
    )


def read_settings(folder: Path) -> Settings:
    """Read `makegood.toml` of a house; raises Invalid for unknown keys and wrong values, Unavailable when unreadable."""
    import tomllib

    path = folder / SETTINGS_FILE
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(say("{file} cannot be read: {reason}", file=str(path), reason=str(error))) from error
    except tomllib.TOMLDecodeError as error:
        raise Invalid(
            say("{file} is not valid TOML: {reason}", file=str(path), reason=str(error)),
            hint=say("Compare it with the example in docs/operations.md."), field=str(path), expected="TOML",
        ) from error
    known = {"database", "language", "channels", "anchors"}
    for key in raw:
        if key not in known:
            raise Invalid(
                say("{file}: '{key}' is not a setting", file=str(path), key=key),
                hint=say("Settings are: {known}.", known=", ".join(sorted(known))), field=key, expected=sorted(known),
            )
    if raw.get("language", "en") not in LANGUAGES:
        raise Invalid(say("{file}: language must be en or zh", file=str(path)), field="language", expected=list(LANGUAGES))
    if "anchors" in raw:
        raw["anchors"] = Path(raw["anchors"])
    return Settings(folder=folder.resolve(), **raw)


def open_house(folder: Path | None = None, clock: Clock | None = None) -> House:
    """The house in `folder` (or found by `find_house`), ready for use cases; raises NotFound, Invalid, Unavailable."""
    settings = read_settings(folder or find_house())
    from engine.records.store import Store

    return House(Store(settings.database_url), clock or SystemClock(), settings)
