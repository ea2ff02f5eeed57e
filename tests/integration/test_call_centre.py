"""The shipped call centre: three shifts that overlap, judged each by itself from what the telephone system tells."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.ground.errors import Invalid
from engine.usecases import attaining, gathering, publishing, standards
from engine.usecases.counting import tell
from engine.usecases.house import House, Settings
from engine.usecases.upkeep import upkeep
from tests.houses import DEFINITIONS, as_, memory_house, state_of

MONDAY = datetime(2026, 11, 15, 16, 0, tzinfo=UTC)       # midnight in Shanghai
CALL = [
    {"event": "talk", "at": "10:00", "shift": "late"},
    {"event": "wait", "at": "10:01", "wait": 8},
    {"event": "first_contact", "at": "10:05", "first_contact": "yes"},
    {"event": "leave", "at": "10:06"},
]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, VirtualClock]:
    """The call centre on a Monday evening, after one call and the counts of two shifts were told by service quality."""
    empty, clock = memory_house("corrective-action", MONDAY)
    house = House(empty.store, clock, Settings(folder=tmp_path_factory.mktemp("house")))       # where the reports of the house are written
    for bundle in ("restaurant-visit", "call-centre"):
        publishing.publish(house, DEFINITIONS / bundle, THE_SYSTEM)
    clock.move_to(MONDAY + timedelta(hours=22))
    events: list[dict[str, Any]] = [{"id": str(n), "visit": "1", "by": "shen.tao", **one} for n, one in enumerate(CALL)]
    events += [
        {"id": "d", "event": "answered", "at": "20:00", "kept": 460, "of": 500, "part": "day"},
        {"id": "l", "event": "answered", "at": "21:00", "kept": 300, "of": 400, "part": "late"},
    ]
    told = [gathering._event(n, {**one, "at": f"2026-11-16 {one['at']}"}) for n, one in enumerate(events)]
    done = gathering.gather(house, "call-centre", told, as_("qi.min"), source="telephone")
    assert (done.opened, done.taken, done.bad) == (1, 6, [])
    return house, clock


def test_a_call_at_an_hour_of_two_shifts_belongs_to_that_of_its_agent(centre: tuple[House, VirtualClock]) -> None:
    found = attaining.attainment(centre[0], "call-centre", as_("qi.min"))
    parts = {one.name: {part: (figure.kept, figure.of) for part, figure in one.parts.items()} for one in found.standards if one.parts}
    assert parts == {
        "answered": {"day": (460, 500), "late": (300, 400)}, "wait": {"late": (1, 1)}, "first_contact": {"late": (1, 1)},
    }


@pytest.mark.parametrize(("part", "why"), [
    (None, "A count of 'answered' has to say whose it is"), ("noon", "'answered' is not judged by 'noon'"),
])
def test_a_count_says_of_which_shift_it_is(centre: tuple[House, VirtualClock], part: str | None, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refused:
        tell(centre[0], "call-centre", "answered", as_("dong.li"), kept=1, of=1, part=part)
    assert refused.value.hint == "It is judged by: day, late, night."


def test_inspections_come_by_themselves_and_the_week_is_judged_shift_by_shift_once(centre: tuple[House, VirtualClock]) -> None:
    house, clock = centre
    looked_at = []
    for _ in range(7 * 24 * 2):
        clock.move_to(clock.now() + timedelta(minutes=30))
        kept = upkeep(house)
        assert kept.failures == []
        looked_at += kept.inspections
    per_day = len(looked_at) / 7
    assert 2 < per_day <= 4 and {state_of(house, number).state for number in looked_at} == {"inspecting_manners", "inspecting_positions"}
    clock.move_to(MONDAY + timedelta(days=9))
    missed = upkeep(house).missed + upkeep(house).missed
    judged = standards.judgements(house, "call-centre", as_("qi.min"), 50)
    assert {(one.part, one.reached) for one in judged if one.standard == "answered"} == {("day", True), ("late", False)}
    [number] = missed
    assert state_of(house, number).fields["source"] == "call-centre/answered"
    assert state_of(house, number).fields["figures"].startswith("late 2026-11-16 – 2026-11-22: 300 / 400 = 75.0 %")
