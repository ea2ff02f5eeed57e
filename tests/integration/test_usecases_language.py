"""Every key of the language changes what happens: one small change of a procedure for each, and the difference anybody can see.

A key that changes nothing is a defect. Whoever adds a key to the definition adds its line here; a test says which is missing.
"""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from engine.deciding.checking import check_all
from engine.deciding.rights import THE_SYSTEM
from engine.defining import definition
from engine.defining.calendar_file import read_calendar
from engine.ground.calendars import calendar_json
from engine.ground.canonical import canonical
from engine.ground.errors import MakegoodError
from engine.records import cases, library
from engine.usecases import (
    acting,
    amending,
    approving,
    handing_over,
    inboxes,
    lessons,
    listing,
    opening,
    postponing,
    reading,
    retaining,
    sweeping,
    viewing,
)
from engine.usecases.house import House
from tests.houses import as_, events_of, state_of
from tests.small import HEAD, OFFICE, START, bundle_of, empty_house, kinds, messages, put_in_force, sent

BASE = (
    HEAD.replace("procedure: small", "procedure: small\ntitle: Small matters").replace("[en]", "[en, de]")
    + """\
contact: the hotline
fields:
  customer: {type: party}
  kind: {type: choice, options: [a, b], default: a}
  code: {type: text, title: The code, pattern: "[A-Z]+", length: ..3, personal: false}
  score: {type: number, between: [0, 10]}
  plain: {type: number}
  visit: {type: date}
  cost: {type: money, currency: EUR}
  story: {type: text}
values: {seven: 7}
roles: {desk: {title: The desk}, lab: {}, manager: {}, director: {}}
opening: {by: desk, require: code, notice: hello}
anywhere:
  actions:
    drop: {by: desk, to: done, in: [first, second]}
  tasks:
    file: {by: desk, in: [second], within: 9 days}
states:
  first:
    title: Begun
    within: 3 hours
    ladder: {at: due, remind: lab}
    entry: {remind: director}
    tasks:
      t: {title: Look closely, by: [lab, director], when: kind == 'a', require: score, limit: cost, except: owner, within: 5 hours,
          ladder: {at: due, remind: manager}, notice: looked}
      again: {by: desk, from: ring, at_most: 1, within: 10 working hours}
    actions:
      go: {title: Go on, by: desk, to: second, when: not (score == 5), require: kind, within: 30 days}
      ring: {by: desk}
      swap: {by: desk, to: second, approve: {of: panel, quorum: 1, pass: majority, within: 5 days}}
      pay: {by: desk, when: approved('decide') or approved('t')}
      twice: {by: desk, at_most: 1}
      late: {by: system, to: done, after: 90 days}
      hand: {by: desk, open: {procedure: small, with: {code: code}}}
      decide: {by: [manager, director], limit: cost, except: owner, set: {plain: seven}}
  second:
    awaits: customer
    actions:
      end: {by: desk, to: done}
  done:
    final: true
    actions:
      look: {by: desk}
authority: {manager: 10 EUR, lab: 10 EUR, director: unlimited}
clocks:
  total:
    title: In all
    within: [{when: kind == 'b', is: 4 days}, {is: 2 days}]
    from: opened
    until: closed
    pause: {in: second, up_to: 1 day}
    extend: {by: manager, up_to: 2 days, at_most: 1, require: plain, before: due, notice: longer}
    ladder:
      - {at: 1 day before, when: kind == 'a', remind: desk}
      - {at: every 1 day after, at_most: 2, remind: desk}
  work: {within: 12 working hours, from: opened, until: closed}
  asked: {within: 2 weeks, from: opened, until: closed, pause: {from: ring, until: go, up_to: 2 hours, then: {remind: manager}}}
  call: {every: 1 week, at_most: 2, from: hand, until: ring}
  gift: {within: 5 days, from: opened, until: closed, counting: {first_day: excluded, ends: end_of_day, roll: next}}
notices:
  hello: {to: customer, via: [email, sms], mandatory: true}
  looked: {to: manager, via: [email]}
  longer: {to: customer, via: [email], contains: [number]}
"""
)
TEXTS = {
    f"{name}.{language}": f"{language} {{{{ number }}}} {{{{ contact }}}}"
    for name in ("hello", "looked", "longer")
    for language in ("en", "de")
}
ROSE = {"name": "Rose", "email": "rose@customer.example"}
NIGHT = OFFICE.replace("calendar: office", "calendar: night").replace("09:00-17:00", "00:00-24:00")


