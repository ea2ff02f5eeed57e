"""Asking, voting, carrying out: what has to be approved is only asked for, and happens once those who have to have approved it."""

from datetime import timedelta
from typing import Any

import pytest

from engine.ground.errors import Denied, Invalid, MakegoodError, NotAllowed
from engine.records import cases
from engine.usecases import amending, approving, auditing, inboxes, postponing, reading, sweeping
from engine.usecases.house import House
from engine.usecases.revealing import Reveal
from tests.houses import as_, events_of, state_of
from tests.small import CUSTOMER, DONE, HEAD, ROLES, do, kinds, opened, sent, small_house

FIELDS = """\
fields:
  customer: {type: party}
  amount: {type: money, currency: EUR}
  remedy: {type: choice, options: [refund, repair]}
  story: {type: text}
opening: {by: desk}
"""
AUTHORITY = "authority: {manager: 100 EUR, panel: 1000 EUR, director: unlimited}\n"


def procedure(approve: str, more: str = "", clocks: str = "") -> str:
    return (
        HEAD + ROLES + FIELDS + "states:\n  first:\n    actions:\n"
        f"      propose: {{by: desk, to: second, require: [amount, remedy, story], limit: amount, approve: {approve}{more}}}\n"
        "      grow: {by: desk}\n      leave: {by: desk, to: third}\n"
        "  second:\n    actions:\n"
        "      pay: {by: desk, to: done, when: approved('propose')}\n      back_again: {by: desk, to: first, revokes: propose}\n"
        "  third: {actions: {end: {by: desk, to: done}}}\n" + DONE + AUTHORITY + clocks
    )


def ask(house: House, amount: str = "50", by: str = "ann", **given: Any) -> tuple[str, int]:
    """A case in which the remedy is proposed: its number, and that of the request."""
    number = opened(house, customer=CUSTOMER)
    do(house, number, "propose", by, amount=amount, remedy="refund", story="It broke.", **given)
    return number, events_of(house, number)[-1].seq


def vote(house: House, number: str, request: int, by: str, answer: str = "approve", reason: str = "because") -> None:
    approving.vote(house, number, request, as_(by), answer, reason)


def refused(house: House, number: str, request: int, by: str, answer: str = "approve") -> MakegoodError:
    before = state_of(house, number)
    with pytest.raises(MakegoodError) as error:
        vote(house, number, request, by, answer)
    assert state_of(house, number) == before
    return error.value


def test_what_has_to_be_approved_is_asked_for_and_changes_nothing_yet() -> None:
    house, _ = small_house(procedure("manager"))
    number, request = ask(house)
    case = state_of(house, number)
    assert case.state == "first" and case.fields.get("amount") is None and not case.acts
    assert case.requests[request].name == "propose" and kinds(house, number)[-1] == "asked"
    assert [to for name, to in sent(house, number) if name == "request"] == ["carl"]
    assert [line.waiting for line in inboxes.inbox(house, "carl").lines] == [("answer: propose",)]


def test_the_approval_carries_it_out_with_what_was_given() -> None:
    house, _ = small_house(procedure("manager"))
    number, request = ask(house)
    vote(house, number, request, "carl")
    case = state_of(house, number)
    assert case.state == "second" and case.fields["amount"] == "50.00" and not case.requests
    assert case.acts["propose"].actors == ["ann"] and events_of(house, number)[-1].data["approved"] == ["carl"]
    assert reading.show(house, number, Reveal(as_("ann"))).fields[-1].text == "It broke."
    assert ("request_answered", "ann") in sent(house, number)
    assert inboxes.inbox(house, "carl").lines == ()


def test_a_request_that_is_declined_ends_with_the_reason_and_whoever_asked_is_told() -> None:
    house, _ = small_house(procedure("manager"))
    number, request = ask(house)
    with pytest.raises(Invalid):
        vote(house, number, request, "carl", "decline", "")
    vote(house, number, request, "carl", "decline", "too much")
    assert state_of(house, number).state == "first" and kinds(house, number)[-2:] == ["voted", "request_ended"]
    assert sent(house, number)[-1] == ("request_answered", "ann")
    with pytest.raises(NotAllowed):
        vote(house, number, request, "carl")


def test_all_of_several_have_to_approve_each_with_a_person_of_their_own() -> None:
    house, _ = small_house(procedure("[manager, director]"))
    number, request = ask(house)
    vote(house, number, request, "dora")
    assert state_of(house, number).state == "first"
    vote(house, number, request, "carl")
    assert state_of(house, number).state == "second"


def test_who_has_to_approve_depends_on_the_case() -> None:
    tiers = "[{when: amount > 20, is: manager}, {when: remedy == 'repair' or amount > 100, is: director}]"
    house, _ = small_house(procedure(tiers) + "")
    number, request = ask(house, "50")
    assert [str(part.of) for part in state_of(house, number).requests[request].parts] == ["manager"]
    number, request = ask(house, "150")
    assert [str(part.of) for part in state_of(house, number).requests[request].parts] == ["manager", "director"]


def test_where_nobody_has_to_approve_the_persons_own_authority_counts() -> None:
    asking = procedure("{when: amount > 100, is: director}").replace("by: desk, to: second", "by: [desk, manager], to: second")
    house, _ = small_house(asking)
    number = opened(house)
    with pytest.raises(Denied):
        do(house, number, "propose", "ann", amount="50", remedy="refund", story="x")
    assert do(house, number, "propose", "carl", amount="50", remedy="refund", story="x").state == "second"


def test_a_vote_is_decided_once_nobody_could_turn_it() -> None:
    house, _ = small_house(procedure("{of: panel, quorum: 2, pass: majority}"))
    number, request = ask(house, "900")
    vote(house, number, request, "carl")
    assert state_of(house, number).state == "first"
    vote(house, number, request, "dora")
    assert state_of(house, number).state == "second"


