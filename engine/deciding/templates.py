"""Notice texts as templates: text with `{{ … }}`, `{% if %} … {% elif %} … {% else %}` and `{% for x in list %}`.

Nothing else of Jinja2 exists in them. What stands in the holes is printed by `engine.deciding.printing`; in HTML it is
escaped, whoever wrote it.
"""

import html as markup
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine.deciding.asked import Asked
from engine.deciding.building import Evaluate, build
from engine.deciding.filters import FILTERS
from engine.deciding.operators import Unfit, empty, truth
from engine.deciding.printing import joined, printed, time_of
from engine.deciding.syntax import Notes, environment, shortened, weigh
from engine.deciding.values import day_of
from engine.ground.errors import Invalid
from engine.ground.language import say

LONGEST_OUTPUT = 100_000   # characters that a text may become
LONGEST_TEMPLATE = 50_000
LONGEST_LOOP = 1_000       # items that the loops of a text go through
_DEEPEST_LOOP = 2


def _date_only(value: Any) -> Any:
    return day_of(value) if isinstance(value, datetime) else value


def _time_only(value: Any) -> Any:
    if value is not None and not isinstance(value, datetime):
        raise Unfit(say("only a moment has a time"))
    return None if value is None else time_of(value)


class _Joined(tuple[Any, ...]):
    """A list to be printed with something of the author's between its items."""

    between: str = ", "


def _join(value: Any, between: Any = ", ") -> Any:
    if value is not None and not isinstance(value, (list, tuple)):
        raise Unfit(say("only a list can be joined"))
    made = _Joined(value or ())
    made.between = str(between)
    return made


TEXT_FILTERS: Mapping[str, tuple[Callable[..., Any], int]] = {
    **FILTERS, "date": (_date_only, 0), "time": (_time_only, 0), "join": (_join, 1),
}
"""The filters of notice texts: those of expressions, and three that shape what is printed."""


class _Page:
    """What is being written: the pieces so far, their length, the language, how values are escaped, names of loops."""

    __slots__ = ("escape", "language", "length", "names", "pieces", "scope", "steps")

    def __init__(self, scope: Mapping[str, Any], language: str, escape: bool) -> None:
        self.scope, self.language, self.escape = scope, language, escape
        self.names: dict[str, Any] = {}
        self.pieces: list[str] = []
        self.length = self.steps = 0

    def __getitem__(self, name: str) -> Any:
        return self.names[name] if name in self.names else self.scope[name]

    def grow(self, by: int) -> None:
        """Make room for so many characters; raises Unfit when the page grows beyond its bound."""
        self.length += by
        if self.length > LONGEST_OUTPUT:
            raise Unfit(say("the text would be longer than {most} characters", most=LONGEST_OUTPUT))

    def show(self, value: Any) -> None:
        """Print a value onto the page, escaped where the page is HTML."""
        text = joined(value, self.language, value.between) if isinstance(value, _Joined) else printed(value, self.language)
        text = markup.escape(text) if self.escape else text
        self.grow(len(text))
        self.pieces.append(text)


Write = Callable[[_Page], None]


@dataclass(frozen=True, slots=True, eq=False)
class CompiledTemplate:
    """A text with holes, ready to be filled."""

    text: str
    names: frozenset[str]
    """The names it reads, functions and its own loop names not included."""
    calls: tuple[tuple[str, str | None], ...]
    """The functions it calls, each with the name given to it."""
    asked: tuple[Asked, ...]
    """What it asks of other cases."""
    _write: Write
    _html: bool

    def render(self, scope: Mapping[str, Any], language: str = "") -> str:
        """The finished text in that language; raises Invalid when a value does not fit, a name is unknown, or it grows too long."""
        page = _Page(scope, language, self._html)
        try:
            self._write(page)
            return "".join(page.pieces)
        except Unfit as error:
            why = str(error)
        except KeyError as error:
            why = say("there is no '{name}' here", name=str(error.args[0]))
        raise Invalid(say("the text '{text}': {what}", text=shortened(self.text), what=why), expected="text", value=shortened(self.text))


