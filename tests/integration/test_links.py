"""What customers do themselves: one action of one case, by a code that counts once."""

import multiprocessing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.ground.errors import Denied, Invalid, MakegoodError, NotAllowed, NotFound
from engine.usecases import amending, auditing, erasing, links
from engine.usecases.accesses import accesses
from engine.usecases.house import House, Settings, read_settings
from tests import databases
from tests.commands import Terminal, opened
from tests.commands import small_house as house_on_disk
from tests.houses import as_, events_of, state_of
from tests.small import CUSTOMER, START, do, dump, organised, put_in_force, refused, small_house
from tests.small import opened as open_one

PROCEDURE = dedent("""\
    procedure: small
    title: {en: Small complaints}
    number: "S-{serial}"
    calendar: office
    languages: [en]
    contact: {en: "telephone 1234"}
    fields:
      customer: {type: party, required: true}
      answer: {type: text, title: {en: Your answer}}
      loss: {type: money, currency: EUR}
      photo: {type: file}
    roles: {desk: {}}
    opening: {by: desk}
    states:
      new:
        actions:
          ask:  {by: desk, to: asked}
          shut: {by: desk, to: done}
      asked:
        title: {en: Waiting for you}
        awaits: customer
        tasks:
          confirm: {by: customer}
        actions:
          answered: {by: [desk, customer], to: new, require: [answer], title: {en: answer our question}}
          pay: {by: desk, require: [loss]}
          accept: {by: customer, to: done, when: loss}
      done: {final: true}
    """)


@pytest.fixture
def case() -> tuple[House, VirtualClock, str]:
    """A case that waits for its customer."""
    house, clock = small_house(PROCEDURE)
    number = open_one(house, customer=CUSTOMER)
    do(house, number, "ask")
    return house, clock, number


def link(house: House, number: str, action: str = "answered", **more: str) -> str:
    return links.give_out(house, number, action, as_("ann"), **more).code


def test_a_customer_takes_the_action_that_the_link_is_for(case: tuple[House, VirtualClock, str]) -> None:
    house, clock, number = case
    code = link(house, number)
    seen = links.look(house, code)
    assert (seen.case, seen.procedure, seen.state, seen.action) == (number, "Small complaints", "Waiting for you", "answer our question")
    assert (seen.fields, seen.possible, seen.contact) == ({"answer": "Your answer", "comment": "comment"}, True, "telephone 1234")
    assert seen.expires_at == clock.now() + timedelta(days=14)
    links.use(house, code, {"answer": "it was wet", "comment": "sorry"})
    event = events_of(house, number)[-1]
    assert (event.actor, event.identified, event.data["act"], state_of(house, number).state) == ("customer", "link", "answered", "new")
    assert [one.kind for one in accesses(house, actor=THE_SYSTEM)] == ["link_used", "link_made"] and auditing.verify(house).problems == []


def test_a_link_counts_once(case: tuple[House, VirtualClock, str]) -> None:
    house, _, number = case
    code = link(house, number)
    links.use(house, code, {"answer": "it was wet"})
    do(house, number, "ask")
    state = state_of(house, number)
    for again in (lambda: links.use(house, code, {"answer": "no, dry"}), lambda: links.look(house, code)):
        with pytest.raises(Denied):
            again()
        assert (accesses(house, actor=THE_SYSTEM)[0].kind, accesses(house, actor=THE_SYSTEM)[0].data) == ("link_failed", {"why": ["ended"]})
    assert state_of(house, number) == state and links.links(house, number, as_("ann")) == []


def test_a_task_can_be_finished_by_a_link(case: tuple[House, VirtualClock, str]) -> None:
    house, _, number = case
    links.use(house, link(house, number, "confirm"), {})
    assert state_of(house, number).tasks["confirm"].status == "done"


def test_what_is_refused_leaves_the_link_unused(case: tuple[House, VirtualClock, str]) -> None:
    house, _, number = case
    code = link(house, number)
    assert "answer" in refused(house, Invalid, 3, lambda: links.use(house, code, {})).message
    error = refused(house, Invalid, 3, lambda: links.use(house, code, {"answer": "x", "loss": "1"}))
    assert error.facts["expected"] == ["answer", "comment"]
    do(house, number, "answered", answer="by telephone")
    moved = refused(house, NotAllowed, 5, lambda: links.use(house, code, {"answer": "x"}))
    assert (moved.message, moved.hint) == ("S-1: this is not possible as the case stands now", "telephone 1234")
    assert links.look(house, code).possible is False
    do(house, number, "ask")
    links.use(house, code, {"answer": "at last"})


