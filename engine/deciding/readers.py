"""One reader for each type of field: from what was given to the canonical value, or `Unreadable` with what was expected."""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from engine.deciding.patterns import LONGEST_MATCHED, pattern
from engine.deciding.values import Amount, DayEnd, day_of
from engine.defining.definition import Field
from engine.ground.duration import Duration, parse_duration
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.money import parse_money

LONGEST_TEXT = 10_000
_YEARS = range(1900, 3000)         # beyond these a date is a slip of the pen
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?")
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})-([0-9]{2})|/([0-9]{1,2})/([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?) ?(Z|[+-][0-9]{2}:?[0-9]{2})?")
_LENGTH = re.compile(r" *([0-9]{1,6})? *(\.\.)? *([0-9]{1,6})? *")
_YES = frozenset({"yes", "true", "y", "是"})
_NO = frozenset({"no", "false", "n", "否"})


class Unreadable(Exception):
    """A value that does not fit; `expected` says what would."""

    def __init__(self, expected: str, hint: str = "") -> None:
        super().__init__(expected)
        self.expected, self.hint = expected, hint


def words(raw: Any, longest: int, *, lines: bool = True) -> str | None:
    """Text in normal form C, without the blanks around it; with `lines` it may have several. None when nothing is left."""
    if isinstance(raw, (int, Decimal)) and not isinstance(raw, bool):
        raw = str(raw)
    if not isinstance(raw, str):
        raise Unreadable(say("text"))
    made = unicodedata.normalize("NFC", str(raw)).replace("\r\n", "\n").strip()
    for sign in made:
        kind = unicodedata.category(sign)
        if kind == "Cs" or (kind in ("Cc", "Zl", "Zp") and not (lines and sign in "\n\t\u2028\u2029")):
            raise Unreadable(
                say("text without control characters") if lines else say("text on one line, without control characters"),
            )
    if len(made) > longest:
        raise Unreadable(say("text of at most {most} characters", most=longest))
    return made or None


def _narrow(raw: Any) -> str:
    """What was typed, full-width digits and signs made plain."""
    return unicodedata.normalize("NFKC", str(raw)).strip()


def bounds(length: str | None) -> tuple[int, int]:
    """Least and most characters of `length:` (`10` exactly, `1..200`, `5..`, `..80`); raises Invalid when it is none of these."""
    if length is None:
        return 0, LONGEST_TEXT
    match = _LENGTH.fullmatch(str(length))
    if match and (match[1] or match[3]):
        least = int(match[1] or 0)
        most = int(match[3]) if match[3] else LONGEST_TEXT if match[2] else least
        if least <= most <= LONGEST_TEXT:
            return least, most
    raise Invalid(
        say("'{length}' is not a length", length=length), hint=say("Write 10, 1..200 or 5.., at most {most}.", most=LONGEST_TEXT),
        field="length", value=str(length), expected="1..200",
    )


def text(field: Field, raw: Any, _: str) -> str | None:
    """A text within its length that matches its pattern."""
    least, most = bounds(field.length)
    if field.pattern is not None and field.length is None:
        most = LONGEST_MATCHED
    made = words(raw, LONGEST_TEXT)
    if made is not None and not least <= len(made) <= most:
        raise Unreadable(say("text of {least} to {most} characters", least=least, most=most))
    if made is not None and field.pattern is not None and not pattern(field.pattern, most).fullmatch(made):
        raise Unreadable(say("text like {pattern}", pattern=field.pattern))
    return made


def choice(field: Field, raw: Any, _: str) -> str:
    """One of the options: its value, or its title in any language, whatever the case."""
    given = str(raw).strip() if isinstance(raw, (str, int, Decimal)) and not isinstance(raw, bool) else ""
    if given in field.options:
        return given
    wanted = _narrow(given).casefold()
    found = {value for value, title in field.options.items() if wanted in {value.casefold(), *(one.casefold() for one in title.values())}}
    if wanted and len(found) == 1:
        return found.pop()
    near = get_close_matches(wanted[:100], [*field.options, *(one for title in field.options.values() for one in title.values())], 1)
    raise Unreadable(
        say("one of {options}", options=", ".join(field.options)), say("Did you mean {near}?", near=near[0]) if near else "",
    )


def yes_no(_: Field, raw: Any, __: str) -> bool:
    """True or false; yes, no, 是, 否 as text."""
    if isinstance(raw, bool):
        return raw
    given = _narrow(raw).lower() if isinstance(raw, str) else ""
    if given not in _YES | _NO:
        raise Unreadable(say("yes or no"))
    return given in _YES


def exact(raw: Any) -> Decimal:
    """A plain decimal number of at most 15 digits before the point and 9 after it."""
    given = format(raw, "f") if isinstance(raw, Decimal) and raw.is_finite() else _narrow(raw) if isinstance(raw, (str, int)) else ""
    if isinstance(raw, bool) or not _NUMBER.fullmatch(given):
        raise Unreadable(say("a number such as 12 or 1250.50"))
    return Decimal(given)


def number(field: Field, raw: Any, _: str) -> str:
    """A number within its bounds, without needless zeros."""
    made = exact(raw)
    _between(field, made)
    whole = format(made, "f")
    return (whole.rstrip("0").rstrip(".") if "." in whole else whole) if made else "0"


def _between(field: Field, value: Decimal) -> None:
    if field.between is not None and not field.between[0] <= value <= field.between[1]:
        raise Unreadable(say("from {least} to {most}", least=field.between[0], most=field.between[1]))


def money(field: Field, raw: Any, _: str) -> str:
    """An amount in the field's currency, to its minor unit; with the currency behind it when the field has none of its own."""
    if isinstance(raw, Amount):
        raw = f"{raw:f} {raw.currency}"
    elif isinstance(raw, Decimal):
        raw = format(raw, "f")
    elif isinstance(raw, str):
        raw = _narrow(raw).lstrip("+")
    try:
        made = parse_money(raw, field.currency)
    except Invalid as error:
        raise Unreadable(say("an amount such as 1250.50 {currency}", currency=field.currency or "CNY")) from error
    _between(field, made.amount)
    amount = format(abs(made.amount) if not made.amount else made.amount, "f")
    return amount if field.currency else f"{amount} {made.currency}"


def _date_of(year: str, month: str, day: str) -> date:
    try:
        made = date(int(year), int(month), int(day))
    except ValueError as error:
        raise Unreadable(say("a day that exists, such as 2026-11-20")) from error
    if made.year not in _YEARS:
        raise Unreadable(say("a year from {first} to {last}", first=_YEARS[0], last=_YEARS[-1]))
    return made


def day(_: Field, raw: Any, timezone: str) -> str:
    """A date, as 2026-11-20 (also 2026/11/20, 2026年11月20日); of an instant, its local date (of one that ends a day, that day)."""
    if isinstance(raw, datetime):
        if raw.tzinfo is None:
            raise Unreadable(say("a moment with its time zone"))
        raw = day_of(raw if isinstance(raw, DayEnd) else raw.astimezone(ZoneInfo(timezone)))
    given = raw.isoformat() if isinstance(raw, date) else _narrow(raw) if isinstance(raw, str) else ""
    match = _DATE.fullmatch(given)
    if not match:
        raise Unreadable(say("a date such as 2026-11-20"))
    year, *rest = (part for part in match.groups() if part)
    return _date_of(year, rest[0], rest[1]).isoformat()


def instant(text: str) -> datetime:
    """The instant of a canonical moment."""
    return datetime.fromisoformat(text)


def moment(_: Field, raw: Any, timezone: str) -> str:
    """An instant, in UTC. Without an offset it is local: a time that the clocks skip moves forward, one that comes twice is the first."""
    if isinstance(raw, datetime):
        raw = raw.isoformat(" ") if raw.tzinfo is not None else None
    match = _MOMENT.fullmatch(_narrow(raw)) if isinstance(raw, str) else None
    if not match:
        raise Unreadable(say("a moment such as 2026-11-20 16:00"))
    _date_of(*match[1].split("-"))
    try:
        made = datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3] or ''}")
    except ValueError as error:
        raise Unreadable(say("a time that exists, such as 2026-11-20 16:00")) from error
    if made.tzinfo is None:
        made = made.replace(tzinfo=ZoneInfo(timezone))
    return made.astimezone(UTC).isoformat()


def duration(_: Field, raw: Any, __: str) -> str:
    """A duration as the language writes it."""
    if isinstance(raw, timedelta):
        raw = f"{raw // timedelta(minutes=1)} minutes"
    try:
        return str(parse_duration(str(raw) if isinstance(raw, Duration) else _narrow(raw) if isinstance(raw, str) else ""))
    except Invalid as error:
        raise Unreadable(say("a duration such as 3 working days or 24 hours")) from error
