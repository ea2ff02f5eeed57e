"""Attacks on authority: each is refused, says why, and changes nothing."""

import re
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from engine.deciding.case import Event
from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.ground.errors import DefinitionError, Denied, MakegoodError, NotAllowed
from engine.usecases import accesses, acting, approving, handing_over, publishing
from engine.usecases.house import House, Settings
from tests import databases
from tests.houses import as_, events_of, state_of
from tests.small import DONE, HEAD, ORGANISATION, ROLES, START, do, opened, put_in_force, small_house, written

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


# --- approving one's own proposal -------------------------------------------------------------------------------------------

PROPOSALS = (
    HEAD
    + ROLES
    + """\
fields: {amount: {type: money, currency: EUR}}
opening: {by: [desk, manager]}
states:
  first:
    actions:
      propose: {by: [desk, manager], require: [amount], limit: amount, approve: manager}
      by_panel: {by: [desk, manager], require: [amount], limit: amount, approve: {of: panel, quorum: 2}}
      by_lab: {by: [desk, lab], require: [amount], approve: lab}
      settle: {by: desk, approve: panel}
      to_the_director: {by: manager, approve: director}
      by_owner: {by: [desk, manager], require: [amount], approve: owner}
      not_the_director: {by: desk, require: [amount], approve: [director, manager], except: director}
      end: {by: desk, to: done}
"""
    + DONE
    + "authority: {manager: 100 EUR, panel: 100 EUR}\n"
)


def asked(house: House, action: str, by: str, amount: str = "50") -> tuple[str, int]:
    number = opened(house, by=by)
    do(house, number, action, by, amount=amount)
    return number, state_of(house, number).seq


def not_counted(house: House, number: str, request: int, by: str, answer: str = "approve") -> MakegoodError:
    """The refusal of an answer: it changes nothing, and who may not is recorded in the stream of accesses."""
    before = state_of(house, number)
    with pytest.raises(MakegoodError) as error:
        approving.vote(house, number, request, as_(by), answer, "because")
    assert state_of(house, number) == before
    if isinstance(error.value, Denied):
        [noted] = accesses.accesses(house, kinds=["refused"], limit=1, actor=THE_SYSTEM)
        assert (noted.actor, noted.data["case"], noted.data["what"]) == (by, number, "vote")
    return error.value


def test_nobody_approves_what_they_asked_for_through_a_second_role() -> None:
    house, _ = small_house(PROPOSALS)                 # bob has the roles desk and lab, and is the only one of the lab
    number = opened(house, by="bob")
    assert "approve" in refused(house, number, "by_lab", "bob", amount="5").facts["reasons"]
    do(house, number, "by_lab", "ann", amount="5")
    approving.vote(house, number, state_of(house, number).seq, as_("bob"), "approve")
    assert state_of(house, number).acts["by_lab"].count == 1


def test_nobody_approves_what_they_asked_for_through_a_group() -> None:
    house, _ = small_house(PROPOSALS)                 # carl is a manager and sits on the panel
    number = opened(house, by="carl")
    assert "approve" in refused(house, number, "by_panel", "carl", amount="5").facts["reasons"]     # two of two are needed
    number, request = asked(house, "by_panel", "ann")
    approving.vote(house, number, request, as_("carl"), "approve")
    assert state_of(house, number).requests


def test_nobody_approves_what_they_asked_for_by_having_the_case_handed_over() -> None:
    house, _ = small_house(PROPOSALS)
    number = opened(house, by="ann")
    do(house, number, "by_owner", "carl", amount="5")
    request = state_of(house, number).seq
    handing_over.hand_over(house, number, as_("ann"), "carl", "please")
    handing_over.accept(house, number, as_("carl"))
    assert state_of(house, number).owner == "carl"
    error = not_counted(house, number, request, "carl")
    assert isinstance(error, Denied) and "nobody approves what they asked for themselves" in error.message


def test_nobody_takes_over_a_case_that_they_hand_over_themselves_or_was_handed_to_another() -> None:
    house, _ = small_house(PROPOSALS)
    number = opened(house, by="ann")
    handing_over.hand_over(house, number, as_("ann"), "bob", "please")
    for who in ("ann", "carl"):
        with pytest.raises(Denied):
            handing_over.accept(house, number, as_(who))
    with pytest.raises(Denied):
        handing_over.hand_over(house, number, as_("carl"), "eve", "not mine to give")
    assert state_of(house, number).owner == "ann"


