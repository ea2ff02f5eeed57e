"""Scenario files: their shape is checked before anything is rehearsed, every problem with its place."""

from textwrap import dedent

import pytest
from reading_samples import changed

from engine.defining.scenario import Scenario, read_scenario
from engine.defining.yaml_file import read_tree

STORY = dedent("""\
    scenario: nobody answers in time
    # a rehearsal begins on a Friday
    # in the afternoon
    at: 2026-11-20 16:00
    steps:
      - open: {by: li.na, with: {region: home, loss: 12.50}, as: c, for: customer}
      - expect: {case: c, state: registered, clock first_reply: {due: 2026-11-21 16:00}}
      - wait: 12 hours
      - at: 2026-11-23 09:00
      - do: {action: acknowledge, by: li.na, with: {kind: lost}, case: c, for: wang.fang}
      - refuse: {action: approve, by: li.na, with: {amount: 5}, because: state, case: c, for: wang.fang}
      - refuse: {extend: total, is: 9 working days, by: li.na, because: limit}
      - correct: {by: li.na, with: {kind: late}, reason: typo, case: c}
      - extend: {clock: total, by: li.na, is: 2 working days, with: {why: x}, case: c}
      - pause: {clock: total, by: li.na, reason: x, case: c}
      - resume: {clock: total, by: li.na, case: c}
      - assign: {to: wang.fang, by: li.na, case: c}
      - vote: {request: propose, by: wang.fang, answer: approve, reason: x, case: c, for: li.na}
      - handover: {to: wang.fang, by: li.na, reason: x, case: c}
      - accept: {by: wang.fang, case: c, for: li.na}
      - refuse: {vote: handover, answer: approve, by: li.na, because: except}
      - refuse: {handover: wang.fang, by: wang.fang}
    """)


def read(text: str) -> tuple[Scenario | None, list[str]]:
    tree = read_tree(text, "s.yaml")
    scenario, problems = read_scenario(tree)
    return scenario, [str(p) for p in [*tree.problems, *problems]]


def test_every_kind_of_step_is_read_with_its_line() -> None:
    scenario, problems = read(STORY)
    assert problems == [] and scenario is not None
    assert [step.kind for step in scenario.steps] == [
        "open",
        "expect",
        "wait",
        "at",
        "do",
        "refuse",
        "refuse",
        "correct",
        "extend",
        "pause",
        "resume",
        "assign",
        "vote",
        "handover",
        "accept",
        "refuse",
        "refuse",
    ]
    assert [step.line for step in scenario.steps] == list(range(6, 23))
    assert (scenario.title, scenario.at) == ("nobody answers in time", "2026-11-20 16:00")
    first = scenario.steps[0].open
    assert first is not None and (first.by, first.as_, first.for_, first.with_) == (
        "li.na",
        "c",
        "customer",
        {"region": "home", "loss": "12.50"},
    )
    refused = scenario.steps[6].refuse
    assert refused is not None and (refused.extend, refused.is_, refused.because) == ("total", "9 working days", "limit")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("at: 2026-11-20 16:00", "at: tomorrow", "s.yaml:4:5: 'at' cannot be 'tomorrow' (expected a local date and time"),
        ("at: 2026-11-20 16:00", "at: 2026-02-30 16:00", "s.yaml:4:5: 'at' cannot be '2026-02-30 16:00'"),
        ("at: 2026-11-20 16:00", "at: 2026-11-20", "s.yaml:4:5: 'at' cannot be '2026-11-20'"),
        ("wait: 12 hours", "wait: a while", "s.yaml:8:11: 'a while' is not a duration"),
        ("at: 2026-11-23 09:00", "at: later", "s.yaml:9:9: 'at' cannot be 'later'"),
        ("- do:", "- doo:", "s.yaml:10:5: 'doo' is not known here"),
        ("action: acknowledge, by", "by", "s.yaml:10:5: 'action' is missing (expected the action or task)"),
        ("  - wait: 12 hours\n", "  - {wait: 12 hours, at: 2026-11-21 16:00}\n", "s.yaml:8:5: A step is exactly one thing, not wait, at"),
        ("  - wait: 12 hours\n", "  - {}\n", "s.yaml:8:5: A step is exactly one thing, not nothing"),
        ("to: wang.fang, by: li.na, case: c", "to: wang.fang, by: li.na, case: d", "s.yaml:17:46: No earlier step opens a case as 'd'"),
        ("expect: {case: c,", "expect: {case: cc,", "s.yaml:7:20: No earlier step opens a case as 'cc' (did you mean 'c'?)"),
        ("extend: total, is: 9 working days, by", "by", "s.yaml:12:5: What is tried is not clear"),
        ("extend: total, is: 9 working days, by", "extend: total, by", "s.yaml:12:5: 'extend' and 'is' belong together"),
        ("vote: handover, answer: approve, by", "vote: handover, by", "s.yaml:21:5: 'vote' and 'answer' belong together"),
        ("handover: wang.fang, by: wang.fang", "by: wang.fang", "s.yaml:22:5: What is tried is not clear"),
        ("c, for: customer}", "c, for: customer, at: once}", "s.yaml:6:"),
        ("is: 2 working days", "is: two days", "s.yaml:14:43: 'two days' is not a duration"),
        ("because: state", "becuase: state", "s.yaml:11:61: 'becuase' is not known here"),
        ("with: {kind: lost}", "with: [kind]", "s.yaml:10:42: 'with' cannot be a list (expected a mapping)"),
        ("scenario: nobody answers in time\n", "", "s.yaml:3:1: 'scenario' is missing"),
        ("scenario: nobody", "scenaro: nobody", "s.yaml:1:1: 'scenaro' is not known here"),
    ],
)
def test_what_is_wrong_is_reported_where_it_stands(old: str, new: str, expected: str) -> None:
    scenario, problems = read(changed(STORY, (old, new)))
    assert scenario is None
    assert any(problem.startswith(expected) for problem in problems), problems


@pytest.mark.parametrize("steps", ["steps: []", "steps:", "steps: {wait: 1 hour}", "steps: x", "steps: [x]"])
def test_steps_are_a_list_of_at_least_one(steps: str) -> None:
    scenario, problems = read(f"scenario: x\nat: 2026-11-20 16:00\n{steps}\n")
    assert scenario is None and problems[0].startswith("s.yaml:3:")
