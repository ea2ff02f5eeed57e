"""JSON Schema (draft 2020-12) of every file that a person writes, generated from the same dataclasses that the reader fills.

A schema accepts what the reader accepts and refuses what has the wrong shape or an unknown key. Names that refer to other names
are left to the checks. Editors use it by `# yaml-language-server: $schema=…`.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, get_args, get_origin, get_type_hints

from engine.defining.definition import (
    Approval,
    Band,
    Case,
    Definition,
    Doing,
    DoingKind,
    Expression,
    Happening,
    LinkedCase,
    Point,
    Text,
    Who,
)
from engine.defining.kinds import CURRENCY
from engine.defining.organisation import Group, Organisation, Person
from engine.defining.reader import BESIDE, plan, without_none
from engine.defining.reference import reference
from engine.defining.survey import MOST_LEVELS, Question, Sample, Survey
from engine.defining.words import LABEL, LANGUAGE, LENGTH, NAME, RESERVED
from engine.ground.duration import Duration
from engine.ground.errors import NotFound
from engine.ground.language import say

__all__ = ["KINDS", "json_schema", "reference"]

Schema = dict[str, Any]
KINDS = ("procedure", "cycle", "organisation", "calendar", "scenario", "survey")

_SOMETHING: Schema = {"type": ["string", "number"]}       # the reader takes numbers as the text they are written as
_DURATION: Schema = {
    "type": "string", "pattern": r"^\s*[0-9]{1,6}(\.[0-9]{1,4})?\s*个?\s*([A-Za-z ]+|[一-鿿]+)\s*$",
    "examples": ["30 minutes", "24 hours", "4 working hours", "3 working days", "8 weeks", "1 month", "3 个工作日"],
}
_LIMIT: Schema = {
    "type": "string", "minLength": 1,
    "examples": ["24 hours", "3 working days", "promised working days", "3 * pieces hours", "visit_at"],
}
_MONEY: Schema = {
    "type": "string", "pattern": r"^(unlimited|\s*-?[0-9]+(\.[0-9]+)?\s*[A-Za-z]{3}\s*)$", "examples": ["5000 CNY", "unlimited"],
}
_PART: Schema = {"type": "string", "pattern": r"^\s*[0-9]{1,3}(\.[0-9]{1,4})?\s*%\s*$", "examples": ["30%"]}
_INTERVAL: Schema = {"type": "string", "pattern": r"^\s*[0-9]{1,2}:[0-9]{2}\s*[-–]\s*[0-9]{1,2}:[0-9]{2}\s*$"}
_INTERVALS: Schema = {"anyOf": [_INTERVAL, {"type": "array", "items": _INTERVAL}]}
_BY_TYPE: dict[Any, Schema] = {
    str: _SOMETHING, int: {"type": "integer", "minimum": 1}, bool: {"type": "boolean"}, Decimal: _SOMETHING, Any: {},
    Expression: {"type": ["string", "number", "boolean"]}, Duration: _DURATION, Who: {"type": "string", "minLength": 1},
    Happening: {"type": "string", "minLength": 1}, Point: {"type": "string", "pattern": r"(^\s*due\s*$|%\s*$| before\s*$| after\s*$)"},
    date: {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "examples": ["2026-12-31"]},
    Text: {"anyOf": [_SOMETHING, {"type": "object", "minProperties": 1, "additionalProperties": _SOMETHING,
                                  "propertyNames": {"pattern": f"^({LANGUAGE.pattern})$"}}]},
}


def _shape(pattern: str) -> Schema:
    """Text that matches as a whole; named groups are Python's and left out."""
    return {"type": "string", "pattern": f"^({re.sub(r'[?]P<[a-z]+>', '', pattern)})$"}


def _names(kind: str) -> Schema:
    shape = LABEL if kind in (Person.__name__, Group.__name__) else NAME
    reserved = sorted(RESERVED.get(kind, ()))
    return _shape(shape.pattern) | ({"not": {"enum": reserved}} if reserved else {})


_LANGUAGES: Schema = {"anyOf": [
    _shape(LANGUAGE.pattern), {"type": "array", "items": _shape(LANGUAGE.pattern), "minItems": 1}]}
