"""Logging in at the terminal: what is typed, what is kept, what other commands make of it."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from cli import completion
from tests.commands import Said, Terminal, opened, small_house

PASSWORD = "correct horse battery"


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """In a house where people log in; nobody has a password yet."""
    made = Terminal(small_house(tmp_path), capsys, monkeypatch)
    settings = made.folder / "makegood.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("[channels.email]", 'identity = "login"\n[channels.email]', 1))
    monkeypatch.delenv("MAKEGOOD_AS")
    monkeypatch.delenv("MAKEGOOD_TOKEN", raising=False)
    monkeypatch.setenv("MAKEGOOD_SESSION", str(tmp_path / "state" / "session"))
    return made


@pytest.fixture
def typing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> "Typing":
    return Typing(terminal, monkeypatch)


class Typing:
    """A command that is answered line by line."""

    def __init__(self, terminal: Terminal, patch: pytest.MonkeyPatch) -> None:
        self._terminal, self._patch = terminal, patch

    def __call__(self, *words: str, answers: list[str], code: int = 0) -> Said:
        self._patch.setattr("sys.stdin", io.StringIO("".join(line + "\n" for line in answers)))
        return self._terminal(*words, code=code)

    def enters(self, person: str) -> None:
        """Invite somebody and set their password."""
        code = self._terminal("org", "invite", person, "--json").json["code"]
        self("login", person, "--invited", answers=[code, PASSWORD, PASSWORD])


def test_nothing_is_shown_before_somebody_logs_in(terminal: Terminal) -> None:
    for words in (["case", "list"], ["org", "show"], ["inbox"], ["audit", "access"], ["whoami"], ["token", "list"]):
        assert "You are not logged in" in terminal(*words, code=6).err
    for words in (["sweep"], ["deliver"], ["audit", "anchor"], ["logout"]):
        terminal(*words)        # what the scheduler does needs nobody
    context = SimpleNamespace(params={"house_": str(terminal.folder)})
    assert completion.people(context, "") == []             # nor does the shell offer anything


def test_a_day_at_work(terminal: Terminal, typing: Typing) -> None:
    typing.enters("dora")
    assert terminal("whoami", "--json").json == {"person": "dora", "name": "Dora Dyer", "identified": "password", "roles": ["director"]}
    typing.enters("ann")
    number = opened(terminal)
    terminal("case", "note", number, "called back")
    assert [line["identified"] for line in terminal("case", "history", number, "--json").json] == ["password", "password"]
    assert "Ann Archer (password)" in terminal("case", "history", number).out
    assert terminal("logout").out == "Logged out\n" and terminal("logout").out == "You were not logged in\n"
    terminal("case", "show", number, code=6)
    assert "You are ann until " in typing("login", "ann", answers=[PASSWORD]).out
    said = terminal("case", "show", number, "--json").json["last"]
    assert (said["actor"], said["identified"]) == ("ann", "password")


def test_wrong_answers_do_not_log_in(terminal: Terminal, typing: Typing) -> None:
    typing.enters("dora")
    code = terminal("org", "invite", "ann", "--json").json["code"]
    terminal("logout")
    assert "not the same" in typing("login", "ann", "--invited", answers=[code, PASSWORD, "another one here"], code=3).err
    assert "is wrong" in typing("login", "ann", "--invited", answers=["0" * 40, PASSWORD, PASSWORD], code=6).err
    assert "is wrong" in typing("login", "dora", answers=["wrong wrong wrong"], code=6).err
    assert "Who are you?" in typing("login", answers=[], code=3).err
    terminal("whoami", code=6)


def test_a_new_password_ends_the_old_login(terminal: Terminal, typing: Typing, tmp_path: Path) -> None:
    typing.enters("dora")
    (tmp_path / "copy").write_bytes((tmp_path / "state" / "session").read_bytes())
    typing("password", answers=[PASSWORD, "quite another one", "quite another one"])
    assert terminal("whoami", "--json").json["person"] == "dora"
    (tmp_path / "state" / "session").write_bytes((tmp_path / "copy").read_bytes())
    assert "was ended" in terminal("whoami", code=6).err


def test_nobody_else_is_believed(terminal: Terminal, typing: Typing, monkeypatch: pytest.MonkeyPatch) -> None:
    typing.enters("dora")
    assert terminal("whoami", "--as", "dora", "--json").json["person"] == "dora"
    assert "cannot act as somebody else" in terminal("whoami", "--as", "ann", code=6).err
    monkeypatch.setenv("MAKEGOOD_AS", "ann")
    terminal("case", "list", code=6)


def test_tokens_for_programs(terminal: Terminal, typing: Typing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    typing.enters("dora")
    words = terminal("token", "create", "nightly report", "--expires", "1 day", "--json").json["token"]
    assert "nightly report" in terminal("token", "list").out and words not in terminal("token", "list").out
    terminal("logout")
    file = tmp_path / "token"
    file.write_text(words, encoding="utf-8")
    file.chmod(0o600)
    assert terminal("whoami", "--token-file", str(file), "--json").json["identified"] == "token"
    assert "cannot be read" in terminal("whoami", "--token-file", str(tmp_path / "none"), code=11).err
    file.chmod(0o644)
    assert "others may use it too" in terminal("whoami", "--token-file", str(file), code=6).err
    monkeypatch.setenv("MAKEGOOD_TOKEN", words)
    assert "by token" in terminal("whoami").out
    assert "凭令牌" in terminal("whoami", "--lang", "zh").out
    terminal("token", "revoke", "nightly report")
    terminal("whoami", code=6)


def test_the_rights_of_roles_are_printed_as_sql(terminal: Terminal) -> None:
    said = terminal("audit", "grants", "--application", "mg").out
    assert 'GRANT SELECT, INSERT ON "event" TO mg;' in said and 'GRANT SELECT, INSERT, UPDATE, DELETE ON "case" TO mg;' in said
    assert 'GRANT SELECT ON "event" TO makegood_auditor;' in terminal("audit", "grants", "--json").json["statements"][-4] + ";"
    terminal("audit", "grants", "--auditor", "x; DROP TABLE event", code=3)


def test_without_logins_whoami_says_that_nobody_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal(small_house(tmp_path), capsys, monkeypatch)
    assert "nobody checks" in terminal("whoami").out
    assert "Nobody logs in here" in terminal("login", "ann", code=5).err
    number = opened(terminal)
    assert [line["identified"] for line in terminal("case", "history", number, "--json").json] == ["local"]
    told = [json.loads(line) for line in terminal("audit", "export", "--as", "dora").out.splitlines()]
    assert {one["kind"]: one["identified"] for one in told} == {
        "applied": "local", "published": "local", "calendar": "local", "opened": "local",
    }
