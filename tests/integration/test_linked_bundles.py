"""Bundles that open cases of others: what the check sees, publishing, scenarios that play both, the picture and the difference."""

from pathlib import Path

import pytest

from engine.deciding.rights import THE_SYSTEM
from engine.defining.diagram import mermaid
from engine.defining.diff import diff
from engine.defining.problems import Problem
from engine.ground.errors import DefinitionError
from engine.usecases.examining import examine
from engine.usecases.publishing import publish
from engine.usecases.scenarios import ScenarioResult, run_scenarios
from tests.small import DONE, HEAD, ROLES, do, empty_house, opened, written

PARENT = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
fields:
  amount: {type: money, currency: EUR, default: 0}
states:
  first:
    within: 30 days
    ENTRY
    actions:
      go: {by: [desk, lab, manager, director], DOING}
      end: {by: desk, to: done}
"""
    + DONE
)
CHILD = """
procedure: repair
number: "R-{serial:03}"
calendar: office
languages: [en]
roles: {lab: {}}
opening: {by: lab}
fields:
  cost: {type: money, currency: EUR}
  photo: {type: file}
states:
  todo:
    within: 30 days
    ENTRY
    actions:
      finish: {by: lab, to: finished}
  finished: {final: true}
"""
WAIT = "open: {procedure: repair, wait: true, with: {cost: amount}}"


def folder_with(tmp: Path, doing: str, child: str | None = CHILD, entry: str = "", scenario: str = "", name: str = "repair") -> Path:
    """The bundle `small` in a folder of definitions, with the other procedure beside it unless there is none."""
    text = PARENT.replace("DOING", doing).replace("    ENTRY\n", f"    entry: {{{entry}}}\n" if entry else "")
    bundle = written(tmp, text, scenarios={"s": scenario} if scenario else {})
    if child is not None:
        (tmp / name).mkdir()
        (tmp / name / "procedure.yaml").write_text(child.replace("    ENTRY\n", ""), encoding="utf-8")
    return bundle


def found(bundle: Path) -> list[Problem]:
    return examine(bundle)[2]


@pytest.mark.parametrize(
    ("doing", "what", "severity"),
    [
        ("open: {procedure: repair, with: {cots: amount}}", "has no field 'cots'", "error"),
        ("open: {procedure: repair, with: {photo: amount}}", "A file stays with the case", "error"),
        ("open: {procedure: repair, with: {cost: amonut}}", "nothing named 'amonut'", "error"),
        ("open: repiar", "There is no procedure 'repiar' beside this one", "warning"),
        ("to: done, open: {procedure: repair, wait: true}", "This case is closed by then", "warning"),
    ],
)
def test_what_is_wrong_with_a_linked_case_is_found(tmp_path: Path, doing: str, what: str, severity: str) -> None:
    (problem,) = [problem for problem in found(folder_with(tmp_path, doing)) if what in str(problem)]
    assert problem.severity == severity and problem.line == 14


def test_what_the_other_needs_must_be_given(tmp_path: Path) -> None:
    needy = CHILD.replace("cost: {type: money,", "cost: {required: true, type: money,").replace("by: lab}", "by: lab, require: note}", 1)
    needy = needy.replace("fields:\n", "fields:\n  note: {type: text}\n")
    said = "\n".join(map(str, found(folder_with(tmp_path, "open: repair", needy))))
    assert "A case of 'repair' needs 'cost'" in said and "A case of 'repair' needs 'note'" in said


def test_a_procedure_is_found_in_a_folder_of_another_name(tmp_path: Path) -> None:
    assert not [problem for problem in found(folder_with(tmp_path, WAIT, name="workshop")) if "procedure" in problem.what]


def test_cases_that_would_open_each_other_at_once_are_found(tmp_path: Path) -> None:
    back = CHILD.replace("ENTRY", "entry: {open: small}")
    said = "\n".join(map(str, found(folder_with(tmp_path / "a", "set: {amount: 1}", back, "open: repair"))))
    assert "Every case would open another of its own procedure" in said
    sometimes = back.replace("open: small", "open: {when: cost > 5, is: small}")
    said = "\n".join(map(str, found(folder_with(tmp_path / "b", "set: {amount: 1}", sometimes, "open: repair"))))
    assert "Every case" not in said


def test_a_closing_of_what_is_never_opened_is_found(tmp_path: Path) -> None:
    clock = "clocks:\n  c: {within: 2 days, from: opened, until: case repiar closed}\n"
    bundle = folder_with(tmp_path, WAIT)
    with (bundle / "procedure.yaml").open("a", encoding="utf-8") as file:
        file.write(clock)
    assert "Nothing here opens a case of 'repiar'" in "\n".join(map(str, found(bundle)))


# --- publishing -------------------------------------------------------------------------------------------------------


def test_publishing_needs_the_other_procedure_in_force_or_beside(tmp_path: Path) -> None:
    house, _ = empty_house()
    with pytest.raises(DefinitionError) as refusal:
        publish(house, folder_with(tmp_path / "a", WAIT, None), THE_SYSTEM)
    assert "neither published nor beside this one" in str(refusal.value.problems[0])
    bundle = folder_with(tmp_path / "b", WAIT)
    assert ["is not published yet" in warning.what for warning in publish(house, bundle, THE_SYSTEM).warnings] == [True]
    publish(house, bundle.parent / "repair", THE_SYSTEM)
    assert publish(house, folder_with(tmp_path / "c", WAIT, None), THE_SYSTEM).warnings == (), "in force is enough"
    assert do(house, opened(house), "go").links == [("opened", "R-001")]


STORY = """
scenario: a case waits for its repair
at: 2026-03-02 09:00
steps:
  - open: {by: ann, with: {amount: 12}}
  - do: {action: go, by: ann}
  - expect: {opened: [repair]}
  - expect: {opened: none}
  - refuse: {action: end, by: ann, because: waits}
  - expect: {case: repair, state: todo, fields: {cost: 12}}
  - do: {case: repair, action: finish, by: bob}
  - open: {by: ann, as: other}
  - expect: {case: repair, closed: true}
  - do: {case: other, action: end, by: ann}
