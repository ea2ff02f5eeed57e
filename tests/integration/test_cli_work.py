"""A day at the command line: what each command does, and how it answers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.usecases.house import open_house
from tests import databases
from tests.commands import Terminal, lines, opened, small_house


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    yield Terminal(small_house(tmp_path), capsys, monkeypatch)


def test_a_complaint_from_the_first_word_to_the_last(terminal: Terminal) -> None:
    number = opened(terminal, "--set", "loss=12.50", "--for", "customer")
    assert number in terminal("inbox").out
    assert "not found" not in terminal("inbox", "--team", "--as", "bob").out
    terminal("case", "act", number, "take")
    assert "Test" in terminal("inbox", "--as", "bob").out
    terminal("case", "act", number, "test", "--set", "story=the lid is loose", "--as", "bob")
    said = terminal("case", "act", number, "reply")
    assert "answer" in said.out
    assert "1 notice sent" in terminal("deliver").out
    terminal("case", "act", number, "close")
    assert number not in terminal("case", "list").out
    assert number in terminal("case", "list", "--closed").out
    shown = terminal("case", "show", number, "--reveal").out
    assert "12.50 EUR" in shown and "the lid is loose" in shown and "Rose Tyler" in shown and "Done" in shown
    told = terminal("case", "history", number, "--reveal").out
    known = "local" if databases.present() == databases.SQLITE else "token"
    for words in (
        f"Ann Archer for the customer ({known}): opened the case",
        "Take up: New → In work",
        f"Bob Baker ({known}): finished Test",
        "sent answer by email",
    ):
        assert words in told
    assert "0 problems" in terminal("audit", "verify").out


def test_what_is_possible_is_listed_and_the_rest_explained(terminal: Terminal) -> None:
    number = opened(terminal)
    options = {option["name"]: option["obstacles"] for option in terminal("case", "act", number, "--json").json["options"]}
    assert options["take"] == []
    assert "carl" in options["refuse"][0]["message"]
    assert "take" in terminal("case", "act", number).out


def test_everything_beside_the_actions_is_kept_and_told(terminal: Terminal) -> None:
    number, other = opened(terminal), opened(terminal)
    (terminal.folder / "lid.txt").write_text("loose")
    terminal("case", "note", number, "called twice")
    terminal("case", "contact", number, "asked for a picture", "--channel", "phone", "--direction", "in")
    terminal("case", "attach", number, "lid.txt")
    terminal("case", "assign", number, "bob")
    terminal("case", "correct", number, "--set", "subject=pot", "--reason", "misheard")
    terminal("case", "pause", number, "--reason", "holidays")
    assert "paused" in terminal("case", "show", number).out
    terminal("case", "resume", number)
    terminal("case", "extend", number, "promise", "3 days", "--comment", "parts are late", "--as", "carl")
    terminal("case", "link", number, other, "--kind", "duplicate")
    told = terminal("case", "history", number, "--reveal").out
    for words in (
        "called twice",
        "heard from the customer (phone)",
        "asked for a picture",
        "lid.txt (5 bytes)",
        "owner: Bob Baker",
        "kettle → pot",
        "misheard",
        "Promise: stands still",
        "Promise: extended by 3 days",
        "parts are late",
        f"linked with {other}",
    ):
        assert words in told, words
    view = terminal("case", "show", number, "--json", "--reveal").json
    assert view["owner"] == "bob" and view["files"][0]["name"] == "lid.txt" and view["links"] == [["duplicate", other]]
    assert view["clocks"][0]["extended"] == ["3 days"]
    assert terminal("case", "show", other, "--json").json["links"] == [["has_duplicate", number]]
    assert "0 problems" in terminal("audit", "verify").out


def test_a_file_given_for_a_field_is_kept_with_the_case(terminal: Terminal) -> None:
    (terminal.folder / "dent.jpg").write_bytes(b"\xff\xd8 not a picture")
    (terminal.folder / "dent2.jpg").write_bytes(b"\xff\xd8 another")
    number = opened(terminal, "--file", "photo=dent.jpg")
    view = terminal("case", "show", number, "--json", "--reveal").json
    assert [file["name"] for file in view["files"]] == ["dent.jpg"]
    assert [field["text"] for field in view["fields"] if field["name"] == "photo"] == ["dent.jpg"]
    terminal("case", "act", number, "take", "--file", "photo=dent2.jpg")
    terminal("case", "correct", number, "--file", "photo=dent.jpg", "--reason", "the first was right")
    assert len(terminal("case", "show", number, "--json").json["files"]) == 2
    assert "0 problems" in terminal("audit", "verify").out


def test_an_act_may_be_dated_when_it_was_done_and_both_times_are_told(terminal: Terminal) -> None:
    number = opened(terminal)
    done = datetime.now(UTC).isoformat()
    (event,) = terminal("case", "act", number, "take", "--at", done, "--json").json["events"]
    assert event["occurred_at"] == done < event["recorded_at"]
    said = terminal("case", "act", number, "give_up", "--at", "2020-01-01 09:00", "--comment", "x", code=5)
    assert "ann cannot date it 2020-01-01 09:00: it counts from when it is recorded" in said.err


def test_a_refused_action_keeps_no_file(terminal: Terminal) -> None:
    (terminal.folder / "dent.jpg").write_bytes(b"\xff\xd8")
    number = opened(terminal)
    before = terminal.dump()
    terminal("case", "act", number, "refuse", "--file", "photo=dent.jpg", code=6)
    assert terminal.dump() == before


def test_a_case_is_found_by_number_customer_and_public_values(terminal: Terminal) -> None:
    first = opened(terminal, "--set", "story=the Lid fell off")
    second = opened(terminal)
    terminal("case", "note", second, "spoke about 50% off")

    def found(text: str) -> dict[str, list[str]]:
        return {line["number"]: line["found_in"] for line in terminal("case", "find", text, "--json").json["cases"]}

    assert found(first[-3:]) == {first: ["number"]}
    assert set(found("rose@customer.example")) == {first, second} == set(found("TYLER")) == set(found("kett"))
    assert found("ros") == found("lid fell") == found("50%") == {}, "what is sealed is found by whole words of the customer alone"
    assert found("5_%") == {} == found("state")
    assert "Nothing contains" in terminal("case", "find", "absent").out


def test_lists_are_paged_and_filtered(terminal: Terminal) -> None:
    numbers = [opened(terminal) for _ in range(5)]
    terminal("case", "assign", numbers[0], "bob")
    pages = [terminal("case", "list", "--limit", "2", "--page", str(page), "--json").json for page in (1, 2, 3)]
    assert [line["number"] for page in pages for line in page["cases"]] == numbers
    assert [page["more"] for page in pages] == [True, True, False]
    assert [line["number"] for line in terminal("case", "list", "--owner", "bob", "--json").json["cases"]] == numbers[:1]
    assert terminal("case", "list", "--state", "done", "--json").json["cases"] == []
    assert terminal("case", "list", "--definition", "other", "--json").json["cases"] == []
    assert terminal("case", "list", "--overdue", "--json").json["cases"] == []


def test_a_party_is_kept_once_and_shows_its_cases(terminal: Terminal) -> None:
    numbers = {opened(terminal), opened(terminal)}
    (party,) = terminal("party", "list", "rose", "--json").json
    assert (party["name"], party["email"]) == ("R* T*", "r***@customer.example")
    shown = terminal("party", "show", str(party["id"]), "--json").json
    assert {line["number"] for line in shown["cases"]} == numbers
    assert "Rose Tyler" not in terminal("party", "show", str(party["id"])).out
    assert "Rose Tyler" in terminal("party", "show", str(party["id"]), "--reveal", "--reason", "called back").out
    assert "called back" in terminal("audit", "access").out


def test_a_dead_letter_is_seen_and_tried_again(terminal: Terminal) -> None:
    settings = terminal.folder / "makegood.toml"
    good = settings.read_text()
    settings.write_text(good.split("[channels.email]")[0])
    number = opened(terminal, "--set", "loss=1")
    terminal("case", "act", number, "take")
    terminal("case", "act", number, "reply")
    assert "1 dead" in terminal("deliver", code=10).out
    (dead,) = terminal("notice", "list", "--status", "dead", "--json").json
    assert dead["case"] == number
    assert "email" in terminal("notice", "show", str(dead["id"])).out
    settings.write_text(good)
    terminal("notice", "retry", str(dead["id"]))
    assert "1 notice sent" in terminal("deliver").out
    assert "could not send answer" in terminal("case", "history", number).out


def test_a_house_is_founded_once_and_then_kept(terminal: Terminal, tmp_path: Path) -> None:
    place = tmp_path / "new" / "house"
    assert terminal("init", str(place), "--json").json["made"] == ["makegood.toml", "outbox/", "anchors/", "makegood.db"]
    (place / "makegood.toml").write_text('language = "zh"\n')
    again = terminal("init", str(place), "--json").json
    assert again["made"] == [] and len(again["kept"]) == 4
    assert (place / "makegood.toml").read_text() == 'language = "zh"\n'


def test_definitions_are_listed_shown_compared_and_drawn(terminal: Terminal) -> None:
    bundle = terminal.folder.parent / "bundles" / "small"
    assert "nothing changed" in terminal("definition", "publish", str(bundle)).out
    text = (bundle / "procedure.yaml").read_text()
    (bundle / "procedure.yaml").write_text(text.replace("within: 30 days", "within: 20 days"))
    assert "20 days" in terminal("definition", "diff", str(bundle)).out
    assert "version 2 is published" in terminal("definition", "publish", str(bundle)).out
    assert [row["version"] for row in terminal("definition", "list", "small", "--json").json] == [2, 1]
    assert "20 days" in terminal("definition", "diff", "small").out
    assert "no difference" in terminal("definition", "diff", "small@2", str(bundle)).out
    assert "within: 30 days" in terminal("definition", "show", "small", "--version", "1").out
    assert "We can offer" in terminal("definition", "show", "small", "--file", "notices/answer.en.j2").out
    assert "stateDiagram-v2" in terminal("definition", "diagram", "small").out
    assert "stateDiagram-v2" in terminal("definition", "diagram", "small", "--json").json["diagram"]
    terminal("definition", "diagram", str(bundle), "--form", "svg", "--out", "small.svg")
    assert (terminal.folder / "small.svg").read_text(encoding="utf-8").startswith("<svg")
    assert terminal("definition", "schema", "organisation").json["type"] == "object"


def test_a_starter_passes_its_own_check_and_test(terminal: Terminal) -> None:
    terminal("definition", "new", "parcel-claims", "claims")
    assert "0 errors" in terminal("definition", "check", "claims").out
    assert "pass" in terminal("definition", "test", "claims").out
    terminal("definition", "new", "parcel-claims", "claims", code=3)


def test_a_failing_scenario_shows_expected_actual_and_history(terminal: Terminal) -> None:
    terminal("definition", "new", "claims")
    scenario = next((terminal.folder / "claims" / "scenarios").glob("*.yaml"))
    lines_ = scenario.read_text(encoding="utf-8").splitlines()
    place = next(i for i, line in enumerate(lines_) if "expect:" in line)
    indent = lines_[place][: lines_[place].index("- ")]
    lines_.insert(place, indent + "- expect: {state: nowhere_at_all}")
    scenario.write_text("\n".join(lines_), encoding="utf-8")
    said = terminal("definition", "test", "claims", code=8)
    assert "nowhere_at_all" in said.out


def test_history_goes_out_as_csv_and_json_lines(terminal: Terminal) -> None:
    import csv
    import json

    number = opened(terminal)
    events = [json.loads(line) for line in lines(terminal("audit", "export", "--case", number).out)]
    assert [event["seq"] for event in events] == [1] and "Rose" not in str(events)
    count = terminal("audit", "export", "--form", "csv", "--out", "out.csv", "--since", "2020-01-01", "--json").json["events"]
    with (terminal.folder / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert number in {row["stream"].removeprefix("case/") for row in rows} and len(rows) == count
    assert terminal("audit", "export", "--since", "2999-01-01").out == ""


def test_tampering_is_found(terminal: Terminal) -> None:
    number = opened(terminal)
    terminal("audit", "anchor")
    with databases.forging(open_house(terminal.folder).store) as raw:
        raw.exec_driver_sql(f"UPDATE event SET body = replace(body, 'kettle', 'pot') WHERE stream = 'case/{number}'")
    said = terminal("audit", "verify", code=12)
    assert f"case/{number}, row 1" in said.out
    assert terminal("audit", "verify", "--json", code=12).json["sound"] is False


def test_customers_cannot_command_the_terminal(terminal: Terminal) -> None:
    """What customers wrote is shown without escape sequences, and never read as markup."""
    number = opened(terminal)
    terminal("case", "note", number, "[bold red]hello[/] \x1b[31mred", code=None)
    terminal("case", "note", number, "[bold red]hello[/] \u202ered")
    out = terminal("case", "history", number, "--reveal").out + terminal("case", "find", "hello").out
    assert "[bold red]hello[/]" in out and "\x1b" not in out and "\u202e" not in out


def test_times_are_those_of_the_house_and_json_those_of_the_world(terminal: Terminal) -> None:
    number = opened(terminal)
    line = terminal("case", "list", "--json").json["cases"][0]
    assert line["number"] == number and line["opened_at"].endswith("+00:00") and line["timezone"] == "UTC"


def test_both_languages_answer(terminal: Terminal) -> None:
    number = opened(terminal)
    said = terminal("case", "show", number, "--lang", "zh").out
    assert "新建" in said and "小额投诉" in said and "事由" in said
    assert "受理" in terminal("case", "act", number, "--lang", "zh").out
    assert terminal("case", "show", "S-1", "--lang", "zh", code=4).err.startswith("错误")
    terminal("case", "act", number, "take", "--lang", "zh")
    assert "受理：新建 → 处理中" in terminal("case", "history", number, "--lang", "zh").out


def test_completion_offers_numbers_actions_people_and_bundles(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    number = opened(terminal)

    def offered(words: str) -> str:
        monkeypatch.setenv("_MAKEGOOD_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
        with pytest.raises(SystemExit):
            terminal()
        monkeypatch.delenv("_MAKEGOOD_COMPLETE")
        return terminal._capture.readouterr().out

    assert number in offered(f"makegood case show {number[:3]}")
    assert "take" in offered(f"makegood case act {number} t").split()
    assert "carl" in offered(f"makegood case assign {number} c").split()
    assert "small" in offered("makegood case open s").split()
    assert "show" in offered("makegood case sh").split()
    monkeypatch.chdir("/")
    assert offered("makegood case show S").strip() == ""
