"""How values read in a text: dates, money, options, yes and no, lists, in the language of the text.

Instants come here on the wall clock of the procedure (`engine.deciding.scope` puts them there), so printing needs no zone.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine.deciding.values import Amount, DayEnd, PartyNumber, Titled, day_of
from engine.defining.definition import Text
from engine.ground.duration import Duration, Unit
from engine.ground.money import minor_digits

_ZH_UNITS = {
    Unit.MINUTES: "分钟", Unit.HOURS: "小时", Unit.WORKING_MINUTES: "个工作分钟", Unit.WORKING_HOURS: "个工作小时", Unit.DAYS: "天",
    Unit.WORKING_DAYS: "个工作日", Unit.WEEKS: "周", Unit.MONTHS: "个月", Unit.QUARTERS: "个季度", Unit.YEARS: "年",
}
_LOCALES = {"en": "en_GB", "": "en_GB"}   # day before month, as an international reader expects of English


def printed(value: Any, language: str) -> str:
    """A value as a reader of that language expects it; nothing prints nothing. Times are 24-hour, local."""
    if value is None:
        return ""
    if isinstance(value, Titled):
        return value.title_in(language)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return ("是" if value else "否") if _zh(language) else ("yes" if value else "no")
    if isinstance(value, Amount):
        return _money(value, language)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, PartyNumber):
        return f"#{int(value)}"
    if isinstance(value, datetime):
        day, time = day_of(value), time_of(value)
        return f"{print_date(day, language)}{' ' if _zh(language) else ', '}{time}"
    if isinstance(value, date):
        return print_date(value, language)
    if isinstance(value, timedelta):
        return _span(value, language)
    if isinstance(value, Duration):
        return f"{plain(value.amount)} {_ZH_UNITS[value.unit]}" if _zh(language) else str(value)
    if isinstance(value, (list, tuple)):
        return joined(value, language)
    return value.in_(language) if isinstance(value, Text) else str(value)


def joined(values: Any, language: str, between: str | None = None) -> str:
    """Several values with `between` them; without it as the language lists things."""
    return (between if between is not None else "、" if _zh(language) else ", ").join(printed(value, language) for value in values)


def plain(number: Decimal) -> str:
    """A number in full, without needless zeros after the point."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def time_of(instant: datetime) -> str:
    """The local time to the minute; 24:00 for a midnight that ends a day."""
    return "24:00" if isinstance(instant, DayEnd) else f"{instant.hour:02}:{instant.minute:02}"


def _zh(language: str) -> bool:
    return language == "zh" or language.startswith(("zh-", "zh_"))


@lru_cache(maxsize=2048)
def print_date(day: date, language: str) -> str:
    """A date written out, as CLDR has it: 2026年11月20日, 20 November 2026."""
    from babel.core import Locale, UnknownLocaleError
    from babel.dates import format_date

    name = _LOCALES.get(language, language)
    try:
        locale = Locale.parse(name, sep="-" if "-" in name else "_")
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse(_LOCALES["en"])
    return format_date(day, "long", locale=locale)


def _money(amount: Amount, language: str) -> str:
    digits = minor_digits(amount.currency)
    if language in ("zh", "en", ""):
        return f"{amount.currency} {format(amount, f',.{digits}f')}"
    from babel.core import UnknownLocaleError
    from babel.numbers import format_decimal

    shape = "#,##0" + ("." + "0" * digits if digits else "")
    try:
        return f"{amount.currency} {format_decimal(amount, format=shape, locale=language.replace('-', '_'))}"
    except (UnknownLocaleError, ValueError):
        return f"{amount.currency} {format(amount, f',.{digits}f')}"


def _span(length: timedelta, language: str) -> str:
    """A length of time in days, hours and minutes; the rest below a minute is left out."""
    minutes = int(abs(length).total_seconds()) // 60
    parts = [(minutes // 1440, "天", "day"), (minutes // 60 % 24, "小时", "hour"), (minutes % 60, "分钟", "minute")]
    shown = [(n, zh, en) for n, zh, en in parts if n] or [parts[2]]
    sign = "-" if length < timedelta(0) else ""
    if _zh(language):
        return sign + " ".join(f"{n} {zh}" for n, zh, _ in shown)
    return sign + " ".join(f"{n} {en}{'' if n == 1 else 's'}" for n, _, en in shown)
