"""Is each standard specific, measurable, achievable, relevant and timely (row S2)? Each finding begins with the letter that fails
and its hint proposes a wording. Whether a target is achievable also shows in what was judged (`engine.usecases.standards_check`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from engine.defining.checks_cycle import standard_path
from engine.defining.checks_walk import Finding
from engine.defining.cycle import Cycle, Standard, Touchpoint
from engine.defining.vague_words import VAGUE
from engine.defining.vocabulary import Text
from engine.ground.language import say, spoken

_NUMBER = re.compile(
    r"[0-9０-９%％]|[一二两三四五六七八九十百千半][分秒小天日周个项次人铃声]|双手|每|全部|零|"
    r"\b(one|two|three|four|five|six|seven|eight|nine|ten|half|twice|once|every|each|both|no|none|all)\b", re.IGNORECASE,
)


def specific(cycle: Cycle) -> Iterator[Finding]:
    """S: words that say nothing exact."""
    for touchpoint, standard in cycle.standards():
        for word in vague_words(standard.statement, cycle.vague):
            yield _finding(touchpoint, standard, "statement", say("S: '{word}' says nothing exact", word=word), proposal(cycle, standard))


def measurable(cycle: Cycle) -> Iterator[Finding]:
    """M: a time or a measure without a number in words, a measure without a unit."""
    for touchpoint, standard in cycle.standards():
        said = [text for text in standard.statement.values() if not _NUMBER.search(text)]
        if said and not standard.check:
            yield _finding(touchpoint, standard, "statement", say("M: the statement holds no number"), proposal(cycle, standard))
        if standard.measure and standard.measure.type == "number" and not standard.measure.unit:
            yield _finding(touchpoint, standard, "measure", say("M: a measure without a unit"), say("Write for example `unit: °C`."))


def achievable(cycle: Cycle) -> Iterator[Finding]:
    """A: a target that a single miss breaks."""
    for touchpoint, standard in cycle.standards():
        if standard.target is not None and standard.target.share and standard.target.word == ">=" and standard.target.number == 100:
            yield _finding(touchpoint, standard, "target", say("A: a single miss breaks a target of 100%"), say(
                "Set what staff can reach, such as 95%, and say under `missed:` what a customer gets whom it fails."))


def relevant(cycle: Cycle) -> Iterator[Finding]:
    """R: a standard that serves no need."""
    for touchpoint, standard in cycle.standards():
        if not standard.need and not touchpoint.need:
            yield _finding(touchpoint, standard, "", say("R: no customer's need is named that '{name}' serves", name=standard.name), say(
                "Write under `need:` of the touchpoint what customers want there, in their words."))


def timely(cycle: Cycle) -> Iterator[Finding]:
    """T: a target that is judged over no time, and a standard that no target follows."""
    for touchpoint, standard in cycle.standards():
        if standard.target is not None and standard.period is None:
            yield _finding(touchpoint, standard, "target", say("T: over which time the target is judged is not said"), say(
                "Write for example `period: 1 week`."))
        elif standard.target is None:
            yield _finding(touchpoint, standard, "", say("T: '{name}' has no target over any time", name=standard.name), say(
                "Write for example `target: 95%` and `period: 1 week`."))
    forgotten = [standard.name for _, standard in cycle.standards() if standard.review is None and cycle.review is None]
    if forgotten:
        what = say("T: nothing says when these are looked at again: {names}", names=", ".join(forgotten))
        yield Finding(("touchpoints",), what, severity="warning", hint=say(
            "Write `review: 1 year` on the cycle: its standards are revised at least yearly."))


CHECKS = (specific, measurable, achievable, relevant, timely)


def vague_words(statement: Text, further: Mapping[str, Sequence[str]]) -> list[str]:
    """The words of a statement that say nothing exact, each once, in the order of the lists."""
    found: list[str] = []
    for language, text in statement.items():
        for known in dict.fromkeys([language, *VAGUE]) if not language else [language]:
            for word in (*VAGUE.get(known, ()), *further.get(known, ())):
                if word not in found and _says(text, word):
                    found.append(word)
    return found


def _says(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) is not None if word.isascii() else word in text


def proposal(cycle: Cycle, standard: Standard) -> str:
    """A wording made of what the standard says in keys."""
    who = ", ".join(_title(cycle, str(one)) for one in standard.by) or "…"
    limit = next((str(case.value) for case in standard.within if case.value is not None), "")
    if limit:
        return say("Say who does what within {limit}: “{who}: … within {limit}”.", who=who, limit=limit)
    if standard.measure and standard.measure.between:
        low, high = standard.measure.between
        return say("Say what is measured and its bounds: “… {low}–{high} {unit}”.", low=low, high=high, unit=standard.measure.unit or "…")
    return say("Say who does what, how often and by when: “{who}: …”.", who=who)


def _title(cycle: Cycle, name: str) -> str:
    role = cycle.roles.get(name)
    return (role.title.in_(spoken()) if role else "") or name


def _finding(touchpoint: Touchpoint, standard: Standard, key: str, what: str, hint: str) -> Finding:
    path = standard_path(touchpoint.name, standard.name)
    return Finding((*path, key) if key else path, what, hint=hint, severity="warning")
