"""Checks of notice texts: that they can be read, name only what exists, and use the values that `contains:` promises."""

import re
from collections.abc import Iterator
from typing import Any

from engine.deciding.checking_names import unknown
from engine.deciding.checking_others import wrong_questions
from engine.deciding.scope_words import RUNG_WORDS
from engine.deciding.syntax import environment
from engine.deciding.templates import CompiledTemplate, template
from engine.deciding.wording import split_notice
from engine.defining.checks_notices import HTML
from engine.defining.checks_walk import Finding, ladders, sent
from engine.defining.clock_parts import pauses
from engine.defining.completing import BUILT_IN_NOTICES
from engine.defining.definition import Definition, Notice
from engine.defining.problems import nearest
from engine.ground.errors import Invalid
from engine.ground.language import say

_OF_CLOCK = frozenset({"due", "used"})


def texts_that_cannot_be_read(definition: Definition) -> Iterator[Finding]:
    """Texts with a mistake in their syntax, without a subject, or with a name that nothing has."""
    for notice, language, text, html in _texts(definition):
        file = _file(notice, language, html)
        for first, part in _parts(text, html):
            try:
                compiled = template(part, html)
            except Invalid as error:
                yield Finding((), error.message, hint=error.hint, file=file, line=_line_of(error.message, first))
                continue
            for name in sorted(compiled.names):
                yield from unknown(definition, [name], [], (), rung=True, file=file, line=_line_with(part, name, first))
            for function, about in compiled.calls:
                line = _line_with(part, about or function, first)
                yield from unknown(definition, [], [(function, about)], (), rung=True, file=file, line=line)
            line = _line_with(part, "others", first)
            yield from wrong_questions(definition, compiled.asked, (), file=file, line=line)


def promises(definition: Definition) -> Iterator[Finding]:
    """Values under `contains:` that do not exist, or that a text does not show whatever the case."""
    known = ["number", "contact", *definition.fields, *(f"clock {name}" for name in definition.all_clocks)]
    for notice in definition.notices.values():
        for index, value in enumerate(notice.contains):
            if value not in known:
                path = ("notices", notice.name, "contains", index)
                yield Finding(path, say("There is no value '{value}' to contain", value=value), nearest=nearest(value, known))
    for name, language, text, html in _texts(definition):
        promised = [value for value in definition.notices[name].contains if value in known] if name in definition.notices else []
        shown = _shown(definition, definition.notices[name], text, html) if promised else set()
        for value in promised:
            if value not in shown:
                yield Finding(
                    (),
                    say("The text does not always show '{value}', which `contains` promises", value=value),
                    file=_file(name, language, html),
                    hint=say("Write {example} outside of any condition.", example=_example(value)),
                )


def rung_words(definition: Definition) -> Iterator[Finding]:
    """Words of a rung in the text of a notice that no rung sends: they would be empty."""
    in_rungs = {
        name for notice in definition.notices.values() for name in [notice.name] if _clocks_sending(definition, notice)
    } | BUILT_IN_NOTICES
    for notice, language, text, html in _texts(definition):
        for first, part in _parts(text, html):
            compiled = _compiled(part, html)
            for name in sorted(compiled.names & RUNG_WORDS if compiled and notice not in in_rungs else ()):
                if name not in definition.fields:
                    yield Finding(
                        (),
                        say("'{name}' is empty here: no ladder sends this notice", name=name),
                        file=_file(notice, language, html),
                        line=_line_with(part, name, first),
                        severity="warning",
                        hint=say("Use for example due('…') with the name of a clock."),
                    )


def _texts(definition: Definition) -> Iterator[tuple[str, str, str, bool]]:
    for key, texts in definition.texts.items():
        for language, text in texts.items():
            yield key.removesuffix(HTML), language, text, key.endswith(HTML)


def _file(notice: str, language: str, html: bool) -> str:
    return f"notices/{notice}.{language}{HTML if html else ''}.j2"


def _parts(text: str, html: bool) -> list[tuple[int, str]]:
    """Subject and body, each with the line of the file at which it begins; of HTML the whole."""
    if html:
        return [(1, text)]
    try:
        subject, body = split_notice(text)
    except Invalid:
        return [(1, text)]  # reported by the reader
    return [(1, subject), (text.count("\n") - body.count("\n") + 1, body)]


def _line_with(text: str, word: str, first: int) -> int:
    """The line of the file in which a word stands within a hole."""
    for hole in re.finditer(r"\{[{%].*?[%}]\}", text, re.DOTALL):
        match = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", hole[0])
        if match:
            return first + text.count("\n", 0, hole.start() + match.start())
    return first


def _line_of(message: str, first: int) -> int:
    found = re.search(r"(?:line|第) ?(\d+)", message)
    return first + int(found[1]) - 1 if found else first


def _compiled(text: str, html: bool) -> CompiledTemplate | None:
    try:
        return template(text, html)
    except Invalid:
        return None


# --- what a text shows whatever the case ------------------------------------------------------------------------------------


def _shown(definition: Definition, notice: Notice, text: str, html: bool) -> set[str]:
    """Fields, `number`, `contact` and `clock x` that the text shows whatever branch of it is taken."""
    found: set[str] = set()
    for _, part in _parts(text, html):
        if _compiled(part, html) is None:
            return {*definition.fields, "number", "contact", *(f"clock {name}" for name in definition.all_clocks)}  # found elsewhere
        found |= _always(environment().parse(part).body)
    if found & {"due_at", "reminders"}:
        found |= {f"clock {name}" for name in _clocks_sending(definition, notice)}
    return found


def _always(body: Any) -> set[str]:
    from jinja2 import nodes

    found: set[str] = set()
    for node in body:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                found |= _read(part)
        elif isinstance(node, nodes.If):
            branches = [_always(node.body), *(_always(one.body) for one in node.elif_), _always(node.else_)]
            found |= set.intersection(*branches)
            found |= {
                name for name in _read(node.test) if _read(node.test) == {name} and name in branches[0]
            }  # shown when it says something
        elif isinstance(node, nodes.For) and _read(node.iter) and _always(node.body):
            found |= _read(node.iter)
    return found


def _read(part: Any) -> set[str]:
    from jinja2 import nodes

    found = {part.name} if isinstance(part, nodes.Name) else {name.name for name in part.find_all(nodes.Name)}
    calls = [part] if isinstance(part, nodes.Call) else []
    for call in (*calls, *part.find_all(nodes.Call)):
        if isinstance(call.node, nodes.Name) and call.node.name in _OF_CLOCK and call.args and isinstance(call.args[0], nodes.Const):
            found.add(f"clock {call.args[0].value}")
    return found


def _clocks_sending(definition: Definition, notice: Notice) -> list[str]:
    """The clocks that send the notice when a point of them is reached: a rung, or the end of a pause."""
    pausing = [str(path[1]) for pause, path in pauses(definition) if notice.name in sent(pause.then)]
    return pausing + [
        clock
        for clock, _, rungs, _ in ladders(definition)
        if any(notice.name in sent(rung.do) for rung in rungs)
    ]


def _example(value: str) -> str:
    return f"{{{{ due('{value.removeprefix('clock ')}') }}}}" if value.startswith("clock ") else f"{{{{ {value} }}}}"


CHECKS = (texts_that_cannot_be_read, promises, rung_words)
