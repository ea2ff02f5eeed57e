"""Personal data are sealed under a key for each party; erasing the key takes them from every copy, and everything else goes on."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from engine.deciding.case import rebuild
from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.ground.errors import Denied, Invalid, NotAllowed, NotFound, Unavailable
from engine.ground.masking import HIDDEN
from engine.records import keys, parties, sealing
from engine.records.store import Store
from engine.usecases import acting, amending, auditing, delivering, erasing, finding, handing_out, notices, reading, sweeping
from engine.usecases.accesses import accesses
from engine.usecases.house import House, open_house
from engine.usecases.revealing import Reveal
from engine.usecases.views import CaseView
from tests.houses import CUSTOMER, as_, events_of, house_in, open_one, state_of

SECRETS = ("王小明", "wang@customer.example", "无法开机的旧手机", "wuxianfei.txt", "文件里的秘密")
OFFICER = as_("helen.price")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return house_in(tmp_path)[0]


@pytest.fixture
def number(house: House) -> str:
    """A case in which everything personal there can be was said."""
    made = open_one(house, comment=SECRETS[2])
    amending.note(house, made, as_("li.na"), SECRETS[2])
    amending.attach(house, made, as_("li.na"), SECRETS[3], SECRETS[4].encode(), "text/plain")
    return made


def erase(house: House, party: int = 1) -> erasing.Erased:
    return erasing.erase(house, party, OFFICER, "asked on 3 May", even_open=True)


def raw_bytes(folder: Path) -> bytes:
    """Everything that lies in the files of the database and of its keys, logs and all."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*.db*")))


def revealed(house: House, number: str) -> CaseView:
    return reading.show(house, number, Reveal(as_("li.na")))


def test_no_personal_value_lies_in_the_files_of_the_database(house: House, number: str, tmp_path: Path) -> None:
    lying = raw_bytes(tmp_path)
    assert number.encode() in lying, "what is not personal can be seen"
    assert [secret for secret in SECRETS if secret.encode() in lying] == []
    house.store.close()
    assert [secret for secret in SECRETS if secret.encode() in raw_bytes(tmp_path)] == []


def test_keys_lie_apart_for_this_account_alone(house: House, number: str, tmp_path: Path) -> None:
    assert (tmp_path / keys.FILE).stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(tmp_path / keys.FILE)) as raw:
        assert raw.execute("SELECT count(*) FROM key").fetchone() == (2,), "that of the house and that of the one party"


def test_data_with_other_keys_are_refused_and_not_shown_as_erased(house: House, number: str, tmp_path: Path) -> None:
    house.store.close()
    (tmp_path / keys.FILE).rename(tmp_path / "moved")
    with pytest.raises(Unavailable, match=keys.FILE):
        reading.show(house, number, THE_SYSTEM)
    with pytest.raises(Unavailable):
        house.store.create()
        reading.show(house, number, THE_SYSTEM)
    keys.Keys(f"sqlite:///{tmp_path / keys.FILE}").create()
    with pytest.raises(Unavailable, match="do not belong"):
        reading.show(house, number, THE_SYSTEM)


def test_looking_shows_masked_values_and_writes_nothing(house: House, number: str) -> None:
    view = reading.show(house, number, THE_SYSTEM)
    assert view.customer == {"id": "1", "name": "王*", "email": "w***@customer.example", "language": "zh"}
    assert [file.name for file in view.files] == [HIDDEN] and not view.revealed
    told = "".join(detail for line in reading.history(house, number, THE_SYSTEM)[0] for detail in line.details)
    assert HIDDEN in told and not any(secret in told for secret in SECRETS)
    assert [one.name for one in finding.find_parties(house, "小明", actor=THE_SYSTEM)] == ["王*"]
    assert {line.customer for line in finding.find(house, "wang@customer.example", actor=THE_SYSTEM).lines} == {"王*"}
    assert all(line.subject == HIDDEN for line in notices.list_notices(house, actor=THE_SYSTEM))
    assert accesses(house, actor=THE_SYSTEM) == []


def test_whoever_has_work_in_the_case_may_see_and_that_is_recorded(house: House, number: str) -> None:
    view = reading.show(house, number, Reveal(as_("li.na"), "called back"))
    assert view.customer is not None and view.customer["name"] == CUSTOMER["name"] and view.files[0].name == SECRETS[3]
    assert SECRETS[2] in str(reading.history(house, number, Reveal(as_("li.na")))[0])
    recorded = reversed(accesses(house, actor=THE_SYSTEM))
    seen = [(event.kind, event.actor, event.data["what"], event.data.get("reason")) for event in recorded]
    assert seen == [("revealed", "li.na", "case", "called back"), ("revealed", "li.na", "history", None)]
    assert not any(secret in str(event.data) for event in accesses(house, actor=THE_SYSTEM) for secret in SECRETS)


def test_words_of_comments_are_not_found_but_people_numbers_and_public_values_are(house: House, number: str) -> None:
    assert not finding.find(house, "旧手机", actor=THE_SYSTEM).lines
    for words, where in ((number, "number"), ("王小明", "customer"), ("domestic", "region")):
        assert [(line.number, where in line.found_in) for line in finding.find(house, words, actor=THE_SYSTEM).lines] == [(number, True)]


