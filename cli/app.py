"""Nouns and verbs: how commands are declared, and built only when they are typed."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from cli.completion import people
from cli.run import Common, Desk, carry_out
from engine.ground.language import say

_PANEL = say("With every command")
_COMMON = (
    ("json_", bool, typer.Option("--json", help=say("Answer as JSON."), rich_help_panel=_PANEL, show_default=False), False),
    (
        "as_",
        str | None,
        typer.Option(
            "--as",
            metavar="PERSON",
            help=say("Act as this person; otherwise MAKEGOOD_AS, or the person with your login."),
            rich_help_panel=_PANEL,
            autocompletion=people,
        ),
        None,
    ),
    (
        "token_file_",
        str | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help=say("Act by the token in this file; otherwise by MAKEGOOD_TOKEN, or your login."),
            rich_help_panel=_PANEL,
        ),
        None,
    ),
    (
        "house_",
        str | None,
        typer.Option(
            "--house",
            metavar="FOLDER",
            help=say("The folder with makegood.toml; otherwise the nearest one upwards."),
            rich_help_panel=_PANEL,
        ),
        None,
    ),
    ("lang_", str | None, typer.Option("--lang", metavar="zh|en", help=say("Language of messages."), rich_help_panel=_PANEL), None),
)


@dataclass(frozen=True)
class Verb:
    """One command: its word, its help, the function that does it (first argument: the Desk)."""

    name: str
    help: str
    function: Callable[..., int | None]
    open_to_all: bool = False            # also where people log in: who logs in, what the scheduler does, customers

    def build(self) -> Any:
        """The typer command, with the options that every command has."""
        app = _typer()
        app.command(self.name, help=self.help, cls=_Command)(_with_common_options(self.function, self.open_to_all))
        return typer.main.get_command(app)


@dataclass(frozen=True)
class Noun:
    """A noun with its verbs; each verb is built when it is typed."""

    name: str
    help: str
    verbs: dict[str, Verb] = field(default_factory=dict)

    def verb(self, name: str, help: str, open_to_all: bool = False) -> Callable[[Callable[..., int | None]], Callable[..., int | None]]:
        """Declare a verb of this noun."""

        def declare(function: Callable[..., int | None]) -> Callable[..., int | None]:
            self.verbs[name] = Verb(name, help, function, open_to_all)
            return function

        return declare

    def build(self) -> Any:
        """The typer group."""
        return LazyGroup.of(self.name, self.help, {name: verb.build for name, verb in self.verbs.items()})


class _Speaking:
    """The words of typer that it does not ask gettext for, in the language spoken."""

    def get_usage(self, ctx: Any) -> str:
        usage: str = super().get_usage(ctx)  # type: ignore[misc]  # typer ships no types for its help
        return usage.replace("Usage:", say("Usage:"), 1)

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]  # nor for this
        if option is not None:
            option.help = say("Show this message and exit.")
        return option


class _Command(_Speaking, TyperCommand):
    """A command whose help is in the language spoken."""


class LazyGroup(_Speaking, TyperGroup):
    """A group that knows its commands by name and builds one when it is asked for."""

    loaders: Mapping[str, Callable[[], Any]] = {}

    @classmethod
    def of(cls, name: str, help: str, loaders: Mapping[str, Callable[[], Any]]) -> "LazyGroup":
        """A group whose commands come from `loaders`."""
        group = cls(name=name, help=help, no_args_is_help=True, rich_markup_mode="rich")
        group.load_from(loaders)
        return group

    def load_from(self, loaders: Mapping[str, Callable[[], Any]]) -> None:
        """Take the commands from these."""
        self.loaders = loaders
        self.commands = _Built(loaders)  # type: ignore[assignment]  # a mapping that builds on first use stands in for the dict


class _Built(Mapping[str, Any]):
    """Commands by name, built on first use; names alone cost nothing."""

    def __init__(self, loaders: Mapping[str, Callable[[], Any]]) -> None:
        self._loaders = loaders
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            self._built[name] = self._loaders[name]()
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaders)

    def __len__(self) -> int:
        return len(self._loaders)


def root(nouns: Mapping[str, Callable[[], Any]]) -> Any:
    """The whole command line as one typer command."""
    app = typer.Typer(
        name="makegood",
        cls=LazyGroup,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        help=say("Complaints and service standards: procedures in YAML, deadlines kept, history that cannot be altered unnoticed."),
    )
    app.callback()(_root_options)
    command = typer.main.get_command(app)
    assert isinstance(command, LazyGroup)
    command.load_from(nouns)
    words = {
        "install_completion": say("Install completion for this shell."),
        "show_completion": say("Print the completion script of this shell."),
    }
    for parameter in command.params:
        parameter.help = words.get(parameter.name or "", getattr(parameter, "help", None))  # type: ignore[attr-defined]  # typer leaves the class open
    return command


def _root_options(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help=say("Print the version."), callback=lambda value: _version(value), is_eager=True)
    ] = False,
    json_: Annotated[bool, _COMMON[0][2]] = False,
    as_: Annotated[str | None, _COMMON[1][2]] = None,
    token_file_: Annotated[str | None, _COMMON[2][2]] = None,
    house_: Annotated[str | None, _COMMON[3][2]] = None,
    lang_: Annotated[str | None, _COMMON[4][2]] = None,
) -> None:
    ctx.obj = Common(json_, as_, house_, token_file_)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"makegood {version('makegood')}")
        raise typer.Exit


def _typer() -> typer.Typer:
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


def _with_common_options(function: Callable[..., int | None], open_to_all: bool) -> Callable[..., int | None]:
    """The same function for typer: with `--json --as --house --lang` added, and a Desk made of them as its first argument."""

    def command(
        ctx: typer.Context, json_: bool, as_: str | None, token_file_: str | None, house_: str | None, lang_: str | None, **given: Any
    ) -> int | None:
        before = ctx.find_root().obj if isinstance(ctx.find_root().obj, Common) else Common()
        common = Common(json_ or before.as_json, as_ or before.person, house_ or before.folder, token_file_ or before.token_file)
        return carry_out(partial(function, **given), Desk(common, open_to_all))

    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    parameters = [inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)]
    parameters += [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])
        for name, kind, option, default in _COMMON
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads; functions have no such attribute
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = function.__doc__
    return command
