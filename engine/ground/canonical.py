"""Canonical JSON: the one text for a value, so that what is hashed is what is stored."""

import json
from decimal import Decimal
from typing import Any


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no canonical form")


_encode = json.JSONEncoder(     # nothing that is written down holds itself, so that need not be looked for in each
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False, default=_plain
).encode


def canonical(value: Any) -> str:
    """The canonical JSON text of a value of dicts, lists, text, whole numbers, booleans, None (Decimals become text)."""
    return _encode(value)


def digest(text: str) -> str:
    """sha256 of a text's UTF-8 bytes, in hex."""
    import hashlib  # it brings OpenSSL along, which a command that hashes nothing need not load

    return hashlib.sha256(text.encode()).hexdigest()
