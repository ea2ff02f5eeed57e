"""Other cases of the same procedure, as an expression asks for them: `others(account, kind='late', since='90 days').count`.

Pure: what is asked (`Asked`) is known from the text alone, the question put to the records (`Question`) from the case and the
moment. Who holds the answer is `engine.records.others`.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.deciding import fields, readers
from engine.deciding.asked import Asked, DayOfYear
from engine.deciding.clock_dates import nth_date
from engine.deciding.clock_due import length_of
from engine.deciding.operators import Unfit, compute
from engine.deciding.values import Amount, Customer
from engine.defining.definition import Definition, Field, FieldType
from engine.ground.calendars import Calendar
from engine.ground.canonical import canonical, digest
from engine.ground.duration import ELAPSED, WORKED, Duration
from engine.ground.errors import CalendarExpired, Invalid
from engine.ground.language import say
from engine.ground.valueclass import valueclass
from engine.ground.worktime import add, local_date, start_of_day

_LONGEST = 200


@valueclass(frozen=True, slots=True)
class Question:
    """What is asked of the records: cases with this value, opened in this stretch, alike in these fields."""

    field: str
    value: str                           # as it is kept
    like: Mapping[str, str]
    since: datetime | None
    until: datetime
    total: str | None


Answer = Callable[[Question], Any]
"""Who knows other cases: how many there are (a whole number) or, where a field is summed, what they hold in it (texts, as kept)."""


def kept_values(definition: Definition, public: Mapping[str, Any], party: int | None, names: Collection[str]) -> dict[str, str]:
    """What a case lets others know of itself: those of its public values whose fields somebody asks for, as text to compare.

    Of the customer that is the number, which its row holds too.
    """
    held = {**public, **({definition.customer_field: party} if definition.customer_field else {})}
    known = definition.fields
    return {name: _kept(known[name], held[name]) for name in sorted(names) if name in known and held.get(name) is not None}


def _kept(field: Field, value: Any) -> str:
    """A canonical value as text: equal values have equal texts, long ones short texts; an amount always names its currency."""
    text = canonical(f"{value} {field.currency}" if field.type is FieldType.MONEY and field.currency else value)
    return text if len(text) <= _LONGEST else digest(text)


def asked_of(
    definition: Definition, asked: Asked, shared: Any, like: Sequence[Any], now: datetime, calendar: Calendar, answer: Answer
) -> Any:
    """The answer to what an expression asks: a count, or an exact sum. `shared` and `like` are live values of this case.

    An empty value is shared by nobody. None when the customer has no number yet, or the calendar does not reach so far.
    """
    if isinstance(shared, Customer):
        return None
    try:
        question = _question(definition, asked, shared, like, now, calendar)
    except CalendarExpired:
        return None
    if asked.total is None:
        return answer(question) if question else 0
    return _summed(definition.fields[asked.total], answer(question) if question else ())


def _question(
    definition: Definition, asked: Asked, shared: Any, like: Sequence[Any], now: datetime, calendar: Calendar
) -> Question | None:
    """What to ask the records; None when no case can be meant."""
    since = beginning(asked.since, now, calendar) if asked.since is not None else None
    zone = calendar.timezone
    value = _text_of(definition.fields[asked.field], shared, zone)
    wanted = {name: _text_of(definition.fields[name], one, zone) for (name, _), one in zip(asked.like, like, strict=True)}
    texts = {name: text for name, text in wanted.items() if text is not None}
    if value is None or len(texts) < len(wanted):
        return None
    return Question(asked.field, value, texts, since, now, asked.total)


def _text_of(field: Field, live: Any, zone: str) -> str | None:
    """A live value as other cases keep it; None for an empty one, and for one that the field cannot hold."""
    try:
        value = fields.computed(field, live, zone)
    except Invalid:
        return None
    return None if value is None else _kept(field, value)


def _summed(field: Field, texts: Sequence[str]) -> Any:
    total: Any = Amount(Decimal(0), field.currency) if field.currency else Decimal(0)
    for text in texts:
        try:
            value = json.loads(text)
            one = Amount(*value.split()) if field.type is FieldType.MONEY else readers.exact(value)
        except (ValueError, TypeError, AttributeError, ArithmeticError, readers.Unreadable) as error:
            raise Unfit(say("another case holds something in '{field}' that is no number", field=field.name)) from error
        total = compute("Add", total, one)
    return total


def beginning(since: Duration | DayOfYear, now: datetime, calendar: Calendar) -> datetime:
    """From when on a case counts: days and longer go back to the beginning of a local date, as many dates before today.

    So `28 days` covers whatever a clock of 28 days started on that date would still cover. Raises CalendarExpired.
    """
    today = local_date(calendar, now)
    if not isinstance(since, Duration):
        this = date(today.year, *since)
        return start_of_day(calendar, this if this <= today else date(today.year - 1, *since))
    if since.unit in WORKED:
        return add(calendar, now, -length_of(since))
    if since.unit in ELAPSED:
        return now - length_of(since)
    return start_of_day(calendar, nth_date(calendar, today, since, -1))