"""


def play(bundle_folder: Path) -> ScenarioResult:
    bundle, around, problems = examine(bundle_folder)
    assert bundle is not None and around is not None, problems
    (result,) = run_scenarios(bundle, around.rehearsal, around.document, None, around.others)
    return result


def test_a_scenario_plays_the_bundles_that_it_needs(tmp_path: Path) -> None:
    result = play(folder_with(tmp_path, WAIT, scenario=STORY))
    assert result.passed, result


def test_a_scenario_tells_what_was_not_opened(tmp_path: Path) -> None:
    result = play(folder_with(tmp_path, "set: {amount: 1}", scenario=STORY))
    assert (result.steps, result.failure) == (2, "opened: expected [repair], is []")


def test_publishing_plays_scenarios_with_what_is_in_force(tmp_path: Path) -> None:
    house, _ = empty_house()
    publish(house, folder_with(tmp_path / "a", WAIT).parent / "repair", THE_SYSTEM)
    assert publish(house, folder_with(tmp_path / "b", WAIT, None, scenario=STORY), THE_SYSTEM).scenarios == 1


def test_a_later_step_knows_only_what_was_expected_to_be_opened(tmp_path: Path) -> None:
    story = STORY.replace("  - expect: {opened: [repair]}\n", "")
    assert "No earlier step opens a case as 'repair'" in "\n".join(map(str, found(folder_with(tmp_path, WAIT, scenario=story))))


# --- the picture and the difference ---------------------------------------------------------------------------------------


def test_the_picture_shows_what_is_opened(tmp_path: Path) -> None:
    bundle, _, _ = examine(folder_with(tmp_path, WAIT))
    assert bundle is not None
    assert "⇒ repair, waits for it" in mermaid(bundle.definition, "en") and "⇒ repair，等待其结案" in mermaid(bundle.definition, "zh")


def test_the_difference_names_what_is_opened(tmp_path: Path) -> None:
    before, after = (examine(folder_with(tmp_path / name, doing))[0] for name, doing in (("a", "open: repair"), ("b", WAIT)))
    assert before is not None and after is not None
    (change,) = diff(before.document, after.document)
    assert str(change) == "linked cases opened of action go in state first: repair → procedure: repair, wait: true, with: cost: amount"
