"""Statements of the hot path, compiled once for each kind of database and run on the driver's own cursor.

SQLAlchemy writes the SQL and converts the values; what is left out is everything it does anew for each execution, which costs
more than SQLite needs to carry the statement out. Only for statements of fixed shape (no lists under IN), inside a transaction
that the store opened.

What is written waits until the transaction is asked for anything else, or ends: so many cases written in a row take each statement once,
and on PostgreSQL all of these are one (`together.py`).
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, Connection, Delete, Insert, Select, TextClause, Update
from sqlalchemy.exc import DBAPIError

from engine.records import together
from engine.records.together import ManyRows, Rows, apart, many_rows

Statement = Select[Any] | CompoundSelect[Any] | Insert | Update | Delete | TextClause
Convert = Callable[[Any], Any]

_DOUBLE = 701       # what PostgreSQL calls a float; asked only of numbers that are not whole, of which there are no others


class _Form(NamedTuple):
    """A statement as one kind of database wants it."""

    sql: str
    given: Sequence[tuple[str, Any]]            # parameters in the order they stand in `sql`, with what they are unless given
    take: Callable[[Mapping[str, Any]], Sequence[Any]] | None       # all of them at once, where each must be given
    into: Sequence[tuple[int, Convert]]         # those of them that need converting, by place
    out_of: Sequence[tuple[int, Convert]]       # columns of the result that need converting
    row: Callable[[Iterable[Any]], Any]
    many: ManyRows | None                       # the same for many rows, of a change on PostgreSQL


class Prepared:
    """A statement to be run many times; parameters are given by name, rows come back as named tuples."""

    def __init__(self, statement: Statement, columns: Iterable[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns                 # of an INSERT: those that are given
        self._forms: dict[str, _Form] = {}

    def one(self, conn: Connection, values: Mapping[str, Any]) -> Any:
        """The first row, or None."""
        cursor, form = self._run(conn, values)
        found = cursor.fetchall()       # to the end, so that the statement is done with
        return _row(form, found[0]) if found else None

    def all(self, conn: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Every row."""
        cursor, form = self._run(conn, values)
        return [_row(form, row) for row in cursor.fetchall()]

    def later(self, conn: Connection, many: Iterable[Mapping[str, Any]], unless: Callable[[], Exception] | None = None) -> None:
        """Carry it out for each set of values before this transaction does anything else: see `carry_out`. One row must not be written
        twice meanwhile. With `unless`, each must change one row, or what that makes is raised then."""
        form, waiting = self._form(conn), _waiting(conn)
        rows = [_given(form, values) for values in many]
        if not rows:
            return
        if self in waiting:
            waiting[self].rows.extend(rows)
        else:
            change: Any = self._statement
            waiting[self] = Rows(change, form.sql, form.many, rows, unless)
        if len(waiting[self].rows) >= _MOST:
            carry_out(conn)

    def _run(self, conn: Connection, values: Mapping[str, Any]) -> tuple[Any, _Form]:
        form, cursor = self._form(conn), _cursor(conn)
        try:
            cursor.execute(form.sql, _given(form, values))
        except _driver_error(conn) as error:
            raise DBAPIError(form.sql, None, error) from error
        return cursor, form

    def _form(self, conn: Connection) -> _Form:
        form = self._forms.get(conn.dialect.name)
        if form is None:
            form = self._forms[conn.dialect.name] = _compiled(conn, self._statement, self._columns)
        return form


_MOST = 1000        # rows of one statement that wait in memory
_THERE_ALREADY = "23505"        # what PostgreSQL says of a key that a row has already
_WAITING = "waiting to be written"


def _waiting(conn: Connection) -> dict[Prepared, Rows]:
    """What waits in this transaction: in the order in which each statement was first wanted."""
    found: dict[Prepared, Rows] = conn.get_execution_options()["seen"].setdefault(_WAITING, {})
    return found


def carry_out(conn: Connection) -> None:
    """Write what waits to be written: for everything else that is done on a connection, which must find it there."""
    options = conn.get_execution_options()
    waiting = options["seen"].pop(_WAITING, None) if "seen" in options else None
    if not waiting:
        return
    cursor = _kept_cursor(conn)
    if conn.dialect.name == "postgresql":
        for group in apart(waiting.values()):
            _write_together(conn, cursor, group)
    else:
        for one in waiting.values():
            _execute(conn, cursor, one.sql, one.rows)
            _counted([one], [cursor.rowcount])


