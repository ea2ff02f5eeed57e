"""What waits to be written is on PostgreSQL one statement, which writes what those that it is made of would write."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recording import new_store
from sqlalchemy import bindparam, delete, insert, select, text, update

from engine.ground.errors import Conflict
from engine.records import tables
from engine.records.prepared import Prepared, carry_out
from tests import databases

PARTY, NOTICE, SERIES, OBSERVATION = tables.PARTY, tables.NOTICE, tables.SERIES, tables.OBSERVATION
NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
INSTANTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.sampled_from([UTC]))
NOTICES = st.fixed_dictionaries({
    "name": WORDS, "person": st.none() | WORDS, "via": WORDS, "language": st.sampled_from(["zh", "en"]), "mandatory": st.booleans(),
    "status": st.just("held"), "created_at": INSTANTS, "fire_at": st.none() | INSTANTS, "attempts": st.integers(-2**31, 2**31 - 1),
    "words": st.binary(max_size=40), "trouble": st.none() | st.binary(max_size=9),
})
CHANGES = st.tuples(st.none() | WORDS, st.none() | INSTANTS, st.none() | st.binary(max_size=5))
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)

_notice = Prepared(insert(NOTICE), [*NOTICES.wrapped_strategy.mapping, "message_id", "tries"])     # type: ignore[attr-defined]
_again = Prepared(update(NOTICE).where(NOTICE.c.message_id == bindparam("of")).values(
    person=bindparam("whom"), attempts=NOTICE.c.attempts, tries=7, fire_at=bindparam("fire"), trouble=bindparam("why"),
))
_no_more = Prepared(delete(NOTICE).where(NOTICE.c.message_id == bindparam("of")))
_count = Prepared(insert(SERIES))
_seen = Prepared(insert(OBSERVATION), [column.name for column in OBSERVATION.c if column.name != "id"])


def _seen_of(n: int, value: float | None) -> dict[str, Any]:
    return {"case_id": None, "name": "s", "n": n, "definition": "d", "at": NOW, "day": "2026-11-16", "kept": 1, "of": 1, "value": value,
            "person": None, "part": None}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(NOTICES, max_size=4), st.lists(CHANGES), st.data())
def test_all_kinds_of_values_arrive_as_they_were_given(
    tmp_path: Path, notices: list[dict[str, Any]], changes: list[tuple[Any, ...]], data: st.DataObject
) -> None:
    wanted = {f"m{n}": {**one, "message_id": f"m{n}", "tries": 0} for n, one in enumerate(notices)}
    gone = data.draw(st.sets(st.sampled_from(sorted(wanted)))) if wanted else set()
    numbers = data.draw(st.lists(NUMBERS, max_size=3))
    with new_store(tmp_path).writing() as conn:
        try:
            _notice.later(conn, wanted.values())
            for (whom, fire, why), name in zip(changes, wanted, strict=False):
                _again.later(conn, [{"of": name, "whom": whom, "fire": fire, "why": why}])
                wanted[name].update(person=whom, fire_at=fire, trouble=why, tries=7)
            _no_more.later(conn, [{"of": name} for name in sorted(gone)])
            _count.later(conn, [{"key": "k", "last": len(numbers)}])
            _seen.later(conn, [_seen_of(n, value) for n, value in enumerate(numbers)])
            columns = list(_notice._columns or ())
            found = {row.message_id: row._asdict() for row in conn.execute(select(*(NOTICE.c[name] for name in columns)))}
            assert found == {name: row for name, row in wanted.items() if name not in gone}
            assert conn.execute(select(OBSERVATION.c.value).order_by(OBSERVATION.c.n)).scalars().all() == numbers
            assert conn.execute(select(SERIES.c.last).where(SERIES.c.key == "k")).scalar_one() == len(numbers)
        finally:
            conn.rollback()


def test_a_row_that_must_change_and_does_not_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    place = databases.place(tmp_path)
    with pytest.raises(Conflict), place.store().writing() as conn:
        _count.later(conn, [{"key": "k", "last": 1}])
        _again.later(
            conn, [{"of": name, "whom": None, "fire": NOW, "why": None} for name in ("m1", "m2")], unless=lambda: Conflict("gone")
        )
    with place.store().reading() as conn:
        assert conn.execute(text("SELECT count(*) FROM series WHERE key = 'k'")).scalar_one() == 0


def test_one_row_is_changed_by_one_statement_after_the_other(tmp_path: Path) -> None:
    with new_store(tmp_path).writing() as conn:
        _count.later(conn, [{"key": "k", "last": 1}])
        Prepared(update(SERIES).where(SERIES.c.key == bindparam("of")).values(last=SERIES.c.last + bindparam("more"))).later(
            conn, [{"of": "k", "more": 2}]
        )
        Prepared(update(SERIES).where(SERIES.c.key == bindparam("of")).values(last=SERIES.c.last * 10)).later(conn, [{"of": "k"}])
        Prepared(delete(SERIES).where(SERIES.c.key == bindparam("of"))).later(conn, [{"of": "other"}])
        assert conn.execute(select(SERIES.c.last).where(SERIES.c.key == "k")).scalar_one() == 30
        _count.later(conn, [{"key": "l", "last": 1}])
        carry_out(conn)
        Prepared(delete(SERIES).where(SERIES.c.key == bindparam("of"))).later(conn, [{"of": "l"}])
        _count.later(conn, [{"key": "l", "last": 5}])
        assert conn.execute(select(SERIES.c.last).where(SERIES.c.key == "l")).scalar_one() == 5
