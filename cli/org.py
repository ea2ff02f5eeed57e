"""`makegood org`: who works here."""

from typing import Annotated

from cli import completion
from cli.app import Noun
from cli.options import Number, arg, opt
from cli.progress import progress, so_far
from cli.run import Desk, account
from cli.show import as_json
from engine.ground.language import say
from engine.ground.wall import wall

ORG = Noun("org", say("The organisation: people, posts, who is above whom."))


@ORG.verb("apply", say("Put an organisation file into force."))
def apply(desk: Desk, file: Annotated[str, arg("FILE", say("organisation.yaml"))]) -> None:
    """A new version of the organisation."""
    from pathlib import Path

    from engine.usecases.publishing import apply_organisation

    done = apply_organisation(desk.house, Path(file), desk.actor())
    if desk.as_json:
        as_json(done)
        return
    if done.unchanged:
        print(say("{name}: nothing changed, version {version} stays in force", name=done.name, version=done.version))
    else:
        print(
            say(
                "{name}: version {version} is in force, {people:person|people}",
                name=done.name,
                version=done.version,
                people=done.people,
            )
        )


@ORG.verb("invite", say("Let a person set a password, by a code that counts once."), open_to_all=True)
def invite(desk: Desk, person: Annotated[str, arg("PERSON", say("Who is to log in."), completion.people)]) -> None:
    """An invitation. As long as nobody can invite, whoever runs this invites one of those who may apply the organisation."""
    from engine.deciding.rights import Actor
    from engine.usecases.identity import LOCAL, unfounded
    from engine.usecases.identity import invite as let_in

    actor = Actor(account(), identified=LOCAL) if unfounded(desk.house) else desk.actor()
    code, until = let_in(desk.house, person, actor)
    if desk.as_json:
        as_json({"person": person, "code": code, "until": until})
        return
    print(code)
    at = wall(until, desk.zone)
    print(say("Hand it to {person}: makegood login {person} --invited. It counts once, until {at}.", person=person, at=at))


@ORG.verb("show", say("Show who works here, with posts, superiors and logins."))
def show(desk: Desk) -> None:
    """The organisation in force."""
    from cli.org_show import print_organisation
    from engine.usecases.reading import organisation

    known = organisation(desk.house)
    if desk.as_json:
        as_json(known)
    else:
        print_organisation(known)


@ORG.verb("who-can", say("Show who may take an action of a case, who is excluded and why, who by deputy, and up to which amount."))
def who_can(
    desk: Desk, number: Number, action: Annotated[str, arg("ACTION", say("The action or task."), completion.actions)],
    on: Annotated[str | None, opt("--on", "DATE", say("On that day; without it now."))] = None,
) -> None:
    """Now, or on a day to come."""
    from cli.org_proof import day, print_who_can
    from engine.usecases.proving import who_can as could

    print_who_can(desk, could(desk.house, desk.actor(), number, action, day(on, "on")))


@ORG.verb("gaps", say("Find where and when nobody could act, before it happens: over open cases and everything published."))
def gaps(
    desk: Desk, from_: Annotated[str | None, opt("--from", "DATE", say("From that day; without it from now."))] = None,
    until: Annotated[str | None, opt("--until", "DATE", say("Until the end of that day; without it thirty days ahead."))] = None,
) -> None:
    """Dates and amounts for which nobody could take an action or task, or only those who are excluded."""
    from cli.org_proof import day, print_gaps
    from engine.usecases.proving import find_gaps

    with progress(say("Looking")) as moved:
        found = find_gaps(desk.house, desk.actor(), day(from_, "from"), day(until, "until"), so_far(moved))
    print_gaps(desk, found)
