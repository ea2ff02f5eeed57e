"""Attacks on who somebody is, with real commands in a house where people log in: each refused, recorded, and changing nothing."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.deciding.rights import THE_SYSTEM
from engine.usecases.accesses import accesses
from engine.usecases.auditing import verify
from engine.usecases.house import open_house
from tests import databases
from tests.commands import Terminal, opened, small_house

PASSWORD = "correct horse battery"
NASTY = [
    "'; DROP TABLE credential; --", "\x1b]0;owned\x07\x1b[2J", "../../etc/passwd", "{{ ''.__class__.__mro__ }}",
    "dora\n", "ｄｏｒａ", "‮arod", "%s%n",
]


class House:
    """ann has logged in and has a token; dora (who may apply the organisation) has a password, a session file of hers lies about."""

    def __init__(self, terminal: Terminal, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self.type, self._patch, self.file = terminal, patch, folder / "state" / "session"
        code = terminal("org", "invite", "dora", "--json").json["code"]
        self.answer("login", "dora", "--invited", answers=[code, PASSWORD, PASSWORD])
        self.dora = self.file.read_text(encoding="utf-8")
        code = terminal("org", "invite", "bob", "--json").json["code"]
        self.answer("login", "bob", "--invited", answers=[code, PASSWORD, PASSWORD])
        self.number = opened(terminal)
        self.token = terminal("token", "create", "nightly", "--json").json["token"]
        patch.setenv("MAKEGOOD_TOKEN", self.token)
        terminal("whoami")              # its first use is noted, further ones within a minute are not
        patch.delenv("MAKEGOOD_TOKEN")

    def answer(self, *words: str, answers: list[str], code: int = 0) -> str:
        self._patch.setattr("sys.stdin", io.StringIO("".join(line + "\n" for line in answers)))
        said = self.type(*words, code=code)
        return said.out + said.err

    def environment(self, name: str, value: str) -> None:
        self._patch.setenv(name, value)

    def sql(self, statement: str) -> None:
        with databases.forging(open_house(self.type.folder).store) as raw:
            raw.exec_driver_sql(statement)

    def state(self) -> list[str]:
        """Everything but the record of accesses and the count of failed guesses."""
        return [line for line in self.type.dump() if not line.startswith("guess")]


@pytest.fixture
def house(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> House:
    terminal = Terminal(small_house(tmp_path), capsys, monkeypatch)
    settings = terminal.folder / "makegood.toml"
    settings.write_text('identity = "login"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.delenv("MAKEGOOD_AS")
    monkeypatch.delenv("MAKEGOOD_TOKEN", raising=False)
    monkeypatch.setenv("MAKEGOOD_SESSION", str(tmp_path / "state" / "session"))
    return House(terminal, monkeypatch, tmp_path)


def as_another(house: House) -> None:
    house.type("case", "act", house.number, "take", "--as", "dora", code=6)


def as_another_by_the_environment(house: House) -> None:
    house.environment("MAKEGOOD_AS", "dora")
    house.type("org", "invite", "bob", code=6)


def as_the_scheduler(house: House) -> None:
    house.type("case", "act", house.number, "take", "--as", "system", code=6)


def as_the_customer(house: House) -> None:
    house.type("case", "act", house.number, "take", "--as", "customer", code=6)


def another_by_a_token(house: House) -> None:
    house.environment("MAKEGOOD_TOKEN", house.token)
    house.type("case", "note", house.number, "x", "--as", "dora", code=6)


def session_edited(house: House) -> None:
    secret = house.file.read_text(encoding="utf-8")
    house.file.write_text(("1" if secret[0] == "0" else "0") + secret[1:], encoding="utf-8")
    house.type("case", "list", code=6)


def session_edited_into_words(house: House) -> None:
    house.file.write_text('{"person": "dora"}', encoding="utf-8")
    house.type("case", "list", code=6)


def session_that_others_can_write(house: House) -> None:
    house.file.chmod(0o666)
    house.type("case", "list", code=6)


def session_that_is_a_link(house: House) -> None:
    other = house.file.with_name("other")
    house.file.rename(other)
    house.file.symlink_to(other)
    house.type("case", "list", code=6)


def session_expired(house: House) -> None:
    house.sql("UPDATE credential SET expires_at = '2026-01-01 00:00:00.000000' WHERE kind = 'session'")
    house.type("case", "list", code=6)


def hash_instead_of_the_secret(house: House) -> None:
    """Somebody read the database, and tries what stands there."""
    with databases.forging(open_house(house.type.folder).store) as raw:
        hash_ = raw.exec_driver_sql("SELECT hash FROM credential WHERE kind = 'session'").scalars().first()
    house.file.write_text(hash_[:40], encoding="utf-8")
    house.type("case", "list", code=6)


def token_revoked(house: House) -> None:
    house.type("token", "revoke", "nightly")
    house.environment("MAKEGOOD_TOKEN", house.token)
    house.type("case", "list", code=6)


def token_of_nobody(house: House) -> None:
    house.environment("MAKEGOOD_TOKEN", "f" * 40)
    house.type("case", "list", code=6)


def token_as_a_session(house: House) -> None:
    house.file.write_text(house.token, encoding="utf-8")
    house.type("case", "list", code=6)


def token_that_lives_on(house: House) -> None:
    house.environment("MAKEGOOD_TOKEN", house.token)
    house.type("token", "create", "another", code=6)


def token_of_another(house: House) -> None:
    house.type("token", "revoke", "nightly", "--person", "dora", code=6)


def tokens_of_everybody(house: House) -> None:
    house.type("token", "list", "--all", code=6)


def invitation_without_the_right(house: House) -> None:
    house.type("org", "invite", "dora", code=6)


def guess_a_password(house: House) -> None:
    house.answer("login", "dora", answers=["dora dora dora"], code=6)


def guess_an_invitation(house: House) -> None:
    house.answer("login", "dora", "--invited", answers=["0" * 40, PASSWORD, PASSWORD], code=6)


def change_the_password_of_an_open_session(house: House) -> None:
    house.answer("password", answers=["not the old one", "quite another one", "quite another one"], code=6)


def guess_a_code(house: House) -> None:
    house.type("customer", "act", "0" * 40, "--comment", "pay me", code=6)


def customer_link_by_who_takes_no_part(house: House) -> None:
    house.file.write_text(house.dora, encoding="utf-8")     # dora takes no part in the case: she would have to hold one of its posts
    house.type("customer", "revoke", house.number, "1", code=None)
    house.type("customer", "act", "'; DROP TABLE credential; --", code=6)


@pytest.mark.parametrize("attack", [
    as_another, as_another_by_the_environment, as_the_scheduler, as_the_customer, another_by_a_token, session_edited,
    session_edited_into_words, session_that_others_can_write, session_that_is_a_link, hash_instead_of_the_secret, token_of_nobody,
    token_as_a_session, token_that_lives_on, token_of_another, tokens_of_everybody, invitation_without_the_right, guess_a_password,
    guess_an_invitation, change_the_password_of_an_open_session, guess_a_code, customer_link_by_who_takes_no_part,
])
def test_an_attack_is_refused_recorded_and_changes_nothing(house: House, attack: Callable[[House], None]) -> None:
    before, noted = house.state(), len(recorded(house))
    attack(house)
    assert house.state() == before
    kinds = [event.kind for event in recorded(house)[: len(recorded(house)) - noted]]
    assert kinds and set(kinds) <= {"refused", "login_failed", "link_failed"}
    assert verify(open_house(house.type.folder)).problems == []


@pytest.mark.parametrize("attack", [session_expired, token_revoked])
def test_what_has_ended_is_refused_and_recorded(house: House, attack: Callable[[House], None]) -> None:
    attack(house)
    assert recorded(house)[0].kind == "refused"


def test_a_used_code_of_a_customer_is_worth_nothing(house: House, tmp_path: Path) -> None:
    house.file.write_text(house.dora, encoding="utf-8")
    procedure = tmp_path / "bundles" / "small" / "procedure.yaml"
    procedure.write_text(procedure.read_text(encoding="utf-8").replace("give_up: {by: desk", "give_up: {by: customer"), encoding="utf-8")
    house.type("definition", "publish", str(procedure.parent))
    house.answer("login", "bob", answers=[PASSWORD])
    number = opened(house.type)
    house.type("case", "act", number, "take")
    code = house.type("customer", "link", number, "give_up", "--json").json["code"]
    house.type("customer", "act", code, "--comment", "enough")
    for words in (["act", code, "--comment", "once more"], ["show", code]):
        before = house.state()
        house.type("customer", *words, code=6)
        assert house.state() == before and recorded(house)[0].data["why"] == ["ended"]


@pytest.mark.parametrize("words", NASTY)
def test_words_are_only_words_wherever_they_are_typed(house: House, words: str) -> None:
    """SQL, escapes of a terminal, templates, paths, look-alikes: in every text that these commands take."""
    before = house.state()
    said = [
        house.answer("login", words, answers=[words.strip()], code=6),
        house.answer("login", "--invited", words, answers=[words.strip(), PASSWORD, PASSWORD], code=6),
    ]
    for command in (
        ["whoami", "--as", words], ["token", "revoke", "--", words], ["token", "revoke", "nightly", "--person", words],
        ["org", "invite", "--", words], ["customer", "act", "--", words], ["customer", "show", "--", words],
        ["customer", "link", house.number, "--", words], ["audit", "grants", "--application", words],
        ["token", "create", "x", "--expires", words], ["audit", "access", "--kind", words],
    ):
        found = house.type(*command, code=None)
        assert found.code or command[0] == "audit", command
        said.append(found.out + found.err)
    assert [text for text in said if "\x1b" in text or "\x07" in text or "‮" in text or "Traceback" in text] == []
    assert house.state() == before
    told = "".join(str(event.data) for event in recorded(house))
    assert not words.strip() or words == "dora\n" or words not in told


@pytest.mark.parametrize("name", ["'; DROP TABLE credential; --", "{{ 7 * 7 }}", "../../x", "%s%n", "夜间报表"])
def test_a_token_may_be_called_anything_that_fits_on_a_line(house: House, name: str) -> None:
    house.type("token", "create", "--", name)
    assert name in house.type("token", "list").out and recorded(house)[0].data["token"] == name
    house.type("token", "revoke", "--", name)


def recorded(house: House) -> list:  # type: ignore[type-arg]
    """The stream of accesses, latest first."""
    return accesses(open_house(house.type.folder), limit=500, actor=THE_SYSTEM)