_SPECIAL: dict[tuple[str, str], Schema] = {
    ("Case", "value"): _LIMIT,
    ("Action", "after"): {"type": "string", "examples": ["tasks", "any task", "2 tasks", "30 days"]},
    ("Approval", "pass_"): {"type": "string", "pattern": r"^\s*(majority|unanimous|[1-9][0-9]?\s*/\s*[1-9][0-9]?)\s*$"},
    ("Field", "length"): {"anyOf": [{"type": "integer", "minimum": 0}, _shape(rf"\s*({LENGTH.pattern})\s*")]},
    ("Field", "options"): {"anyOf": [
        {"type": "array", "items": _SOMETHING, "minItems": 1, "uniqueItems": True},
        {"type": "object", "minProperties": 1, "additionalProperties": {"anyOf": [_BY_TYPE[Text], {"type": "null"}]}},
    ]},
    ("Field", "currency"): _shape(CURRENCY.pattern),
    ("Definition", "values"): {"type": "object", "propertyNames": _names("Field"), "additionalProperties": _SOMETHING},
    ("Definition", "name"): _shape(LABEL.pattern), ("Cycle", "name"): _shape(LABEL.pattern),
    ("Cycle", "calendar"): _shape(LABEL.pattern), ("Standard", "calendar"): _shape(LABEL.pattern),
    ("Cycle", "values"): {"type": "object", "propertyNames": _names("Field"), "additionalProperties": _SOMETHING},
    ("Cycle", "vague"): {"type": "object", "propertyNames": _shape(LANGUAGE.pattern), "additionalProperties": {"anyOf": [
        _SOMETHING, {"type": "array", "items": _SOMETHING}]}},
    ("Standard", "target"): {"type": ["string", "number"], "examples": ["95%", "< 5%", ">= 4.2"]},
    ("Task", "every"): {"type": "string", "examples": ["1 month", "FREQ=MONTHLY;INTERVAL=3;SKIP=BACKWARD"]},
    ("Standard", "every"): {"type": "string", "examples": ["4 per day", "10 per month", "6 hours"]},
    ("LinkedCase", "procedure"): _shape(LABEL.pattern),
    ("Definition", "calendar"): _shape(LABEL.pattern),
    ("ClockSpec", "calendar"): _shape(LABEL.pattern),
    ("Task", "calendar"): _shape(LABEL.pattern),
    ("Organisation", "name"): _shape(LABEL.pattern),
    ("Person", "language"): _shape(LANGUAGE.pattern),
    ("ScheduledReport", "every"): {"type": "string", "examples": ["day 07:00", "friday 16:00", "month 1 08:00"]},
    ("Survey", "levels"): {"anyOf": [
        {"type": "integer", "minimum": 2, "maximum": MOST_LEVELS},
        {"type": "array", "items": _BY_TYPE[Text], "minItems": 2, "maxItems": MOST_LEVELS},
    ]},
    **dict.fromkeys([("Sample", "share"), ("Sample", "precision"), ("Sample", "response")], _PART),
    ("CalendarSpec", "hours"): {"type": "object", "minProperties": 1, "additionalProperties": _INTERVALS},
    ("CalendarSpec", "open"): {"type": "object", "additionalProperties": _INTERVALS},
    ("Definition", "languages"): _LANGUAGES, ("Cycle", "languages"): _LANGUAGES,
}
_LISTED: dict[tuple[str, str], Any] = {
    ("Action", "require"): str, ("Task", "require"): str, ("Opening", "require"): str, ("Extension", "require"): str,
    ("Extension", "notice"): str, ("Notice", "to"): Who,
}
_EITHER: dict[str, Schema] = {
    "Case": {"oneOf": [{"required": [key]} for key in ("is", "earliest of", "latest of")]},
    "CalendarSpec": {"anyOf": [{"required": ["union"]}, {"required": ["timezone", "hours", "valid_through"]}]},
    "ClockSpec": {"anyOf": [{"required": ["within"]}, {"required": ["every"]}]},
}


def json_schema(kind: str) -> Schema:
    """The schema of one of `KINDS`; raises NotFound for another word."""
    cls = _root(kind)
    made = _Schemas()
    top = made.object(cls)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind, **top, "$defs": dict(sorted(made.defs.items()))}


def _root(kind: str) -> type:
    match kind:
        case "procedure":
            return Definition
        case "cycle":
            from engine.defining.cycle import Cycle

            return Cycle
        case "organisation":
            return Organisation
        case "calendar":
            from engine.defining.calendar_file import CalendarSpec

            return CalendarSpec
        case "scenario":
            from engine.defining.scenario import Scenario

            return Scenario
        case "survey":
            return Survey
    raise NotFound(
        say("There is no schema '{kind}'", kind=kind), hint=say("Schemas are: {known}.", known=", ".join(KINDS)), kind="schema", name=kind)


