"""Money: an exact amount in a currency. Never a float."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.valueclass import valueclass

_SHAPE = re.compile(r"\s*(-?\d{1,15}(?:\.\d{1,6})?)\s*([A-Za-z]{3})?\s*")

_USUAL = dict.fromkeys(("CNY", "USD", "EUR", "GBP", "HKD", "TWD", "SGD", "AUD", "CAD", "CHF"), 2) | {"JPY": 0, "KRW": 0}
"""Known without Babel, which takes 20 ms to import; a test compares them with it."""


@lru_cache(maxsize=256)
def minor_digits(currency: str) -> int:
    """Decimals of a currency's minor unit, from the CLDR data that Babel keeps: CNY 2, JPY 0, KWD 3."""
    if currency in _USUAL:
        return _USUAL[currency]
    from babel.core import get_global

    fractions = get_global("currency_fractions")
    return int(fractions.get(currency, fractions["DEFAULT"])[0])


@valueclass(frozen=True, slots=True)
class Money:
    """An amount, exact to the currency's minor unit."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Round half up to the minor unit of the currency."""
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), rounding=ROUND_HALF_UP)


def parse_money(text: object, currency: str | None = None) -> Money:
    """Read `5000 CNY`, or `5000` where the currency is known; raises Invalid for floats, other currencies, too many decimals."""
    written = str(text) if isinstance(text, (str, int, Decimal)) and not isinstance(text, bool) else ""
    match = _SHAPE.fullmatch(written) if len(written) <= 100 else None   # a pattern must not meet a book
    if match:
        named = (match[2] or currency or "").upper()
        amount = Decimal(match[1])
        if named and (currency is None or named == currency) and round_money(amount, named) == amount:
            return Money(round_money(amount, named), named)
    raise Invalid(
        say("'{text}' is not an amount of money in {currency}", text=str(text)[:80], currency=currency or "…"),
        hint=say("Write digits and the currency, for example 1250.50 {currency}.", currency=currency or "CNY"),
        expected=f"money {currency or ''}".strip(),
        value=str(text)[:80],
    )
