"""Every finding of the checks: a procedure that has it, and (the clean one) a procedure that has none."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.deciding.checking import check_definition
from engine.defining.bundle import definition_of
from engine.defining.organisation import Organisation, Person
from engine.defining.problems import Problem
from engine.defining.yaml_file import read_tree
from engine.ground.money import Money

CLEAN = """
procedure: clean
title: A clean procedure
number: "CL-{year}-{serial:04}"
calendar: office
languages: [en, zh]
contact: desk@acme.example
fields:
  customer: {type: party, required: true}
  region: {type: choice, options: [domestic, overseas], required: true}
  remedy: {type: choice, options: [explain, replace, refund]}
  amount: {type: money, currency: CNY, default: 0}
  code: {type: text, pattern: "[A-Z]{2}[0-9]{6}"}
  due_on: {type: date}
roles: {desk: {title: Desk}, chief: {title: Chief}}
opening: {by: [desk, customer]}
anywhere:
  actions:
    withdraw: {by: [desk, customer], to: closed, require: [comment]}
states:
  first:
    actions:
      take: {by: desk, to: second, require: [code, amount], notice: taken}
  second:
    tasks:
      look: {by: desk, within: 2 working days, require: [remedy]}
    actions:
      ask: {by: desk, to: waiting}
      decide: {by: chief, to: third, after: tasks, limit: amount, except: "actor_of('take')"}
  waiting:
    awaits: customer
    actions:
      answered: {by: [desk, customer], to: back}
      silent: {by: system, to: closed, after: 30 days}
  third:
    actions:
      explain: {by: desk, to: closed, when: remedy == 'explain'}
      deliver: {by: desk, to: closed, when: "remedy in ['replace', 'refund']"}
  closed:
    final: true
    actions:
      reopen: {by: chief, to: second, within: 60 days}
authority: {chief: {amount: unlimited}}
clocks:
  total:
    from: opened
    until: closed
    within: [{when: region == 'domestic', is: 10 days}, {is: 20 days}]
    pause: {in: waiting, up_to: 5 days}
    extend: {by: chief, up_to: 5 days, require: [comment]}
    ladder:
      - {at: 50%, remind: owner}
      - {at: 2 working days before, remind: owner}
      - {at: due, escalate: superior of owner}
      - {at: every 2 days after, at_most: 3, remind: chief}
notices:
  taken: {to: customer, via: [email, letter], mandatory: true, contains: [number, clock total, contact, code]}
"""
TEXTS = {
    "taken.en": "Subject: {{ number }}\n\nDear {{ customer.name }},\n"
    "{% if code %}about {{ code }}{% endif %} until {{ due('total') }}.\n{{ contact }}\n",
    "taken.zh": "Subject: {{ number }}\n\n{{ customer.name }}：{{ code }}，{{ due('total') }}。{{ contact }}\n",
}
HOUSE = Organisation(
    name="acme", people={"li": Person(id="li", name="Li", roles=("desk",)), "wang": Person(id="wang", name="Wang", roles=("chief",))}
)


def found(change: Callable[[dict[str, Any]], Any] | None = None, texts: dict[str, str] | None = None, **house: Any) -> list[Problem]:
    """The problems of the clean procedure after a change to it."""
    tree = deepcopy(read_tree(CLEAN, "procedure.yaml").value)
    if change:
        change(tree)
    document = {"procedure": tree, "notices": TEXTS | (texts or {})}
    return check_definition(definition_of(document), **{"organisation": HOUSE, "calendars": ["office"], **house})


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change: set (or with None remove) what stands at `a/b/c`; a value is YAML."""

    def change(tree: dict[str, Any]) -> None:
        *above, last = path.split("/")
        for key in above:
            tree = tree.setdefault(key, {}) if isinstance(tree, dict) else tree[int(key)]
        if value is None:
            del tree[last]
        else:
            tree[last] = read_tree(f"value: {value}", "change").value["value"]

    return change


def changes(*all_of: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], None]:
    def change(tree: dict[str, Any]) -> None:
        for one in all_of:
            one(tree)

    return change


