"""Limits that read the case, and dates counted as a law says, over the life of cases in a house."""

from datetime import timedelta
from textwrap import dedent

from engine.deciding.rights import THE_SYSTEM
from engine.usecases import amending, reading, sweeping
from engine.usecases.clock_view import case_clocks
from tests.houses import as_, state_of
from tests.small import DONE, HEAD, ROLES, kinds, opened, small_house

PROCEDURE = HEAD + ROLES + dedent("""\
    fields:
      promised: {type: number}
      visit_on: {type: date}
    opening: {by: desk}
    counting: {roll: next}
    states:
      first:
        actions: {end: {by: desk, to: done}}
    """) + DONE + dedent("""\
    clocks:
      answer:
        within: promised days
        from: opened
        until: end
        counting: {ends: close_of_business}
        ladder: [{at: due, remind: owner}]
      visit:
        within: {latest of: [{before: visit_on, is: 2 working days}, 1 day]}
        from: opened
        until: end
    """)


def test_a_promise_moves_with_its_field_and_says_how_it_was_counted() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house, promised="5", visit_on="2026-03-20")      # a Monday at nine
    runs = state_of(house, number).clocks
    assert (runs["answer"].budget, runs["answer"].due_at) == ("5 days", clock.now() + timedelta(days=7, hours=8))
    assert runs["visit"].budget == "latest of (2 working days before 2026-03-20; 1 day)"
    answer, visit = (case_clocks(house, number, name, explained=True, actor=THE_SYSTEM).clocks[0] for name in ("answer", "visit"))
    assert answer.explanation is not None and visit.explanation is not None
    assert [line for line in answer.explanation["text"] if "Calendar" not in line and "Began" not in line] == [
        "Limit: 5 days (promised = 5).",
        "5 days from the day after 2026-03-02 lead to 2026-03-07.",
        "2026-03-07 is not worked: the next worked day is 2026-03-09.",
        "It ends with the last working hours of that day: 2026-03-09 17:00.",
        "Usual days off, not counted: 2.",
        "Sum: 5 days → due 2026-03-09 17:00.",
    ]
    assert [line for line in visit.explanation["text"] if line.startswith(("Of", "2 working", "Sum"))] == [
        "Of 2 limits the latest counts: 2 working days before 2026-03-20.",
        "2 working days before 2026-03-20 24:00 lead to 2026-03-18.",
        "Sum: 2 working days before the date → due 2026-03-18 24:00.",
    ]
    amending.correct(house, number, as_("ann"), {"promised": "8"}, "longer")
    again = state_of(house, number).clocks["answer"]
    assert (again.budget, again.round, again.due_at) == ("8 days", 2, clock.now() + timedelta(days=8, hours=8))


def test_an_amount_that_cannot_be_counted_is_shown_and_no_sweep_stumbles_over_it() -> None:
    house, clock = small_house(PROCEDURE)
    wrong, right = opened(house, promised="-5"), opened(house, promised="1")
    clock.move_to(clock.now() + timedelta(days=3))
    sweeping.sweep(house)
    assert "rung answer due" in kinds(house, right) and "rung answer due" not in kinds(house, wrong)
    (answer,) = (one for one in reading.show(house, wrong, THE_SYSTEM).clocks if one.name == "answer")
    (figures,) = case_clocks(house, wrong, "answer", explained=True, actor=THE_SYSTEM).clocks
    assert (answer.due_at, figures.unknown) == (None, "-5 days cannot be counted")
    assert figures.explanation is not None and "Due time unknown: -5 days cannot be counted." in figures.explanation["text"]


def test_a_limit_that_reads_an_empty_field_begins_when_the_field_is_filled() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    began = clock.now()
    assert state_of(house, number).clocks["answer"].due_at is None and state_of(house, number).clocks["visit"].budget == "1 day"
    clock.move_to(clock.now() + timedelta(days=1))
    amending.correct(house, number, as_("ann"), {"promised": "3"}, "known now")
    assert state_of(house, number).clocks["answer"].due_at == began + timedelta(days=3, hours=8)
