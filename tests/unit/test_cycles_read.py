"""Cycles as they are read, checked and compiled."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from engine.deciding.checking import check_all
from engine.defining.bundle import definition_of, read_bundle
from engine.defining.definition import Definition
from engine.ground.calendars import Calendar, parse_hours
from tests.cafe import CAFE, changed
from tests.small import written


def read(text: str) -> tuple[Definition | None, list[str]]:
    """The definition, and every problem as "line: what"."""
    with TemporaryDirectory() as folder:
        bundle, problems = read_bundle(written(Path(folder), text))
        if bundle is None:
                return None, [f"{one.line}: {one.what}" for one in problems]
        assert definition_of(bundle.document) == bundle.definition
        return bundle.definition, [f"{one.line}: {one.what}" for one in check_all(bundle)]


def line_of(text: str, what: str) -> int:
    return text[:text.index(what)].count("\n") + 1


def test_the_cafe_has_nothing_wrong_but_what_it_says() -> None:
    definition, problems = read(CAFE)
    assert definition is not None
    assert [one.split(": ", 1)[1] for one in problems] == [
        "The role 'manager' is never used", "T: nothing says when these are looked at again: held, greeting, coffee, room, calls, rating",
        "T: 'coffee' has no target over any time",
    ]
    assert list(definition.states) == ["door", "table", "order", "served", "farewell", "inspecting_room", "left"]
    ways = {name: [action.to for action in state.actions.values()] for name, state in definition.states.items()}
    assert ways == {
        "door": ["table", "left"], "table": ["order", "left"], "order": ["order", "served", "left"],
        "served": ["farewell", "left", "left"], "farewell": ["left", "left"], "inspecting_room": ["left"], "left": [],
    }
    assert definition.entries == ("door", "table") and definition.standards["greeting"].level == "expected"


@pytest.mark.parametrize(("change", "what", "place"), [
    (("statement: A waiter greets within 2 minutes", "statement: A waiter greets soon"), "S: 'soon' says nothing exact", "greets soon"),
    (("statement: A waiter greets within 2 minutes", "statement: A waiter greets"), "M: the statement holds no number", "A waiter greets"),
    (("by: [desk, lab]\n        within", "within"), "M: nobody answers for 'greeting'", "greeting:"),
    (("{unit: °C, between", "{between"), "M: a measure without a unit", "measure: {between"),
    (("target: 95%", "target: 100%"), "A: a single miss breaks a target of 100%", "target: 100%"),
    (("    need: I do not wait\n", ""), "R: no customer's need is named that 'greeting' serves", "greeting:"),
    (("target: 95%\n        period: 1 day", "target: 95%"), "T: over which time the target is judged is not said", "target: 95%"),
])
def test_each_letter_of_smart_is_found_at_its_place(change: tuple[str, str], what: str, place: str) -> None:
    text = changed(change)
    _, problems = read(text)
    assert f"{line_of(text, place)}: {what}" in problems


def test_vague_words_of_a_cycle_are_added_to_the_list() -> None:
    text = changed(("touchpoints:", "vague: {en: [held open]}\ntouchpoints:"))
    assert any("'held open' says nothing exact" in one for one in read(text)[1])


@pytest.mark.parametrize(("change", "what"), [
    (("order: {title: Order, repeated: true}", "order: {title: Order, next: [nowhere]}"), "There is no touchpoint 'nowhere'"),
    (("order: {title: Order, repeated: true}", "order: {title: Order, next: [farewell]}"), "No customer comes to 'served'"),
    (("served: {title: Served, by: lab}", "served: {title: Served, by: lab, next: [order]}"), "No visit ever ends"),
    (("rating:", "greeting:"), "There are two standards named 'greeting'"),
    (("rating:", "order:"), "'order' is also a touchpoint or field"),
    (("check: Was the door held?", "check: Was the door held?\n        within: 2 minutes"), "A standard is kept by one of within"),
    (("check: Was the door held?", "published: true"), "A standard is kept by one of within"),
    (("        from: order\n", ""), "`until` goes with `from`"),
    (("check: Was the door held?", "check: Was the door held?\n        ladder: [{at: due, remind: desk}]"), "`ladder` goes with `within`"),
    (("measure: {type: share, unit: calls}", "measure: {type: share}\n        every: 2 per day"), "`every` says nothing of counts"),
    (("target: 95%", 'target: ">= 4"'), "Without `measure` a target is a share"),
    (("between: [20, 24]", "type: number"), "Nothing says which values keep 'room'"),
    (("per: [office]", "per: [night]"), "There is no calendar 'night'"),
    (("touchpoints:", "missed: {procedure: small, with: {about: weather}}\ntouchpoints:"), "There is nothing named 'weather' to read here"),
    (("touchpoints:", "reviewing: {procedure: small}\ntouchpoints:"), "Nothing says when standards are looked at again"),
    (("touchpoints:", "review: 1 year\nreviewing: {procedure: small, with: {about: kept}}\ntouchpoints:"),
     "There is nothing named 'kept' to read"),
    (("by: [desk, lab]\nends", "ends"), "Nobody"),
])
def test_what_is_wrong_with_a_cycle_is_told(change: tuple[str, str], what: str) -> None:
    with TemporaryDirectory() as folder:
        bundle, problems = read_bundle(written(Path(folder), changed(change)))
        found = [str(one) for one in problems] + ([] if bundle is None else [
            str(one) for one in check_all(bundle, calendars=["office"])])
    assert any(what in one for one in found), "\n".join(found)


def test_shifts_that_overlap_are_told_since_what_is_seen_then_would_count_for_one_of_them() -> None:
    shifts = {name: Calendar(name, "Asia/Shanghai", (parse_hours([hours]),) * 7) for name, hours in {
        "office": "00:00-24:00", "day": "08:00-20:00", "late": "09:00-21:00", "night": "20:00-08:00"}.items()}

    def doubts(per: str) -> list[str]:
        with TemporaryDirectory() as folder:
            bundle, _ = read_bundle(written(Path(folder), changed(("per: [office]", f"per: {per}"))))
            assert bundle is not None
            return [f"{one.line}: {one.what}" for one in check_all(bundle, calendars=shifts) if "same time" in one.what]

    line = line_of(CAFE, "per: [office]")
    assert doubts("[day, night]") == doubts("table") == []
    assert doubts("[day, late, night]") == [
        f"{line}: '{one}' and '{other}' are open at the same time: what is seen then counts for '{one}' alone"
        for one, other in (("day", "late"), ("late", "night"))
    ]


@pytest.mark.parametrize("change", [
    ("touchpoints:", "touchpoint:"), ("element: people", "element: staff"), ("level: expected", "level: high"), ("number: ", "numbers: "),
    ("target: 95%", "target: all"), ("every: 4 per day", "every: often"), ("  door:", "  left:"),
])
def test_what_cannot_be_read_is_refused_with_its_line(change: tuple[str, str]) -> None:
    definition, problems = read(changed(change))
    assert definition is None and problems and not any(one.startswith("0:") for one in problems)


def test_a_folder_holds_a_procedure_or_a_cycle() -> None:
    with TemporaryDirectory() as name:
        folder = written(Path(name), CAFE)
        (folder / "procedure.yaml").write_text("procedure: x\n", encoding="utf-8")
        _, problems = read_bundle(folder)
        assert any("This folder holds a procedure already" in str(one) for one in problems)
