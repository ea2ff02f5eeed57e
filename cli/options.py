"""The words that several commands share."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

import typer

from cli import completion
from engine.ground.errors import Invalid
from engine.ground.language import say

Complete = Callable[..., list[str]]


def arg(metavar: str, help: str, complete: Complete | None = None) -> Any:
    """A word that stands at its place; `complete` finds what the shell offers."""
    return typer.Argument(metavar=metavar, help=help, autocompletion=complete)


def opt(name: str, metavar: str | None, help: str, complete: Complete | None = None, *, least: int | None = None) -> Any:
    """An option by name; numbers may have a least value."""
    return typer.Option(name, metavar=metavar, help=help, autocompletion=complete, min=least)


Number = Annotated[str, arg("NUMBER", say("The number of the case."), completion.numbers)]
Sets = Annotated[
    list[str] | None,
    opt(
        "--set", "FIELD=VALUE", say("A value; again for further fields, or for further values of a list. Parts of a party: customer.name=…")
    ),
]
Files = Annotated[list[str] | None, opt("--file", "FIELD=PATH", say("A file for a field of that type."))]
Comment = Annotated[str | None, opt("--comment", "TEXT", say("A comment, or the reason where one is required."))]
For = Annotated[str | None, opt("--for", "WHOM", say("On whose behalf you act: customer, or an absent person for whom you stand in."))]
Reason = Annotated[str, opt("--reason", "TEXT", say("Why."))]
States = Annotated[
    list[str] | None,
    opt("--state", "OLD=NEW", say("Which state of the new version counts for one that it lacks; again for further ones.")),
]
Repairs = Annotated[list[str] | None, opt("--set", "FIELD=VALUE", say("For cases whose own value is missing or does not fit; repeatable."))]
DryRun = Annotated[bool, opt("--dry-run", None, say("Tell what would become of each case, and change nothing."))]
WhyOrDry = Annotated[str, opt("--reason", "TEXT", say("Why; may be left out with --dry-run."))]
Unmasked = Annotated[bool, opt("--reveal", None, say("Show personal data as they are; that you looked is recorded."))]
WhyLook = Annotated[str | None, opt("--reason", "TEXT", say("With --reveal: why you look; recorded, so without personal data."))]
Limit = Annotated[int, opt("--limit", "N", say("Lines on a page."))]
PageNumber = Annotated[int, opt("--page", "N", say("Which page."))]
Definition = Annotated[str | None, opt("--definition", "BUNDLE", say("Only cases of this definition."), completion.bundles)]
Out = Annotated[str | None, opt("--out", "FILE", say("Write into this file instead of printing."))]


def day(text: str, field: str) -> date:
    """A date that somebody typed; raises Invalid naming the option."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(
            say("'{text}' is not a date", text=text), hint=say("Write it as 2026-11-01."), field=field, value=text, expected="2026-11-01"
        ) from error


def moment(text: str, zone: str, field: str) -> datetime:
    """An instant that somebody typed: a date is its first midnight in that IANA zone; raises Invalid naming the option."""
    from zoneinfo import ZoneInfo

    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(
            say("'{text}' is not a time", text=text),
            hint=say("Write 2026-11-23 or 2026-11-23T09:00+08:00."),
            field=field,
            value=text,
            expected="time",
        ) from error
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))


def moment_if(text: str | None, zone: str, field: str) -> datetime | None:
    """The same for what may be left out."""
    return None if text is None else moment(text, zone, field)
