"""Reports agree with each other and with history: every figure is worked out again here from the raw events alone."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median_low
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

import pytest
from sqlalchemy import select

from engine.deciding.reports import Report
from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.ground.errors import Denied, Invalid, MakegoodError, NotFound
from engine.records import tables
from engine.usecases import amending, answering, publishing, reporting
from engine.usecases.house import House
from engine.usecases.sweeping import sweep
from tests import cafe
from tests.houses import as_
from tests.integration.test_surveys import SURVEY
from tests.small import CUSTOMER, ORGANISATION, START, do, empty_house, opened, put_in_force, written

PROCEDURE = dedent("""\
    procedure: small
    title: {en: Complaints}
    number: "S-{serial:03}"
    calendar: office
    languages: [en]
    contact: {en: "telephone 1234"}
    fields:
      customer: {type: party}
      cause: {type: choice, options: {delay: {en: Delay}, tone: {en: Tone}, fault: {en: Fault}}}
      channel: {type: choice, options: [phone, web]}
      vip: {type: yes_no}
      secret: {type: choice, options: [a, b], personal: true}
    roles: {desk: {title: {en: Front desk}}, lab: {}}
    opening: {by: desk}
    states:
      new:
        title: {en: In hand}
        actions:
          ask: {by: desk, to: waiting}
          settle: {by: desk, to: done, survey: after}
          refuse: {by: desk, to: refused}
      waiting:
        awaits: customer
        actions:
          heard: {by: desk, to: new}
      done:
        title: {en: Settled}
        final: true
        actions:
          reopen: {by: desk, to: new}
      refused: {final: true}
    clocks:
      promise: {from: opened, until: [settle, refuse], within: 2 working days}
    """)
PEOPLE = ORGANISATION.replace("{name: Ann", "{department: front, name: Ann").replace("{name: Bob", "{department: back, name: Bob")
DEPARTMENTS = {"ann": "front", "bob": "back", None: "nobody"}
PEOPLE += "classes: {regular: {title: Regular, when: cases >= 2}, first: {}}\n"
PERIODS = [(None, None), (date(2026, 3, 5), date(2026, 3, 12)), (None, date(2026, 3, 10)), (date(2026, 3, 9), None)]


def played() -> tuple[House, VirtualClock]:
    """Three weeks of complaints, some of them asked back, reopened, handed over, late, praised."""
    house, clock = empty_house()
    with TemporaryDirectory() as folder:
        place = written(Path(folder), PROCEDURE)
        (place / "surveys").mkdir()
        (place / "surveys" / "after.yaml").write_text(SURVEY, encoding="utf-8")
        (Path(folder) / "organisation.yaml").write_text(PEOPLE, encoding="utf-8")
        publishing.apply_organisation(house, Path(folder) / "organisation.yaml", THE_SYSTEM)
        publishing.publish(house, place, THE_SYSTEM)
    put_in_force(house, cafe.CAFE + "missed: {procedure: small, with: {channel: \"'web'\"}}\n")
    chance, going = Random(7), list[str]()
    for day in range(21):
        for hour in range(2 if day % 7 < 5 else 0):
            clock.move_to(START + timedelta(days=day, hours=3 * hour, minutes=chance.randrange(60)))
            sweep(house)
            who = chance.choice(["ann", "bob"])
            given = {"cause": chance.choice(["delay", "delay", "tone", "fault"]), "channel": chance.choice(["phone", "web"])}
            given |= {} if chance.random() < 0.5 else {"vip": chance.random() < 0.3}
            given |= {"customer": CUSTOMER, "secret": "a"} if chance.random() < 0.8 else {}
            going.append(opened(house, who, **{name: value for name, value in given.items() if name != "cause" or chance.random() < 0.9}))
            for number in chance.sample(going, min(2, len(going))):
                clock.move_to(house.clock.now() + timedelta(minutes=chance.randrange(1, 20), seconds=chance.randrange(60)))
                _goes_on(house, number, chance)
            _visited(house, clock, chance)
    clock.move_to(START + timedelta(days=21))
    sweep(house)
    return house, clock


def _visited(house: House, clock: VirtualClock, chance: Random) -> None:
    """Guests come to the café, are greeted soon or late or never; whoever inspects the room finds it too cold at times."""
    for number in [cafe.visit(house) for _ in range(3)]:
        clock.move_to(house.clock.now() + timedelta(seconds=chance.randrange(20, 90)))
        if chance.random() < 0.9:
            cafe.step(house, number, "greeting")
    for place, number in enumerate(sweep(house).cycles.inspections):      # at moments that nobody knows, nor this test
        cafe.step(house, number, "room", "bob", room=[18, 21][place % 2])


def _goes_on(house: House, number: str, chance: Random) -> None:
    who = chance.choice(["ann", "bob"])
    with house.store.reading() as conn:
        state = conn.execute(select(tables.CASE.c.state).where(tables.CASE.c.number == number)).scalar_one()
    match state:
        case "new" if chance.random() < 0.2:
            with suppress(Invalid):         # it was theirs already
                amending.assign(house, number, as_("ann"), who)
        case "new":
            do(house, number, chance.choice(["ask", "ask", "settle", "settle", "settle", "refuse"]), who)
        case "waiting":
            do(house, number, "heard", who)
        case "done" if chance.random() < 0.4:
            do(house, number, "reopen", who)
        case "done":
            _answers(house, number, chance)


def _answers(house: House, number: str, chance: Random) -> None:
    level = chance.choice([1, 3, 3])
    with suppress(MakegoodError):       # nobody was asked, or they answered already
        answering.answer_for(house, number, "after", as_("bob"), {"quick": level, "quick.expected": 2, "polite": level, "clear": 3})


# --- the oracle: nothing but events ---------------------------------------------------------------------------------------


@dataclass
class Seen:
    """A case as its events tell."""

    number: str
    opened: datetime
    closed: datetime | None = None
    again: bool = False
    state: str = ""
    owner: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    customer_class: str | None = None
    breaches: int = 0
    people: set[str] = field(default_factory=set)
    asked: dict[int, dict[str, Any]] = field(default_factory=dict)      # what became of the questionnaire, each time
    way: list[tuple[datetime, str, str | None, bool]] = field(default_factory=list)      # since, state, owner, closed


def bodies(house: House, prefix: str) -> list[dict[str, Any]]:
    """The events of streams whose name begins so, as they are kept."""
    query = select(tables.EVENT.c.body).where(tables.EVENT.c.stream.startswith(prefix)).order_by(tables.EVENT.c.stream, tables.EVENT.c.seq)
    with house.store.reading() as conn:
        return [json.loads(body) for body in conn.execute(query).scalars()]


def from_events(house: House) -> list[Seen]:
    """Every complaint, from the bodies of the events alone."""
    cases: dict[str, Seen] = {}
    for body in bodies(house, "case/S-"):
        data, at = body["data"], datetime.fromisoformat(body["occurred"])
        one = cases.setdefault(body["stream"], Seen(body["stream"].removeprefix("case/"), at))
        one.state, one.owner = data.get("to", one.state), data["owner"][1] if "owner" in data else one.owner
        if "closed" in data:
            one.again, one.closed = one.again or not data["closed"], at if data["closed"] else None
        one.customer_class = data.get("class") if "party" in data else one.customer_class
        one.fields |= {name: new for name, (_, new) in data.get("set", {}).items()}
        one.breaches += {"breach": 1, "breach_withdrawn": -1}.get(body["kind"], 0)
        one.people |= {body["actor"], body["on_behalf"]} - {None, "system", "customer"}
        one.asked |= {run["n"]: run for run in data.get("surveys", {}).values()}
        one.way.append((at, one.state, one.owner, one.closed is not None))
    return list(cases.values())


@pytest.fixture(scope="module")
def house(database: str) -> House:
    return played()[0]


@pytest.fixture(scope="module")
def cases(house: House) -> list[Seen]:
    return from_events(house)


Within = Callable[[datetime | None], bool]


def span(since: date | None, until: date | None) -> tuple[Within, datetime]:
    """Whether an instant lies within these dates, and where they end."""
    first = datetime.combine(since, datetime.min.time(), UTC) if since else datetime.min.replace(tzinfo=UTC)
    end = datetime.combine(until, datetime.min.time(), UTC) if until else START + timedelta(days=21, microseconds=1)
    return lambda at: at is not None and first <= at < end, end


def table(report: Report, name: str) -> list[dict[str, Any]]:
    """The rows of a section."""
    return next(one["rows"] for one in report.form()["sections"] if one["section"] == name)  # type: ignore[no-any-return]


def single(report: Report, name: str) -> dict[str, Any]:
    """Figures that stand under each other, by name."""
    return {row["name"]: row["value"] for row in table(report, name)}


@pytest.mark.parametrize(("since", "until"), PERIODS)
def test_complaints_are_those_of_history(house: House, cases: list[Seen], since: date | None, until: date | None) -> None:
    within, end = span(since, until)
    made = reporting.make(house, "complaints", THE_SYSTEM, since=since, until=until)
    came, closed = [one for one in cases if within(one.opened)], [one for one in cases if within(one.closed)]
    still = [one for one in cases if one.opened < end and (one.closed is None or one.closed >= end)]
    assert single(made, "small.cases") == {
        "opened": len(came), "closed": len(closed), "in_time": sum(not one.breaches for one in closed),
        "reopened": sum(one.again for one in closed), "open": len(still), "over": sum(one.breaches > 0 for one in still),
    }
    classes = {"regular": "Regular", None: "none"}
    titles = {"delay": "Delay", "tone": "Tone", "fault": "Fault", None: "not given"}
    for name, words in (("cause", lambda one: titles[one.fields.get("cause")]), ("channel", lambda one: one.fields["channel"]),
                        ("class", lambda one: classes.get(one.customer_class, one.customer_class)),
                        ("department", lambda one: DEPARTMENTS[one.owner])):
        rows = table(made, f"small.{name}")
        assert {row["value"]: row["cases"] for row in rows} == Counter(map(words, came)) and rows[-1]["cumulative"] == 1
    ages = Counter(next((days for days in (1, 3, 7, 14, 30, 90) if end - one.opened < timedelta(days=days)), None) for one in still)
    assert {row["days"]: row["cases"] for row in table(made, "small.ageing") if row["cases"]} == ages
    ends = {row["state"]: (row["cases"], row["in_time"]) for row in table(made, "small.outcomes")}
    assert ends == {
        state: (sum(one.state == state for one in closed), sum(one.state == state and not one.breaches for one in closed))
        for state in {one.state for one in closed}
    }
    assert sum(many for many, _ in ends.values()) == len(closed) and [one for one in made.sections if "secret" in one.name] == []


def satisfaction(cases: Iterable[Seen]) -> list[float]:
    """The index of each answer: the mean of its two factors, each the mean of its questions, on a scale of three levels."""
    answers = [run["scores"] for one in cases for run in one.asked.values() if run["became"] == "answered"]
    factors = [[[scores["quick"]], [scores["polite"], scores["clear"]]] for scores in answers]
    return [sum((sum(levels) / len(levels) - 1) / 2 * 100 for levels in one) / 2 for one in factors]


@pytest.mark.parametrize(("since", "until"), PERIODS[:2])
def test_posts_and_departments_are_assessed_by_their_cases(house: House, cases: list[Seen], since: date | None, until: date | None) -> None:
    within, _ = span(since, until)
    made = reporting.make(house, "posts", THE_SYSTEM, definitions=["small"], since=since, until=until, named=1000)
    closed = [one for one in cases if within(one.closed)]
    whose = {"posts": lambda one: "Front desk" if one.owner else "nobody", "departments": lambda one: DEPARTMENTS[one.owner]}
    for section in made.form()["sections"]:
        groups = defaultdict[str, list[Seen]](list)
        for one in closed:
            groups[whose[section["section"]](one)].append(one)
        assert {row["of"]: row["cases"] for row in section["rows"]} == {of: len(own) for of, own in groups.items()}
        for row in section["rows"]:
            own = groups[row["of"]]
            points = satisfaction(own)
            wrong = {
                "late": [one for one in own if one.breaches], "not solved at first contact": [one for one in own if len(one.people) != 1],
                "returned": [one for one in own if one.again],
                "not satisfied": [one for one in own if any(index < 75 for index in satisfaction([one]))],
            }
            assert row["in_time"] == pytest.approx(1 - len(wrong["late"]) / len(own))
            assert row["first_contact"] == pytest.approx(1 - len(wrong["not solved at first contact"]) / len(own))
            assert row["returned"] == len(wrong["returned"]) / len(own) and row["answers"] == len(points)
            assert row["satisfaction"] == (pytest.approx(sum(points) / len(points)) if points else None)
            behind = {each["figure"]: each for each in section["behind"] if each["of"] == row["of"]}
            assert {figure: set(each["numbers"]) for figure, each in behind.items()} == {
                figure: {one.number for one in found} for figure, found in wrong.items() if found
            }
            assert all(each["cases"] == len(each["numbers"]) for each in behind.values())


def test_a_bounded_number_of_cases_is_named_the_latest(house: House) -> None:
    everything, few = (reporting.make(house, "posts", THE_SYSTEM, definitions=["small"], named=named) for named in (1000, 2))
    for whole, part in zip(everything.sections, few.sections, strict=True):
        assert part.rows == whole.rows
        assert [one.numbers for one in part.behind] == [one.numbers[:2] for one in whole.behind]
        assert [one.cases for one in part.behind] == [one.cases for one in whole.behind]


def stays(cases: list[Seen], now: datetime) -> Iterator[tuple[str, timedelta, bool, timedelta]]:
    """Every stay in a state: its length, whether it is over, and how much of it nobody worked."""
    for one in cases:
        marks = [mark for n, mark in enumerate(one.way) if n == 0 or mark[1:] != one.way[n - 1][1:]]
        length = idle = timedelta()
        for (at, state, owner, closed), after in zip(marks, [*marks[1:], None], strict=True):
            if closed:
                continue
            length += (after[0] if after else now) - at
            idle += (after[0] if after else now) - at if state == "waiting" or owner is None else timedelta()
            if after is None or after[1] != state:
                yield state, length, after is not None, idle
                length = idle = timedelta()


def test_a_walk_tells_where_cases_stayed_waited_and_changed_hands(house: House, cases: list[Seen]) -> None:
    made = reporting.make(house, "walk", THE_SYSTEM, definitions=["small"])
    found = list(stays(cases, house.clock.now()))
    assert [row["state"] for row in table(made, "small.states")] == ["new", "waiting"]
    for row in table(made, "small.states"):
        done = [length for state, length, over, _ in found if state == row["state"] and over]
        assert row["done"] == len(done) and row["worst"] == max(done)
        assert median_low(done) <= row["median"] <= median_low(done) * 1.01
        assert row["there"] == sum(state == row["state"] and not over for state, _, over, _ in found)
        whole = sum((length for state, length, *_ in found if state == row["state"]), timedelta())
        idle = sum((idle for state, *_, idle in found if state == row["state"]), timedelta())
        assert row["waiting"] == pytest.approx(idle / whole)
    changes = sum(
        before[2] not in (None, after[2]) and after[2] is not None for one in cases for before, after in pairwise(one.way)
    )
    assert sum(row["handovers"] for row in table(made, "small.states")) == changes > 0


WEEK = (date(2026, 3, 6), date(2026, 3, 13))


def test_a_week_is_what_its_days_were(house: House, cases: list[Seen]) -> None:
    made = reporting.make(house, "weekly", THE_SYSTEM, definitions=["small"], since=WEEK[0], until=WEEK[1])
    for row in table(made, "days"):
        within, _ = span(date.fromisoformat(row["from"]), date.fromisoformat(row["from"]) + timedelta(days=1))
        closed = [one for one in cases if within(one.closed)]
        well = sum(not one.breaches for one in closed)
        assert (row["opened"], row["closed"]) == (sum(within(one.opened) for one in cases), len(closed))
        assert row["in_time"] == (pytest.approx(well / len(closed)) if closed else None)
    assert [row["from"] for row in table(made, "days")] == [str(WEEK[0] + timedelta(days=n)) for n in range(7)]
    (row,) = table(made, "cases")
    within, end = span(*WEEK)
    late = [body for body in bodies(house, "case/S-") if body["kind"] == "breach" and within(datetime.fromisoformat(body["occurred"]))]
    still = [one for one in cases if one.opened < end and (one.closed is None or one.closed >= end)]
    assert (row["breached"], row["open"]) == (len(late), len(still))
    overdue = {one.number for one in cases if not one.closed and one.breaches and not one.again}
    assert {one["case"] for one in table(made, "overdue")} == overdue


def greetings(house: House, within: Within) -> tuple[int, int]:
    """How many guests were greeted within two minutes, of how many: by when they came and were greeted."""
    came, greeted = dict[str, datetime](), dict[str, datetime]()
    for body in bodies(house, "case/V-"):
        at = datetime.fromisoformat(body["occurred"])
        if body["kind"] == "opened" and body["data"]["to"] == "table":
            came[body["stream"]] = at
        if body["data"].get("act") == "greeting":
            greeted[body["stream"]] = at
    known = {case: at for case, at in came.items() if within(at)}
    return sum(greeted.get(case, house.clock.now()) - at <= timedelta(minutes=2) for case, at in known.items()), len(known)


def test_a_month_holds_standards_against_their_targets_and_asks_customers(house: House, cases: list[Seen]) -> None:
    since, until = date(2026, 3, 1), date(2026, 4, 1)
    made = reporting.make(house, "monthly", THE_SYSTEM, since=since, until=until)
    kept, of = greetings(house, span(since, until)[0])
    (row,) = (row for row in table(made, "cafe.kept") if row["name"] == "greeting")
    assert (row["kept"], row["of"], row["share"]) == (kept, of, pytest.approx(kept / of)) and row["low"] < kept / of < row["high"]
    assert (sum(one["kept"] for one in table(made, "cafe.greeting")), sum(one["of"] for one in table(made, "cafe.greeting"))) == (kept, of)
    judged = [body["data"] for body in bodies(house, "cycle/cafe") if body["kind"] == "judged" and not body["data"]["reached"]]
    assert judged and sorted((one["case"], one["kept"], one["of"]) for one in table(made, "missed")) == sorted(
        (one["case"], one["kept"], one["of"]) for one in judged
    )
    points = satisfaction(cases)
    (survey,) = table(made, "surveys")
    runs = [run["became"] for one in cases for run in one.asked.values()]
    assert survey["asked"] == sum(became in ("asked", "answered") for became in runs) and survey["answered"] == len(points) > 2
    assert survey["index"] == pytest.approx(sum(points) / len(points))
    assert survey["satisfied"] == pytest.approx(sum(one >= 75 for one in points) / len(points))
    assert {row["definition"]: row["faults"] for row in table(made, "timekeeping")} == {"cafe": 0, "small": 0}


def test_a_day_names_what_inspections_found(house: House) -> None:
    found = Counter[date]()
    for body in bodies(house, "case/V-"):
        if body["data"].get("act") == "room" and float(body["data"]["set"]["room"][1]) < 20:
            found[datetime.fromisoformat(body["occurred"]).date()] += 1
    assert found
    for day, many in found.items():
        made = reporting.make(house, "daily", THE_SYSTEM, since=day, until=day + timedelta(days=1))
        assert [row["measured"] for row in table(made, "inspections")] == [18.0] * many


def test_where_no_dates_are_said_a_report_has_its_own(house: House) -> None:
    """It is Monday 23 March."""
    usual = {"daily": ("2026-03-22", "2026-03-23"), "weekly": ("2026-03-13", "2026-03-20"), "monthly": ("2026-02-01", "2026-03-01")}
    for name, period in usual.items():
        made = reporting.make(house, name, THE_SYSTEM)
        assert (str(made.since), str(made.until)) == period
    with pytest.raises(Invalid, match="needs both dates"):
        reporting.make(house, "weekly", THE_SYSTEM, since=date(2026, 3, 1))


def test_the_register_is_for_everybody_and_figures_of_people_for_those_who_oversee(house: House) -> None:
    assert "The door is held open for 1 in 2 guests" in [row["statement"] for row in table(
        reporting.make(house, "standards", as_("eve")), "cafe.standards")]
    assert reporting.make(house, "complaints", as_("bob")).sections           # holds a post of it
    assert reporting.make(house, "posts", as_("ann")).sections                # may audit
    for who, name in (("eve", "complaints"), ("bob", "posts"), ("eve", "walk")):
        with pytest.raises(Denied):
            reporting.make(house, name, as_(who), definitions=["small"])
    with pytest.raises(Denied):
        reporting.make(house, "complaints", as_("eve"))


def test_what_cannot_be_reported_is_said(house: House, cases: list[Seen]) -> None:
    for name, more, kind, words in (
        ("complains", {}, NotFound, "complaints, posts"),
        ("complaints", {"by": ["secret"]}, Invalid, "cause, channel, class, department"),
        ("complaints", {"definitions": ["cafe"]}, Invalid, "service cycles"), ("standards", {"definitions": ["small"]}, Invalid, "service"),
    ):
        with pytest.raises(kind) as error:
            reporting.make(house, name, THE_SYSTEM, **more)  # type: ignore[arg-type]
        assert words in error.value.hint
    only = reporting.make(house, "complaints", THE_SYSTEM, by=["vip"])
    assert [one.name for one in only.sections] == ["small.cases", "small.vip", "small.ageing", "small.outcomes"]
    words = {True: "yes", False: "no", None: "not given"}
    assert {row["value"]: row["cases"] for row in table(only, "small.vip")} == Counter(words[one.fields.get("vip")] for one in cases)
