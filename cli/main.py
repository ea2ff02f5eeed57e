"""`makegood`: the command line, from the words typed to the exit code.

Every noun lives in a module of its own that imports nothing heavier than typer; it is loaded when that noun is typed, so that
`makegood --version` does not pay for a database, and only `flows` pays for Prefect.

Exit codes: 0 done · 1 something went wrong · 2 wrong usage · 3–12 as listed in `engine.ground.errors` · 130 interrupted.
"""

import gc
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import Any

from cli.language import choose_language, teach_typer
from engine.ground.language import speak

NOUNS = {
    # what is typed → module and name of its Noun or Verb, in the order in which `--help` shows them
    "init": "cli.init:INIT",
    "login": "cli.identity:LOGIN",
    "logout": "cli.identity:LOGOUT",
    "password": "cli.identity:PASSWORD",
    "whoami": "cli.identity:WHOAMI",
    "token": "cli.token:TOKEN",
    "demo": "cli.demo:DEMO",
    "inbox": "cli.inbox:INBOX",
    "case": "cli.case_requests:CASE",
    "customer": "cli.customer:CUSTOMER",
    "survey": "cli.survey:SURVEY",
    "library": "cli.library:LIBRARY",
    "notice": "cli.notice:NOTICE",
    "party": "cli.party:PARTY",
    "org": "cli.org:ORG",
    "calendar": "cli.calendar:CALENDAR",
    "definition": "cli.definition:DEFINITION",
    "sweep": "cli.operate:SWEEP",
    "deliver": "cli.operate:DELIVER",
    "health": "cli.health:HEALTH",
    "flows": "cli.flows:FLOWS",
    "standard": "cli.standard:STANDARD",
    "report": "cli.report:REPORT",
    "audit": "cli.audit:AUDIT",
    "db": "cli.db:DB",
    "import": "cli.bring:IMPORT",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; without `argv` the words of this process. Returns the exit code."""
    if argv is None:
        gc.set_threshold(50_000)  # a command is short: collecting while its modules load costs a tenth of its time
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # never fail on a terminal that lacks a character
    words = list(sys.argv[1:] if argv is None else argv)
    speak(choose_language(words))
    teach_typer()
    from cli.run import run  # after the language is chosen: help texts are made when the modules load

    return run(command_line, words)


def command_line() -> Any:
    """The typer command of the whole program; nouns load when they are typed."""
    from cli.app import root

    return root({word: partial(_load, place) for word, place in NOUNS.items()})


def _load(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name).build()


if __name__ == "__main__":
    sys.exit(main())
