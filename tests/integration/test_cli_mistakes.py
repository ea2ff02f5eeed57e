"""Whatever is typed wrongly: one or two clear lines, the right exit code, and nothing changed."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.usecases.house import open_house
from tests import databases
from tests.commands import Terminal, lines, opened, small_house


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    yield Terminal(small_house(tmp_path), capsys, monkeypatch)


@pytest.fixture
def cases(terminal: Terminal) -> Terminal:
    """S-…-001 is new, S-…-002 closed; a file, a table and broken files lie about."""
    opened(terminal)
    closed = opened(terminal)
    terminal("case", "act", closed, "refuse", "--comment", "not ours", "--as", "carl")
    files = {
        "broken.yaml": "a: [1, 2\nb: {",
        "twice.yaml": "a: 1\na: 2\n",
        "table.csv": "Key,Who,What\n1,Rose,kettle\n",
        "map.yaml": "bundle: small\nkey: Key\ncustomer: {name: Who}\nfields: {subject: What}\n",
        "map-bundle.yaml": "bundle: smal\nkey: Key\nfields: {subject: What}\n",
        "map-column.yaml": "bundle: small\nkey: Kee\nfields: {subject: What}\n",
        "empty.csv": "",
        "latin.csv": None,
        "big.csv": "a,a\n1,2\n",
    }
    for name, text in files.items():
        (terminal.folder / name).write_bytes(b"a\xff\xfe\x80" if text is None else text.encode())
    bad = terminal.folder / "bad"
    shutil.copytree(terminal.folder.parent / "bundles" / "small", bad)
    (bad / "procedure.yaml").write_text((bad / "procedure.yaml").read_text().replace("by: desk, to: working", "by: desks, to: wurking"))
    return terminal


# command, exit code, what the first line says
MISTAKES = [
    ("case open smal --set subject=a", 4, "no published definition smal"),
    ("case open small --set subject=kettle", 3, "customer"),
    ("case open small --set customer=Rose --set subject=KETTLE", 3, "subject"),
    ("case open small --set customer=Rose --set subject=kettle --set loss=much", 3, "loss: 'much'"),
    ("case open small --set customer=Rose --set subject=kettle --set urgent=perhaps", 3, "urgent"),
    ("case open small --set customer=Rose --set subject=kettle --set seen_on=2026-02-30", 3, "seen_on"),
    ("case open small --set customer=Rose --set subject=kettle --set kind=lost", 3, "kind"),
    ("case open small --set customer=Rose --set subjekt=kettle", 3, "subjekt"),
    ("case open small --set customer", 3, "--set customer"),
    ("case open small --set customer.name=Rose --set customer.name=Rosa", 3, "given twice"),
    ("case open small --set customer=Rose --set subject=kettle --file photo=nowhere.jpg", 11, "nowhere.jpg cannot be read"),
    ("case open small --set customer=Rose --set subject=kettle --as eve", 6, "eve"),
    ("case open small --set customer=Rose --set subject=kettle --as anna", 4, "anna"),
    ("case list --limit 0", 3, "1 to"),
    ("case list --page x", 2, "--page"),
    ("case find ''", 3, "nothing to look for"),
    ("case show S-1999-001", 4, "no case S-1999-001"),
    ("case show", 2, "NUMBER is missing"),
    ("case history S-1999-001", 4, "no case"),
    ("case act S-1999-001 take", 4, "no case"),
    ("case act {new} tuck", 5, "tuck"),
    ("case act {new} close", 5, "close"),
    ("case act {new} refuse --as carl", 3, "comment"),
    ("case act {new} refuse --comment no", 6, "ann"),
    ("case act {new} take --set loss=1,5", 3, "loss"),
    ("case act {new} take --revision 7", 7, "revision"),
    ("case act {closed} take", 5, "closed"),
    ("case act {new} take --as nobody", 4, "nobody"),
    ("case note {new} ' '", 3, "text"),
    ("case note {new} hello --as eve", 6, "eve"),
    ("case note S-1999-001 hello", 4, "no case"),
    ("case attach {new} nowhere.txt", 11, "nowhere.txt"),
    ("case attach {new} .", 11, "cannot be read"),
    ("case attach {new} empty.csv", 3, "0 bytes"),
    ("case assign {new} nobody", 4, "nobody"),
    ("case assign {new} bob --task test", 5, "test"),
    ("case assign {closed} bob", 5, "closed"),
    ("case correct {new} --set subject=pot", 2, "--reason is missing"),
    ("case correct {new} --set subject=kettle --reason same", 3, "nothing would change"),
    ("case correct {new} --set nothing=kettle --reason wrong", 3, "nothing"),
    ("case pause {new} --clock promis --reason x", 4, "promis"),
    ("case pause {closed} --reason x", 5, "closed"),
    ("case resume {new}", 5, "paused"),
    ("case extend {new} promis '3 days' --as carl", 4, "promis"),
    ("case extend {new} promise '3 moons' --as carl", 3, "3 moons"),
    ("case extend {new} promise '3 days' --comment please", 6, "ann"),
    ("case extend {new} promise '9 days' --comment please --as carl", 3, "at most 5 days"),
    ("case link {new} {new}", 3, "linked"),
    ("case link {new} S-1999-001", 4, "no case"),
    ("case link {new} {closed} --kind cousin", 3, "cousin"),
    ("case contact {new} hello", 2, "--channel is missing"),
    ("case contact {new} hello --channel phone --direction up", 3, "up"),
    ("inbox --limit 0", 3, "1 to"),
    ("inbox --as nobody", 4, "nobody"),
    ("notice show 99", 4, "no notice 99"),
    ("notice show x", 2, "ID"),
    ("notice retry 99", 4, "no notice 99"),
    ("notice confirm 99", 4, "no notice 99"),
    ("notice list --status lost", 3, "lost"),
    ("party show 99", 4, "no party 99"),
    ("party list --limit 0", 3, "1 to"),
    ("org apply nowhere.yaml", 8, "nowhere.yaml"),
    ("org apply broken.yaml", 8, "broken.yaml"),
    ("definition check nowhere", 8, ""),
    ("definition test nowhere", 8, "nowhere"),
    ("definition test ../bundles/small --only x", 4, "no such scenario"),
    ("definition publish bad", 8, "bad"),
    ("definition show smal", 4, "smal"),
    ("definition show small --version 9", 4, "version 9"),
    ("definition show small --file notices/none", 4, "notices/none"),
    ("definition list smal", 4, "smal"),
    ("definition diff small", 3, "only one version"),
    ("definition diff small@1 small@9", 4, "version 9"),
    ("definition diff small@x small", 3, "version"),
    ("definition schema something", 4, "something"),
    ("definition schema --out table.csv/schema.json", 11, "schema.json"),
    ("definition diagram smal", 4, "smal"),
    ("definition diagram small --form png", 3, "png"),
    ("definition diagram small --out table.csv/x.svg", 11, "x.svg"),
    ("definition new other bad", 3, "bad"),
    ("definition new other table.csv/other", 11, "cannot be written"),
    ("init table.csv/house", 11, "table.csv"),
    ("sweep --limit 0", 2, "--limit"),
    ("deliver --limit x", 2, "--limit"),
    ("audit verify --case S-1999-001", 4, "no case"),
    ("audit show S-1999-001", 4, "no case"),
    ("audit show --kind wonder", 3, "wonder"),
    ("audit show --definition nothing", 4, "nothing"),
    ("audit export --form xml", 3, "xml"),
    ("audit export --since yesterday", 3, "yesterday"),
    ("audit export --out table.csv/x.csv", 11, "x.csv"),
    ("import nowhere.csv --mapping map.yaml", 11, "nowhere.csv"),
    ("import empty.csv --mapping map.yaml", 3, "empty"),
    ("import latin.csv --mapping map.yaml", 3, "neither"),
    ("import big.csv --mapping map.yaml", 3, "twice"),
    ("import table.csv --mapping nowhere.yaml", 8, "nowhere.yaml"),
    ("import table.csv --mapping broken.yaml", 8, "broken.yaml"),
    ("import table.csv --mapping twice.yaml", 8, "twice.yaml"),
    ("import table.csv --mapping map-bundle.yaml", 4, "smal"),
    ("import table.csv --mapping map-column.yaml", 8, "map-column.yaml"),
    ("import table.csv --mapping map.yaml --as eve", 6, "eve may not open small"),
    ("flows serve --daily noon", 3, "noon"),
    ("cas list", 2, "cas"),
    ("case shw {new}", 2, "shw"),
    ("case show {new} --nonsense", 2, "--nonsense"),
    ("case show {new} {new}", 2, ""),
]


def _words(command: str) -> list[str]:
    import shlex
    from datetime import UTC, datetime

    year = datetime.now(UTC).year
    return shlex.split(command.replace("{new}", f"S-{year}-001").replace("{closed}", f"S-{year}-002"))


@pytest.mark.parametrize(("command", "code", "about"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_a_mistake_is_told_in_a_line_or_two_and_changes_nothing(cases: Terminal, command: str, code: int, about: str) -> None:
    if databases.present() == databases.POSTGRESQL and command.endswith(("--as nobody", "--as anna")):
        code, about = 6, "You are not logged in"
    before = cases.dump()
    said = cases(*_words(command), code=code)
    as_json = cases(*_words(command), "--json", code=code)
    assert cases.dump() == before
    assert "Traceback" not in said.err and as_json.err == ""
    if command.startswith("definition check"):
        assert about in said.out  # problems are what it was asked for
    else:
        told, error = lines(said.err), json.loads(as_json.out)["error"]
        assert said.out == "" and told[0].startswith("Error: ") and about in told[0] and "  " not in told[0]
        assert len(told) <= (2 if code != 8 else 20)  # with 8, every problem has a line of its own
        assert error["exit_code"] == code and about in error["message"]
        assert set(error) == {"kind", "message", "hint", "exit_code", "facts"}


@pytest.mark.parametrize(
    "command", ["case list", "inbox", "org show", "sweep", "deliver", "audit verify", "notice list", "definition list", "party list"]
)
def test_a_broken_database_is_told_in_plain_words(cases: Terminal, command: str) -> None:
    (cases.folder / "makegood.db").write_bytes(b"this is no database" * 100)
    for left in cases.folder.glob("makegood.db-*"):
        left.unlink()
    said = cases(*command.split(), code=11)
    assert "is not a database" in lines(said.err)[0] and len(lines(said.err)) == 2
    assert (cases.folder / "makegood.db").read_bytes() == b"this is no database" * 100


@pytest.mark.parametrize("command", ["case list", "inbox", "sweep"])
def test_a_missing_database_is_told_and_none_is_made(cases: Terminal, command: str) -> None:
    for file in cases.folder.glob("makegood.db*"):
        file.unlink()
    said = cases(*command.split(), code=11)
    assert "makegood.db" in lines(said.err)[0]
    assert not (cases.folder / "makegood.db").exists()


def test_outside_every_house_the_way_to_one_is_told(cases: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    said = cases("case", "list", code=4)
    assert "makegood.toml" in lines(said.err)[0] and "makegood init" in said.err


def test_wrong_settings_are_named(cases: Terminal) -> None:
    settings = cases.folder / "makegood.toml"
    good = settings.read_text()
    for text, code, about in (
        ("foo = 1\n" + good, 3, "foo"),
        ("database = ", 3, "TOML"),
        ('language = "fr"', 3, "language"),
        ('database = "mysql://x"', 3, "mysql"),
    ):
        settings.write_text(text)
        said = cases("case", "list", code=code)
        assert about in said.err and len(lines(said.err)) <= 2


def test_anchors_that_cannot_be_written_are_told(cases: Terminal) -> None:
    settings = cases.folder / "makegood.toml"
    settings.write_text(settings.read_text().replace('anchors = "anchors"', 'anchors = "table.csv/anchors"'))
    said = cases("audit", "anchor", code=11)
    assert len(lines(said.err)) <= 2


def test_somebody_whose_login_nobody_has_is_told_how_to_say_who_they_are(cases: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAKEGOOD_AS")
    monkeypatch.setenv("LOGNAME", "stranger")
    said = cases("inbox", code=6)
    assert "stranger" in said.err and "--as" in said.err
    monkeypatch.setenv("LOGNAME", "bob")
    cases("inbox")


def test_all_problems_of_a_bundle_are_named_with_their_places(cases: Terminal) -> None:
    said = cases("definition", "check", "bad", code=8)
    assert "procedure.yaml:" in said.out and "desks" in said.out and "wurking" in said.out
    found = cases("definition", "check", "bad", "--json", code=8).json
    assert found["errors"] == sum(problem["severity"] == "error" for problem in found["problems"]) >= 2
    assert all(problem["line"] for problem in found["problems"])


def test_a_word_that_is_nearly_right_gets_a_proposal(cases: Terminal) -> None:
    assert "'case'" in cases("cas", code=2).err
    assert "'show'" in cases("case", "shov", code=2).err
    assert "--comment" in cases("case", "act", "x", "y", "--coment", "z", code=2).err


def test_what_nobody_foresaw_is_one_line_and_a_request(cases: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case in a state that its definition does not have is nobody's mistake in typing."""
    with databases.forging(open_house(cases.folder).store) as raw:
        raw.exec_driver_sql('UPDATE "case" SET body = replace(body, \'"state":"new"\', \'"state":"gone"\')')
    said = cases("case", "show", _words("{new}")[0], code=1)
    assert len(lines(said.err)) == 2 and "report" in said.err and "Traceback" not in said.err
    monkeypatch.setenv("MAKEGOOD_TRACEBACK", "1")
    with pytest.raises(Exception, match=r"."):
        cases("case", "show", _words("{new}")[0])