def in_force(procedure: str) -> House:
    house, _ = empty_house()
    put_in_force(house, procedure, TEXTS)
    with TemporaryDirectory() as folder, house.store.writing() as conn:
        (Path(folder) / "night.yaml").write_text(NIGHT, encoding="utf-8")
        night, _ = read_calendar(Path(folder) / "night.yaml")
        assert night is not None
        library.publish_calendar(conn, "night", canonical(calendar_json(night)), THE_SYSTEM, house.clock.now())
    return house


def tried(what: Callable[[], Any]) -> Any:
    """What comes of it: "done", or the name of the error."""
    try:
        what()
    except MakegoodError as error:
        return error.kind
    return "done"


def open_(house: House, by: str = "ann", **given: Any) -> str:
    return opening.open_case(house, "small", as_(by), {"code": "AB", "customer": ROSE, **given}).number


def act(house: House, number: str, action: str, by: str = "ann", **given: Any) -> Any:
    return tried(lambda: acting.act(house, number, action, as_(by), given))


def later(house: House, **ago: float) -> None:
    house.clock.move_to(house.clock.now() + timedelta(**ago))  # type: ignore[attr-defined]
    sweeping.sweep(house)


def opened_with(**given: Any) -> Callable[[House], Any]:
    return lambda house: tried(lambda: open_(house, **given))


def acted(action: str, by: str = "ann", **given: Any) -> Callable[[House], Any]:
    return lambda house: act(house, open_(house), action, by, **given)


def shown(part: str, name: str = "") -> Callable[[House], Any]:
    """A part of the view of a case; with a name the title of that field, task or clock."""

    def see(house: House) -> Any:
        value = getattr(reading.show(house, open_(house), THE_SYSTEM), part)
        return next(one.title for one in value if one.name == name) if name else value

    return see


def sees(person: str) -> Callable[[House], Any]:
    """What somebody may see of a case, and the fields that are for others."""

    def see(house: House) -> Any:
        number = open_(house)
        with house.store.reading() as conn:
            loaded = cases.load(conn, number)
            known = library.definition(house.store, conn, loaded.case.version_id), library.organisation(house.store, conn)
            found = viewing.seen_of(house, *known, loaded, as_(person))
        return " ".join(sorted(found.parts)), sorted(found.hidden)

    return see


def due(clock: str, **given: Any) -> Callable[[House], Any]:
    """Hours from opening until a clock is due; None when there is none."""

    def see(house: House) -> Any:
        run = state_of(house, open_(house, **given)).clocks.get(clock)
        return None if run is None else "none" if run.due_at is None else (run.due_at - START).total_seconds() / 3600

    return see


def written(name: str, **ago: float) -> Callable[[House], Any]:
    """To whom a notice went, once that time has passed."""

    def see(house: House) -> Any:
        open_(house)
        later(house, **ago)
        return [to for notice, to in sent(house) if notice == name]

    return see


def reminded(house: House, days: float) -> list[list[str]]:
    number = open_(house)
    later(house, days=days)
    return [list(event.data["reminded"]) for event in events_of(house, number) if event.kind == "rung" and event.data.get("reminded")]


def extended(by: str = "carl", more: str = "1 day", after: float = 0, times: int = 1, **given: Any) -> Callable[[House], Any]:
    def see(house: House) -> Any:
        number = open_(house)
        later(house, days=after)
        for _ in range(times):
            result = tried(lambda: postponing.extend(house, number, as_(by), "total", more, {"plain": "1"} if not given else {}))
        return result

    return see


def standing(clock: str, *actions: str) -> Callable[[House], Any]:
    """What has become of a clock after these actions."""

    def see(house: House) -> Any:
        number = open_(house)
        for action in actions:
            act(house, number, action)
        return state_of(house, number).clocks[clock].status.value

    return see


def open_tasks(*actions: str) -> Callable[[House], Any]:
    """The tasks that are open after these actions."""

    def see(house: House) -> Any:
        number = open_(house)
        for action in actions:
            act(house, number, action)
        return reading.show(house, number, THE_SYSTEM).open_tasks

    return see


def after(look: Callable[[House, str], Any], *actions: str) -> Callable[[House], Any]:
    """What is seen of a case after these actions."""

    def see(house: House) -> Any:
        number = open_(house)
        for action in actions:
            act(house, number, action)
        return look(house, number)

    return see


