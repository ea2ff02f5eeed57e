"""What cases know of each other through `others(…)`: caps over a year, twice in 28 days; exact, by index, as history has it."""

import random
import subprocess
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.errors import MakegoodError, NotAllowed
from engine.ground.language import say
from engine.records import others
from engine.usecases import amending, auditing, importing, publishing
from engine.usecases.house import House
from tests import databases
from tests.houses import as_, state_of
from tests.small import DONE, HEAD, ROLES, START, do, empty_house, messages, opened, put_in_force, small_house, written

FIELDS = """
opening: {by: desk}
fields:
  customer: {type: party}
  account: {type: text, pattern: "[A-Z][0-9]{1,6}", personal: false}
  kind: {type: choice, options: [late, lost]}
  amount: {type: money, currency: GBP}
  total: {type: money, currency: GBP}
  seen: {type: number}
  paid: {type: yes_no}
  story: {type: text}
"""
PLAIN = HEAD + ROLES + FIELDS + "states:\n  first:\n    actions:\n      close: {by: desk, to: done}\n" + DONE
ASKING = HEAD + ROLES + FIELDS + """
states:
  first:
    actions:
      pay: {by: desk, require: amount, set: {paid: true}, notice: told,
            when: "others(account, paid=true, since='04-01').sum('amount') + amount <= 100"}
      look: {by: desk, set: {seen: "others(account, kind=kind, since='28 days').count", total: others(account).sum('amount')}}
      again: {by: desk, when: "others(customer, since='28 days').count >= 1"}
      close: {by: desk, to: done}
""" + DONE + "notices: {told: {to: owner, via: [email]}}\n"
TOLD = {"told.en": "Before: {{ others(account).count }} cases, {{ others(account, paid=true).sum('amount') }}"}
ROSE, MICKEY = ({"name": name, "email": f"{name}@customer.example"} for name in ("rose", "mickey"))


@pytest.fixture
def house() -> House:
    return small_house(ASKING, TOLD)[0]


def seen(house: House, number: str) -> tuple[Any, Any]:
    fields = do(house, number, "look").fields
    return fields["seen"], fields["total"]


def kept(house: House) -> list[tuple[Any, ...]]:
    with house.store.reading() as conn:
        return [tuple(row) for row in conn.execute(text("SELECT case_id, name, value FROM case_value ORDER BY case_id, name"))]


def test_cases_that_share_a_value_are_counted_and_summed_without_this_one(house: House) -> None:
    first = opened(house, account="A1", kind="late", amount="10.10")
    assert seen(house, first) == ("0", "0.00")
    opened(house, account="A1", kind="late", amount="0.20")
    opened(house, account="A1", kind="lost", amount="5")
    opened(house, account="A2", kind="late", amount="900")
    opened(house, account="A1")
    opened(house)
    assert seen(house, first) == ("1", "5.20")
    assert seen(house, opened(house, account="A1", kind="lost")) == ("1", "15.30")
    assert seen(house, opened(house, kind="lost")) == ("0", "0.00")       # no account: shared with nobody


def test_a_cap_for_the_financial_year_holds_and_begins_anew() -> None:
    house, clock = small_house(ASKING, TOLD)                              # on 2 March
    spend = [opened(house, account="A1", amount="60") for _ in range(3)]
    do(house, spend[0], "pay")
    with pytest.raises(NotAllowed, match="only possible when"):
        do(house, spend[1], "pay")
    assert do(house, spend[1], "pay", amount="40").fields["paid"] is True
    clock.move_to(datetime.fromisoformat("2026-04-01T09:00+00:00"))
    do(house, spend[2], "pay")                                            # those of March were opened before this financial year
    late = opened(house, account="A1", amount="40.01")
    do(house, late, "pay")                                                # nor was the third opened in it
    with pytest.raises(NotAllowed):
        do(house, opened(house, account="A1", amount="60"), "pay")
    assert [row.text.strip() for row in messages(house)] == [
        "Before: 2 cases, GBP 0.00", "Before: 2 cases, GBP 60.00", "Before: 2 cases, GBP 100.00", "Before: 3 cases, GBP 160.00",
    ]


