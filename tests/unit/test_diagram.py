"""Diagrams: everything is shown, nothing lies on anything else, and no title breaks the file."""

from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.defining.bundle import definition_of, read_bundle
from engine.defining.diagram import mermaid, picture, svg
from engine.defining.diagram_layout import Arrow, Box, lay_out

SVG = "{http://www.w3.org/2000/svg}"


def shipped(name: str = "product-complaint") -> Any:
    bundle, problems = read_bundle(Path("definitions") / name)
    assert bundle is not None, problems
    return bundle.definition


def small(title: str = "Start", action: str = "Go") -> Any:
    return definition_of(
        {
            "procedure": {
                "procedure": "small",
                "number": "{serial}",
                "calendar": "c",
                "languages": ["en"],
                "states": {
                    "one": {
                        "title": title,
                        "within": "2 days",
                        "actions": {"go": {"title": action, "by": "system", "after": "3 days", "to": "two"}, "stay": {"by": "owner"}},
                    },
                    "two": {"title": "End", "final": True},
                },
            }
        }
    )


def written(file: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(file).iter(f"{SVG}text")]


def test_every_state_action_task_and_clock_is_drawn_in_both_languages() -> None:
    definition = shipped()
    for language in ("zh", "en"):
        said = "".join(written(svg(definition, language))).replace(" ", "")
        for state in definition.states.values():
            assert state.title[language].replace(" ", "") in said
            for thing in (*state.actions.values(), *state.tasks.values()):
                if not thing.name.startswith("explain_delay"):
                    assert thing.title[language].replace(" ", "") in said, thing.name
        for clock in definition.clocks.values():
            assert clock.title[language].replace(" ", "") in said


def test_an_action_possible_everywhere_is_drawn_once() -> None:
    assert sum("客户撤回" in line for line in written(svg(shipped(), "zh"))) == 1


def test_who_has_to_approve_is_drawn() -> None:
    assert any("✓\u00a0committee" in line for line in written(svg(shipped(), "zh")))


def test_limits_are_shown_in_the_reader_s_units() -> None:
    assert any("≤ 2 个工作日" in line for line in written(svg(shipped(), "zh")))
    assert any("≤ 2 working days" in line for line in written(svg(shipped(), "en")))


def test_an_action_that_stays_is_shown_within_its_state() -> None:
    assert "↻ stay" in written(svg(small(), "en"))


def test_titles_cannot_break_out_of_the_svg() -> None:
    evil = "<script>alert('x')</script> & ]]> \x01"
    file = svg(small(evil, evil), "en")
    tree = ElementTree.fromstring(file)
    assert not list(tree.iter(f"{SVG}script")) and "<script" not in file
    assert "alert('x')" in "".join(written(file))


def test_the_svg_needs_nothing_from_elsewhere() -> None:
    file = svg(shipped(), "zh").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "http" not in file and "@import" not in file and "<image" not in file


def test_drawing_again_gives_the_same_file() -> None:
    assert svg(shipped(), "en") == svg(shipped(), "en")


def test_mermaid_names_start_end_and_every_action() -> None:
    text = mermaid(small(), "en")
    assert text.splitlines()[3] == "stateDiagram-v2"
    assert "[*] --> s1" in text and "s2 --> [*]" in text
    assert "s1 --> s2 : Go after 3 days" in text and "s1 : ≤ 2 days" in text


def test_mermaid_escapes_what_means_something_to_it() -> None:
    text = mermaid(small('say "end": %% {x}; #1', "a --> b : c"), "en")
    assert 'state "say #quot;end#quot;#58; #37;#37; #123;x#125;#59; #35;1" as s1' in text
    assert "s1 --> s2 : a --#gt; b #58; c after 3 days" in text


def test_the_picture_leads_back_to_where_a_case_came_from() -> None:
    backs = {(edge.origin, edge.to) for edge in picture(shipped(), "en").edges if edge.back}
    assert ("waiting", "investigating") in backs and ("deciding", "investigating") in backs


@st.composite
def graphs(draw: Any) -> tuple[list[Box], list[Arrow]]:
    count = draw(st.integers(1, 9))
    boxes = [Box(f"n{i}", draw(st.floats(20, 260)), draw(st.floats(20, 120))) for i in range(count)]
    pairs = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=18, unique=True))
    return boxes, [Arrow(f"n{a}", f"n{b}", draw(st.floats(10, 180)), draw(st.floats(16, 60))) for a, b in pairs if a != b]


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_no_box_or_label_lies_on_another(graph: tuple[list[Box], list[Arrow]]) -> None:
    boxes, arrows = graph
    placed = lay_out(boxes, arrows)
    for arrow in arrows:
        assert [box.layer for box in arrow.chain] == list(range(arrow.chain[0].layer, arrow.chain[-1].layer + 1))
        assert arrow.label is not None
    everything = [*boxes, *(arrow.label for arrow in arrows if arrow.label)]
    for one, other in combinations(everything, 2):
        beside = abs(one.x - other.x) >= (one.width + other.width) / 2 - 0.01
        above = abs(one.y - other.y) >= (one.height + other.height) / 2 - 0.01
        assert beside or above, (one, other)
    for box in everything:
        assert box.x - box.width / 2 >= -0.01 and box.x + box.width / 2 <= placed.width + 0.01
        assert box.y - box.height / 2 >= -0.01 and box.y + box.height / 2 <= placed.height + 0.01


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_no_arrow_passes_through_a_box(graph: tuple[list[Box], list[Arrow]]) -> None:
    boxes, arrows = graph
    lay_out(boxes, arrows)
    for arrow in arrows:
        for point in arrow.chain[1:-1]:
            for box in boxes:
                assert box.layer != point.layer or abs(box.x - point.x) >= box.width / 2
