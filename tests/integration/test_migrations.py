"""Migrations make the schema that the models describe, and keep history guarded whatever they rebuild."""

import hashlib
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from recording import NOW, new_store, opened
from sqlalchemy import text

from engine.ground.errors import Conflict, Unavailable
from engine.records import files, outbox, parties, personal, schema, sealing
from engine.records.store import Store
from tests import databases

GUARDED_ROWS = {
    "event": "stream = 'definitions'", "definition_version": "id = 1", "calendar_version": "id = 1", "organisation_version": "id = 1",
}


def filled(folder: Path) -> Store:
    store = new_store(folder)
    with store.writing() as conn:
        conn.execute(text("INSERT INTO calendar_version VALUES (1, 'c', 1, '', '{}', '2026-01-01', 'x')"))
        conn.execute(text("INSERT INTO organisation_version VALUES (1, 1, '', '{}', '2026-01-01', 'x')"))
    return store


def test_the_code_needs_the_latest_migration() -> None:
    from alembic.script import ScriptDirectory

    with Store("sqlite://")._connected(create=True).connect() as conn:
        assert ScriptDirectory.from_config(schema.alembic_config(conn)).get_heads() == [schema.SCHEMA_REVISION]


def test_models_and_migrations_do_not_drift(tmp_path: Path) -> None:
    from alembic import command

    with new_store(tmp_path).writing() as conn:
        command.check(schema.alembic_config(conn))


