"""What is asked in an authority proof: of a case its open tasks and the actions of its state; of a procedure every action and task.

Where there is no case yet, somebody named by what happened in it (its owner, who took an action) is anybody who may do that: whoever is
the only one to decide must not be one of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from engine.deciding import authority
from engine.deciding.case import CaseState, TaskStatus
from engine.deciding.proof import Question, outside
from engine.deciding.rights import WORDS, Live, around, people
from engine.defining.definition import Action, Definition, FieldType, Task, Who, WhoKind
from engine.defining.organisation import Organisation

_OF_A_CASE = (WhoKind.OWNER, WhoKind.ACTOR_OF, WhoKind.ACTOR, WhoKind.INVOLVED)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, where it stands, and the amount that is to be decided (or, without a case, the most that may be)."""

    question: Question
    state: str
    unit: str = ""
    amount: Decimal | None = None


def of_case(definition: Definition, case: CaseState, organisation: Organisation, live: Live) -> Iterator[Asked]:
    """What a case waits for: its open tasks and, while it is open, the actions of its state, those that are only for people here."""
    state = definition.states[case.state]
    open_tasks = [task for task in state.tasks.values() if (run := case.tasks.get(task.name)) and run.status is TaskStatus.OPEN]
    actions = [] if state.final else [action for action in state.actions.values() if not action.anywhere]
    every: list[Action | Task] = [*open_tasks, *actions]
    for what in every:
        run = case.tasks.get(what.name) if isinstance(what, Task) else None
        amount = live(what.limit) if what.limit else None
        for asked in _questions(definition, case, organisation, live, what, run.assignee if run else None):
            if not outside(asked):
                total = None if amount is None or not asked.currency else amount + authority.decided(case, asked.currency)
                yield Asked(asked, state.name, amount=total)


def of_definition(definition: Definition, organisation: Organisation) -> Iterator[Asked]:
    """Every action and task of a procedure, for each unit where posts have units; what is only known in a case is left out."""
    seen: set[tuple[str, int]] = set()
    for state in definition.states.values():
        every: list[Action | Task] = [*state.tasks.values(), *state.actions.values()]
        for what in every:
            if (what.name, id(what)) in seen or not what.by or any(_in_a_case(who, definition) for who in what.by):
                continue
            seen.add((what.name, id(what)))
            for units in _units(definition, what.by):
                for asked in _questions(definition, None, organisation, units.get, what, None):
                    if not outside(asked):
                        most = _most(definition, what) if asked.currency else None
                        yield Asked(asked, "" if what.anywhere else state.name, ", ".join(units.values()), most)


def _questions(
    definition: Definition, case: CaseState | None, organisation: Organisation, live: Live, what: Action | Task, assignee: str | None
) -> Iterator[Question]:
    """Who may take it, and each of those who have to approve it."""
    currency = definition.fields[what.limit].currency if what.limit in definition.fields and what.limit else None

    def excludable() -> Iterable[str]:
        return () if case is not None else sorted(set[str]().union(*(_maybe(who, definition, organisation, live) for who in what.except_)))

    approvals = [one.value for one in what.approve]
    own = None if approvals else currency
    yield Question(definition, case, organisation, live, what.name, what.by, what.except_, own, assignee, excludable=excludable)
    for part in approvals:
        members = people(part.of, definition, case, organisation, live) - WORDS
        yield Question(
            definition, case, organisation, live, what.name, (part.of,), what.except_, None if part.votes else currency,
            needed=(part.quorum or len(members) // 2 + 1) if part.votes else 1, excludable=excludable,
        )


def _in_a_case(who: Who, definition: Definition) -> bool:
    """Whether it is known only in a case whom somebody stands for."""
    if who.of is not None:
        return _in_a_case(who.of, definition)
    field = definition.fields.get(who.name) if who.kind is WhoKind.NAMED and who.name not in definition.roles else None
    return who.kind in _OF_A_CASE or (field is not None and field.type is FieldType.PERSON)


def _maybe(who: Who, definition: Definition, organisation: Organisation, live: Live) -> frozenset[str]:
    """Everybody who may turn out to be somebody, where this is known only in a case."""
    if not _in_a_case(who, definition):
        return frozenset()
    if who.of is not None:
        return around(who.kind, _maybe(who.of, definition, organisation, live), organisation)
    every: list[Action | Task] = [what for state in definition.states.values() for what in state.actions.values()]
    every += [what for state in definition.states.values() for what in state.tasks.values()]
    doing = [what for what in every if who.kind is not WhoKind.ACTOR_OF or what.name == who.name]
    by = [one for what in doing for one in what.by if not _in_a_case(one, definition)]
    return frozenset[str]().union(*(people(one, definition, None, organisation, live) for one in by)) - WORDS


def _units(definition: Definition, by: Iterable[Who]) -> Iterator[dict[str, str]]:
    """Each unit that the posts named have: field → value; one without any where they have none."""
    fields = list(dict.fromkeys(
        of for who in by if who.name in definition.roles and (of := definition.roles[who.name].of) and of in definition.fields
    ))
    for values in product(*(definition.fields[name].options for name in fields)):
        yield dict(zip(fields, values, strict=True))


def _most(definition: Definition, what: Action | Task) -> Decimal | None:
    """The most that its money field can hold; without end where it has no bound."""
    field = definition.fields[what.limit or ""]
    return field.between[1] if field.between is not None else Decimal("Infinity")
