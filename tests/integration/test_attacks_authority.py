"""Attacks on authority: each is refused, says why, and changes nothing."""

from typing import Any

import pytest

from engine.ground.errors import Denied, MakegoodError
from engine.usecases import acting
from engine.usecases.house import House
from tests.houses import as_, state_of
from tests.small import DONE, HEAD, ROLES, do, opened, small_house

GRANTS = (
    HEAD
    + ROLES
    + """\
fields:
  refund: {type: money, currency: EUR}
  discount: {type: money, currency: EUR}
  abroad: {type: money, currency: GBP}
opening: {by: desk}
states:
  first:
    tasks:
      examine: {by: [manager, director], limit: discount}
    actions:
      grant: {by: [manager, director], limit: refund, require: [refund]}
      rebate: {by: [manager, director], limit: discount, require: [discount]}
      export: {by: [manager, director], limit: abroad, require: [abroad]}
      undo: {by: desk, revokes: [grant, rebate]}
      end: {by: desk, to: done}
"""
    + DONE
    + "authority: {manager: [100 EUR, 100 GBP], director: unlimited}\n"
)


def refused(house: House, number: str, action: str, by: str, **given: Any) -> MakegoodError:
    """The refusal of an action; nothing is changed by it."""
    before = state_of(house, number)
    with pytest.raises(MakegoodError) as error:
        acting.act(house, number, action, as_(by), given)
    assert state_of(house, number) == before
    return error.value


@pytest.mark.parametrize("first", [("grant", {"refund": "60"}), ("rebate", {"discount": "60"}), ("examine", {"discount": "60"})])
@pytest.mark.parametrize("second", [("grant", {"refund": "40.01"}), ("rebate", {"discount": "40.01"})])
def test_an_amount_cut_into_slices_counts_whole(first: tuple[str, dict[str, str]], second: tuple[str, dict[str, str]]) -> None:
    """By one action again and again, by several, by tasks, in whichever field, and whoever took the one before."""
    for somebody in ("carl", "dora"):
        house, _ = small_house(GRANTS)
        number = opened(house)
        do(house, number, first[0], somebody, **first[1])
        error = refused(house, number, second[0], "carl", **second[1])
        assert isinstance(error, Denied) and error.facts["reasons"] == ["limit"]
        assert "with 60.00 decided before" in error.message and "next who may decide it: Dora Dyer (dora)" in error.message
        do(house, number, second[0], "dora", **second[1])


def test_what_fits_into_the_band_together_may_be_decided_and_each_currency_counts_alone() -> None:
    house, _ = small_house(GRANTS)
    number = opened(house)
    do(house, number, "grant", "carl", refund="60")
    do(house, number, "rebate", "carl", discount="40")
    do(house, number, "export", "carl", abroad="100")
    refused(house, number, "export", "carl", abroad="0.01")


def test_a_negative_amount_makes_no_room_for_another() -> None:
    house, _ = small_house(GRANTS)
    number = opened(house)
    do(house, number, "grant", "carl", refund="-500")
    refused(house, number, "grant", "carl", refund="100.01")


def test_only_what_the_procedure_takes_back_counts_no_more() -> None:
    house, _ = small_house(GRANTS)
    number = opened(house)
    do(house, number, "grant", "carl", refund="100")
    refused(house, number, "grant", "carl", refund="90")      # decided anew is decided too
    do(house, number, "undo")
    do(house, number, "grant", "carl", refund="90")
