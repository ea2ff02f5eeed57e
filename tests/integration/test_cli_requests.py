"""At the command line: asking, answering, handing over, filing afterwards, in both languages."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import commands
from tests.commands import Terminal, opened

REFUND = """\
      refund: {by: desk, require: [loss, story], approve: {of: panel, quorum: 2, pass: 2/3, within: 2 days},
               title: {en: Refund, zh: 退款}}
"""


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A house whose procedure asks a panel for refunds and lets cases be filed afterwards."""
    terminal = Terminal(commands.small_house(tmp_path), capsys, monkeypatch)
    bundle = tmp_path / "bundles" / "small"
    text = commands.PROCEDURE.replace("opening: {by: [desk, customer]}", "opening: {by: [desk, customer], backdate: 2000 days}")
    (bundle / "procedure.yaml").write_text(text.replace("      give_up:", REFUND + "      give_up:"), encoding="utf-8")
    terminal("definition", "publish", str(bundle))
    yield terminal


def asked(terminal: Terminal) -> tuple[str, str]:
    """A case in which a refund was asked for: its number, and that of the request."""
    number = opened(terminal)
    terminal("case", "act", number, "take")
    said = terminal("case", "act", number, "refund", "--set", "loss=12", "--set", "story=the lid is loose")
    [request] = terminal("case", "show", number, "--json").json["requests"]
    assert f"asked for as request {request['id']}; it waits for approval" in said.out
    return number, str(request["id"])


def test_what_waits_is_shown_answered_and_told(terminal: Terminal) -> None:
    number, request = asked(terminal)
    shown = terminal("case", "show", number).out
    assert "Waiting for an answer" in shown and "Refund; loss: 12.00 EUR; asked by ann" in shown and "the lid" not in shown
    assert "panel by vote (2/3 of at least 2)" in shown
    assert "answer: Refund" in terminal("inbox", "--as", "carl").out
    assert "Refund" not in terminal("inbox", "--json", "--as", "eve").out
    voted = terminal("case", "vote", number, request, "approve", "--as", "carl", "--json").json
    assert [event["kind"] for event in voted["events"]] == ["voted"]
    assert "carl: yes" in terminal("case", "show", number).out
    assert f"answered request {request}" in terminal("case", "vote", number, request, "approve", "--as", "dora").out
    told = terminal("case", "history", number, "--reveal", "--reason", "to decide").out
    for words in (
        f"asked for Refund (request {request})", "the lid is loose",
        f"answered request {request}, Refund: yes", "approved by: Carl Cooper, Dora Dyer",
    ):
        assert words in told
    assert "12.00 EUR" in terminal("case", "show", number).out


def test_the_same_in_chinese(terminal: Terminal) -> None:
    number, request = asked(terminal)
    assert "待答复" in terminal("case", "show", number, "--lang", "zh").out
    assert "待答复：退款" in terminal("inbox", "--as", "carl", "--lang", "zh").out
    terminal("case", "vote", number, request, "conflict", "--reason", "亲属", "--as", "carl", "--lang", "zh")
    told = terminal("case", "history", number, "--reveal", "--lang", "zh").out
    assert f"提出请求 {request}：退款" in told and "声明利益冲突，回避" in told and "可答复的人数不足" in told and "亲属" in told


def test_answers_that_do_not_count_say_why(terminal: Terminal) -> None:
    number, request = asked(terminal)
    assert "nobody approves what they asked for themselves" in terminal("case", "vote", number, request, "approve", code=6).err
    stranger = terminal("case", "vote", number, request, "approve", "--as", "eve", code=6).err
    assert "these may: Carl Cooper (carl), Dora Dyer (dora)" in stranger
    assert "'perhaps' is no answer" in terminal("case", "vote", number, request, "perhaps", "--as", "carl", code=3).err
    assert "reason" in terminal("case", "vote", number, request, "decline", "--as", "carl", code=3).err
    assert "request 99 does not wait" in terminal("case", "vote", number, "99", "approve", "--as", "carl", code=5).err
    refused = json.loads(terminal("audit", "access", "--kind", "refused", "--json").out)["events"]
    assert [event["actor"] for event in refused] == ["eve", "ann"]      # mistakes are no attempts


def test_a_case_is_offered_declined_accepted(terminal: Terminal) -> None:
    number = opened(terminal)
    assert "offered to bob" in terminal("case", "handover", number, "bob", "--reason", "on leave").out
    assert "take over by Bob Baker" in terminal("case", "show", number).out
    terminal("case", "decline", number, "--reason", "not mine", "--as", "bob")
    assert "only its owner hands it over: ann" in terminal("case", "handover", number, "carl", "--reason", "x", "--as", "bob", code=6).err
    terminal("case", "handover", number, "carl", "--reason", "on leave")
    assert "taken over" in terminal("case", "accept", number, "--as", "carl").out
    assert terminal("case", "show", number, "--json").json["owner"] == "carl"
    assert "is not being handed over" in terminal("case", "accept", number, "--as", "carl", code=5).err
    told = terminal("case", "history", number, "--reveal").out
    assert "“not mine”" in told and "handed the case over" in told and "owner: Carl Cooper" in told


def test_a_case_is_filed_afterwards(terminal: Terminal) -> None:
    given = ("--set", "subject=kettle", "--set", "customer.name=Rose")
    late = terminal("case", "open", "small", *given, "--at", "2026-03-02 10:00", code=3)
    assert "Say why the case is filed only now" in late.err
    number = terminal("case", "open", "small", *given, "--at", "2026-03-02 10:00", "--comment", "at the door", "--json").json["number"]
    assert terminal("case", "show", number, "--json").json["opened_at"].startswith("2026-03-02T10:00")
    told = terminal("case", "history", number, "--reveal").out
    assert "(recorded " in told and "“at the door”" in told


def test_completion_offers_requests_and_answers(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    number, request = asked(terminal)
    for words, expected in ((f"makegood case vote {number} ", request), (f"makegood case vote {number} {request} ab", "abstain")):
        monkeypatch.setenv("_MAKEGOOD_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
        with pytest.raises(SystemExit):
            terminal()
        monkeypatch.delenv("_MAKEGOOD_COMPLETE")
        assert expected in terminal._capture.readouterr().out.split()
