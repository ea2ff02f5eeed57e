"""Personal values of cases, sealed apart from history.

History holds a commitment to each personal value: an HMAC keyed by a random salt that is sealed with the value. With the salt
the commitment proves the value; once the key of both is destroyed it says nothing, and history still verifies.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from engine.ground.canonical import canonical
from engine.ground.valueclass import valueclass
from engine.records import sealing, tables
from engine.records.prepared import Prepared

PERSONAL = tables.PERSONAL

_SALT = 16
_insert = Prepared(insert(PERSONAL))
_of_case = select(PERSONAL.c.seq, PERSONAL.c.name, PERSONAL.c.box).where(PERSONAL.c.case_id == bindparam("of"))


@valueclass(frozen=True, slots=True)
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
    _insert.later(conn, [
        {"case_id": case_id, "seq": r.seq, "name": r.name, "box": sealing.seal(conn, key, bytes.fromhex(r.salt) + r.value.encode())}
        for r in rows
    ])


class Values(Mapping[str, Any]):
    """The present values of a case's sealed fields by name, erased ones left out. Nothing is opened before one is asked for: few actions
    read any. What is put in counts from then on."""

    __slots__ = ("_case_id", "_conn", "_opened", "_put", "_sealed")

    def __init__(self, conn: Connection, case_id: int, sealed: Mapping[str, int]) -> None:
        self._conn, self._case_id, self._sealed = conn, case_id, dict(sealed)    # as they are stored, whatever becomes of them meanwhile
        self._put: dict[str, Any] = {}
        self._opened: dict[str, Any] | None = None

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field, or `default` when it has none."""
        if name in self._put:
            return self._put[name]
        return self._known().get(name, default) if name in self._sealed else default

    def __setitem__(self, name: str, value: Any) -> None:
        self._put[name] = value

    def __getitem__(self, name: str) -> Any:
        return self._put[name] if name in self._put else self._known()[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known(), **self._put})

    def __len__(self) -> int:
        return len({**self._known(), **self._put})

    def _known(self) -> dict[str, Any]:
        if self._opened is None:
            self._opened = open_(self._conn, self._case_id, self._sealed)
        return self._opened


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
