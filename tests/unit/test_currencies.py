"""The minor units of usual currencies, which are known without asking Babel."""

from babel.core import get_global

from engine.ground.money import _USUAL


def test_the_usual_currencies_have_the_minor_units_that_babel_knows() -> None:
    fractions = get_global("currency_fractions")
    assert {currency: int(fractions.get(currency, fractions["DEFAULT"])[0]) for currency in _USUAL} == _USUAL