def test_a_clean_procedure_has_no_problem() -> None:
    assert [str(problem) for problem in found()] == []


LOST = "states/lost"
CASES: dict[str, tuple[Callable[[dict[str, Any]], Any], str, str]] = {
    # name: (change, severity, words of the finding)
    "unreachable state": (put(LOST, "{within: 1 day, actions: {leave: {by: desk, to: closed}}}"), "error", "come to the state 'lost'"),
    "state without an end": (
        changes(
            put("states/second/actions/trap", "{by: desk, to: lost}"),
            put(LOST, "{within: 1 day, actions: {turn: {by: desk, to: lost}}}"),
            put("anywhere/actions/withdraw/in", "[first]"),
        ),
        "error",
        "state 'lost' can never end",
    ),
    "no final state": (changes(put("states/closed/final", None), put("states/closed/within", "1 day")), "error", "No state is final"),
    "state without a limit": (put("clocks/total/until", "[closed, take]"), "warning", "state 'second' without any limit"),
    "paused without a bound": (
        changes(put("clocks/total/pause", "{in: waiting}"), put("states/waiting/actions/silent/when", "remedy == 'explain'")),
        "warning",
        "state 'waiting' without any limit",
    ),
    "nobody may act": (put("states/third/actions/explain/by", None), "error", "Nobody may take the action 'explain'"),
    "nobody may do a task": (put("states/second/tasks/look/by", None), "error", "Nobody may take the task 'look'"),
    "everybody excepted": (put("states/third/actions/explain/except", "desk"), "error", "`except` takes away everybody"),
    "nobody may open": (
        changes(
            put("opening", None),
            put("states/first/actions", "{take: {by: system, when: amount > 1, to: second}}"),
            put("anywhere/actions/withdraw/in", "[second]"),
        ),
        "error",
        "Nobody may open",
    ),
    "role never used": (put("roles/idle", "{title: Idle}"), "warning", "role 'idle' is never used"),
    "role that nobody fills": (put("roles/idle", "{title: Idle}"), "warning", "Nobody in the organisation holds the role 'idle'"),
    "role in use that nobody fills": (
        changes(put("roles/idle", "{}"), put("states/third/actions/explain/by", "idle")),
        "error",
        "holds the role 'idle'",
    ),
    "unknown state": (put("states/third/actions/explain/to", "closd"), "error", "There is no state 'closd'"),
    "unknown state in `in`": (put("anywhere/actions/withdraw/in", "[frist]"), "error", "There is no state 'frist'"),
    "unknown state in a pause": (put("clocks/total/pause", "{in: wating, up_to: 1 day}"), "error", "There is no state or task 'wating'"),
    "unknown field required": (put("states/third/actions/explain/require", "[remdy]"), "error", "There is no field 'remdy'"),
    "unknown field set": (put("states/third/actions/explain/set", "{remdy: \"'explain'\"}"), "error", "There is no field 'remdy'"),
    "unknown limit": (put("states/second/actions/decide/limit", "amont"), "error", "There is no field 'amont'"),
    "limit that is no money": (put("states/second/actions/decide/limit", "remedy"), "error", "'remedy' is not a field of money"),
    "unknown notice": (put("states/third/actions/explain/notice", "takn"), "error", "There is no notice 'takn'"),
    "unknown act": (put("states/second/tasks/look/act", "decid"), "error", "There is no action or task 'decid'"),
    "act that the scheduler may not take": (put("states/second/tasks/look/act", "ask"), "error", "scheduler may not take 'ask'"),
    "unknown role": (put("states/third/actions/explain/by", "dsk"), "error", "'dsk' is neither a role"),
    "field that does not say who": (put("states/third/actions/explain/by", "remedy"), "error", "'remedy' does not say who"),
    "unknown actor": (put("states/second/actions/decide/except", "\"actor_of('tke')\""), "error", "There is no action or task 'tke'"),
    "task and action of one name": (put("states/second/tasks/ask", "{by: desk, within: 1 day}"), "error", "both a task and an action"),
    "two tasks of one name": (put("states/third/tasks", "{look: {by: desk}}"), "error", "Two states have a task 'look'"),
    "titles that differ": (
        changes(
            put("states/third/actions/explain/title", "Explain"),
            put("states/second/actions/explain", "{by: desk, to: closed, title: Other}"),
        ),
        "warning",
        "different titles",
    ),
    "bounds that differ": (put("states/second/actions/explain", "{by: desk, to: closed, at_most: 2}"), "warning", "another `at_most`"),
    "back to nowhere": (put("states/first/actions/undo", "{by: desk, to: back}"), "error", "`to: back` leads nowhere"),
    "after tasks without tasks": (put("states/third/actions/explain/after", "tasks"), "error", "the state 'third' has none"),
    "after more tasks than there are": (put("states/second/actions/decide/after", "2 tasks"), "error", "waits for 2 tasks"),
    "a time for people": (put("states/third/actions/explain/after", "2 days"), "error", "for actions of the scheduler"),
    "in outside of anywhere": (put("states/third/actions/explain/in", "[third]"), "error", "only for what stands under `anywhere`"),
    "task in outside of anywhere": (put("states/second/tasks/look/in", "[second]"), "error", "only for what stands under `anywhere`"),
    "unknown state of a task anywhere": (
        put("anywhere/tasks", "{ring: {by: desk, within: 1 day, in: [frist]}}"), "error", "There is no state 'frist'",
    ),
    "task anywhere in a final state": (
        put("anywhere/tasks", "{ring: {by: desk, within: 1 day, in: [closed]}}"), "error", "'closed' is final",
    ),
    "task anywhere without a limit": (put("anywhere/tasks", "{ring: {by: desk}}"), "warning", "task 'ring' has no limit"),
    "task anywhere and in a state": (put("anywhere/tasks", "{look: {by: desk}}"), "error", "Two states have a task 'look'"),
    "task that never opens": (put("states/second/tasks/look/from", "[opened, decide, state first]"), "error", "'look' never opens"),
    "a lesson that is not there": (put("lesson", ["amonut"]), "error", "There is no field 'amonut'"),
    "a lesson that is personal": (put("lesson", ["customer"]), "error", "'customer' is not for everybody who works here"),
    "rule from an event without a date": (
        put("anywhere/tasks", "{ring: {by: desk, within: 1 day, every: FREQ=WEEKLY, from: clock total due}}"), "error",
        "cannot count from 'clock total due'",
    ),
    "rule from another state": (
        changes(put("states/second/tasks/look/from", "[opened, state first]"), put("states/second/tasks/look/every", "FREQ=WEEKLY")),
        "error", "cannot count from 'state first'",
    ),
    "rule for ever": (
        put("states/closed/tasks", "{ring: {by: desk, within: 1 day, every: FREQ=WEEKLY}}"), "error", "'ring' opens for ever",
    ),
    "rule without the 31st": (
        put("anywhere/tasks", "{ring: {by: desk, within: 1 day, every: FREQ=MONTHLY}}"), "warning", "has no date in months without one",
    ),
    "retention in hours": (put("privacy", {"retain": "24 hours"}), "error", "cannot be kept for 24 hours"),
    "retention in working days": (put("privacy", {"retain": "9 working days"}), "error", "no whole number of dates"),
    "backdate for the customer alone": (
        put("states/waiting/actions/answered", "{by: customer, to: back, backdate: 1 day}"), "error", "Only staff say when",
    ),
    "system action that waits for used time": (
        put("states/waiting/actions/silent/when", "used('total') > used('total')"), "error", "does not watch used('total') grow",
    ),
    "unknown calendar of a task": (put("states/second/tasks/look/calendar", "offcie"), "error", "There is no calendar 'offcie'"),
    "unknown state in a pause of a task": (put("states/second/tasks/look/pause", "{in: wating}"), "error", "no state or task 'wating'"),
    "pause of a task without a limit": (
        put("anywhere/tasks", "{ring: {by: desk, pause: {in: waiting}}}"), "error", "`pause` changes nothing: the task 'ring'",
    ),
    "system action never taken": (put("states/third/actions/auto", "{by: system, to: closed}"), "error", "scheduler never takes 'auto'"),
    "system action that asks": (put("states/waiting/actions/silent/require", "[due_on]"), "error", "'due_on' is never offered"),
    "system loop": (
        changes(
            put("states/first/actions/go", "{by: system, to: second, when: amount > 1}"),
            put("states/second/actions/come", "{by: system, to: first, when: amount > 1}"),
        ),
        "error",
        "without anybody doing anything",
    ),
    "system action that stays": (
        put("states/first/actions/warn", "{by: system, when: amount > 1, notice: taken}"),
        "error",
        "again and again",
    ),
    "task without a limit": (put("states/second/tasks/look/within", None), "warning", "task 'look' has no limit"),
    "decision that covers nothing known": (put("states/second/actions/decide/covers", "[amont]"), "error", "There is no field 'amont'"),
    "decision of nothing taken back": (put("states/second/actions/ask/revokes", "[decode]"), "error", "no action or task 'decode'"),
    "what decides nothing taken back": (put("states/second/actions/ask/revokes", "[take]"), "error", "'take' decides nothing"),
    "approval asked of what decides nothing": (
        put("states/second/actions/ask/when", "approved('take')"), "error", "'take' decides nothing, so it is never approved"
    ),
    "approver who is nobody": (put("states/second/actions/ask/approve", "cheif"), "error", "'cheif'"),
    "condition of an approver": (put("states/second/actions/ask/approve", "{when: amont > 5, is: chief}"), "error", "'amont'"),
    "quorum larger than the group": (
        put("states/second/actions/ask/approve", "{of: chief, quorum: 3}"), "error", "'chief' has 1 members, so 3 cannot vote"
    ),
    "approver who alone may ask": (
        put("states/second/actions/decide/approve", "chief"), "warning", "Nobody could approve 'decide' when wang"
    ),
    "approver who is excluded": (
        changes(put("states/second/actions/ask/approve", "chief"), put("states/second/actions/ask/except", "chief")), "error",
        "'chief' has to approve 'ask' but is excluded",
    ),
    "customer who approves": (put("states/second/actions/ask/approve", "customer"), "error", "'customer' cannot approve"),
    "scheduler that asks": (put("states/waiting/actions/silent/approve", "chief"), "error", "taken by the scheduler, which asks nobody"),
    "party to be approved": (
        changes(put("states/second/actions/ask/approve", "chief"), put("states/second/actions/ask/require", "[customer]")), "error",
        "customer cannot be given with what has to be approved",
    ),
    "approvers without authority": (
        changes(put("states/second/actions/decide/by", "desk"), put("states/second/actions/decide/approve", "desk")), "error",
        "Nobody who has to approve 'decide' has authority",
    ),
    "authority of nobody": (put("authority/cheif", "{amount: 5 CNY}"), "error", "There is no role 'cheif'"),
    "authority never asked for": (put("authority/desk", "{amount: 5 CNY}"), "warning", "authority of 'desk' is never asked for"),
    "authority in another currency": (put("authority/chief", "{amount: 5 EUR}"), "error", "in EUR, but amounts are in CNY"),
    "limit without a band": (
        put("states/second/actions/decide/by", "[desk, chief]"),
        "error",
        "'desk' may take 'decide' but has no authority",
    ),
    "amounts that nobody covers": (put("authority/chief", "{amount: 5000 CNY}"), "warning", "above 5000"),
    "rung after the end": (put("clocks/total/ladder", "[{at: 120%, remind: owner}]"), "error", "120% lies after the end"),
    "rung before the start": (put("clocks/total/ladder", "[{at: 30 days before, remind: owner}]"), "error", "before the start"),
    "rung before the start of one branch": (
        put("clocks/total/ladder", "[{at: 15 days before, remind: owner}]"),
        "warning",
        "before the start",
    ),
    "rung after a window": (
        changes(
            put("clocks/total/until", None),
            put("states/second/within", "1 day"),
            put("states/first/within", "1 day"),
            put("states/third/within", "1 day"),
            put("clocks/total/ladder", "[{at: 1 day after, remind: owner}]"),
        ),
        "error",
        "has no `until`",
    ),
    "at_most of a rung that fires once": (put("clocks/total/ladder", "[{at: due, at_most: 2, remind: owner}]"), "error", "only for `every"),
    "rung that does nothing": (put("clocks/total/ladder", "[{at: due}]"), "error", "does nothing"),
    "ladder without a limit": (put("states/third/ladder", "[{at: due, remind: owner}]"), "error", "it never fires"),
    "endless reminders": (
        changes(put("states/closed/within", "1 year"), put("states/closed/ladder", "[{at: every 1 day after, remind: owner}]")),
        "warning",
        "never stops",
    ),
    "limit that some option misses": (
        put("clocks/total/within", "[{when: region == 'domestic', is: 10 days}]"),
        "warning",
        "when region is overseas",
    ),
    "limit that may match nothing": (put("clocks/total/within", "[{when: amount > 5, is: 10 days}]"), "warning", "when no branch matches"),
    "pause in months": (put("clocks/total/pause", "{in: waiting, up_to: 3 months}"), "error", "cannot be counted in months"),
    "pause in two ways": (put("clocks/total/pause", "{in: waiting, while: region, up_to: 1 day}"), "error", "begins in one way: in, while"),
    "pause with an end only": (put("clocks/total/pause", "{in: waiting, until: take, up_to: 1 day}"), "error", "belongs to its `from`"),
    "pause that never ends": (put("clocks/total/pause", "{from: ask}"), "error", "never ends"),
    "then without a total": (put("clocks/total/pause", "{in: waiting, then: {remind: owner}}"), "error", "never happens"),
    "then that sends what does not exist": (
        put("clocks/total/pause", "{in: waiting, up_to: 5 days, then: {notice: goodbye}}"), "error", "no notice 'goodbye'"),
    "pause by a condition that reads the time": (
        put("clocks/total/pause", "{while: today == due_on}"), "error", "changes though nothing happens"),
    "pause by a condition without a bound": (
        put("clocks/total/pause", "{while: remedy == 'refund'}"), "warning", "can wait in the state 'first'"),
    "pause that never begins": (put("clocks/total/pause", "{up_to: 3 days}"), "error", "never begins"),
    "condition of a clock that reads the time": (put("clocks/total/when", "today == due_on"), "error", "changes though nothing happens"),
    "condition of a clock that reads a clock": (put("clocks/total/when", "not breached('look')"), "error", "do not move each other"),
    "condition of a clock that reads who acts": (put("clocks/total/when", "actor == 'li'"), "error", "only while somebody acts"),
    "condition of a clock that cannot be read": (put("clocks/total/when", "remedi == 'refund'"), "error", "nothing named 'remedi'"),
    "clock with a condition limits nothing": (put("clocks/total/when", "remedy == 'refund'"), "warning", "can wait in the state 'first'"),
    "window that continues": (
        changes(put("clocks/total/until", None), put("clocks/total/restart", "continue")), "error", "nothing is left to go on with"),
    "recompute of what cannot change": (
        changes(put("clocks/total/within", "5 days"), put("clocks/total/recompute", "reset")), "warning", "changes nothing"),
    "at_most of a clock that does not recur": (put("clocks/total/at_most", 3), "error", "'total' does not recur"),
    "share of a recurring period": (
        changes(
            put("clocks/total/until", None),
            put("clocks/total/within", None),
            put("clocks/total/every", "1 month"),
            put("clocks/total/ladder", "[{at: 50%, remind: owner}]"),
        ),
        "error",
        "50% says nothing here",
    ),
    "unknown calendar": (put("calendar", "offcie"), "error", "There is no calendar 'offcie'"),
    "unknown calendar of a clock": (put("clocks/total/calendar", "offcie"), "error", "There is no calendar 'offcie'"),
    "option that no action handles": (put("states/third/actions/deliver/when", "remedy == 'replace'"), "warning", "remedy is refund"),
    "key that does not fit the type": (put("fields/amount/options", "[a, b]"), "error", "`options` means nothing"),
    "choice without options": (put("fields/remedy/options", None), "error", "'remedy' has no options"),
    "money without a currency": (put("fields/amount/currency", None), "error", "money without a currency"),
    "bounds that nothing fits": (put("fields/amount/between", "[10, 1]"), "error", "No value fits"),
    "default that is no option": (put("fields/remedy/default", "explian"), "error", "'explian' is not an option"),
    "default of the wrong type": (put("fields/due_on/default", "soon"), "error", "due_on"),
    "pattern that can take for ever": (put("fields/code/pattern", '"(([A-Z]+)*)*"'), "error", "cannot be used as a pattern"),
    "number without a serial": (put("number", '"CL-{year}"'), "error", "it needs one"),
    "number that comes again": (put("number", '"CL-{month}-{serial:04}"'), "error", "same number twice"),
    "notice without a text": (put("notices/other", "{to: customer, via: [email, sms]}"), "error", "no text in 'en'"),
    "notice that nothing sends": (put("notices/other", "{to: customer, via: [email, sms]}"), "warning", "Nothing sends the notice 'other'"),
    "mandatory without a way out": (put("notices/taken/via", "[email]"), "warning", "one channel only"),
    "channel twice": (put("notices/taken/via", "[email, email, letter]"), "warning", "stands twice"),
    "notice to nobody": (put("notices/taken/to", "system"), "error", "goes to nobody"),
    "language twice": (put("languages", "[en, zh, en]"), "warning", "language stands twice"),
    "unknown name in a condition": (put("states/third/actions/explain/when", "remdy == 'explain'"), "error", "nothing named 'remdy'"),
    "unknown action in a condition": (put("states/third/actions/explain/when", "done('tke')"), "error", "no action or task of that name"),
    "unknown clock in a condition": (put("states/third/actions/explain/when", "breached('totl')"), "error", "no clock of that name"),
    "condition that cannot be read": (put("states/third/actions/explain/when", "remedy =="), "error", "remedy =="),
    "word of a ladder elsewhere": (put("states/third/actions/explain/when", "overdue"), "error", "nothing named 'overdue'"),
    "value with the name of a field": (put("values", "{code: 5}"), "error", "'code' is both a value and a field"),
    "value never used": (put("values", "{most: 5}"), "warning", "'most' is never used"),
    "value that is no amount": (put("values", "{most: 40 pounds}"), "warning", "neither an amount nor a duration"),
    "value that is no duration": (put("values", "{most: 3 workin days}"), "warning", "neither an amount nor a duration"),
    "amount finer than its currency": (put("values", "{most: 4.005 GBP}"), "warning", "neither an amount nor a duration"),
    "question in the limit of a clock": (
        put("clocks/total/within", "[{when: others(code).count > 1, is: 1 day}, {is: 9 days}]"),
        "error",
        "its own case only",
    ),
    "question in the limit of a task": (
        put("states/second/tasks/look/within", "[{when: others(code).count > 1, is: 1 day}, {is: 9 days}]"),
        "error",
        "its own case only",
    ),
    "question whether a clock runs": (put("clocks/total/when", "others(code).count > 1"), "error", "its own case only"),
    "question in a pause": (
        put("clocks/total/pause", "{while: others(code).count > 1, up_to: 5 days}"), "error", "its own case only",
    ),
    "question in a computed limit": (put("clocks/total/within", "others(code).count days"), "error", "its own case only"),
    "system action that waits for others": (
        put("states/second/actions/auto", "{by: system, to: third, when: others(customer).count > 1}"),
        "warning",
        "moment another case changes",
    ),
    "promise that does not exist": (put("notices/taken/contains", "[appeal]"), "error", "no value 'appeal'"),
    "promise that is not kept": (put("notices/taken/contains", "[amount]"), "error", "does not always show 'amount'"),
}


