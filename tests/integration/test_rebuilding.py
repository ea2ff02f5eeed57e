"""The state of a case is the fold of its history, whatever happens to it: shown over random runs through the use cases."""

import random
from datetime import timedelta

import pytest

from engine.deciding.case import case_json, rebuild
from engine.deciding.rights import THE_SYSTEM
from engine.ground.errors import MakegoodError
from engine.usecases import acting, amending, auditing, linking, postponing, punctuality, sweeping
from engine.usecases.house import House
from tests.houses import DEFINITIONS, as_, events_of, memory_house, open_one, state_of

PEOPLE = (
    "li.na",
    "chen.jie",
    "sun.hao",
    "liu.yang",
    "ma.qiang",
    "wang.fang",
    "zhao.lei",
    "zhou.min",
    "wu.ting",
    "he.ping",
    "system",
    "customer",
)
VALUES = {
    "order_no": ["AB123456", "CD654321", "wrong"],
    "nature": ["quality", "non_quality"],
    "loss": ["0", "1200.50", "80000"],
    "findings": ["查明原因"],
    "responsible": ["production", "carrier"],
    "remedy": ["replace", "explain", "compensate"],
    "amount": ["0", "4999.99", "30000"],
    "cause": ["模具磨损"],
    "countermeasure": ["更换"],
    "question": ["请提供照片"],
    "delay_reason": ["人手不足"],
    "region": ["domestic", "overseas"],
    "credit_note": ["ZR000001"],
    "quantity": ["3"],
    "extension_reason": ["等待检测"],
    "comment": ["说明"],
}


def _step(house: House, number: str, chance: random.Random) -> None:
    """Something that somebody might do; most of it is refused now and then."""
    who = as_(chance.choice(PEOPLE))
    given = {name: chance.choice(options) for name, options in VALUES.items() if chance.random() < 0.6}
    match chance.randrange(10):
        case 0:
            amending.note(house, number, who, "电话联系客户")
        case 1:
            amending.correct(
                house, number, who, {"region": chance.choice(VALUES["region"]), "findings": f"更正 {chance.random()}"}, "登记有误"
            )
        case 2:
            postponing.extend(house, number, who, "total", "3 working days", {"extension_reason": "等待检测"})
        case 3:
            (postponing.pause if chance.random() < 0.5 else postponing.resume)(house, number, who, None, "停电")
        case 4:
            amending.assign(house, number, who, chance.choice(PEOPLE[:8]))
        case _:
            options = [o.name for o in acting.possible(house, number, who)] or ["acknowledge"]
            acting.act(house, number, chance.choice(options), who, given)


@pytest.mark.parametrize("seed", range(12))
def test_the_stored_case_equals_its_rebuilt_history_after_anything(seed: int) -> None:
    house, clock = memory_house()
    chance = random.Random(seed)
    numbers = [open_one(house), open_one(house, region="overseas")]
    linking.link(house, numbers[0], as_("li.na"), "related", numbers[1])
    done = refused = 0
    for _ in range(60):
        clock.move_to(clock.now() + timedelta(minutes=chance.choice([1, 7, 90, 600, 3000])))
        try:
            if chance.random() < 0.2:
                assert sweeping.sweep(house).failures == []
            else:
                _step(house, chance.choice(numbers), chance)
            done += 1
        except MakegoodError:
            refused += 1
    for number in numbers:
        events = events_of(house, number)
        assert case_json(rebuild(events)) == case_json(state_of(house, number))
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert all(a.recorded_at <= b.recorded_at for a, b in zip(events, events[1:], strict=False))
    assert auditing.verify(house).problems == []
    assert punctuality.report(house, actor=THE_SYSTEM).faults == ()
    assert done > 10 and refused > 0


def test_the_shipped_people_of_this_test_exist() -> None:
    text = (DEFINITIONS / "organisation.yaml").read_text(encoding="utf-8")
    assert all(f"{person}:" in text for person in PEOPLE[:10])
