"""What waits to be written, as one statement of PostgreSQL: one way to the server and back, however many tables and rows there are.

`WITH w0 AS (UPDATE …), w1 AS (INSERT …) SELECT …`: its parts all see the database as it was before them, so no two of them may touch one
row. A part with one row takes its values as parameters; one with many takes them as one JSON text, since the driver would send row by row.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Column, Delete, Dialect, Insert, Table, Update, select, text
from sqlalchemy.sql.visitors import replacement_traverse

Change = Insert | Update | Delete

_ROWS = "rows"


class ManyRows(NamedTuple):
    """A change of any number of rows, given as JSON."""

    sql: str
    places: Sequence[int]                       # where in a row of values those stand that differ from row to row
    given: Sequence[tuple[str, Any]]            # parameters in the order they stand in `sql`, with what they are unless they are the rows

    def parameters(self, rows: Iterable[Sequence[Any]]) -> list[Any]:
        """Those of the statement for these rows."""
        form = json.dumps([{f"p{n}": row[n] for n in self.places} for row in rows], ensure_ascii=False, default=_as_text)
        return [form if name == _ROWS else fixed for name, fixed in self.given]


class Rows(NamedTuple):
    """What waits to be written by one statement."""

    change: Change
    sql: str
    many: ManyRows | None                       # None on SQLite, and for what gives rows back
    rows: list[list[Any]]                       # values in the order of the parameters of `sql`
    unless: Callable[[], Exception] | None      # each row must change one of the database, or what this makes is raised


def many_rows(dialect: Dialect, change: Change, binds: Sequence[BindParameter[Any]]) -> ManyRows:
    """The change with each of its parameters taken from rows; `binds` are those of the compiled statement in their order."""
    places = [n for n, bind in enumerate(binds) if bind.required]
    columns = ", ".join(f"p{n} {binds[n].type.compile(dialect)}" for n in places)
    # Of an array the server expects ten elements, of a function that returns rows a hundred: then it would read small tables whole.
    rows = text(
        f"SELECT r.* FROM unnest(ARRAY(SELECT json_array_elements(CAST(:{_ROWS} AS JSON)))) AS u(j), json_to_record(u.j) AS r({columns})"
    ).columns(*(Column(f"p{n}", binds[n].type) for n in places)).subquery("v")
    place = {binds[n].key: rows.c[f"p{n}"] for n in places}

    def placed(one: object, **_: object) -> Any:
        return place.get(one.key) if isinstance(one, BindParameter) else None

    taken = change.from_select(list(place), select(*place.values())) if isinstance(change, Insert) else _replaced(change, placed)
    made: Any = taken.compile(dialect=dialect)
    return ManyRows(made.string, places, [(name, made.binds[name].value) for name in made.positiontup])


def _replaced(change: Any, placed: Any) -> Change:
    replaced: Change = replacement_traverse(change, {}, placed)
    return replaced


def apart(waiting: Iterable[Rows]) -> Iterator[list[Rows]]:
    """What waits, in its order, in groups of which no two parts can touch one row: of each table one change, and then rows that are new."""
    group: list[Rows] = []
    touched: dict[str, type[Change]] = {}
    for one in waiting:
        table, kind = one.change.table, type(one.change)
        assert isinstance(table, Table)
        if table.name in touched and not (kind is Insert and touched[table.name] is Update):
            yield group
            group, touched = [], {}
        group.append(one)
        touched[table.name] = kind
    yield group


def statement(group: Sequence[Rows]) -> tuple[str, list[Any]]:
    """One statement for all of these with its parameters; its row says of each part with `unless` how many rows it changed."""
    parts: list[tuple[str, bool]] = []
    given: list[Any] = []
    for one in group:
        many = one.many if len(one.rows) > 1 else None
        assert many is not None or len(one.rows) == 1      # else all rows but the first would be lost
        parts.append((many.sql if many else one.sql, one.unless is not None))
        given += many.parameters(one.rows) if many else _texts(one.rows[0])
    return _sentence(tuple(parts)), given


@lru_cache(maxsize=256)
def _sentence(parts: tuple[tuple[str, bool], ...]) -> str:
    made = ", ".join(f"w{n} AS ({sql}{' RETURNING 1' if counted else ''})" for n, (sql, counted) in enumerate(parts))
    counts = ", ".join(f"(SELECT count(*) FROM w{n})" for n, (_, counted) in enumerate(parts) if counted)
    return f"WITH {made} SELECT {counts or 'NULL'}"


def _texts(row: Sequence[Any]) -> list[str | None]:
    """Values as texts, whatever they are: a statement is prepared anew for each combination of types that it is given."""
    return [value if value is None or type(value) is str else _as_text(value) for value in row]


def _as_text(value: object) -> str:
    """As PostgreSQL reads it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return str(value)
