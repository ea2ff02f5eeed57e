"""Houses for tests: a real database with the shipped bundles published, on a virtual clock."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Thread
from typing import Any

from engine.deciding.case import CaseState, Event
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.clock import VirtualClock
from engine.records import cases, history
from engine.records.store import Store
from engine.usecases import opening, publishing
from engine.usecases.house import House, Settings
from engine.usecases.sweeping import Swept, sweep
from tests import databases

DEFINITIONS = Path(__file__).parent.parent / "definitions"
MONDAY = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)        # 09:00 in Shanghai
CUSTOMER = {"name": "王小明", "email": "wang@customer.example", "language": "zh"}
GIVEN: Mapping[str, Any] = {"region": "domestic", "channel": "phone", "customer": CUSTOMER}


def as_(person: str, on_behalf: str | None = None) -> Actor:
    """Somebody who acts."""
    return Actor(person, on_behalf)


@cache
def _with(bundle: str) -> databases.Fill:
    def published(store: Store) -> None:
        house = House(store, VirtualClock(MONDAY), Settings(folder=Path()))
        with TemporaryDirectory() as folder:      # its reports are about cycles that are not in force here
            text = (DEFINITIONS / "organisation.yaml").read_text(encoding="utf-8")
            (Path(folder) / "organisation.yaml").write_text(re.sub(r"^reports:\n([ #].*\n)*", "", text, flags=re.M), encoding="utf-8")
            publishing.apply_organisation(house, Path(folder) / "organisation.yaml", THE_SYSTEM)
        publishing.publish(house, DEFINITIONS / bundle, THE_SYSTEM)

    return published


def memory_house(bundle: str = "product-complaint", at: datetime = MONDAY) -> tuple[House, VirtualClock]:
    """A house in memory (or on a server, where the test is about that) with one shipped bundle published."""
    clock = VirtualClock(at)
    return House(databases.quick(_with(bundle)), clock, Settings(folder=Path())), clock


def house_in(folder: Path, bundle: str = "product-complaint", at: datetime = MONDAY) -> tuple[House, VirtualClock]:
    """A house in a folder, its database there or on a server, with one shipped bundle published."""
    place = databases.place(folder, _with(bundle))
    (folder / "makegood.toml").write_text(place.settings(), encoding="utf-8")
    clock = VirtualClock(at)
    return House(place.store(), clock, Settings(folder=folder)), clock


def open_one(house: House, by: str = "li.na", **given: Any) -> str:
    """Open a complaint; its number."""
    return opening.open_case(house, "product-complaint", as_(by), {**GIVEN, **given}).number


def state_of(house: House, number: str) -> CaseState:
    """A case as stored."""
    with house.store.reading() as conn:
        return cases.load(conn, number).case


def events_of(house: House, number: str) -> list[Event]:
    """The history of a case."""
    with house.store.reading() as conn:
        return list(history.read(conn, history.case_stream(number)))


def sweeps_at_once(many: int, house_at: Callable[[], House]) -> list[Swept]:
    """What several sweeps did that began in the same moment, each on a house of its own."""
    go, done = Barrier(many), list[Swept]()

    def come_by() -> None:
        house = house_at()
        go.wait()
        done.append(sweep(house))
        house.store.close()

    several = [Thread(target=come_by) for _ in range(many)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    return done