@pytest.mark.parametrize("name", CASES)
def test_finds(name: str) -> None:
    change, severity, words = CASES[name]
    problems = found(change)
    assert [p for p in problems if words in p.what and p.severity == severity], [f"{p.severity}: {p.what}" for p in problems]


def test_a_text_with_an_unknown_name_is_reported_at_its_line() -> None:
    [problem] = found(texts={"taken.zh": "Subject: {{ number }}\n\n{{ code }} {{ due('total') }} {{ contact }}\n{{ remdy }}\n"})
    assert (problem.file, problem.line, problem.nearest) == ("notices/taken.zh.j2", 4, "remedy")


def test_a_value_is_used_by_a_condition_or_by_a_text() -> None:
    values = put("values", "{most: 5 CNY, phone: 0800 123, day: 2026-04-01}")
    used = changes(values, put("states/third/actions/explain/when", "amount <= most and today > day and remedy == 'explain'"))
    assert found(used, texts={"taken.en": TEXTS["taken.en"] + "{{ phone }}"}) == []


@pytest.mark.parametrize(("asked", "words"), [
    ("others(remdy).count", "nothing named 'remdy'"), ("others(code, remdy='x').count", "no field 'remdy'"),
    ("others(code, remedy='explian').count", "no case has that value"), ("others(code, amount=0.001).count", "no case has that value"),
    ("others(note).count", "'note': it is personal"), ("others(code, note='x').count", "'note': it is personal"),
    ("others(parts).count", "holds several values"), ("others(witness).count", "'witness': it is personal"),
    ("others(code, customer=customer).count", "of type party"), ("others(code).sum('remedy')", "of type choice"),
])
def test_questions_that_no_case_can_answer_are_found(asked: str, words: str) -> None:
    fields = changes(put("fields/note", "{type: text}"), put("fields/witness", "{type: party}"),
                     put("fields/parts", "{type: choice, options: [a], many: true}"))
    problems = found(changes(fields, put("states/first/actions/take/when", f'"{asked} > 1"')))
    assert [words in p.what for p in problems if p.severity == "error"] == [True], [p.what for p in problems]


