"""`makegood token`: what programs identify themselves with."""

from typing import Annotated

from cli import completion
from cli.app import Noun
from cli.options import arg, opt
from cli.run import Desk
from cli.show import as_json, table
from engine.ground.language import say
from engine.ground.wall import wall

TOKEN = Noun("token", say("Tokens: with one a program acts as you, by MAKEGOOD_TOKEN or --token-file."))
_Name = Annotated[str, arg("NAME", say("The name of the token."))]


@TOKEN.verb("create", say("Make a token; it is shown this once."))
def create(
    desk: Desk,
    name: _Name,
    expires: Annotated[str, opt("--expires", "DURATION", say("How long it counts, for example '90 days'."))] = "90 days",
) -> None:
    """A new token of your own."""
    from engine.usecases.tokens import create as make

    secret, until = make(desk.house, desk.actor(), name, expires)
    if desk.as_json:
        as_json({"name": name, "token": secret, "until": until})
        return
    print(secret)
    print(say("Keep it now: it is not shown again. It counts until {at}.", at=wall(until, desk.zone)))


@TOKEN.verb("list", say("List your tokens, without their secrets."))
def list_(desk: Desk, all_: Annotated[bool, opt("--all", None, say("Everybody's."))] = False) -> None:
    """Tokens that were not revoked."""
    from engine.usecases.tokens import tokens

    found = tokens(desk.house, desk.actor(), everybody=all_)
    if desk.as_json:
        as_json({"tokens": found})
        return
    rows = [
        (
            one.person,
            one.name,
            wall(one.created_at, desk.zone),
            (wall(one.expires_at, desk.zone), "red" if one.expired else ""),
            wall(one.used_at, desk.zone),
        )
        for one in found
    ]
    table((say("Person"), say("Name"), say("Made"), say("Counts until"), say("Last used")), rows, empty=say("No tokens."))


@TOKEN.verb("revoke", say("Let a token count no more."))
def revoke(
    desk: Desk,
    name: _Name,
    person: Annotated[str | None, opt("--person", "PERSON", say("Whose; otherwise your own."), completion.people)] = None,
) -> None:
    """The end of a token."""
    from engine.usecases.tokens import revoke as end

    end(desk.house, desk.actor(), name, person)
    if desk.as_json:
        as_json({"revoked": name})
        return
    print(say("Revoked"))
