"""The databases that tests use: SQLite, or a PostgreSQL server of our own; what is new stays the same for both.

Tests of `tests/integration` run once on each (`conftest.py` there); those that cannot are named in `SQLITE_ONLY`. A database of the server
is not made for each test, which costs a tenth of a second: those of earlier tests are emptied and filled again.
"""

import atexit
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection

from engine.records.prepared import carry_out
from engine.records.schema import memory_template
from engine.records.store import MemoryStore, Store
from tests.postgres import server

SQLITE, POSTGRESQL = "sqlite", "postgresql"

def _since(reason: str, *tests: str) -> dict[str, str]:
    return dict.fromkeys(tests, reason)


ALWAYS_BOTH = frozenset({
    "test_acting_race.py", "test_claims.py", "test_cycles.py", "test_delivery.py", "test_health.py", "test_history.py",
    "test_lessons.py", "test_linked_race.py", "test_links.py", "test_listing.py",
    "test_migrations.py", "test_numbering_race.py", "test_other_cases.py",
    "test_privacy.py",
    "test_punctuality.py", "test_rebuilding.py", "test_records_cases.py", "test_records_library.py", "test_records_personal.py",
    "test_reports.py", "test_safekeeping.py", "test_scheduled_reports.py", "test_store_transactions.py", "test_surveys.py",
    "test_together.py",
})
"""Files in which the kind of database decides: their tests run on both also where the others run on SQLite alone."""

