"""Whatever somebody does to the records behind the program's back, `audit verify` names it."""

import csv
import io
import json
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from recording import NOW, event, moved, new_store, opened
from sqlalchemy import Connection, select, text, update

from engine.deciding.case import rebuild
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.canonical import canonical, digest
from engine.ground.clock import VirtualClock
from engine.ground.errors import Conflict, Invalid, NotFound, Tampered, Unavailable
from engine.records import cases, files, history, library, personal, sealing
from engine.records.tables import CASE, EVENT
from engine.usecases import auditing
from engine.usecases.house import House, Settings
from tests import databases

Tamper = Callable[[Connection], object]


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Three cases with four events each, a personal value, a file, and versions of everything that is published."""
    store = new_store(tmp_path)
    with store.writing() as conn:
        library.publish_calendar(conn, "office", '{"name":"office"}', Actor("owner"), NOW)
        library.apply_organisation(conn, '{"organisation":"acme"}', Actor("owner"), NOW)
        for n in range(1, 4):
            loaded = opened(conn, f"A-{n}", secret="the screen flickers")
            for step in range(3):
                moved(conn, f"A-{n}", f"step{step}", NOW + timedelta(hours=step + 1))
            loaded = cases.load(conn, f"A-{n}")
            kept = files.File(digest("scan"), "scan.txt", "text/plain", 4)
            sealed = personal.seal(5, "file", kept.canonical())
            attached = event(loaded.case, "attached", NOW + timedelta(hours=5), said={"file": sealed.commitment})
            cases.save(conn, loaded, [attached], [], 0, loaded.due_at, None)
            key = sealing.key_of_case(conn, loaded.id, None)
            personal.store(conn, loaded.id, key, [sealed])
            files.keep_file(conn, loaded.id, key, kept, b"scan", NOW)
    return House(store, VirtualClock(NOW + timedelta(days=1)), Settings(tmp_path))


def tampered(house: House, change: Tamper | str) -> list[tuple[str, int]]:
    """What verify names after somebody changed the file with another program, the triggers dropped first."""
    with databases.forging(house.store) as raw:
        if isinstance(change, str):
            for statement in change.split("; "):
                raw.execute(text(statement if raw.dialect.name == "sqlite" else statement.replace("x'00'", "'\\x00'")))
        else:
            change(raw)
    return [(problem.stream, problem.seq) for problem in auditing.verify(house).problems]


def rechained(raw: Connection, stream: str) -> None:
    """What a thorough forger does: recompute every hash of a stream, and the case's head and body with it."""
    head, events = "", []
    for seq, body in raw.execute(select(EVENT.c.seq, EVENT.c.body).where(EVENT.c.stream == stream).order_by(EVENT.c.seq)).all():
        head = history.chained(head, body)
        events.append(history.event_from(json.loads(body)))
        raw.execute(update(EVENT).where(EVENT.c.stream == stream, EVENT.c.seq == seq).values(hash=head))
    from engine.deciding.case import case_json

    case = rebuild(events)
    body = canonical(case_json(case))
    raw.execute(update(CASE).where(CASE.c.number == case.number).values(head=head, body=body, state=case.state))


def test_what_was_only_written_by_the_program_verifies(house: House) -> None:
    seen: list[tuple[int, int]] = []
    found = auditing.verify(house, progress=lambda done, total: seen.append((done, total)))
    assert (found.problems, found.streams, found.events, found.anchored) == ([], 5, 18, 0)
    assert seen[-1] == (18, 18)


