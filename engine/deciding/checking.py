"""The whole check of a bundle: what its structure says (`engine.defining.checks`), and what its expressions and texts say.

`check_all` is what `definition check` prints and what publishing refuses by. Pure: no database, no clock.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial

from engine.deciding import checking_clocks, checking_options, checking_others, checking_texts, checking_values, fields, patterns
from engine.deciding.checking_others import wrong_questions
from engine.deciding.expressions import FUNCTIONS, expression
from engine.deciding.numbering import check_pattern
from engine.deciding.readers import bounds
from engine.deciding.scope_words import allowed_names
from engine.defining.bundle import Bundle
from engine.defining.checks import check, problems_of
from engine.defining.checks_authority import decides
from engine.defining.checks_walk import Finding, actions, by_system, doers, expressions, ladders, written_actions
from engine.defining.clock_parts import pauses
from engine.defining.definition import Definition, Field, FieldType
from engine.defining.organisation import Organisation
from engine.defining.problems import Problem, nearest
from engine.defining.tree import Path, Tree
from engine.ground.errors import Invalid
from engine.ground.language import say


def check_all(
    bundle: Bundle, organisation: Organisation | None = None, calendars: Collection[str] | None = None,
    others: Mapping[str, Definition] | None = None, published: Collection[str] | None = None,
) -> list[Problem]:
    """Every problem of a bundle that was read without problems: errors first, each by its place.

    `organisation` and `calendars` (a collection of names, or a mapping by name) are what the house has; when one is not given, nothing
    is said about it. `others` are procedures that it opens cases of, `published` those in force where it is to be published.
    """
    return check_definition(bundle.definition, organisation, calendars, bundle.places, others, published)


def check_definition(
    definition: Definition, organisation: Organisation | None = None, calendars: Collection[str] | None = None, places: Tree | None = None,
    others: Mapping[str, Definition] | None = None, published: Collection[str] | None = None,
) -> list[Problem]:
    """The same for a definition after `complete`; `places` is the tree of its `procedure.yaml`."""
    structure = check(definition, organisation, calendars, places, others, published)
    spoken = problems_of((finding for one in CHECKS for finding in one(definition)), places)
    return sorted(dict.fromkeys([*structure, *spoken]), key=lambda p: (p.severity != "error", p.file, p.line, p.column))


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


def waiting_for_used_time(definition: Definition) -> Iterator[Finding]:
    """System actions whose condition reads `used(…)`, which grows while nothing happens, so that nobody would look."""
    for action, path in written_actions(definition):
        try:
            calls = expression(action.when).calls if action.when is not None and by_system(action) else ()
        except Invalid:
            continue     # found elsewhere
        for function, clock in calls:
            if function == "used":
                yield Finding(
                    (*path, "when"),
                    say("The scheduler does not watch used('{clock}') grow to take '{name}'", clock=clock, name=action.name),
                    hint=say("Let a rung of the clock take it: `ladder: [{{at: 50%, act: {name}}}]`.", name=action.name),
                )


def values(definition: Definition) -> Iterator[Finding]:
    """Lengths, patterns and defaults of fields, and patterns of numbers, that would be refused when a case uses them."""
    yield from _tried(("number",), partial(check_pattern, definition.number))
    for field in definition.fields.values():
        path = ("fields", field.name)
        if field.type is FieldType.TEXT:
            yield from _tried((*path, "length"), partial(bounds, field.length))
            yield from _tried((*path, "pattern"), partial(_pattern, field))
        if field.default is not None and not field.options:  # one that is no option is found by the checks of the structure
            yield from _tried((*path, "default"), partial(fields.parse, field, field.default, "UTC"))


def _pattern(field: Field) -> None:
    if field.pattern is not None:
        patterns.pattern(field.pattern, bounds(field.length)[1] if field.length else patterns.LONGEST_MATCHED)


def _tried(path: Path, use: Callable[[], object]) -> Iterator[Finding]:
    try:
        use()
    except Invalid as error:
        yield Finding(path, error.message, hint=error.hint)


CHECKS = (
    names_in_expressions, waiting_for_used_time, values, *checking_clocks.CHECKS, *checking_texts.CHECKS, *checking_options.CHECKS,
    *checking_others.CHECKS, *checking_values.CHECKS,
)
