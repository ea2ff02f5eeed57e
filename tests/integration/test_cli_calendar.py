"""`makegood calendar`: checking, putting into force, extending, listing and drawing calendars."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Terminal, lines, opened, small_house
from tests.small import OFFICE

FEBRUARY = """\
office · 2027-02 · UTC
    Mo   Tu   We   Th   Fr   Sa   Su
     1    2    3    4    5  [ 6]   7·
     8    9   10   11  (12)  13·  14·
    15   16   17   18   19   20·  21·
    22   23   24   25   26?  27?  28?
"""
SPECIAL = OFFICE.replace("2030-12-31", "2027-02-25") + 'closed: [2027-02-12]\nopen: {2027-02-06: "10:00-12:00"}\n'


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    yield Terminal(small_house(tmp_path), capsys, monkeypatch)


def office(terminal: Terminal, text: str, name: str = "office") -> str:
    (terminal.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return f"{name}.yaml"


# --- check ----------------------------------------------------------------------------------------------------------


def test_a_sound_calendar_is_checked_without_a_word_of_complaint(terminal: Terminal) -> None:
    assert terminal("calendar", "check", office(terminal, OFFICE.replace("2030", "2099"))).out == "errors: 0, warnings: 0\n"


def test_every_mistake_of_every_file_is_told_with_its_place(terminal: Terminal) -> None:
    files = office(terminal, OFFICE.replace("mon-fri", "mon-fry")), office(terminal, OFFICE + "shut: [2027-01-01]\n", "shop")
    said = terminal("calendar", "check", *files, "missing.yaml", code=8)
    assert "office.yaml:3:9" in said.out and "shop.yaml:5:1" in said.out and "shop.yaml:1:11" in said.out and "missing.yaml" in said.out
    assert lines(said.out)[-1].startswith("errors: 4")
    assert terminal("calendar", "check", *files, "--json", code=8).json["errors"] == 3


def test_a_calendar_that_ends_soon_is_warned_of_months_ahead(terminal: Terminal) -> None:
    file = office(terminal, OFFICE.replace("2030", "2099"))
    said = terminal("calendar", "check", file, "--months", "1200")
    assert "Calendar office ends on 2099-12-31, in" in said.out and "makegood calendar extend" in said.out
    assert "errors: 0, warnings: 1" in said.out
    assert "Calendar office ended on 2020-12-31" in terminal("calendar", "check", office(terminal, OFFICE.replace("2030", "2020"))).out
    assert "Calendar office ends on 2030-12-31" in terminal("calendar", "check", "--months", "1200").out     # the one in force


def test_checking_a_file_needs_no_house(
    terminal: Terminal, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = terminal.folder / office(terminal, OFFICE.replace("2030", "2099"))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert terminal("calendar", "check", str(file)).out == "errors: 0, warnings: 0\n"
    assert "makegood.toml" in terminal("calendar", "check", code=4).err


def test_open_cases_with_unknown_due_times_are_warned_of_until_the_calendar_is_extended(terminal: Terminal) -> None:
    ended = office(terminal, OFFICE.replace("2030", "2020"))
    terminal("calendar", "publish", ended)
    procedure = terminal.folder.parent / "bundles" / "small" / "procedure.yaml"
    written = procedure.read_text(encoding="utf-8").replace("within: 30 days", "within: 3 working days")
    procedure.write_text(written, encoding="utf-8")
    (procedure.parent.parent / "calendars" / "office.yaml").unlink()
    terminal("definition", "publish", str(procedure.parent), "--as", "dora")
    number = opened(terminal)
    said = terminal("calendar", "check", ended)
    assert "1 open case has a due time that calendar office cannot tell: it ends on 2020-12-31" in said.out
    row = terminal("calendar", "list", "--json").json[0]
    assert (row["name"], row["open"], row["unknown"], row["waiting"]) == ("office", 1, 1, 0)
    said = terminal("calendar", "extend", office(terminal, OFFICE.replace("2030", "2099")))
    assert "1 open case counts by it, 1 has another due time" in said.out
    assert "it was unknown" in terminal("case", "history", number).out
    assert terminal("calendar", "check").out == "errors: 0, warnings: 0\n"


# --- publish, extend, list ------------------------------------------------------------------------------------------


def test_a_calendar_is_put_into_force_once(terminal: Terminal) -> None:
    file = office(terminal, OFFICE + "closed: [2027-01-04]\n")
    assert "office: version 2 is in force" in terminal("calendar", "publish", file).out
    assert "office: nothing changed, version 2 stays in force" in terminal("calendar", "publish", file).out
    listed = terminal("calendar", "list").out
    assert "office" in listed and "UTC" in listed and "2030-12-31" in listed
    assert terminal("calendar", "publish", file, "--json").json["calendars"] == [["office", 2, True]]


@pytest.mark.parametrize(
    ("verb", "text", "code", "what"),
    [
        ("publish", "calendar: office\n", 8, "'timezone' is missing"),
        ("publish", OFFICE.replace("UTC", "Mars/Olympus"), 8, "not a time zone"),
        ("extend", OFFICE, 0, ""),
        ("extend", OFFICE.replace("2030", "2029"), 3, "until 2030-12-31 already"),
        ("extend", OFFICE.replace("2030", "2031").replace("17:00", "18:00"), 3, "mon, tue, wed, thu, fri"),
    ],
)
def test_what_cannot_be_put_into_force_changes_nothing(terminal: Terminal, verb: str, text: str, code: int, what: str) -> None:
    before = terminal.dump()
    said = terminal("calendar", verb, office(terminal, text), code=code)
    assert what in said.err and terminal.dump() == before


def test_only_a_calendar_in_force_is_extended(terminal: Terminal) -> None:
    said = terminal("calendar", "extend", office(terminal, OFFICE.replace("office", "offices"), "offices"), code=4)
    assert "offices" in said.err and "Did you mean office?" in said.err


def test_files_must_be_named(terminal: Terminal) -> None:
    assert "FILE" in terminal("calendar", "publish", code=2).err
    assert "--months" in terminal("calendar", "check", "--months", "-1", code=2).err
    assert "1201" in terminal("calendar", "check", "--months", "1201", code=3).err


# --- show -----------------------------------------------------------------------------------------------------------


def test_a_month_is_drawn_with_what_is_worked_closed_and_opened(terminal: Terminal) -> None:
    terminal("calendar", "publish", office(terminal, SPECIAL))
    said = terminal("calendar", "show", "office", "--month", "2027-02").out
    assert said.startswith(FEBRUARY), said
    assert "Mo–Fr  09:00-17:00" in said and "2027-02-06  10:00-12:00" in said
    assert "19 working days; known until 2027-02-25" in said


def test_a_month_of_a_file_is_drawn_before_it_is_in_force(terminal: Terminal) -> None:
    file = office(terminal, SPECIAL)
    assert terminal("calendar", "show", file, "--month", "2027-02").out.startswith(FEBRUARY)
    days = terminal("calendar", "show", file, "--month", "2027-02", "--json").json["days"]
    assert days[5] == {"date": "2027-02-06", "kind": "opened", "hours": ["10:00-12:00"]}
    assert [day["kind"] for day in days if day["date"] in ("2027-02-11", "2027-02-12", "2027-02-13", "2027-02-26")] == [
        "worked", "closed", "off", "unknown"
    ]


def test_this_month_is_drawn_when_none_is_named(terminal: Terminal) -> None:
    assert terminal("calendar", "show", "office").out.startswith("office · 20")


@pytest.mark.parametrize("month", ["2027-13", "2027", "2027-2", "february", "2027-02-01", "２０２７-02", ""])
def test_what_is_no_month_is_refused(terminal: Terminal, month: str) -> None:
    assert "is not a month" in terminal("calendar", "show", "office", "--month", month, code=3).err


def test_an_unknown_calendar_is_answered_with_the_nearest(terminal: Terminal) -> None:
    assert "Did you mean office?" in terminal("calendar", "show", "offise", code=4).err
    assert "In force are: office." in terminal("calendar", "show", "zzz", code=4).err
    assert "none.yaml" in terminal("calendar", "show", "none.yaml", code=8).err
