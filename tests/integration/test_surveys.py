"""Asking customers by questionnaires: who is asked, how they answer once, who is never asked again, and what remains of answers."""

import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from sqlalchemy import select

from engine.deciding.rights import THE_SYSTEM
from engine.deciding.survey_record import Became
from engine.ground.clock import VirtualClock
from engine.ground.errors import Denied, Invalid, NotAllowed, NotFound
from engine.records import tables
from engine.usecases import answering, auditing, erasing, handing_out, links, publishing
from engine.usecases.accesses import accesses
from engine.usecases.classing import classify
from engine.usecases.house import House, open_house
from engine.usecases.reading import history_of
from engine.usecases.revealing import Reveal
from tests.houses import DEFINITIONS, as_, events_of, state_of
from tests.small import CUSTOMER, ORGANISATION, START, do, empty_house, messages, refused, written
from tests.small import opened as open_one

PROCEDURE = dedent("""\
    procedure: small
    title: {en: Small complaints}
    number: "S-{serial}"
    calendar: office
    languages: [en]
    contact: {en: "telephone 1234"}
    fields:
      customer: {type: party}
      channel: {type: choice, options: [phone, web]}
    roles: {desk: {}, lab: {}}
    opening: {by: desk}
    states:
      new:
        actions:
          settle: {by: desk, to: done, survey: after}
      done:
        final: true
        actions:
          reopen: {by: desk, to: new}
    """)
SURVEY = dedent("""\
    title: {en: How did we do?}
    levels: [{en: bad}, {en: fair}, {en: good}]
    invitation: {en: Tell us how we handled your complaint.}
    opt_out: {en: "Say no once, and we never ask again."}
    via: email
    by: lab
    comment: {en: Anything else?}
    closes: 10 days
    factors:
      speed:
        title: {en: Speed}
        items:
          quick: {ask: {en: Were we quick?}, expected: {en: How quick should we be?}}
      manners:
        items: {polite: {en: Were we polite?}, clear: {en: Were we clear?}}
    """)


def survey_house(folder: Path, survey: str = SURVEY, procedure: str = PROCEDURE) -> tuple[House, VirtualClock]:
    """A house in memory whose bundle asks customers by that questionnaire, published as by the command."""
    house, clock = empty_house()
    place = written(folder, procedure)
    (place / "surveys").mkdir(exist_ok=True)
    (place / "surveys" / "after.yaml").write_text(survey, encoding="utf-8")
    publishing.publish(house, place, THE_SYSTEM)
    return house, clock


@pytest.fixture
def house(tmp_path: Path) -> House:
    return survey_house(tmp_path)[0]


def settled(house: House, **given: Any) -> str:
    """A case that was settled, so that its customer is asked."""
    number = open_one(house, **{"customer": CUSTOMER, **given})
    do(house, number, "settle")
    return number


def code_of(house: House, number: str, notice: str = "survey") -> str:
    """The code in the invitation of a case."""
    text: str = next(one.text for one in reversed(messages(house, number)) if one.name == notice)
    return next(word for line in text.splitlines() for word in line.split() if len(word) == 40)


def rows(house: House) -> list[Any]:
    with house.store.reading() as conn:
        return list(conn.execute(select(tables.SURVEYED)))


ANSWERS = {"quick": 3, "quick.expected": 2, "polite": "good", "clear": "1", "comment": "lovely people"}


