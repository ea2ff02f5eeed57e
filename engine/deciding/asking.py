"""What a definition asks of other cases: every `others(…)` in its expressions and texts."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from engine.deciding.expressions import Compiled, expression
from engine.deciding.others import Asked
from engine.deciding.templates import CompiledTemplate, template
from engine.defining.checks_notices import HTML
from engine.defining.checks_walk import expressions
from engine.defining.definition import Definition
from engine.ground.errors import Invalid

_WORD = "others"           # what does not hold it need not be compiled to be known not to ask


def fields_asked(definition: Definition) -> frozenset[str]:
    """The fields whose values cases must keep for each other."""
    return frozenset(name for asked in _asked(definition) for name in asked.fields) & definition.fields.keys()


def _asked(definition: Definition) -> Iterator[Asked]:
    """What is asked; an expression or text that cannot be read asks nothing."""
    spoken: list[Callable[[], Compiled | CompiledTemplate]] = []
    spoken += [partial(expression, text) for text, _ in expressions(definition) if _WORD in text]
    for key, texts in definition.texts.items():
        spoken += [partial(template, text, key.endswith(HTML)) for text in texts.values() if _WORD in text]
    for compiled in spoken:
        with suppress(Invalid):
            yield from compiled().asked
