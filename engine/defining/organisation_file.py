"""The organisation file: read strictly, and checked for what would leave somebody without a superior or with another's rights."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.defining.document import ordered, plain_document, restore
from engine.defining.files import read_file
from engine.defining.kinds import Reading
from engine.defining.organisation import Organisation
from engine.defining.organisation_checks import wrong_rights
from engine.defining.problems import Problem, errors, nearest
from engine.defining.reader import read_with
from engine.defining.tree import Tree
from engine.defining.vocabulary import WhoKind
from engine.defining.yaml_file import read_tree
from engine.ground.duration import ELAPSED, WORKED, Unit
from engine.ground.errors import DefinitionError
from engine.ground.language import say


def read_organisation(path: Path) -> tuple[Organisation | None, list[Problem], dict[str, Any]]:
    """Read an organisation file. Gives the organisation (None when a problem keeps it from being used), every problem, and the
    document to store: `{"organisation": plain tree, "order": …}`. Never raises for what the file says."""
    content, problem = read_file(path, str(path))
    if problem or content is None:
        return None, [problem] if problem else [], {}
    tree = read_tree(content, str(path))
    reading = Reading(tree)
    organisation = read_with(reading, Organisation, tree.value) if tree.value is not None or not tree.problems else None
    problems = [*tree.problems, *reading.problems]
    if isinstance(organisation, Organisation):
        problems.extend(_findings(organisation, tree))
    if errors(problems) or not isinstance(organisation, Organisation):
        return None, problems, {}
    return organisation, problems, {"organisation": plain_document(tree.value), "order": ordered(reading)}


def organisation_of(document: Mapping[str, Any]) -> Organisation:
    """The organisation of a stored document; raises DefinitionError when it cannot be read."""
    tree = Tree("organisation", restore(document.get("organisation"), document.get("order")))
    reading = Reading(tree)
    organisation = read_with(reading, Organisation, tree.value)
    if reading.problems or not isinstance(organisation, Organisation):
        raise DefinitionError(say("The stored organisation cannot be read"), reading.problems)
    return organisation


def _findings(organisation: Organisation, tree: Tree) -> Iterator[Problem]:
    yield from _empty(organisation, tree)
    yield from _unknown_people(organisation, tree)
    yield from _loops(organisation, tree)
    yield from _shared_logins(organisation, tree)
    yield from _unknown_authority(organisation, tree)
    yield from wrong_rights(organisation, tree)
    yield from _never_reached(organisation, tree)


def _empty(organisation: Organisation, tree: Tree) -> Iterator[Problem]:
    if not organisation.people:
        yield tree.problem(("people",), say("Nobody works here"), hint=say("Name at least one person under people."))
    for name, group in organisation.groups.items():
        if not group.members:
            yield tree.problem(("groups", name), say("Group '{name}' has no members", name=name), hint=say(
                "Name its members, or remove it."))
        if name in organisation.people:
            yield tree.problem(("groups", name), say("'{name}' is a person and a group", name=name), hint=say("Rename the group."))


def _unknown_people(organisation: Organisation, tree: Tree) -> Iterator[Problem]:
    def missing(name: str, path: tuple[str | int, ...]) -> Problem:
        return tree.problem(path, say("There is no person '{name}'", name=name[:80]), nearest=nearest(name, organisation.people))

    for person in organisation.people.values():
        if person.superior is not None and person.superior not in organisation.people:
            yield missing(person.superior, ("people", person.id, "superior"))
    for name, group in organisation.groups.items():
        for index, member in enumerate(group.members):
            if member not in organisation.people:
                yield missing(member, ("groups", name, "members", index))


def _unknown_authority(organisation: Organisation, tree: Tree) -> Iterator[Problem]:
    held = {*organisation.posts.holders, *(role for person in organisation.people.values() for role in person.roles)}
    for name in organisation.authority:
        if name not in held and name not in organisation.groups and name != WhoKind.SYSTEM:
            yield tree.problem(("authority", name), say("There is no {kind} '{name}'", kind=say("role"), name=name[:80]),
                               nearest=nearest(name, [*sorted(held), *organisation.groups]))


def _never_reached(organisation: Organisation, tree: Tree) -> Iterator[Problem]:
    """Classes after one that everybody has, and rules over a time that is no whole number of dates."""
    everybody: str | None = None
    for one in organisation.classes.values():
        if everybody is not None:
            yield tree.problem(("classes", one.name), say("The cases after this one are never reached: {name}", name=everybody), hint=say(
                "Give it a when, or put it last."))
        everybody = everybody or (one.name if one.when is None else None)
        if one.over is not None and one.over.unit in ELAPSED | WORKED | {Unit.WORKING_DAYS}:
            yield tree.problem(("classes", one.name, "over"), say("{duration} is no whole number of dates", duration=str(one.over)),
                               expected="1 year")


def _loops(organisation: Organisation, tree: Tree) -> Iterator[Problem]:
    """Each circle of superiors once, at the person in it who is written first."""
    settled: set[str] = set()
    for start in organisation.people:
        way: list[str] = []
        here: str | None = start
        while here is not None and here in organisation.people and here not in settled and here not in way:
            way.append(here)
            here = organisation.people[here].superior
        if here in way:
            circle = [*way[way.index(here):], here]
            first = next(name for name in organisation.people if name in circle)
            yield tree.problem(("people", first, "superior"), say("Superiors go round in a circle: {circle}", circle=" → ".join(circle)),
                               hint=say("The topmost person has no superior."))
        settled.update(way)


def _shared_logins(organisation: Organisation, tree: Tree) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for person in organisation.people.values():
        if person.login is None:
            continue
        if person.login in seen:
            yield tree.problem(("people", person.id, "login"), say(
                "{first} and {second} have the same login '{login}'", first=seen[person.login], second=person.id, login=person.login),
                hint=say("Give each person an account of their own."))
        seen.setdefault(person.login, person.id)
