"""The case library: lessons enter when cases close, are found by words in both languages, and hold nothing personal."""

from datetime import timedelta
from textwrap import dedent

import pytest
from sqlalchemy import event, select

from engine.ground.clock import VirtualClock
from engine.ground.errors import Denied, Invalid, NotFound
from engine.records import judgements, tables
from engine.records.judgements import Judgement, Missed
from engine.usecases import erasing
from engine.usecases.amending import correct
from engine.usecases.house import House
from engine.usecases.lessons import latest, lesson, search, similar
from engine.usecases.recurrence import recurrence
from engine.usecases.reporting import make
from tests.houses import as_, state_of
from tests.small import CUSTOMER, HEAD, ROLES, START, do, opened, refused, small_house

TEXT = HEAD + ROLES + dedent("""\
    fields:
      customer: {type: party}
      story:    {type: text}
      problem:  {type: text, personal: false, length: ..400}
      cause:    {type: choice, options: {method: {en: method, zh: 方法}, people: {en: staffing, zh: 人员}}}
      learnt:   {type: text, personal: false}
    lesson: [problem, cause, learnt]
    opening: {by: [desk, system]}
    states:
      open:
        actions:
          close: {by: desk, to: done, require: [cause]}
      done:
        final: true
        actions:
          again: {by: desk, to: open}
    """)
PUMP = {"problem": "The pump of the coffee machine leaks", "cause": "method", "learnt": "Change the seal each month"}
TEA = {"problem": "客户投诉茶水太凉", "cause": "people", "learnt": "高峰时增加一人送茶"}


def learnt(house: House, **given: str) -> str:
    number = opened(house, **{name: value for name, value in given.items() if name != "learnt"})
    assert isinstance(house.clock, VirtualClock)
    house.clock.move_to(house.clock.now() + timedelta(minutes=1))
    do(house, number, "close", learnt=given["learnt"])
    return number


@pytest.fixture
def house() -> tuple[House, VirtualClock]:
    return small_house(TEXT)


def found(house: House, text: str) -> list[str]:
    return [one.number for one in search(house, text, as_("eve"))]


def words(house: House) -> set[str]:
    with house.store.reading() as conn:
        return set(conn.execute(select(tables.LESSON_WORD.c.word)).scalars())


def test_a_closed_case_is_found_by_its_words_in_both_languages(house: tuple[House, VirtualClock]) -> None:
    office, _ = house
    pump, tea, kettle = learnt(office, **PUMP), learnt(office, **TEA), learnt(office, **{**PUMP, "problem": "The kettle leaks"})
    assert found(office, "pumps leaking") == [pump, kettle]         # most of the words, and the rarest, first
    assert found(office, "leak") == [kettle, pump]                  # of equals the latest
    assert found(office, "茶水凉了") == [tea] and found(office, "凉") == [tea]
    assert found(office, "人员") == [tea] and found(office, "staffing") == [tea]        # a choice in every language
    assert found(office, "rain") == []
    one = lesson(office, tea, as_("eve"))
    assert [text for _, _, text in one.fields] == ["客户投诉茶水太凉", "staffing", "高峰时增加一人送茶"]
    assert [one.number for one in latest(office, as_("eve"), limit=2)] == [kettle, tea]
    refused(office, Invalid, 3, lambda: search(office, "the", as_("eve")))
    refused(office, NotFound, 4, lambda: lesson(office, "S-2026-999", as_("eve")))
    refused(office, Invalid, 3, lambda: search(office, "pump", as_("mallory")))


def test_the_library_is_a_report_of_what_was_learnt_in_a_period(house: tuple[House, VirtualClock]) -> None:
    office, clock = house
    pump = learnt(office, **PUMP)
    clock.move_to(clock.now() + timedelta(days=1))
    tea = learnt(office, **TEA)
    today = clock.now().date()
    (section,) = make(office, "library", as_("eve")).sections
    assert [row[0] for row in section.rows] == [tea, pump] and section.rows[1][2:] == (PUMP["problem"], "method", PUMP["learnt"])
    assert [column.name for column in section.columns] == ["case", "closed", "problem", "cause", "learnt"]
    (section,) = make(office, "library", as_("eve"), since=today).sections
    assert [row[0] for row in section.rows] == [tea]
    refused(office, Invalid, 3, lambda: make(office, "library", as_("mallory")))