def test_a_question_in_a_text_is_judged_at_its_line() -> None:
    [problem] = found(texts={"taken.zh": TEXTS["taken.zh"] + "\n{{ others(code, remedy='none').count }}\n"})
    assert (problem.file, problem.line) == ("notices/taken.zh.j2", 5) and "no case has that value" in problem.what


def test_other_cases_may_be_asked_for_wherever_a_case_decides_once() -> None:
    asked = "others(code, remedy='refund', since='04-01').sum('amount') + amount"
    change = changes(
        put("states/first/actions/take/when", f"{asked} < 5"), put("states/second/tasks/look/when", "others(customer).count < 5"),
        put("states/second/tasks/look/set", f'{{amount: "{asked}"}}'), put("clocks/total/ladder/0/when", "others(customer).count < 5"),
    )
    assert found(change, texts={"taken.zh": TEXTS["taken.zh"] + "{{ others(customer, since='28 days').count }}\n"}) == []


def test_a_text_shown_only_sometimes_does_not_keep_a_promise() -> None:
    texts = {"taken.en": TEXTS["taken.en"].replace("{{ contact }}", "{% if amount > 5 %}{{ contact }}{% endif %}")}
    assert ["'contact'" in problem.what for problem in found(texts=texts)] == [True]


def test_an_html_form_needs_a_plain_text() -> None:
    document = {"taken.en.html": TEXTS["taken.en"], "taken.zh.html": TEXTS["taken.zh"]}
    assert found(texts=document) == []
    assert any("HTML" in p.what for p in found(put("languages", "[en]"), texts={"taken.fr.html": TEXTS["taken.en"]}))