@pytest.mark.parametrize(("change", "named"), [
    ("UPDATE event SET body = replace(body, 'step1', 'step9') WHERE stream = 'case/A-2'", ("case/A-2", 3)),
    ("UPDATE event SET kind = 'noted' WHERE stream = 'case/A-2' AND seq = 2", ("case/A-2", 2)),
    ("UPDATE event SET occurred_at = '2020-01-01 00:00:00.000000' WHERE stream = 'case/A-2' AND seq = 4", ("case/A-2", 4)),
    ("UPDATE event SET recorded_at = '2020-01-01 00:00:00.000000' WHERE stream = 'organisation'", ("organisation", 1)),
    ("UPDATE event SET hash = 'x' WHERE stream = 'case/A-2' AND seq = 1", ("case/A-2", 1)),
    ("DELETE FROM event WHERE stream = 'case/A-2' AND seq = 3", ("case/A-2", 3)),
    ("DELETE FROM event WHERE stream = 'case/A-2' AND seq = 1", ("case/A-2", 1)),
    ("DELETE FROM event WHERE stream = 'case/A-2' AND seq >= 4", ("case/A-2", 4)),
    ("DELETE FROM event WHERE stream = 'case/A-2'", ("case/A-2", 1)),
    ("UPDATE event SET seq = seq + 1 WHERE stream = 'case/A-2' AND seq = 5", ("case/A-2", 5)),
    ("UPDATE event SET seq = 90 - seq WHERE stream = 'case/A-2' AND seq IN (2, 3); UPDATE event SET seq = seq - 85 WHERE seq > 80",
     ("case/A-2", 2)),
    ("INSERT INTO event SELECT stream, 6, kind, occurred_at, recorded_at, body, hash FROM event WHERE stream = 'case/A-2' AND seq = 5",
     ("case/A-2", 6)),
    ("UPDATE event SET stream = 'case/A-9' WHERE stream = 'case/A-2'", ("case/A-9", 1)),
    ("UPDATE \"case\" SET state = 'closed' WHERE number = 'A-2'", ("case/A-2", 5)),
    ("UPDATE \"case\" SET owner = NULL WHERE number = 'A-2'", ("case/A-2", 5)),
    ("UPDATE \"case\" SET body = replace(body, '12.50', '99.00') WHERE number = 'A-2'", ("case/A-2", 5)),
    ("UPDATE \"case\" SET body = 'nonsense' WHERE number = 'A-2'", ("case/A-2", 5)),
    ("UPDATE \"case\" SET head = 'x' WHERE number = 'A-2'", ("case/A-2", 5)),
    ("DELETE FROM \"case\" WHERE number = 'A-2'", ("case/A-2", 5)),
    ("UPDATE personal SET box = x'00' WHERE case_id = 2 AND name = 'findings'", ("case/A-2", 1)),
    ("UPDATE personal SET box = substr(box, 1, 40) WHERE case_id = 2 AND name = 'findings'", ("case/A-2", 1)),
    ("UPDATE personal SET box = (SELECT box FROM personal WHERE case_id = 1 AND name = 'findings') WHERE case_id = 2 AND name = 'findings'",
     ("case/A-2", 1)),
    ("DELETE FROM personal WHERE case_id = 2 AND name = 'findings'", ("case/A-2", 1)),
    ("INSERT INTO personal VALUES (2, 2, 'comment', x'00')", ("case/A-2", 2)),
    ("DELETE FROM file WHERE case_id = 2", ("case/A-2", 5)),
    ("UPDATE file SET content = x'00' WHERE case_id = 2", ("case/A-2", 0)),
    ("UPDATE definition_version SET document = '{\"procedure\":{}}'", ("definitions", 1)),
    ("UPDATE definition_version SET version = 2", ("definitions", 0)),
    ("UPDATE calendar_version SET document = '{}', hash = 'x'", ("definitions", 2)),
    ("DELETE FROM organisation_version", ("organisation", 1)),
    ("UPDATE event SET body = 'nonsense' WHERE stream = 'definitions'", ("definitions", 1)),
    ("INSERT INTO organisation_version VALUES (2, 2, 'x', '{}', '2026-01-01', 'x')", ("organisation", 0)),
])
def test_a_change_behind_the_back_of_the_program_is_named(house: House, change: str, named: tuple[str, int]) -> None:
    assert tampered(house, change)[0] == named


def test_only_the_first_broken_row_of_each_stream_is_named(house: House) -> None:
    assert tampered(house, "UPDATE event SET body = body || ' ' WHERE stream LIKE 'case/%' AND seq > 2") == [
        ("case/A-1", 3), ("case/A-2", 3), ("case/A-3", 3)
    ]


def test_one_case_can_be_verified_alone(house: House) -> None:
    assert tampered(house, "UPDATE event SET body = body || ' ' WHERE stream = 'case/A-2' AND seq = 2")
    assert auditing.verify(house, number="A-1").problems == []
    assert auditing.verify(house, number="A-1").events == 5
    assert [problem.seq for problem in auditing.verify(house, number="A-2").problems] == [2]
    with pytest.raises(NotFound):
        auditing.verify(house, number="A-7")


# --- anchors ------------------------------------------------------------------------------------------------------------


def rewrite(raw: Connection) -> None:
    raw.exec_driver_sql("UPDATE event SET body = replace(body, 'step1', 'step9') WHERE stream = 'case/A-2'")
    rechained(raw, "case/A-2")


