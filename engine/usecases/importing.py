"""Importing: the rows of a table become cases, through the same opening as everybody's.

Every case remembers where it came from (`origin`), so an import that was interrupted, or is run again with mended rows, opens
what is missing and nothing twice.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import select

from engine.deciding.rights import Actor
from engine.defining.mapping import ImportMapping, check_mapping
from engine.ground.errors import Conflict, Denied, Invalid, MakegoodError, Unavailable
from engine.ground.language import say
from engine.records import cases, library
from engine.usecases.house import House
from engine.usecases.opening import open_many
from engine.usecases.work import Outcome

BATCH = 100
ENCODINGS = ("utf-8-sig", "gb18030")
LARGEST_FIELD = 1024 * 1024


@dataclass(slots=True)
class Imported:
    """What an import did; `bad` holds (line of the file, reason)."""

    opened: list[str] = field(default_factory=list)  # numbers of the new cases
    already: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table with the line it begins on (counting from 1, header included); `problem` says why it cannot be read."""

    line: int
    cells: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table read from a file."""

    header: list[str]
    rows: list[TableRow]


def read_table(path: Path) -> Table:
    """Read a CSV file in UTF-8 or GB 18030, with commas, semicolons or tabs; raises Unavailable or Invalid.

    A row with more or fewer cells than the header is kept with its problem, so that the others can be imported.
    """
    text = _decoded(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise Invalid(
            say("{file} is empty", file=str(path)), hint=say("The first line must name the columns."), field="file", expected="table"
        )
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(LARGEST_FIELD)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    header: list[str] = []
    rows: list[TableRow] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            rows.append(TableRow(line, {}, say("cannot be read: {reason}", reason=str(error))))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = _header(path, cells)
        elif len(cells) != len(header):
            wrong = say("has {count:cell|cells}, the header has {expected}", count=len(cells), expected=len(header))
            rows.append(TableRow(line, {}, wrong))
        else:
            rows.append(TableRow(line, dict(zip(header, cells, strict=True))))
    return Table(header, rows)


def _header(path: Path, cells: list[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    twice = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    if twice:
        raise Invalid(
            say("{file}: the column {column} is there twice", file=str(path), column=twice[0] or "''"),
            hint=say("Give every column a name of its own."),
            field="file",
            expected="distinct columns",
        )
    return header


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unavailable(say("{file} cannot be read: {reason}", file=str(path), reason=error.strerror or str(error))) from error
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(
        say("{file} is neither UTF-8 nor GB 18030", file=str(path)),
        hint=say("Save it as CSV with the encoding UTF-8."),
        field="file",
        expected="UTF-8",
    )


def import_cases(
    house: House, table: Table, mapping: ImportMapping, actor: Actor, *, source: str, progress: Callable[[int], None] | None = None
) -> Imported:
    """Open a case for each row that has none yet, in batches of one transaction; rows that cannot be used are reported, the rest kept.

    `source` names where rows come from: with the key column it makes the origin of a case. Raises DefinitionError when the
    mapping fits neither bundle nor table, NotFound for an unknown bundle, Denied when the actor may not open cases.
    """
    with house.store.reading() as conn:
        definition = library.latest(house.store, conn, mapping.bundle)[2]
    check_mapping(mapping, definition, table.header)
    done = Imported(bad=[(row.line, row.problem) for row in table.rows if row.problem])
    rows = (row for row in table.rows if not row.problem)
    while batch := list(islice(rows, BATCH)):
        _batch(house, batch, mapping, definition.customer_field, actor, source, done)
        if progress:
            progress(len(batch))
    done.bad.sort()
    return done


def _batch(
    house: House, batch: Iterable[TableRow], mapping: ImportMapping, customer: str | None, actor: Actor, source: str, done: Imported
) -> None:
    wanted: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for row in batch:
        key = row.cells[mapping.key].strip()
        origin = f"{source}:{key}"
        if not key:
            done.bad.append((row.line, say("column {column} is empty, but it tells rows apart", column=mapping.key)))
        elif origin in wanted:
            done.bad.append(
                (row.line, say("has the same {column} as line {line}: {key}", column=mapping.key, line=wanted[origin][0], key=key))
            )
        else:
            try:
                wanted[origin] = (row.line, dict(_given(mapping, customer, row.cells)))
            except Invalid as error:
                done.bad.append((row.line, error.message))
    known = _known(house, list(wanted))
    done.already += len(known)

    def opened(origin: str | None, result: Outcome | MakegoodError) -> None:
        if isinstance(result, Outcome):
            done.opened.append(result.number)
        elif isinstance(result, Denied):
            raise result  # every other row would be refused just so
        elif isinstance(result, Conflict):
            done.already += 1  # another import opened it since we looked
        else:
            done.bad.append((wanted[origin or ""][0], result.message))

    fresh = [(origin, given) for origin, (_, given) in wanted.items() if origin not in known]
    if fresh:
        open_many(house, mapping.bundle, actor, fresh, opened)


def _given(mapping: ImportMapping, customer: str | None, cells: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    party = {part: made for part, rule in mapping.customer.items() if (made := rule.of(cells)) not in (None, "")}
    if party and customer is not None:
        yield customer, party
    for name, rule in mapping.fields.items():
        value = rule.of(cells)
        if value not in (None, ""):
            yield name, value


def _known(house: House, origins: list[str]) -> set[str]:
    column = cases.CASE.c.origin
    with house.store.reading() as conn:
        return set(conn.execute(select(column).where(column.in_(origins))).scalars())