def test_words_of_a_ladder_in_a_text_that_no_ladder_sends_are_doubtful() -> None:
    [problem] = found(texts={"taken.zh": TEXTS["taken.zh"] + "{{ overdue }}\n"})
    assert problem.severity == "warning" and "'overdue' is empty here" in problem.what


def test_without_an_organisation_only_a_name_that_looks_misspelt_is_an_error() -> None:
    strange = found(put("states/third/actions/explain/by", "[desk, committee]"), organisation=None)
    misspelt = found(put("states/third/actions/explain/by", "[desk, cheif]"), organisation=None)
    assert [p.severity for p in strange] == ["warning"]
    assert [(p.severity, p.nearest) for p in misspelt] == [("error", "chief")]


def test_a_procedure_that_grants_more_than_the_organisation_lets_it_is_refused() -> None:
    def granted(**most: Any) -> list[str]:
        return [p.what for p in found(organisation=replace(HOUSE, authority=most)) if p.severity == "error"]

    above = "The authority of 'chief' is above what the organisation lets it decide: "
    assert granted(chief=None) == [] and granted() == []
    assert granted(chief=(Money(Decimal(5000), "CNY"),)) == [above + "5000 CNY"] and granted(desk=None) == [above + "nothing"]


def test_a_group_or_person_of_the_organisation_is_known() -> None:
    assert found(put("states/third/actions/explain/by", "[desk, wang]")) == []


