"""Serials of case numbers: unique, and without gaps, because a number is taken in the transaction that uses it."""

from sqlalchemy import Connection, text

from engine.records.prepared import Prepared

_next = Prepared(text(
    'INSERT INTO series ("key", last) VALUES (:of, 1) ON CONFLICT ("key") DO UPDATE SET last = series.last + 1 RETURNING last'
))


def next_serial(conn: Connection, key: str) -> int:
    """The next serial of a series, from 1. When the transaction is rolled back, the serial is free again; until it ends,
    others who want a number of the same series wait."""
    return int(_next.one(conn, {"of": key})[0])
