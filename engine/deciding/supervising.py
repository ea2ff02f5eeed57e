"""Who serves does not supervise (row C12): whoever answers for a report holds no post that acts in what it reports on."""

from collections.abc import Iterable, Iterator

from engine.defining.definition import Definition
from engine.defining.organisation import Organisation
from engine.defining.vocabulary import Who


def serving(definition: Definition) -> frozenset[str]:
    """The roles of a definition that do its work: they open cases, take actions, do tasks, answer for standards."""
    whos: list[Who] = [*definition.opening.by]
    for state in definition.states.values():
        whos += [who for action in state.actions.values() for who in action.by] + [who for task in state.tasks.values() for who in task.by]
    whos += [who for standard in definition.standards.values() for who in standard.by]
    return frozenset(who.name for who in whos if who.name in definition.roles)


def not_apart(organisation: Organisation, definitions: Iterable[Definition], by: str) -> Iterator[tuple[str, str, str]]:
    """Everybody who holds the post `by` and also serves: (person, role, definition)."""
    for definition in definitions:
        roles = serving(definition)
        for person in organisation.holders(by):
            for role in sorted(roles):
                if organisation.posts.holds(person, role):
                    yield person, role, definition.name