def test_the_same_customer_twice_in_28_days() -> None:
    house, clock = small_house(ASKING, TOLD)
    first = opened(house, customer=ROSE)
    clock.move_to(START + timedelta(days=28, hours=10))                   # the 28th date after, whatever the hour
    second, stranger = opened(house, customer=ROSE), opened(house, customer=MICKEY)
    do(house, second, "again")
    for number in (stranger, opened(house)):
        with pytest.raises(NotAllowed):
            do(house, number, "again")
    amending.correct(house, first, as_("ann"), {"customer": MICKEY}, "mistaken")
    do(house, stranger, "again")
    with pytest.raises(NotAllowed):
        do(house, second, "again")
    clock.move_to(START + timedelta(days=29))
    with pytest.raises(NotAllowed):
        do(house, opened(house, customer={"name": "donna", "email": "d@customer.example"}), "again")


def test_the_answer_follows_every_change_of_the_other_cases(house: House) -> None:
    one, other = opened(house, account="A1", kind="late", amount="3"), opened(house, account="A1", kind="late", amount="4")
    assert seen(house, one) == ("1", "4.00")
    amending.correct(house, other, as_("ann"), {"amount": "4.50"}, "misread")
    assert seen(house, one) == ("1", "4.50")
    amending.correct(house, other, as_("ann"), {"kind": "lost"}, "misread")
    assert seen(house, one) == ("0", "4.50")
    amending.correct(house, other, as_("ann"), {"account": ""}, "misread")
    assert seen(house, one) == ("0", "0.00")
    assert auditing.verify(house).problems == []


def test_what_was_opened_later_is_not_seen_by_what_fell_due_earlier() -> None:
    procedure = ASKING + """
clocks: {wait: {within: 1 day, from: opened, until: closed, ladder: {at: due, set: {seen: others(account).count}}}}
"""
    house, clock = small_house(procedure, TOLD)
    first = opened(house, account="A1")
    opened(house, account="A1")
    clock.move_to(START + timedelta(days=3))
    opened(house, account="A1")
    amending.note(house, first, as_("ann"), "settles first")
    assert state_of(house, first).fields["seen"] == "1"


def test_other_procedures_and_other_versions_of_this_one() -> None:
    house, _ = empty_house()
    put_in_force(house, PLAIN)
    old = [opened(house, account="A1", kind="late", amount="1.50") for _ in range(3)]
    assert kept(house) == []
    put_in_force(house, ASKING.replace("procedure: small", "procedure: elsewhere"), TOLD)
    assert kept(house) == []
    put_in_force(house, ASKING, TOLD)
    assert len(kept(house)) == 9                                          # three fields of the three cases there were
    fresh = opened(house, account="A1", kind="late")
    assert seen(house, fresh) == ("3", "4.50")
    amending.correct(house, old[0], as_("ann"), {"kind": "lost"}, "on its old version it still tells others")
    assert seen(house, fresh) == ("2", "4.50")
    put_in_force(house, ASKING.replace("others(account).sum('amount')", "others(story2).sum('amount')").replace(
        "story: {type: text}", "story2: {type: text, personal: false, length: ..9}"), TOLD)
    assert seen(house, opened(house, story2="x")) == ("0", "0.00")
    assert seen(house, fresh) == ("2", "4.50")                            # by its own version, while others ask for more
    assert auditing.verify(house).problems == []


