"""Who serves does not supervise (row C12): whoever answers for a report holds no post that acts in what it reports on."""

from collections.abc import Iterable, Iterator

from engine.defining.definition import Definition
from engine.defining.organisation import Organisation
from engine.defining.vocabulary import Who, WhoKind


def serving(definition: Definition) -> frozenset[str]:
    """Whom a definition names to do its work: they open cases, take actions, do tasks, answer for standards. Roles, groups and people."""
    whos: list[Who] = [*definition.opening.by]
    for state in definition.states.values():
        whos += [who for action in state.actions.values() for who in action.by] + [who for task in state.tasks.values() for who in task.by]
    whos += [who for standard in definition.standards.values() for who in standard.by]
    return frozenset(named.name for who in whos if (named := _innermost(who)).kind is WhoKind.NAMED)


def _innermost(who: Who) -> Who:
    """Of whom it is said: `engineer` of `least loaded of engineer`."""
    while who.of is not None:
        who = who.of
    return who


def not_apart(organisation: Organisation, definitions: Iterable[Definition], by: str) -> Iterator[tuple[str, str, str]]:
    """Everybody who holds the post `by` and also serves: (person, what they are named by, definition)."""
    for definition in definitions:
        names = sorted(serving(definition))
        for person in organisation.holders(by):
            mine = {person, *organisation.posts.purposes(person)}
            yield from ((person, name, definition.name) for name in names if name in mine or organisation.posts.holds(person, name))
