"""Finished messages: the texts of a notice with the figures of this moment, in the language of its reader."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from engine.deciding.syntax import shortened
from engine.deciding.templates import CompiledTemplate, template
from engine.defining.definition import Definition
from engine.ground.errors import Invalid, NotFound
from engine.ground.language import say
from engine.ground.valueclass import valueclass

__all__ = ["BUILTIN", "CompiledTemplate", "Rendered", "render_notice", "split_notice", "template"]

_BREAKS = re.compile("[\\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TURNS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")   # marks that reverse how a line reads
BUILTIN = ("reminder", "escalated", "assigned", "overdue", "impossible", "request", "request_answered", "survey", "survey_reminder")
"""The notices that the product brings texts for, in Chinese and English."""


@valueclass(frozen=True, slots=True)
class Rendered:
    """A finished message; the subject is one line, `html` is None when there is no HTML form in that language."""

    subject: str
    text: str
    html: str | None
    language: str


@lru_cache(maxsize=512)     # the same few texts for each message
def split_notice(text: str) -> tuple[str, str]:
    """Subject and body of a notice text, whose first line reads `Subject: …`; raises Invalid without one."""
    first, _, rest = text.lstrip("\ufeff").replace("\r\n", "\n").partition("\n")
    key, colon, subject = first.partition(":")
    if key.strip().lower() != "subject" or not colon or not subject.strip():
        raise Invalid(
            say("'{line}' is not a subject line", line=shortened(first)),
            hint=say("Begin the text with a line `Subject: …`, then an empty line."),
            expected="Subject: …", value=shortened(first),
        )
    return subject.strip(), rest.removeprefix("\n")


def one_line(text: str) -> str:
    """Text fit for a header field: whatever breaks or turns lines becomes one space or nothing."""
    return _BREAKS.sub(" ", _TURNS.sub("", text)).strip()


def render_notice(
    definition: Definition, name: str, scope: Mapping[str, Any] | Callable[[str], Mapping[str, Any]], language: str
) -> Rendered:
    """The notice `name` with the figures of the scope, in that language or the one it falls back to.

    The scope is a mapping, or a function from the language used to one. Texts: the definition's own, else the product's
    (`BUILTIN`). Raises NotFound when there is no text, Invalid when a text and its values do not fit.
    """
    texts, pages = _texts(definition, name)
    used = next((one for one in (language, re.split("[-_]", language)[0], *definition.languages, *texts) if one in texts), None)
    if used is None:
        raise NotFound(
            say("there is no text for the notice '{name}'", name=name),
            hint=say("Write notices/{name}.{language}.j2.", name=name, language=language), kind="notice", name=name,
        )
    seen = scope(used) if callable(scope) else scope
    subject, body = split_notice(texts[used])
    page = pages.get(used)
    rendered = Rendered(one_line(template(subject).render(seen, used)), template(body).render(seen, used), None, used)
    return rendered if page is None else replace(rendered, html=template(_without_subject(page), html=True).render(seen, used))


def _texts(definition: Definition, name: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The plain and the HTML texts of a notice by language."""
    own = definition.texts.get(name)
    if own or name not in BUILTIN:
        return own or {}, definition.texts.get(f"{name}.html") or {}
    return builtin(name), {}


@lru_cache(maxsize=len(BUILTIN))
def builtin(name: str) -> Mapping[str, str]:
    """The product's own text of a notice by language."""
    from importlib import resources  # a third of this module's import time, needed for reminders only

    folder = resources.files("engine.deciding") / "builtin"
    return {language: (folder / f"{name}.{language}.j2").read_text(encoding="utf-8") for language in ("zh", "en")}


def _without_subject(page: str) -> str:
    first, _, rest = page.partition("\n")
    return rest.removeprefix("\n") if first.lower().startswith("subject:") else page
