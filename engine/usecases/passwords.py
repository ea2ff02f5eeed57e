"""Passwords: what fits, what is kept of one (argon2id), and whether one matches. Slow on purpose, for whoever guesses."""

from unicodedata import normalize

from engine.ground.errors import Invalid
from engine.ground.language import say

SHORTEST, LONGEST = 12, 500     # characters; no rules about their kinds, which only make passwords worse


def fit(password: str) -> None:
    """Refuse a password that is too short, far too long, or the same few characters; raises Invalid (which does not repeat it)."""
    if not SHORTEST <= len(password) <= LONGEST or len(set(password)) < 5:
        raise Invalid(
            say("A password needs {least} to {most} characters, not always the same ones", least=SHORTEST, most=LONGEST),
            hint=say("Four words that have nothing to do with each other make a good one."),
            field="password", expected=f"{SHORTEST}..{LONGEST}",
        )


def kept(password: str) -> str:
    """What is kept of a password: with its salt and the cost at which it was made."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(_plain(password))


def matches(known: str | None, password: str) -> bool:
    """Whether it is the password of which `known` was kept. Takes as long when there is none."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    if known is None:
        kept(password)
        return False
    try:
        return PasswordHasher().verify(known, _plain(password))
    except (VerificationError, InvalidHashError):
        return False


def _plain(password: str) -> bytes:
    """The same bytes however a keyboard composes its characters; what is longer than any password counts as its beginning."""
    return normalize("NFKC", password[: LONGEST + 1]).encode("utf-8", "surrogateescape")