def test_whoever_is_not_asked_or_is_excluded_does_not_count() -> None:
    house, _ = small_house(PROPOSALS)
    number, request = asked(house, "propose", "ann")
    assert isinstance(not_counted(house, number, request, "bob"), Denied)
    assert isinstance(not_counted(house, number, request, "dora"), Denied)
    with pytest.raises(NotAllowed):    # the director has to approve it but is excluded from it
        do(house, opened(house), "not_the_director", amount="5")


def test_nobody_votes_twice_or_after_the_decision() -> None:
    house, _ = small_house(PROPOSALS)
    number, request = asked(house, "by_panel", "ann")
    approving.vote(house, number, request, as_("carl"), "abstain")
    error = not_counted(house, number, request, "carl")
    assert isinstance(error, Denied) and "has answered already" in error.message
    approving.vote(house, number, request, as_("dora"), "approve")
    assert state_of(house, number).acts["by_panel"].count == 1
    for who in ("carl", "dora"):
        assert isinstance(not_counted(house, number, request, who), NotAllowed)


def test_who_approves_needs_the_authority_and_slices_count_together_for_them_too() -> None:
    house, _ = small_house(PROPOSALS)
    number, request = asked(house, "propose", "ann", "60")
    approving.vote(house, number, request, as_("carl"), "approve")
    assert refused(house, number, "propose", "ann", amount="40.01").facts["reasons"] == ["limit"]   # nobody who is asked could decide it
    do(house, number, "propose", "ann", amount="40")
    request = state_of(house, number).seq
    do(house, number, "by_panel", "bob", amount="10")
    other = state_of(house, number).seq
    approving.vote(house, number, request, as_("carl"), "approve")
    approving.vote(house, number, other, as_("carl"), "abstain")
    error = not_counted(house, number, other, "dora")          # with what was decided meanwhile it is above the band of the panel
    assert error.facts["reasons"] == ["limit"] and "with 100.00 decided before" in error.message


def in_a_folder(folder: Path, ceiling: str = "") -> House:
    """A house in a folder, with these proposals in force, and with bands of the organisation's own."""
    place = databases.place(folder)
    (folder / "makegood.toml").write_text(place.settings(), encoding="utf-8")
    house = House(place.store(), VirtualClock(START), Settings(folder=folder))
    written(folder, PROPOSALS)
    with (folder / "organisation.yaml").open("a", encoding="utf-8") as file:
        file.write(ceiling)
    publishing.apply_organisation(house, folder / "organisation.yaml", THE_SYSTEM)
    put_in_force(house, PROPOSALS)
    return house


RACER = """
import sys, time
from pathlib import Path
from engine.deciding.rights import Actor
from engine.ground.clock import VirtualClock
from engine.ground.errors import MakegoodError
from engine.usecases import acting, approving
from engine.usecases.house import open_house
from tests.small import START
folder, number, request, who, start = sys.argv[1:]
house = open_house(Path(folder), VirtualClock(START))
acting.possible(house, number, Actor(who))        # everything imported and read before the start
while time.time() < float(start):
    pass
try:
    print("counted", approving.vote(house, number, int(request), Actor(who), "approve").revision)
except MakegoodError as error:
    print(error.kind, error.message)
"""


def test_of_two_approvals_at_once_by_two_processes_one_carries_it_out(tmp_path: Path) -> None:
    house = in_a_folder(tmp_path)
    number = opened(house)
    do(house, number, "settle")
    request = state_of(house, number).seq
    start = str(time.time() + 4)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(tmp_path), number, str(request), who, start], cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for who in ("carl", "dora")
    ]
    answers = [racer.communicate(timeout=60) for racer in racers]
    assert all(error == "" for _, error in answers), answers
    said = sorted(said.strip() for said, _ in answers)
    assert said[0].startswith("NotAllowed") and "does not wait for an answer" in said[0] and said[1].startswith("counted")
    events: list[Event] = events_of(house, number)
    assert [event.kind for event in events].count("voted") == 1 and state_of(house, number).acts["settle"].count == 1


