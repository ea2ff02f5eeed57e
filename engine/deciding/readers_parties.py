"""Readers for people and files: a member of staff, a party outside, an attached file."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from engine.deciding.readers import Unreadable, words
from engine.deciding.values import Attached, Customer
from engine.defining.definition import Field
from engine.ground.language import say

LONGEST_LINE = 200
PARTY_KEYS = ("name", "email", "phone", "address", "chat", "language")
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"\\]{1,64}@[^\s@,;:<>()\[\]\"\\.]+(\.[^\s@,;:<>()\[\]\"\\.]+)*")
_NAMED_EMAIL = re.compile(r"([^<>]+?) *<([^<>]+)>")
_PHONE = re.compile(r"\+?[0-9()\-./ #*]{3,40}(?:(?:ext|x|转)\.? ?[0-9]{1,8})?")
_CHAT = re.compile(r"[a-z][a-z0-9+.\-]{1,20}://\S{1,500}")
_PERSON = re.compile(r"[\w.\-@]{1,100}")
_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def person(_: Field, raw: Any, __: str) -> str:
    """The id of somebody who works here; whether there is such a person, the use case asks."""
    if not isinstance(raw, str) or not _PERSON.fullmatch(raw.strip()):
        raise Unreadable(say("the id of a person, as the organisation file has it"))
    return str(raw.strip())


def party(_: Field, raw: Any, __: str) -> dict[str, str] | int:
    """A party: `#12` (or 12) for one that is known, a name, `name <e-mail>`, or a mapping with the keys `PARTY_KEYS`."""
    if isinstance(raw, Customer):
        raw = {key: getattr(raw, key) for key in PARTY_KEYS}
    if isinstance(raw, int) and not isinstance(raw, bool) and raw > 0:
        return int(raw)
    if isinstance(raw, str):
        given = raw.strip()
        if given.startswith("#"):
            if not re.fullmatch(r"#[1-9][0-9]{0,11}", given):
                raise Unreadable(say("the number of a known party, such as #12"))
            return int(given[1:])
        named = _NAMED_EMAIL.fullmatch(given)
        raw = _mapping(given) if given.startswith("{") else {"name": named[1], "email": named[2]} if named else {"name": given}
    if not isinstance(raw, Mapping):
        raise Unreadable(say("a name, #NUMBER of a known party, or a mapping of {keys}", keys=", ".join(PARTY_KEYS)))
    for key in raw:
        if key not in PARTY_KEYS:
            near = get_close_matches(str(key)[:100], PARTY_KEYS, 1)
            raise Unreadable(
                say("a party has {keys}, not {key}", keys=", ".join(PARTY_KEYS), key=str(key)),
                say("Did you mean {near}?", near=near[0]) if near else "",
            )
    made = {key: value for key in PARTY_KEYS if raw.get(key) is not None and (value := _party_value(key, raw[key]))}
    if "name" not in made:
        raise Unreadable(say("a party with a name"))
    return made


def _mapping(given: str) -> Any:
    try:
        return json.loads(given, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable(say("a mapping such as {example}", example='{"name": "…", "email": "…"}')) from error


def _party_value(key: str, raw: Any) -> str | None:
    if isinstance(raw, str) and len(raw) > LONGEST_LINE * 10:
        raise Unreadable(say("{key} of at most {most} characters", key=key, most=LONGEST_LINE))
    made = words(raw, LONGEST_LINE * (5 if key in ("address", "chat") else 1), lines=key == "address")
    shapes = {
        "email": (_EMAIL, say("an e-mail address such as name@example.com")),
        "phone": (_PHONE, say("a telephone number such as +86 10 5555 0100")),
        "chat": (_CHAT, say("an address such as tgram://…")),
        "language": (_LANGUAGE, say("a language such as zh or en")),
    }
    if made is not None and key in shapes and not shapes[key][0].fullmatch(made):
        raise Unreadable(f"{key}: {shapes[key][1]}")
    return made


def file(_: Field, raw: Any, __: str) -> dict[str, Any]:
    """A file that was attached: its content's sha256, name and size in bytes."""
    if isinstance(raw, Attached):
        raw = {"sha256": raw.sha256, "name": raw.name, "size": raw.size}
    if isinstance(raw, Mapping) and set(raw) == {"sha256", "name", "size"}:
        size, name = raw["size"], words(raw["name"], LONGEST_LINE, lines=False)
        if isinstance(size, int) and not isinstance(size, bool) and size >= 0 and name and _SHA256.fullmatch(str(raw["sha256"])):
            return {"sha256": str(raw["sha256"]), "name": name, "size": size}
    raise Unreadable(say("an attached file with sha256, name and size"))
