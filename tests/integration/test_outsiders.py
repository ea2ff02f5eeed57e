"""Somebody who works here and has nothing to do with a case learns nothing of it, by no command there is."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.completion import actions, numbers, requests
from cli.main import NOUNS, command_line
from tests.commands import Terminal, opened, small_house

NUMBER, OTHER = (f"S-{datetime.now(UTC).year}-00{n}" for n in (1, 2))
SECRETS = ("Rose", "rose@customer", "kettle", "it leaks")
OWN = {     # they say nothing of cases, or whom they refuse has tests of its own
    "init", "login", "logout", "password", "whoami", "token create", "token list", "token revoke", "demo", "flows serve",
    "flows deploy", "sweep", "deliver", "health", "org apply", "org show", "org invite", "calendar check", "calendar publish",
    "calendar extend", "calendar list", "calendar show", "definition new", "definition check", "definition test", "definition publish",
    "definition list", "definition show", "definition diff", "definition schema", "definition diagram", "audit verify", "audit anchor",
    "audit grants", "customer show", "customer act", "customer survey", "import", "survey import", "case open", "standard list",
    "standard record", "standard attainment", "standard judged", "standard events", "db status", "db upgrade", "db copy", "db backup",
    "db restore", "report standards", "report library", "library show", "standard check",
}
EMPTY = {"inbox": "", "case list": "", "case find": "kettle", "notice list": "", "party list": "",
         "library search": "kettle", "library list": ""}     # their answer: nothing
TRIED = {   # what is typed after the command; N is the number of the case
    "case show": "N", "case history": "N", "case clocks": "N", "case accounts": "N", "case act": "N take", "case note": "N words",
    "case contact": "N words --channel phone", "case attach": "N FILE", "case assign": "N bob",
    "case correct": "N --set subject=x --reason x", "case pause": "N --reason x", "case resume": "N",
    "case extend": "N promise 1天 --comment x", "case link": "N OTHER", "case handover": "N bob --reason x", "case accept": "N",
    "case decline": "N --reason x", "case vote": "N 1 approve", "case migrate": "N --dry-run", "customer link": "N take",
    "customer links": "N", "customer revoke": "N 1", "notice show": "1", "notice retry": "1", "notice confirm": "1", "party show": "1",
    "party class": "1", "party classify": "",
    "party export": "1 --out OUT", "party erase": "1 --reason x", "party retention": "--preview", "org who-can": "N take", "org gaps": "",
    "definition migrate": "small --dry-run", "report accounts": "", "report punctuality": "",
    "report complaints": "", "report posts": "", "report walk": "", "report daily": "", "report weekly": "", "report monthly": "",
    "survey answer": "N after --set q=1", "survey stop": "N", "survey report": "small after", "survey analyse": "small after",
    "case similar": "N", "library recurrence": "small", "audit show": "N", "audit access": "", "audit export": "",
}


def every_command() -> set[str]:
    root, found = command_line(), set()
    for noun in NOUNS:
        verbs = getattr(root.commands[noun], "commands", None)
        found |= {noun} if verbs is None else {f"{noun} {verb}" for verb in verbs}
    return found


def test_every_command_is_tried() -> None:
    assert every_command() == OWN | EMPTY.keys() | TRIED.keys()


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    terminal = Terminal(small_house(tmp_path), capsys, monkeypatch)
    assert opened(terminal, "--set", "story=it leaks") == NUMBER and opened(terminal) == OTHER
    terminal("case", "act", NUMBER, "take")
    terminal("case", "act", NUMBER, "reply", "--set", "loss=5")
    return terminal


@pytest.mark.parametrize("command", TRIED)
def test_a_case_of_others_is_refused(terminal: Terminal, tmp_path: Path, command: str) -> None:
    (tmp_path / "file.txt").write_text("x")
    places = {"N": NUMBER, "OTHER": OTHER, "FILE": str(tmp_path / "file.txt"), "OUT": str(tmp_path / "out")}
    words = [*command.split(), *(places.get(word, word) for word in TRIED[command].split()), "--as", "eve"]
    reveal = [["--reveal"]] if "--reveal" in terminal(*command.split(), "--help").out else []
    before = terminal.dump()
    for more in ([], *reveal):
        said = terminal(*words, *more, code=None)
        assert said.code in (5, 6), said
        assert [one for one in SECRETS if one in said.out + said.err] == [] and terminal.dump() == before


@pytest.mark.parametrize("command", EMPTY)
def test_lists_do_not_hold_it(terminal: Terminal, command: str) -> None:
    said = terminal(*command.split(), *EMPTY[command].split(), "--as", "eve")
    assert [one for one in (*SECRETS, NUMBER) if one in said.out and one != EMPTY[command]] == []


def test_nothing_of_it_is_offered_to_a_shell(terminal: Terminal) -> None:
    def offered(find: Any, person: str) -> list[str]:
        context = SimpleNamespace(params={"house_": str(terminal.folder), "as_": person, "token_file_": None, "number": NUMBER})
        found: list[str] = find(context, "")
        return found

    assert (offered(numbers, "ann"), offered(numbers, "eve")) == ([OTHER, NUMBER], [])
    assert offered(actions, "ann") and offered(actions, "eve") == offered(requests, "eve") == []
