"""Events of visits from tills and queue machines: each counts once, late ones within the tolerance, out of order put in order."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ground.clock import VirtualClock
from engine.ground.errors import NotFound, Unavailable
from engine.usecases import auditing, gathering
from engine.usecases.gathering import Gathered, gather, read_events
from engine.usecases.house import House
from engine.usecases.importing import LARGEST_FIELD
from tests.cafe import CAFE, changed, seen
from tests.houses import as_, events_of, state_of
from tests.small import START, empty_house, kinds, put_in_force

VISIT = [
    {"id": "1", "visit": "a", "event": "table", "at": "2026-03-02 09:00", "table": "A"},
    {"id": "2", "visit": "a", "event": "greeting", "at": "2026-03-02 09:01"},
    {"id": "3", "visit": "a", "event": "order", "at": "2026-03-02 09:03"},
    {"id": "4", "visit": "a", "event": "served", "at": "2026-03-02 09:07", "by": "bob"},
    {"id": "5", "event": "calls", "at": "2026-03-02 09:10", "kept": 3, "of": 4},
]
ALL = [("greeting", 1, 1, 1), ("coffee", 1, 1, 1), ("calls", 1, 3, 4)]


@pytest.fixture
def cafe() -> tuple[House, VirtualClock]:
    return opened_cafe()


def opened_cafe() -> tuple[House, VirtualClock]:
    house, clock = empty_house()
    put_in_force(house, CAFE)
    clock.move_to(START + timedelta(minutes=20))
    return house, clock


def written(folder: Path, rows: list[Any], name: str = "till.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return file


def told(house: House, folder: Path, rows: list[Any], by: str = "ann") -> Gathered:
    return gather(house, "cafe", read_events(written(folder, rows)), as_(by), source="till")


def test_a_visit_is_played_from_its_events(cafe: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, _ = cafe
    assert told(house, tmp_path, VISIT) == Gathered(1, 5, 0, [])
    assert seen(house) == ALL
    first, *others = events_of(house, "V-2026-0001")
    brought = next(event for event in others if event.data.get("act") == "served")
    assert (first.actor, first.occurred_at, brought.actor, brought.identified) == ("ann", START, "bob", "told")


def test_whoever_was_served_in_time_was_never_late_though_it_is_told_later(cafe: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, _ = cafe
    told(house, tmp_path, VISIT[:2])                     # at 09:20, of 09:01
    told(house, tmp_path, VISIT[2:])
    late = [{**row, "id": f"{row['id']}-b", "visit": "b"} for row in VISIT[:4]]
    late[1]["at"], late[2]["at"] = "2026-03-02 09:02:30", "2026-03-02 09:03:30"      # greeted half a minute too late
    told(house, tmp_path, late)
    assert not [what for what in kinds(house, "V-2026-0001") if "breach" in what]
    assert [what for what in kinds(house, "V-2026-0002") if "breach" in what] == ["breach greeting"]
    assert ("greeting", 1, 0, 1) in seen(house)


@pytest.mark.parametrize(
    "value", [{"content": "x"}, {"content": 1, "name": 2}, [[{}]], {"name": None}, {"a": {"b": []}}, True, "\x00", 1e400]
)
def test_a_value_of_any_shape_is_refused_and_holds_up_nothing(cafe: tuple[House, VirtualClock], tmp_path: Path, value: Any) -> None:
    house, _ = cafe
    done = told(house, tmp_path, [*VISIT, {"id": "x", "visit": "b", "event": "table", "at": "2026-03-02 09:10", "table": value}])
    assert (done.taken, len(done.bad)) == (5, 1) and "table" in done.bad[0][1]


def test_what_cannot_be_used_is_told_in_the_order_of_the_lines_and_in_plain_words(
    cafe: tuple[House, VirtualClock], tmp_path: Path
) -> None:
    house, _ = cafe
    rows = [{**VISIT[1], "visit": "z"}, '{"id": 1,}', {**VISIT[0], "at": "yesterday"}, "9" * 5000, {**VISIT[0], "id": "0", "table": "aa"}]
    reasons = told(house, tmp_path, rows).bad
    assert [line for line, _ in reasons] == [1, 2, 3, 4, 5]
    assert re.fullmatch(r"is not JSON from its character \d+ on", reasons[1][1]) and reasons[3][1] == "is not JSON that can be read"
    with pytest.raises(Unavailable, match=r"nothing\.csv cannot be read: No such file or directory$"):
        list(read_events(tmp_path / "nothing.csv"))
    (tmp_path / "long.csv").write_text("id,visit,event,at\n" + "x" * (LARGEST_FIELD + 1) + ",a,table,2026-03-02\n", encoding="utf-8")
    with pytest.raises(Unavailable, match=r"long\.csv cannot be read"):
        list(read_events(tmp_path / "long.csv"))


def test_lines_that_are_no_json_or_nested_without_end_are_told_with_their_number(tmp_path: Path) -> None:
    lines = list(read_events(written(tmp_path, ["{", "[" * 100_000, '{"a": ' * 50_000, "NaN", VISIT[0]])))
    assert [line[0] for line in lines[:4]] == [1, 2, 3, 4] and all(isinstance(line[1], str) for line in lines[:4])
    assert lines[4][1] == "1"


def test_an_id_that_comes_twice_in_a_file_counts_where_it_happened_first(cafe: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, _ = cafe
    assert told(house, tmp_path, [*VISIT, {**VISIT[0], "at": "2026-03-02 09:15"}]) == Gathered(1, 5, 1, [])
    assert seen(house) == ALL


def test_what_is_seen_twice_in_one_visit_counts_twice(tmp_path: Path) -> None:
    house, clock = empty_house()
    check = 'standards: {repeated_back: {statement: Each of 3 items is repeated, element: people, by: desk, check: Repeated?}}'
    put_in_force(house, changed(("order: {title: Order, repeated: true}", f"order: {{title: Order, repeated: true, {check}}}")))
    clock.move_to(START + timedelta(minutes=20))
    again = [
        {"id": "3b", "visit": "a", "event": "repeated_back", "at": "2026-03-02 09:04", "repeated_back": True},
        {"id": "3c", "visit": "a", "event": "order", "at": "2026-03-02 09:05"},
        {"id": "3d", "visit": "a", "event": "repeated_back", "at": "2026-03-02 09:06", "repeated_back": False},
    ]
    assert told(house, tmp_path, [*VISIT, *again]).bad == []
    assert [one for one in seen(house) if one[0] == "repeated_back"] == [("repeated_back", 1, 1, 1), ("repeated_back", 2, 0, 1)]


def test_told_again_nothing_counts_twice(cafe: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, _ = cafe
    told(house, tmp_path, VISIT[:3])
    assert told(house, tmp_path, [*VISIT, *VISIT]) == Gathered(0, 2, 8, [])
    assert seen(house) == ALL
    again = gather(house, "cafe", read_events(written(tmp_path, VISIT)), as_("ann"), source="another till")     # its own visits and ids
    assert again == Gathered(1, 5, 0, [])


@given(st.permutations(VISIT))
@settings(max_examples=15, deadline=None)
def test_whatever_the_order_of_the_lines_the_same_is_seen(rows: list[dict[str, Any]]) -> None:
    house, _ = opened_cafe()
    lines = [gathering._event(n, row) for n, row in enumerate(rows, 1)]
    assert gather(house, "cafe", lines, as_("ann"), source="till") == Gathered(1, 5, 0, [])
    assert auditing.verify(house).problems == []
    assert seen(house) == ALL


def test_what_comes_a_part_too_early_is_tried_once_more(
    cafe: tuple[House, VirtualClock], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    house, _ = cafe
    monkeypatch.setattr(gathering, "PART", 1)
    assert told(house, tmp_path, [VISIT[1], VISIT[0], *VISIT[2:]]) == Gathered(1, 5, 0, [])
    assert seen(house) == ALL


def test_what_cannot_be_used_is_told_with_its_line_and_may_come_again(cafe: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = cafe
    rows = [
        "{", "[1]", {"id": "7", "event": "order", "at": "2026-03-02 09:03"},
        {"id": "8", "visit": "b", "event": "order", "at": "2026-03-02 09:03"},
        {"id": "9", "visit": "a", "event": "dance", "at": "2026-03-02 09:04"}, {**VISIT[0], "at": "soon"},
        {"id": "6", "event": "calls", "at": "2026-03-02 09:10", "kept": "few", "of": 4},
    ]
    done = told(house, tmp_path, [*VISIT[:1], *rows])
    assert [line for line, _ in done.bad] == [2, 3, 4, 5, 6, 8] and done.taken == 1
    reasons = dict(done.bad)
    assert "is not a mapping" in reasons[3] and "lacks visit" in reasons[4] and "has not begun" in reasons[5]
    assert "whole number" in reasons[8]
    assert done.already == 1                             # the same id with a time that nobody can read
    assert told(house, tmp_path, [*VISIT, {**rows[3], "event": "table", "table": "B"}]).bad == []
    clock.move_to(START + timedelta(hours=2))            # later than the cycle lets things be told
    late = told(house, tmp_path, [{"id": "10", "visit": "a", "event": "farewell", "at": "2026-03-02 09:15"}])
    assert late.taken == 0 and "farewell" in late.bad[0][1]


def test_only_who_may_tell_says_what_others_did(cafe: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, _ = cafe
    done = told(house, tmp_path, [*VISIT[:3], {**VISIT[3], "by": "ann"}], "bob")
    assert done.taken == 3 and "bob has no right to tell" in done.bad[0][1]
    assert state_of(house, "V-2026-0001").state == "order"


def test_a_table_is_as_good_as_json_lines(cafe: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, _ = cafe
    file = tmp_path / "till.csv"
    file.write_text("id,visit,event,at,by,table,kept,of\n" + "".join(
        ",".join(str(row.get(key, "")) for key in ("id", "visit", "event", "at", "by", "table", "kept", "of")) + "\n" for row in VISIT
    ), encoding="utf-8-sig")
    assert gather(house, "cafe", read_events(file), as_("ann"), source="till") == Gathered(1, 5, 0, [])
    assert seen(house) == ALL


def test_a_number_is_taken_exactly_as_a_scale_wrote_it(cafe: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, _ = cafe
    rating = '{"id": "9", "visit": "a", "event": "rating", "at": "2026-03-02 09:16", "by": "ann", "rating": 4.10}'
    told(house, tmp_path, [*VISIT, {"id": "8", "visit": "a", "event": "farewell", "at": "2026-03-02 09:15"}])
    assert told(house, tmp_path, [rating]).bad == []
    assert ("rating", 1, 1, 1) in seen(house) and str(state_of(house, "V-2026-0001").fields["rating"]) == "4.1"


def test_files_and_cycles_that_are_not_there(cafe: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, _ = cafe
    with pytest.raises(Unavailable):
        list(read_events(tmp_path / "nothing.jsonl"))
    (tmp_path / "bad.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unavailable):
        list(read_events(tmp_path / "bad.jsonl"))
    with pytest.raises(NotFound):
        gather(house, "pub", read_events(written(tmp_path, VISIT)), as_("ann"), source="till")
