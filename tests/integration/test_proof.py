"""Authority proof: who may act on some day, and where and when nobody could."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from test_deputies import PROCEDURE, away, house_with

from engine.ground.errors import Denied, Invalid, NotFound
from engine.usecases import acting, proving
from engine.usecases.house import House
from tests.commands import Terminal, opened, small_house
from tests.houses import as_
from tests.small import opened as open_case
from tests.small import refused

CARL = "[{from: 2026-03-09, until: 2026-03-11, deputy: bob, for: [manager]}]"


def proposed(house: House, cost: str = "50 EUR") -> str:
    number = open_case(house)
    acting.act(house, number, "propose", as_("ann"), {"cost": cost})
    return number


def could(house: House, number: str, action: str, on: date | None = None) -> list[tuple[Any, ...]]:
    found = proving.who_can(house, as_("carl"), number, action, on)
    return [(one.person, one.on_behalf, one.most, one.free, one.because) for one in found.ways]


def test_who_may_act_on_a_day_by_which_way_and_up_to_what() -> None:
    house = house_with(away(CARL), ("roles: [director]", "roles: [director, desk]"))
    number = proposed(house)
    assert could(house, number, "approve") == [("carl", None, "100.00", True, ""), ("dora", None, "1000.00", True, "")]
    assert could(house, number, "approve", date(2026, 3, 10)) == [
        ("carl", None, "100.00", False, "away"), ("dora", None, "1000.00", True, ""), ("bob", "carl", "100.00", True, "")]
    acting.act(house, number, "approve", as_("carl"))
    other = open_case(house)
    acting.act(house, other, "propose", as_("dora"), {"cost": "5"})
    assert ("dora", None, "1000.00", False, "excluded as actor_of('propose')") in could(house, other, "approve")
    with pytest.raises(NotFound):
        could(house, number, "aprove")
    refused(house, Denied, 6, lambda: proving.who_can(house, as_("eve"), number, "approve"))


def told(house: House, **span: Any) -> list[tuple[Any, ...]]:
    found = proving.find_gaps(house, as_("dora"), date(2026, 3, 2), date(2026, 3, 31), **span)
    return [(gap.case or gap.definition, gap.what, gap.kind, gap.since.date().day, gap.until.date().day, gap.above) for gap in found.gaps]


def test_the_days_on_which_nobody_could_are_found_before_they_come() -> None:
    dora_away = ("dora: {name: Dora Dyer,", "dora: {name: Dora Dyer, away: [{from: 2026-03-10, until: 2026-03-20}],")
    house = house_with(away("[{from: 2026-03-09, until: 2026-03-11}]"), dora_away)
    number, dear = proposed(house), proposed(house, "500 EUR")
    found = told(house)
    assert (number, "approve", "nobody", 10, 12, None) in found and (number, "approve", "nobody", 9, 12, None) not in found
    assert (dear, "approve", "nobody", 10, 12, None) in found and (dear, "approve", "amount", 12, 21, "100.00") in found
    assert (dear, "approve", "amount", 9, 10, None) not in found
    assert ("small", "approve", "nobody", 10, 12, None) in found
    assert ("small", "approve", "amount", 12, 21, "100.00") in found and ("small", "approve", "amount", 2, 10, "1000.00") in found
    assert not [one for one in found if one[1] == "propose"], "the desk is there"


def test_a_deputy_closes_the_gap_unless_they_are_excluded() -> None:
    dora_left = ("roles: [director]", "deny: [small/approve], roles: [director]")
    house = house_with(away(CARL), dora_left)
    number = proposed(house)
    assert not [one for one in told(house) if one[:2] == (number, "approve")]
    by_ann = house_with(away(CARL.replace("bob", "ann")), dora_left)
    number = proposed(by_ann)
    assert (number, "approve", "excluded", 9, 12, None) in told(by_ann)
    assert ("small", "approve", "excluded", 9, 12, None) in told(by_ann), "ann may be the one who proposed it"


def test_a_post_of_a_unit_that_nobody_holds_is_a_gap() -> None:
    house = house_with(("roles: [desk, lab]", "roles: [desk, lab of north]"), procedure=PROCEDURE.replace("lab: {}", "lab: {of: north}"))
    found = proving.find_gaps(house, as_("dora"), None, date(2026, 3, 31)).gaps
    assert [(gap.what, gap.unit, gap.kind) for gap in found if gap.what == "test"] == [("test", "south", "nobody")]


def test_only_who_answers_for_rights_looks_for_gaps_and_the_span_must_be_one() -> None:
    house = house_with()
    refused(house, Denied, 6, lambda: proving.find_gaps(house, as_("bob")))
    refused(house, Invalid, 3, lambda: proving.find_gaps(house, as_("dora"), date(2026, 3, 9), date(2026, 3, 2)))
    seen: list[tuple[int, int]] = []
    proposed(house)
    proving.find_gaps(house, as_("ann"), progress=lambda *so_far: seen.append(so_far))
    assert seen == [(1, 2), (2, 2)]


def test_both_commands_say_it_in_tables_and_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal(small_house(tmp_path), capsys, monkeypatch)
    number = opened(terminal)
    assert "Ann Archer (ann)" in terminal("org", "who-can", number, "take").out
    assert terminal("org", "who-can", number, "take", "--on", "2026-12-01", "--json").json["ways"][0]["person"] == "ann"
    assert "looked at" in terminal("org", "gaps").out
    assert terminal("org", "gaps", "--until", "2030-01-01", "--json").json["definitions"] == 1
    terminal("org", "gaps", "--from", "tomorrow", code=3)
    terminal("org", "gaps", "--as", "eve", code=6)
    terminal("org", "who-can", number, "nothing", code=4)
