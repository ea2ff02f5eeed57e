"""Whose authority suffices, what the organisation lets a procedure give, who is next, and what counts together in a case."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from specimen import DEFINITION, ORGANISATION, a_case

from engine.deciding import authority
from engine.deciding.decision_record import Decision, approved, decision_from, decision_json, follow
from engine.deciding.rights import Actor
from engine.defining.definition import Band
from engine.defining.organisation import Organisation
from engine.ground.money import Money

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


def money(text: str) -> Money:
    amount, currency = text.split()
    return Money(Decimal(amount), currency)


def band(*amounts: str) -> Band:
    return tuple(map(money, amounts))


def under(**bands: Band) -> Organisation:
    return replace(ORGANISATION, authority=bands)


@pytest.mark.parametrize(("person", "amount", "enough"), [
    ("wang.fang", "5000 CNY", True), ("wang.fang", "5000.01 CNY", False), ("wang.fang", "600 EUR", True), ("wang.fang", "601 EUR", False),
    ("zhao.lei", "9999999 CNY", True),   # the highest role counts
    ("li.na", "0 CNY", False), ("wang.fang", "1 USD", False), ("zhao.lei", "1 USD", True), ("customer", "1 CNY", False),
    ("system", "1 CNY", False), ("gone", "1 CNY", False),
])
def test_authority_must_cover_the_amount_in_its_currency(person: str, amount: str, enough: bool) -> None:
    assert authority.covers(DEFINITION, ORGANISATION, Actor(person), money(amount), NOW) is enough


@pytest.mark.parametrize(("manager", "person", "amount", "enough"), [
    (band("3000 CNY"), "wang.fang", "3000 CNY", True), (band("3000 CNY"), "wang.fang", "3000.01 CNY", False),
    (band("9000 CNY"), "wang.fang", "5000.01 CNY", False),      # the lower of both counts
    (None, "wang.fang", "5000 CNY", True), (None, "wang.fang", "5000.01 CNY", False),
    (band("3000 CNY"), "wang.fang", "1 EUR", False),            # nothing in a currency that the organisation does not name
    ((), "wang.fang", "0 CNY", False), (band("3000 CNY"), "zhao.lei", "3000.01 CNY", False),   # nobody but whom it names decides
])
def test_a_procedure_gives_no_more_than_the_organisation_lets_it(manager: Band, person: str, amount: str, enough: bool) -> None:
    assert authority.covers(DEFINITION, under(manager=manager), Actor(person), money(amount), NOW) is enough


def test_the_next_who_may_are_those_with_the_lowest_band_that_covers() -> None:
    everybody = frozenset(ORGANISATION.people)
    assert authority.next_who(DEFINITION, ORGANISATION, money("100 CNY"), everybody) == ("王芳 (wang.fang)",)
    assert authority.next_who(DEFINITION, ORGANISATION, money("6000 CNY"), everybody) == ("赵磊 (zhao.lei)",)
    assert authority.next_who(DEFINITION, ORGANISATION, money("6000 CNY"), frozenset({"anyone"})) == ("赵磊 (zhao.lei)",)
    assert authority.next_who(DEFINITION, ORGANISATION, money("100 CNY"), frozenset({"li.na", "zhao.lei"})) == ("赵磊 (zhao.lei)",)
    assert authority.next_who(DEFINITION, ORGANISATION, money("100 CNY"), frozenset({"li.na"})) == ()
    assert authority.next_who(DEFINITION, under(manager=band("1 CNY")), money("2 CNY"), everybody) == ()


def test_all_that_was_decided_in_a_case_counts_together_by_currency() -> None:
    case = a_case()
    case.decided = [Decision("a", Decimal(3000), "CNY"), Decision("b", Decimal(10), "EUR"), Decision("a", Decimal("1999.50"), "CNY"),
                    Decision("a", Decimal(-4000), "CNY")]     # what is taken back by hand buys no room
    assert authority.decided(case, "CNY") == Decimal("4999.50")
    assert authority.decided(case, "EUR") == 10
    assert authority.decided(case, "USD") == 0


def test_a_decision_stands_until_a_field_changes_that_it_covers() -> None:
    case = follow([], {"act": "propose", "set": {"remedy": [None, "x"]}, "decided": {"covers": ["remedy", "story"]}})
    assert approved(case, "propose") and not approved(case, "approve")
    assert approved(follow(case, {"set": {"other": [1, 2]}}), "propose")
    assert not approved(follow(case, {"sealed": {"story": ["a", "b"]}}), "propose")
    assert not approved(follow(case, {"set": {"remedy": ["x", "y"]}}), "propose")
    again = follow(case, {"act": "propose", "set": {"remedy": ["y", "z"]}, "decided": {"covers": ["remedy", "story"]}})
    assert [one.stands for one in again] == [False, True] and approved(again, "propose")


def test_a_decision_taken_back_counts_no_more() -> None:
    first = follow([], {"act": "grant", "decided": {"amount": "4000.00", "currency": "CNY", "covers": ["amount"]}})
    both = follow(first, {"act": "grant", "decided": {"amount": "500.00", "currency": "CNY", "covers": ["amount"]}})
    case = a_case()
    case.decided = both
    assert authority.decided(case, "CNY") == 4500
    assert follow(both, {"act": "return", "revokes": ["grant"]}) == []


def test_what_is_kept_of_a_decision_reads_back_the_same() -> None:
    for one in (Decision("a"), Decision("a", Decimal("1.50"), "CNY", ("x", "y"), False)):
        assert decision_from(decision_json(one)) == one
