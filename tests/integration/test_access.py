"""The stream of accesses: what was refused for reasons of rights, by whom, when; verified and anchored as all history is."""

from datetime import timedelta
from pathlib import Path

import pytest

from engine.deciding.rights import THE_SYSTEM
from engine.ground.errors import Conflict, Denied, Invalid, NotAllowed
from engine.records.history import EVENT
from engine.usecases import acting, amending, auditing, opening, postponing
from engine.usecases.access import note_access
from engine.usecases.accesses import access_words, accesses
from tests import databases
from tests.commands import Terminal, opened, small_house
from tests.houses import as_, house_in, memory_house, open_one
from tests.small import refused


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(small_house(tmp_path), capsys, monkeypatch)


def test_a_refusal_names_who_what_which_case_and_why() -> None:
    house, clock = memory_house()
    number = open_one(house)
    refused(house, Denied, 6, lambda: acting.act(house, number, "acknowledge", as_("sun.hao")))
    (event,) = accesses(house, actor=THE_SYSTEM)
    assert (event.stream, event.kind, event.actor, event.occurred_at) == ("access", "refused", "sun.hao", clock.now())
    assert event.data == {"what": "acknowledge", "case": number, "why": ["role", "require"]}
    assert access_words(event) == ("was refused", f"case {number}; what acknowledge; why role, require")


def test_every_door_records_its_refusals() -> None:
    house, _ = memory_house()
    number = open_one(house)
    given = {"region": "domestic"}
    for what, try_ in (
        ("note", lambda: amending.note(house, number, as_("sanne.visser"), "x")),
        ("correct", lambda: amending.correct(house, number, as_("sanne.visser"), given, "x")),
        ("pause", lambda: postponing.pause(house, number, as_("sanne.visser"), None, "x")),
        ("open", lambda: opening.open_case(house, "product-complaint", as_("sanne.visser"), given)),
    ):
        refused(house, Denied, 6, try_)
        assert accesses(house, actor=THE_SYSTEM)[0].data["what"] == what


def test_what_is_refused_for_other_reasons_is_no_matter_of_access() -> None:
    house, _ = memory_house()
    number = open_one(house)
    refused(house, NotAllowed, 5, lambda: acting.act(house, number, "no_such_action", as_("li.na")))
    refused(house, Invalid, 3, lambda: acting.act(house, number, "acknowledge", as_("li.na"), {"nothing": "of that name"}))
    assert accesses(house, actor=THE_SYSTEM) == []


def test_several_cases_at_once_are_refused_in_one_entry_and_the_rest_of_the_transaction_stays() -> None:
    house, _ = memory_house()
    told: list[object] = []
    batch = [("a", {"region": "domestic"}), ("b", {"region": "domestic"})]
    opening.open_many(house, "product-complaint", as_("sanne.visser"), batch, lambda origin, result: told.append(type(result)))
    assert told == [Denied, Denied]
    (event,) = accesses(house, actor=THE_SYSTEM)
    assert event.data == {"what": "open", "definition": "product-complaint", "why": ["role"]}


def test_accesses_can_be_chosen_by_kind_person_and_time() -> None:
    house, clock = memory_house()
    first = clock.now()
    for who in ("li.na", "sun.hao", "li.na"):
        note_access(house, "refused", as_(who), {"what": "note"})
        clock.move_to(clock.now() + timedelta(hours=1))
    note_access(house, "revealed", as_("li.na", "sun.hao"), {"party": 1})
    assert [event.seq for event in accesses(house, actor=THE_SYSTEM)] == [4, 3, 2, 1]
    assert [event.seq for event in accesses(house, kinds=["revealed"], actor=THE_SYSTEM)] == [4]
    assert [event.seq for event in accesses(house, person="sun.hao", actor=THE_SYSTEM)] == [4, 2]
    within = accesses(house, since=first + timedelta(hours=1), until=first + timedelta(hours=3), actor=THE_SYSTEM)
    assert [event.seq for event in within] == [3, 2]
    assert [event.seq for event in accesses(house, limit=1, actor=THE_SYSTEM)] == [4]


def test_accesses_are_verified_anchored_and_cannot_be_changed(tmp_path: Path) -> None:
    house, _ = house_in(tmp_path)
    number = open_one(house)
    with pytest.raises(Denied):
        acting.act(house, number, "acknowledge", as_("sun.hao"))
    assert '"stream":"access"' in auditing.anchor(house).read_text(encoding="utf-8")
    assert auditing.verify(house).problems == []
    with pytest.raises(Conflict), house.store.writing() as conn:
        conn.execute(EVENT.delete().where(EVENT.c.stream == "access"))
    with databases.forging(house.store) as conn:     # whoever holds the database takes the triggers away first
        conn.execute(EVENT.delete().where(EVENT.c.stream == "access"))
    assert [(one.stream, one.seq) for one in auditing.verify(house).problems] == [("access", 1)]


def test_the_command_shows_them_in_both_languages_and_as_json(terminal: Terminal) -> None:
    number = opened(terminal)
    terminal("case", "act", number, "refuse", "--comment", "no", code=6)
    said = terminal("audit", "access", "--as", "dora", "--kind", "refused", "--person", "ann").out
    assert f"ann: was refused  (case {number}; what refuse; why role)" in said
    assert "被拒绝" in terminal("audit", "access", "--as", "dora", "--lang", "zh").out
    (event,) = terminal("audit", "access", "--as", "dora", "--kind", "refused", "--json").json["events"]
    assert (event["actor"], event["kind"], event["data"]["why"]) == ("ann", "refused", ["role"])
    assert terminal("audit", "access", "--as", "dora", "--kind", "refused", "--person", "bob").out == "Nothing of that kind happened.\n"