def test_what_is_not_learnt_yet_does_not_enter_and_what_is_opened_again_leaves(house: tuple[House, VirtualClock]) -> None:
    office, _ = house
    number = opened(office, problem=PUMP["problem"], cause="method")
    do(office, number, "close")
    assert found(office, "pump") == []
    correct(office, number, as_("ann"), {"learnt": "Look at the seal"}, "forgotten")
    assert found(office, "seal") == [number]
    correct(office, number, as_("ann"), {"learnt": "Look at the hose"}, "misread")
    assert (found(office, "seal"), found(office, "hose")) == ([], [number])
    do(office, number, "again")
    assert (found(office, "pump"), words(office)) == ([], set())
    do(office, number, "close")
    assert found(office, "pump") == [number]


def test_nothing_personal_enters_and_erasing_changes_nothing(house: tuple[House, VirtualClock]) -> None:
    office, clock = house
    number = learnt(office, **PUMP, story="Zebedee was scalded", customer=CUSTOMER)
    before = words(office)
    assert not {"zebede", "scald", "rose", "tyler"} & before and not any("@" in word for word in before)
    assert before >= {"pump", "=cause:method"} and "=problem:" + PUMP["problem"] in before
    clock.move_to(clock.now() + timedelta(days=1))
    erasing.erase(office, state_of(office, number).party or 0, as_("dora"), "she asked for it")
    assert (words(office), found(office, "pump")) == (before, [number])


def test_similar_cases_are_offered_by_what_the_reader_may_see(house: tuple[House, VirtualClock]) -> None:
    office, _ = house
    pump, tea = learnt(office, **PUMP), learnt(office, **TEA)
    learnt(office, problem="Lamps flicker", cause="method", learnt="Change them")
    new = opened(office, problem="again something", story="a pump of the machine in the kitchen leaks", customer=CUSTOMER)
    assert [one.number for one in similar(office, new, as_("ann"))] == [pump]
    cold = opened(office, problem="两位客户说茶水太凉")
    assert [one.number for one in similar(office, cold, as_("ann"))] == [tea]
    assert pump not in [one.number for one in similar(office, pump, as_("ann"))]
    refused(office, Denied, 6, lambda: similar(office, new, as_("eve")))


def test_a_lesson_costs_nothing_until_the_case_is_closed(house: tuple[House, VirtualClock]) -> None:
    office, _ = house
    number, said = opened(office, **{k: v for k, v in PUMP.items() if k != "learnt"}), list[str]()
    with office.store.reading() as conn:
        engine = conn.engine
    event.listen(engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    correct(office, number, as_("ann"), {"story": "a word"}, "more")
    assert not any("lesson" in one for one in said)


def test_recurrence_is_measured_before_and_after(house: tuple[House, VirtualClock]) -> None:
    office, clock = house
    first = learnt(office, **PUMP)
    with office.store.writing() as conn:
        (case_id,) = conn.execute(select(tables.LESSON.c.case_id)).scalars()

        def judged(days: int, reached: bool | None) -> Judgement:
            end = START + timedelta(days=days)
            return Judgement("cafe", "coffee", "", end - timedelta(days=1), end, 1, 2, None, reached, end, case_id if days == 0 else None)

        judgements.put(conn, [judged(day, reached) for day, reached in (
            (-40, False), (-20, False), (-10, True), (-3, None), (0, False), (5, True), (12, False), (50, False))])
    clock.move_to(START + timedelta(days=10))
    learnt(office, **TEA)
    clock.move_to(START + timedelta(days=20))
    learnt(office, **PUMP)
    clock.move_to(START + timedelta(days=60))
    *_, one = recurrence(office, "small", as_("ann"), days=30)
    assert (one.number, one.over, one.came_again) == (first, True, True)
    assert [(again.what, again.before, again.after) for again in (*one.standards, *one.values)] == [
        ("cafe/coffee", Missed(2, 3), Missed(1, 2)), ("cause=method", Missed(0, 0), Missed(1, 2))]
    refused(office, Denied, 6, lambda: recurrence(office, "small", as_("eve"), days=30))