def test_who_declares_a_conflict_is_not_there_as_far_as_the_quorum_goes() -> None:
    house, _ = small_house(procedure("{of: panel, quorum: 2}"))
    number, request = ask(house)
    vote(house, number, request, "carl", "conflict")
    assert kinds(house, number)[-1] == "request_ended" and events_of(house, number)[-1].data["ended"] == {str(request): "too_few"}


def test_when_the_time_is_over_the_votes_decide_if_they_are_enough() -> None:
    for first, state, how in (("approve", "second", None), ("conflict", "first", "lapsed"), ("", "first", "lapsed")):
        house, clock = small_house(procedure("{of: panel, quorum: 1, within: 2 working days}"))
        number, request = ask(house)
        if first:
            vote(house, number, request, "carl", first)
        clock.move_to(clock.now() + timedelta(days=7))
        sweeping.sweep(house)
        assert state_of(house, number).state == state and not state_of(house, number).requests
        if how:
            assert events_of(house, number)[-1].data["ended"] == {str(request): how}


def test_a_request_ends_with_the_state_that_it_was_made_in() -> None:
    house, _ = small_house(procedure("manager"))
    number, request = ask(house)
    do(house, number, "leave")
    assert not state_of(house, number).requests and events_of(house, number)[-1].data["ended"] == {str(request): "left"}
    assert ("request_answered", "ann") in sent(house, number)


def test_guards_are_judged_again_when_it_is_carried_out() -> None:
    house, _ = small_house(procedure("manager", ", when: not done('grow')"))
    number, request = ask(house)
    do(house, number, "grow")
    error = refused(house, number, request, "carl")
    assert error.facts["reasons"] == ["when"]


def test_asking_again_puts_the_new_request_in_place_of_the_old() -> None:
    house, _ = small_house(procedure("manager"))
    number, request = ask(house)
    do(house, number, "propose", amount="60", remedy="refund", story="x")
    assert list(state_of(house, number).requests) == [request + 1]
    with pytest.raises(NotAllowed):
        do(house, number, "propose", "bob", amount="60", remedy="refund", story="x")


def test_an_approved_plan_that_is_changed_needs_approval_again() -> None:
    house, _ = small_house(procedure("manager"))
    number, request = ask(house)
    vote(house, number, request, "carl")
    amending.correct(house, number, as_("ann"), {"amount": "60"}, "more")
    with pytest.raises(NotAllowed):
        do(house, number, "pay")
    do(house, number, "back_again")
    do(house, number, "propose", amount="60", remedy="refund", story="x")
    vote(house, number, state_of(house, number).seq, "carl")
    assert do(house, number, "pay").state == "done"


def test_more_time_can_have_to_be_approved_and_is_asked_for_before_it_is_due() -> None:
    clocks = (
        "clocks:\n  total: {within: 2 days, from: opened, until: closed,"
        " extend: {by: desk, up_to: 5 days, before: due, approve: manager, require: [comment]}}\n"
    )
    house, clock = small_house(procedure("manager", clocks=clocks))
    number = opened(house)
    due = state_of(house, number).clocks["total"].due_at
    postponing.extend(house, number, as_("ann"), "total", "2 days", {"comment": "parts are late"})
    assert state_of(house, number).clocks["total"].due_at == due
    clock.move_to(clock.now() + timedelta(days=5))
    sweeping.sweep(house)
    vote(house, number, next(iter(state_of(house, number).requests)), "carl")
    assert due is not None and state_of(house, number).clocks["total"].due_at == due + timedelta(days=2)


def test_a_request_reads_back_from_the_row_and_from_the_history_as_the_same() -> None:
    from engine.deciding.case import case_from, case_json, rebuild

    house, _ = small_house(procedure("{of: panel, quorum: 2, pass: 2/3, within: 2 working days}"))
    number, request = ask(house)
    vote(house, number, request, "carl", "abstain")
    case = state_of(house, number)
    assert rebuild(events_of(house, number)) == case == case_from(case_json(case))
    with house.store.reading() as conn:
        assert cases.load(conn, number).case == case
    assert auditing.verify(house).problems == []


def test_what_the_votes_approve_when_time_is_over_but_is_not_possible_any_more_ends_and_is_told_once() -> None:
    house, clock = small_house(procedure("{of: panel, quorum: 1, within: 2 working days}", ", when: not done('grow')"))
    number, request = ask(house)
    vote(house, number, request, "carl")
    do(house, number, "grow")
    clock.move_to(clock.now() + timedelta(days=7))
    assert sweeping.sweep(house).failures == []
    event = events_of(house, number)[-1]
    assert event.data["ended"] == {str(request): "impossible"} and "only possible when" in event.data["why"]
    assert state_of(house, number).state == "first" and sent(house, number).count(("request_answered", "ann")) == 1


def test_where_others_have_to_approve_by_now_what_was_asked_before_is_not_carried_out() -> None:
    """A case that was asked for as an ordinary one, and is corrected, is not approved by fewer than it takes."""
    tiers = "[manager, {when: code == 'key', is: director}]"
    house, _ = small_house(procedure(tiers).replace("fields:\n", "fields:\n  code: {type: choice, options: [key, usual]}\n"))
    number, request = ask(house)
    amending.correct(house, number, as_("ann"), {"code": "key"}, "misread")
    assert refused(house, number, request, "carl").facts["reasons"] == ["approve"]
    do(house, number, "propose", amount="50", remedy="refund", story="x")
    request = state_of(house, number).seq
    for who in ("carl", "dora"):
        vote(house, number, request, who)
    assert state_of(house, number).state == "second"
