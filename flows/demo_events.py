"""What a till and a telephone system tell in the demo: visits and calls from a seed, spread over the day as they are in such places.

Parties arrive by chance around the hours of meals, more of them on the evenings before free days. What people do takes a log-normal time:
mostly short, sometimes very long; and longer for each party that arrived within the last quarter of an hour. Most calls are taken at once,
the others after an exponential time, unless the caller has lost patience before.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from math import log
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

Event = dict[str, Any]

MEALS = ((time(12, 10), 35, 4), (time(18, 40), 45, 6))     # the height of a meal, its spread in minutes, parties on a common day
FULL = {4: 1.8, 5: 1.8, 6: 1.3}                            # Friday, Saturday, Sunday: how many times as many come in the evening
SHIFTS = (("day", "lin.yue", 8, 9, 22), ("late", "shen.tao", 9, 7, 26), ("night", "he.yun", 20, 4, 40))
"""A shift, who answers, the hour at which its twelve hours begin, calls, and the seconds that whoever is not served at once waits."""
GREETER, WAITER, CASHIER = "tian.yu", "bai.xue", "kong.li"


def told(folder: Path, source: str, day: date, events: Iterable[Event]) -> Path:
    """Write the events of a day of a source as JSON lines into the folder; the file."""
    file = folder / f"{source}-{day}.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events), encoding="utf-8")
    return file


def till(day: date, zone: ZoneInfo, seed: int) -> Iterator[Event]:
    """The visits of one day in a restaurant, from the car park to the farewell; the same day and seed give the same visits."""
    chance = Random(f"{seed} till {day}")
    arrivals = sorted(_arrivals(day, zone, chance))
    for number, at in enumerate(arrivals, 1):
        crowd = sum(timedelta(0) < at - other < timedelta(minutes=15) for other in arrivals)
        name = f"{day:%m%d}-{number:02}"
        for count, (event, moment, by, values) in enumerate(_visit(at, 1 + 0.25 * crowd, chance), 1):
            yield _event(name, count, event, moment, by, values)


def telephone(day: date, zone: ZoneInfo, seed: int) -> Iterator[Event]:
    """The calls of the shifts that begin on that day: each conversation, and for each shift how many calls there were."""
    chance = Random(f"{seed} telephone {day}")
    for shift, agent, hour, calls, waiting in SHIFTS:
        begins, of, kept = datetime.combine(day, time(hour), zone), _poisson(calls, chance), 0
        for number in range(1, of + 1):
            at, waited = begins + timedelta(seconds=chance.randrange(11 * 3600)), chance.randint(2, 6)
            if chance.random() < 0.35:
                waited += round(chance.expovariate(1 / waiting))
            if waited > chance.lognormvariate(log(75), 0.6):
                continue
            kept, name = kept + 1, f"{day:%m%d}-{shift}-{number}"
            for count, (event, moment, values) in enumerate(_call(at, shift, waited, chance), 1):
                yield _event(name, count, event, moment, agent, values)
        if of:
            end = begins + timedelta(hours=12)
            yield {"id": f"{day:%m%d}-{shift}", "event": "answered", "at": end.isoformat(), "part": shift, "kept": kept, "of": of}


def _call(at: datetime, shift: str, waited: int, chance: Random) -> Iterator[tuple[str, datetime, Event]]:
    """One conversation, and the call-back where one was promised."""
    settled = chance.random() < 0.8
    yield "talk", at, {"shift": shift, "topic": chance.choice(("order", "order", "delivery", "repair", "complaint", "other"))}
    yield "wait", at, {"wait": waited}
    at += _takes(seconds=150, chance=chance)
    yield "first_contact", at, {"first_contact": settled}
    if not settled and chance.random() < 0.5:
        yield "call_back", at, {}
        at += _takes(seconds=2400, chance=chance)
        yield "called_back", at, {}
    yield "leave", at + timedelta(seconds=1), {}


def _arrivals(day: date, zone: ZoneInfo, chance: Random) -> Iterator[datetime]:
    for height, spread, parties in MEALS:
        middle = datetime.combine(day, height, zone)
        for _ in range(_poisson(parties * (FULL.get(day.weekday(), 1) if height.hour > 16 else 1), chance)):
            yield middle + timedelta(minutes=max(-60, min(90, chance.gauss(0, spread))))


def _visit(at: datetime, slower: float, chance: Random) -> Iterator[tuple[str, datetime, str, Event]]:
    """One party: what happened, when, who saw to it, and what was found."""
    came = {"table": f"{chance.choice('ABC')}{chance.randint(1, 9)}", "guests": min(12, 1 + _poisson(1.6, chance))}
    if chance.random() < 0.6:
        yield "car_park", at, GREETER, came
        shown = at + _takes(seconds=32, chance=chance)
        yield "guided", shown, GREETER, {}
        at, came = shown + timedelta(minutes=2), {}
    yield "seated", at, GREETER, came
    yield "greeting", at + _takes(seconds=46 * slower, chance=chance), WAITER, {}
    yield "table_clean", at + timedelta(seconds=20), WAITER, {"table_clean": chance.random() < 0.99}
    at += timedelta(minutes=6) + _takes(seconds=300, chance=chance)
    yield "ordered", at, WAITER, {}
    at += _takes(seconds=560 * slower ** 0.5, chance=chance, spread=0.3)
    yield "served", at, WAITER, {}
    if chance.random() < 0.5:
        yield "soup_hot", at + timedelta(seconds=15), WAITER, {"soup_hot": round(chance.gauss(75, 4.4), 1)}
    at += timedelta(minutes=20) + _takes(seconds=1200, chance=chance, spread=0.4)
    yield "paid", at, CASHIER, {}
    yield "bill", at + _takes(seconds=70, chance=chance), CASHIER, {}
    at, last = at + timedelta(minutes=12), CASHIER
    if chance.random() < 0.75:
        yield "farewell", at, GREETER, {}
        yield "goodbye", at + timedelta(seconds=30), GREETER, {"goodbye": chance.random() < 0.94}
        last = GREETER
    yield "leave", at + timedelta(minutes=1), last, {}


def _event(visit: str, count: int, event: str, at: datetime, by: str, values: Event) -> Event:
    return {"id": f"{visit}-{count}", "visit": visit, "event": event, "at": at.isoformat(timespec="seconds"), "by": by, **values}


def _takes(*, seconds: float, chance: Random, spread: float = 0.5) -> timedelta:
    """A log-normal time with this median."""
    return timedelta(seconds=round(chance.lognormvariate(log(seconds), spread)))


def _poisson(mean: float, chance: Random) -> int:
    """How many came by chance, where so many come in the mean: arrivals one after another until the time is over."""
    many, passed = 0, chance.expovariate(mean)
    while passed < 1:
        many, passed = many + 1, passed + chance.expovariate(mean)
    return many
