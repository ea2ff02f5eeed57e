"""Two weeks of complaints in a few seconds: the shipped bundles, the sample complaints, a staff that mostly does its work.

Virtual time ends now, so that every command finds a house in the middle of its life afterwards. Sweeps, deliveries and daily
summaries run as Prefect flow runs; what people do goes through the same use cases as the command line.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.deciding.rights import Actor
from engine.defining.mapping import ImportMapping, read_mapping
from engine.ground.clock import SystemClock, VirtualClock
from engine.ground.errors import MakegoodError
from engine.usecases import acting, founding, importing, inboxes, publishing, reading
from engine.usecases.house import House, open_house
from flows.session import Ran, Step, days, prefect_session

DAYS = 14
HOURS = ((9, 30), (16, 0))     # local times at which the scheduler looks and people work
BUNDLES = ("product-complaint", "housing-complaint")
LAZY = {"sun.hao": 0.1, "li.na": 0.35, "wang.fang": 0.25}   # how much of what waits somebody takes up at a time; everybody else 0.5
PREFERRED = ("answer_directly", "acknowledge", "propose", "approve", "settle", "satisfied")
ANSWERS = {
    "findings": "经检验，产品存在加工缺陷。",
    "responsible": "production",
    "cause": "模具磨损。",
    "countermeasure": "更换模具，加严首检。",
    "remedy": "replace",
    "amount": "800",
    "credit_note": "ZR202611",
    "quantity": "1",
    "comment": "已电话确认。",
    "delay_reason": "检验设备检修。",
    "order_no": "AB123456",
    "nature": "quality",
    "loss": "0",
    "question": "请提供故障照片。",
}


@dataclass(slots=True)
class Played:
    """What happened in the two weeks."""

    folder: Path
    since: datetime
    until: datetime
    published: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)     # rows of the table that could not be used
    acts: int = 0
    refused: int = 0
    runs: list[Ran] = field(default_factory=list)


def play(folder: Path, definitions: Path, language: str, told: Callable[[str, Played], None]) -> Played:
    """Found a house in `folder`, publish the bundles of `definitions`, and let two weeks pass; `told` hears of every step."""
    now = SystemClock().now().replace(microsecond=0)
    clock = VirtualClock(now - timedelta(days=DAYS))
    played = Played(folder, clock.now(), now)
    founding.found(folder, language)
    house = open_house(folder, clock)
    publishing.apply_organisation(house, definitions / "organisation.yaml", Actor("wu.ting"))
    for name in BUNDLES:
        publishing.publish(house, definitions / name, Actor("wu.ting"))
        played.published.append(name)
        told("published", played)
    with prefect_session():
        told("started", played)
        staff = _Staff(house, definitions / "samples", played)
        for step in _steps(played.since, now, ZoneInfo("Asia/Shanghai"), staff):
            played.runs += asyncio.run(days(folder, clock, [step]))
            told("day", played)
    house.store.close()
    return played


def _steps(since: datetime, until: datetime, zone: ZoneInfo, staff: "_Staff") -> Iterator[Step]:
    day = since.astimezone(zone).date()
    while day <= until.astimezone(zone).date():
        for hour, minute in HOURS:
            moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
            if since < moment < until:
                last = (hour, minute) == HOURS[-1]
                yield moment, ("sweep", staff.work, *(("delivery", "daily") if last else ()))
        day += timedelta(days=1)
    yield until, ("sweep", "delivery", "daily")


class _Staff:
    """People at work: each takes up some of what waits for them."""

    def __init__(self, house: House, samples: Path, played: Played) -> None:
        self.house, self.played = house, played
        self.chance = random.Random(20)
        self.mapping: ImportMapping = read_mapping(samples / "mapping.yaml")
        table = importing.read_table(samples / "complaints.csv")
        self.header, self.rows = table.header, list(table.rows)
        self.share = max(1, len(self.rows) // 12)

    def work(self) -> None:
        """One round: new complaints come in, then everybody looks at their inbox; nobody works at the weekend."""
        if self.house.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).weekday() >= 5:
            return
        self._take_in()
        people = ("li.na", "chen.jie", "liu.yang", "sun.hao", "ma.qiang", "gao.yan", "he.ping", "wang.fang", "zhou.min", "wu.ting")
        for person in people:
            for line in inboxes.inbox(self.house, person, limit=12).lines:
                if self.chance.random() < LAZY.get(person, 0.5):
                    self._handle(person, line.number)

    def _take_in(self) -> None:
        fresh, self.rows = self.rows[:self.share], self.rows[self.share:]
        if fresh:
            done = importing.import_cases(
                self.house,
                importing.Table(self.header, fresh),
                self.mapping,
                Actor(self.chance.choice(["li.na", "chen.jie"])),
                source="complaints",
            )
            self.played.opened += done.opened
            self.played.bad += done.bad

    def _handle(self, person: str, number: str) -> None:
        actor = Actor(person)
        options = [o for o in acting.possible(self.house, number, actor) if {x.reason.value for x in o.obstacles} <= {"require"}]
        wanted = [o for o in options if o.kind == "task"] or [o for name in PREFERRED for o in options if o.name == name]
        asks = [o for o in options if o.name in ("ask_customer", "answered")]
        if asks and self.chance.random() < 0.2:
            wanted = asks
        if not wanted:
            return
        values = reading.show(self.house, number, actor).fields
        filled = {field.name for field in values if field.value not in (None, "") and field.name != "amount"}
        needed = {name: ANSWERS[name] for name in wanted[0].require if name in ANSWERS and name not in filled}
        given = {**needed, **({"amount": str(self.chance.choice([0, 300, 4800, 12000]))} if "amount" in needed else {})}
        try:
            acting.act(self.house, number, wanted[0].name, actor, given)
            self.played.acts += 1
        except MakegoodError:
            self.played.refused += 1     # a lawful refusal, for example an amount above the person's authority
