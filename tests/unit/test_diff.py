"""What changed between two versions is told in words that a process owner uses."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from engine.defining.bundle import read_bundle
from engine.defining.diff import diff
from engine.ground.language import speak


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    bundle, problems = read_bundle(Path("definitions/product-complaint"))
    assert bundle is not None, problems
    return dict(bundle.document)


def changed(document: dict[str, Any], change: Callable[[dict[str, Any]], Any]) -> list[str]:
    new = deepcopy(document) | {"order": {}}      # as in a bundle just read: its keys still are in written order
    change(new)
    return [str(one) for one in diff(document, new)]


def put(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(tree: dict[str, Any]) -> None:
        for key in path[:-1]:
            tree = tree[key]
        tree[path[-1]] = value

    return change


def drop(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(tree: dict[str, Any]) -> None:
        for key in path[:-1]:
            tree = tree[key]
        del tree[path[-1]]

    return change


P = "procedure"
CASES: dict[str, tuple[Callable[[dict[str, Any]], Any], list[str]]] = {
    "nothing": (lambda tree: None, []),
    "a value with a name": (put(P, "values", value={"standard": "40 CNY"}), ["value standard: new (40 CNY)"]),
    "limit of a clock": (put(P, "clocks", "first_reply", "within", value="48 hours"), ["limit of clock first_reply: 24 hours → 48 hours"]),
    "limit by cases": (
        put(P, "clocks", "total", "within", value="15 days"),
        ["limit of clock total: 13 days when region == 'domestic'; 17 days → 15 days"],
    ),
    "who may act": (
        put(P, "states", "registered", "actions", "acknowledge", "by", value=["intake", "office"]),
        ["who may of action acknowledge in state registered: intake → intake, office"],
    ),
    "one in a list": (put(P, "states", "registered", "actions", "acknowledge", "by", value=["intake"]), []),
    "an action removed": (drop(P, "states", "deciding", "actions", "revise"), ["action revise in state deciding: removed"]),
    "a state added": (put(P, "states", "archive", value={"title": "Archive", "final": True}), ["state archive: new"]),
    "a task added": (put(P, "states", "waiting", "tasks", value={"call": {"by": "intake"}}), ["task call in state waiting: new"]),
    "a title": (put(P, "roles", "intake", "title", value={"zh": "客服部", "en": "Sales"}), ["title in zh of role intake: 业务部 → 客服部"]),
    "an option": (drop(P, "fields", "channel", "options", "forum"), ["option forum of field channel: removed (zh: 论坛, en: forum)"]),
    "an authority": (put(P, "authority", "manager", "amount", value="8000 CNY"), ["authority of manager: 5000 CNY → 8000 CNY"]),
    "a rung": (
        lambda tree: tree[P]["clocks"]["first_reply"]["ladder"].pop(0),
        ["rung 50% of clock first_reply: removed (remind: owner, office)"],
    ),
    "a text": (
        lambda tree: tree["notices"].update({"receipt.en": tree["notices"]["receipt.en"] + "One more line.\n"}),
        ["text of notice receipt in en: – → One more line."],
    ),
    "a text removed": (drop("notices", "receipt.en"), ["text of notice receipt in en: removed"]),
    "a scenario": (drop("scenarios", "rights.yaml"), []),
    "everywhere": (
        put(P, "anywhere", "actions", "withdraw", "require", value=["comment", "claim"]),
        ["required fields of action withdraw in every open state: comment → comment, claim"],
    ),
    "channels of a notice": (
        put(P, "notices", "urging", "via", value=["chat", "email"]),
        ["channels of notice urging: email, chat → chat, email"],
    ),
    "the opening": (drop(P, "opening", "notice"), ["notices sent of opening: removed (receipt)"]),
    "case numbers": (
        put(P, "number", value="KS-{year}-{serial:05}"),
        ["case numbers: KS-{year}{month}-{serial:04} → KS-{year}-{serial:05}"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_tells(name: str, document: dict[str, Any]) -> None:
    change, expected = CASES[name]
    told = changed(document, change)
    if name == "a scenario":
        assert told and told[0].startswith("scenario rights: removed (")
    else:
        assert told == expected


def steps_of(*steps: object) -> dict[str, Any]:
    return {"procedure": {}, "scenarios": {"s.yaml": {"scenario": "a story", "at": "2026-11-20 16:00", "steps": list(steps)}}}


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ([{"wait": "2 days"}, {"at": "x"}], ["step 1 of scenario s: wait: 1 days → wait: 2 days"]),
        ([{"wait": "1 days"}, {"wait": "3 days"}, {"at": "x"}], ["step 2 of scenario s: new (wait: 3 days)"]),
        ([{"at": "x"}], ["step 1 of scenario s: removed (wait: 1 days)"]),
        ([{"wait": "1 days"}], ["step 2 of scenario s: removed (at: x)"]),
        ([{"at": "y"}, {"wait": "4 days"}, {"at": "z"}], [
            "step 1 of scenario s: wait: 1 days → at: y", "step 2 of scenario s: at: x → wait: 4 days", "step 3 of scenario s: new (at: z)",
        ]),
    ],
)
def test_a_changed_scenario_says_which_steps(new: list[object], told: list[str]) -> None:
    assert [str(one) for one in diff(steps_of({"wait": "1 days"}, {"at": "x"}), steps_of(*new))] == told


def test_a_scenario_that_begins_later_or_is_called_otherwise() -> None:
    old, new = steps_of({"at": "x"}), steps_of({"at": "x"})
    new["scenarios"]["s.yaml"] |= {"scenario": "another", "at": "2026-11-21 16:00"}
    assert [str(one) for one in diff(old, new)] == [
        "title of scenario s: a story → another", "beginning of scenario s: 2026-11-20 16:00 → 2026-11-21 16:00",
    ]


def test_another_first_state_is_told(document: dict[str, Any]) -> None:
    def change(tree: dict[str, Any]) -> None:
        states = tree[P]["states"]
        tree[P]["states"] = {"waiting": states["waiting"], **states}

    assert changed(document, change)[0] == "state in which cases start: registered → waiting"


def test_a_document_that_lost_the_order_of_its_keys_is_the_same(document: dict[str, Any]) -> None:
    import json

    assert diff(document, json.loads(json.dumps(document, sort_keys=True))) == []


def test_speaks_chinese(document: dict[str, Any]) -> None:
    speak("zh")
    try:
        told = changed(document, put(P, "clocks", "first_reply", "within", value="48 hours"))
    finally:
        speak("en")
    assert told[0].endswith("24 hours → 48 hours")
