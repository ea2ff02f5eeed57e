"""Checks of notices: texts that are missing or belong to nothing, notices that nothing sends or that cannot arrive."""

from collections.abc import Iterator

from engine.defining.checks_walk import Finding, View, notices_sent, possible
from engine.defining.completing import BUILT_IN_NOTICES
from engine.defining.definition import WhoKind
from engine.ground.language import say

HTML = ".html"


def missing_texts(view: View) -> Iterator[Finding]:
    """Notices without a text in a language that the procedure declares."""
    for name in view.definition.notices:
        there = view.definition.texts.get(name, {})
        for language in view.definition.languages:
            if language not in there:
                yield Finding(
                    ("notices", name),
                    say("The notice '{name}' has no text in '{language}'", name=name, language=language),
                    hint=say(
                        "Write notices/{name}.{language}.j2: first line `Subject: …`, an empty line, the text.",
                        name=name,
                        language=language,
                    ),
                )


def html_alone(view: View) -> Iterator[Finding]:
    """HTML forms in a language that has no plain text."""
    for key, texts in view.definition.texts.items():
        name = key.removesuffix(HTML)
        for language in texts if key.endswith(HTML) else ():
            if language not in view.definition.texts.get(name, {}):
                yield Finding(
                    (),
                    say("An HTML form without a plain text"),
                    file=f"notices/{name}.{language}{HTML}.j2",
                    hint=say(
                        "Write notices/{name}.{language}.j2: first line `Subject: …`, an empty line, the text.",
                        name=name,
                        language=language,
                    ),
                )


def unsent_notices(view: View) -> Iterator[Finding]:
    """Notices that nothing sends."""
    definition = view.definition
    sent = {name for name, _ in notices_sent(definition)}
    for name in definition.notices:
        if name not in sent and name not in BUILT_IN_NOTICES:
            yield Finding(
                ("notices", name),
                say("Nothing sends the notice '{name}'", name=name),
                severity="warning",
                hint=say("Name it with `notice: {name}` at an action, a state or a rung, or remove it.", name=name),
            )


def channels(view: View) -> Iterator[Finding]:
    """Notices without a channel, with one named twice, and mandatory ones with a single channel."""
    for notice in view.definition.notices.values():
        path = ("notices", notice.name, "via")
        if not notice.via:
            yield Finding(
                path, say("The notice '{name}' has no channel", name=notice.name), hint=say("Write for example `via: [email, letter]`.")
            )
        if len(set(notice.via)) < len(notice.via):
            yield Finding(path, say("A channel stands twice"), severity="warning")
        if notice.mandatory and len(set(notice.via)) == 1:
            yield Finding(
                path,
                say("'{name}' is mandatory but has one channel only", name=notice.name),
                severity="warning",
                hint=say("Add another to fall back on, for example `via: [{first}, letter]`.", first=notice.via[0]),
            )
        if any(who.kind in (WhoKind.SYSTEM, WhoKind.ANYONE) for who in possible(notice.to)):
            yield Finding(
                ("notices", notice.name, "to"),
                say("'{name}' goes to nobody who could read it", name=notice.name),
                expected=say("a role, person, owner or customer"),
            )


def repeated_languages(view: View) -> Iterator[Finding]:
    """No language, or one language twice."""
    languages = view.definition.languages
    if not languages:
        yield Finding(("languages",), say("No language is declared"), expected="[zh, en]")
    elif len(set(languages)) < len(languages):
        yield Finding(("languages",), say("A language stands twice"), severity="warning")


CHECKS = (missing_texts, html_alone, unsent_notices, channels, repeated_languages)