def test_a_definition_that_grants_more_than_the_organisation_lets_it_is_not_published_and_counts_no_further(tmp_path: Path) -> None:
    house = in_a_folder(tmp_path, "authority: {manager: 50 EUR, panel: 50 EUR}\n")
    (tmp_path / "makegood.toml").touch()
    with pytest.raises(DefinitionError) as error:
        publishing.publish(house, written(tmp_path, GRANTS), THE_SYSTEM)
    assert "The authority of 'manager' is above what the organisation lets it decide: 50.00 EUR" in str(error.value.problems)
    assert "The authority of 'director' is above what the organisation lets it decide: nothing" in str(error.value.problems)
    put_in_force(house, GRANTS)                       # published before the organisation said so
    number = opened(house)
    assert "above the authority of dora" in refused(house, number, "grant", "dora", refund="1").message
    do(house, number, "grant", "carl", refund="50")
    refused(house, number, "rebate", "carl", discount="0.01")


def staffed(house: House, **away: str) -> None:
    """Put the organisation into force with absences: person → the text under `away:`."""
    text = ORGANISATION
    for person, absence in away.items():
        text = re.sub(rf"^(  {person}: .*)}}$", rf"\1, away: {absence}}}", text, flags=re.M)
        assert absence in text
    with TemporaryDirectory() as folder:
        (Path(folder) / "organisation.yaml").write_text(text, encoding="utf-8")
        publishing.apply_organisation(house, Path(folder) / "organisation.yaml", THE_SYSTEM)


def test_nobody_approves_what_they_asked_for_as_a_deputy() -> None:
    house, _ = small_house(PROPOSALS)
    staffed(house, carl="[{from: 2026-03-01, until: 2026-03-31, deputy: ann}]")
    number, request = asked(house, "propose", "ann")
    for actor in (as_("ann"), as_("ann", "carl")):
        with pytest.raises(Denied) as error:
            approving.vote(house, number, request, actor, "approve")
        assert "nobody approves what they asked for themselves" in error.value.message
    number, request = asked(house, "propose", "bob")
    approving.vote(house, number, request, as_("ann"), "approve")          # in the name of whoever is away
    voted = next(event for event in events_of(house, number) if event.kind == "voted")
    assert (voted.actor, voted.on_behalf) == ("ann", "carl") and state_of(house, number).acts["propose"].count == 1


def test_in_whose_name_it_was_asked_does_not_approve_it_either_nor_as_somebodys_deputy() -> None:
    house, clock = small_house(PROPOSALS)
    monday, later = "[{from: 2026-03-01, until: 2026-03-02, deputy: eve}]", "[{from: 2026-03-03, until: 2026-03-09, deputy: carl}]"
    staffed(house, carl=monday, dora=later)
    number = opened(house, by="ann")
    do(house, number, "to_the_director", "eve")                            # in the name of carl, who is away
    request = state_of(house, number).seq
    assert state_of(house, number).requests[request].on_behalf == "carl"
    clock.move_to(clock.now() + timedelta(days=1))                          # carl is back, and stands in for dora
    for actor in (as_("carl"), as_("carl", "dora"), as_("eve", "carl"), as_("eve", "dora")):
        before = state_of(house, number)
        with pytest.raises(MakegoodError):
            approving.vote(house, number, request, actor, "approve")
        assert state_of(house, number) == before


def test_nobody_accepts_a_case_in_the_name_of_somebody_for_whom_they_do_not_stand_in() -> None:
    house, _ = small_house(PROPOSALS)
    number = opened(house, by="ann")
    handing_over.hand_over(house, number, as_("ann"), "carl", "please")
    with pytest.raises(Denied):
        handing_over.accept(house, number, as_("eve", "carl"))
    with pytest.raises(Denied):
        handing_over.hand_over(house, number, as_("bob", "ann"), "bob", "mine now")
    staffed(house, carl="[{from: 2026-03-01, until: 2026-03-31, deputy: eve}]")
    handing_over.accept(house, number, as_("eve"))
    assert state_of(house, number).owner == "carl"
    handing_over.hand_over(house, number, as_("eve"), "bob", "while carl is away")
    assert state_of(house, number).requests[state_of(house, number).seq].on_behalf == "carl"