def test_without_calendars_nothing_is_said_about_them() -> None:
    assert found(put("calendar", "unheard_of"), calendars=None) == []


def test_a_clock_that_a_stay_action_may_stop_does_not_limit() -> None:
    problems = found(changes(put("states/first/actions/call", "{by: desk, notice: taken}"), put("clocks/total/until", "[closed, call]")))
    assert {"first", "second", "third"} <= {p.what.split("'")[1] for p in problems if "without any limit" in p.what}


def test_a_clock_started_on_one_of_two_ways_only_does_not_limit() -> None:
    other = changes(
        put("states/first/actions/skip", "{by: desk, to: third}"), put("clocks/total/from", "take"), put("states/first/within", "1 day")
    )
    assert [p.what.split("'")[1] for p in found(other) if "without any limit" in p.what] == ["second", "third"]  # closed, then reopened
    both = changes(other, put("clocks/total/from", "[take, skip]"), put("anywhere/actions/withdraw/in", "[second, third]"))
    assert [p.what for p in found(both) if "without any limit" in p.what] == []


def test_a_reopened_case_is_limited_by_the_clock_that_its_closing_stopped() -> None:
    """The clean procedure leads from `closed` to `second`, whose only limit is the clock `total`; with an action as its end it is not."""
    change = changes(put("clocks/total/until", "[explain, deliver, withdraw, silent]"))
    assert [p.what.split("'")[1] for p in found(change) if "without any limit" in p.what] == ["second", "third"]


