"""What is shown of somebody's data to those who only look: enough to recognise whom one has on the telephone, not enough to write down."""

import re
from collections.abc import Mapping

HIDDEN = "•••"
"""What is shown of a personal text."""

_DIGIT = re.compile(r"\d")
_ADDRESS = re.compile(r"[\w.+'-]+@[\w.-]+")
_NUMBER = re.compile(r"(?<![\w.])\+?\d(?:[ ()-]*\d){6,14}(?![\w.])")
_MASKED_DIGITS, _OPEN_DIGITS = 4, 4


def masked_name(name: str) -> str:
    """Of each word its first letter: "李*", "R* T*"."""
    return " ".join(f"{word[0]}*" for word in name.split())


def masked_email(address: str) -> str:
    """The first letter and the server: "l***@acme.example"."""
    box, at, server = address.rpartition("@")
    return f"{box[:1]}***{at}{server}" if at else HIDDEN


def masked_phone(number: str) -> str:
    """All but four digits before the last four: "+86-139****0004"; of a short number only the last two."""
    digits = [match.start() for match in _DIGIT.finditer(number)]
    if len(digits) < _MASKED_DIGITS + _OPEN_DIGITS:
        hidden = digits[:-2]
    else:
        hidden = digits[-_MASKED_DIGITS - _OPEN_DIGITS:-_OPEN_DIGITS]
    return "".join("*" if place in hidden else letter for place, letter in enumerate(number))


def masked_party(details: Mapping[str, str]) -> dict[str, str]:
    """Somebody's details, masked each in its way; what is no detail of a person (id, language) stays."""
    ways = {"name": masked_name, "email": masked_email, "phone": masked_phone, "address": _hidden, "chat": _hidden}
    return {key: ways[key](value) if key in ways else value for key, value in details.items()}


def masked_text(text: str) -> str:
    """A technical message with the mail addresses and telephone numbers in it masked."""
    return _NUMBER.sub(lambda found: masked_phone(found[0]), _ADDRESS.sub(lambda found: masked_email(found[0]), text))


def _hidden(_: str) -> str:
    return HIDDEN
