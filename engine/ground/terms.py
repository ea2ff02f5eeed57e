"""By what people outside are found: pieces of their names, their mail address, the ends of their telephone number.

Nothing here is stored: the records keep a keyed hash of each term, so what can be looked for is exactly what stands here, and
part of a word cannot. Case and width of letters do not matter.
"""

import re
import unicodedata
from collections.abc import Mapping

FEWEST_DIGITS = 4      # of a telephone number, from its end
_WORDS = re.compile(r"[^\W_]+")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]+")
_PHONE = re.compile(r"[\d\s()+./-]+")


def terms_of(details: Mapping[str, str | None]) -> frozenset[str]:
    """Every term under which somebody with these details (name, email, phone) can be found."""
    return _of_name(details.get("name") or "") | _of_email(details.get("email") or "") | _of_phone(details.get("phone") or "")


def proofs_of(details: Mapping[str, str | None]) -> tuple[str, frozenset[str]]:
    """The term of the whole name, and those of the whole mail address and telephone number: what tells whether somebody is known."""
    digits = _digits(details.get("phone") or "")
    return f"name:{_plain(details.get('name') or '')}", _of_email(details.get("email") or "") | ({f"phone:{digits}"} if digits else set())


def asked(text: str) -> list[frozenset[str]]:
    """What a search asks for: people who have every term of one of these sets; none when the text can never be found."""
    ways = [_of_name(text) - {f"name:{_plain(text)}"} or {f"name:{_plain(text)}"}, _of_email(text)]
    digits = _digits(text)
    if _PHONE.fullmatch(text.strip()) and len(digits) >= FEWEST_DIGITS:
        ways.append({f"phone:{digits}"})
    return [frozenset(way) for way in ways if way and text.strip()]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _of_name(name: str) -> frozenset[str]:
    """The whole, each word, and of Chinese each two characters that stand together."""
    plain = _plain(name)
    if not plain:
        return frozenset()
    found = {f"name:{plain}"}
    for word in _WORDS.findall(plain):
        for run in _HAN.findall(word):
            found |= {f"piece:{run[n:n + 2]}" for n in range(len(run) - 1)}
        found |= {f"word:{part}" for part in _HAN.split(word) if part}
    return frozenset(found)


def _of_email(address: str) -> frozenset[str]:
    return frozenset({f"email:{_plain(address)}"}) if "@" in address else frozenset()


def _of_phone(number: str) -> frozenset[str]:
    """The number from each of its digits on, as long as enough are left."""
    digits = _digits(number)
    return frozenset(f"phone:{digits[n:]}" for n in range(max(1, len(digits) - FEWEST_DIGITS + 1)) if digits)


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(one)) for one in text if one.isdigit() and unicodedata.digit(one, None) is not None)
