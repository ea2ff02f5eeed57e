"""A house in a minute: a month and more of a restaurant, as its till tells it, and in the last two weeks complaints as well.

Virtual time ends now, so that every command finds a house in the middle of its life afterwards. Sweeps, deliveries, summaries and reports
run as Prefect flow runs; what people do goes through the same use cases as the command line.
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
from engine.usecases import acting, founding, gathering, importing, inboxes, publishing, reading, sweeping
from engine.usecases.house import House, open_house
from flows.demo_events import telephone, till, told
from flows.session import Ran, Step, days, prefect_session

DAYS = 14
HOURS = ((9, 30), (16, 0))     # local times at which the scheduler looks and people work
BUNDLES = ("product-complaint", "housing-complaint")
CYCLES = ("corrective-action", "restaurant-visit", "call-centre")
SOURCES = {"restaurant-visit": ("till", till, "qin.feng"), "call-centre": ("telephone", telephone, "dong.li")}
"""By cycle: what tells, its events, who brings them."""
TOLD_AT = 8                    # o'clock, when the night shift ends: nothing is told more than a day late
FRIDAY = 4
ZONE = ZoneInfo("Asia/Shanghai")
SEED = 20                      # of all chance: the same day of the calendar brings the same guests
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
    """What happened."""

    folder: Path
    since: datetime                      # the first of the month before
    until: datetime
    told: int = 0                        # events that were told of visits and calls, and that counted
    unused: list[tuple[int, str]] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)     # rows of the table that could not be used
    acts: int = 0
    refused: int = 0
    runs: list[Ran] = field(default_factory=list)


def play(folder: Path, definitions: Path, language: str, hear: Callable[[str, Played], None]) -> Played:
    """Found a house in `folder`, publish bundles of `definitions`, and let time pass; `hear` is told of every step."""
    now = SystemClock().now().replace(microsecond=0)
    month = (now.astimezone(ZONE).replace(day=1) - timedelta(days=1)).replace(day=1, hour=TOLD_AT, minute=1, second=0)
    clock = VirtualClock(month)
    played = Played(folder, clock.now(), now)
    founding.found(folder, language)
    house = open_house(folder, clock)
    publishing.apply_organisation(house, definitions / "organisation.yaml", Actor("wu.ting"))

    def publish(*names: str) -> None:
        for name in names:
            publishing.publish(house, definitions / name, Actor("wu.ting"))
            played.published.append(name)
            hear("published", played)

    publish(*CYCLES)
    hear("month", played)
    with prefect_session():
        hear("started", played)
        shop, staff, complaints = _Shop(house, played), _Staff(house, definitions / "samples", played), now - timedelta(days=DAYS)
        for step in _month(month, complaints, shop.tell, shop.look):
            played.runs += asyncio.run(days(folder, clock, [step]))
        clock.move_to(complaints)
        publish(*BUNDLES)
        hear("complaints", played)
        for step in _steps(complaints, now, shop.tell, staff.work):
            played.runs += asyncio.run(days(folder, clock, [step]))
            hear("day", played)
    house.store.close()
    return played


def _month(since: datetime, until: datetime, tell: Callable[[], None], look: Callable[[], None]) -> Iterator[Step]:
    """Each morning what was told of the day before; each Friday what there is to send, and each first of a month its report."""
    moment = since.replace(hour=TOLD_AT) + timedelta(days=1)
    while moment < until:
        yield moment, (tell, look, *(("delivery",) if moment.weekday() == FRIDAY else ()), *(("monthly",) if moment.day == 1 else ()))
        moment += timedelta(days=1)


def _steps(since: datetime, until: datetime, tell: Callable[[], None], work: Callable[[], None]) -> Iterator[Step]:
    """Each day twice: what is told comes in, the scheduler looks, people work, and at the end of the day messages leave."""
    day = since.astimezone(ZONE).date()
    while day <= until.astimezone(ZONE).date():
        for hour, minute in ((TOLD_AT, 0), *HOURS):
            moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)
            if since < moment < until:
                last = (hour, minute) == HOURS[-1]
                yield moment, (tell,) if hour == TOLD_AT else ("sweep", work, *(("delivery", "daily") if last else ()))
        day += timedelta(days=1)
    yield until, ("sweep", "delivery", "daily")


class _Shop:
    """The restaurant, which tells in the morning what the till knows of the day before."""

    def __init__(self, house: House, played: Played) -> None:
        self.house, self.played = house, played

    def look(self) -> None:
        """One sweep, without the flow around it: there is one for each day of a month."""
        sweeping.sweep(self.house)

    def tell(self) -> None:
        """Bring in the events of yesterday."""
        day = self.house.clock.now().astimezone(ZONE).date() - timedelta(days=1)
        for cycle, (source, events, by) in SOURCES.items():
            file = told(self.house.settings.folder / "events", source, day, events(day, ZONE, SEED))
            done = gathering.gather(self.house, cycle, gathering.read_events(file), Actor(by), source=source)
            self.played.told += done.taken
            self.played.unused += done.bad


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
