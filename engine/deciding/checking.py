"""The whole check of a bundle: what its structure says (`engine.defining.checks`), and what its expressions and texts say.

`check_all` is what `definition check` prints and what publishing refuses by. Pure: no database, no clock.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial

from engine.deciding import checking_clocks, checking_options, checking_others, checking_texts, checking_values, fields, patterns
from engine.deciding.checking_classes import unknown_classes
from engine.deciding.checking_names import names_in_expressions, names_of_upkeep
from engine.deciding.expressions import expression
from engine.deciding.numbering import check_pattern
from engine.deciding.readers import bounds
from engine.defining.bundle import Bundle
from engine.defining.checks import check, problems_of
from engine.defining.checks_walk import Finding, by_system, written_actions
from engine.defining.definition import Definition, Field, FieldType
from engine.defining.organisation import Organisation
from engine.defining.problems import Problem
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
    found = check_definition(bundle.definition, organisation, calendars, bundle.places, others, published)
    return in_order([*_of_cycle(bundle), *found]) if bundle.cycle is not None else found


def _of_cycle(bundle: Bundle) -> list[Problem]:
    """What of the standards of a cycle is not SMART."""
    from engine.defining import checks_smart  # procedures are checked without it

    assert bundle.cycle is not None
    return problems_of((found for one in checks_smart.CHECKS for found in one(bundle.cycle)), bundle.places)


def check_definition(
    definition: Definition, organisation: Organisation | None = None, calendars: Collection[str] | None = None, places: Tree | None = None,
    others: Mapping[str, Definition] | None = None, published: Collection[str] | None = None,
) -> list[Problem]:
    """The same for a definition after `complete`; `places` is the tree of its `procedure.yaml`."""
    structure = check(definition, organisation, calendars, places, others, published)
    spoken = problems_of((finding for one in CHECKS for finding in one(definition)), places)
    return in_order([*structure, *spoken, *problems_of(unknown_classes(definition, organisation), places)])


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, errors first, by place."""
    return sorted(dict.fromkeys(problems), key=lambda p: (p.severity != "error", p.file, p.line, p.column))


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
    names_in_expressions, names_of_upkeep, waiting_for_used_time, values, *checking_clocks.CHECKS, *checking_texts.CHECKS,
    *checking_options.CHECKS, *checking_others.CHECKS, *checking_values.CHECKS,
)