def test_a_database_in_memory_has_the_very_schema_of_one_on_disk(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    memory = sqlite3.connect(":memory:")
    memory.deserialize(schema.memory_template())
    assert described(memory) == described(sqlite3.connect(tmp_path / "makegood.db"))
    assert memory.execute("SELECT version_num FROM alembic_version").fetchall() == [(schema.SCHEMA_REVISION,)]


def described(raw: sqlite3.Connection) -> dict[tuple[str, str], object]:
    """Every table by its columns and keys, every index and trigger by its text."""
    found: dict[tuple[str, str], object] = {}
    for kind, name, sql in raw.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall():
        if kind == "table":
            keys = sorted(str(row[2:]) for row in raw.execute(f'PRAGMA foreign_key_list("{name}")'))
            unique = sorted(str([column[2] for column in raw.execute(f'PRAGMA index_info("{row[1]}")')])
                            for row in raw.execute(f'PRAGMA index_list("{name}")') if row[2])
            found[kind, name] = (raw.execute(f'PRAGMA table_info("{name}")').fetchall(), keys, unique)
        else:
            found[kind, name] = re.sub(r"\s+", " ", sql)
    return found


@pytest.mark.parametrize("table", schema.GUARDED)
@pytest.mark.parametrize("change", [
    "UPDATE {table} SET {column} = 'x' WHERE {row}", "DELETE FROM {table} WHERE {row}", "DELETE FROM {table}",
    "REPLACE INTO {table} SELECT * FROM {table} WHERE {row}", "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    "UPDATE OR IGNORE {table} SET {column} = 'x' WHERE {row}",
])
def test_history_and_published_versions_refuse_every_change(tmp_path: Path, table: str, change: str) -> None:
    column = {"event": "body"}.get(table, "document")
    statement = change.format(table=table, column=column, row=GUARDED_ROWS[table])
    store = filled(tmp_path)
    with pytest.raises(Conflict, match="refused to change"), store.writing() as conn:
        conn.execute(text(statement))
    store.close()
    raw = sqlite3.connect(tmp_path / "makegood.db")   # somebody with another program, none of our settings in force
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(statement)


def test_a_later_migration_that_rebuilds_a_table_keeps_rows_references_and_guards(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with store.writing() as conn:
        opened(conn, "A-1", timer=(NOW, NOW))
    store.close()
    shutil.copytree(schema.MIGRATIONS, tmp_path / "migrations")
    latest, later = schema.SCHEMA_REVISION, f"{int(schema.SCHEMA_REVISION) + 1:04}"
    (tmp_path / "migrations" / "versions" / f"{later}_rebuild.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = '{later}', '{latest}'\n"
        "def upgrade():\n"
        "    for table in ('event', 'definition_version', 'case'):\n"
        "        with op.batch_alter_table(table, recreate='always') as batch:\n"
        "            batch.add_column(sa.Column('extra', sa.Text()))\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "SCHEMA_REVISION", later)
        patch.setattr(schema, "MIGRATIONS", tmp_path / "migrations")
        store.create()
        with store.reading() as conn:
            assert conn.execute(text('SELECT number FROM "case" WHERE extra IS NULL')).scalars().all() == ["A-1"]
        for table, row in GUARDED_ROWS.items():
            with pytest.raises(Conflict), store.writing() as conn:
                conn.execute(text(f"DELETE FROM {table} WHERE {row}"))
        with pytest.raises(Exception, match="FOREIGN KEY"), store.writing() as conn:
            conn.execute(text('DELETE FROM "case"'))


def test_a_house_of_the_first_schema_is_brought_up_to_date_with_what_is_in_it(tmp_path: Path) -> None:
    from alembic import command

    store = databases.bare(tmp_path).store()
    with store._connected(create=True).execution_options(writes=True).begin() as conn:
        command.upgrade(schema.alembic_config(conn), "0001")
        conn.execute(text("INSERT INTO definition_version VALUES (1, 'plain', 1, '', '{}', '{}', '2026-01-01', 'x')"))
    with pytest.raises(Unavailable), store.reading():
        pass
    store.create()
    with store.writing() as conn:
        assert conn.execute(text("SELECT name FROM definition_version")).scalars().all() == ["plain"]
        command.check(schema.alembic_config(conn))


def test_personal_data_of_an_earlier_schema_are_sealed_and_nothing_of_them_remains_in_the_file(tmp_path: Path) -> None:
    from alembic import command

    store = Store(f"sqlite:///{tmp_path / 'makegood.db'}")
    said = hashlib.sha256(b"the scan").hexdigest()
    value = personal.seal(1, "findings", "the screen flickers")
    alone = personal.seal(1, "findings", "nobody known")
    with store._connected(create=True).execution_options(writes=True).begin() as conn:
        command.upgrade(schema.alembic_config(conn), "0002")
        for statement in (
            "INSERT INTO definition_version VALUES (1, 'plain', 1, '', '{}', '{}', '2026-01-01', 'x')",
            "INSERT INTO party VALUES (1, '王小明', 'wang@x.example', '13800138000', NULL, NULL, 'zh', '2026-01-01 00:00:00.000000')",
            *(f"""INSERT INTO "case" VALUES ({n}, 'A-{n}', 'plain', 1, 's', NULL, {party}, NULL, '2026-01-01', NULL, NULL, 0, 1, '', '')"""
              for n, party in ((1, "1"), (2, "NULL"))),
            f"INSERT INTO personal VALUES (1, 1, 'findings', '{value.value}', '{value.salt}')",
            f"INSERT INTO personal VALUES (2, 1, 'findings', '{alone.value}', '{alone.salt}')",
            f"INSERT INTO file VALUES (1, '{said}', 'scan.png', 'image/png', 8, CAST('the scan' AS BLOB), '2026-01-01 00:00:00.000000')",
            "INSERT INTO notice VALUES (1, 1, 'n', 1, NULL, 'email', 'en', 'Dear Wang', 'we are sorry', NULL, 0, 'dead', 'm', '2026-01-01',"
            " NULL, 1, 1, NULL, NULL, 'no wang@x.example here')",
            "INSERT INTO attempt VALUES (1, 1, 'email', '2026-01-01', NULL, 'failed', 'no wang@x.example here')",
        ):
            conn.exec_driver_sql(statement)
    store.create()
    with store.reading() as conn:
        command.check(schema.alembic_config(conn))
        assert [(one.name, one.phone, one.language) for one in parties.find_parties(conn, "8000")] == [("王小明", "13800138000", "zh")]
        assert [personal.said(conn, n) for n in (1, 2)] == [{(1, "findings"): "the screen flickers"}, {(1, "findings"): "nobody known"}]
        boxes = [sealing.open_box(conn, box) for box in conn.execute(text("SELECT box FROM personal ORDER BY case_id")).scalars()]
        for plain, known in zip(boxes, (value, alone), strict=True):
            assert plain is not None and personal.matches(*personal.taken_apart(plain), known.commitment)
        assert [(one.name, one.size) for one in files.files(conn, 1)] == [("scan.png", 8)] and files.content(conn, 1, said) == b"the scan"
        (row,) = outbox.listing(conn)
        assert outbox.words(conn, [row]) == [outbox.Words("Dear Wang", "we are sorry", None, None)]
        assert outbox.troubles(conn, [row, *outbox.attempts(conn, 1)]) == ["no wang@x.example here"] * 2
    lying = b"".join(path.read_bytes() for path in tmp_path.glob("makegood.db*"))
    plain_before = ("王小明", "wang@x.example", "13800138000", "flickers", "nobody known", "scan", "sorry")
    assert [word for word in plain_before if word.encode() in lying] == []


def test_creating_again_keeps_what_is_there(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with store.writing() as conn:
        opened(conn, "A-1", NOW)
    store.create()
    with store.reading() as conn:
        assert conn.execute(text('SELECT number FROM "case"')).scalar_one() == "A-1"


def test_the_guards_for_postgresql_refuse_truncate_too() -> None:
    statements = schema.trigger_statements("postgresql")
    assert all(any(f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} " in one for one in statements) for table in schema.GUARDED)