class _Schemas:
    """One schema being made; each dataclass in it stands once, under `$defs`."""

    def __init__(self) -> None:
        self.defs: dict[str, Schema] = {}

    def object(self, cls: Any) -> Schema:
        """The schema of one dataclass: its keys, those it must have, and nothing else."""
        how, hints = plan(cls), get_type_hints(cls)
        docs = {attribute.name: attribute.metadata.get("doc", "") for attribute in fields(cls)}
        properties: dict[str, Schema] = {}
        for key, entry in how.entries.items():
            schema = self.attribute(cls.__name__, entry.attribute, without_none(hints[entry.attribute]), entry.required)
            if entry.nothing and not entry.required:
                schema = {"anyOf": [schema, {"type": "null"}]}
            properties[key] = {"description": docs[entry.attribute], **schema}
        for key, kind in how.doings.items():
            properties[key] = self.doing(kind)
        required = [key for key, entry in how.entries.items() if entry.required]
        made: Schema = {
            "type": "object", "description": (cls.__doc__ or "").strip(), "properties": properties, "additionalProperties": False,
        }
        return made | ({"required": required} if required else {}) | _EITHER.get(cls.__name__, {})

    def reference(self, cls: Any) -> Schema:
        name = cls.__name__
        if name not in self.defs:
            self.defs[name] = {}          # so that a dataclass may hold itself
            self.defs[name] = self.object(cls)
        return {"$ref": f"#/$defs/{name}"}

    def attribute(self, owner: str, attribute: str, hint: Any, required: bool) -> Schema:
        """The schema of one key, by the same rules by which the reader chooses how to read it."""
        special = _SPECIAL.get((owner, attribute))
        if special is not None:
            return special
        if (owner, attribute) == ("LinkedCase", "with_"):
            return self.assigned()
        if attribute == "approve":
            return self.conditional({"anyOf": [_BY_TYPE[Who], self.reference(Approval)]})
        if (owner, attribute) in _LISTED:
            return self.conditional(_BY_TYPE[_LISTED[owner, attribute]], required)
        origin, inner = get_origin(hint), get_args(hint)
        if origin is tuple and inner[-1] is not Ellipsis:
            return {"type": "array", "items": self.single(inner[0]), "minItems": len(inner), "maxItems": len(inner)}
        if origin is tuple and inner[0] is Doing:
            kinds = tuple(DoingKind) if owner == "Standard" else BESIDE
            return {"type": "object", "properties": {str(k.value): self.doing(k) for k in kinds}, "additionalProperties": False}
        if origin is tuple and inner[0] is Case:
            one: Schema = {"anyOf": [_LIMIT, self.reference(Case)]}
            if owner == "Case":
                return {"type": "array", "items": one, "minItems": 2}
            return {"anyOf": [*one["anyOf"], {"type": "array", "items": one, "minItems": 1}]}
        if origin is tuple:
            return self.several(self.single(inner[0]), required)
        if origin is Mapping:
            return self.mapping(inner[1], required)
        return self.single(hint)

    def several(self, one: Schema, required: bool = True) -> Schema:
        return {"anyOf": [one, {"type": "array", "items": one} | ({"minItems": 1} if required else {})]}

    def conditional(self, one: Schema, required: bool = True) -> Schema:
        """One or several, each alone or as `{when: …, is: …}`."""
        case = {
            "type": "object", "properties": {"when": _BY_TYPE[Expression], "is": one}, "required": ["is"], "additionalProperties": False,
        }
        return self.several({"anyOf": [one, case]}, required)

    def single(self, hint: Any) -> Schema:
        if hint in _BY_TYPE:
            return _BY_TYPE[hint]
        if get_origin(hint) is Literal:
            return {"enum": list(get_args(hint))}
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return {"enum": [str(member.value) for member in hint]}
        if hint is Sample:
            return {"anyOf": [_PART, self.reference(hint)]}
        if hint is Question:
            return {"anyOf": [_BY_TYPE[Text], self.reference(hint)]}
        return self.reference(hint)

    def mapping(self, hint: Any, required: bool) -> Schema:
        if hint is Any:
            return {"type": "object"}
        least = {"minProperties": 1} if required else {}
        if hint == Band:
            band = self.several(_MONEY)
            amount = {"type": "object", "properties": {"amount": band}, "required": ["amount"], "additionalProperties": False}
            return {"type": "object", "propertyNames": _names("Band"), "additionalProperties": {"anyOf": [band, amount]}} | least
        one = self.single(hint)
        if is_dataclass(hint):
            one = {"anyOf": [one, {"type": "null"}]}
        return {"type": "object", "propertyNames": _names(getattr(hint, "__name__", "")), "additionalProperties": one} | least

    def assigned(self) -> Schema:
        """Fields and the expressions they become."""
        value = self.conditional({"type": ["string", "number", "boolean", "null"]})
        return {"type": "object", "minProperties": 1, "additionalProperties": value}

    def doing(self, kind: DoingKind) -> Schema:
        """The schema of what stands after a doing's key."""
        who = _BY_TYPE[Who]
        match kind:
            case DoingKind.SET:
                return {"description": "fields and the expressions they become"} | self.assigned()
            case DoingKind.GRANT:
                return {"description": "fields of money and the amounts added to them"} | self.assigned()
            case DoingKind.OPEN:
                linked = {"anyOf": [_SPECIAL["LinkedCase", "procedure"], self.reference(LinkedCase)]}
                return {"description": "linked cases opened"} | self.conditional(linked)
            case DoingKind.SURVEY:
                return {"description": "questionnaires sent to the customer"} | self.conditional(_SOMETHING)
            case DoingKind.NOTICE:
                return {"description": "notices sent"} | self.conditional(_SOMETHING)
            case DoingKind.REMIND:
                return {"description": "who is reminded"} | self.conditional(who)
            case DoingKind.ESCALATE:
                return {"description": "who is added to the case and told"} | self.conditional(who)
            case DoingKind.ASSIGN:
                return {"description": "who becomes the owner"} | self.conditional(who)
            case DoingKind.REASSIGN:
                return {"description": "who becomes the owner instead of the present one"} | self.conditional(who)
        return {"description": "the action taken, or task finished, by the system"} | self.conditional(_SOMETHING)
