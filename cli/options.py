"""The words that several commands share."""

from typing import Annotated

import typer

from cli import completion
from engine.ground.language import say

Number = Annotated[str, typer.Argument(metavar="NUMBER", help=say("The number of the case."), autocompletion=completion.numbers)]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help=say("A value; again for further fields, or for further values of a list. Parts of a party: customer.name=…"), show_default=False),
]
Files = Annotated[
    list[str] | None, typer.Option("--file", metavar="FIELD=PATH", help=say("A file for a field of that type."), show_default=False)
]
Comment = Annotated[str | None, typer.Option("--comment", metavar="TEXT", help=say("A comment, or the reason where one is required."), show_default=False)]
For = Annotated[
    str | None, typer.Option("--for", metavar="WHOM", help=say("On whose behalf: customer, or a person."), show_default=False)
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help=say("Why."))]
Limit = Annotated[int, typer.Option("--limit", metavar="N", help=say("Lines on a page."))]
PageNumber = Annotated[int, typer.Option("--page", metavar="N", help=say("Which page."))]
Definition = Annotated[
    str | None, typer.Option("--definition", metavar="BUNDLE", help=say("Only cases of this definition."), autocompletion=completion.bundles, show_default=False)
]