SQLITE_ONLY = {
    **_since(
        "uses no database, or scenarios, which are always played in memory",
        "test_attacks_rights.py::test_a_definition_grants_no_rights_in_the_house",
        "test_attacks_rights.py::test_no_expression_of_a_bundle_gets_out",
        "test_call_centre.py",
        "test_cli_process.py::test_a_command_without_a_database_takes_a_third_of_that",
        "test_clock_pauses.py::test_a_run_recorded_before_extensions_had_places_reads_as_one_of_the_first",
        "test_conditional_lists.py::test_a_field_required_only_sometimes_does_not_start_a_clock_for_certain",
        "test_conditional_lists.py::test_a_mistake_in_a_condition_is_found",
        "test_conditional_lists.py::test_the_actor_in_a_ladder_is_found",
        "test_conditional_lists.py::test_the_difference_names_the_condition",
        "test_conditional_lists.py::test_without_mistakes_there_is_nothing_to_find",
        "test_cycle_keys.py::test_every_key_of_a_cycle_has_its_line",
        "test_flows.py::test_prefect_is_quiet_on_the_network_unless_told_otherwise_and_only_flows_import_it",
        "test_gathering.py::test_lines_that_are_no_json_or_nested_without_end_are_told_with_their_number",
        "test_history.py::test_an_event_comes_back_from_its_text",
        "test_identity.py::test_a_session_file_that_is_not_as_it_was_written_proves_nothing",
        "test_identity.py::test_local_is_for_one_machine",
        "test_importing.py::test_a_table_that_is_none_is_refused",
        "test_linked_bundles.py::test_a_closing_of_what_is_never_opened_is_found",
        "test_linked_bundles.py::test_a_later_step_knows_only_what_was_expected_to_be_opened",
        "test_linked_bundles.py::test_a_procedure_is_found_in_a_folder_of_another_name",
        "test_linked_bundles.py::test_a_scenario_plays_the_bundles_that_it_needs",
        "test_linked_bundles.py::test_a_scenario_tells_what_was_not_opened",
        "test_linked_bundles.py::test_cases_that_would_open_each_other_at_once_are_found",
        "test_linked_bundles.py::test_the_difference_names_what_is_opened",
        "test_linked_bundles.py::test_the_picture_shows_what_is_opened",
        "test_linked_bundles.py::test_what_is_wrong_with_a_linked_case_is_found",
        "test_linked_bundles.py::test_what_the_other_needs_must_be_given",
        "test_migrations.py::test_the_code_needs_the_latest_migration",
        "test_migrations.py::test_the_guards_for_postgresql_refuse_truncate_too",
        "test_outsiders.py::test_every_command_is_tried",
        "test_rebuilding.py::test_the_shipped_people_of_this_test_exist",
        "test_records_personal.py::test_a_commitment_proves_its_value_and_no_other",
        "test_smtp.py::test_wrong_settings_of_a_channel_are_named",
        "test_store_transactions.py::test_a_memory_store_comes_back_to_its_image_with_everything_in_force",
        "test_store_transactions.py::test_a_password_never_shows",
        "test_store_transactions.py::test_a_url_that_names_no_database_we_know_is_refused",
        "test_store_transactions.py::test_cases_of_an_unknown_version_are_refused_by_the_database",
        "test_store_transactions.py::test_what_a_store_remembers_goes_with_what_it_held",
        "test_survey_standards.py::test_a_cycle_is_stored_with_its_questionnaires",
        "test_survey_standards.py::test_what_cannot_be_held_against_it_is_found",
        "test_usecases_language.py::test_every_key_of_the_language_has_its_line",
        "test_usecases_language.py::test_the_procedure_of_these_tests_passes_its_own_check",
        "test_usecases_scenarios.py",
    ),
    **_since(
        "about the files of SQLite, its words, or how it counts",
        "test_attacks_privacy.py::test_the_files_of_the_house_hold_no_personal_value_whatever_happened",
        "test_attacks_privacy.py::test_with_data_and_keys_nothing_of_somebody_erased_can_be_had",
        "test_claims.py::test_a_value_whose_key_is_not_at_hand_holds_up_neither_sweep_nor_delivery",
        "test_cli_mistakes.py::test_a_broken_database_is_told_in_plain_words",
        "test_cli_mistakes.py::test_a_missing_database_is_told_and_none_is_made",
        "test_flows.py::test_without_a_database_the_run_fails_with_words_that_help",
        "test_health.py::test_monitors_learn_of_a_database_that_cannot_be_used_by_another_code",
        "test_migrations.py::test_a_database_in_memory_has_the_very_schema_of_one_on_disk",
        "test_migrations.py::test_a_later_migration_that_rebuilds_a_table_keeps_rows_references_and_guards",
        "test_migrations.py::test_history_and_published_versions_refuse_every_change",
        "test_migrations.py::test_personal_data_of_an_earlier_schema_are_sealed_and_nothing_of_them_remains_in_the_file",
        "test_privacy.py::test_after_the_erasure_neither_the_data_nor_an_older_copy_can_be_opened",
        "test_privacy.py::test_data_with_other_keys_are_refused_and_not_shown_as_erased",
        "test_privacy.py::test_keys_lie_apart_for_this_account_alone",
        "test_privacy.py::test_no_personal_value_lies_in_the_files_of_the_database",
        "test_safekeeping.py::test_a_backup_made_while_others_write_is_restored_and_verifies",
        "test_safekeeping.py::test_erasures_since_the_backup_are_carried_out_again",
        "test_safekeeping.py::test_history_cut_off_in_a_backup_is_named_and_the_exit_code_says_so",
        "test_safekeeping.py::test_nothing_is_overwritten",
        "test_safekeeping.py::test_what_is_no_backup_is_refused_and_nothing_put_back",
        "test_store_transactions.py::test_a_file_that_is_no_database_is_called_so",
        "test_store_transactions.py::test_a_folder_may_be_called_anything",
        "test_store_transactions.py::test_a_folder_that_is_not_there_cannot_hold_a_database",
        "test_store_transactions.py::test_a_full_disk_is_said_and_nothing_is_written",
        "test_store_transactions.py::test_a_missing_database_is_named_and_not_created",
        "test_store_transactions.py::test_an_empty_file_has_no_tables",
        "test_store_transactions.py::test_somebody_without_the_right_to_write_is_told_so",
        "test_store_transactions.py::test_tables_of_another_release_are_refused_with_the_way_out",
        "test_store_transactions.py::test_what_was_published_in_a_transaction_that_failed_is_forgotten",
        "test_store_transactions.py::test_a_connection_waits_first_and_keeps_references_triggers_and_power_cuts_in_mind",
    ),
    **_since(
        "about a house on one machine, where nobody logs in",
        "test_attacks_privacy.py::test_a_files_name_is_shown_without_its_signs",
        "test_cli_identity.py::test_without_logins_whoami_says_that_nobody_checks",
        "test_cli_mistakes.py::test_somebody_whose_login_nobody_has_is_told_how_to_say_who_they_are",
        "test_cli_process.py::test_a_cold_show_stays_within_its_budget",
        "test_cli_process.py::test_a_command_loads_only_what_it_needs",
        "test_clock_view.py::test_the_command_prints_bars_and_stable_json",
        "test_outsiders.py::test_nothing_of_it_is_offered_to_a_shell",
        "test_privacy.py::test_the_audit_says_how_many_were_erased_in_both_languages",
    ),
    **_since(
        "reads the query plans of SQLite",
        "test_health.py::test_looking_reads_ends_of_indexes_and_never_all_cases",
        "test_other_cases.py::test_a_question_is_answered_by_index",
    ),
    **_since("is about PostgreSQL, with servers and roles of its own", "test_postgresql.py", "test_privacy_postgresql.py"),
}
"""Tests of `tests/integration` that run on SQLite alone, by file or by file and name, each with its reason."""