def test_a_case_without_a_party_has_a_key_of_its_own_made_once(house: House, number: str) -> None:
    with house.store.writing() as conn:
        conn.execute(text('UPDATE "case" SET party_id = NULL'))
        own = sealing.key_of_case(conn, 1, None)
    with house.store.writing() as conn:
        assert sealing.key_of_case(conn, 1, None) == own != conn.execute(select(parties.PARTY.c.key)).scalar_one()


# --- erasing ------------------------------------------------------------------------------------------------------------


def test_who_was_erased_cannot_be_read_and_everything_else_goes_on(house: House, number: str, tmp_path: Path) -> None:
    done = erase(house)
    assert (done.party, done.cases, done.notices, done.failures) == (1, [number], 1, [])
    view = reading.show(house, number, Reveal(OFFICER))
    assert view.customer is None and view.erased_at is not None and view.files == ()
    assert [(field.value, field.text) for field in view.fields if field.name == "customer"] == [(None, "")]
    assert [line.what for line in reading.history(house, number, THE_SYSTEM)[0]][-1] == "the customer was erased: asked on 3 May"
    assert finding.find_parties(house, "王小明", actor=THE_SYSTEM) == [] and finding.find_parties(house, actor=THE_SYSTEM)[0].name is None
    assert finding.party(house, 1, THE_SYSTEM)[0].erased_at is not None
    verified = auditing.verify(house)
    assert (verified.problems, verified.erased) == ([], 1)
    assert rebuild(events_of(house, number)) == state_of(house, number)
    assert [event.kind for event in accesses(house, actor=THE_SYSTEM) if event.kind == "erased"] == ["erased"]
    acting.act(house, number, "acknowledge", as_("li.na"), {"order_no": "AB123456", "nature": "quality", "comment": "still possible"})
    clock = house.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(clock.now() + timedelta(days=9))
    assert sweeping.sweep(house).failures == []
    assert auditing.verify(house).problems == []


def test_a_notice_to_somebody_erased_is_cancelled_and_recorded(house: House, number: str) -> None:
    taken = delivering.claim(house, 10)
    erase(house)
    assert [delivering.begin(house, one).status for one in taken] == [None], "it is no longer there to be sent"
    acting.act(house, number, "acknowledge", as_("li.na"), {"order_no": "AB123456", "nature": "quality", "comment": "x"})
    fresh = [one for one in delivering.claim(house, 10) if one.party_id is not None]
    assert fresh and [delivering.begin(house, one).status for one in fresh] == ["cancelled"] * len(fresh)
    assert "unsent" in [event.kind for event in events_of(house, number)]


def test_what_is_said_after_the_erasure_is_sealed_anew_and_can_be_erased_too(house: House, number: str) -> None:
    erase(house)
    amending.note(house, number, as_("li.na"), "said later")
    assert "said later" in str(reading.history(house, number, Reveal(OFFICER))[0])
    assert erase(house).cases == []
    assert "said later" not in str(reading.history(house, number, Reveal(OFFICER))[0])
    assert auditing.verify(house).problems == []


def test_an_erased_key_is_used_by_no_other_process_afterwards(house: House, number: str, tmp_path: Path) -> None:
    other = open_house(tmp_path, house.clock)
    assert revealed(other, number).customer is not None
    erase(house)
    assert revealed(other, number).customer is None
    amending.note(other, number, as_("li.na"), "by the other process")
    assert auditing.verify(house).problems == []


def test_after_the_erasure_neither_the_data_nor_an_older_copy_can_be_opened(house: House, number: str, tmp_path: Path) -> None:
    house.store.close()
    with closing(sqlite3.connect(tmp_path / "makegood.db")) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (tmp_path / "copy").mkdir()
    shutil.copy(tmp_path / "makegood.db", tmp_path / "copy" / "makegood.db")
    before = {name: key for name, key in every_key(tmp_path).items() if key is not None}
    erase(house)
    house.store.close()
    gone = [key for name, key in before.items() if every_key(tmp_path)[name] is None]
    assert len(gone) == 1 and gone[0] not in raw_bytes(tmp_path), "no byte of the key lies anywhere"
    shutil.copy(tmp_path / keys.FILE, tmp_path / "copy" / keys.FILE)
    copy = House(Store(f"sqlite:///{tmp_path / 'copy' / 'makegood.db'}"), house.clock, house.settings)
    view = reading.show(copy, number, Reveal(OFFICER))
    assert view.customer is None and view.files == ()
    assert [problem.stream for problem in auditing.verify(copy).problems] == ["party/1"], "the copy does not know yet, and says so"
    assert [(one.party, one.cases) for one in erasing.reapply(copy)] == [(1, [number])]
    assert (auditing.verify(copy).problems, erasing.reapply(copy)) == ([], [])


def every_key(folder: Path) -> dict[bytes, bytes | None]:
    with closing(sqlite3.connect(folder / keys.FILE)) as raw:
        return dict(raw.execute("SELECT id, key FROM key").fetchall())


