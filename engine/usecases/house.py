"""The house: one folder with `makegood.toml`, its database, and everything a use case needs to work there."""

import os
from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.ground.clock import Clock, SystemClock
from engine.ground.errors import Invalid, NotFound, Unavailable
from engine.ground.language import LANGUAGES, say
from engine.ground.valueclass import valueclass

if TYPE_CHECKING:  # a command that only reads settings must not pay for SQLAlchemy
    from engine.records.store import Store

SETTINGS_FILE = "makegood.toml"


@valueclass(frozen=True, slots=True)
class Settings:
    """What `makegood.toml` says; see docs/operations.md for every key."""

    folder: Path
    database: str = "sqlite:///makegood.db"          # relative SQLite paths start at `folder`
    keys: str = ""                                   # database URL of the keys; "": keys.db beside a database that is a file
    language: str = "en"                             # of messages and tables, unless the environment says otherwise
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)   # name → {kind: smtp|file|apprise|hand, …}
    anchors: Path = Path("anchors")                  # where `audit anchor` writes, relative to `folder`
    identity: str = ""                               # how people prove who they are: login, or local (see `logins`)
    session: timedelta = timedelta(hours=8)          # how long a login lasts
    links: str = ""                                  # where customers use the codes of links: an address that ends before the code

    @property
    def logins(self) -> bool:
        """Whether people log in. Else the operating-system account says who somebody is, which only suits a database on one machine."""
        return (self.identity or ("local" if self.database.startswith("sqlite") else "login")) == "login"

    @property
    def database_url(self) -> str:
        """The database URL with a relative SQLite path made absolute."""
        return self._absolute(self.database)

    @property
    def keys_url(self) -> str:
        """The database URL of the keys, likewise; "" when the settings name none."""
        return self._absolute(self.keys)

    def _absolute(self, url: str) -> str:
        prefix = "sqlite:///"
        if url.startswith(prefix) and not url.startswith(prefix + "/"):
            return prefix + str((self.folder / url.removeprefix(prefix)).resolve())
        return url


@valueclass(frozen=True, slots=True)
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
    known = {"database", "keys", "language", "channels", "anchors", "identity", "session", "links"}
    for key in raw:
        if key not in known:
            raise Invalid(
                say("{file}: '{key}' is not a setting", file=str(path), key=key),
                hint=say("Settings are: {known}.", known=", ".join(sorted(known))), field=key, expected=sorted(known),
            )
    if raw.get("language", "en") not in LANGUAGES:
        raise Invalid(say("{file}: language must be en or zh", file=str(path)), field="language", expected=list(LANGUAGES))
    _check_identity(path, raw)
    if "anchors" in raw:
        raw["anchors"] = Path(raw["anchors"])
    return Settings(folder=folder.resolve(), **raw)


def _check_identity(path: Path, raw: dict[str, Any]) -> None:
    """Refuse wrong settings of who is who; raises Invalid."""
    if raw.get("identity", "local") not in ("local", "login"):
        raise Invalid(say("{file}: identity must be local or login", file=str(path)), field="identity", expected=["local", "login"])
    if raw.get("identity") == "local" and not raw.get("database", "sqlite").startswith("sqlite"):
        raise Invalid(
            say("{file}: identity cannot be local, because the database is shared: anybody could say to be anybody", file=str(path)),
            hint=say('Leave it out or write identity = "login"; docs/security.md tells how people get their passwords.'), field="identity",
            expected=["login"],
        )
    if not str(raw.get("links", "https://")).startswith(("https://", "http://")):
        raise Invalid(say("{file}: links must be an address that begins with https://", file=str(path)), field="links", expected="https://…")
    if "session" in raw:
        raw["session"] = span(str(raw["session"]), "session", timedelta(days=7))


def span(text: str, field: str, most: timedelta) -> timedelta:
    """A time that elapses (minutes, hours, days, weeks), up to `most`; raises Invalid naming `field`."""
    from engine.ground.duration import Unit, parse_duration  # the settings are read at each start, and few say this

    duration = parse_duration(text)
    unit = {Unit.MINUTES: timedelta(minutes=1), Unit.HOURS: timedelta(hours=1), Unit.DAYS: timedelta(1), Unit.WEEKS: timedelta(7)}
    found = unit.get(duration.unit, timedelta()) * float(duration.amount)
    if not timedelta() < found <= most:
        raise Invalid(
            say("{field} must be at most {most:day|days}, and more than nothing", field=field, most=most.days),
            hint=say("Write minutes, hours, days or weeks, for example 8 hours."), field=field, value=text, expected="duration",
        )
    return found


def open_house(folder: Path | None = None, clock: Clock | None = None) -> House:
    """The house in `folder` (or found by `find_house`), ready for use cases; raises NotFound, Invalid, Unavailable."""
    settings = read_settings(folder or find_house())
    from engine.records.store import Store

    return House(Store(settings.database_url, settings.keys_url), clock or SystemClock(), settings)
