"""Which language a command speaks, known before its help is built."""

import gettext
import os
from collections.abc import Sequence

from engine.ground.language import LANGUAGES, say

_NEUTRAL = ("", "c", "posix")

_PLAIN = gettext.gettext


def value_of(option: str, argv: Sequence[str]) -> str | None:
    """The last value given to a long option among the words typed (`--lang zh`, `--lang=zh`), before anything is parsed."""
    found = None
    for place, word in enumerate(argv):
        if word == "--":
            break
        if word == option and place + 1 < len(argv):
            found = argv[place + 1]
        elif word.startswith(option + "="):
            found = word.partition("=")[2]
    return found


def choose_language(argv: Sequence[str]) -> str:
    """`--lang`, else MAKEGOOD_LANG, else what the system's locale says, else the house's own setting, else English."""
    for asked in (value_of("--lang", argv), os.environ.get("MAKEGOOD_LANG")):
        if asked:
            return "zh" if asked.lower().startswith("zh") else "en"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        locale = os.environ.get(name, "").lower()
        if locale.partition(".")[0] not in _NEUTRAL:
            return "zh" if locale.startswith("zh") else "en"
    return _language_of_house(value_of("--house", argv))


def _language_of_house(folder: str | None) -> str:
    """What makegood.toml says; English when there is no house or it cannot be read (the command itself will tell)."""
    from pathlib import Path

    from engine.ground.errors import MakegoodError
    from engine.usecases.house import find_house, read_settings

    try:
        language = read_settings(Path(folder) if folder else find_house()).language
    except (MakegoodError, OSError):
        return "en"
    return language if language in LANGUAGES else "en"


def teach_typer() -> None:
    """Let typer print its own words ("Options", "[required]" …) in the language spoken.

    Typer asks gettext for them by their English form and ships no catalogue, so it is given one before it is imported.
    """
    words = {
        "Options": say("Options"),
        "Arguments": say("Arguments"),
        "Commands": say("Commands"),
        "[required]": say("[required]"),
        "[default: {}]": say("[default: {}]"),
        "[env var: {}]": say("[environment: {}]"),
    }

    def translated(message: str) -> str:
        return words.get(message) or _PLAIN(message)

    gettext.gettext = translated
