"""Who may do what, who is excluded, whom work is for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from specimen import DEFINITION, ORGANISATION, a_case

from engine.deciding import queues, rights
from engine.deciding.case import CaseState
from engine.deciding.rights import Actor
from engine.defining.definition import Who, WhoKind
from engine.defining.organisation import Group, Rights

INTAKE, QUALITY, MANAGER = (Who(WhoKind.NAMED, name) for name in ("intake", "quality", "manager"))
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
OWNER, CUSTOMER, SYSTEM, ANYONE = (Who(kind) for kind in (WhoKind.OWNER, WhoKind.CUSTOMER, WhoKind.SYSTEM, WhoKind.ANYONE))
PROPOSER = Who(WhoKind.ACTOR_OF, "propose")


def named(name: str) -> Who:
    return Who(WhoKind.NAMED, name)


def superior(who: Who) -> Who:
    return Who(WhoKind.SUPERIOR, of=who)


def reach(case: CaseState | None = None, /, **values: Any) -> tuple[Any, ...]:
    """What every question about rights is asked over."""
    return DEFINITION, case or a_case(), ORGANISATION, lambda name: values.get(name)


@pytest.mark.parametrize(("who", "expected"), [
    (INTAKE, {"li.na", "sun.li"}), (named("committee"), {"sun.li", "zhao.lei"}), (named("wang.fang"), {"wang.fang"}),
    (named("nobody"), set()),
    (named("helper"), {"sun.li"}), (named("helpers"), {"li.na", "wang.fang"}), (named("customer"), {"customer"}),
    (named("others_hurt"), set()),
    (named("region"), set()), (OWNER, {"li.na"}), (CUSTOMER, {"customer"}), (SYSTEM, {"system"}), (ANYONE, {"anyone"}),
    (PROPOSER, {"sun.li", "li.na"}), (Who(WhoKind.ACTOR_OF, "approve"), set()), (superior(OWNER), {"wang.fang"}),
    (superior(superior(OWNER)), {"zhao.lei"}), (superior(superior(superior(OWNER))), set()), (superior(INTAKE), {"wang.fang"}),
    (superior(CUSTOMER), set()), (Who(WhoKind.LEAST_LOADED, of=INTAKE), {"li.na", "sun.li"}), (Who(WhoKind.LEAST_LOADED, of=ANYONE), set()),
])
def test_a_name_stands_for_people(who: Who, expected: set[str]) -> None:
    assert rights.people(who, *reach(helper="sun.li", helpers=["li.na", "wang.fang"])) == expected


def test_before_there_is_a_case_nobody_owns_it_or_acted() -> None:
    for who in (OWNER, PROPOSER, superior(OWNER)):
        assert rights.people(who, DEFINITION, None, ORGANISATION, lambda name: None) == frozenset()


@pytest.mark.parametrize(("actor", "whos", "allowed"), [
    (Actor("li.na"), (INTAKE,), True), (Actor("wang.fang"), (INTAKE,), False), (Actor("wang.fang"), (INTAKE, MANAGER), True),
    (Actor("li.na"), (), False),                                       # silence denies
    (Actor("li.na"), (OWNER,), True), (Actor("sun.li"), (OWNER,), False),
    (Actor("customer"), (INTAKE, CUSTOMER), True), (Actor("customer"), (INTAKE,), False), (Actor("li.na"), (CUSTOMER,), False),
    (Actor("li.na", "customer"), (CUSTOMER,), True), (Actor("li.na", "customer"), (INTAKE,), False),
    (Actor("gone", "customer"), (CUSTOMER,), False),
    (Actor("customer", "customer"), (CUSTOMER,), False), (Actor("li.na", "wang.fang"), (MANAGER,), False),
    (Actor("wang.fang", "li.na"), (MANAGER,), False),
    (Actor("system"), (SYSTEM,), True), (Actor("system"), (INTAKE, ANYONE), False), (Actor("li.na"), (SYSTEM,), False),
    (Actor("li.na"), (ANYONE,), True), (Actor("customer"), (ANYONE,), True), (Actor("stranger"), (ANYONE,), False),
    (Actor("anyone"), (ANYONE,), False), (Actor("intake"), (INTAKE,), False), (Actor(""), (ANYONE, INTAKE), False),
])
def test_only_whom_the_definition_names_may_act(actor: Actor, whos: tuple[Who, ...], allowed: bool) -> None:
    assert rights.may(actor, whos, *reach(), NOW) is allowed


def test_somebody_who_left_the_organisation_may_nothing_even_as_owner() -> None:
    case = a_case()
    case.owner = "gone"
    assert not rights.may(Actor("gone"), (OWNER,), *reach(case), NOW)


@pytest.mark.parametrize(("actor", "excepts", "barred"), [
    (Actor("sun.li"), (PROPOSER,), PROPOSER), (Actor("li.na"), (PROPOSER,), PROPOSER), (Actor("wang.fang"), (PROPOSER,), None),
    (Actor("wang.fang", "li.na"), (PROPOSER,), PROPOSER), (Actor("li.na"), (QUALITY, OWNER), OWNER), (Actor("li.na"), (), None),
    (Actor("li.na", "customer"), (CUSTOMER,), CUSTOMER), (Actor("wang.fang"), (ANYONE,), ANYONE),
])
def test_an_exception_bars_whoever_acts_and_in_whose_name(actor: Actor, excepts: tuple[Who, ...], barred: Who | None) -> None:
    assert rights.excluded(actor, excepts, *reach(), NOW) == barred


def test_a_refusal_can_name_who_could() -> None:
    assert rights.who_could((INTAKE, CUSTOMER), *reach()) == ("李娜 (li.na)", "孙丽 (sun.li)", "the customer")
    assert rights.who_could((INTAKE, MANAGER), *reach(), excepts=(PROPOSER,)) == ("王芳 (wang.fang)", "赵磊 (zhao.lei)")
    assert rights.who_could((named("nobody"),), *reach()) == ()


def test_work_is_queued_for_posts_and_for_people() -> None:
    whos = (INTAKE, QUALITY, INTAKE, OWNER, CUSTOMER, SYSTEM, named("committee"), named("wang.fang"), named("helper"), PROPOSER)
    assert queues.queue(whos, *reach(helper="zhao.lei")) == [
        ("intake", None), ("quality", None), (None, "li.na"), ("committee", None), (None, "wang.fang"), (None, "zhao.lei"),
        (None, "sun.li")]
    assert queues.queue((ANYONE,), *reach()) == [("anyone", None)]


@pytest.mark.parametrize(("who", "load", "chosen"), [
    (Who(WhoKind.LEAST_LOADED, of=INTAKE), {"li.na": 3, "sun.li": 2}, "sun.li"),
    (Who(WhoKind.LEAST_LOADED, of=INTAKE), {"li.na": 1}, "sun.li"),
    (Who(WhoKind.LEAST_LOADED, of=INTAKE), {"li.na": 1, "sun.li": 1}, "li.na"), (INTAKE, {}, "li.na"), (superior(OWNER), {}, "wang.fang"),
    (named("nobody"), {}, None), (CUSTOMER, {}, None), (ANYONE, {}, None), (OWNER, {}, "li.na"),
])
def test_one_person_is_chosen_the_least_loaded_of_several(who: Who, load: Mapping[str, int], chosen: str | None) -> None:
    assert queues.choose(who, *reach(), lambda ids: load, NOW) == chosen


def test_a_right_in_the_house_is_for_those_whom_the_file_names_and_nobody_else() -> None:
    groups = {"committee": Group(id="committee", members=("sun.li", "zhao.lei"), deny=("audit",))}
    people = {**ORGANISATION.people, "li.na": replace(ORGANISATION.people["li.na"], deny=("publish",))}
    given = Rights(publish=("intake",), audit=("manager",), erase=("committee",))
    house = replace(ORGANISATION, people=people, groups=groups, rights=given)

    def have(right: str) -> set[str]:
        return {one for one in (*people, "customer", "anyone", "gone") if rights.has_right(house, Actor(one), right)}

    assert have("publish") == {"sun.li"}, "a denial wins over the post"
    assert have("audit") == {"wang.fang"}, "the committee is denied it, through whatever post"
    assert have("erase") == {"sun.li", "zhao.lei"}
    assert have("migrate") == set(), "what is not written is nobody's"
    assert have("apply") == {*people, "customer", "anyone", "gone"}, "where nobody may, whoever comes founds the house"
    assert not rights.has_right(house, Actor("sun.li", "sun.li"), "publish"), "never in another's name"
    assert rights.has_right(house, Actor("system"), "migrate")