def dated_back(name: str, by: str = "ann", **given: Any) -> Callable[[House], Any]:
    """What comes of an act that was done an hour before it is recorded."""

    def see(house: House) -> Any:
        number = open_(house)
        later(house, hours=2)
        at = (START + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M")
        return tried(lambda: acting.act(house, number, name, as_(by), given, at=at))

    return see


def longer(house: House, number: str) -> Any:
    """What comes of giving the limit of a task more time."""
    return tried(lambda: postponing.extend(house, number, as_("carl"), "again", "2 working hours"))


def linked(house: House, number: str) -> Any:
    """What became of a case that was to be opened."""
    return [event.kind for event in events_of(house, number)[2:]]


def hours_left(clock: str) -> Callable[[House, str], Any]:
    return lambda house, number: (state_of(house, number).clocks[clock].due_at - START).total_seconds() / 3600  # type: ignore[operator]


def used_up(house: House) -> Any:
    """Who is written to when the pause has lasted as long as it may."""
    act(house, open_(house), "ring")
    later(house, hours=3)
    return [to for notice, to in sent(house) if notice == "reminder"]


def paused(house: House) -> Any:
    number = open_(house)
    act(house, number, "go")
    later(house, hours=40)
    return state_of(house, number).clocks["total"].status.value


def begun_twice(house: House) -> Any:
    """Hours until due of a clock whose start may have come again after a day."""
    number = open_(house)
    later(house, days=1)
    act(house, number, "twice")
    return due_in(house, number)


def changed_later(house: House) -> Any:
    """Hours until due of a clock whose limit changed after a day."""
    number = open_(house)
    later(house, days=1)
    amending.correct(house, number, as_("ann"), {"kind": "b"}, "wrong")
    return due_in(house, number)


def due_in(house: House, number: str) -> Any:
    at = state_of(house, number).clocks["total"].due_at
    return (at - START).total_seconds() / 3600 if at else None


def met(house: House) -> Any:
    number = open_(house)
    act(house, number, "go")
    return state_of(house, number).clocks["total"].status.value


def then(*actions: str) -> Callable[[House], Any]:
    """What comes of the last of these actions, taken one after the other."""

    def see(house: House) -> Any:
        number = open_(house)
        return [act(house, number, action) for action in actions][-1]

    return see


def after_task(by: str = "bob", **given: Any) -> Callable[[House], Any]:
    return lambda house: act(house, open_(house, by="ann"), "t", by, **({"score": "1"} | given))


def paid_after(action: str, by: str, **given: Any) -> Callable[[House], Any]:
    """What comes of an action that asks whether another is approved, once an entry was corrected."""

    def see(house: House) -> Any:
        number = open_(house)
        act(house, number, action, by, **given)
        amending.correct(house, number, as_("ann"), {"cost": "8", "score": "2"}, "misread")
        return act(house, number, "pay")

    return see


def decided_again(action: str, by: str, *between: str) -> Callable[[House], Any]:
    def see(house: House) -> Any:
        number = open_(house)
        act(house, number, action, by, cost="6")
        for one in between:
            act(house, number, one)
        return act(house, number, action, by, cost="7")

    return see


def answered(*answers: tuple[str, str]) -> Callable[[House], Any]:
    """The state of a case in which something was asked for, after these answers."""

    def see(house: House) -> Any:
        number = open_(house)
        act(house, number, "swap")
        request = state_of(house, number).seq
        for who, word in answers:
            tried(partial(approving.vote, house, number, request, as_(who), word, "so"))
        return state_of(house, number).state

    return see


def pending_after(days: float) -> Callable[[House], Any]:
    def see(house: House) -> Any:
        number = open_(house)
        act(house, number, "swap")
        later(house, days=days)
        return len(state_of(house, number).requests)

    return see


def prolonged(house: House) -> Any:
    number = open_(house)
    postponing.extend(house, number, as_("carl"), "total", "2 days", {"plain": "1"})
    return (state_of(house, number).clocks["total"].due_at - START).total_seconds() / 3600  # type: ignore[operator]


def offered_for(house: House) -> Any:
    """Hours that somebody has to accept a case."""
    number = open_(house)
    handing_over.hand_over(house, number, as_("ann"), "bob", "leave")
    [request] = state_of(house, number).requests.values()
    return (request.due_at - START).total_seconds() / 3600  # type: ignore[operator]


def passed_on(house: House) -> Any:
    number = open_(house)
    return tried(lambda: amending.assign(house, number, as_("ann"), "bob"))


def filed_later(house: House) -> Any:
    given = {"code": "AB", "comment": "settled on the spot"}
    return tried(lambda: opening.open_case(house, "small", as_("ann"), given, at="2026-03-01 10:00"))


def kept_for(house: House) -> list[int]:
    """After how many days whoever is closed away now is erased."""
    act(house, open_(house), "drop")
    return [(one.due_at - START).days for one in retaining.expiring(house, START + timedelta(days=4000))]


def learnt(house: House) -> int:
    """How many lessons the library has once a case is closed."""
    act(house, open_(house), "drop")
    return len(lessons.latest(house, as_("eve")))


def state_after(action: str) -> Callable[[House], Any]:
    def see(house: House) -> Any:
        number = open_(house)
        act(house, number, action)
        case = state_of(house, number)
        return (case.state, case.closed_at is not None)

    return see


def value(name: str, action: str | None = None, by: str = "ann") -> Callable[[House], Any]:
    def see(house: House) -> Any:
        number = open_(house)
        if action:
            act(house, number, action, by)
        return state_of(house, number).fields.get(name)

    return see


def decided_by_owner(house: House) -> Any:
    number = open_(house)
    amending.assign(house, number, as_("ann"), "carl")
    return act(house, number, "decide", "carl")


def options(house: House) -> dict[str, str]:
    return {option.name: option.title for option in acting.possible(house, open_(house), as_("ann"))}


def inbox(house: House) -> Any:
    open_(house)
    (line,) = inboxes.inbox(house, "ann").lines
    return line.posts


def kept_apart(house: House) -> Any:
    case = state_of(house, open_(house))
    return ("code" in case.fields, "code" in case.sealed)


def waits_for(house: House) -> Any:
    number = open_(house)
    act(house, number, "go")
    return (reading.show(house, number, THE_SYSTEM).awaits, listing.list_cases(house, actor=THE_SYSTEM).lines[0].awaits)


def outbox(part: str, name: str = "hello", **given: Any) -> Callable[[House], Any]:
    def see(house: House) -> Any:
        open_(house, **given)
        return [
            getattr(row, part).strip() if isinstance(getattr(row, part), str) else getattr(row, part)
            for row in messages(house)
            if row.name == name
        ]

    return see


def problems(text: str) -> list[str]:
    """What the check of the definition says (it needs no house)."""
    return [str(problem.what) for problem in check_all(bundle_of(text, TEXTS)) if problem.severity == "error"]


class Line(NamedTuple):
    """A key, what is changed, what is looked at, what is seen before and after."""

    key: str
    old: str
    new: str
    see: Callable[[House], Any]
    before: Any
    after: Any


LINES = [
    Line("Definition.values", "seven: 7", "seven: 8", value("plain", "decide", "carl"), "7", "8"),
    Line("Definition.name", "procedure: small\n", "procedure: other\n", opened_with(), "done", "NotFound"),
    Line("Definition.title", "Small matters", "Other matters", shown("title"), "Small matters", "Other matters"),
    Line("Definition.number", "S-{year}-{serial:03}", "X{serial:02}", lambda house: open_(house), "S-2026-001", "X01"),
    Line("Definition.calendar", "calendar: office", "calendar: night", due("work"), 28.0, 12.0),
    Line("Definition.languages", "[en, de]", "[de, en]", outbox("language"), ["en"], ["de"]),
    Line(
        "Definition.fields",
        "  plain: {type: number}\n",
        "  plain: {type: number}\n  more: {type: number}\n",
        opened_with(more="1"),
        "Invalid",
        "done",
    ),
    Line(
        "Definition.roles",
        "lab: {}, ",
        "lab: {}, porter: {}, ",
        lambda house: tried(lambda: amending.note(house, open_(house), as_("eve"), "x")),
        "Denied",
        "done",
    ),
    Line("Definition.opening", "opening: {by: desk, require: code, notice: hello}\n", "", opened_with(by="carl"), "Denied", "done"),
    Line(
        "Definition.anywhere",
        "anywhere:\n  actions:\n    drop: {by: desk, to: done, in: [first, second]}\n"
        "  tasks:\n    file: {by: desk, in: [second], within: 9 days}\n",
        "",
        acted("drop"),
        "done",
        "NotAllowed",
    ),
    Line("Definition.states", "states:\n", "states:\n  zero: {actions: {x: {by: desk, to: first}}}\n", shown("state"), "first", "zero"),
    Line("Definition.authority", "manager: 10 EUR", "manager: 100 EUR", acted("decide", "carl", cost="50"), "Denied", "done"),
    Line("Definition.clocks", "clocks:\n", "clocks:\n  more: {within: 7 hours, from: opened, until: closed}\n", due("more"), None, 7.0),
    Line(
        "Definition.notices",
        "notices:\n",
        "notices:\n  reminder: {to: owner, via: [chat]}\n",
        outbox("via", "reminder"),
        ["email,chat"],
        ["chat"],
    ),
    Line(
        "Definition.contact",
        "contact: the hotline",
        "contact: the desk",
        outbox("text"),
        ["en S-2026-001 the hotline"],
        ["en S-2026-001 the desk"],
    ),
    Line("Field.type", "plain: {type: number}", "plain: {type: text}", opened_with(plain="ten"), "Invalid", "done"),
    Line("Field.title", "title: The code", "title: Code word", shown("fields", "code"), "The code", "Code word"),
    Line("Field.required", "story: {type: text}", "story: {type: text, required: true}", opened_with(), "done", "Invalid"),
    Line("Field.many", "plain: {type: number}", "plain: {type: number, many: true}", opened_with(plain="1;2"), "Invalid", "done"),
    Line("Field.options", "options: [a, b]", "options: [a, b, c]", opened_with(kind="c"), "Invalid", "done"),
    Line("Field.pattern", '"[A-Z]+"', '"[A-Z]+[0-9]*"', opened_with(code="A1"), "Invalid", "done"),
    Line("Field.length", "length: ..3", "length: ..5", opened_with(code="ABCD"), "Invalid", "done"),
    Line("Field.between", "between: [0, 10]", "between: [0, 11]", opened_with(score="11"), "Invalid", "done"),
    Line("Field.currency", "{type: money, currency: EUR}", "{type: money, currency: USD}", opened_with(cost="5 USD"), "Invalid", "done"),
    Line("Field.default", "default: a", "default: b", value("kind"), "a", "b"),
    Line("Field.personal", ", personal: false", ", personal: true", kept_apart, (True, False), (False, True)),
    Line("Field.sees", "plain: {type: number}", "plain: {type: number, sees: manager}", sees("ann"),
         ("case history personal", []), ("case history personal", ["plain"])),
    Line("Role.of", "manager: {}", "manager: {of: kind}", acted("decide", "carl", cost="5"), "done", "Denied"),
    Line("Role.sees", "manager: {}", "manager: {sees: history}", sees("carl"), ("case history personal", []), ("history", [])),
    Line("Role.title", "desk: {title: The desk}", "desk: {title: Front desk}", inbox, ("The desk",), ("Front desk",)),
    Line("Action.title", "title: Go on", "title: Go ahead", lambda house: options(house)["go"], "Go on", "Go ahead"),
    Line("Action.by", "twice: {by: desk,", "twice: {by: [desk, manager],", acted("twice", "carl"), "Denied", "done"),
    Line("Action.to", "Go on, by: desk, to: second", "Go on, by: desk, to: done", state_after("go"), ("second", False), ("done", True)),
    Line("Action.when", "when: not (score == 5), ", "", acted("go", score="5"), "NotAllowed", "done"),
    Line("Action.require", "require: kind,", "require: [kind, plain],", acted("go"), "done", "Invalid"),
    Line("Action.at_most", "at_most: 1}\n      late", "at_most: 2}\n      late", then("twice", "twice"), "NotAllowed", "done"),
    Line(
        "Action.after",
        "after: 90 days",
        "after: 9 days",
        lambda house: (number := open_(house), later(house, days=10), "acted late" in kinds(house, number))[-1],
        False,
        True,
    ),
    Line(
        "Action.within",
        ", within: 30 days",
        ", within: 1 days",
        lambda house: (number := open_(house), later(house, days=3), act(house, number, "go"))[-1],
        "done",
        "NotAllowed",
    ),
    Line("Action.backdate", "ring: {by: desk}", "ring: {by: desk, backdate: 1 day}", dated_back("ring"), "NotAllowed", "done"),
    Line("Action.limit", "manager, director], limit: cost, ", "manager, director], ", acted("decide", "carl", cost="50"), "Denied", "done"),
    Line("Action.except_", "limit: cost, except: owner, set", "limit: cost, set", decided_by_owner, "Denied", "done"),
    Line("Action.in_", "in: [first, second]", "in: [second]", acted("drop"), "done", "NotAllowed"),
    Line("Action.do", "set: {plain: seven}", "set: {plain: 8}", value("plain", "decide", "carl"), "7", "8"),
    Line("Action.covers", "limit: cost, except: owner, set", "limit: cost, covers: [code], except: owner, set",
         paid_after("decide", "carl", cost="9"), "NotAllowed", "done"),
    Line("Action.revokes", "ring: {by: desk}", "ring: {by: desk, revokes: decide}", decided_again("decide", "carl", "ring"),
         "Denied", "done"),
    Line("Task.covers", "limit: cost, except: owner, within", "limit: cost, covers: [code], except: owner, within",
         paid_after("t", "bob", score="1"), "NotAllowed", "done"),
    Line("Task.revokes", "from: ring, at_most: 1", "from: ring, revokes: decide, at_most: 1",
         decided_again("decide", "carl", "ring", "again"), "Denied", "done"),
    Line("Action.approve", "drop: {by: desk,", "drop: {by: desk, approve: manager,", state_after("drop"), ("done", True), ("first", False)),
    Line("Task.approve", "from: ring, at_most: 1", "from: ring, approve: manager, at_most: 1", open_tasks("ring", "again"), ("t",),
         ("again", "t")),
    Line("Extension.approve", "before: due, notice: longer", "before: due, approve: director, notice: longer", prolonged, 111.0, 63.0),
    Line("Approval.of", "of: panel", "of: lab", answered(("carl", "approve"), ("dora", "abstain")), "second", "first"),
    Line("Approval.quorum", "quorum: 1", "quorum: 2", answered(("carl", "approve"), ("dora", "conflict")), "second", "first"),
    Line("Approval.pass_", "pass: majority", "pass: 1/2", answered(("carl", "approve"), ("dora", "decline")), "first", "second"),
    Line("Approval.within", "within: 5 days}}", "within: 9 days}}", pending_after(7), 0, 1),
    Line("Definition.privacy", "contact: the hotline\n", "contact: the hotline\nprivacy: {retain: 3 weeks}\n", kept_for, [], [21]),
    Line("Privacy.retain", "contact: the hotline\n", "contact: the hotline\nprivacy: {retain: 1 year}\n", kept_for, [], [365]),
    Line("Definition.lesson", "contact: the hotline\n", "contact: the hotline\nlesson: [code, kind]\n", learnt, 0, 1),
    Line("Handover.within", "opening: {by: desk,", "handover: {within: 1 hour}\nopening: {by: desk,", offered_for, 39.0, 1.0),
    Line("Definition.handover", "opening: {by: desk, require", "handover: {}\nopening: {by: desk, require", passed_on, "done", "Denied"),
    Line("Opening.backdate", "opening: {by: desk,", "opening: {by: desk, backdate: 2 days,", filed_later, "NotAllowed", "done"),
    Line("Task.title", "title: Look closely", "title: Look twice", shown("tasks", "t"), "Look closely", "Look twice"),
    Line("Task.by", "closely, by: [lab", "closely, by: [manager", after_task("carl"), "Denied", "done"),
    Line("Task.when", "when: kind == 'a', require", "when: kind == 'b', require", shown("open_tasks"), ("t",), ()),
    Line("Task.require", "require: score, limit", "require: [score, plain], limit", after_task(), "done", "Invalid"),
    Line("Task.limit", "limit: cost, except: owner, within", "except: owner, within", after_task(cost="50"), "Denied", "done"),
    Line("Task.except_", "except: owner, within", "except: desk, within", after_task(), "done", "Denied"),
    Line("Task.from_", "from: ring, at_most", "from: twice, at_most", open_tasks("ring"), ("again", "t"), ("t",)),
    Line("Task.every", "within: 5 hours,", "within: 5 hours, every: 1 day,", open_tasks(), ("t",), ()),
    Line("Task.at_most", "from: ring, at_most: 1", "from: ring, at_most: 2", open_tasks("ring", "again", "ring"), ("t",), ("again", "t")),
    Line("Task.pause", "10 working hours}", "10 working hours, pause: {in: t}}", standing("again", "ring"), "running", "paused"),
    Line(
        "Task.extend", "10 working hours}", "10 working hours, extend: {by: manager, up_to: 2 working hours}}", after(longer, "ring"),
        "NotAllowed", "done",
    ),
    Line("Task.calendar", "10 working hours}", "10 working hours, calendar: night}", after(hours_left("again"), "ring"), 26.0, 10.0),
    Line(
        "Task.backdate", "within: 5 hours,", "within: 5 hours, backdate: 1 day,", dated_back("t", "bob", score="1"), "NotAllowed", "done"
    ),
    Line("Task.in_", "in: [second], within", "in: [first], within", open_tasks(), ("t",), ("file", "t")),
    Line("Task.within", "within: 5 hours", "within: 6 hours", due("t"), 5.0, 6.0),
    Line(
        "Task.ladder",
        "{at: due, remind: manager}",
        "{at: due, remind: desk}",
        written("reminder", hours=7),
        ["dora", "bob", "carl"],
        ["dora", "bob", "ann"],
    ),
    Line("Task.do", ", notice: looked}", "}", lambda house: (after_task()(house), ("looked", "carl") in sent(house))[-1], True, False),
    Line("State.title", "title: Begun", "title: Started", shown("state_title"), "Begun", "Started"),
    Line("State.actions", "      twice: {by: desk, at_most: 1}\n", "", acted("twice"), "done", "NotAllowed"),
    Line("State.tasks", "      t: {", "      extra: {by: lab}\n      t: {", shown("open_tasks"), ("t",), ("extra", "t")),
    Line("State.entry", "entry: {remind: director}", "entry: {remind: manager}", written("reminder"), ["dora"], ["carl"]),
    Line("State.within", "within: 3 hours", "within: 4 hours", due("first"), 3.0, 4.0),
    Line(
        "State.ladder", "{at: due, remind: lab}", "{at: due, remind: owner}", written("reminder", hours=4), ["dora", "bob"], ["dora", "ann"]
    ),
    Line("State.awaits", "    awaits: customer\n", "", waits_for, ("customer", "customer"), (None, None)),
    Line("State.final", "    final: true\n", "", state_after("drop"), ("done", True), ("done", False)),
    Line("Opening.by", "opening: {by: desk,", "opening: {by: [desk, customer],", opened_with(by="customer"), "Denied", "done"),
    Line("Opening.require", "require: code, notice", "require: [code, plain], notice", opened_with(), "done", "Invalid"),
    Line("Opening.do", ", notice: hello}", "}", written("hello"), ["customer"], []),
    Line("Anywhere.actions", "    drop: {", "    stop: {by: desk}\n    drop: {", acted("stop"), "NotAllowed", "done"),
    Line("Anywhere.tasks", "    file: {", "    keep: {by: desk}\n    file: {", open_tasks(), ("t",), ("keep", "t")),
    Line("ClockSpec.every", "every: 1 week", "every: 2 weeks", after(hours_left("call"), "hand"), 183.0, 351.0),
    Line("ClockSpec.at_most", "at_most: 2, from", "at_most: 3, from", standing("call", "hand", "ring", "ring"), "met", "running"),
    Line("LinkedCase.procedure", "procedure: small, with", "procedure: smaller, with", after(linked, "hand"), ["linked"], ["impossible"]),
    Line("LinkedCase.with_", "with: {code: code}", "with: {code: story}", after(linked, "hand"), ["linked"], ["impossible"]),
    Line("LinkedCase.wait", "with: {code: code}", "with: {code: code}, wait: true", then("hand", "go"), "done", "NotAllowed"),
    Line("Pause.in_", "pause: {in: second", "pause: {in: first", met, "paused", "running"),
    Line("Pause.up_to", "up_to: 1 day}", "up_to: 2 days}", paused, "running", "paused"),
    Line("Pause.while_", "pause: {in: second", "pause: {while: kind == 'a'", standing("total"), "running", "paused"),
    Line("Pause.from_", "pause: {from: ring", "pause: {from: drop", standing("asked", "ring"), "paused", "running"),
    Line("Pause.until", "until: go, up_to", "until: drop, up_to", standing("asked", "ring", "go"), "running", "paused"),
    Line("Pause.then", ", then: {remind: manager}", "", used_up, ["dora", "carl"], ["dora"]),
    Line("Extension.by", "extend: {by: manager", "extend: {by: director", extended(), "done", "Denied"),
    Line("Extension.up_to", "up_to: 2 days, at_most", "up_to: 3 days, at_most", extended(more="3 days"), "Invalid", "done"),
    Line("Extension.at_most", "at_most: 1, require: plain", "at_most: 2, require: plain", extended(times=2), "NotAllowed", "done"),
    Line("Extension.require", "require: plain, ", "", extended(nothing=True), "Invalid", "done"),
    Line("Extension.before", "before: due, ", "", extended(after=4), "NotAllowed", "done"),
    Line(
        "Extension.notice",
        ", notice: longer}",
        "}",
        lambda house: (extended()(house), [n for n, _ in sent(house) if n == "longer"])[-1],
        ["longer"],
        [],
    ),
    Line("ClockSpec.title", "title: In all", "title: Altogether", shown("clocks", "total"), "In all", "Altogether"),
    Line("ClockSpec.from_", "from: opened\n", "from: go\n", due("total"), 63.0, None),
    Line("ClockSpec.until", "until: closed\n", "until: go\n", met, "paused", "met"),
    Line("ClockSpec.within", "{is: 2 days}]", "{is: 3 days}]", due("total"), 63.0, 87.0),
    Line("ClockSpec.pause", "    pause: {in: second, up_to: 1 day}\n", "", met, "paused", "running"),
    Line(
        "ClockSpec.extend",
        "    extend: {by: manager, up_to: 2 days, at_most: 1, require: plain, before: due, notice: longer}\n",
        "",
        extended(),
        "done",
        "NotAllowed",
    ),
    Line(
        "ClockSpec.ladder",
        "      - {at: every 1 day after, at_most: 2, remind: desk}\n",
        "",
        lambda house: len([one for one in reminded(house, 9) if "ann" in one]),
        3,
        1,
    ),
    Line("ClockSpec.calendar", "12 working hours, from", "12 working hours, calendar: night, from", due("work"), 28.0, 12.0),
    Line(
        "ClockSpec.counting",
        "    until: closed\n    pause",
        "    until: closed\n    counting: {first_day: included}\n    pause",
        due("total"),
        63.0,
        39.0,
    ),
    Line("Definition.counting", "contact: the hotline\n", "contact: the hotline\ncounting: {ends: same_time}\n", due("total"), 63.0, 48.0),
    Line("Case.before", "{is: 2 days}]", "{before: visit, is: 2 days}]", due("total", visit="2026-03-20"), 63.0, 399.0),
    Line("Case.earliest_of", "{is: 2 days}]", "{earliest of: [1 day, visit]}]", due("total", visit="2026-03-20"), 63.0, 39.0),
    Line("Case.latest_of", "{is: 2 days}]", "{latest of: [1 day, visit]}]", due("total", visit="2026-03-20"), 63.0, 447.0),
    Line("Case.counting", "is: 4 days", "is: 4 days, counting: {ends: close_of_business}", due("total", kind="b"), 111.0, 104.0),
    Line("Counting.first_day", "first_day: excluded", "first_day: included", due("gift"), 183.0, 111.0),
    Line("Counting.ends", "ends: end_of_day", "ends: same_time", due("gift"), 183.0, 168.0),
    Line("Counting.roll", "roll: next", "roll: none", due("gift"), 183.0, 135.0),
    Line("ClockSpec.when", "title: In all\n", "title: In all\n    when: kind == 'b'\n", due("total"), 63.0, "none"),
    Line("ClockSpec.restart", "from: opened\n", "from: [opened, twice]\n    restart: again\n", begun_twice, 63.0, 87.0),
    Line("ClockSpec.recompute", "title: In all\n", "title: In all\n    recompute: forward\n", changed_later, 111.0, 135.0),
    Line("Case.value", "is: 4 days", "is: 5 days", due("total", kind="b"), 111.0, 135.0),
    Line("Case.when", "{when: kind == 'b', is", "{when: kind == 'a', is", due("total"), 63.0, 111.0),
    Line(
        "Rung.at", "{at: 1 day before,", "{at: 2 days before,", lambda house: len([one for one in reminded(house, 1) if "ann" in one]), 0, 1
    ),
    Line(
        "Rung.when",
        "before, when: kind == 'a', remind",
        "before, when: kind == 'b', remind",
        lambda house: len([x for x in reminded(house, 2) if "ann" in x]),
        1,
        0,
    ),
    Line(
        "Rung.at_most",
        "at_most: 2, remind",
        "at_most: 3, remind",
        lambda house: len([one for one in reminded(house, 9) if "ann" in one]),
        3,
        4,
    ),
    Line(
        "Rung.do",
        "when: kind == 'a', remind: desk}",
        "when: kind == 'a', remind: director}",
        lambda house: reminded(house, 2)[-1],
        ["ann", "bob"],
        ["dora"],
    ),
    Line(
        "Notice.to",
        "looked: {to: manager",
        "looked: {to: director",
        lambda house: (after_task()(house), [to for name, to in sent(house) if name == "looked"])[-1],
        ["carl"],
        ["dora"],
    ),
    Line("Notice.via", "via: [email, sms]", "via: [sms]", outbox("via"), ["email,sms"], ["sms"]),
    Line("Notice.mandatory", ", mandatory: true", "", outbox("mandatory"), [True], [False]),
    Line("Notice.contains", "contains: [number]", "contains: [number, cost]", lambda house: len(problems(_text(house))), 0, 2),
]
_texts: dict[int, str] = {}


def _text(house: House) -> str:
    return _texts[id(house)]


def seen(line: Line, procedure: str) -> Any:
    house = in_force(procedure)
    _texts[id(house)] = procedure
    return line.see(house)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.key)
def test_changing_the_key_changes_what_happens(line: Line) -> None:
    assert BASE.count(line.old) == 1, f"{line.old!r} must stand once in the procedure"
    assert (seen(line, BASE), seen(line, BASE.replace(line.old, line.new))) == (line.before, line.after)
    assert line.before != line.after


def keys() -> set[str]:
    """Every key of the language: the attributes that a person writes."""
    kinds_ = [one for one in vars(definition).values() if dataclasses.is_dataclass(one) and isinstance(one, type)]
    return {f"{kind.__name__}.{field.name}" for kind in kinds_ for field in dataclasses.fields(kind) if "doc" in field.metadata}


def test_every_key_of_the_language_has_its_line() -> None:
    named = [line.key for line in LINES]
    assert sorted(keys() - set(named)) == [] and sorted(set(named) - keys()) == []
    assert len(named) == len(set(named))


def test_the_procedure_of_these_tests_passes_its_own_check() -> None:
    assert problems(BASE) == []


def test_nothing_else_happens_in_the_unchanged_procedure() -> None:
    house = in_force(BASE)
    number = open_(house)
    assert kinds(house, number) == ["opened"] and sent(house) == [("hello", "customer"), ("reminder", "dora")]
