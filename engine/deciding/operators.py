"""What the signs of the expression language do: comparing and computing. Exact, bounded, without side effects.

Everything here raises `Unfit` with a sentence for the person who wrote the expression; `engine.deciding.expressions`
adds which expression it was.
"""

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from engine.deciding.values import Amount, Attached, Customer, DayEnd, PartyNumber, day_of
from engine.ground.duration import ELAPSED, Duration, Unit, parse_duration
from engine.ground.errors import Invalid
from engine.ground.language import say

LONGEST_TEXT = 10_000      # characters that adding texts may make
LARGEST = Decimal(10) ** 18
EXACT = Context(prec=40, traps=[InvalidOperation, DivisionByZero, Overflow])
_MINUTES = {Unit.MINUTES: 1, Unit.HOURS: 60, Unit.DAYS: 1440, Unit.WEEKS: 10080}


class Unfit(Exception):
    """A value that an operator cannot work with; the argument is the sentence that says so."""


def truth(value: Any) -> bool:
    """Whether a value counts as yes: filled and not `no`. A number field counts as filled even with 0; a count of 0 is no."""
    if value is None or value is False:
        return False
    if isinstance(value, Decimal):
        return True
    return bool(value)


def empty(value: Any) -> bool:
    """Whether there is nothing: no value, an empty text, an empty list."""
    return value is None or (isinstance(value, (str, list, tuple, dict)) and not value)


# --- comparing ------------------------------------------------------------------------------------------------------------


def is_number(value: Any) -> bool:
    """Whether it is counted with; yes and no are not."""
    return isinstance(value, (Decimal, int)) and not isinstance(value, bool)


def span(duration: Duration) -> timedelta:
    """The length of a duration that has one: minutes, hours, days and weeks; raises Unfit for months and working time."""
    if duration.unit not in _MINUTES:
        raise Unfit(say("{duration} has no fixed length", duration=str(duration)))
    return timedelta(microseconds=int(duration.amount * _MINUTES[duration.unit] * 60_000_000))