def test_a_customer_is_invited_and_answers_once(house: House) -> None:
    number = settled(house)
    (invitation,) = messages(house, number)
    assert (invitation.name, invitation.via, invitation.subject) == ("survey", "email", "How did we do?")
    assert "Tell us how we handled your complaint." in invitation.text and "never ask again" in invitation.text
    code = code_of(house, number)
    seen = answering.look(house, code)
    assert (seen.title, seen.levels, seen.comment) == ("How did we do?", ("bad", "fair", "good"), "Anything else?")
    assert [(one.name, one.factor) for one in seen.questions] == [
        ("quick.expected", "Speed"), ("quick", "Speed"), ("polite", "manners"), ("clear", "manners")]
    answering.answer_by_code(house, code, ANSWERS)
    run = state_of(house, number).surveys["after"]
    assert (run.became, run.via, run.scores, run.expected) == (Became.ANSWERED, "link", {"quick": 3, "polite": 3, "clear": 1}, {"quick": 2})
    event = events_of(house, number)[-1]
    assert (event.kind, event.actor, event.identified) == ("survey_answered", "customer", "link") and "lovely" not in str(event.data)
    for again in (lambda: answering.answer_by_code(house, code, ANSWERS), lambda: answering.look(house, code)):
        with pytest.raises(Denied):
            again()
    assert auditing.verify(house).problems == []


def test_history_tells_who_was_asked_and_who_answered(house: House) -> None:
    number = settled(house)
    answering.answer_by_code(house, code_of(house, number), {"quick": 1})
    lines = history_of(house, number, as_("ann"))[0]
    assert "questionnaire How did we do?: asked" in lines[-2].details
    assert (lines[-1].what, lines[-1].details) == ("answered the questionnaire How did we do?", ())


def test_what_is_wrong_leaves_the_code_unused(house: House) -> None:
    number = settled(house)
    code = code_of(house, number)
    for wrong in ({}, {"quick": 4}, {"quick": "so so"}, {"fast": 1}, {"comment": "only words"}, {"quick": True}, {"polite.expected": 1}):
        refused(house, Invalid, 3, lambda wrong=wrong: answering.answer_by_code(house, code, wrong))
    answering.answer_by_code(house, code, {"clear": 2, "quick": None, "polite": ""})
    assert state_of(house, number).surveys["after"].scores == {"clear": 2}


def test_no_answer_is_taken_after_the_questionnaire_closed(tmp_path: Path) -> None:
    house, clock = survey_house(tmp_path)
    number = settled(house)
    code = code_of(house, number)
    clock.move_to(START + timedelta(days=10))
    with pytest.raises(Denied):
        answering.answer_by_code(house, code, ANSWERS)
    refused(house, NotAllowed, 5, lambda: answering.answer_for(house, number, "after", as_("bob"), {"quick": 1}))


def test_invitation_and_reminder_wait_for_their_time(tmp_path: Path) -> None:
    house, _ = survey_house(tmp_path, SURVEY + "after: 1 day\nremind: 3 days\n")
    number = settled(house)
    first, second = messages(house, number)
    assert [(one.name, one.fire_at - START) for one in (first, second)] == [
        ("survey", timedelta(days=1)), ("survey_reminder", timedelta(days=4))]
    assert state_of(house, number).surveys["after"].closes_at == START + timedelta(days=11)
    assert code_of(house, number) == code_of(house, number, "survey_reminder")
    answering.answer_by_code(house, code_of(house, number), {"quick": 1})
    assert [one.status for one in messages(house, number)] == ["cancelled", "cancelled"]


def test_only_those_whom_the_questionnaire_names_enter_answers_from_the_telephone(house: House) -> None:
    number = settled(house)
    refused(house, Denied, 6, lambda: answering.answer_for(house, number, "after", as_("ann"), {"quick": 1}))
    refused(house, NotFound, 4, lambda: answering.answer_for(house, number, "before", as_("bob"), {"quick": 1}))
    answering.answer_for(house, number, "after", as_("bob"), {"quick": 1})
    with pytest.raises(Denied):
        answering.answer_by_code(house, code_of(house, number), {"quick": 3})
    assert state_of(house, number).surveys["after"].via == "phone"
    refused(house, NotAllowed, 5, lambda: answering.answer_for(house, number, "after", as_("bob"), {"quick": 1}))


