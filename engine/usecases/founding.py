"""Founding a house: the folder with its settings, its database, and the places where files go."""

from dataclasses import dataclass
from pathlib import Path

from engine.ground.errors import Unavailable
from engine.ground.language import say
from engine.usecases.house import SETTINGS_FILE, read_settings

FOLDERS = ("outbox", "anchors")
_SETTINGS = """\
# The settings of this house; docs/operations.md describes every key.
database = "sqlite:///makegood.db"    # or "postgresql://user@host/name"
keys = "sqlite:///keys.db"            # the keys of personal data: back them up apart from the database
language = "{language}"                       # of messages and tables, unless the environment says otherwise: zh or en
anchors = "anchors"                   # where `makegood audit anchor` writes; better on another machine
# identity = "login"                  # people log in, see docs/security.md; without it nobody checks who somebody says to be

# Ways out for notices, by the names that definitions use under `via:`. These write files, so that nothing leaves by accident.
[channels.email]
kind = "file"
folder = "outbox/email"

[channels.sms]
kind = "file"
folder = "outbox/sms"

[channels.letter]
kind = "file"
folder = "outbox/letter"

[channels.chat]
kind = "file"
folder = "outbox/chat"

# The real ways out are described in docs/operations.md, for example:
# [channels.email]
# kind = "smtp"
# host = "mail.example"
"""


@dataclass(frozen=True, slots=True)
class Founded:
    """What was made, and what was there already."""

    folder: Path
    made: list[str]
    kept: list[str]


def found(folder: Path, language: str) -> Founded:
    """Make a house in `folder`, speaking `language`; what exists is kept, its database brought up to date.

    Raises Unavailable when the folder cannot be written, Invalid when settings that exist are wrong.
    """
    made: list[str] = []
    kept: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        settings = folder / SETTINGS_FILE
        (kept if settings.exists() else made).append(SETTINGS_FILE)
        if SETTINGS_FILE in made:
            settings.write_text(_SETTINGS.format(language=language), encoding="utf-8")
        for name in FOLDERS:
            (kept if (folder / name).is_dir() else made).append(f"{name}/")
            (folder / name).mkdir(exist_ok=True)
    except OSError as error:
        raise Unavailable(
            say("{folder} cannot be used: {reason}", folder=str(folder), reason=error.strerror or str(error)),
            hint=say("Choose a folder in which you may write."),
            path=str(folder),
        ) from error
    _database(folder, made, kept)
    return Founded(folder.resolve(), made, kept)


def _database(folder: Path, made: list[str], kept: list[str]) -> None:
    from engine.records.store import Store

    settings = read_settings(folder)
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    there = settings.database_url.startswith("sqlite:///") and path.exists()
    store = Store(settings.database_url, settings.keys_url)
    store.create()
    store.close()
    (kept if there else made).append(store.where if not there and "://" in store.where else path.name)