def test_a_link_ends_with_its_time(case: tuple[House, VirtualClock, str]) -> None:
    house, clock, number = case
    code = link(house, number, expires="2 days")
    clock.move_to(clock.now() + timedelta(days=2))
    with pytest.raises(Denied):
        links.use(house, code, {"answer": "late"})
    assert [line.expired for line in links.links(house, number, as_("ann"))] == [True]


def test_a_revoked_link_does_not_count(case: tuple[House, VirtualClock, str]) -> None:
    house, _, number = case
    code = link(house, number)
    (line,) = links.links(house, number, as_("ann"))
    assert (line.action, line.created_by, line.created_at) == ("answered", "ann", START)
    refused(house, NotFound, 4, lambda: links.revoke(house, number, as_("ann"), line.id + 1))
    links.revoke(house, number, as_("ann"), line.id)
    with pytest.raises(Denied):
        links.use(house, code, {"answer": "x"})


def test_a_link_is_bound_to_the_customer_it_was_made_for(case: tuple[House, VirtualClock, str]) -> None:
    house, _, number = case
    code = link(house, number)
    amending.correct(house, number, as_("ann"), {"customer": {"name": "Martha Jones", "email": "martha@customer.example"}}, "a mix-up")
    refused(house, Denied, 6, lambda: links.use(house, code, {"answer": "x"}))


def test_erasing_the_customer_ends_what_was_given_to_them(case: tuple[House, VirtualClock, str]) -> None:
    house, _, number = case
    code = link(house, number)
    party = state_of(house, number).party
    assert party is not None
    erasing.erase(house, party, replace(as_("dora"), identified="password"), "asked", even_open=True)
    with pytest.raises(Denied):
        links.use(house, code, {"answer": "x"})
    assert links.links(house, number, as_("ann")) == [] and events_of(house, number)[-1].identified == "password"


@pytest.mark.parametrize("action", ["ask", "pay", "none", "'; DROP TABLE credential"])
def test_links_are_made_only_for_what_the_customer_may_do(case: tuple[House, VirtualClock, str], action: str) -> None:
    house, _, number = case
    error = refused(house, NotAllowed, 5, lambda: link(house, number, action))
    assert error.facts["possible"] == ["answered", "accept", "confirm"]


def test_links_are_made_listed_and_revoked_only_by_who_takes_part(case: tuple[House, VirtualClock, str]) -> None:
    house, _, number = case
    link(house, number)
    (line,) = links.links(house, number, as_("ann"))
    eve = as_("eve")
    for what in (
        lambda: links.give_out(house, number, "answered", eve), lambda: links.links(house, number, eve),
        lambda: links.revoke(house, number, eve, line.id),
    ):
        refused(house, Denied, 6, what)


def test_no_link_into_a_closed_case_nor_for_half_a_year(case: tuple[House, VirtualClock, str]) -> None:
    house, _, number = case
    refused(house, Invalid, 3, lambda: link(house, number, expires="181 days"))
    do(house, number, "answered", answer="x")
    do(house, number, "shut")
    refused(house, NotAllowed, 5, lambda: link(house, number))


def test_guessing_codes_soon_meets_a_closed_door_and_nothing_is_told(case: tuple[House, VirtualClock, str]) -> None:
    house, clock, number = case
    code = link(house, number)
    for n in range(22):
        with pytest.raises(Denied) as error:
            links.use(house, f"{n:040x}", {})
        assert number not in error.value.message + str(error.value.facts)
    assert error.value.facts["why"] == "blocked"
    with pytest.raises(Denied):
        links.use(house, code, {"answer": "x"})
    clock.move_to(clock.now() + timedelta(seconds=61))
    links.use(house, code, {"answer": "x"})


