"""How an expression is read and built: from text through Jinja2's syntax tree to closures.

Only the kinds of syntax listed in `_BUILDERS` exist, so nothing that is not written here can happen: no code is generated,
no attribute of a Python object is reachable, nothing repeats, and the time is bounded by the length of the text.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from engine.deciding.filters import FILTERS
from engine.deciding.operators import ARITHMETIC, Unfit, compare, compute, kind_of, negate, truth
from engine.deciding.values import ATTRIBUTES
from engine.ground.errors import Invalid
from engine.ground.language import say

if TYPE_CHECKING:  # Jinja2 takes 35 ms to import: only procedures with conditions or texts pay for it
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

DEEPEST = 50               # parts inside parts
_BRACKETS = 15             # and signs before a value: what Jinja2 reads by recursion
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_DIGITS = 15               # of a number written in an expression

FUNCTIONS: Mapping[str, str] = {
    "done": "act", "count": "act", "time_of": "act", "actor_of": "act",
    "met": "clock", "breached": "clock", "running": "clock", "due": "clock", "used": "clock",
}
"""The functions of the language, and what their one argument names: an action or task (act), or a clock."""

Evaluate = Callable[[Any], Any]
"""A part of an expression: from what it can see (a mapping) to its value."""


@dataclass(slots=True)
class Notes:
    """What was seen while walking a text: for the checks, and to bound it."""

    text: str
    filters: Mapping[str, tuple[Callable[..., Any], int]] = field(default_factory=lambda: FILTERS)
    names: set[str] = field(default_factory=set)
    calls: list[tuple[str, str | None]] = field(default_factory=list)
    own: tuple[str, ...] = ()            # names of loops around this place
    depth: int = 0

    def refuse(self, what: str, hint: str = "") -> Invalid:
        """The error for something that the language does not have."""
        return Invalid(
            say("'{text}': {what}", text=shortened(self.text), what=what), hint=hint or allowed(),
            expected="expression", value=shortened(self.text),
        )


def allowed() -> str:
    """What an expression may hold, in one sentence."""
    return say(
        "An expression may hold names of fields, texts in quotes, numbers, lists, == != < <= > >= in, and or not, + - * / // %, "
        "`a if b else c`, the filters {filters} and the functions {functions}.",
        filters=", ".join(FILTERS), functions=", ".join(f"{name}('…')" for name in FUNCTIONS),
    )


def shortened(text: str, most: int = 80) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


# --- reading --------------------------------------------------------------------------------------------------------------


@cache
def environment() -> "ImmutableSandboxedEnvironment":
    """Jinja2's sandbox with nothing in it, used for reading only."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False)
    for table in (made.globals, made.filters, made.tests):
        table.clear()
    return made


def parsed(text: str, notes: Notes) -> "nodes.Node":
    """The syntax tree of one expression; raises Invalid where it is not one."""
    from jinja2 import TemplateSyntaxError
    from jinja2.parser import Parser

    try:
        weigh(environment().lexer.tokeniter(text, None, None, "variable"), notes)
        parser = Parser(environment(), text, state="variable")
        tree = parser.parse_expression()
        if not parser.stream.eos:
            raise notes.refuse(say("'{what}' does not belong there", what=str(parser.stream.current.value)))
        return tree
    except TemplateSyntaxError as error:
        raise notes.refuse(say("cannot be read: {reason}", reason=error.message or "")) from error
    except RecursionError as error:
        raise notes.refuse(say("too deep")) from error


def weigh(tokens: Any, notes: Notes) -> None:
    """Refuse what Jinja2's reader would take too long or too deep for, and numbers that it would round."""
    depth = signs = 0
    for _, kind, word in tokens:
        if kind == "operator":
            depth += (word in "([{") - (word in ")]}")
            signs = signs + 1 if word in "+-" else 0
        elif kind != "whitespace":
            signs = signs + 1 if word == "not" else 0
        if depth > _BRACKETS or signs > _BRACKETS:
            raise notes.refuse(say("too deep"))
        if kind in ("integer", "float") and (len(word) > _DIGITS or not _NUMBER.fullmatch(word)):
            raise notes.refuse(say("'{number}' is not a number of at most {most} digits", number=shortened(word), most=_DIGITS))
        if kind == "name" and unicodedata.normalize("NFKC", word) != word:
            raise notes.refuse(say("'{name}' holds characters that look like others", name=word))


# --- building -------------------------------------------------------------------------------------------------------------


def build(node: "nodes.Node", notes: Notes) -> Evaluate:
    """The closure for a part of an expression; raises Invalid for syntax that the language does not have."""
    kind = type(node).__name__
    builder = _BUILDERS.get(kind)
    if builder is None:
        raise notes.refuse(_missing(kind))
    notes.depth += 1
    if notes.depth > DEEPEST:
        raise notes.refuse(say("too deep"))
    made = builder(node, notes)
    notes.depth -= 1
    return made


def _missing(kind: str) -> str:
    known = {
        "Test": say("there is no `is`; write `x == …`, or `not x` for an empty field"), "Pow": say("there are no powers"),
        "Concat": say("there is no `~`; put texts together with +"), "Getitem": say("nothing can be taken out with [ ]"),
        "Dict": say("there are no values in braces"),
    }
    return known.get(kind) or say("{what} is not part of the language", what=kind.lower())


