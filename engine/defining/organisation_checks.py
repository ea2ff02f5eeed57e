"""Checks of what an organisation file says about rights: absences and deputies, denials, who may what in the house."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from engine.defining.organisation import RIGHTS, Group, Organisation, Person
from engine.defining.posts import role_of
from engine.defining.problems import Problem, nearest
from engine.defining.tree import Path, Tree
from engine.ground.language import say


def wrong_rights(organisation: Organisation, tree: Tree) -> Iterator[Problem]:
    """Everything wrong with absences, denials and rights, each at its place."""
    try:
        ZoneInfo(organisation.timezone)
    except (KeyError, ValueError, OSError):    # KeyError: none of that name
        yield tree.problem(("timezone",), say("'{name}' is not a time zone", name=organisation.timezone[:60]), expected="Asia/Shanghai")
    else:
        yield from _away(organisation, tree)
    yield from _reported(organisation, tree)
    yield from _denied(organisation, tree)
    yield from _granted(organisation, tree)


def _away(organisation: Organisation, tree: Tree) -> Iterator[Problem]:
    for person in organisation.people.values():
        purposes = organisation.posts.purposes(person.id)
        known = {*purposes, *map(role_of, purposes)}
        for index, absence in enumerate(person.away):
            path: Path = ("people", person.id, "away", index)
            if absence.until < absence.from_:
                yield tree.problem((*path, "until"), say("The absence ends before it begins"), hint=say("Both days are included."))
            if absence.deputy == person.id:
                yield tree.problem((*path, "deputy"), say("Nobody stands in for themselves"), hint=say("Choose somebody else."))
            elif absence.deputy is not None and absence.deputy not in organisation.people:
                yield tree.problem((*path, "deputy"), say("There is no person '{name}'", name=absence.deputy[:80]),
                                   nearest=nearest(absence.deputy, organisation.people))
            for place, post in enumerate(absence.for_):
                if post not in known:
                    yield tree.problem((*path, "for", place), say("{who} does not hold '{post}'", who=person.id, post=post[:80]),
                                       nearest=nearest(post, known))
    for circle in organisation.absences.circles():
        yield tree.problem(("people", circle[0], "away"), say("Deputies go round in a circle: {circle}", circle=" → ".join(circle)),
                           hint=say("On such days nobody stands in; name somebody who is there."))


def _reported(organisation: Organisation, tree: Tree) -> Iterator[Problem]:
    held = organisation.posts.holders
    for name, report in organisation.reports.items():
        if report.by not in held:
            yield tree.problem(("reports", name, "by"), say("Nobody holds the post '{name}'", name=report.by[:80]),
                               nearest=nearest(report.by, held))
        known = [*organisation.people, *organisation.groups, *held]
        for index, one in enumerate(report.to):
            if one not in known:
                yield tree.problem(("reports", name, "to", index), say("There is no person, group or post '{name}'", name=one[:80]),
                                   nearest=nearest(one, known))


def _denied(organisation: Organisation, tree: Tree) -> Iterator[Problem]:
    posts = _posts(organisation)
    for one in _written(organisation):
        kind = "people" if isinstance(one, Person) else "groups"
        for index, what in enumerate(one.deny):
            if "/" not in what and what not in posts and what not in RIGHTS:
                said = say("'{name}' is no post that anybody holds, and no right", name=what[:80])
                yield tree.problem((kind, one.id, "deny", index), said,
                                   nearest=nearest(what, [*posts, *RIGHTS]), severity="warning",
                                   hint=say("Write a post, procedure/action, or one of {rights}.", rights=", ".join(RIGHTS)))


def _written(organisation: Organisation) -> list[Person | Group]:
    return [*organisation.people.values(), *organisation.groups.values()]


def _posts(organisation: Organisation) -> set[str]:
    """Every post that is written for somebody, and its role."""
    return {name for one in _written(organisation) for post in one.roles for name in (post, role_of(post))}


def _granted(organisation: Organisation, tree: Tree) -> Iterator[Problem]:
    known = [*organisation.people, *organisation.groups, *_posts(organisation)]
    for right in RIGHTS:
        for index, name in enumerate(getattr(organisation.rights, right)):
            if name not in known:
                yield tree.problem(("rights", right, index), say("'{name}' is no person, group or post that anybody holds", name=name[:80]),
                                   nearest=nearest(name, known))
    if organisation.people and not organisation.posts.with_right("apply"):
        hint = say("Write `rights: {{apply: [{who}]}}` with a person, a group or a post.", who=next(iter(organisation.people)))
        yield tree.problem(("rights",), say("Nobody may apply an organisation: nobody could ever change this one"), hint=hint)
