"""From a syntax tree to closures: every kind of syntax that the expression language has, and no other.

Only what is listed in `_BUILDERS` exists, so nothing that is not written here can happen: no code is generated, no attribute
of a Python object is reachable, nothing repeats, and the time is bounded by the length of the text.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.deciding.asked import Asked, parse_since
from engine.deciding.operators import ARITHMETIC, Unfit, compare, compute, kind_of, negate, truth
from engine.deciding.syntax import FUNCTIONS, Notes, form_of
from engine.deciding.values import ATTRIBUTES
from engine.ground.errors import Invalid
from engine.ground.language import say

if TYPE_CHECKING:  # Jinja2 takes 35 ms to import: only procedures with conditions or texts pay for it
    from jinja2 import nodes

DEEPEST = 50               # parts inside parts

Evaluate = Callable[[Any], Any]
"""A part of an expression: from what it can see (a mapping) to its value."""


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
    value = _written(node)
    if value is None:
        raise notes.refuse(say("there is no `none`; write `not x` for an empty field"))
    return lambda scope: value


def _written(node: Any) -> Any:
    """The value of a constant; None for anything that must be worked out."""
    value = getattr(node, "value", None) if type(node).__name__ == "Const" else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(repr(value))    # exact: `weigh` let no number pass with more digits than a float keeps
    return value


def _name(node: Any, notes: Notes) -> Evaluate:
    name = node.name
    if name in FUNCTIONS:
        raise notes.refuse(say("{function} is a function: {form}", function=name, form=form_of(name)))
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

    called = node.node
    if isinstance(called, nodes.Getattr) and called.attr == "sum" and _is_others(called.node):
        return _others(called.node, notes, _field_summed(node, notes))
    if not isinstance(called, nodes.Name) or called.name not in FUNCTIONS:
        name = called.name if isinstance(called, nodes.Name) else "( )"
        raise notes.refuse(say("'{name}' cannot be called; there are {known}", name=name, known=", ".join(FUNCTIONS)))
    return _CALLS[FUNCTIONS[called.name]](node, notes)


def _about(node: Any, notes: Notes) -> Evaluate:
    """A function that takes one name in quotes."""
    name = node.node.name
    about = _quoted(node)
    if about is None:
        raise notes.refuse(say("{function} takes one name in quotes: {form}", function=name, form=form_of(name)))
    notes.calls.append((name, about))
    return lambda scope: scope[name](about)


def _quoted(node: Any) -> str | None:
    """The one text in quotes that a call is given; None when it is given anything else."""
    from jinja2 import nodes

    one = node.args[0] if len(node.args) == 1 else None
    if not isinstance(one, nodes.Const) or not isinstance(one.value, str) or node.kwargs or node.dyn_args or node.dyn_kwargs:
        return None
    return one.value


def _between(node: Any, notes: Notes) -> Evaluate:
    """A function that takes two values."""
    name = node.node.name
    if len(node.args) != 2 or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise notes.refuse(say("{function} takes two dates or moments: {form}", function=name, form=form_of(name)))
    first, second = (build(arg, notes) for arg in node.args)
    notes.calls.append((name, None))
    return lambda scope: scope[name](first(scope), second(scope))


def _others_alone(node: Any, notes: Notes) -> Evaluate:
    raise notes.refuse(say("ask others(…) for .count or .sum('field')"))


_CALLS: Mapping[str, Callable[[Any, Notes], Evaluate]] = {"act": _about, "clock": _about, "dates": _between, "cases": _others_alone}


def _is_others(node: Any) -> bool:
    from jinja2 import nodes

    return isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and FUNCTIONS.get(node.node.name) == "cases"


def _field_summed(node: Any, notes: Notes) -> str:
    about = _quoted(node)
    if about is None:
        raise notes.refuse(say(".sum takes the name of a field in quotes: {form}", form=f"{form_of('others')}.sum('amount')"))
    return about


def _others(node: Any, notes: Notes, total: str | None) -> Evaluate:
    """`others(field, like=value, since='90 days')`, counted or summed: what is asked is known from the text alone."""
    from jinja2 import nodes

    shared = node.args[0] if len(node.args) == 1 else None
    if not isinstance(shared, nodes.Name) or node.dyn_args or node.dyn_kwargs:
        raise notes.refuse(say("others takes one field by its name, without quotes: {form}", form=form_of("others")))
    if len({keyword.key for keyword in node.kwargs}) < len(node.kwargs):
        raise notes.refuse(say("others takes each field once"))
    since, like, values = None, [], []
    for keyword in node.kwargs:
        if keyword.key == "since":
            try:
                since = parse_since(_written(keyword.value))
            except Invalid as error:
                raise notes.refuse(error.message, error.hint) from error
        else:
            like.append((keyword.key, _written(keyword.value)))
            values.append(build(keyword.value, notes))
    asked = Asked(shared.name, tuple(like), since, total)
    notes.names.add(shared.name)
    notes.calls.append((node.node.name, None))
    notes.asked.append(asked)
    return lambda scope: scope["others"](asked, [value(scope) for value in values])


def _attribute(node: Any, notes: Notes) -> Evaluate:
    if node.attr == "count" and _is_others(node.node):
        return _others(node.node, notes, None)
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
        return getattr(value, "class_" if name == "class" else name)
    return attribute


_BUILDERS: Mapping[str, Callable[[Any, Notes], Evaluate]] = {
    "Const": _const, "Name": _name, "List": _list, "Tuple": _list, "Compare": _compare, "And": _and, "Or": _or, "Not": _not,
    "Neg": _minus, "CondExpr": _conditional, "Filter": _filter, "Call": _call, "Getattr": _attribute,
    **dict.fromkeys(ARITHMETIC, _arithmetic),
}
