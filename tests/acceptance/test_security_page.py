"""The page about security is true: its commands do what it says, one after another, in a house where people log in."""

import io
import re
import shlex
from pathlib import Path

import pytest

from engine.usecases.house import open_house
from tests.commands import Said, Terminal
from tests.houses import GIVEN, house_in

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
PASSWORD = "four words make one"
CASE = "KS-202611-0001"


def commands() -> list[list[str]]:
    """Every command of the page that is makegood's own."""
    blocks = re.findall(r"^```console\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ makegood ") and "psql" not in line]
    return [shlex.split(line, comments=True)[2:] for line in lines]


class Page:
    """The commands as somebody types them who reads on; codes are put where the page says CODE."""

    def __init__(self, terminal: Terminal, patch: pytest.MonkeyPatch) -> None:
        self._terminal, self._patch, self._code = terminal, patch, ""

    def type(self, words: list[str], *answers: str, code: int = 0) -> Said:
        self._patch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in answers)))
        said = self._terminal(*(self._code if word == "CODE" else word for word in words), code=code)
        if words[:2] in (["org", "invite"], ["customer", "link"]):
            self._code = said.out.splitlines()[0]
        return said

    def enters(self, person: str) -> None:
        self.type(["login", person, "--invited"], self._code, PASSWORD, PASSWORD)


def test_the_commands_of_the_page_do_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house_in(tmp_path)[0].store.close()
    terminal = Terminal(tmp_path, capsys, monkeypatch)
    (tmp_path / "makegood.toml").write_text('identity = "login"\n', encoding="utf-8")
    monkeypatch.delenv("MAKEGOOD_AS")
    monkeypatch.setenv("MAKEGOOD_SESSION", str(tmp_path / "session"))
    page, number = Page(terminal, monkeypatch), CASE
    told: list[str] = []
    for words in commands():
        words = [number if word == CASE else word for word in words]
        if words[0] == "login":
            page.enters(words[1])
            continue
        if words[:2] == ["customer", "link"]:
            page.enters("li.na")
            number = waiting_for_its_customer(page)
            words[2] = number
        if words[:3] == ["audit", "access", "--kind"]:
            page.type(["login", "wu.ting"], PASSWORD)
            page.type(["org", "invite", "xu.jing"])
            page.enters("xu.jing")              # who may audit
        said = page.type(words)
        told.append(said.out)
        if words == ["logout"]:
            assert "not logged in" in page.type(["case", "list"], code=6).err
    assert "by password" in told[2] and "nightly-report" in told[4]
    assert f"{number}: done, thank you\n" in told and "It was wet inside" not in "".join(told)
    assert '"kind": "link_made"' in told[-2] and "history.jsonl" in told[-1]
    assert open_house(tmp_path).settings.logins


def waiting_for_its_customer(page: Page) -> str:
    """A complaint that waits for an answer."""
    given = ["--set", "customer=Rose Tyler <rose@customer.example>", "--set", f"region={GIVEN['region']}", "--set", "channel=phone"]
    number: str = page.type(["case", "open", "product-complaint", *given, "--json"]).json["number"]
    page.type(["case", "act", number, "acknowledge", "--set", "nature=quality", "--set", "order_no=AB123456"])
    page.type(["case", "act", number, "ask_customer", "--set", "question=how?"], code=0)
    return number
