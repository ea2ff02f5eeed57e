"""`makegood case migrate` and `makegood definition migrate`: what they say, and what they refuse."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Terminal, opened, small_house


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    yield Terminal(small_house(tmp_path), capsys, monkeypatch)


def published(terminal: Terminal, *changes: tuple[str, str]) -> None:
    """Publish the small procedure once more, changed."""
    procedure = terminal.folder.parent / "bundles" / "small" / "procedure.yaml"
    text = procedure.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    procedure.write_text(text, encoding="utf-8")
    terminal("definition", "publish", str(procedure.parent), "--as", "dora")


def test_a_dry_run_tells_and_the_real_one_does_it(terminal: Terminal) -> None:
    first, second = opened(terminal), opened(terminal, "--set", "kind=rude")
    published(terminal, ("within: 30 days", "within: 40 days"), ("broken, rude]", "broken]"))
    before = terminal.dump()
    dry = terminal("definition", "migrate", "small", "--dry-run", code=5).out
    assert f"{first}: version 1 → 2" in dry and "clock promise: running, due" in dry and "1 case would go over, 1 cannot" in dry
    assert f"{second}: kind: 'rude' — " in dry and terminal.dump() == before
    said = terminal("definition", "migrate", "small", "--reason", "new law", "--set", "kind=late").out
    assert "2 cases went over, 0 could not" in said and "values written: kind" in said
    assert "moved the case from version 1 of its procedure to version 2" in terminal("case", "history", first).out
    assert terminal("definition", "migrate", "small", "--reason", "again").out == "0 cases went over, 0 could not\n"
    terminal("audit", "verify")


def test_single_cases_go_over_to_the_version_that_is_named(terminal: Terminal) -> None:
    number = opened(terminal)
    published(terminal, ("new:\n", "fresh:\n"))
    published(terminal, ("within: 30 days", "within: 50 days"))
    refused = terminal("case", "migrate", number, "--to", "2", "--reason", "x", "--json", code=5).json["refused"]
    assert [(one["number"], one["problems"][0]["field"]) for one in refused] == [(number, "state")]
    moved = terminal("case", "migrate", number, "--to", "2", "--reason", "x", "--state", "new=fresh", "--json").json["moved"][0]
    assert (moved["versions"], moved["states"]) == ([1, 2], ["new", "fresh"])
    assert "state: New → New" in terminal("case", "history", number).out
    assert "is on version 2 already" in terminal("case", "migrate", number, "--to", "2", "--reason", "x", code=5).out


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        ((), 3, "reason must have 1 to"),
        (("--reason", "x", "--to", "9"), 4, "There is no version 9 of small"),
        (("--reason", "x", "--state", "new=nowhere"), 3, "nowhere is no open state of small version 2"),
        (("--reason", "x", "--state", "new"), 3, "Write --state field=value"),
        (("--reason", "x", "--set", "colour=red"), 3, "no field of this procedure"),
    ],
)
def test_what_cannot_be_asked_for_changes_nothing(terminal: Terminal, words: tuple[str, ...], code: int, what: str) -> None:
    number = opened(terminal)
    published(terminal, ("within: 30 days", "within: 40 days"))
    before = terminal.dump()
    for command in (("case", "migrate", number), ("definition", "migrate", "small")):
        assert what in terminal(*command, *words, code=code).err and terminal.dump() == before