def shorten(raw: Connection) -> None:
    raw.exec_driver_sql("DELETE FROM event WHERE stream = 'case/A-2' AND seq = 5")
    raw.exec_driver_sql("DELETE FROM personal WHERE case_id = 2 AND seq = 5")
    rechained(raw, "case/A-2")


def remove(raw: Connection) -> None:
    for table in ("personal", "file"):
        raw.exec_driver_sql(f"DELETE FROM {table} WHERE case_id = 2")
    raw.exec_driver_sql("DELETE FROM event WHERE stream = 'case/A-2'")
    raw.exec_driver_sql("DELETE FROM \"case\" WHERE number = 'A-2'")


@pytest.mark.parametrize(("change", "row"), [(rewrite, 5), (shorten, 5), (remove, 1)])
def test_a_forger_who_recomputes_everything_is_caught_by_an_anchor_and_by_nothing_else(house: House, change: Tamper, row: int) -> None:
    path = auditing.anchor(house)
    assert auditing.verify(house).anchored == 5
    assert tampered(house, change) == [("case/A-2", row)]
    path.unlink()
    assert auditing.verify(house).problems == []


def test_history_may_grow_after_an_anchor(house: House) -> None:
    auditing.anchor(house)
    with house.store.writing() as conn:
        moved(conn, "A-1", "later", NOW + timedelta(days=2))
        opened(conn, "A-4", NOW + timedelta(days=2))
    found = auditing.verify(house)
    assert (found.problems, found.anchored, found.streams) == ([], 5, 6)


def test_an_anchor_file_that_was_changed_or_taken_away_is_named(house: House) -> None:
    clock = house.clock
    assert isinstance(clock, VirtualClock)
    paths = []
    for day in range(3):
        clock.move_to(NOW + timedelta(days=day + 1))
        paths.append(auditing.anchor(house))
    content = paths[1].read_text()
    paths[1].unlink()
    assert [problem.stream for problem in auditing.verify(house).problems] == [f"anchors/{paths[2].name}"]
    paths[1].write_text("\n".join(content.splitlines()[:-1]) + "\n")
    assert [problem.stream for problem in auditing.verify(house).problems] == [f"anchors/{path.name}" for path in paths[1:]]
    paths[1].write_text("nothing of ours")
    assert auditing.verify(house).problems[0].stream == f"anchors/{paths[1].name}"
    paths[1].write_text(content)
    assert auditing.verify(house).problems == []


def test_an_anchor_is_never_overwritten_and_leaves_no_halves(house: House) -> None:
    path = auditing.anchor(house)
    content = path.read_bytes()
    with pytest.raises(Conflict):
        auditing.anchor(house)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_an_anchor_folder_that_cannot_be_written_is_said(house: House) -> None:
    (house.settings.folder / "anchors").write_text("a file, not a folder")
    with pytest.raises(Unavailable, match="cannot be written"):
        auditing.anchor(house)


def test_any_single_changed_character_of_any_row_is_found(house: House) -> None:
    """A random search over what a forger could touch; each time exactly one character of one column of one row."""
    chosen = random.Random(7)
    for _ in range(60):
        with databases.forging(house.store) as raw:
            stream, seq = chosen.choice(raw.execute(select(EVENT.c.stream, EVENT.c.seq).order_by(EVENT.c.stream, EVENT.c.seq)).all())
            column = chosen.choice(["stream", "kind", "body", "hash"])
            row = (EVENT.c.stream == stream, EVENT.c.seq == seq)
            said = raw.execute(select(EVENT.c[column]).where(*row)).scalar_one()
            at = chosen.randrange(len(said))
            changed = said[:at] + chr(ord(said[at]) ^ 1) + said[at + 1:]
            raw.execute(update(EVENT).where(*row).values({column: changed}))
        assert auditing.verify(house).problems, (stream, seq, column, at)
        with databases.forging(house.store) as raw:
            row = (EVENT.c.stream == (changed if column == "stream" else stream), EVENT.c.seq == seq)
            raw.execute(update(EVENT).where(*row).values({column: said}))
    assert auditing.verify(house).problems == []


# --- export -------------------------------------------------------------------------------------------------------------


def test_json_lines_hold_every_event_as_hashed(house: House) -> None:
    out = io.StringIO()
    assert auditing.export(house, out, "jsonl", actor=THE_SYSTEM) == 18
    head = ""
    for line in out.getvalue().splitlines():
        form = json.loads(line)
        head = history.chained("" if form["seq"] == 1 else head, canonical({key: value for key, value in form.items() if key != "hash"}))
        assert form["hash"] == head


