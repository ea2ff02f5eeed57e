"""The one place where a command runs: its house, its actor, and what becomes of errors."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from engine.ground.errors import DefinitionError, Invalid, MakegoodError, Unavailable
from engine.ground.language import say

if TYPE_CHECKING:
    from engine.deciding.rights import Actor
    from engine.usecases.house import House
    from engine.usecases.revealing import Looker

_USAGE_ERROR = typer.BadParameter.__mro__[1]  # the class of every mistake in the words typed


@dataclass(frozen=True)
class Common:
    """The options that every command has."""

    as_json: bool = False
    person: str | None = None
    folder: str | None = None
    token_file: str | None = None


class Desk:
    """What a command works at: the house, who acts, and in which form to answer."""

    def __init__(self, common: Common, open_to_all: bool = False) -> None:
        self.as_json = common.as_json
        self._common = common
        self._open_to_all = open_to_all

    @cached_property
    def house(self) -> "House":
        """The house, found by --house, MAKEGOOD_HOUSE or upwards from here; raises NotFound, Invalid, Unavailable.

        Where people log in, only whoever did comes in, unless the command is open to all: else raises Denied.
        """
        if self._house.settings.logins and not self._open_to_all:
            _ = self.identity
        return self._house

    @cached_property
    def _house(self) -> "House":
        from engine.usecases.house import open_house

        return open_house(Path(self._common.folder) if self._common.folder else None)

    @cached_property
    def identity(self) -> "Actor":
        """Who acts, and how that is known: by a token, a session, or because they say so (--as, MAKEGOOD_AS) or by their account.

        Raises Denied, NotFound as `engine.usecases.identity.identify` does.
        """
        from cli.session import place, secret_in
        from engine.usecases.identity import identify

        claimed = self._common.person or os.environ.get("MAKEGOOD_AS")
        return identify(
            self._house, account(), claimed, token=self._token, session=lambda: secret_in(place(self._house.settings))
        )

    def _token(self) -> str | None:
        path, given = self._common.token_file, os.environ.get("MAKEGOOD_TOKEN")
        if path is None:
            return given or None
        from cli.session import secret_in

        found = secret_in(Path(path))
        if found is None:
            raise Unavailable(say("{file} cannot be read: {reason}", file=path, reason=say("there is no such file")))
        return found

    @property
    def person(self) -> str:
        """Who acts, by id; raises as `identity` does."""
        return self.identity.id

    @cached_property
    def zone(self) -> str:
        """The zone in which times that belong to no case are shown."""
        from engine.usecases.reading import timezone

        return timezone(self.house)

    def leave(self) -> None:
        """Let go of the database, if it was opened at all."""
        if "_house" in self.__dict__:
            self._house.store.close()

    def actor(self, on_behalf: str | None = None) -> "Actor":
        """Who acts, and for whom."""
        return self.identity if on_behalf is None else replace(self.identity, on_behalf=on_behalf)

    def looker(self, reveal: bool, reason: str | None) -> "Looker":
        """Who looks: to whom personal data are shown masked, or with --reveal as they are. Raises Invalid for a reason without it."""
        from engine.usecases.revealing import Reveal

        if not reveal and reason is not None:
            raise Invalid(
                say("--reason says why you look at personal data"), hint=say("Add --reveal, or leave it out."), field="reason",
                expected="--reveal",
            )
        return Reveal(self.actor(), reason) if reveal else self.actor()


def account() -> str:
    """The operating-system account that runs this."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def _nearest(word: str, known: Any) -> str:
    from difflib import get_close_matches

    found = get_close_matches(word, list(known), n=1)
    return say("Did you mean '{word}'?", word=found[0]) if found else ""


def carry_out(function: Callable[[Desk], int | None], desk: Desk) -> int:
    """Call the command; a reader of our output who went away (`| head`) is no error."""
    try:
        code = function(desk)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        desk.leave()
    return code or 0


def run(command_line: Callable[[], Any], words: Sequence[str]) -> int:
    """Parse the words, do what they say, and turn whatever went wrong into one or two lines and an exit code."""
    as_json = "--json" in (words[: words.index("--")] if "--" in words else words)
    try:
        code = command_line().main(args=list(words), prog_name="makegood", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except MakegoodError as error:
        return _report(error, as_json)
    except typer.Abort:
        return 130
    except _USAGE_ERROR as error:  # type: ignore[misc]  # found at run time, see above
        return _report_usage(error, as_json)
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _report(Unavailable(f"{where}{error.strerror or error}", hint=say("Check that the path exists and may be used.")), as_json)
    except Exception as error:  # the last fence: a traceback in front of a user is a defect
        if os.environ.get("MAKEGOOD_TRACEBACK"):
            raise
        return _report(_unexpected(error), as_json)


def _unexpected(error: Exception) -> MakegoodError:
    first = (str(error).splitlines() or [""])[0][:200]
    return MakegoodError(
        say("Something went wrong that should not: {kind}: {reason}", kind=type(error).__name__, reason=first),
        hint=say("Please report it with the command you typed; MAKEGOOD_TRACEBACK=1 shows where it happened."),
    )


def _report(error: MakegoodError, as_json: bool) -> int:
    """Say what went wrong: two lines on stderr, or with --json an object on stdout."""
    if as_json:
        about = {"kind": error.kind, "message": error.message, "hint": error.hint, "exit_code": error.exit_code, "facts": error.facts}
        if isinstance(error, DefinitionError):
            about["facts"] = {**error.facts, "problems": [p.as_dict() if hasattr(p, "as_dict") else str(p) for p in error.problems]}
        print(json.dumps({"error": about}, ensure_ascii=False, indent=2, default=str))
        return error.exit_code
    print(say("Error: {message}", message=_line(error.message)), file=sys.stderr)
    if isinstance(error, DefinitionError):
        for problem in error.problems:
            print(f"  {_line(str(problem))}", file=sys.stderr)
    if error.hint:
        print(f"  {_line(error.hint)}", file=sys.stderr)
    return error.exit_code


def _line(text: str) -> str:
    """One line without control characters: messages quote what customers wrote."""
    return "".join(c if c.isprintable() else " " for c in text)


def _report_usage(error: Any, as_json: bool) -> int:
    """A mistake in the words typed, in our own words where we know the kind."""
    kind = type(error).__name__
    if kind == "NoArgsIsHelpError":
        return 2
    context = error.ctx
    path = context.command_path if context else "makegood"
    hint = say("See: {command} --help", command=path)
    parameter = getattr(error, "param", None)
    name = "" if parameter is None else (parameter.opts[-1] if parameter.param_type_name == "option" else parameter.make_metavar(context))
    if kind == "MissingParameter":
        message = say("{name} is missing", name=name)
    elif kind == "NoSuchOption":
        message = say("There is no option {name}", name=error.option_name)
        if error.possibilities:
            hint = say("Did you mean {words}?", words=say(" or ").join(error.possibilities))
    elif kind == "BadParameter":
        message = say("{name}: {reason}", name=name, reason=error.message)
    elif "No such command" in error.message and context is not None:
        message, hint = _unknown_command(error, context, hint)
    else:
        message = error.format_message()
    wrong = MakegoodError(message, hint=hint)
    wrong.exit_code = 2
    return _report(wrong, as_json)


def _unknown_command(error: Any, context: Any, hint: str) -> tuple[str, str]:
    word = error.message.split("'")[1] if "'" in error.message else ""
    return (
        say("{command} has no command '{word}'", command=context.command_path, word=word),
        _nearest(word, context.command.list_commands(context)) or hint,
    )
