"""The check for options that no branch handles: a case that got one of them would find no way on, or no limit."""

from collections.abc import Iterator, Sequence
from typing import Any

from engine.deciding.expressions import Compiled, expression
from engine.deciding.operators import truth
from engine.deciding.syntax import Notes, parsed
from engine.defining.checks_walk import Finding, action_path, ladders, only_system
from engine.defining.definition import Definition, DoingKind, Field, FieldType, State
from engine.defining.tree import Path
from engine.ground.errors import Invalid
from engine.ground.language import say


def unhandled_options(definition: Definition) -> Iterator[Finding]:
    """Options of a field that decides which way a case goes on, or how long a clock has, and that no branch mentions."""
    for state in definition.states.values():
        yield from _ways_on(definition, state)
    for name, within, _, path in ladders(definition):
        if within and all(case.when is not None for case in within):
            yield from _branches(definition, name, [case.when or "" for case in within], (*path, "within"))


def _branches(definition: Definition, clock: str, whens: Sequence[str], path: Path) -> Iterator[Finding]:
    """Options, or other cases, in which no branch of a limit matches."""
    missing = list(_missing(definition, whens))
    hint = say("Add a branch for it, or end with one that has `is` alone.")
    for field, options in missing:
        yield Finding(
            path,
            say("'{clock}' has no limit when {field} is {options}", clock=clock, field=field, options=options),
            hint=hint,
            severity="warning",
        )
    if not missing and not _all_handled(definition, whens):
        yield Finding(path, say("'{clock}' has no limit when no branch matches", clock=clock), hint=hint, severity="warning")


def _ways_on(definition: Definition, state: State) -> Iterator[Finding]:
    ways = [a for a in state.actions.values() if a.to is not None and a.to != state.name and not a.anywhere]
    leaving = [action for action in ways if not only_system(action)]     # the scheduler handles options too, but is no reason to ask
    conditional = [action for action in leaving if action.when is not None]
    whens = [action.when for action in ways if action.when is not None]
    for field, missing in _missing(definition, whens):
        mentioning = [action for action in conditional if field in _names(action.when or "")]
        if mentioning and len(mentioning) == len(leaving) and not _set_here(state, field):  # no other leads on
            yield Finding(
                action_path(state, mentioning[0]),
                say("In the state '{state}' no action leads on when {field} is {options}", state=state.name, field=field, options=missing),
                hint=say("Add an action for it, or one without a condition on {field}.", field=field),
                severity="warning",
            )


def _set_here(state: State, field: str) -> bool:
    """Whether an action of this state gives the field another value: then a case goes on by that action."""
    return any(
        doing.kind is DoingKind.SET and field in doing.value
        for action in state.actions.values() if not only_system(action) for doing in action.do
    )


def _missing(definition: Definition, whens: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Fields that these conditions compare with some of their options only, and the options left over."""
    for field in definition.fields.values():
        choices = _choices(field)
        about = [when for when in whens if field.name in _names(when)]
        if not choices or not about or not any(_compared(when, field.name) for when in about):
            continue
        left = [choice for choice in choices if not any(_handles(when, field.name, choice) for when in about)]
        if left:
            yield field.name, ", ".join(str(choice) for choice in left)


def _choices(field: Field) -> Sequence[str]:
    return list(field.options) if field.type is FieldType.CHOICE and not field.many else ()


def _compiled(when: str) -> Compiled | None:
    try:
        return expression(when)
    except Invalid:
        return None  # found elsewhere


def _names(when: str) -> frozenset[str]:
    compiled = _compiled(when)
    return compiled.names if compiled else frozenset()


def _handles(when: str, field: str, choice: str) -> bool:
    """Whether the condition can hold for this choice: computed when it reads nothing else, else by the texts it compares with."""
    compiled = _compiled(when)
    if compiled is None:
        return True
    if compiled.names == {field} and not compiled.calls:
        try:
            return truth(compiled({field: choice}))
        except Invalid:
            return True
    compared = _compared(when, field)
    plain = bool(compared) and all(sign in ("eq", "in") for sign, _ in compared)
    return not plain or any(choice in texts for _, texts in compared)


def _compared(when: str, field: str) -> list[tuple[str, set[str]]]:
    """The comparisons of a field with texts in a condition: (sign, texts)."""
    from jinja2 import nodes

    found: list[tuple[str, set[str]]] = []
    try:
        tree: Any = parsed(when, Notes(when))
    except Invalid:
        return found
    compares = [tree] if isinstance(tree, nodes.Compare) else []
    for compare in (*compares, *tree.find_all(nodes.Compare)):
        sides = [compare.expr, *(operand.expr for operand in compare.ops)]
        if any(isinstance(side, nodes.Name) and side.name == field for side in sides):
            texts = {str(value) for side in sides for value in _texts(side)}
            if texts:
                found.append((compare.ops[0].op, texts))
    return found


def _texts(side: Any) -> list[str]:
    from jinja2 import nodes

    if isinstance(side, nodes.Const):
        return [side.value] if isinstance(side.value, str) else []
    if isinstance(side, (nodes.List, nodes.Tuple)):
        return [text for item in side.items for text in _texts(item)]
    return []


def _all_handled(definition: Definition, whens: Sequence[str]) -> bool:
    """Whether these conditions handle every option of some required choice, so that one of them always holds."""
    return any(
        bool(_choices(field))
        and field.required
        and any(_compared(when, field.name) for when in whens)
        and all(_names(when) == {field.name} for when in whens)
        for field in definition.fields.values()
    )


CHECKS = (unhandled_options,)
