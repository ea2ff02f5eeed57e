"""From a plain tree to the frozen values of a definition, driven by the dataclasses themselves.

For each dataclass a plan is made once: which key fills which attribute, and how its value is read. A key is the attribute's
name (without a trailing `_`) or `metadata["key"]`. Reading goes on after a problem, so all are reported at once.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from engine.defining import kinds
from engine.defining.bands import band
from engine.defining.combining import assignments, by_cases, conditional, fixed, mapping, plain_mapping, several
from engine.defining.definition import (
    Action,
    Approval,
    Band,
    Case,
    Doing,
    DoingKind,
    LinkedCase,
    Opening,
    Task,
)
from engine.defining.kinds import WRONG, Read, Reading
from engine.defining.organisation import Group
from engine.defining.problems import Problem
from engine.defining.reader_tables import BY_TYPE, ITEMS, LIMIT, SPECIAL, WHO
from engine.defining.survey import Question, Sample
from engine.defining.tree import Path, Tree
from engine.ground.duration import Duration
from engine.ground.language import say
from engine.ground.valueclass import valueclass

_SAYING = ("is", "earliest of", "latest of")

MOVING = tuple(kind for kind in DoingKind if kind not in (DoingKind.ACT, DoingKind.GRANT))
BESIDE = (*MOVING, DoingKind.ACT)
BEGINNING = (DoingKind.SET, DoingKind.NOTICE, DoingKind.ASSIGN, DoingKind.REMIND)
DOINGS: dict[type, tuple[DoingKind, ...]] = {Opening: BEGINNING, Action: MOVING, Task: BESIDE}
"""Doings that a dataclass allows, where not all are: an action does not take another, only what was missed grants by itself."""


@valueclass(frozen=True, slots=True)
class Entry:
    """One key of the language: the attribute it fills and how."""

    attribute: str
    key: str
    read: Read
    required: bool
    nothing: bool        # whether a key with nothing after it means an empty mapping


@valueclass(frozen=True, slots=True)
class Plan:
    """How one dataclass is read from a mapping."""

    cls: type
    entries: Mapping[str, Entry]
    named: str | None                    # the attribute filled from the key the mapping stands under
    doings: Mapping[str, DoingKind]      # keys collected into `do`


def read(cls: type, value: Any, tree: Tree) -> tuple[Any, list[Problem]]:
    """Read a dataclass from a tree's value. Gives the instance, or None when a problem was found; never raises."""
    reading = Reading(tree)
    instance = read_with(reading, cls, value)
    return (None if instance is WRONG or reading.problems else instance), reading.problems


def read_with(reading: Reading, cls: type, value: Any) -> Any:
    """Read a dataclass within a reading that goes on; gives WRONG when nothing could be made of it."""
    return read_object(plan(cls), value, (), reading)


@cache
def plan(cls: type) -> Plan:
    """How to read this dataclass; made once."""
    hints = get_type_hints(cls)
    entries: dict[str, Entry] = {}
    named, doings = None, {}
    for attribute in fields(cls):
        if attribute.metadata.get("derived"):
            continue
        if attribute.name == "do" and hints["do"] == tuple[Doing, ...]:
            doings = {str(kind.value): kind for kind in DOINGS.get(cls, tuple(DoingKind))}
        elif "doc" not in attribute.metadata:
            named = attribute.name
        else:
            key = attribute.metadata.get("key") or attribute.name.removesuffix("_")
            hint = without_none(hints[attribute.name])
            required = attribute.default is MISSING and attribute.default_factory is MISSING
            reader = reader_for(cls.__name__, attribute.name, hint, required)
            entries[key] = Entry(attribute.name, key, reader, required, get_origin(hint) is Mapping or is_dataclass(hint))
    return Plan(cls, entries, named, doings)


def without_none(hint: Any) -> Any:
    """A type without its `| None`."""
    if get_origin(hint) in (Union, UnionType):
        rest = [part for part in get_args(hint) if part is not NoneType]
        return rest[0] if len(rest) == 1 else Union[tuple(rest)]  # noqa: UP007 - built at run time
    return hint


def reader_for(owner: str, attribute: str, hint: Any, required: bool = False) -> Read:
    """The reader for an annotation, or the special one of that attribute."""
    special = SPECIAL.get((owner, attribute))
    if special:
        return special
    if attribute == "approve":
        return conditional(_nested(Approval), required=True)
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple and inner[-1] is Ellipsis:
        if inner[0] is Doing:
            return _doings_of(tuple(DoingKind) if owner == "Standard" else BESIDE)
        if inner[0] is Case:
            return _read_limits if owner == "Case" else _read_cases
        return several(ITEMS.get((owner, attribute)) or _single(inner[0]), is_dataclass(inner[0]), required)
    if origin is tuple:
        return fixed(_single(inner[0]), len(inner))
    if origin is Mapping:
        return _mapping_of(inner[1], required)
    return _single(hint)


def _single(hint: Any) -> Read:
    if hint in BY_TYPE:
        return BY_TYPE[hint]
    if get_origin(hint) is Literal:
        return kinds.one_of({str(word): word for word in get_args(hint)})
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return kinds.enumerated(hint)
    if is_dataclass(hint):
        return _nested(hint)
    raise TypeError(f"no reader for {hint!r}")


def _mapping_of(hint: Any, required: bool) -> Read:
    """A reader for a mapping name → values of `hint`."""
    if hint is Any:
        return plain_mapping
    if hint == Band:
        return mapping(band, Group, required, "Band")
    return mapping(_single(hint), hint if isinstance(hint, type) and is_dataclass(hint) else None, required)


