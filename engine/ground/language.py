"""The language in which the product speaks to the person in front of it: Chinese or English.

Every sentence stands in the code once, in English, inside `say("…")`; `texts_zh.py` holds its Chinese form. A test
walks the code and fails when a sentence has no Chinese form or the two do not name the same facts.
What a *definition* says (titles, notices) is not translated here: it brings its own languages, see `Text`.
"""

import os
from contextvars import ContextVar
from typing import Any

LANGUAGES = ("en", "zh")
_spoken: ContextVar[str] = ContextVar("makegood_language", default="en")


def speak(language: str) -> None:
    """Choose the language of every later `say` in this thread or task ("en" or "zh"; anything else means English)."""
    _spoken.set(language if language in LANGUAGES else "en")


def spoken() -> str:
    """The language chosen last, "en" or "zh"."""
    return _spoken.get()


def language_of_environment() -> str:
    """What MAKEGOOD_LANG, LC_ALL, LC_MESSAGES or LANG ask for, in that order; English when none says Chinese."""
    for name in ("MAKEGOOD_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


class _Count(int):
    """A whole number that takes its noun along: `{count:case|cases}` is "1 case" or "2 cases"."""

    def __format__(self, nouns: str) -> str:
        one, bar, many = nouns.partition("|")
        return f"{int(self)} {one if self == 1 else many}" if bar else format(int(self), nouns)


def say(sentence: str, /, **facts: Any) -> str:
    """The sentence in the language spoken now, with its facts filled in (`str.format` fields).

    A number with a noun is written `{count:case|cases}`; Chinese needs no such thing.
    """
    if _spoken.get() == "zh":
        from engine.ground.texts_zh import TEXTS

        sentence = TEXTS.get(sentence, sentence)
    if "|" in sentence:
        facts = {name: _Count(fact) if isinstance(fact, int) else fact for name, fact in facts.items()}
    return sentence.format(**facts) if facts else sentence