KILLED = """
import os, sys
from datetime import datetime
from pathlib import Path
from engine.deciding.rights import Actor
from engine.ground.clock import VirtualClock
from engine.records import keys, parties
from engine.usecases import erasing
from engine.usecases.house import open_house
folder, after, at = Path(sys.argv[1]), sys.argv[2], datetime.fromisoformat(sys.argv[3])
def dies_after(where, name):
    real = getattr(where, name)
    def then_die(*given, **named):
        real(*given, **named)
        os._exit(9)
    setattr(where, name, then_die)
def dies_before(where, name):
    setattr(where, name, lambda *given, **named: os._exit(9))
{"keys": lambda: dies_after(keys.Keys, "destroy"), "case": lambda: dies_before(erasing, "write"),
 "cases": lambda: dies_before(parties, "forget"), "forgotten": lambda: dies_after(parties, "forget")}[after]()
house = open_house(folder, VirtualClock(at))
erasing.erase(house, 1, Actor("helen.price"), "asked on 3 May", even_open=True)
"""


@pytest.mark.parametrize("after", ["keys", "case", "cases", "forgotten"])
def test_an_erasure_that_is_killed_at_any_step_is_carried_out_later(house: House, number: str, tmp_path: Path, after: str) -> None:
    other = open_one(house)
    house.store.close()
    words = [sys.executable, "-c", KILLED, str(tmp_path), after, house.clock.now().isoformat()]
    killed = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.getcwd()}, check=False)
    assert killed.returncode == 9, killed.stderr
    assert revealed(house, number).customer is None, "from the first step on nothing can be read"
    assert [problem.stream for problem in auditing.verify(house).problems] == ["party/1"]
    done = erasing.reapply(house)
    assert [one.failures for one in done] == [[]]
    said = [[event.data["erased"] for event in events_of(house, one) if event.kind == "erased"] for one in (number, other)]
    assert said == [[1], [1]], "once each"
    verified = auditing.verify(house)
    assert (verified.problems, verified.erased, erasing.reapply(house)) == ([], 1, [])
    erased = [event for event in accesses(house, actor=THE_SYSTEM) if event.kind == "erased"]
    assert [(event.actor, event.data["why"]) for event in erased] == [("helen.price", "asked on 3 May")]


def test_erasing_needs_the_right_a_reason_and_closed_cases(house: House, number: str) -> None:
    refusals: list[tuple[type[Exception], Callable[[], object]]] = [
        (Denied, lambda: erasing.erase(house, 1, as_("li.na"), "why", even_open=True)),
        (NotAllowed, lambda: erasing.erase(house, 1, OFFICER, "why")),
        (Invalid, lambda: erasing.erase(house, 1, OFFICER, " ")),
        (NotFound, lambda: erasing.erase(house, 99, OFFICER, "why")),
    ]
    for kind, attempt in refusals:
        with pytest.raises(kind):
            attempt()
    assert revealed(house, number).customer is not None
    refused = [event for event in accesses(house, actor=THE_SYSTEM) if event.kind == "refused"]
    assert [(event.actor, event.data["what"]) for event in refused] == [("li.na", "erase")]


def test_the_audit_says_how_many_were_erased_in_both_languages(
    house: House, number: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cli.main import main

    for words in ("完好\n", "intact\n"):
        assert audited(main, tmp_path, capsys, "zh" if words == "完好\n" else "en").endswith(words)
    erase(house)
    assert audited(main, tmp_path, capsys, "zh").endswith("完好，已删除 1 位当事人\n")
    assert audited(main, tmp_path, capsys, "en").endswith("intact, 1 party erased\n")


def audited(main: Callable[[list[str]], int], folder: Path, capsys: pytest.CaptureFixture[str], language: str) -> str:
    capsys.readouterr()
    assert main(["audit", "verify", "--house", str(folder), "--lang", language, "--as", "helen.price"]) == 0
    return capsys.readouterr().out


def test_everything_held_about_somebody_is_handed_out(house: House, number: str, tmp_path: Path) -> None:
    import json

    done = handing_out.export_party(house, number, tmp_path / "out", Reveal(OFFICER, "asked"))
    assert (done.cases, done.files) == ((number,), 1)
    whole = (tmp_path / "out" / "data.json").read_text(encoding="utf-8")
    held = json.loads(whole)
    assert all(secret in whole for secret in SECRETS[:4]) and held["party"]["name"] == CUSTOMER["name"]
    (file,) = held["cases"][0]["files"]
    assert (tmp_path / "out" / file["file"]).read_bytes() == SECRETS[4].encode()
    assert held["cases"][0]["notices"][0]["text"]
    assert [(event.data["what"], event.data["cases"]) for event in accesses(house, actor=THE_SYSTEM)] == [("export", [number])]
    with pytest.raises(Denied):
        handing_out.export_party(house, "1", tmp_path / "other", Reveal(as_("li.na")))
    with pytest.raises(Invalid):
        handing_out.export_party(house, "1", tmp_path / "out", Reveal(OFFICER))