def test_a_table_of_answers_is_taken_row_by_row(house: House, tmp_path: Path) -> None:
    numbers = [settled(house) for _ in range(3)]
    table = tmp_path / "answers.csv"
    table.write_text(f"case,quick,polite,comment\n{numbers[0]},3,good,fine\n{numbers[1]},9,good,\nS-99,1,1,\n{numbers[2]},,2,\n")
    taken = answering.answers_from(house, "after", table, as_("bob"))
    assert taken.answered == 2 and [line for line, _ in taken.bad] == [3, 4]
    assert answering.answers_from(house, "after", table, as_("bob")).answered == 0
    assert state_of(house, numbers[2]).surveys["after"].scores == {"polite": 2}


def test_who_says_no_is_never_asked_again(house: House) -> None:
    number, other = settled(house), settled(house)
    run = answering.decline_by_code(house, code_of(house, number))
    assert run.became is Became.DECLINED and accesses(house, actor=THE_SYSTEM)[0].kind == "asked_no_more"
    assert [one.status for one in messages(house, other)] == ["cancelled"]
    third = settled(house)
    assert state_of(house, third).surveys["after"].became is Became.OPTED_OUT and messages(house, third) == []
    assert answering.ask_no_more(house, third, as_("ann"), again=True)
    assert not answering.ask_no_more(house, third, as_("ann"), again=True)
    assert state_of(house, settled(house)).surveys["after"].became is Became.ASKED


def test_staff_keep_that_a_customer_does_not_want_to_be_asked(house: House) -> None:
    number = settled(house)
    refused(house, Denied, 6, lambda: answering.ask_no_more(house, number, as_("eve")))
    assert answering.ask_no_more(house, number, as_("ann"))
    assert state_of(house, number).surveys["after"].became is Became.DECLINED
    with pytest.raises(Denied):
        answering.look(house, code_of(house, number))


def test_without_a_customer_nobody_is_asked(house: House) -> None:
    number = open_one(house)
    do(house, number, "settle")
    assert state_of(house, number).surveys["after"].became is Became.NOBODY
    refused(house, NotAllowed, 5, lambda: answering.ask_no_more(house, number, as_("ann")))


def test_a_questionnaire_that_still_waits_is_not_sent_twice(tmp_path: Path) -> None:
    house, clock = survey_house(tmp_path)
    number = settled(house)
    do(house, number, "reopen")
    do(house, number, "settle")
    assert len(messages(house, number)) == 1 and state_of(house, number).surveys["after"].n == 1
    clock.move_to(START + timedelta(days=11))
    do(house, number, "reopen")
    do(house, number, "settle")
    assert len(messages(house, number)) == 2 and state_of(house, number).surveys["after"].n == 2
    assert [(row.n, row.became) for row in rows(house)] == [(1, "asked"), (2, "asked")]


def test_the_sample_is_the_same_each_time_and_of_its_size(tmp_path: Path) -> None:
    sample = "sample: [{when: channel == 'web', share: 100%}, 30%]\n"
    drawn = []
    for turn in ("a", "b"):
        house, _ = survey_house(tmp_path / turn, SURVEY + sample)
        numbers = [settled(house, channel="web" if n % 4 == 0 else "phone") for n in range(100)]
        drawn.append([state_of(house, number).surveys["after"] for number in numbers])
    assert drawn[0] == drawn[1]
    web, phone = drawn[0][::4], [run for n, run in enumerate(drawn[0]) if n % 4]
    assert {(run.became, run.stratum, run.share) for run in web} == {(Became.ASKED, 0, "100")}
    assert {(run.became, run.stratum, run.share) for run in phone} == {(Became.ASKED, 1, "30"), (Became.PASSED, 1, "30")}
    assert 12 <= sum(run.became is Became.ASKED for run in phone) <= 33


def test_a_sample_is_stratified_by_the_class_of_the_customer(tmp_path: Path) -> None:
    sample = "sample: [{when: customer.class == 'key', share: 100%}, {share: 0.01%}]\n"
    house, _ = survey_house(tmp_path, SURVEY + sample)
    rules = tmp_path / "organisation.yaml"
    rules.write_text(ORGANISATION + "classes: {key: {when: cases >= 2}, ordinary: {}}\n", encoding="utf-8")
    publishing.apply_organisation(house, rules, THE_SYSTEM)
    first = settled(house)
    for _ in range(2):
        classify(house, THE_SYSTEM)
        last = settled(house)
    strata = [(run.stratum, run.share) for run in (state_of(house, number).surveys["after"] for number in (first, last))]
    assert strata == [(1, "0.01"), (0, "100")]


