"""Readers made from readers: one or several, items with a condition, a value by cases, a fixed number, a mapping of names."""

from typing import Any

from engine.defining import kinds
from engine.defining.definition import Case
from engine.defining.kinds import WRONG, Read, Reading
from engine.defining.organisation import Group, Person
from engine.defining.tree import Path
from engine.defining.words import LABEL, NAME, RESERVED
from engine.ground.language import say

_LABELLED = (Person, Group)     # named by LABEL rather than NAME


def several(one: Read, mappings: bool, required: bool) -> Read:
    """A reader for a list, or for one item alone."""

    def read_several(value: Any, path: Path, reading: Reading) -> Any:
        if not isinstance(value, list):
            if isinstance(value, dict) and not mappings:
                return kinds.expected(value, path, reading, say("one or a list in brackets"))
            told = one(value, path, reading)
            return WRONG if told is WRONG else (told,)
        if required and not value:
            return kinds.expected(value, path, reading, say("at least one"))
        found = [one(entry, (*path, index), reading) for index, entry in enumerate(value)]
        return tuple(entry for entry in found if entry is not WRONG)

    return read_several


_CASE = ("when", "is")


def conditional(one: Read, required: bool = False) -> Read:
    """A reader for a list, or for one item alone, of which each item may be `{when: …, is: …}`: gives a tuple of `Case`."""

    def read_item(value: Any, path: Path, reading: Reading) -> Any:
        if isinstance(value, dict) and not value.keys().isdisjoint(_CASE):
            return _case(one, value, path, reading)
        told = one(value, path, reading)
        return WRONG if told is WRONG else Case(value=told)

    return several(read_item, True, required)


def _case(one: Read, value: dict[str, Any], path: Path, reading: Reading) -> Any:
    for key in value:
        if key not in _CASE:
            reading.unknown(path, key, _CASE)
    if "is" not in value:
        return reading.report(path, say("'{key}' is missing", key="is"), hint=say("Write both, when and is."))
    when = kinds.condition(value["when"], (*path, "when"), reading) if "when" in value else None
    told = one(value["is"], (*path, "is"), reading)
    return WRONG if told is WRONG or when is WRONG else Case(value=told, when=when)


def by_cases(one: Read, always: bool = True) -> Read:
    """A reader for one value, or for cases of which the first that matches counts: gives a tuple of `Case`.

    With `always` the last has no condition, so that there is a value whatever the case.
    """
    read = conditional(one, required=True)

    def read_cases(value: Any, path: Path, reading: Reading) -> Any:
        found = read(value, path, reading)
        if found is WRONG or len(found) < (len(value) if isinstance(value, list) else 1):
            return WRONG
        for index, case in enumerate(found[:-1]):
            if case.when is None:
                reading.report((*path, index), say("The cases after this one are never reached"), hint=say(
                    "Give it a when, or put it last."))
        if always and found[-1].when is not None:
            reading.report(path, say("The last case must hold whatever the others say"), hint=say("End with one that has `is` alone."))
        return found

    return read_cases


def assignments(value: Any, path: Path, reading: Reading) -> Any:
    """Fields and the expressions that they become, each by cases."""
    if not isinstance(value, dict) or not value:
        return kinds.expected(value, path, reading, say("a mapping field → expression"))
    reading.keep_order(path, list(value))
    return {name: by_cases(kinds.expression)(entry, (*path, name), reading) for name, entry in value.items()}


def fixed(one: Read, length: int) -> Read:
    """A reader for a list of exactly so many."""

    def read_fixed(value: Any, path: Path, reading: Reading) -> Any:
        if not isinstance(value, list) or len(value) != length:
            return kinds.expected(value, path, reading, say("a list of {count}", count=length))
        found = tuple(one(entry, (*path, index), reading) for index, entry in enumerate(value))
        return WRONG if WRONG in found else found

    return read_fixed


def mapping(one: Read, cls: type | None, required: bool, words: str = "") -> Read:
    """A reader for a mapping name → what `one` reads; `cls` says what is named and so which names are allowed, but for those that `words`
    reserves."""
    reserved = RESERVED.get(words or (cls.__name__ if cls else "Role"), frozenset())
    shape = LABEL if cls in _LABELLED else NAME

    def read_mapping(value: Any, path: Path, reading: Reading) -> Any:
        if value is None and not required:
            return {}
        if not isinstance(value, dict) or required and not value:
            return kinds.expected(value, path, reading, say("a mapping name → what it is"))
        reading.keep_order(path, list(value))
        found = {}
        for name, entry in value.items():
            below = (*path, name)
            if not shape.fullmatch(name):
                reading.report(below, say("'{name}' cannot be a name", name=name[:80]), at_key=True, hint=say(
                    "Names begin with a letter and hold letters, digits and '_', no spaces; what people read goes into title."))
            elif name in reserved and reading.written:    # what was published before a word had its meaning stays readable
                reading.report(below, say("'{name}' has a meaning of its own and cannot be a name here", name=name), at_key=True,
                               hint=say("Choose another word."))
            told = one(entry, below, reading)
            if told is not WRONG:
                found[name] = told
        return found

    return read_mapping


def plain_mapping(value: Any, path: Path, reading: Reading) -> Any:
    """A mapping of whatever is written."""
    if not isinstance(value, dict):
        return kinds.expected(value, path, reading, say("a mapping"))
    return kinds.plain(value, path, reading)
