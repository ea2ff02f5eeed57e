"""How a band of authority is read: `5000 CNY`, `[5000 CNY, 600 EUR]`, `unlimited`, or either under `amount`."""

from typing import Any

from engine.defining import kinds
from engine.defining.kinds import WRONG, Reading
from engine.defining.tree import Path
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.money import Money, parse_money


def band(value: Any, path: Path, reading: Reading) -> Any:
    """What somebody may decide: `unlimited` (gives None), `5000 CNY` or one amount per currency (a tuple), or either under `amount`."""
    if isinstance(value, dict):
        for key in value:
            if key != "amount":
                reading.unknown(path, key, ["amount"])
        if "amount" not in value:
            return reading.report(path, say("'{key}' is missing", key="amount"), hint=say(
                "Write an amount with its currency, or unlimited."))
        value, path = value["amount"], (*path, "amount")
    if value == "unlimited":
        return None
    if not isinstance(value, list):
        told = _amount(value, path, reading)
        return WRONG if told is WRONG else (told,)
    found: dict[str, Money] = {}
    for index, entry in enumerate(value):
        told = _amount(entry, (*path, index), reading)
        if told is not WRONG and told.currency in found:
            reading.report((*path, index), say("'{key}' is here twice", key=told.currency))
        elif told is not WRONG:
            found[told.currency] = told
    return tuple(found.values()) if value else kinds.expected(value, path, reading, say("at least one"))


def _amount(value: Any, path: Path, reading: Reading) -> Any:
    if isinstance(value, str):
        try:
            return parse_money(value)
        except Invalid as error:
            return reading.report(path, error.message, hint=error.hint)
    return kinds.expected(value, path, reading, say("an amount with its currency, such as 5000 CNY, or unlimited"))
