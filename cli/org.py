"""`makegood org`: who works here."""

from typing import Annotated

from cli import completion
from cli.app import Noun
from cli.options import arg
from cli.run import Desk, account
from cli.show import as_json, heading, table
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
    from engine.ground.language import spoken
    from engine.usecases.reading import organisation

    known = organisation(desk.house)
    if desk.as_json:
        as_json(known)
        return
    if known.name:
        heading(known.title.in_(spoken()) or known.name)
    rows = [
        (p.id, p.name, ", ".join(p.roles), p.superior or "", p.department or "", p.login or "", p.email or "")
        for p in known.people.values()
    ]
    columns = (say("Id"), say("Name"), say("Posts"), say("Superior"), say("Department"), say("Login"), say("E-mail"))
    table(columns, rows, empty=say("No organisation was applied yet: makegood org apply FILE"))
    groups = [(g.id, g.title.in_(spoken()), ", ".join(g.members)) for g in known.groups.values()]
    if groups:
        print()
        table((say("Group"), say("Title"), say("Members")), groups, empty="")
