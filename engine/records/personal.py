"""Personal data: values of cases, sealed apart from history, and parties (the people outside who complain).

History holds a commitment to each personal value: an HMAC keyed by a random salt that lies beside the value. With the salt
the commitment proves the value; once value and salt are erased it says nothing, and history still verifies.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from engine.deciding.values import Customer
from engine.ground.canonical import canonical
from engine.ground.errors import NotFound
from engine.ground.language import say
from engine.records import tables
from engine.records.files import File, keep_file
from engine.records.prepared import Prepared
from engine.records.store import seen

__all__ = [
    "File", "Party", "PersonalValue", "add_party", "commitment_of", "customer", "find_parties", "keep_file", "matches", "open_", "party",
    "said", "seal", "store",
]

PERSONAL = tables.PERSONAL
PARTY = tables.PARTY

_DETAILS = ("email", "phone", "address", "chat", "language")
PARTY_COLUMNS = tuple(PARTY.c[name].label(f"party_{name}") for name in ("id", "name", *_DETAILS))
"""What `remember` needs, to be read along with a case."""

_insert = Prepared(insert(PERSONAL))
_of_case = select(PERSONAL.c.seq, PERSONAL.c.name, PERSONAL.c.value).where(PERSONAL.c.case_id == bindparam("of"))
_customer = Prepared(select(*PARTY_COLUMNS).where(PARTY.c.id == bindparam("of")))
_insert_party = Prepared(insert(PARTY).returning(PARTY.c.id), ("name", "created_at", *_DETAILS))
_party = select(PARTY).where(PARTY.c.id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class PersonalValue:
    """A personal value ready to be stored, and the commitment that history holds instead of it."""

    seq: int                             # the event that records it
    name: str                            # a field, `comment`, `text`
    value: str                           # canonical JSON
    salt: str                            # 16 random bytes, hex
    commitment: str                      # HMAC-SHA256 of `value` under the salt, hex


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody outside: a customer."""

    id: int
    name: str
    email: str | None
    phone: str | None
    address: str | None
    chat: str | None
    language: str | None
    created_at: datetime


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


def store(conn: Connection, case_id: int, rows: Sequence[PersonalValue]) -> None:
    """Store sealed values of a case. One statement."""
    _insert.run_many(conn, [{"case_id": case_id, "seq": r.seq, "name": r.name, "value": r.value, "salt": r.salt} for r in rows])


def open_(conn: Connection, case_id: int, sealed: Mapping[str, int]) -> dict[str, Any]:
    """The present values of sealed fields, `sealed` naming the event that set each; erased ones are left out. One statement."""
    if not sealed:
        return {}
    seqs = sorted(set(sealed.values()))
    found = _some_of_case(len(seqs)).all(conn, {"of": case_id, **{f"seq{n}": seq for n, seq in enumerate(seqs)}})
    return {name: json.loads(value) for seq, name, value in found if sealed.get(name) == seq}


@cache
def _some_of_case(count: int) -> Prepared:
    return Prepared(_of_case.where(PERSONAL.c.seq.in_([bindparam(f"seq{n}") for n in range(count)])))


def said(conn: Connection, case_id: int) -> dict[tuple[int, str], Any]:
    """Every personal value of a case by (event, name): what history shows to those who may see it. One statement."""
    return {(seq, name): json.loads(value) for seq, name, value in conn.execute(_of_case, {"of": case_id})}


# --- parties ------------------------------------------------------------------------------------------------------------


def add_party(conn: Connection, given: Mapping[str, Any], now: datetime) -> int:
    """The id of the party described: one that is already known, or a new one.

    Known is a party of exactly the same name and the same e-mail or telephone, none of whose other details differ from
    what is given now; details it lacked are added. When in doubt there are two parties: joining two people is worse than
    having one twice.
    """
    details = {key: given[key] for key in _DETAILS if given.get(key)}
    same = tuple(key for key in ("email", "phone") if key in details)
    if same:
        for row in _alike(same).all(conn, {"of_name": given["name"], **{f"of_{key}": details[key] for key in same}}):
            had = row._asdict()
            if all(had[key] in (None, value) for key, value in details.items()):
                lacked = {key: value for key, value in details.items() if had[key] is None}
                if lacked:
                    conn.execute(update(PARTY).where(PARTY.c.id == row.id).values(**lacked))
                    seen(conn).pop(("party", row.id), None)
                return int(row.id)
    return int(_insert_party.one(conn, {"name": given["name"], "created_at": now, **dict.fromkeys(_DETAILS), **details}).id)


@cache
def _alike(same: tuple[str, ...]) -> Prepared:
    """Parties of a name that share one of these details."""
    shared = or_(*(PARTY.c[key] == bindparam(f"of_{key}") for key in same))
    return Prepared(select(PARTY).where(PARTY.c.name == bindparam("of_name"), shared).order_by(PARTY.c.id))


def party(conn: Connection, party_id: int) -> Party:
    """A party by id; raises NotFound."""
    row = conn.execute(_party, {"of": party_id}).one_or_none()
    if row is None:
        raise NotFound(
            say("There is no party {id}", id=party_id), hint=say("`makegood party list` shows them."), kind="party", name=str(party_id),
        )
    return Party(*row)


def customer(conn: Connection, party_id: int) -> Customer | None:
    """A party as expressions and notice texts see it; None when it is no longer there."""
    memo = seen(conn)
    if ("party", party_id) not in memo:
        remember(conn, party_id, _customer.one(conn, {"of": party_id}))
    found: Customer | None = memo["party", party_id]
    return found


def find_parties(conn: Connection, text: str, limit: int = 50) -> list[Party]:
    """Parties whose name, e-mail or telephone contains the text, in any case; "" finds all. By name."""
    pattern = "%" + text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    columns = (PARTY.c.name, PARTY.c.email, PARTY.c.phone)
    query = select(PARTY).where(or_(*(func.lower(column).like(pattern, escape="\\") for column in columns)))
    return [Party(*row) for row in conn.execute(query.order_by(PARTY.c.name, PARTY.c.id).limit(limit))]


def remember(conn: Connection, party_id: int, row: Any) -> None:
    """Keep a party, read as `PARTY_COLUMNS`, for the rest of the transaction."""
    gone = row is None or row.party_id is None
    seen(conn)["party", party_id] = None if gone else Customer(
        row.party_name, row.party_email, row.party_phone, row.party_address, row.party_chat, row.party_language
    )