SHORT: dict[type, str] = {LinkedCase: "procedure", Approval: "of", Sample: "share", Question: "ask"}
"""Mappings that may be written as what stands under one of their keys."""


def _nested(cls: Any) -> Read:
    def read_nested(value: Any, path: Path, reading: Reading) -> Any:
        how = plan(cls)
        in_full = isinstance(value, dict) and (cls is not Question or not value.keys().isdisjoint(how.entries))   # else words by language
        return read_object(how, {SHORT[cls]: value} if cls in SHORT and not in_full else value, path, reading)

    return read_nested


def read_object(how: Plan, value: Any, path: Path, reading: Reading) -> Any:
    """Read one dataclass from a mapping (nothing at all is an empty one); gives WRONG when something required is missing."""
    if value is None and path:
        value = {}
    if not isinstance(value, dict):
        return kinds.expected(value, path, reading, say("a mapping with {keys}", keys=", ".join(how.entries)))
    given: dict[str, Any] = {how.named: path[-1]} if how.named else {}
    doings, whole = [], True
    for key, entry in value.items():
        known = how.entries.get(key)
        if known:
            if entry is None and not known.nothing:
                told = kinds.expected(entry, (*path, key), reading, say("a value"), hint=say("Write one, or remove the key."))
            else:
                told = known.read(entry, (*path, key), reading)
            if told is not WRONG:
                given[known.attribute] = told
            whole = whole and (told is not WRONG or not known.required)
        elif key in how.doings:
            doings.append(key)
        else:
            reading.unknown(path, key, [*how.entries, *how.doings])
    if doings:
        given["do"] = _doings(value, doings, how.doings, path, reading)
    for entry in how.entries.values():
        if entry.required and entry.key not in value:
            whole = False
            reading.report(path, say("'{key}' is missing", key=entry.key), expected=_what_for(how.cls, entry))
    return how.cls(**given) if whole else WRONG


def _what_for(cls: Any, entry: Entry) -> str:
    return next(f.metadata["doc"] for f in fields(cls) if f.name == entry.attribute)  # type: ignore[no-any-return]  # `item` wrote it: text


def _doings(value: dict[str, Any], keys: list[str], known: Mapping[str, DoingKind], path: Path, reading: Reading) -> tuple[Doing, ...]:
    reading.keep_order(path, keys)
    found = [(known[key], _DOING[known[key]](value[key], (*path, key), reading)) for key in keys]
    return tuple(Doing(kind, told) for kind, told in found if told is not WRONG)


def _doings_of(allowed: tuple[DoingKind, ...]) -> Read:
    known = {str(kind.value): kind for kind in allowed}

    def read_doings(value: Any, path: Path, reading: Reading) -> Any:
        if not isinstance(value, dict):
            return kinds.expected(value, path, reading, say("a mapping with {keys}", keys=", ".join(known)))
        for key in value:
            if key not in known:
                reading.unknown(path, key, known)
        return _doings(value, [key for key in value if key in known], known, path, reading)

    return read_doings


def _read_cases(value: Any, path: Path, reading: Reading) -> Any:
    """A limit, one case, or a list of cases; one that always has a value must be the last, or the later ones are never reached."""
    written = value if isinstance(value, list) else [value]
    if not written:
        return kinds.expected(value, path, reading, say("a duration"))
    found = []
    for index, entry in enumerate(written):
        below = (*path, index) if isinstance(value, list) else path
        told = _read_limit(entry, below, reading)
        if told is not WRONG:
            found.append(told)
            if told.when is None and told.before is None and isinstance(told.value, Duration) and index < len(written) - 1:
                reading.report(below, say("The cases after this one are never reached"), hint=say("Give it a when, or put it last."))
    return tuple(found)


def _read_limits(value: Any, path: Path, reading: Reading) -> Any:
    """Several limits of which the earliest or latest counts; `counting` holds for all of them."""
    if not isinstance(value, list) or len(value) < 2:
        return kinds.expected(value, path, reading, say("a list of at least two"))
    for index, entry in enumerate(value):
        if isinstance(entry, dict) and "counting" in entry:
            reading.report((*path, index, "counting"), say("`counting` holds for the whole limit"), at_key=True,
                           hint=say("Write it beside `{key}`.", key=path[-1]))
    return tuple(told for index, entry in enumerate(value) if (told := _read_limit(entry, (*path, index), reading)) is not WRONG)


def _read_limit(value: Any, path: Path, reading: Reading) -> Any:
    """One limit alone, or as a mapping that says it by exactly one of its keys."""
    if not isinstance(value, dict):
        told = LIMIT(value, path, reading)
        return told if told is WRONG else Case(value=told)
    said = [key for key in _SAYING if key in value]
    if not said:
        reading.report(path, say("'{key}' is missing", key="is"), expected=_what_for(Case, plan(Case).entries["is"]))
    elif len(said) > 1 or ("before" in value and "is" not in said):
        reading.report(path, say("A limit is said by one of {keys}; `before` goes with `is`", keys=", ".join(_SAYING)))
    return read_object(plan(Case), value, path, reading)


_DOING: dict[DoingKind, Read] = {
    **dict.fromkeys((DoingKind.SET, DoingKind.GRANT), assignments),
    **dict.fromkeys((DoingKind.ASSIGN, DoingKind.REASSIGN), by_cases(WHO, always=False)),
    **dict.fromkeys((DoingKind.NOTICE, DoingKind.ACT, DoingKind.SURVEY), conditional(kinds.words, required=True)),
    DoingKind.OPEN: conditional(_nested(LinkedCase), required=True),
    **dict.fromkeys((DoingKind.REMIND, DoingKind.ESCALATE), conditional(WHO, required=True)),
}