Fill = Callable[[Store], None]
"""Puts into an empty store what many tests begin with; a function of a module, since what it makes is kept and copied."""


class Place(NamedTuple):
    """Where the records of a house are."""

    database: str
    keys: str

    def store(self) -> Store:
        """A store there."""
        return Store(self.database, self.keys)

    def settings(self) -> str:
        """The lines of makegood.toml that say so, in the folder of the files if they are such."""
        return "".join(f'{name} = "{re.sub("(?<=sqlite:///).*/", "", url)}"\n' for name, url in self._asdict().items())


def nothing(store: Store) -> None:
    """Leave a store empty."""


@contextmanager
def on(kind: str) -> Iterator[None]:
    """Databases made meanwhile are of this kind, and may be used by others afterwards."""
    _frames.append(_Frame(kind))
    try:
        yield
    finally:
        for base in _frames.pop().lent:
            base.release()


@contextmanager
def again() -> Iterator[None]:
    """Databases made meanwhile may be used by others afterwards: around each example of a property."""
    _frames[-1].used |= present() == POSTGRESQL
    with on(present()):
        yield


def present() -> str:
    """The kind of the databases that are made now."""
    return _frames[-1].kind


def lent() -> bool:
    """Whether the present test, or its module, has made use of a database of the server."""
    return any(frame.used for frame in _frames)


def place(folder: Path, fill: Fill = nothing) -> Place:
    """A database with tables and what `fill` puts into them: files in `folder`, or one of the server."""
    if present() == POSTGRESQL:
        return _lend().put(_image(fill))
    image = _files(fill)
    for file in image.iterdir():
        shutil.copy(file, folder)
    return _in(folder)


def bare(folder: Path) -> Place:
    """A database without any tables."""
    return _lend(tables=False).place if present() == POSTGRESQL else _in(folder)


def quick(fill: Fill = nothing) -> Store:
    """A store with tables and what `fill` puts into them, for one thread: in memory, or on the server."""
    return _lend().put(_image(fill)).store() if present() == POSTGRESQL else MemoryStore(_memory(fill))


@dataclass
class _Frame:
    """Databases made for one test, or for the tests of a module."""

    kind: str
    lent: list["_Base"] = field(default_factory=list)
    used: bool = False                  # whether any was lent


_frames = [_Frame(SQLITE)]


@contextmanager
def forging(store: Store) -> Iterator[Connection]:
    """A connection of somebody who holds the database and has taken away what guards history; what was done is committed at the end."""
    if isinstance(store, MemoryStore):
        with store.writing() as conn:
            _unguard(conn)
            yield conn
        return
    store.close()
    engine = store._connected(create=False)
    with engine.execution_options(seen={}).begin() as conn:
        _unguard(conn)
        yield conn
        carry_out(conn)
    engine.dispose()


def _unguard(conn: Connection) -> None:
    if conn.dialect.name == SQLITE:
        conn.exec_driver_sql("PRAGMA foreign_keys = OFF")
        for name in conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
            conn.exec_driver_sql(f"DROP TRIGGER {name}")
    else:
        conn.exec_driver_sql("SET session_replication_role = replica")


@contextmanager
def statements(conn: Connection) -> Iterator[list[str]]:
    """The statements carried out meanwhile, with what waits to be written; many rows of one statement count once."""
    sent: list[str] = []
    raw: Any = conn.connection.dbapi_connection

    def note(statement: str) -> None:
        if not statement.startswith("--") and not (sent and sent[-1][:28] == statement[:28]):       # what triggers do begins with --
            sent.append(statement)

    if conn.dialect.name == SQLITE:
        raw.set_trace_callback(note)
        yield sent
        carry_out(conn)
        raw.set_trace_callback(None)
        return
    from psycopg import Cursor

    with pytest.MonkeyPatch.context() as patch:
        for name in ("execute", "executemany"):
            patch.setattr(Cursor, name, _noting(getattr(Cursor, name), raw, note))
        yield sent
        carry_out(conn)