def test_a_customer_learns_no_names_of_staff(case: tuple[House, VirtualClock, str]) -> None:
    house, _, number = case
    code = link(house, number)
    put_in_force(house, PROCEDURE.replace("by: [desk, customer]", "by: desk"))
    from engine.usecases.migrating import Wanted, migrate

    migrate(house, [number], Wanted(as_("ann"), "stricter", None, {}, {}, False))
    error = refused(house, NotAllowed, 5, lambda: links.use(house, code, {"answer": "x"}))
    assert "ann" not in error.message + error.hint + str({**error.facts, "case": "", "action": ""})


def test_an_address_is_made_where_the_settings_name_one(case: tuple[House, VirtualClock, str], tmp_path: Path) -> None:
    house, _, number = case
    there = replace(house, settings=replace(house.settings, links="https://desk.example/c/"))
    made = links.give_out(there, number, "answered", as_("ann"))
    assert made.link == "https://desk.example/c/" + made.code
    (tmp_path / "makegood.toml").write_text('links = "javascript:"\n', encoding="utf-8")
    with pytest.raises(Invalid):
        read_settings(tmp_path)


# --- two at once -------------------------------------------------------------------------------------------------------------


def _use(place: databases.Place, code: str, n: int, go: Any, told: Any) -> None:
    house = House(place.store(), VirtualClock(START), Settings(folder=Path()))
    go.wait()
    try:
        links.use(house, code, {"answer": f"answer {n}"})
        told.put("used")
    except MakegoodError as error:
        told.put(error.kind)


def test_of_several_at_once_one_wins(tmp_path: Path) -> None:
    place = databases.place(tmp_path, organised)
    house = House(place.store(), VirtualClock(START), Settings(folder=tmp_path))
    put_in_force(house, PROCEDURE.replace("to: new, require", "require"))     # the case stays: only the code can refuse the others
    number = open_one(house, customer=CUSTOMER)
    do(house, number, "ask")
    code = link(house, number)
    context = multiprocessing.get_context("spawn")
    go, told = context.Barrier(4), context.Queue()
    several = [context.Process(target=_use, args=(place, code, n, go, told)) for n in range(4)]
    for one in several:
        one.start()
    answers = sorted(told.get(timeout=60) for _ in several)
    for one in several:
        one.join()
    assert answers == ["Denied"] * 3 + ["used"]
    assert [event.data["act"] for event in events_of(house, number) if event.actor == "customer"] == ["answered"]


# --- at the terminal ---------------------------------------------------------------------------------------------------------


def test_from_the_desk_to_the_customer(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(house_on_disk(tmp_path), capsys, monkeypatch)
    number = opened(terminal)
    assert "nothing that the customer could do" in terminal("customer", "link", number, "take", code=5).err
    procedure = tmp_path / "bundles" / "small" / "procedure.yaml"
    text = procedure.read_text(encoding="utf-8")
    procedure.write_text(text.replace("take:   {by: desk,", "take:   {by: [desk, customer],"), encoding="utf-8")
    terminal("definition", "publish", str(procedure.parent), "--as", "dora")
    number = opened(terminal)
    code = terminal("customer", "link", number, "take", "--json").json["code"]
    assert "Take up" in terminal("customer", "show", code).out and "您可以" in terminal("customer", "show", code, "--lang", "zh").out
    assert terminal("customer", "links", number, "--json").json["links"][0]["action"] == "take"
    before = dump_of(terminal)
    terminal("customer", "act", "0" * 40, code=6)
    assert dump_of(terminal) == before
    assert terminal("customer", "act", code, "--comment", "yes please").out == f"{number}: done, thank you\n"
    assert "the customer (link): Take up" in terminal("case", "history", number).out
    terminal("customer", "link", number, "take")
    terminal("customer", "revoke", number, str(terminal("customer", "links", number, "--json").json["links"][0]["id"]))
    assert "No links." in terminal("customer", "links", number).out
    terminal("customer", "revoke", number, "1", code=4)


def dump_of(terminal: Terminal) -> list[str]:
    return [line for line in terminal.dump() if not line.startswith("guess")]


def test_nothing_but_the_record_and_the_count_of_guesses_changes(case: tuple[House, VirtualClock, str]) -> None:
    house, _, number = case
    link(house, number)
    before = dump(house)
    with pytest.raises(Denied):
        links.look(house, "x")
    after = dump(house)
    assert {name for name in before if before[name] != after[name]} == {"event", "guess"}
