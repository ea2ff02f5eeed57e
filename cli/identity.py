"""`makegood login`, `logout`, `password`, `whoami`: who you are."""

import sys
from getpass import getpass
from typing import TYPE_CHECKING, Annotated

from cli import completion
from cli.app import Verb
from cli.options import arg, opt
from cli.run import Desk, account
from cli.session import forget, keep, place, secret_in
from cli.show import as_json, clean, facts
from engine.ground.errors import Invalid, NotAllowed
from engine.ground.language import say
from engine.ground.wall import wall

if TYPE_CHECKING:
    from engine.usecases.identity import Session


def _login(
    desk: Desk,
    person: Annotated[str | None, arg("PERSON", say("Who you are; otherwise the person with your login."), completion.people)] = None,
    invited: Annotated[bool, opt("--invited", None, say("Set your password with the code of an invitation."))] = False,
) -> None:
    """Asks for the password, or reads it from a pipe, one line for each question."""
    from engine.usecases import identity
    from engine.usecases.reading import organisation

    if not desk.house.settings.logins:
        raise NotAllowed(
            say("Nobody logs in here: whoever somebody says to be is believed"),
            hint=say('Write identity = "login" into makegood.toml; docs/security.md tells how people get their passwords.'),
            case="", state="local", action="login", possible=[],
        )
    if person is None:
        found = organisation(desk.house).person_of_login(account())
        if found is None:
            raise Invalid(
                say("Who are you?"), hint=say("makegood login PERSON; your login is not in the organisation file."), field="PERSON"
            )
        person = found.id
    if invited:
        code = _asked(say("Code of the invitation"))
        made = identity.accept(desk.house, person, code, _new())
    else:
        made = identity.login(desk.house, person, _asked(say("Password")))
    _keep(desk, made)


def _keep(desk: Desk, made: "Session") -> None:
    path = keep(desk.house.settings, made.secret)
    if desk.as_json:
        as_json({"person": made.person, "until": made.expires_at, "file": str(path)})
        return
    print(say("You are {person} until {at}", person=made.person, at=wall(made.expires_at, desk.zone)))


def _logout(desk: Desk) -> None:
    """Ends the session in the database too: a copy of its file is worth nothing then."""
    from engine.usecases.identity import logout

    words = secret_in(place(desk.house.settings))
    if words is not None:
        logout(desk.house, words)
        forget(desk.house.settings)
    if desk.as_json:
        as_json({"ended": words is not None})
        return
    print(say("Logged out") if words is not None else say("You were not logged in"))


def _password(desk: Desk) -> None:
    """Every session ends with the old password; tokens stay."""
    from engine.usecases.identity import change_password

    _keep(desk, change_password(desk.house, desk.actor(), _asked(say("Password so far")), _new()))


def _whoami(desk: Desk) -> None:
    """The person, how that is known, and the posts held."""
    from engine.usecases.reading import organisation

    actor = desk.actor()
    person = organisation(desk.house).people.get(actor.id)
    if desk.as_json:
        as_json(
            {
                "person": actor.id,
                "name": person.name if person else None,
                "identified": actor.identified,
                "roles": person.roles if person else (),
            }
        )
        return
    how = {
        "local": say("by the account of the operating system, or because you say so: nobody checks"),
        "password": say("by password"),
        "token": say("by token"),
    }
    facts(
        [
            (say("Person"), f"{clean(person.name)} ({actor.id})" if person else actor.id, ""),
            (say("Posts"), ", ".join(person.roles) if person else "", ""),
            (say("Known"), how.get(actor.identified, actor.identified), ""),
        ]
    )


def _asked(question: str) -> str:
    """What somebody types unseen, or the next line of what is piped in."""
    return getpass(f"{question}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


def _new() -> str:
    first, again = _asked(say("New password")), _asked(say("The same again"))
    if first != again:
        raise Invalid(say("The two are not the same"), hint=say("Type the new password twice."), field="password")
    return first


LOGIN = Verb("login", say("Log in with your password, for some hours."), _login, open_to_all=True)
LOGOUT = Verb("logout", say("End your login."), _logout, open_to_all=True)
PASSWORD = Verb("password", say("Change your password."), _password)
WHOAMI = Verb("whoami", say("Who you are here, and how that is known."), _whoami)
