"""Personal data are sealed under a key for each party (and for each case without one), which lies in a database of its own."""

import os
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

from engine.ground.terms import terms_of
from engine.records import sealing

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BATCH = 500
DETAILS = ("name", "email", "phone", "address", "chat", "language")
DROPPED = {
    "party": [*DETAILS], "personal": ["value", "salt"], "file": ["name", "media_type", "size"],
    "notice": ["subject", "text", "html", "error"], "attempt": ["error"],
}
ADDED = {
    "case": ["key"], "party": ["key", "details"], "personal": ["box"], "file": ["about"], "notice": ["words", "trouble"],
    "attempt": ["trouble"],
}
FILLED = {"party": ["key"], "personal": ["box"], "file": ["about"], "notice": ["words"]}


def upgrade() -> None:
    """Change the schema, and seal what is there."""
    op.create_table("party_word",
        sa.Column("word", sa.LargeBinary(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_word_party_id_party")),
        sa.PrimaryKeyConstraint("word", "party_id", name=op.f("pk_party_word"))
    )
    with op.batch_alter_table("party_word") as batch_op:
        batch_op.create_index(batch_op.f("ix_party_word_party_id"), ["party_id"], unique=False)
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.LargeBinary(), nullable=True))
    op.add_column("party", sa.Column("erased_at", UTCDateTime(), nullable=True))
    _seal(op.get_bind())
    for name in ("ix_party_name", "ix_party_email", "ix_party_phone"):
        op.drop_index(name, "party")
    for table, columns in DROPPED.items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.drop_column(column)
            for column in FILLED.get(table, []):
                batch_op.alter_column(column, existing_type=sa.LargeBinary(), nullable=False)
            if table == "file":
                batch_op.alter_column("sha256", existing_type=sa.String(), new_column_name="id")


# --- what is there ------------------------------------------------------------------------------------------------------


def _seal(conn: sa.Connection) -> None:
    meta = sa.MetaData()
    meta.reflect(conn, only=["party", "party_word", "case", "personal", "file", "notice", "attempt"])
    table = meta.tables
    keys: dict[int, bytes] = {}
    for row in _rows(conn, table["party"]):
        details = {name: row._mapping[name] for name in DETAILS if row._mapping[name]}
        keys[row.id] = key = sealing.new_key(conn)
        _change(conn, table["party"], row, key=key, details=sealing.seal_json(conn, key, details))
        terms = [{"word": sealing.fingerprint(conn, term), "party_id": row.id} for term in sorted(terms_of(details))]
        if terms:
            conn.execute(sa.insert(table["party_word"]), terms)
    of_case: dict[int, bytes] = {}
    for row in _rows(conn, table["case"]):
        of_case[row.id] = keys[row.party_id] if row.party_id is not None else sealing.new_key(conn)
        if row.party_id is None:
            _change(conn, table["case"], row, key=of_case[row.id])
    for row in _rows(conn, table["personal"]):
        plain = bytes.fromhex(row.salt) + row.value.encode()
        _change(conn, table["personal"], row, box=sealing.seal(conn, of_case[row.case_id], plain))
    file = table["file"]
    for name in conn.execute(sa.select(*file.primary_key)).all():       # their keys change, their contents are large: one by one
        row = conn.execute(sa.select(file).where(file.c.case_id == name.case_id, file.c.sha256 == name.sha256)).one()
        about = {"sha256": row.sha256, "name": row.name, "type": row.media_type, "size": row.size}
        key = of_case[row.case_id]
        _change(
            conn, table["file"], row, sha256=os.urandom(16).hex(), about=sealing.seal_json(conn, key, about),
            content=sealing.seal(conn, key, row.content),
        )
    for row in _rows(conn, table["notice"]):
        key = of_case[row.case_id] if row.case_id is not None else keys.get(row.party_id) or sealing.new_key(conn)
        words = {"subject": row.subject, "text": row.text, **({"html": row.html} if row.html else {})}
        trouble = None if row.error is None else sealing.seal_json(conn, key, row.error)
        _change(conn, table["notice"], row, words=sealing.seal_json(conn, key, words), trouble=trouble)
        tried = sa.select(table["attempt"]).where(table["attempt"].c.notice_id == row.id, table["attempt"].c.error.is_not(None))
        for attempt in conn.execute(tried).all():
            _change(conn, table["attempt"], attempt, trouble=sealing.seal_json(conn, key, attempt.error))


def _rows(conn: sa.Connection, table: sa.Table) -> Iterator[sa.Row[Any]]:
    """All rows in order of their key, read some at a time."""
    columns = list(table.primary_key)
    query = sa.select(table).order_by(*columns).limit(BATCH)
    rows = conn.execute(query).all()
    while rows:
        yield from rows
        last = [sa.literal(rows[-1]._mapping[column.name]) for column in columns]
        rows = conn.execute(query.where(sa.tuple_(*columns) > sa.tuple_(*last))).all()


def _change(conn: sa.Connection, table: sa.Table, row: sa.Row[Any], **values: Any) -> None:
    same = (column == row._mapping[column.name] for column in table.primary_key)
    conn.execute(sa.update(table).where(*same).values(**values))
