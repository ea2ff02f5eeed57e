"""Attacks on what is personal: each is refused or shown harmlessly, recorded where somebody reached for it, and changes nothing."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.deciding.rights import THE_SYSTEM
from engine.ground.errors import Denied, Invalid
from engine.records import cases, files
from engine.records.keys import KEY
from engine.usecases import amending, erasing, finding, handing_out, notices, reading
from engine.usecases.accesses import accesses
from engine.usecases.delivering import claim
from engine.usecases.house import House, open_house
from engine.usecases.revealing import Reveal
from notifications.delivery import deliver
from tests import databases
from tests.commands import Said, Terminal, small_house
from tests.houses import as_, house_in, open_one
from tests.small import dump

OUTSIDER, OFFICER = as_("sanne.visser"), as_("helen.price")
NASTY = "x'); DROP TABLE party; -- \x1b]0;owned\x07\x1b[2J\u202e\u2028[red]%s{{ 7 * 7 }}"
NAMES = ("../../../etc/passwd", "..\\..\\boot.ini", "/etc/cron.d/x", "a\x00b", "C:\\x", "....//....//x", "-rf", "x/../../y.sh")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return house_in(tmp_path)[0]


# --- paths --------------------------------------------------------------------------------------------------------------


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_names_of_files_lead_nowhere_when_everything_is_handed_out(house: House, tmp_path: Path) -> None:
    number = open_one(house)
    for place, name in enumerate(NAMES):
        amending.attach(house, number, as_("li.na"), name, f"content {place}".encode())
    out = tmp_path / "deep" / "out"
    before = below(tmp_path)
    done = handing_out.export_party(house, number, out, Reveal(OFFICER))
    made = {name for name in below(tmp_path) - before if "db" not in name}
    assert done.files == len(NAMES) and len(made) == len(NAMES) + 1
    assert all(name.startswith("deep/out/") and "/" not in name.removeprefix("deep/out/") for name in made)
    assert {path.read_bytes() for path in out.glob("*") if path.suffix != ".json"} == {f"content {n}".encode() for n in range(len(NAMES))}
    assert out.stat().st_mode & 0o077 == 0 and all(path.stat().st_mode & 0o077 == 0 for path in out.iterdir())


def test_words_of_a_customer_lead_no_message_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    house_in(tmp_path / "house")
    with (tmp_path / "house" / "makegood.toml").open("a", encoding="utf-8") as settings:
        settings.write('[channels.email]\nkind = "file"\nfolder = "outbox"\n')
    house = open_house(tmp_path / "house")
    with pytest.raises(Invalid, match="one line"):
        open_one(house, customer={"name": "x\r\nBcc: all@x.example", "email": "x@customer.example"})
    open_one(house, customer={"name": "../../x Bcc: all@x.example", "email": "../../../x@customer.example"})
    deliver(house)
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and tmp_path / "house" not in path.parents]
    assert outside == []
    assert not any(b"\nBcc:" in path.read_bytes() for path in (tmp_path / "house" / "outbox").rglob("*.eml"))


# --- escape sequences ---------------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(small_house(tmp_path), capsys, monkeypatch)


def shown_by(terminal: Terminal, number: str) -> dict[str, str]:
    """What every command says that shows something of a case or party."""
    commands = (
        ("case", "show", number), ("case", "show", number, "--reveal"), ("case", "history", number, "--reveal"), ("case", "list"),
        ("case", "find", NASTY.replace("\x1b", "").strip()), ("case", "find", number), ("case", "clocks", number, "--explain"),
        ("case", "act", number), ("inbox",), ("party", "list"), ("party", "list", NASTY), ("party", "show", "1"),
        ("party", "show", "1", "--reveal"), ("notice", "list"), ("notice", "show", "1", "--reveal"), ("audit", "show", number),
        ("audit", "access"), ("party", "retention", "--preview"), ("report", "accounts"),
    )
    return {" ".join(words): terminal(*words, code=None).out + terminal(*words, code=None).err for words in commands}


def opened_with(terminal: Terminal, text: str) -> Said:
    parts = [f"customer.{part}={text}" for part in ("name", "address")]
    values = [*parts, "customer.email=x@customer.example", "subject=kettle", f"story={text}"]
    sets = [word for value in values for word in ("--set", value)]
    return terminal("case", "open", "small", *sets, "--comment", text, "--json", code=None)


def test_no_text_that_somebody_wrote_commands_the_terminal_or_the_database(terminal: Terminal) -> None:
    assert opened_with(terminal, NASTY).code == 3, "signs that command a terminal are refused where a text is given"
    plain = "".join(sign for sign in NASTY if sign.isprintable())
    said = opened_with(terminal, plain)
    assert said.code == 0, said
    number = said.json["number"]
    (terminal.folder / "lid.txt").write_text("x")
    terminal("case", "note", number, NASTY, code=None)
    terminal("case", "note", number, plain)
    terminal("case", "contact", number, "phone", "in", plain, code=None)
    terminal("case", "attach", number, "lid.txt")
    terminal("case", "act", number, "take")
    terminal("case", "act", number, "reply", "--set", "loss=12.50")
    for command, words in shown_by(terminal, number).items():
        bad = [sign for sign in ("\x1b", "\x07", "\u202e", "\u2028", "\x00") if sign in words]
        assert bad == [], f"{command}: {bad}"
        assert not re.search(r"(?<![\w.:])49(?![\w.:])", words) or "7 * 7" in words, f"{command}: nothing that somebody wrote is worked out"
    assert len(dump(open_house(terminal.folder))["party"]) == 1
    assert terminal("audit", "verify", "--as", "dora").code == 0


@pytest.mark.parametrize("name", [NASTY, "a\nb.txt", "[red]x[/].txt"])
def test_a_files_name_is_shown_without_its_signs(house: House, name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from cli.main import main

    number = open_one(house)
    amending.attach(house, number, as_("li.na"), name, b"x")
    house.store.close()
    assert main(["case", "show", number, "--reveal", "--house", str(tmp_path), "--as", "li.na", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert not any(sign in said for sign in ("\x1b", "\x07", "\u202e", "\u2028"))


# --- reaching for what is not one's own ---------------------------------------------------------------------------------

LI_NA = as_("li.na")    # has work in the case, but neither the right to hand out nor to erase
REACHES: dict[str, Callable[[House, str, Path], object]] = {
    "a case": lambda house, number, _: reading.show(house, number, Reveal(OUTSIDER)),
    "its history": lambda house, number, _: reading.history(house, number, Reveal(OUTSIDER)),
    "a party": lambda house, _, __: finding.party(house, 1, Reveal(OUTSIDER)),
    "a notice": lambda house, _, __: notices.show_notice(house, 1, Reveal(OUTSIDER)),
    "everything": lambda house, number, folder: handing_out.export_party(house, number, folder / "out", Reveal(OUTSIDER)),
    "everything of a party": lambda house, _, folder: handing_out.export_party(house, "1", folder / "out", Reveal(OUTSIDER)),
    "everything, from inside": lambda house, _, folder: handing_out.export_party(house, "1", folder / "out", Reveal(LI_NA)),
    "erasing": lambda house, _, __: erasing.erase(house, 1, OUTSIDER, "because", even_open=True),
    "erasing, from inside": lambda house, _, __: erasing.erase(house, 1, LI_NA, "because", even_open=True),
}


@pytest.mark.parametrize("reach", REACHES)
def test_whoever_has_no_right_sees_nothing_and_that_they_tried_is_recorded(house: House, tmp_path: Path, reach: str) -> None:
    number = open_one(house)
    before = state_of_everything(house)
    with pytest.raises(Denied):
        REACHES[reach](house, number, tmp_path)
    (tried,) = accesses(house, actor=THE_SYSTEM)
    assert tried.kind == "refused" and tried.actor in (OUTSIDER.id, "li.na")
    assert state_of_everything(house) == before and not (tmp_path / "out").exists()
    assert reading.show(house, number, Reveal(as_("li.na"))).customer is not None


def state_of_everything(house: House) -> list[str]:
    """Everything in the database but the stream of accesses, and every key."""
    with house.store.keys._connected() as conn:
        lines = [str(row) for row in conn.execute(select(KEY).order_by(KEY.c.id))]
    return [*lines, *(str(row) for rows in dump(house).values() for row in rows if "access" not in row)]


# --- the files themselves -----------------------------------------------------------------------------------------------


def test_the_files_of_the_house_hold_no_personal_value_whatever_happened(house: House, tmp_path: Path) -> None:
    secrets = ("王小明", "wang@customer.example", "13912345678", "秘密的说明", "旧手机照片", "照片的内容", "南京路一号")
    customer = {"name": secrets[0], "email": secrets[1], "phone": secrets[2], "address": secrets[6], "language": "zh"}
    number = open_one(house, customer=customer, comment=secrets[3])
    amending.note(house, number, as_("li.na"), secrets[3])
    amending.contact(house, number, as_("li.na"), "phone", "in", secrets[3])
    amending.attach(house, number, as_("li.na"), f"{secrets[4]}.jpg", secrets[5].encode())
    amending.correct(house, number, as_("li.na"), {"customer": {**customer, "address": f"{secrets[6]}a"}}, secrets[3])
    assert len(claim(house, 10)) > 0
    reading.show(house, number, Reveal(as_("li.na"), "called back"))
    finding.find(house, secrets[0], actor=THE_SYSTEM)
    raw = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {name for name in raw if name.startswith("makegood.db")} >= {"makegood.db", "makegood.db-wal"}
    assert [(name, secret) for name, lying in raw.items() for secret in secrets if secret.encode() in lying] == []


def test_with_data_and_keys_nothing_of_somebody_erased_can_be_had(house: House, tmp_path: Path) -> None:
    """Every box that the data hold, tried with every key that is left."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    number = open_one(house, comment="the secret")
    amending.attach(house, number, as_("li.na"), "scan.txt", b"the scan")
    house.store.close()
    with closing(sqlite3.connect(tmp_path / "makegood.db")) as data:
        data.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = (tmp_path / "makegood.db").read_bytes()
    erasing.erase(house, 1, OFFICER, "asked", even_open=True)
    house.store.close()
    (tmp_path / "backup.db").write_bytes(backup)
    with closing(sqlite3.connect(tmp_path / "keys.db")) as raw:
        left = [AESGCM(key) for (key,) in raw.execute("SELECT key FROM key WHERE key IS NOT NULL")]
    columns = {"party": ["details"], "personal": ["box"], "file": ["about", "content"], "notice": ["words"]}
    tried = 0
    for name in ("makegood.db", "backup.db"):
        with closing(sqlite3.connect(tmp_path / name)) as raw:
            for table, names in columns.items():
                for row in raw.execute(f"SELECT {', '.join(names)} FROM {table}"):
                    for box in filter(None, row):
                        for key in left:
                            with pytest.raises(InvalidTag):
                                key.decrypt(box[16:28], box[28:], None)
                            tried += 1
    assert tried > 5


def test_a_box_moved_to_another_case_is_noticed(house: House, tmp_path: Path) -> None:
    from engine.usecases import auditing

    one, other = open_one(house, comment="mine"), open_one(house, comment="other")
    with databases.forging(house.store) as raw:
        raw.exec_driver_sql(
            "UPDATE personal SET box = (SELECT box FROM personal WHERE case_id = 1 AND name = 'comment') WHERE name = 'comment'"
        )
    assert [problem.stream for problem in auditing.verify(house).problems] == [f"case/{other}"] and one != other


def test_what_is_handed_out_is_json_whatever_was_written(house: House, tmp_path: Path) -> None:
    number = open_one(house)
    amending.note(house, number, as_("li.na"), "".join(sign for sign in NASTY if sign != "\x00"))
    handing_out.export_party(house, number, tmp_path / "out", Reveal(OFFICER))
    held = json.loads((tmp_path / "out" / "data.json").read_text(encoding="utf-8"))
    assert held["cases"][0]["number"] == number and "DROP TABLE" in str(held)
    with house.store.reading() as conn:
        assert list(files.files(conn, cases.load(conn, number).id)) == []