def _noting(real: Callable[..., Any], raw: object, note: Callable[[str], None]) -> Callable[..., Any]:
    def noted(cursor: Any, query: str, *more: Any, **named: Any) -> Any:
        if cursor.connection is raw:
            note(query)
        return real(cursor, query, *more, **named)

    return noted


# --- SQLite -------------------------------------------------------------------------------------------------------------


def _in(folder: Path) -> Place:
    return Place(f"sqlite:///{folder / 'makegood.db'}", f"sqlite:///{folder / 'keys.db'}")


@cache
def _files(fill: Fill) -> Path:
    folder = Path(mkdtemp(prefix="makegood-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = _in(folder).store()
    store.create()
    fill(store)
    store.close()
    return folder


@cache
def _memory(fill: Fill) -> bytes:
    store = MemoryStore(memory_template())
    fill(store)
    return store.keep()


# --- PostgreSQL ---------------------------------------------------------------------------------------------------------


@dataclass
class _Image:
    """What is in the tables of a database, by table, and the last number that each of its counters gave."""

    rows: dict[str, bytes]
    counters: dict[str, int]


class _Base:
    """A database of the server; a schema `keys` in it stands for the database of the keys."""

    def __init__(self, template: str = "template0") -> None:
        import psycopg

        self.name = f"house_{next(_numbers)}"
        self.template = template
        _administrator().execute(f"CREATE DATABASE {self.name} TEMPLATE {template} STRATEGY = FILE_COPY")
        address = _server().format(role="owner", name=self.name)
        self.place = Place(address, f"{address}&options=-csearch_path%3Dkeys")
        self.connection = psycopg.connect(address, autocommit=True)
        self.connection.execute("CREATE SCHEMA IF NOT EXISTS keys; SET session_replication_role = replica")   # so may empty history

    def release(self) -> None:
        """Nobody uses it any more."""
        if self.template == "template0":
            self.drop()
            return
        mine = self.connection.info.backend_pid
        self.connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}' AND pid <> {mine}")
        _free.append(self)

    def drop(self) -> None:
        """Remove it."""
        self.connection.close()
        _administrator().execute(f"DROP DATABASE {self.name} WITH (FORCE)")

    def put(self, image: _Image) -> Place:
        """Let this be all that its tables hold."""
        statements = [f"DELETE FROM {table}" for table in _tables(self.connection)]
        statements += [f"SELECT setval('{name}', {last + 1}, false)" for name, last in image.counters.items()]
        self.connection.execute("; ".join(statements))
        for table, rows in image.rows.items():
            with self.connection.cursor().copy(f"COPY {table} FROM STDIN") as out:
                out.write(rows)
        return self.place

    def image(self) -> _Image:
        """What its tables hold."""
        rows = {}
        for table in _tables(self.connection):
            with self.connection.cursor().copy(f"COPY {table} TO STDOUT") as out:
                rows[table] = b"".join(bytes(some) for some in out)
        counters = self.connection.execute("SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences")
        return _Image({table: content for table, content in rows.items() if content}, {name: last or 0 for name, last in counters})


_numbers = count(1)
_free: list[_Base] = []


def _tables(connection: Any) -> list[str]:
    found = connection.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'keys')"
        " AND tablename <> 'alembic_version' ORDER BY 1"
    )
    return [name for (name,) in found]


def _lend(*, tables: bool = True) -> _Base:
    base = _free.pop() if tables and _free else _Base(*[_template()] * tables)
    _frames[-1].lent.append(base)
    _frames[-1].used = True
    return base


@cache
def _template() -> str:
    base = _Base()
    store = base.place.store()
    store.create()
    store.close()
    base.connection.close()
    return base.name


@cache
def _image(fill: Fill) -> _Image:
    base = _Base(_template())
    try:
        store = (base.place if fill is nothing else base.put(_image(nothing))).store()
        fill(store)
        store.close()
        return base.image()
    finally:
        base.drop()


@cache
def _server() -> str:
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(server())


@cache
def _administrator() -> Any:
    import psycopg

    return psycopg.connect(_server().format(role="owner", name="postgres"), autocommit=True)
