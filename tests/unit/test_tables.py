"""The tables that statements are written with are those that the models describe."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Dialect, MetaData
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from engine.records import models as _models  # noqa: F401  (fills SQLModel.metadata)
from engine.records.tables import METADATA, Moment


def ddl(metadata: MetaData, dialect: Dialect) -> dict[str, list[str]]:
    return {
        table.name: [
            str(CreateTable(table).compile(dialect=dialect)),
            *sorted(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes),
        ]
        for table in metadata.sorted_tables
    }


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=["sqlite", "postgresql"])
def test_models_and_tables_make_the_same_schema(dialect: Dialect) -> None:
    assert ddl(METADATA, dialect) == ddl(SQLModel.metadata, dialect)


def test_models_and_tables_give_the_same_defaults() -> None:
    def defaults(metadata: MetaData) -> dict[str, object]:
        return {str(c): c.default.arg for t in metadata.sorted_tables for c in t.columns if c.default is not None}  # type: ignore[attr-defined]

    assert defaults(METADATA) == defaults(SQLModel.metadata)


def test_instants_are_aware_in_both() -> None:
    def instants(metadata: MetaData, kind: str) -> set[str]:
        return {str(c) for t in metadata.sorted_tables for c in t.columns if type(c.type).__name__ == kind}

    assert instants(METADATA, "Moment") == instants(SQLModel.metadata, "UTCDateTime") != set()


def test_both_instants_of_the_hour_that_comes_twice_are_kept_apart() -> None:
    first = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/London"))     # summer time; an hour later it is half past one again
    keep, read = Moment().bind_processor(sqlite.dialect()), Moment().result_processor(sqlite.dialect(), None)
    kept = [read(keep(one)) for one in (first, first.replace(fold=1))]
    assert kept[0] is not None and kept[1] is not None and kept[1] - kept[0] == timedelta(hours=1)
