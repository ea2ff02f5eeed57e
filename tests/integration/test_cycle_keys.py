"""Every key of a service cycle changes what happens: one small change for each, and the difference anybody can see."""

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest

from engine.deciding.checking import check_all
from engine.defining import cycle
from engine.ground.clock import VirtualClock
from engine.ground.errors import MakegoodError
from engine.records import library
from engine.usecases import attaining, standards, sweeping
from engine.usecases.house import House
from tests.cafe import CAFE, changed, seen, step, visit
from tests.houses import as_, state_of
from tests.small import START, bundle_of, empty_house, messages, put_in_force


class Line(NamedTuple):
    """A key, what is changed, what is looked at, what is seen before and after."""

    key: str
    old: str
    new: str
    see: Callable[[House, VirtualClock], Any]
    before: Any
    after: Any


def after(**length: float) -> Callable[[House, VirtualClock], None]:
    def wait(house: House, clock: VirtualClock) -> None:
        clock.move_to(clock.now() + timedelta(**length))
        sweeping.sweep(house)

    return wait


def tried(what: Callable[[], Any]) -> str:
    try:
        what()
    except MakegoodError as error:
        return error.kind
    return "done"


def latest(house: House, name: str = "cafe") -> Any:
    with house.store.reading() as conn:
        return library.latest(house.store, conn, name)[2]


def registered(name: str, of: str = "greeting") -> Callable[[House, VirtualClock], Any]:
    return lambda house, _: next(getattr(one, name) for one in standards.register(house, "cafe", as_("ann")) if one.name == of)


def attained(name: str, what: Callable[[Any], Any], do: Callable[[House, VirtualClock], None]) -> Callable[[House, VirtualClock], Any]:
    def see(house: House, clock: VirtualClock) -> Any:
        do(house, clock)
        return what(next(one for one in attaining.attainment(house, "cafe", as_("ann")).standards if one.name == name))

    return see


def greeted(house: House, clock: VirtualClock) -> None:
    for n in range(2):
        number = visit(house)
        if n:
            step(house, number, "greeting")
    after(minutes=5)(house, clock)


def state_after(*steps: str, by: str = "ann") -> Callable[[House, VirtualClock], str]:
    def see(house: House, _: VirtualClock) -> str:
        number = visit(house)
        for one in steps:
            if tried(lambda one=one: step(house, number, one, by)) != "done":
                return f"not {one}"
        return state_of(house, number).state

    return see


def missed_greeting(house: House, clock: VirtualClock) -> Any:
    number = visit(house)
    after(minutes=3)(house, clock)
    return state_of(house, number).owner


def coffee(minutes: float) -> Callable[[House, VirtualClock], Any]:
    def see(house: House, clock: VirtualClock) -> Any:
        number = visit(house)
        step(house, number, "order")
        after(minutes=minutes)(house, clock)
        return [line for line in seen(house) if line[0] == "coffee"]

    return see


def served_at_once(house: House, clock: VirtualClock) -> Any:
    number = visit(house)
    step(house, number, "order")
    step(house, number, "served", "bob")
    after(minutes=6)(house, clock)
    return [line for line in seen(house) if line[0] == "coffee"]


def told_late(hours: float) -> Callable[[House, VirtualClock], str]:
    def see(house: House, clock: VirtualClock) -> str:
        number = visit(house)
        clock.move_to(clock.now() + timedelta(hours=hours))
        return tried(lambda: step(house, number, "greeting", at="2026-03-02 09:01"))

    return see


def findings(house: House, _: VirtualClock) -> int:
    return sum("says nothing exact" in str(one) for one in check_all(bundle_of(TEXT[0])))


def inspected(house: House, clock: VirtualClock) -> int:
    count = 0
    for minute in range(5, 8 * 60 + 1, 5):
        clock.move_to(START + timedelta(minutes=minute))
        count += len(sweeping.sweep(house).cycles.inspections)
    return count


def temperature(value: float) -> Callable[[House, VirtualClock], Any]:
    def see(house: House, clock: VirtualClock) -> Any:
        for hour in range(8):
            clock.move_to(START + timedelta(hours=hour, minutes=59))
            for number in sweeping.sweep(house).cycles.inspections:
                step(house, number, "room", "bob", room=value)
                return seen(house)
        return None

    return see


def judged(house: House, clock: VirtualClock) -> int:
    greeted(house, clock)
    after(days=3)(house, clock)
    return len(standards.judgements(house, "cafe", as_("ann"), 9))


def reminded(house: House, clock: VirtualClock) -> list[str]:
    visit(house)
    after(minutes=3)(house, clock)
    return [row.person for row in messages(house) if row.name == "reminder"]


