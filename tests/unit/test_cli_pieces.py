"""Pieces of the command line on their own: values typed, times told, languages chosen, the page of commands."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given as cases_of
from hypothesis import strategies as st

from cli.given import given
from cli.language import choose_language, value_of
from cli.main import NOUNS, command_line
from cli.show import away, clean, due, width
from engine.ground.errors import Invalid, MakegoodError, Unavailable
from engine.ground.language import speak
from engine.ground.wall import wall, wall_due

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english() -> None:
    speak("en")


def test_values_become_fields_lists_and_parties() -> None:
    typed = ["a=1", "b=x=y", "c=one", "c=two", "who.name=Rose", "who.email=r@x.example", "e="]
    assert given(typed, (), "why") == {
        "a": "1", "b": "x=y", "c": ["one", "two"], "who": {"name": "Rose", "email": "r@x.example"}, "e": "", "comment": "why",
    }


@pytest.mark.parametrize("typed", [["a"], ["=1"], ["who.name=a", "who.name=b"], ["who=a", "who.name=b"]])
def test_what_is_not_a_value_is_refused(typed: list[str]) -> None:
    with pytest.raises(Invalid):
        given(typed)


def test_files_come_with_name_and_kind(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    assert given([], [f"photo={tmp_path / 'a.png'}"]) == {"photo": {"name": "a.png", "content": b"x", "media_type": "image/png"}}
    assert len(given([], [f"photo={tmp_path / 'a.png'}"] * 2)["photo"]) == 2
    with pytest.raises(Unavailable):
        given([], [f"photo={tmp_path}"])


@pytest.mark.parametrize(("later", "words"), [
    (timedelta(seconds=20), "now"), (timedelta(seconds=-20), "just overdue"), (timedelta(minutes=1), "in 1 minute"),
    (timedelta(minutes=-1), "1 minute overdue"), (timedelta(minutes=90), "in 90 minutes"), (timedelta(hours=-3), "3 hours overdue"),
    (timedelta(hours=47), "in 47 hours"), (timedelta(days=2), "in 2 days"), (timedelta(days=-40), "40 days overdue"),
])
def test_how_far_a_time_is(later: timedelta, words: str) -> None:
    assert away(NOW + later, NOW) == words


@cases_of(st.timedeltas(timedelta(days=-4000), timedelta(days=4000)))
def test_past_and_future_are_never_mixed_up(later: timedelta) -> None:
    assert ("overdue" in away(NOW + later, NOW)) == (later < timedelta(0))


def test_due_times_stand_on_the_wall_clock_and_days_end_at_24() -> None:
    assert wall(NOW, "Asia/Shanghai") == "2026-11-23 09:00" and wall(None, "UTC") == ""
    assert wall_due(datetime(2026, 11, 23, 16, 0, tzinfo=UTC), "Asia/Shanghai") == "2026-11-23 24:00"
    assert wall_due(datetime(2026, 11, 23, 16, 1, tzinfo=UTC), "Asia/Shanghai") == "2026-11-24 00:01"
    assert due(NOW + timedelta(hours=3), NOW, "Asia/Shanghai") == ("2026-11-23 12:00 (in 3 hours)", "yellow")
    assert due(NOW - timedelta(days=3), NOW, "Asia/Shanghai")[1] == "red" and due(None, NOW, "UTC") == ("", "")


@cases_of(st.text())
def test_cleaned_text_cannot_command_a_terminal(text: str) -> None:
    shown = clean(text)
    assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in shown) and not set(shown) & set("\u202a\u202e\u2066\u200f\u2028")
    assert clean(shown) == shown


def test_wide_characters_take_two_columns() -> None:
    assert width("ab") == 2 and width("投诉") == 4 and width("e\u0301") == 1


@pytest.mark.parametrize(("argv", "env", "language"), [
    ([], {}, "en"), ([], {"LANG": "zh_CN.UTF-8"}, "zh"), ([], {"LANG": "de_DE"}, "en"), (["--lang", "zh"], {"LANG": "en_GB"}, "zh"),
    (["--lang=en"], {"MAKEGOOD_LANG": "zh"}, "en"), ([], {"MAKEGOOD_LANG": "zh", "LANG": "en_GB"}, "zh"),
    ([], {"LC_ALL": "en_GB", "LANG": "zh_CN"}, "en"), ([], {"LANG": "C.UTF-8"}, "en"), (["--", "--lang", "zh"], {}, "en"),
])
def test_the_language_is_the_one_asked_for_nearest(
    argv: list[str], env: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("MAKEGOOD_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "MAKEGOOD_HOUSE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert choose_language(argv) == language


def test_where_nothing_else_says_it_the_house_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("MAKEGOOD_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "MAKEGOOD_HOUSE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "makegood.toml").write_text('language = "zh"\n')
    assert choose_language(["--house", str(tmp_path)]) == "zh" and value_of("--house", ["--house=x"]) == "x"
    (tmp_path / "makegood.toml").write_text("language = \n")
    assert choose_language(["--house", str(tmp_path)]) == "en"


def test_the_page_of_commands_is_up_to_date() -> None:
    made = subprocess.run([sys.executable, "-m", "cli.reference"], capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=True,
                          env={**os.environ, "PYTHONUTF8": "1"}).stdout
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == made, "run: python -m cli.reference > docs/commands.md"


def test_every_command_is_on_the_page_and_explains_itself() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    root = command_line()
    for noun in NOUNS:
        command = root.commands[noun]
        verbs = getattr(command, "commands", None)
        for path, one in [(noun, command)] if verbs is None else [(f"{noun} {name}", verb) for name, verb in verbs.items()]:
            assert f"makegood {path}" in page, path
            assert one.help, path
            assert [param.name for param in one.params if not param.help] == [], path


def test_every_exit_code_is_one_kind_of_error() -> None:
    def below(cls: type[MakegoodError]) -> list[type[MakegoodError]]:
        return [cls, *(found for sub in cls.__subclasses__() for found in below(sub))]

    own = [cls for cls in below(MakegoodError) if cls.__module__ == "engine.ground.errors" and "exit_code" in cls.__dict__]
    codes = [cls.exit_code for cls in own]
    assert sorted(codes) == sorted(set(codes)) and 2 not in codes and 0 not in codes