@lru_cache(maxsize=1024)
def template(text: str, html: bool = False) -> CompiledTemplate:
    """Compile a text once; raises Invalid saying what texts may not hold. With `html` every value is escaped."""
    from jinja2 import TemplateSyntaxError

    notes = Notes(text, filters=TEXT_FILTERS)
    if len(text) > LONGEST_TEMPLATE:
        raise notes.refuse(say("longer than {most} characters", most=LONGEST_TEMPLATE))
    try:
        weigh((token for token in environment().lex(text) if token[1] not in ("data", "raw_begin", "raw_end")), notes)
        tree = environment().parse(text)
    except TemplateSyntaxError as error:
        raise notes.refuse(say("line {line}: {reason}", line=error.lineno, reason=error.message or "")) from error
    except RecursionError as error:
        raise notes.refuse(say("too deep")) from error
    write = _body(tree.body, notes)
    return CompiledTemplate(text, frozenset(notes.names), tuple(notes.calls), tuple(notes.asked), write, html)


def _body(parts: Any, notes: Notes) -> Write:
    notes.depth += 1
    if notes.depth > 30:
        raise notes.refuse(say("too deep"))
    pieces = [piece for part in parts for piece in _part(part, notes)]
    notes.depth -= 1
    length = sum(len(piece) for piece in pieces if isinstance(piece, str))

    def body(page: _Page) -> None:
        page.grow(length)
        put = page.pieces.append
        for piece in pieces:
            if isinstance(piece, str):
                put(piece)
            else:
                piece(page)
    return body


def _part(node: Any, notes: Notes) -> Iterator[str | Write]:
    """The pieces of a text: what stands there as it is, and what writes."""
    kind = type(node).__name__
    if kind == "Output":
        for one in node.nodes:
            yield one.data if type(one).__name__ == "TemplateData" else _hole(build(one, notes))
    elif kind == "If":
        yield _choice(node, notes)
    elif kind == "For":
        yield _loop(node, notes)
    else:
        raise notes.refuse(
            say("line {line}: {what} is not part of notice texts", line=node.lineno, what=kind.lower()),
            say("A text may hold {syntax}.", syntax="{{ … }}, {% if %} {% elif %} {% else %} {% endif %}, {% for x in … %} {% endfor %}"),
        )


def _hole(value: Evaluate) -> Write:
    return lambda page: page.show(value(page))


def _choice(node: Any, notes: Notes) -> Write:
    branches = [(build(one.test, notes), _body(one.body, notes)) for one in (node, *node.elif_)]
    otherwise = _body(node.else_, notes)

    def choose(page: _Page) -> None:
        for test, body in branches:
            if truth(test(page)):
                return body(page)
        return otherwise(page)
    return choose


def _loop(node: Any, notes: Notes) -> Write:
    if type(node.target).__name__ != "Name" or node.recursive or node.test is not None or len(notes.own) >= _DEEPEST_LOOP:
        loop = "{% for x in list %}"
        raise notes.refuse(say("line {line}: a loop reads {loop}, at most two inside each other", line=node.lineno, loop=loop))
    name, items = node.target.name, build(node.iter, notes)
    if name in notes.own or name.startswith("_"):
        raise notes.refuse(say("line {line}: the name '{name}' cannot be used here", line=node.lineno, name=name))
    outer, notes.own = notes.own, (*notes.own, name)
    body = _body(node.body, notes)
    notes.own = outer
    otherwise = _body(node.else_, notes)

    def go(page: _Page) -> None:
        values = items(page)
        if empty(values):
            return otherwise(page)
        if not isinstance(values, (list, tuple)):
            raise Unfit(say("'for' needs a list"))
        for value in values:
            page.steps += 1
            if page.steps > LONGEST_LOOP:
                raise Unfit(say("a text goes through at most {most} items", most=LONGEST_LOOP))
            page.names[name] = value
            body(page)
        del page.names[name]
        return None
    return go