def test_a_procedure_that_asks_nothing_keeps_nothing_and_pays_nothing() -> None:
    counts = {}
    for name, procedure in (("plain", PLAIN), ("asking", ASKING)):
        house, _ = small_house(procedure, TOLD if procedure is ASKING else ())
        opened(house, account="A1", amount="1")
        with house.store.writing() as conn:
            pass
        with databases.statements(conn) as sent:        # of the transactions that follow: they have the same connection
            number = opened(house, account="A1", amount="1")
            do(house, number, "close")
        counts[name] = [one for one in sent if "case_value" in one or "asked_field" in one]
        assert bool(kept(house)) is (name == "asking")
    assert counts["plain"] == []
    assert len(counts["asking"]) <= 4                                     # forget, and one row for each field


def test_a_question_is_answered_by_index(house: House) -> None:
    opened(house, account="A1", customer=ROSE)
    asked: list[str] = []
    with house.store.writing() as conn:
        raw: Any = conn.connection.dbapi_connection
    raw.set_trace_callback(asked.append)
    seen(house, opened(house, account="A1", kind="late", customer=ROSE))
    do(house, opened(house, account="A1", customer=ROSE), "again")
    raw.set_trace_callback(None)
    questions = [one for one in asked if one.startswith("SELECT") and ("summed" in one or "count(*)" in one)]
    assert len(questions) == 3
    for question in questions:
        with house.store.reading() as conn:
            plan = [str(row[3]) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}")]
        assert plan and all(step.startswith("SEARCH") for step in plan), plan
        assert "ix_case_value (definition=? AND name=? AND value=? AND opened_at" in plan[0], plan


def test_imported_cases_are_seen(house: House, tmp_path: Path) -> None:
    from engine.defining.mapping import read_mapping

    (tmp_path / "map.yaml").write_text("bundle: small\nkey: Id\nfields: {account: Account, kind: Kind, amount: Amount}\n")
    (tmp_path / "table.csv").write_text("Id,Account,Kind,Amount\n1,A1,late,2.50\n2,A1,late,\n")
    table = importing.read_table(tmp_path / "table.csv")
    importing.import_cases(house, table, read_mapping(tmp_path / "map.yaml"), as_("ann"), source="s")
    assert seen(house, opened(house, account="A1", kind="late")) == ("2", "2.50")


def test_a_refused_action_leaves_nothing_for_others_to_see(house: House) -> None:
    number = opened(house, account="A1", amount="1")
    before = kept(house)
    with pytest.raises(MakegoodError):
        do(house, number, "pay", amount="101", account="A2")
    assert kept(house) == before


@pytest.mark.parametrize("change", [
    "UPDATE case_value SET value = '\"GBP\"' WHERE name = 'amount'", "DELETE FROM case_value WHERE name = 'account'",
    "INSERT INTO case_value SELECT case_id, 'story', value, definition, opened_at FROM case_value WHERE name = 'account'",
    "UPDATE case_value SET opened_at = '2020-01-01 00:00:00.000000'", "DELETE FROM asked_field WHERE name = 'amount'",
])
def test_verification_finds_what_others_were_told_wrongly(house: House, change: str) -> None:
    number = opened(house, account="A1", amount="1")
    assert auditing.verify(house).problems == []
    with house.store.writing() as conn:
        conn.execute(text(change))
    house.store.cache.clear()
    (problem,) = auditing.verify(house).problems
    assert problem.stream == f"case/{number}" and problem.what == say("what other cases are told of it is not what its history makes of it")


@pytest.mark.parametrize("seed", range(3))
def test_answers_are_those_of_a_count_over_all_cases_whatever_happened(house: House, seed: int) -> None:
    chance = random.Random(seed)
    numbers: list[str] = []
    for _ in range(60):
        given = {name: chance.choice(options) for name, options in (
            ("account", ["A1", "A2"]), ("kind", ["late", "lost"]), ("amount", ["0.10", "33.33"])) if chance.random() < 0.7}
        if len(numbers) < 4 or chance.random() < 0.3:
            numbers.append(opened(house, **given))
        elif given:
            with suppress(MakegoodError):
                amending.correct(house, chance.choice(numbers), as_("ann"), given, "x")
    cases = {number: state_of(house, number).fields for number in numbers}
    for number, own in cases.items():
        alike = [one for other, one in cases.items() if other != number and own.get("account") and one.get("account") == own["account"]]
        of_kind = [one for one in alike if own.get("kind") and one.get("kind") == own["kind"]]
        total = sum(round(float(one.get("amount") or 0) * 100) for one in alike)
        assert seen(house, number) == (str(len(of_kind)), f"{total / 100:.2f}")
    assert auditing.verify(house).problems == []


