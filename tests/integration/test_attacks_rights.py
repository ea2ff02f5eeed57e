"""Attacks on rights: each is refused, recorded in the stream of accesses, and changes nothing else."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from test_deputies import PROCEDURE, act, away, house_with, possible

from engine.deciding.checking import check_all
from engine.deciding.expressions import expression
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.defining.problems import errors
from engine.ground.errors import Denied, Invalid, MakegoodError
from engine.usecases import access, accesses, amending, handing_over, opening, postponing, publishing, reading
from engine.usecases.house import House
from tests.houses import as_, state_of
from tests.small import ORGANISATION, bundle_of, opened, refused, small_house, written

BOB_FOR_CARL = away("[{from: 2026-03-02, until: 2026-03-06, deputy: bob}]")
PROPOSER_WITH_TWO_POSTS = ("roles: [desk, lab]", "roles: [desk, lab, manager]")
ANN_AWAY = ("ann:  {name: Ann Archer,", "ann:  {name: Ann Archer, away: [{from: 2026-03-02, until: 2026-03-06, deputy: carl}],")
PROPOSER_IN_A_GROUP = ("members: [carl, dora]}", "members: [carl, dora, bob], roles: [manager]}")


def proposed(by: str, *changes: tuple[str, str], on_behalf: str | None = None) -> tuple[House, str]:
    """A case in which somebody has proposed something."""
    house = house_with(*changes)
    number = opened(house, "ann")
    act(house, number, "propose", by, on_behalf, cost="50 EUR")
    return house, number


def handed_over() -> tuple[House, str]:
    """The proposer handed the case on, and now has another post."""
    house, number = proposed("bob", PROPOSER_WITH_TWO_POSTS)
    amending.assign(house, number, as_("bob"), "dora")
    return house, number


ATTACKS: dict[str, tuple[Callable[[], tuple[House, str]], Callable[[House, str], Any]]] = {
    "without a role": (lambda: proposed("ann"), lambda house, number: act(house, number, "approve", "eve")),
    "with another role": (lambda: proposed("ann"), lambda house, number: act(house, number, "approve", "bob")),
    "opening without a role": (lambda: proposed("ann"), lambda house, number: opening.open_case(house, "small", as_("eve"), {})),
    "opening for the customer who may not": (
        lambda: proposed("ann"), lambda house, number: opening.open_case(house, "small", as_("ann", "customer"), {})),
    "as somebody who is there": (lambda: proposed("ann"), lambda house, number: act(house, number, "approve", "bob", "carl")),
    "as somebody else's deputy": (
        lambda: proposed("ann", BOB_FOR_CARL), lambda house, number: act(house, number, "approve", "eve", "carl")),
    "through a deputy who is denied it": (
        lambda: proposed("ann", BOB_FOR_CARL, ("roles: [desk, lab]", "deny: [small/approve], roles: [desk, lab]")),
        lambda house, number: act(house, number, "approve", "bob", "carl")),
    "through a deputy who is denied the post": (
        lambda: proposed("ann", BOB_FOR_CARL, ("roles: [desk, lab]", "deny: [manager], roles: [desk, lab]")),
        lambda house, number: act(house, number, "approve", "bob")),
    "for somebody who is denied it": (
        lambda: proposed("ann", away("[{from: 2026-03-02, until: 2026-03-06, deputy: bob}], deny: [small/approve]")),
        lambda house, number: act(house, number, "approve", "bob", "carl")),
    "a denied post out of a group": (
        lambda: proposed("ann", ("roles: [porter]", "deny: [manager], roles: [porter]"),
                         ("members: [carl, dora]}", "members: [carl, dora, eve], roles: [manager]}")),
        lambda house, number: act(house, number, "approve", "eve")),
    "one's own proposal by a second post": (
        lambda: proposed("bob", PROPOSER_WITH_TWO_POSTS), lambda house, number: act(house, number, "approve", "bob")),
    "one's own proposal by a group": (
        lambda: proposed("bob", PROPOSER_IN_A_GROUP), lambda house, number: act(house, number, "approve", "bob")),
    "one's own proposal after a handover": (handed_over, lambda house, number: act(house, number, "approve", "bob")),
    "one's own proposal for an absent manager": (
        lambda: proposed("bob", BOB_FOR_CARL), lambda house, number: act(house, number, "approve", "bob", "carl")),
    "what one's deputy proposed": (
        lambda: proposed("carl", ANN_AWAY, on_behalf="ann"),
        lambda house, number: act(house, number, "approve", "carl")),
    "more than is lent": (
        lambda: proposed("ann", away("[{from: 2026-03-02, until: 2026-03-06, deputy: bob}]")),
        lambda house, number: act(house, number, "approve", "bob", "carl", cost="101 EUR")),
    "stopping the clocks": (lambda: proposed("ann"), lambda house, number: postponing.pause(house, number, as_("eve"), None, "x")),
    "looking into a case": (lambda: proposed("ann"), lambda house, number: reading.show(house, number, as_("eve"))),
    "looking into its history": (lambda: proposed("ann"), lambda house, number: reading.history(house, number, as_("eve"))),
    "a note in another's case": (lambda: proposed("ann"), lambda house, number: amending.note(house, number, as_("eve"), "x")),
    "handing a case to oneself": (lambda: proposed("ann"), lambda house, number: amending.assign(house, number, as_("eve"), "eve")),
    "a correction": (lambda: proposed("ann"), lambda house, number: amending.correct(house, number, as_("eve"), {"cost": "1"}, "x")),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_the_attack_is_refused_recorded_and_changes_nothing(name: str) -> None:
    prepare, attack = ATTACKS[name]
    house, number = prepare()
    before = state_of(house, number)
    count = len(accesses.accesses(house, kinds=["refused"], actor=THE_SYSTEM))
    with pytest.raises(MakegoodError) as told:
        attack(house, number)
    assert told.value.message and access.of_rights(told.value), told.value
    assert state_of(house, number) == before
    assert len(accesses.accesses(house, kinds=["refused"], actor=THE_SYSTEM)) == count + 1


def test_nobody_puts_rights_of_their_own_into_force(tmp_path: Path) -> None:
    house, _ = small_house(PROCEDURE)
    file = tmp_path / "organisation.yaml"
    file.write_text(ORGANISATION.replace("roles: [porter]", "roles: [porter, director]"), encoding="utf-8")
    refused(house, Denied, 6, lambda: publishing.apply_organisation(house, file, Actor("eve")))
    refused(house, Denied, 6, lambda: publishing.publish(house, written(tmp_path, PROCEDURE), Actor("eve")))


@pytest.mark.parametrize("own", [
    "rights: {apply: desk}", "people: {eve: {name: Eve, roles: [director]}}", "roles: {desk: {rights: publish}}",
])
def test_a_definition_grants_no_rights_in_the_house(own: str) -> None:
    with pytest.raises(AssertionError, match=r"is not known here|is here twice"):
        bundle_of(PROCEDURE + own + "\n")


def test_a_definition_that_gives_its_roles_a_band_gives_nobody_the_role() -> None:
    house, _ = small_house(PROCEDURE.replace("{manager: 100 EUR", "{desk: unlimited, manager: 100 EUR"))
    number = opened(house)
    act(house, number, "propose", "ann", cost="50 EUR")
    assert "approve" not in possible(house, number, "ann") and "approve" not in possible(house, number, "bob")


@pytest.mark.parametrize("text", [
    "().__class__", "cost.__class__.__mro__", "owner.__init__.__globals__", "''.join(['a'])", "[].append(1)", "customer['__class__']",
    "owner|attr('__class__')", "range(10**9)", "'a' * 10**9", "10 ** 10 ** 10", "cycler('a')", "lipsum()", "namespace(a=1)", "self.x",
    "actor_of.__self__", "done.__globals__", "(" * 300 + "1" + ")" * 300, "not " * 300 + "true",
])
def test_no_expression_of_a_bundle_gets_out(text: str) -> None:
    with pytest.raises(Invalid):
        expression(text)
    procedure = PROCEDURE.replace("propose: {by: desk,", f"propose: {{by: desk, when: {text!r},")
    try:
        bundle = bundle_of(procedure)
    except AssertionError:
        return      # the file as such was refused
    assert errors(check_all(bundle))


@pytest.mark.parametrize("text", [
    "{{ ''.__class__ }}", "{{ owner.__init__.__globals__ }}", "{% for n in range(1000000000) %}x{% endfor %}", "{% import 'os' as os %}",
    "{% include '/etc/passwd' %}", "{{ config }}", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{{ number|attr('__class__') }}", "{% set x = cycler.__init__ %}",
])
def test_no_text_of_a_notice_gets_out(text: str) -> None:
    with TemporaryDirectory() as folder:
        bundle = written(Path(folder), PROCEDURE + "notices: {told: {to: owner, via: [email]}}\n", {"told.en": text})
        house, _ = small_house(PROCEDURE)
        with pytest.raises(MakegoodError):
            publishing.publish(house, bundle, Actor("carl"))


def test_handing_over_is_no_way_to_a_right() -> None:
    house, number = proposed("bob", PROPOSER_WITH_TWO_POSTS)
    with pytest.raises(MakegoodError):
        handing_over.hand_over(house, number, as_("eve"), "eve", "give it to me")
    assert "approve" not in possible(house, number, "bob")
