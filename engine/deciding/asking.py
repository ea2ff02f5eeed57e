"""What a definition says in its expressions and texts, all together: what it asks of other cases, which names it reads."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from engine.deciding.expressions import Compiled, expression
from engine.deciding.templates import CompiledTemplate, template
from engine.defining.checks_notices import HTML
from engine.defining.checks_walk import expressions
from engine.defining.definition import Definition
from engine.ground.errors import Invalid


def fields_asked(definition: Definition) -> frozenset[str]:
    """The fields whose values cases must keep for each other."""
    asked = (one for compiled in _compiled(definition, "others") for one in compiled.asked)
    return frozenset(name for one in asked for name in one.fields) & definition.fields.keys()


def names_read(definition: Definition) -> frozenset[str]:
    """Every name that an expression or text reads."""
    return frozenset[str]().union(*(compiled.names for compiled in _compiled(definition)))


def _compiled(definition: Definition, holding: str = "") -> Iterator[Compiled | CompiledTemplate]:
    """Every expression and text in which that word stands; those that cannot be read are left out, the check finds them."""
    spoken: list[Callable[[], Compiled | CompiledTemplate]] = []
    spoken += [partial(expression, text) for text, _ in expressions(definition) if holding in text]
    for key, texts in definition.texts.items():
        spoken += [partial(template, text, key.endswith(HTML)) for text in texts.values() if holding in text]
    for compiled in spoken:
        with suppress(Invalid):
            yield compiled()