def test_scores_outlive_the_person_and_words_do_not(house: House) -> None:
    number = settled(house)
    answering.answer_by_code(house, code_of(house, number), ANSWERS)
    party = state_of(house, number).party
    assert party is not None
    erasing.erase(house, party, as_("dora"), "asked")
    assert state_of(house, number).surveys["after"].scores["quick"] == 3 and rows(house)[0].answers is not None
    lines = history_of(house, number, as_("ann"))[0]
    assert not any("lovely" in detail for line in lines for detail in line.details)
    assert auditing.verify(house).problems == []


def test_what_somebody_answered_is_handed_out(house: House, tmp_path: Path) -> None:
    number = settled(house)
    answering.answer_by_code(house, code_of(house, number), ANSWERS)
    handing_out.export_party(house, number, tmp_path / "out", Reveal(as_("carl"), "asked"))
    (case,) = json.loads((tmp_path / "out" / "data.json").read_text(encoding="utf-8"))["cases"]
    assert case["surveys"]["after"]["scores"] == {"quick": 3, "polite": 3, "clear": 1} and "lovely people" in str(case["history"])


def test_erasing_ends_what_was_asked(house: House) -> None:
    number = settled(house)
    code, party = code_of(house, number), state_of(house, number).party
    assert party is not None
    erasing.erase(house, party, as_("dora"), "asked", even_open=True)
    with pytest.raises(Denied):
        answering.answer_by_code(house, code, ANSWERS)


def test_codes_for_questions_and_for_actions_are_not_mixed_up(house: House) -> None:
    code = code_of(house, settled(house))
    for other in (lambda: links.look(house, code), lambda: links.use(house, code, {})):
        refused(house, NotAllowed, 5, other)


RACER = """
import sys, time
from pathlib import Path
from engine.ground.clock import VirtualClock
from engine.ground.errors import MakegoodError
from engine.usecases import answering
from engine.usecases.house import open_house
from tests.small import START
folder, code, level, start = sys.argv[1:]
house = open_house(Path(folder), VirtualClock(START))
try:
    answering.look(house, code)         # everything imported and read before the start
    while time.time() < float(start):
        pass
    answering.answer_by_code(house, code, {"quick": level})
    print("taken", level)
except MakegoodError as error:
    print(error.kind, error.exit_code)
"""


def test_two_real_processes_with_one_code_give_one_answer(tmp_path: Path) -> None:
    from tests.commands import small_house as house_on_disk

    folder = house_on_disk(tmp_path / "on_disk")
    house = open_house(folder, VirtualClock(START))
    place = written(tmp_path / "bundles", PROCEDURE)
    (place / "surveys").mkdir()
    (place / "surveys" / "after.yaml").write_text(SURVEY, encoding="utf-8")
    publishing.publish(house, place, THE_SYSTEM)
    number = settled(house)
    code, start = code_of(house, number), str(time.time() + 5)
    racers = [
        subprocess.Popen([sys.executable, "-c", RACER, str(folder), code, level, start], cwd=DEFINITIONS.parent, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
        for level in ("1", "3")
    ]
    said = [racer.communicate(timeout=90) for racer in racers]
    assert all(error == "" for _, error in said), said
    won, lost = sorted((out.strip() for out, _ in said), key=lambda line: not line.startswith("taken"))
    assert won.startswith("taken") and lost == "Denied 6"
    assert state_of(house, number).surveys["after"].scores == {"quick": int(won[-1])}
    assert sum(event.kind == "survey_answered" for event in events_of(house, number)) == 1
    assert auditing.verify(house).problems == []
