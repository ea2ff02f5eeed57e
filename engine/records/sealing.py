"""Sealing: what is personal becomes a box that only its key opens.

A box is the name of its key (16 bytes), a nonce (12), and the value encrypted and authenticated by AES-256-GCM. Keys are read anew in every
transaction and forgotten with it, so a key that somebody destroyed is nowhere used again; those of a list are read together.
"""

import json
import os
from collections.abc import Iterable, Sequence
from hmac import digest as hmac_digest
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, select, update

from engine.ground.canonical import canonical
from engine.ground.errors import Tampered
from engine.ground.language import say
from engine.records import keys, tables
from engine.records.engines import seen
from engine.records.keys import Keys
from engine.records.prepared import Prepared

if TYPE_CHECKING:  # takes longer to import than a command that needs none of it may take
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CASE, PARTY = tables.CASE, tables.PARTY
NEW = "new keys"
"""Under which `seen` holds the keys made in this transaction; they stay when part of it is rolled back, for the rest may use them."""

_NAME, _NONCE = 16, 12
_party_key = Prepared(select(PARTY.c.key).where(PARTY.c.id == bindparam("of")))
_own_key = Prepared(select(CASE.c.key).where(CASE.c.id == bindparam("of")))
_set_own = Prepared(update(CASE).where(CASE.c.id == bindparam("of")).values(key=bindparam("new")))


def new_key(conn: Connection) -> bytes:
    """The name of a key made now; it is kept before the transaction commits."""
    name, key = keys.new()
    seen(conn).setdefault(NEW, {})[name] = key
    return name


def keep_new_keys(conn: Connection) -> None:
    """Keep the keys made in this transaction; for the store, right before it commits."""
    made = seen(conn).pop(NEW, None)
    if made:
        _keys(conn).add(made)


def key_of_case(conn: Connection, case_id: int, party_id: int | None) -> bytes:
    """The name of the key for what is said in a case: that of its customer; its own while it has none, or one who was erased."""
    if party_id is not None:
        name = seen(conn).get(("party key", party_id)) or _party_key.one(conn, {"of": party_id}).key
        if _alive(conn, name):
            return bytes(name)
    own = _own_key.one(conn, {"of": case_id}).key
    if own is not None and _alive(conn, own):
        return bytes(own)
    made = new_key(conn)
    _set_own.later(conn, [{"of": case_id, "new": made}])
    return made


def seal(conn: Connection, key: bytes, value: bytes) -> bytes:
    """A value in a box under the key of that name, which must not be destroyed."""
    cipher = _cipher(conn, key)
    if cipher is None:
        raise ValueError("nothing can be sealed under a key that is destroyed")
    nonce = os.urandom(_NONCE)
    return key + nonce + cipher.encrypt(nonce, value, None)


def seal_json(conn: Connection, key: bytes, value: Any) -> bytes:
    """The canonical JSON of a value in a box."""
    return seal(conn, key, canonical(value).encode())


def open_all(conn: Connection, boxes: Sequence[bytes | None]) -> list[bytes | None]:
    """What is in each of these boxes, None where its key is destroyed or there is no box. One statement for all keys.

    Raises Tampered for a box that somebody else than this program filled, Unavailable when these are not the keys of these data.
    """
    fetch(conn, {box[:_NAME] for box in boxes if box is not None})
    return [None if box is None else _opened(_cipher(conn, box[:_NAME]), box) for box in boxes]


def _opened(cipher: "AESGCM | None", box: bytes) -> bytes | None:
    if cipher is None:
        return None
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(box[_NAME:_NAME + _NONCE], box[_NAME + _NONCE:], None)
    except (InvalidTag, ValueError) as error:
        raise Tampered(
            say("A personal value as stored cannot be opened: it was changed behind the back of makegood"),
            hint=say("`makegood audit verify` shows what else was changed; put back a backup."), stream="", seq=0, reason="unreadable",
        ) from error


def open_box(conn: Connection, box: bytes | None) -> bytes | None:
    """What is in a box, as `open_all`."""
    return open_all(conn, (box,))[0]


def open_json(conn: Connection, boxes: Sequence[bytes | None]) -> list[Any]:
    """The JSON in each of these boxes, as `open_all`."""
    return [None if text is None else json.loads(text) for text in open_all(conn, boxes)]


def ledger(conn: Connection) -> dict[bytes, str]:
    """Every key that was destroyed, and what was noted then."""
    return _keys(conn).ledger()


def fetch(conn: Connection, names: Iterable[bytes]) -> None:
    """Read the keys of these names together, for what will be opened or sealed with them one by one."""
    memo = seen(conn)
    known = memo.setdefault("ciphers", {})
    lacking = [name for name in names if name not in known]
    if not lacking:
        return
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    made = memo.get(NEW, {})
    kept = [name for name in lacking if name not in made]
    found = {**{name: made[name] for name in lacking if name in made}, **(_keys(conn).read(kept) if kept else {})}
    known.update((name, None if key is None else AESGCM(key)) for name, key in found.items())


def key_of(box: bytes) -> bytes:
    """The name of the key that opens a box."""
    return box[:_NAME]


def alike(conn: Connection, box: bytes, value: Any) -> bytes | None:
    """A value in a box under the same key as another; None when that is destroyed."""
    return seal_json(conn, key_of(box), value) if _alive(conn, key_of(box)) else None


def fingerprint(conn: Connection, term: str) -> bytes:
    """The keyed hash of a term by which people are found: it says nothing without the key of the house."""
    memo = seen(conn)
    if "house key" not in memo:
        memo["house key"] = _keys(conn).read((keys.HOUSE,)).get(keys.HOUSE)
    if memo["house key"] is None:
        raise _keys(conn).lost()
    return hmac_digest(memo["house key"], term.encode(), "sha256")[:16]


# --- inside -----------------------------------------------------------------------------------------------------------


def _alive(conn: Connection, name: bytes) -> bool:
    return _cipher(conn, name) is not None


def _cipher(conn: Connection, name: bytes) -> "AESGCM | None":
    """The cipher of a key, None for a destroyed one; raises Unavailable for a name there never was."""
    known = seen(conn).get("ciphers", ())
    if name not in known:
        fetch(conn, (name,))
        known = seen(conn)["ciphers"]
        if name not in known:
            raise _keys(conn).lost()
    found: AESGCM | None = known[name]
    return found


def _keys(conn: Connection) -> Keys:
    kept: Keys = conn.get_execution_options()["keys"]
    return kept