TEXT = [""]
GREETING = "within: 2 minutes\n"
LINES = [
    Line("Cycle.name", "cycle: cafe", "cycle: pub", lambda house, _: tried(lambda: visit(house)), "done", "NotFound"),
    Line("Cycle.title", "title: Café", "title: Bar", lambda house, _: latest(house).title.in_("en"), "Café", "Bar"),
    Line("Cycle.number", "V-{year}", "X-{year}", lambda house, _: visit(house), "V-2026-0001", "X-2026-0001"),
    Line("Cycle.calendar", "calendar: office", "calendar: night", lambda house, _: tried(lambda: visit(house)), "done", "NotFound"),
    Line("Cycle.languages", "languages: [en]", "languages: [en, zh]", lambda house, _: latest(house).languages, ("en",), ("en", "zh")),
    Line("Cycle.fields", "required: true}", "required: false}",
         lambda house, _: tried(lambda: visit(house, table=None)), "Invalid", "done"),
    Line("Cycle.values", "roles:", "values: {seats: 7}\nroles:", lambda house, _: dict(latest(house).values), {}, {"seats": 7}),
    Line("Cycle.roles", "manager: {}}", "manager: {}, porter: {}}",
         lambda house, _: tried(lambda: attaining.attainment(house, "cafe", as_("eve"))), "Denied", "done"),
    Line("Cycle.by", "by: [desk, lab]\nends", "by: [lab]\nends", lambda house, _: tried(lambda: visit(house)), "done", "Denied"),
    Line("Cycle.opening", "fields:", "opening: {by: manager}\nfields:", lambda house, _: tried(lambda: visit(house)), "done", "Denied"),
    Line("Cycle.late", "late: 1 hour", "late: 30 minutes", told_late(0.9), "done", "NotAllowed"),
    Line("Cycle.ends", "ends: 2 hours", "ends: 1 hour",
         lambda house, clock: (number := visit(house), after(minutes=90)(house, clock), state_of(house, number).state)[-1],
         "table", "left"),
    Line("Cycle.touchpoints", "  order: {title: Order, repeated: true}", "  order: {title: Order}\n  asked: {title: Asked}",
         state_after("order", "order"), "order", "not order"),
    Line("Cycle.counting", "touchpoints:", "counting: {ends: same_time}\ntouchpoints:",
         lambda house, _: latest(house).counting.ends, None, "same_time"),
    Line("Cycle.notices", "touchpoints:", "notices: {bye: {to: desk, via: [email]}}\ntouchpoints:",
         lambda house, _: list(latest(house).notices), [], ["bye"]),
    Line("Cycle.privacy", "touchpoints:", "privacy: {retain: 1 year}\ntouchpoints:",
         lambda house, _: str(latest(house).privacy.retain), "None", "1 year"),
    Line("Cycle.contact", "touchpoints:", "contact: the boss\ntouchpoints:", lambda house, _: latest(house).contact.in_("en"),
         "", "the boss"),
    Line("Cycle.authority", "touchpoints:", "authority: {manager: unlimited}\ntouchpoints:", lambda house, _: dict(latest(house).authority),
         {}, {"manager": None}),
    Line("Cycle.review", "touchpoints:", "review: 1 year\ntouchpoints:", registered("review_on"), None, date(2027, 3, 2)),
    Line("Cycle.missed", "touchpoints:", "missed: {procedure: nothing}\ntouchpoints:",
         lambda house, clock: (greeted(house, clock), clock.move_to(START + timedelta(days=3)), len(sweeping.sweep(house).failures))[-1],
         0, 1),
    Line("Cycle.reviewing", "touchpoints:", "review: 1 day\nreviewing: {procedure: nothing}\ntouchpoints:",
         lambda house, clock: (clock.move_to(START + timedelta(days=1)), bool(sweeping.sweep(house).failures))[-1], False, True),
    Line("Cycle.left", "touchpoints:", "left: {set: {table: \"'Z'\"}}\ntouchpoints:",
         lambda house, _: (number := visit(house), [step(house, number, one, "bob") for one in ("order", "served", "leave")],
                           state_of(house, number).fields["table"])[-1], "A", "Z"),
    Line("Cycle.vague", "touchpoints:", "vague: {en: held open}\ntouchpoints:", findings, 0, 1),
    Line("Touchpoint.title", "title: Table", "title: Seat", registered("touchpoint"), "Table", "Seat"),
    Line("Touchpoint.need", "need: I do not wait", "need: I sit", registered("need"), "I do not wait", "I sit"),
    Line("Touchpoint.level", "level: expected", "level: basic", registered("level"), "expected", "basic"),
    Line("Touchpoint.by", "served: {title: Served, by: lab}", "served: {title: Served}", state_after("order", "served"),
         "not served", "served"),
    Line("Touchpoint.optional", "title: Farewell\n    optional: true", "title: Farewell",
         lambda house, _: (number := visit(house), step(house, number, "order"), step(house, number, "served", "bob"),
                           tried(lambda: step(house, number, "leave", "bob")))[-1], "done", "NotAllowed"),
    Line("Touchpoint.repeated", "order: {title: Order, repeated: true}", "order: {title: Order}", state_after("order", "order"),
         "order", "not order"),
    Line("Touchpoint.next", "order: {title: Order, repeated: true}", "order: {title: Order, next: [served, farewell]}",
         state_after("order", "farewell"), "not farewell", "farewell"),
    Line("Touchpoint.standards", "      greeting:", "      welcome:", state_after("greeting"), "table", "not greeting"),
    Line("Standard.statement", "A waiter greets within 2 minutes", "Greeted in 2 minutes", registered("statement"),
         "A waiter greets within 2 minutes", "Greeted in 2 minutes"),
    Line("Standard.element", "2 minutes\n        element: people", "2 minutes\n        element: software", registered("element"),
         "people", "software"),
    Line("Standard.need", GREETING, GREETING + "        need: Quick\n", registered("need"), "I do not wait", "Quick"),
    Line("Standard.level", GREETING, GREETING + "        level: basic\n", registered("level"), "expected", "basic"),
    Line("Standard.by", "by: [desk, lab]\n        within", "by: lab\n        within", state_after("greeting"), "table", "not greeting"),
    Line("Standard.within", GREETING, "within: 9 minutes\n", lambda house, clock: (greeted(house, clock), seen(house))[-1],
         [("greeting", 1, 1, 1), ("greeting", 1, 0, 1)], [("greeting", 1, 1, 1)]),
    Line("Standard.from_", "from: order", "from: served", coffee(6), [("coffee", 1, 0, 1)], []),
    Line("Standard.until", "until: served", "until: farewell", served_at_once, [("coffee", 1, 1, 1)], [("coffee", 1, 0, 1)]),
    Line("Standard.pause", "until: served", "until: served\n        pause: {in: order}", coffee(6), [("coffee", 1, 0, 1)], []),
    Line("Standard.ladder", GREETING, GREETING + "        ladder: [{at: due, remind: manager}]\n", reminded, [], ["carl"]),
    Line("Standard.measure", "measure: {unit: points}", "measure: {unit: points, between: [0, 9]}",
         lambda house, _: (number := visit(house), [step(house, number, one, "bob") for one in ("order", "served", "farewell")],
                           step(house, number, "rating", rating=3), [line[2] for line in seen(house) if line[0] == "rating"])[-1],
         [0], [1]),
    Line("Standard.check", "check: Was the door held?", "check: Held?", lambda house, _: latest(house).fields["held"].title.in_("en"),
         "Was the door held?", "Held?"),
    Line("Standard.every", "every: 4 per day", "every: 2 per day", inspected, 4, 2),
    Line("Standard.when", GREETING, GREETING + "        when: table == 'Z'\n", state_after("greeting"), "table", "not greeting"),
    Line("Standard.calendar", GREETING, GREETING + "        calendar: night\n", lambda house, _: tried(lambda: visit(house)),
         "done", "NotFound"),
    Line("Standard.missed", GREETING, GREETING + "        missed: {reassign: manager}\n", missed_greeting, "ann", "carl"),
    Line("Standard.target", "target: 95%", "target: 50%", attained("greeting", lambda one: one.whole.reached, greeted), False, True),
    Line("Standard.period", "period: 1 day\n        published", "period: 1 month\n        published", judged, 1, 0),
    Line("Standard.review", GREETING, GREETING + "        review: 6 months\n", registered("review_on"), None, date(2026, 9, 2)),
    Line("Standard.per", GREETING, GREETING + "        per: table\n", attained("greeting", lambda one: list(one.parts), greeted),
         [], ["A"]),
    Line("Standard.published", "published: true", "published: false",
         lambda house, _: len(standards.register(house, "cafe", as_("ann"), published=True)), 1, 0),
    Line("Standard.survey", "check: Was the door held?\n        target: 50%", 'survey: after.door\n        target: ">= 4"',
         lambda house, _: "held" in latest(house).fields, True, False),
    Line("Measure.type", "measure: {unit: points}", "measure: {unit: points, type: share}",
         lambda house, _: "rating" in latest(house).fields, True, False),
    Line("Measure.unit", "{unit: °C, between", "{unit: K, between", lambda house, _: latest(house).standards["room"].measure.unit,
         "°C", "K"),
    Line("Measure.between", "between: [20, 24]", "between: [20, 30]", temperature(26), [("room", 1, 0, 1)], [("room", 1, 1, 1)]),
]


def look(line: Line, text: str) -> Any:
    house, clock = empty_house()
    put_in_force(house, text)
    TEXT[0] = text
    return line.see(house, clock)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.key)
def test_changing_the_key_of_a_cycle_changes_what_happens(line: Line) -> None:
    assert (look(line, CAFE), look(line, changed((line.old, line.new)))) == (line.before, line.after)
    assert line.before != line.after


def test_every_key_of_a_cycle_has_its_line() -> None:
    kinds = [one for one in vars(cycle).values() if dataclasses.is_dataclass(one) and isinstance(one, type)]
    own = [one for one in kinds if one.__module__ == cycle.__name__]
    keys = {f"{kind.__name__}.{field.name}" for kind in own for field in dataclasses.fields(kind) if "doc" in field.metadata}
    named = [line.key for line in LINES]
    assert sorted(keys - set(named)) == [] and sorted(set(named) - keys) == [] and len(named) == len(set(named))
