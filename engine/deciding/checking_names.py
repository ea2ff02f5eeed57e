"""Checks of the names that expressions and texts read: fields, actions, tasks, clocks."""

from collections.abc import Iterable, Iterator, Mapping

from engine.deciding.checking_others import wrong_questions
from engine.deciding.expressions import FUNCTIONS, expression
from engine.deciding.scope_words import allowed_names
from engine.defining.checks_authority import decides
from engine.defining.checks_walk import Finding, actions, by_upkeep, doers, expressions, ladders
from engine.defining.clock_parts import pauses
from engine.defining.definition import Definition, LinkedCase
from engine.defining.problems import nearest
from engine.defining.tree import Path
from engine.ground.errors import Invalid
from engine.ground.language import say

TOLD = {
    "missed": (
        "cycle", "standard", "statement", "touchpoint", "part", "first_day", "last_day", "kept", "of", "share", "target", "figures",
    ),
    "reviewing": ("cycle", "title", "standards", "first_day", "last_day", "attainment", "surveys", "breaches", "complaints"),
}
"""What the expressions under these keys of a cycle see."""


def names_in_expressions(definition: Definition) -> Iterator[Finding]:
    """Expressions that cannot be read, or that name something unknown."""
    rungs = {(*owner, "ladder") for _, _, _, owner in ladders(definition)} | {(*path, "then") for _, path in pauses(definition)}
    for text, path in expressions(definition):
        try:
            compiled = expression(text)
        except Invalid as error:
            yield Finding(path, error.message, hint=error.hint)
            continue
        in_rung = any(path[: len(rung)] == rung for rung in rungs)
        yield from unknown(definition, compiled.names, compiled.calls, path, rung=in_rung)
        yield from wrong_questions(definition, compiled.asked, path)


def names_of_upkeep(definition: Definition) -> Iterator[Finding]:
    """Expressions under `missed` and `reviewing` of a cycle that cannot be read, or that name what is not known there."""
    for key, linked in by_upkeep(definition):
        yield from _names_of(key, linked, {*TOLD[key], *definition.values})


def _names_of(key: str, linked: LinkedCase, known: set[str]) -> Iterator[Finding]:
    for name, cases in linked.with_.items():
        for text in (one for case in cases for one in (case.value, case.when) if one is not None):
            path = (key, "with", name)
            try:
                compiled = expression(text)
            except Invalid as error:
                yield Finding(path, error.message, hint=error.hint)
                continue
            for word in sorted({*compiled.names, *(function for function, _ in compiled.calls)} - known):
                yield Finding(path, say("There is nothing named '{name}' to read here", name=word), nearest=nearest(word, sorted(known)),
                              hint=say("These are known here: {names}.", names=", ".join(sorted(known))))


def unknown(
    definition: Definition,
    names: Iterable[str],
    calls: Iterable[tuple[str, str | None]],
    path: Path,
    *,
    rung: bool,
    file: str = "",
    line: int = 0,
) -> Iterator[Finding]:
    """Names that an expression or text reads and that nothing has; actions and clocks that its functions ask for in vain."""
    known = allowed_names(definition, rung=rung)
    for name in sorted(set(names) - known):
        elsewhere = name in allowed_names(definition, rung=True)
        yield Finding(
            path,
            say("There is nothing named '{name}' to read here", name=name),
            nearest="" if elsewhere else nearest(name, sorted(known)),
            hint=say("'{name}' is known only in a ladder.", name=name)
            if elsewhere
            else say("Texts stand in quotes; fields are: {fields}.", fields=", ".join((*definition.fields, *definition.values))),
            file=file,
            line=line,
        )
    deciding = {what.name for what, _ in doers(definition) if decides(what)}
    acts = {action.name for _, action, _ in actions(definition)} | {task.name for _, task in definition.tasks()}
    for function, about in calls:
        among: Mapping[str, object] | set[str] = acts if FUNCTIONS[function] == "act" else definition.all_clocks
        if about is not None and about not in among:
            sentence = (
                say("{function}('{name}'): there is no action or task of that name", function=function, name=about)
                if FUNCTIONS[function] == "act"
                else say("{function}('{name}'): there is no clock of that name", function=function, name=about)
            )
            yield Finding(path, sentence, nearest=nearest(about, sorted(among)), file=file, line=line)
        elif function == "approved" and about not in deciding:
            yield Finding(
                path, say("approved('{name}'): '{name}' decides nothing, so it is never approved", name=about), file=file, line=line,
                hint=say("Give it `limit`, `covers` or `approve`."),
            )