def test_an_auditor_verifies_an_export_with_the_program_that_the_documents_give(house: House, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    program = page.split("## Checking an export")[1].split("```python\n")[1].split("```")[0]
    exported = tmp_path / "history.jsonl"

    def said() -> str:
        return subprocess.run([sys.executable, "-c", program, str(exported)], capture_output=True, text=True, check=True).stdout

    with open(exported, "w", encoding="utf-8", newline="\n") as out:
        auditing.export(house, out, "jsonl", actor=THE_SYSTEM)
    assert said() == "18 rows, 0 wrong\n"
    lines = exported.read_text(encoding="utf-8").splitlines(keepends=True)
    exported.write_text("".join([*lines[:4], lines[4].replace('"actor":"', '"actor":"x'), *lines[5:]]), encoding="utf-8")
    assert said() == f"{json.loads(lines[4])['stream']} {json.loads(lines[4])['seq']}\n18 rows, 1 wrong\n"
    exported.write_text("".join([*lines[:2], *lines[3:]]), encoding="utf-8")
    assert said().endswith("17 rows, 1 wrong\n"), "the row after the one that is left out"


def test_csv_holds_one_row_for_each_event_of_one_case(house: House) -> None:
    out = io.StringIO()
    assert auditing.export(house, out, "csv", number="A-2", actor=THE_SYSTEM) == 5
    rows = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    assert [(row["seq"], row["act"], row["to"]) for row in rows[:2]] == [("1", "", "registered"), ("2", "go", "step0")]
    assert json.loads(rows[0]["data"])["number"] == "A-2"


def test_since_and_until_are_when_it_was_recorded(house: House) -> None:
    out, noon = io.StringIO(), NOW + timedelta(hours=3)
    assert auditing.export(house, out, "jsonl", since=noon, actor=THE_SYSTEM) == 6
    assert auditing.export(house, out, "jsonl", until=noon, actor=THE_SYSTEM) == 12
    assert auditing.export(house, out, "jsonl", since=NOW, until=noon, actor=THE_SYSTEM) == 12
    assert auditing.export(house, out, "jsonl", since=noon, until=noon, actor=THE_SYSTEM) == 0
    with pytest.raises(Invalid):
        auditing.export(house, out, "jsonl", since=NOW.replace(tzinfo=None), actor=THE_SYSTEM)
    with pytest.raises(NotFound):
        auditing.export(house, out, "csv", number="A-7", actor=THE_SYSTEM)


@pytest.mark.parametrize("word", ["=1+1", "+49", "-5", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_csv_is_a_formula(house: House, word: str) -> None:
    with house.store.writing() as conn:
        loaded = cases.load(conn, "A-1")
        cases.save(conn, loaded, [event(loaded.case, "acted", NOW + timedelta(days=1), act=word, to=word)], [], 0, None, None)
    out = io.StringIO()
    auditing.export(house, out, "csv", number="A-1", actor=THE_SYSTEM)
    row = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))[-1]
    assert row["act"] == row["to"] == "'" + word


@pytest.mark.parametrize("words", ['","data":{', '","kind":"', "\\", "李娜\n"])
def test_words_that_look_like_json_do_not_shift_the_columns(house: House, words: str) -> None:
    with house.store.writing() as conn:
        made = history.append_to(conn, history.ACCESS, "looked", Actor(words, words), NOW, {"to": words, words: words})
    out = io.StringIO()
    auditing.export(house, out, "csv", actor=THE_SYSTEM)
    row = next(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    assert (row["actor"], row["on_behalf"], row["to"], json.loads(row["data"])) == (words, words, words, made.data)


def test_a_row_that_is_no_event_any_more_is_said_in_words_wherever_it_is_met(house: House) -> None:
    tampered(house, "UPDATE event SET body = 'no' WHERE stream = 'case/A-2' AND seq = 3; UPDATE \"case\" SET body = '{}' WHERE id = 3")
    with house.store.reading() as conn:
        with pytest.raises(Tampered, match="Row 3 of case/A-2 cannot be read"):
            list(history.read(conn, "case/A-2"))
        with pytest.raises(Tampered, match="as stored cannot be read"):
            cases.load(conn, "A-3")
    with pytest.raises(Tampered, match="Row 3 of case/A-2"):
        auditing.export(house, io.StringIO(), "csv", actor=THE_SYSTEM)


def test_personal_values_are_never_exported(house: House) -> None:
    for form in ("csv", "jsonl"):
        out = io.StringIO()
        auditing.export(house, out, form, actor=THE_SYSTEM)
        assert "flickers" not in out.getvalue()
