"""Personal values of cases, sealed apart from history.

History holds a commitment to each personal value: an HMAC keyed by a random salt that is sealed with the value. With the salt
the commitment proves the value; once the key of both is destroyed it says nothing, and history still verifies.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from engine.ground.canonical import canonical
from engine.records import sealing, tables
from engine.records.prepared import Prepared

PERSONAL = tables.PERSONAL

_SALT = 16
_insert = Prepared(insert(PERSONAL))
_of_case = select(PERSONAL.c.seq, PERSONAL.c.name, PERSONAL.c.box).where(PERSONAL.c.case_id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class PersonalValue:
    """A personal value ready to be stored, and the commitment that history holds instead of it."""

    seq: int                             # the event that records it
    name: str                            # a field, `comment`, `text`
    value: str                           # canonical JSON
    salt: str                            # 16 random bytes, hex
    commitment: str                      # HMAC-SHA256 of `value` under the salt, hex


def seal(seq: int, name: str, value: Any) -> PersonalValue:
    """Seal a canonical value that the event number `seq` will record under that name."""
    text, salt = canonical(value), os.urandom(16).hex()
    return PersonalValue(seq, name, text, salt, commitment_of(text, salt))


def commitment_of(value: str, salt: str) -> str:
    """The commitment to a stored value (canonical text) under its salt (hex)."""
    return hmac_digest(bytes.fromhex(salt), value.encode(), "sha256").hex()


def matches(value: str, salt: str, commitment: str) -> bool:
    """Whether a stored value is the one that was committed to."""
    try:
        return compare_digest(commitment_of(value, salt), commitment)
    except ValueError:   # a salt that is no longer hex
        return False


def store(conn: Connection, case_id: int, key: bytes, rows: Sequence[PersonalValue]) -> None:
    """Store sealed values of a case under the key of that name. One statement."""
    _insert.run_many(conn, [
        {"case_id": case_id, "seq": r.seq, "name": r.name, "box": sealing.seal(conn, key, bytes.fromhex(r.salt) + r.value.encode())}
        for r in rows
    ])


def open_(conn: Connection, case_id: int, sealed: Mapping[str, int]) -> dict[str, Any]:
    """The present values of sealed fields, `sealed` naming the event that set each; erased ones are left out. One statement."""
    if not sealed:
        return {}
    seqs = sorted(set(sealed.values()))
    found = _some_of_case(len(seqs)).all(conn, {"of": case_id, **{f"seq{n}": seq for n, seq in enumerate(seqs)}})
    return {name: value for (_, name), value in _opened(conn, [row for row in found if sealed.get(row.name) == row.seq])}


@cache
def _some_of_case(count: int) -> Prepared:
    return Prepared(_of_case.where(PERSONAL.c.seq.in_([bindparam(f"seq{n}") for n in range(count)])))


def said(conn: Connection, case_id: int) -> dict[tuple[int, str], Any]:
    """Every personal value of a case by (event, name), erased ones left out: what history shows to those who may see it."""
    return dict(_opened(conn, conn.execute(_of_case, {"of": case_id}).all()))


def _opened(conn: Connection, rows: Sequence[Any]) -> Iterator[tuple[tuple[int, str], Any]]:
    for row, plain in zip(rows, sealing.open_all(conn, [row.box for row in rows]), strict=True):
        if plain is not None:
            yield (row.seq, row.name), json.loads(plain[_SALT:])


def taken_apart(plain: bytes) -> tuple[str, str]:
    """The value and the salt (hex) in an opened box of a personal value."""
    return plain[_SALT:].decode(), plain[:_SALT].hex()