def moment(text: str) -> date:
    """The date or instant that a text in an expression writes; raises Unfit."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError as error:
        raise Unfit(say("'{text}' is not a date such as 2026-11-20", text=text)) from error


def _length(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = parse_duration(value)
        except Invalid as error:
            raise Unfit(error.message) from error
    return span(value) if isinstance(value, Duration) else value


def _alike(left: Any, right: Any) -> tuple[Any, Any] | None:
    """Both values in a form in which they can be compared, or None when they are of different kinds."""
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    if isinstance(left, bool) or isinstance(right, bool):
        return (left, right) if isinstance(left, bool) and isinstance(right, bool) else None
    if is_number(left) and is_number(right):
        currency_of(left, right)
        return left, right
    for one, other in ((left, right), (right, left)):
        if isinstance(one, date) and isinstance(other, str):
            read = moment(other)
            if isinstance(read, datetime) and read.tzinfo is None and isinstance(one, datetime):
                read = read.replace(tzinfo=one.tzinfo)
            return _dates(one, read) if one is left else _dates(read, one)
    if isinstance(left, date) and isinstance(right, date):
        return _dates(left, right)
    if isinstance(left, (timedelta, Duration)) or isinstance(right, (timedelta, Duration)):
        if all(isinstance(value, (timedelta, Duration, str)) for value in (left, right)):
            return (left, right) if left == right else (_length(left), _length(right))
        return None
    return (left, right) if type(left) is type(right) else None


def _dates(left: date, right: date) -> tuple[date, date]:
    """Two instants as such, also in the hour that comes twice; a date beside an instant: both as local dates."""
    if isinstance(left, datetime) and isinstance(right, datetime):
        return _instant(left), _instant(right)
    return local_day(left), local_day(right)


def local_day(value: date) -> date:
    """A date, or the local date of an instant on its wall clock; of a midnight that ends a day, that day."""
    return day_of(value) if isinstance(value, datetime) else value


def _instant(at: datetime) -> datetime:
    """An instant in UTC: on one and the same wall clock Python compares and subtracts what the clock shows."""
    return at.astimezone(UTC) if at.tzinfo else at


_ORDERED = {"lt": operator.lt, "lteq": operator.le, "gt": operator.gt, "gteq": operator.ge}


def compare(sign: str, left: Any, right: Any) -> bool:
    """`left sign right` (eq ne lt lteq gt gteq in notin); false whenever a side is empty (None)."""
    if left is None or right is None:
        return False
    if sign in ("in", "notin"):
        return _holds(left, right) is (sign == "in")
    pair = _alike(left, right)
    if sign == "eq":
        return pair is not None and bool(pair[0] == pair[1])
    if sign == "ne":
        return pair is None or bool(pair[0] != pair[1])
    if pair is None or isinstance(pair[0], (bool, list, tuple)):
        raise Unfit(say("{left} and {right} have no order", left=kind_of(left), right=kind_of(right)))
    try:
        return bool(_ORDERED[sign](*pair))
    except TypeError as error:
        raise Unfit(say("{left} and {right} have no order", left=kind_of(left), right=kind_of(right))) from error


def _holds(item: Any, container: Any) -> bool:
    if isinstance(container, (list, tuple)):
        return any(compare("eq", item, one) for one in container)
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    raise Unfit(say("'in' needs a list or a text on its right, not {kind}", kind=kind_of(container)))


def kind_of(value: Any) -> str:
    """What a value is, in the words of the reader, for refusals."""
    for kinds, name in (
        (bool, say("yes or no")), ((Decimal, int), say("a number")), (str, say("a text")), (date, say("a date")),
        ((timedelta, Duration), say("a duration")), ((list, tuple), say("a list")),
        ((Customer, PartyNumber), say("a party")), (Attached, say("a file")),
    ):
        if isinstance(value, kinds):
            return name
    return say("nothing") if value is None else type(value).__name__.lower()


# --- computing ------------------------------------------------------------------------------------------------------------


def currency_of(left: Any, right: Any = None) -> str | None:
    """The currency of the amounts among two values, None when there are none; raises Unfit for two currencies."""
    first = left.currency if isinstance(left, Amount) else None
    second = right.currency if isinstance(right, Amount) else None
    if first and second and first != second:
        raise Unfit(say("amounts in {currencies} cannot be put together", currencies=", ".join(sorted((first, second)))))
    return first or second


def bounded(number: Decimal, currency: str | None = None) -> Decimal:
    """The result of a computation, an amount when there is a currency; raises Unfit when it grows beyond all use."""
    if abs(number) >= LARGEST:
        raise Unfit(say("the result is too large"))
    return Amount(number, currency) if currency else number


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > LONGEST_TEXT:
            raise Unfit(say("the text would be longer than {most} characters", most=LONGEST_TEXT))
        return str(left) + str(right)
    moved = _moved(left, right, 1)
    return moved if moved is not None else bounded(EXACT.add(left, right), currency_of(left, right))


def _subtract(left: Any, right: Any) -> Any:
    if isinstance(left, date) and isinstance(right, date):
        first, second = _dates(left, right)
        if isinstance(first, datetime) and isinstance(second, datetime):
            return first - second
        return Decimal((first - second).days)
    moved = _moved(left, right, -1)
    return moved if moved is not None else bounded(EXACT.subtract(left, right), currency_of(left, right))


def _moved(left: Any, right: Any, sign: int) -> Any:
    """Days added to a date, a length of time to an instant or to another; None when it is neither."""
    if isinstance(left, date) and not isinstance(left, datetime) and is_number(right):
        if abs(right) > 100_000 or right != int(right):
            raise Unfit(say("{days} is not a number of days", days=str(right)))
        return left + timedelta(days=sign * int(right))
    if isinstance(left, (datetime, timedelta)) and isinstance(right, (timedelta, Duration)):
        left = datetime.combine(left.date(), left.timetz()) if isinstance(left, DayEnd) else left   # what comes of it may end no day
        elapses = not isinstance(right, Duration) or right.unit in ELAPSED
        if isinstance(left, datetime) and left.tzinfo and elapses:      # days are those of the wall clock
            return (_instant(left) + sign * _length(right)).astimezone(left.tzinfo)
        return left + sign * _length(right)
    return None


def _multiply(left: Any, right: Any) -> Any:
    if isinstance(left, Amount) and isinstance(right, Amount):
        raise Unfit(say("an amount of money cannot be multiplied by another"))
    return bounded(EXACT.multiply(left, right), currency_of(left, right))


def _divide(left: Any, right: Any) -> Any:
    currency = currency_of(left, right)
    return bounded(EXACT.divide(left, right), None if isinstance(right, Amount) else currency)


def _floor(left: Any, right: Any) -> Any:
    currency = currency_of(left, right)
    whole = EXACT.divide(left, right).to_integral_value(ROUND_FLOOR)
    return bounded(whole, None if isinstance(right, Amount) else currency)


def _remainder(left: Any, right: Any) -> Any:
    whole = EXACT.divide(left, right).to_integral_value(ROUND_FLOOR)
    return bounded(EXACT.subtract(left, EXACT.multiply(whole, right)), currency_of(left, right))


ARITHMETIC: Mapping[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "Add": ("+", _add), "Sub": ("-", _subtract), "Mul": ("*", _multiply), "Div": ("/", _divide),
    "FloorDiv": ("//", _floor), "Mod": ("%", _remainder),
}
"""The arithmetic signs by the name of their syntax node."""


def compute(name: str, left: Any, right: Any) -> Any:
    """Two values put together by an arithmetic sign; nothing (None) when a side is empty, like a comparison that is false."""
    if left is None or right is None:
        return None
    sign, work = ARITHMETIC[name]
    texts = isinstance(left, str) and isinstance(right, str) and name == "Add"
    for value in () if texts else (left, right):
        if not (is_number(value) or isinstance(value, (date, timedelta, Duration))):
            raise Unfit(say("'{sign}' does not work with {kind}", sign=sign, kind=kind_of(value)))
    try:
        return work(left, right)
    except (InvalidOperation, DivisionByZero, ZeroDivisionError) as error:
        raise Unfit(say("a division by zero")) from error
    except (Overflow, OverflowError) as error:
        raise Unfit(say("the result is too large")) from error
    except TypeError as error:
        raise Unfit(say("'{sign}' does not work with {left} and {right}", sign=sign, left=kind_of(left), right=kind_of(right))) from error


def negate(value: Any) -> Any:
    """Minus a number; nothing stays nothing."""
    if value is None:
        return None
    if not is_number(value):
        raise Unfit(say("'{sign}' does not work with {kind}", sign="-", kind=kind_of(value)))
    return bounded(-value, currency_of(value))
