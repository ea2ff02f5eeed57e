"""Values of fields in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.defining.definition import Field, FieldType
from engine.defining.organisation import Organisation
from engine.ground.language import say, spoken
from engine.ground.wall import wall


def in_words(spec: Field | None, value: Any, zone: str, parties: Mapping[int, str], people: Organisation) -> str:
    """A canonical value as a person reads it: titles for choices, names for people, currency for money, wall-clock time in `zone`."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, list):
        return ", ".join(in_words(spec, one, zone, parties, people) for one in value)
    match spec.type if spec else None:
        case FieldType.YES_NO:
            return say("yes") if value else say("no")
        case FieldType.CHOICE if spec is not None and value in spec.options:
            return spec.options[value].in_(spoken()) or str(value)
        case FieldType.MONEY if spec is not None:
            return f"{value} {spec.currency or ''}".strip()
        case FieldType.MOMENT:
            return wall(datetime.fromisoformat(value), zone)
        case FieldType.PARTY:
            return parties.get(value, say("(erased)")) if isinstance(value, int) else str(value)
        case FieldType.PERSON if value in people.people:
            return people.people[value].name
        case FieldType.FILE if isinstance(value, Mapping):
            return str(value.get("name", ""))
    return str(value)