def _write_together(conn: Connection, cursor: Any, group: Sequence[Rows]) -> None:
    sql, given = together.statement(group)
    try:
        _execute(conn, cursor, sql, [given])
    except DBAPIError as error:     # what follows from a row that must change is there already: somebody else changed it
        unless = next((one.unless for one in group if one.unless is not None), None)
        if unless is None or getattr(error.orig, "sqlstate", "") != _THERE_ALREADY:
            raise
        raise unless() from error
    _counted(group, cursor.fetchone())


def _counted(group: Sequence[Rows], changed: Sequence[int]) -> None:
    """Raise where a row that must have changed did not; `changed` of each that must, in their order."""
    for one, count in zip((one for one in group if one.unless is not None), changed, strict=False):
        if one.unless is not None and count != len(one.rows):
            raise one.unless()


def _execute(conn: Connection, cursor: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    try:
        if len(rows) == 1:
            cursor.execute(sql, rows[0])
        else:
            cursor.executemany(sql, rows)
    except _driver_error(conn) as error:
        raise DBAPIError(sql, None, error) from error


def _compiled(conn: Connection, statement: Statement, columns: Iterable[str] | None) -> _Form:
    dialect: Any = conn.dialect
    if not dialect.positional:      # parameters by place cost less than by name, here and in the driver
        dialect = type(dialect)(paramstyle="format")
    if isinstance(statement, Insert) and not statement._returning:
        statement = statement.inline()      # else the id of each row would be asked for
    made: Any = statement.compile(dialect=dialect, column_keys=None if columns is None else list(columns))
    names = list(made.positiontup)
    binds = [made.binds[name] for name in names]
    into = [bind.type.dialect_impl(dialect).bind_processor(dialect) for bind in binds]
    if isinstance(statement, (Select, CompoundSelect)):
        selected = list(statement.selected_columns)
    else:
        selected = list(getattr(statement, "_returning", ()) or ())
    converts = [column.type.dialect_impl(dialect).result_processor(dialect, _DOUBLE) for column in selected]
    row: Any = namedtuple("Row", [str(column.key) for column in selected], rename=True) if selected else None   # names known only now
    many = None
    if dialect.name == "postgresql" and isinstance(statement, (Insert, Update, Delete)) and not selected:
        many = many_rows(dialect, statement, binds)
    each = len(names) > 1 and all(bind.required for bind in binds)
    return _Form(
        made.string, [(name, None if bind.required else bind.value) for name, bind in zip(names, binds, strict=True)],
        itemgetter(*names) if each else None,
        [(n, convert) for n, convert in enumerate(into) if convert is not None],
        [(n, convert) for n, convert in enumerate(converts) if convert is not None], tuple if row is None else row._make, many,
    )


def _given(form: _Form, values: Mapping[str, Any]) -> list[Any]:
    found = list(form.take(values)) if form.take is not None else [values.get(name, fixed) for name, fixed in form.given]
    for n, convert in form.into:
        found[n] = convert(found[n])
    return found


def _row(form: _Form, values: Any) -> Any:
    if form.out_of:
        values = list(values)
        for n, convert in form.out_of:
            values[n] = convert(values[n])
    return form.row(values)


def driver(conn: Connection) -> Any:
    """The driver's own connection."""
    return conn.connection.dbapi_connection


def _cursor(conn: Connection) -> Any:
    """The cursor for what is done next."""
    carry_out(conn)
    return _kept_cursor(conn)


def _kept_cursor(conn: Connection) -> Any:
    """The driver's cursor that goes with a connection kept open: what ran on it before is read to its end."""
    kept = conn.get_execution_options().get("cursor")
    return driver(conn).cursor() if kept is None else kept


def _driver_error(conn: Connection) -> type[Exception]:
    error: type[Exception] = conn.dialect.loaded_dbapi.Error
    return error


def command(conn: Connection, sql: str) -> None:
    """Run a command without parameters or result on the driver's cursor (SAVEPOINT and its like)."""
    try:
        _cursor(conn).execute(sql)
    except _driver_error(conn) as error:
        raise DBAPIError(sql, None, error) from error


def commit(conn: Connection) -> None:
    """Commit on the driver's connection, for a transaction in which SQLAlchemy itself ran nothing."""
    try:
        driver(conn).commit()
    except _driver_error(conn) as error:
        raise DBAPIError("COMMIT", None, error) from error


def rollback(conn: Connection) -> None:
    """Roll back on the driver's connection; nothing when no transaction is open."""
    driver(conn).rollback()
