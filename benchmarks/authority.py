"""What rights cost: one check in a large organisation, and the inbox of somebody with many posts among very many open tasks."""

import sqlite3
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.actions import START, house_at, prepare
from benchmarks.databases import SQLite
from benchmarks.measuring import Figures, cpu
from engine.deciding.case import CaseState
from engine.deciding.obstacles import Situation, of_actor
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.defining.definition import Action, Definition, Field, FieldType, Role, State
from engine.defining.organisation import Absence, Organisation, Person
from engine.defining.words import parse_who
from engine.ground.canonical import canonical
from engine.ground.clock import VirtualClock
from engine.ground.money import Money
from engine.records import library
from engine.usecases.inboxes import inbox

ROLES, HELD, POSTS = 200, 20, (3, 20)
CUSTOMERS = 100     # each with a key of their own


def rights_check(people: int, runs: int) -> dict[str, Figures]:
    """Microseconds of CPU of one question whether somebody may take an action: roles, an exclusion, a denial, authority over an amount."""
    organisation = a_house(people)
    definition, case, values = a_procedure()
    action = definition.states["open"].actions["approve"]
    spent = {}
    for name, actor in {
        "granted": Actor("p1"), "refused": Actor("p100"), "by a deputy": Actor("p202", "p200"),
    }.items():
        situation = Situation(definition, case, actor, organisation, START, {}, values.get, lambda name: None)  # type: ignore[arg-type,return-value]
        assert (not of_actor(situation, action)) is (name != "refused"), name
        chunks = [cpu(lambda situation=situation: [of_actor(situation, action) for _ in range(100)]) * 10_000 for _ in range(runs)]  # type: ignore[misc]
        spent[name] = {"us": round(median(chunks), 2), "best_us": round(min(chunks), 2)}
    return spent


def a_house(people: int) -> Organisation:
    """So many people with 20 of 200 roles each, a fiftieth of them away with a deputy, a hundredth denied something."""
    def person(n: int) -> Person:
        away = (Absence(from_=date(2026, 1, 1), until=date(2027, 12, 31), deputy=f"p{n + 2}"),) if n % 50 == 0 and n + 2 < people else ()
        return Person(
            id=f"p{n}", name=f"Person {n}", roles=tuple(f"role{(n * 7 + k) % ROLES}" for k in range(HELD)),
            superior=f"p{n // 10}" if n else None, department=f"d{n % 40}", away=away, deny=("big/other",) if n % 100 == 7 else (),
        )

    return Organisation(name="large", people={one.id: one for one in map(person, range(people))})


def a_procedure() -> tuple[Definition, CaseState, dict[str, Any]]:
    """An action for ten roles, with an exclusion and an amount."""
    action = Action(
        name="approve", by=tuple(parse_who(f"role{n}") for n in range(10)), limit="amount",
        except_=(parse_who("actor_of('propose')"), parse_who("superiors of owner"), parse_who("involved")),
    )
    definition = Definition(
        name="big", number="{serial}", calendar="c", languages=("en",),
        fields={"amount": Field(name="amount", type=FieldType.MONEY, currency="EUR")},
        roles={f"role{n}": Role(name=f"role{n}") for n in range(ROLES)}, states={"open": State(name="open", actions={"approve": action})},
        authority={f"role{n}": (Money(1000 + n, "EUR"),) for n in range(ROLES)},  # type: ignore[arg-type]
    )
    case = CaseState("B-1", 1, START, state="open", entered_at=START, owner="p4711")
    return definition, case, {"amount": 500}


def full_inbox(folder: Path, tasks: int, runs: int) -> dict[str, Figures]:
    """Milliseconds of CPU, and at best of the wall clock, of the inbox of somebody with 3 posts, and with 20, among so many open tasks."""
    source = folder / "inbox.db"
    clock, _ = prepare(source, CUSTOMERS, CUSTOMERS)
    path = SQLite(source).copied("inbox-full").path
    _fill(path, tasks)
    house = house_at(path, VirtualClock(clock.now()))
    with house.store.writing() as conn:
        known = library.organisation_document(conn)
        for posts in POSTS:
            known["organisation"]["people"][f"holds{posts}"] = {"name": "Many Posts", "roles": [f"role{n * 9}" for n in range(posts)]}
        library.apply_organisation(conn, canonical(known), THE_SYSTEM, clock.now())
    found = {}
    for posts in POSTS:
        who, walls, times = f"holds{posts}", [], []
        assert len(inbox(house, who).lines) == min(50, len({n // 10 for n in range(tasks) if (n * 31) % ROLES in range(0, posts * 9, 9)}))
        for _ in range(runs + 1):
            began = perf_counter()
            times.append(cpu(lambda who=who: inbox(house, who)) * 1000)  # type: ignore[misc]
            walls.append((perf_counter() - began) * 1000)
        found[f"{posts} posts"] = {
            "ms": round(median(times[1:]), 2), "best_ms": round(min(times[1:]), 2), "best_wall_ms": round(min(walls[1:]), 2),
            "tasks": tasks,
        }
    house.store.close()
    return found


def _fill(path: Path, tasks: int) -> None:
    """Copies of the cases that are there, ten tasks to each, for the 200 roles in turn, due over a year."""
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA journal_mode = OFF")
        raw.execute("PRAGMA synchronous = OFF")
        columns = [row[1] for row in raw.execute('PRAGMA table_info("case")')]
        models = [dict(zip(columns, row, strict=True)) for row in raw.execute(f'SELECT {", ".join(columns)} FROM "case"')]
        first, given = len(models) + 1, models[0]
        marks = ", ".join("?" for _ in columns)
        raw.executemany(f'INSERT INTO "case" ({", ".join(columns)}) VALUES ({marks})', (
            tuple({**models[n % len(models)], "id": first + n, "number": f"X-{n:07}"}.values()) for n in range(max(1, tasks // 10))
        ))
        due = _due_texts(given["due_at"])
        raw.executemany(
            "INSERT INTO work_item (case_id, kind, name, role, person, opened_at, due_at) VALUES (?, 'task', 'look', ?, NULL, ?, ?)",
            ((first + n // 10, f"role{(n * 31) % ROLES}", given["opened_at"], due[(n * 7919) % len(due)]) for n in range(tasks)),
        )
        raw.execute("ANALYZE")


def _due_texts(like: Any) -> list[Any]:
    """A year of instants in the form in which the column holds them."""
    if isinstance(like, str):
        begin = datetime.fromisoformat(like)
        sample = (begin + timedelta(minutes=1)).isoformat(sep=" " if " " in like else "T", timespec="microseconds")
        return [sample] if len(sample) != len(like) else [
            (begin + timedelta(minutes=5 * n)).isoformat(sep=" " if " " in like else "T", timespec="microseconds") for n in range(100_000)
        ]
    return [like + n for n in range(100_000)]
