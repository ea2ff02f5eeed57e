"""Parties: the people outside who complain. Their details are sealed under a key of their own, and found by keyed hashes of terms."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from engine.deciding.values import Customer
from engine.ground.errors import NotFound
from engine.ground.language import say
from engine.ground.terms import asked, proofs_of, terms_of
from engine.ground.valueclass import valueclass
from engine.records import sealing, tables
from engine.records.engines import seen
from engine.records.keys import AT_A_TIME
from engine.records.prepared import Prepared

CASE, PARTY = tables.CASE, tables.PARTY
WORD = tables.PARTY_WORD

DETAILS = ("name", "email", "phone", "address", "chat", "language")
COLUMNS = (PARTY.c.id.label("party_id"), PARTY.c.key.label("party_key"), PARTY.c.details.label("party_details"),
           PARTY.c.unasked_since.label("party_unasked"))
"""What `remember` needs, to be read along with a case."""

_customer = Prepared(select(*COLUMNS).where(PARTY.c.id == bindparam("of")))
_insert = Prepared(insert(PARTY).returning(PARTY.c.id), ("created_at", "key", "details"))
_insert_word = Prepared(insert(WORD))
_party = select(PARTY).where(PARTY.c.id == bindparam("of"))


@valueclass(frozen=True, slots=True)
class Party:
    """Somebody outside: a customer. One who was erased has nothing but a number and when that was."""

    id: int
    name: str | None
    email: str | None
    phone: str | None
    address: str | None
    chat: str | None
    language: str | None
    created_at: datetime
    erased_at: datetime | None = None

    @property
    def known(self) -> dict[str, str]:
        """The details that are known."""
        return {name: value for name in DETAILS if (value := getattr(self, name))}


def add_party(conn: Connection, given: Mapping[str, Any], now: datetime) -> int:
    """The id of the party described: one that is already known, or a new one.

    Known is a party of exactly the same name and the same e-mail or telephone, none of whose other details differ from
    what is given now; details it lacked are added. When in doubt there are two parties: joining two people is worse than
    having one twice.
    """
    details = {key: given[key] for key in DETAILS if given.get(key)}
    shared = [key for key in ("email", "phone") if key in details]
    for row, had in _alike(conn, details) if shared else ():
        same = had["name"] == details["name"] and any(had.get(key) == details[key] for key in shared)
        if same and all(had.get(key) in (None, value) for key, value in details.items()):
            if not details.keys() <= had.keys():
                _change(conn, row.id, row.key, {**had, **details}, had)
            return int(row.id)
    key = sealing.new_key(conn)
    made = int(_insert.one(conn, {"created_at": now, "key": key, "details": sealing.seal_json(conn, key, details)}).id)
    _index(conn, made, terms_of(details))
    return made


def _alike(conn: Connection, details: Mapping[str, str]) -> Iterable[tuple[Any, dict[str, str]]]:
    """Parties of a name that may share a mail address or telephone number, with what is known of them, first known first."""
    name, others = proofs_of(details)
    of_name = select(WORD.c.party_id).where(WORD.c.word == sealing.fingerprint(conn, name))
    of_others = select(WORD.c.party_id).where(WORD.c.word.in_([sealing.fingerprint(conn, one) for one in sorted(others)]))
    rows = conn.execute(select(PARTY).where(PARTY.c.id.in_(of_name), PARTY.c.id.in_(of_others)).order_by(PARTY.c.id)).all()
    known = sealing.open_json(conn, [row.details for row in rows])
    return [(row, had) for row, had in zip(rows, known, strict=True) if had is not None]


def _change(conn: Connection, party_id: int, key: bytes, details: Mapping[str, str], had: Mapping[str, str]) -> None:
    conn.execute(update(PARTY).where(PARTY.c.id == party_id).values(details=sealing.seal_json(conn, key, details)))
    _index(conn, party_id, terms_of(details) - terms_of(had))
    seen(conn).pop(("party", party_id), None)


def _index(conn: Connection, party_id: int, terms: Iterable[str]) -> None:
    _insert_word.later(conn, [{"word": sealing.fingerprint(conn, term), "party_id": party_id} for term in sorted(terms)])


def party(conn: Connection, party_id: int) -> Party:
    """A party by id; raises NotFound."""
    row = conn.execute(_party, {"of": party_id}).one_or_none()
    if row is None:
        raise NotFound(
            say("There is no party {id}", id=party_id), hint=say("`makegood party list` shows them."), kind="party", name=str(party_id),
        )
    return _opened(conn, [row])[0]


def parties(conn: Connection, ids: Sequence[int]) -> dict[int, Party]:
    """Those of these parties that exist, by id. One statement."""
    return {one.id: one for one in _opened(conn, conn.execute(select(PARTY).where(PARTY.c.id.in_(ids))).all())} if ids else {}


def _opened(conn: Connection, rows: Sequence[Any]) -> list[Party]:
    known = sealing.open_json(conn, [row.details for row in rows])
    return [
        Party(row.id, **{name: (details or {}).get(name) for name in DETAILS}, created_at=row.created_at, erased_at=row.erased_at)
        for row, details in zip(rows, known, strict=True)
    ]


def customer(conn: Connection, party_id: int) -> Customer | None:
    """A party as expressions and notice texts see it; None when it is no longer there."""
    memo = seen(conn)
    if ("party", party_id) not in memo:
        remember(conn, party_id, _customer.one(conn, {"of": party_id}))
    found = memo["party", party_id]
    if not isinstance(found, Customer | None):
        (details,) = sealing.open_json(conn, (found,))
        found = memo["party", party_id] = None if details is None else Customer(
            **{name: details.get(name) for name in DETAILS}, may_be_asked=memo["party may be asked", party_id],
        )
    return found


def remember(conn: Connection, party_id: int, row: Any) -> None:
    """Keep a party, read as `COLUMNS`, for the rest of the transaction; it is opened when somebody asks."""
    gone = row is None or row.party_id is None
    memo = seen(conn)
    memo["party", party_id] = None if gone else row.party_details
    memo["party key", party_id] = None if gone else row.party_key
    memo["party may be asked", party_id] = not gone and row.party_unasked is None


def find_parties(conn: Connection, text: str, limit: int = 50) -> list[Party]:
    """Parties whose name, e-mail or telephone has what the text asks for (`engine.ground.terms`), by name; "" finds the latest of all."""
    query = select(PARTY).order_by(PARTY.c.id.desc()).limit(limit)
    if text:
        found = ids_of(conn, text, limit)
        query = query.where(PARTY.c.id.in_(found))
    opened = _opened(conn, conn.execute(query).all())
    return sorted(opened, key=lambda one: (one.name or "", one.id)) if text else opened


def ids_of(conn: Connection, text: str, limit: int) -> list[int]:
    """The numbers of parties who have what the text asks for, latest first."""
    found: set[int] = set()
    for way in asked(text):
        words = [sealing.fingerprint(conn, term) for term in sorted(way)]
        query = select(WORD.c.party_id).where(WORD.c.word.in_(words)).group_by(WORD.c.party_id).having(func.count() == len(words))
        found.update(conn.execute(query.order_by(WORD.c.party_id.desc()).limit(limit)).scalars())
    return sorted(found, reverse=True)[:limit]


def keys_of(conn: Connection, party_id: int) -> list[bytes]:
    """The names of all keys that seal something of a party: its own, then those that its cases have for themselves."""
    own = conn.execute(select(PARTY.c.key).where(PARTY.c.id == party_id)).scalars()
    of_cases = conn.execute(select(CASE.c.key).where(CASE.c.party_id == party_id, CASE.c.key.is_not(None))).scalars()
    return [*own, *of_cases]


def forget(conn: Connection, party_id: int, now: datetime) -> bool:
    """Take away what is left of a party whose key is destroyed: the sealed details, and the hashes by which it was found.

    Whether that was still to be done.
    """
    conn.execute(delete(WORD).where(WORD.c.party_id == party_id))
    conn.execute(delete(tables.PARTY_CLASS).where(tables.PARTY_CLASS.c.party_id == party_id))
    left = update(PARTY).where(PARTY.c.id == party_id, PARTY.c.erased_at.is_(None)).values(details=None, erased_at=now)
    seen(conn).pop(("party", party_id), None)
    return bool(conn.execute(left).rowcount)


def asked_no_more(conn: Connection, party_id: int) -> bool:
    """Whether a party has said not to want to be asked by questionnaires."""
    return conn.execute(select(PARTY.c.unasked_since).where(PARTY.c.id == party_id)).scalar() is not None


def ask_no_more(conn: Connection, party_id: int, since: datetime | None) -> bool:
    """Keep that a party does not want to be asked, since when; None takes it back. Whether that is a change."""
    known, wanted = PARTY.c.unasked_since.is_not(None), since is not None
    seen(conn).pop(("party", party_id), None)
    return bool(conn.execute(update(PARTY).where(PARTY.c.id == party_id, known != wanted).values(unasked_since=since)).rowcount)


def half_erased(conn: Connection) -> list[tuple[int, str]]:
    """Parties whose key is destroyed, but not yet everything that follows: an erasure was cut short, or the data are an older copy.

    Each with what was noted when the key was destroyed.
    """
    ledger = sealing.ledger(conn)
    found: list[tuple[int, str]] = []
    names = list(ledger)
    for first in range(0, len(names), AT_A_TIME):
        some = select(PARTY.c.id, PARTY.c.key).where(PARTY.c.key.in_(names[first:first + AT_A_TIME]), PARTY.c.erased_at.is_(None))
        found += [(row.id, ledger[row.key]) for row in conn.execute(some)]
    return sorted(found)


def half_erased_cases(conn: Connection) -> list[tuple[str, str]]:
    """Cases without a party, by number, whose own key is destroyed, which they do not know yet; as `half_erased`."""
    ledger = sealing.ledger(conn)
    found: list[tuple[str, str]] = []
    names = list(ledger)
    for first in range(0, len(names), AT_A_TIME):
        some = select(CASE.c.number, CASE.c.key).where(CASE.c.key.in_(names[first:first + AT_A_TIME]), CASE.c.party_id.is_(None))
        found += [(row.number, ledger[row.key]) for row in conn.execute(some)]
    return sorted(found)


def erased(conn: Connection) -> list[int]:
    """Parties that were erased."""
    return list(conn.execute(select(PARTY.c.id).where(PARTY.c.erased_at.is_not(None)).order_by(PARTY.c.id)).scalars())