def test_all_options_of_a_required_choice_leave_no_gap() -> None:
    assert found(put("clocks/total/within", "[{when: region == 'domestic', is: 10 days}, {when: region == 'overseas', is: 12 days}]")) == []


def test_an_option_that_an_action_of_the_state_replaces_needs_no_way_on_of_its_own() -> None:
    narrow = put("states/third/actions/deliver/when", "remedy == 'replace'")
    assert [p.what for p in found(narrow) if "no action leads on" in p.what]
    other = put("states/third/actions/rethink", "{by: desk, when: remedy == 'refund', set: {remedy: \"'replace'\"}}")
    assert [p.what for p in found(changes(narrow, other)) if "no action leads on" in p.what] == []


def test_problems_have_the_place_at_which_they_are_written() -> None:
    tree = read_tree(CLEAN.replace("to: second, require", "to: secnd, require").encode(), "procedure.yaml")
    definition = definition_of({"procedure": tree.value, "notices": TEXTS})
    problem = next(p for p in check_definition(definition, HOUSE, ["office"], tree) if "secnd" in p.what)
    assert CLEAN.replace("second, require", "secnd, require").splitlines()[problem.line - 1].strip().startswith("take:")
    assert problem.nearest == "second"


def test_an_action_everywhere_is_reported_once() -> None:
    assert len([p for p in found(put("anywhere/actions/withdraw/by", None)) if "withdraw" in p.what]) == 1


def test_shipped_bundles_have_no_errors() -> None:
    from engine.usecases.publishing import examine

    for folder in sorted(path.parent for path in Path("definitions").glob("*/procedure.yaml")):
        bundle, _, problems = examine(folder)
        assert bundle is not None
        assert [str(p) for p in problems] == [], folder