def _const(node: Any, notes: Notes) -> Evaluate:
    value = node.value
    if value is None:
        raise notes.refuse(say("there is no `none`; write `not x` for an empty field"))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = Decimal(repr(value))   # exact: `weigh` let no number pass with more digits than a float keeps
    return lambda scope: value


def _name(node: Any, notes: Notes) -> Evaluate:
    name = node.name
    if name in FUNCTIONS:
        raise notes.refuse(say("{function} is a function: {function}('…')", function=name))
    if name.startswith("_"):
        raise notes.refuse(say("no name begins with _"))
    if name not in notes.own:
        notes.names.add(name)
    return lambda scope: scope[name]


def _list(node: Any, notes: Notes) -> Evaluate:
    items = [build(item, notes) for item in node.items]
    return lambda scope: [item(scope) for item in items]


def _compare(node: Any, notes: Notes) -> Evaluate:
    first = build(node.expr, notes)
    rest = [(operand.op, build(operand.expr, notes)) for operand in node.ops]
    if len(rest) == 1:
        sign, second = rest[0]
        return lambda scope: compare(sign, first(scope), second(scope))

    def chain(scope: Any) -> bool:
        left = first(scope)
        for sign, other in rest:
            right = other(scope)
            if not compare(sign, left, right):
                return False
            left = right
        return True
    return chain


def _and(node: Any, notes: Notes) -> Evaluate:
    left, right = build(node.left, notes), build(node.right, notes)
    return lambda scope: right(scope) if truth(value := left(scope)) else value


def _or(node: Any, notes: Notes) -> Evaluate:
    left, right = build(node.left, notes), build(node.right, notes)
    return lambda scope: value if truth(value := left(scope)) else right(scope)


def _not(node: Any, notes: Notes) -> Evaluate:
    inner = build(node.node, notes)
    return lambda scope: not truth(inner(scope))


def _arithmetic(node: Any, notes: Notes) -> Evaluate:
    name = type(node).__name__
    left, right = build(node.left, notes), build(node.right, notes)
    return lambda scope: compute(name, left(scope), right(scope))


def _minus(node: Any, notes: Notes) -> Evaluate:
    inner = build(node.node, notes)
    return lambda scope: negate(inner(scope))


def _conditional(node: Any, notes: Notes) -> Evaluate:
    test, yes = build(node.test, notes), build(node.expr1, notes)
    no = build(node.expr2, notes) if node.expr2 is not None else lambda scope: None
    return lambda scope: yes(scope) if truth(test(scope)) else no(scope)


def _filter(node: Any, notes: Notes) -> Evaluate:
    if node.node is None or node.name not in notes.filters:
        raise notes.refuse(say("there is no filter '{name}'; there are {known}", name=node.name, known=", ".join(notes.filters)))
    work, most = notes.filters[node.name]
    if node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) > most:
        raise notes.refuse(say("the filter {name} takes at most {most} plain values", name=node.name, most=most))
    value, args = build(node.node, notes), [build(arg, notes) for arg in node.args]
    if not args:
        return lambda scope: work(value(scope))
    return lambda scope: work(value(scope), *(arg(scope) for arg in args))


def _call(node: Any, notes: Notes) -> Evaluate:
    from jinja2 import nodes

    if not isinstance(node.node, nodes.Name) or node.node.name not in FUNCTIONS:
        name = node.node.name if isinstance(node.node, nodes.Name) else "( )"
        raise notes.refuse(say("'{name}' cannot be called; there are {known}", name=name, known=", ".join(FUNCTIONS)))
    name = node.node.name
    one = node.args[0] if len(node.args) == 1 else None
    if not isinstance(one, nodes.Const) or not isinstance(one.value, str) or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise notes.refuse(say("{function} takes one name in quotes: {function}('…')", function=name))
    about = one.value
    notes.calls.append((name, about))
    return lambda scope: scope[name](about)


def _attribute(node: Any, notes: Notes) -> Evaluate:
    name, inner = node.attr, build(node.node, notes)
    if not any(name in names for names in ATTRIBUTES.values()):
        known = ", ".join(sorted(frozenset[str]().union(*ATTRIBUTES.values())))
        raise notes.refuse(say("there is no .{name}; there are {known}", name=name, known=known))

    def attribute(scope: Any) -> Any:
        value = inner(scope)
        if value is None:
            return None
        if name not in ATTRIBUTES.get(type(value), ()):
            raise Unfit(say("{kind} has no .{name}", kind=kind_of(value), name=name))
        return getattr(value, name)
    return attribute


_BUILDERS: Mapping[str, Callable[[Any, Notes], Evaluate]] = {
    "Const": _const, "Name": _name, "List": _list, "Tuple": _list, "Compare": _compare, "And": _and, "Or": _or, "Not": _not,
    "Neg": _minus, "CondExpr": _conditional, "Filter": _filter, "Call": _call, "Getattr": _attribute,
    **dict.fromkeys(ARITHMETIC, _arithmetic),
}