def test_publishing_fills_in_what_the_cases_there_hold_at_once_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house, _ = empty_house()
    bundle = written(tmp_path, PLAIN)
    publishing.publish(house, bundle, Actor("carl"))
    for n in range(5):
        opened(house, account=f"A{n}", amount="1")
    written(tmp_path, ASKING, TOLD)
    with monkeypatch.context() as patch:
        patch.setattr(others, "kept_values", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publishing.publish(house, bundle, Actor("carl"))
    assert kept(house) == [] and others_asked(house) == set()
    assert publishing.publish(house, bundle, Actor("carl")).version == 2
    assert len(kept(house)) == 10 and others_asked(house) == {"account", "paid", "amount", "kind", "customer"}
    assert publishing.publish(house, bundle, Actor("carl")).unchanged and len(kept(house)) == 10


def others_asked(house: House) -> set[str]:
    with house.store.reading() as conn:
        return set(conn.execute(text("SELECT name FROM asked_field WHERE definition = 'small'")).scalars())


def test_scenarios_know_other_cases_as_a_house_does(tmp_path: Path) -> None:
    story = """\
        scenario: the cap
        at: 2026-03-02 10:00
        steps:
          - open: {by: ann, with: {account: A1, amount: 60}, as: a}
          - open: {by: ann, with: {account: A1, amount: 60}, as: b}
          - do: {action: pay, by: ann, case: a}
          - refuse: {action: pay, by: ann, case: b, because: when}
          - at: 2026-04-02 10:00
          - do: {action: pay, by: ann, case: b}
        """
    house, _ = empty_house()
    assert publishing.publish(house, written(tmp_path, ASKING, TOLD, {"cap": story}), Actor("carl")).scenarios == 1


RACER = """
import sys, time
from pathlib import Path
from engine.deciding.rights import Actor
from engine.ground.clock import VirtualClock
from engine.ground.errors import MakegoodError
from engine.usecases import acting
from engine.usecases.house import House, open_house
from tests.small import START
folder, number, start = sys.argv[1:]
house = open_house(Path(folder), VirtualClock(START))
acting.possible(house, number, Actor("ann"))
while time.time() < float(start):
    pass
try:
    acting.act(house, number, "pay", Actor("ann"), {})
    print("paid")
except MakegoodError as error:
    print(error.kind)
"""


def test_two_cases_that_act_at_once_do_not_both_fit_under_the_cap(tmp_path: Path) -> None:
    import time

    from engine.ground.clock import VirtualClock
    from engine.usecases.house import Settings

    place = databases.place(tmp_path)
    (tmp_path / "makegood.toml").write_text(place.settings(), encoding="utf-8")
    house = House(place.store(), VirtualClock(START), Settings(folder=tmp_path))
    bundle = written(tmp_path, ASKING, TOLD)
    publishing.apply_organisation(house, tmp_path / "organisation.yaml", THE_SYSTEM)
    publishing.publish(house, bundle, THE_SYSTEM)
    numbers = [opened(house, account="A1", amount="60") for _ in range(2)]
    start = str(time.time() + 4)
    racers = [subprocess.Popen([sys.executable, "-c", RACER, str(tmp_path), number, start], cwd=Path(__file__).parent.parent.parent,
                               stdout=subprocess.PIPE, text=True) for number in numbers]
    assert sorted(racer.communicate(timeout=60)[0].strip() for racer in racers) == ["NotAllowed", "paid"]
