"""Absent people and whoever stands in for them: acting, authority, inbox, messages, history; units; who is excluded."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from engine.deciding.rights import THE_SYSTEM
from engine.ground.errors import Denied
from engine.usecases import acting, amending, inboxes, opening, publishing, reading, sweeping
from engine.usecases.house import House
from tests.houses import as_, events_of, state_of
from tests.small import DONE, HEAD, ORGANISATION, ROLES, messages, opened, refused, sent, small_house

PROCEDURE = (
    HEAD
    + """fields:
  cost: {type: money, currency: EUR}
  north: {type: choice, options: [north, south], default: north}
  about: {type: person}
"""
    + ROLES
    + """opening: {by: desk}
states:
  first:
    actions:
      propose: {by: desk, to: second, remind: manager}
      lead: {by: superior of owner}
  second:
    ladder: {at: due, escalate: manager}
    within: 3 days
    tasks:
      test: {by: lab}
    actions:
      approve: {by: [manager, director], to: done, except: "actor_of('propose')", limit: cost}
      check: {by: [lab, manager], except: involved}
"""
    + DONE
    + "authority: {manager: 100 EUR, director: 1000 EUR}\n"
)
CARL_AWAY = ("carl: {name: Carl Cooper, roles: [manager],", "carl: {name: Carl Cooper, roles: [manager], away: %s,")
UNTIL_FRIDAY = "[{from: 2026-03-02, until: 2026-03-06, deputy: bob, for: [manager]}]"


def house_with(*changes: tuple[str, str], procedure: str = PROCEDURE) -> House:
    """The small house under another organisation."""
    house, _ = small_house(procedure)
    text = ORGANISATION
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    with TemporaryDirectory() as folder:
        (Path(folder) / "organisation.yaml").write_text(text, encoding="utf-8")
        publishing.apply_organisation(house, Path(folder) / "organisation.yaml", THE_SYSTEM)
    return house


def away(absence: str = UNTIL_FRIDAY) -> tuple[str, str]:
    return CARL_AWAY[0], CARL_AWAY[1] % absence


def act(house: House, number: str, action: str, by: str, on_behalf: str | None = None, **given: Any) -> Any:
    return acting.act(house, number, action, as_(by, on_behalf), given)


def possible(house: House, number: str, by: str) -> list[str]:
    return [option.name for option in acting.possible(house, number, as_(by)) if not option.obstacles]


def later(house: House, days: float) -> None:
    house.clock.move_to(house.clock.now() + timedelta(days=days))  # type: ignore[attr-defined]
    sweeping.sweep(house)


def test_a_deputy_acts_in_the_absent_persons_name_only_while_that_one_is_away() -> None:
    house = house_with(away())
    number = opened(house)
    act(house, number, "propose", "ann", cost="50 EUR")
    assert "approve" in possible(house, number, "bob")
    later(house, 5.7)     # Saturday at 01:48
    assert "approve" not in possible(house, number, "bob")
    refused(house, Denied, 6, lambda: act(house, number, "approve", "bob", "carl"))
    assert "approve" in possible(house, number, "carl")


def test_both_names_stand_in_history_whether_the_deputy_says_so_or_not() -> None:
    for on_behalf in ("carl", None):
        house = house_with(away())
        number = opened(house)
        act(house, number, "propose", "ann", cost="50 EUR")
        act(house, number, "approve", "bob", on_behalf)
        last = events_of(house, number)[-1]
        assert (last.actor, last.on_behalf, state_of(house, number).acts["approve"].actors) == ("bob", "carl", ["bob", "carl"])
        lines, _ = reading.history(house, number, THE_SYSTEM)
        assert lines[-1].who == "Bob Baker for Carl Cooper"


def test_nobody_acts_for_somebody_whose_deputy_they_are_not() -> None:
    house = house_with(away())
    number = opened(house)
    act(house, number, "propose", "ann", cost="50 EUR")
    for by, other in (("eve", "carl"), ("ann", "carl"), ("bob", "dora"), ("bob", "ann")):
        refused(house, Denied, 6, lambda by=by, other=other: act(house, number, "approve", by, other))


def test_the_absent_persons_authority_is_lent_and_never_added_to_the_deputys() -> None:
    by_dora = away("[{from: 2026-03-02, until: 2026-03-06, deputy: dora}]")
    house = house_with(by_dora)
    number = opened(house)
    act(house, number, "propose", "ann", cost="500 EUR")
    error = refused(house, Denied, 6, lambda: act(house, number, "approve", "dora", "carl"))
    assert error.facts["reasons"] == ["limit"] and "dora for carl" in error.message
    act(house, number, "approve", "dora")
    assert events_of(house, number)[-1].on_behalf is None, "her own authority is enough"
    house = house_with(away())
    number = opened(house)
    act(house, number, "propose", "ann", cost="101 EUR")
    assert refused(house, Denied, 6, lambda: act(house, number, "approve", "bob", "carl")).facts["reasons"] == ["limit"]


def test_for_names_the_posts_that_are_lent_and_the_rest_is_not() -> None:
    house = house_with(
        ("carl: {name: Carl Cooper, roles: [manager],",
         "carl: {name: Carl Cooper, roles: [manager, lab], away: [{from: 2026-03-02, until: 2026-03-06, deputy: eve, for: [lab]}],"),
    )
    number = opened(house)
    act(house, number, "propose", "ann", cost="50 EUR")
    assert "test" in possible(house, number, "eve") and "approve" not in possible(house, number, "eve")


def test_deputies_are_chained_and_a_denial_anywhere_in_the_chain_wins() -> None:
    bob_away = ("bob:  {name: Bob Baker,", "bob:  {name: Bob Baker, away: [{from: 2026-03-01, until: 2026-03-03, deputy: eve}],")
    house = house_with(away("[{from: 2026-03-02, until: 2026-03-06, deputy: bob}]"), bob_away)
    number = opened(house)
    act(house, number, "propose", "ann", cost="50 EUR")
    assert "approve" in possible(house, number, "eve") and "approve" not in possible(house, number, "bob")
    later(house, 2)
    assert "approve" in possible(house, number, "bob") and "approve" not in possible(house, number, "eve")
    for denied in ("manager", "small/approve"):
        for who in ("carl", "bob", "eve"):
            told = ORGANISATION[ORGANISATION.index(f"{who}:"):].split("name:")[0]
            again = house_with(
                away("[{from: 2026-03-02, until: 2026-03-06, deputy: bob}]"), bob_away,
                (f"{told}name:", f"{told}deny: ['{denied}'], name:"),
            )
            number = opened(again)
            act(again, number, "propose", "ann", cost="50 EUR")
            assert "approve" not in possible(again, number, "eve"), (denied, who)
            refused(again, Denied, 6, lambda again=again, number=number: act(again, number, "approve", "eve", "carl"))


@pytest.mark.parametrize("deny", [
    "carl: {name: Carl Cooper, deny: [small/approve], roles: [manager],", "carl: {name: Carl Cooper, deny: [manager], roles: [manager],",
])
def test_a_denial_wins_over_a_post_and_over_a_group(deny: str) -> None:
    house = house_with((CARL_AWAY[0], deny), ("members: [carl, dora]}", "members: [carl, dora], roles: [manager]}"))
    number = opened(house)
    act(house, number, "propose", "ann", cost="50 EUR")
    assert "approve" not in possible(house, number, "carl") and "approve" in possible(house, number, "dora")
    error = refused(house, Denied, 6, lambda: act(house, number, "approve", "carl"))
    assert error.facts["reasons"] == (["deny"] if "small" in deny else ["role", "limit"])
    assert "carl" not in error.facts.get("who_could", "") or error.facts["reasons"] == ["deny"]


def test_a_denial_of_opening_and_of_an_assigned_task() -> None:
    house = house_with(("roles: [desk, lab]", "deny: [small/opening], roles: [desk, lab]"))
    error = refused(house, Denied, 6, lambda: opening.open_case(house, "small", as_("bob"), {}))
    assert "bob" not in error.facts["who_could"]
    number = opened(house)
    act(house, number, "propose", "ann")
    amending.assign(house, number, as_("ann"), "bob", task="test")
    with TemporaryDirectory() as folder:
        text = ORGANISATION.replace("roles: [desk, lab]", "deny: [lab], roles: [desk, lab]")
        (Path(folder) / "o.yaml").write_text(text, encoding="utf-8")
        publishing.apply_organisation(house, Path(folder) / "o.yaml", THE_SYSTEM)
    assert "test" not in possible(house, number, "bob")


def test_work_that_arrives_during_the_absence_is_in_the_deputys_inbox_and_says_for_whom() -> None:
    house = house_with(away())
    number = opened(house)
    act(house, number, "propose", "ann", cost="50 EUR")
    (line,) = inboxes.inbox(house, "bob", own=False).lines
    assert line.stands_in_for == () and line.number == number, "the laboratory's work is bob's own"
    (line,) = inboxes.inbox(house_with_eve(), "eve").lines
    assert [(one.person, one.name, one.until.isoformat()) for one in line.stands_in_for] == [("carl", "Carl Cooper", "2026-03-06")]
    assert inboxes.inbox(house_with_eve(days=5), "eve").lines == ()


def house_with_eve(days: float = 0) -> House:
    house = house_with(away("[{from: 2026-03-02, until: 2026-03-06, deputy: eve}]"))
    number = opened(house)
    act(house, number, "propose", "ann", cost="50 EUR")
    if days:
        later(house, days)
    return house


def test_reminders_and_escalations_reach_the_deputy_and_say_so() -> None:
    house = house_with(away("[{from: 2026-03-02, until: 2026-03-06, deputy: eve}]"))
    number = opened(house)
    act(house, number, "propose", "ann", cost="50 EUR")
    assert sent(house, number) == [("reminder", "eve")]
    assert messages(house, number)[0].text.startswith("You stand in for Carl Cooper, who is away until 2026-03-06.\n\n")
    event = events_of(house, number)[-1]
    assert event.data["reminded"] == ["carl"] and event.data["stood_in"] == {"carl": "eve"}
    assert "Carl Cooper is away, Eve Eaton stands in" in reading.history(house, number, THE_SYSTEM)[0][-1].details
    later(house, 3.7)
    assert ("escalated", "eve") in sent(house, number) and state_of(house, number).added == ["carl"]
    later(house, 2)
    assert inboxes.inbox(house, "carl").lines and not inboxes.inbox(house, "eve").lines


def test_nobody_decides_on_what_they_proposed_themselves_or_for_another() -> None:
    roles = ("carl: {name: Carl Cooper, roles: [manager],", "carl: {name: Carl Cooper, roles: [manager, desk],")
    ann_away = ("ann:  {name: Ann Archer,", "ann:  {name: Ann Archer, away: [{from: 2026-03-02, until: 2026-03-06, deputy: carl}],")
    house = house_with(roles, ann_away)
    number = opened(house, "ann")
    act(house, number, "propose", "carl", "ann", cost="50 EUR")
    assert state_of(house, number).acts["propose"].actors == ["carl", "ann"]
    assert refused(house, Denied, 6, lambda: act(house, number, "approve", "carl")).facts["reasons"] == ["except"]
    assert "approve" in possible(house, number, "dora")


def test_whoever_did_anything_in_a_case_is_involved_in_it() -> None:
    house, _ = small_house(PROCEDURE)
    number = opened(house)
    assert state_of(house, number).involved == ["ann"]
    amending.note(house, number, as_("bob"), "looked at it")
    act(house, number, "propose", "ann")
    assert state_of(house, number).involved == ["ann", "bob"]
    assert "check" not in possible(house, number, "bob") and "check" in possible(house, number, "carl")


@pytest.mark.parametrize(("words", "barred"), [
    ("superiors of owner", {"carl", "dora"}), ("superior of owner", {"carl"}), ("subordinates of owner", set()),
    ("subordinates of about", {"carl"}), ("department of owner", {"carl"}), ("department of actor_of('propose')", {"carl"}),
    ("about", {"dora"}), ("panel", {"carl", "dora"}), ("[owner, superior of superior of owner]", {"dora"}),
])
def test_who_is_near_to_somebody_can_be_excluded(words: str, barred: set[str]) -> None:
    departments = (
        ("ann:  {name: Ann Archer,", "ann:  {name: Ann Archer, department: front,"),
        ("carl: {name: Carl Cooper,", "carl: {name: Carl Cooper, department: front,"),
    )
    house = house_with(*departments, procedure=PROCEDURE.replace("except: \"actor_of('propose')\"", f'except: {words}'))
    number = opened(house, about="dora")
    act(house, number, "propose", "ann", cost="50 EUR")
    assert {who for who in ("carl", "dora") if "approve" not in possible(house, number, who)} == barred


def test_only_the_cases_own_unit_acts_sees_its_work_and_opens() -> None:
    procedure = PROCEDURE.replace("lab: {}", "lab: {of: north}")
    house = house_with(
        ("roles: [desk, lab]", "roles: [desk, lab of north]"), ("roles: [porter]", "roles: [lab of south]"), procedure=procedure
    )
    number, other = opened(house), opened(house, north="south")
    for one in (number, other):
        act(house, one, "propose", "ann")
    assert "test" in possible(house, number, "bob") and "test" not in possible(house, other, "bob")
    assert "test" in possible(house, other, "eve") and "test" not in possible(house, number, "eve")
    assert [line.number for line in inboxes.inbox(house, "eve").lines] == [other]
    amending.correct(house, number, as_("ann"), {"north": "south"}, "misread")
    assert len(inboxes.inbox(house, "eve").lines) == 2 and "test" in possible(house, number, "eve")
    refused(house, Denied, 6, lambda: act(house, number, "test", "bob"))
