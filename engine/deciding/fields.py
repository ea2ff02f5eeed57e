"""Values of fields: from what a person typed to the canonical form that is recorded, and on to live values.

Canonical (see `engine.deciding.case`): text, whole numbers, booleans; decimals, amounts and durations as text; dates as
`2026-11-20`, moments in UTC as `2026-11-20T08:00:00+00:00`; parties and files as mappings, a stored party as its number; a list
for `many: true`. Nothing (None, an empty text or list) is None. Reading a canonical value again gives the same value.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from difflib import get_close_matches
from typing import Any

from engine.deciding import readers, readers_parties
from engine.deciding.operators import empty
from engine.deciding.printing import plain
from engine.deciding.readers import Unreadable
from engine.deciding.values import Amount, Attached, Customer, PartyNumber, Titled, local
from engine.defining.definition import Definition, Field, FieldType
from engine.ground.duration import parse_duration
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.money import round_money

__all__ = ["computed", "empty", "live", "parse", "parse_given", "problem", "refusal"]

_FINEST = Decimal("1E-9")   # of a number that an expression worked out, such as a third
MOST_ITEMS = 1_000         # of a field with `many: true`
LONGEST_COMMENT = 10_000
LONGEST_RAW = 40_000        # characters looked at, before any limit of the field itself

_READ: Mapping[FieldType, Callable[[Field, Any, str], Any]] = {
    FieldType.TEXT: readers.text, FieldType.CHOICE: readers.choice, FieldType.YES_NO: readers.yes_no, FieldType.NUMBER: readers.number,
    FieldType.MONEY: readers.money, FieldType.DATE: readers.day, FieldType.MOMENT: readers.moment, FieldType.DURATION: readers.duration,
    FieldType.PARTY: readers_parties.party, FieldType.PERSON: readers_parties.person, FieldType.FILE: readers_parties.file,
}


def parse(field: Field, raw: Any, timezone: str) -> Any:
    """The canonical value of what was given for a field; local times are in that IANA zone. Raises Invalid with field, value, expected.

    Floats are refused: they are not exact. A list field takes one value, a list, or text with `;` between the values.
    """
    try:
        return _parse(field, raw, timezone)
    except Unreadable as error:
        found = problem(field.name, raw, error.expected)
        raise Invalid(_sentence(found), hint=error.hint, **found) from error


def _parse(field: Field, raw: Any, timezone: str) -> Any:
    read = _READ[field.type]
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, float):
        raise Unreadable(say("an exact value; a binary fraction is not, so give it as text"))
    if isinstance(raw, str) and len(raw) > LONGEST_RAW:
        raise Unreadable(say("text of at most {most} characters", most=LONGEST_RAW))
    if not field.many:
        if isinstance(raw, (list, tuple)):
            raise Unreadable(say("one value, not a list"))
        return read(field, raw, timezone)
    items = list(raw) if isinstance(raw, (list, tuple)) else raw.split(";") if isinstance(raw, str) else [raw]
    if len(items) > MOST_ITEMS:
        raise Unreadable(say("at most {most} values", most=MOST_ITEMS))
    if any(isinstance(item, str) and len(item) > LONGEST_RAW for item in items):
        raise Unreadable(say("texts of at most {most} characters", most=LONGEST_RAW))
    if any(isinstance(item, float) for item in items):
        raise Unreadable(say("exact values; a binary fraction is not, so give it as text"))
    kept = [read(field, item, timezone) for item in items if not (item is None or (isinstance(item, str) and not item.strip()))]
    return kept or None


def computed(field: Field, value: Any, timezone: str) -> Any:
    """The canonical value of what an expression gave for a field (`set:`): money is rounded half up to its minor unit, numbers to 9 places.

    Raises Invalid like `parse`, also for an amount in another currency than the field's.
    """
    if isinstance(value, Decimal) and field.type is FieldType.MONEY:
        currency = field.currency or (value.currency if isinstance(value, Amount) else "")
        if not isinstance(value, Amount) or value.currency == currency:
            rounded = round_money(value, currency)
            value = Amount(rounded, value.currency) if isinstance(value, Amount) else rounded
    elif isinstance(value, Decimal) and field.type is FieldType.NUMBER:
        value = value.quantize(_FINEST, ROUND_HALF_UP)
    elif isinstance(value, Decimal) and field.type is FieldType.TEXT:
        value = plain(value)
    return parse(field, value, timezone)


def parse_given(definition: Definition, raw: Mapping[str, Any], timezone: str) -> dict[str, Any]:
    """Canonical values of everything given with an action, `comment` included; raises one Invalid that lists all that is wrong."""
    values: dict[str, Any] = {}
    wrong: list[dict[str, Any]] = []
    hints: list[str] = []
    for name, value in raw.items():
        field = definition.fields.get(name)
        try:
            if name == "comment":
                if isinstance(value, str) and len(value) > LONGEST_RAW:
                    raise Unreadable(say("text of at most {most} characters", most=LONGEST_COMMENT))
                values[name] = readers.words(value, LONGEST_COMMENT)
            elif field is None:
                hints.append(say("Fields are: {known}.", known=", ".join(definition.fields)))
                wrong.append(problem(str(name), value, _nearest(str(name), definition.fields)))
            else:
                values[name] = _parse(field, value, timezone)
        except Unreadable as error:
            wrong.append(problem(name, value, error.expected))
            if error.hint:
                hints.append(error.hint)
    if wrong:
        raise refusal(wrong, hints)
    return values


def refusal(wrong: Sequence[Mapping[str, Any]], hints: Iterable[str] = ()) -> Invalid:
    """The error that lists all that is wrong, each as by `problem`."""
    return Invalid("; ".join(_sentence(one) for one in wrong), hint=" ".join(dict.fromkeys(hints)), **wrong[0], problems=list(wrong))


def problem(name: str, value: Any, expected: str) -> dict[str, Any]:
    """A wrong value as data: field, value (shortened), expected."""
    shown = value.get("name") or ", ".join(map(str, value)) if isinstance(value, Mapping) else value
    text = "".join(sign if sign.isprintable() else " " for sign in str(shown)[:100])
    return {"field": name, "value": text if len(text) <= 60 else text[:59] + "…", "expected": expected}


def _sentence(wrong: Mapping[str, Any]) -> str:
    return say("{field}: '{value}' — {expected}", **wrong)


def _nearest(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    near = get_close_matches(name[:100], [*known, "comment"], 1)
    return say("no field of this procedure; did you mean {near}?", near=near[0]) if near else say("no field of this procedure")


# --- live values ----------------------------------------------------------------------------------------------------------


def live(field: Field, canonical: Any, timezone: str) -> Any:
    """The value to compute and compare with, from its canonical form; None stays None, a list field gives a list.

    Numbers are Decimal, amounts `Amount`, moments aware on the wall clock of that IANA zone, choices `Titled`, durations `Duration`.
    """
    if canonical is None:
        return None
    make = _LIVE.get(field.type)
    if field.many:
        items = canonical if isinstance(canonical, (list, tuple)) else [canonical]
        return [make(field, item, timezone) for item in items] if make else list(items)
    return make(field, canonical, timezone) if make else canonical


def _party(_: Field, value: Any, __: str) -> Any:
    if isinstance(value, int):
        return PartyNumber(value)
    return Customer(**{key: value[key] for key in readers_parties.PARTY_KEYS if key in value})


_LIVE: Mapping[FieldType, Callable[[Field, Any, str], Any]] = {
    FieldType.CHOICE: lambda field, value, _: Titled(value, field.options.get(value) or {}),
    FieldType.NUMBER: lambda _, value, __: readers.exact(value),
    FieldType.MONEY: lambda field, value, _: Amount(value.split()[0], field.currency or value.split()[-1]),
    FieldType.DATE: lambda _, value, __: date.fromisoformat(value),
    FieldType.MOMENT: lambda _, value, zone: local(readers.instant(value), zone),
    FieldType.DURATION: lambda _, value, __: parse_duration(value),
    FieldType.PARTY: _party,
    FieldType.FILE: lambda _, value, __: Attached(value["name"], value["size"], value["sha256"]),
}
