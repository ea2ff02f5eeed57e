"""The page about rights is true: its organisation and procedure pass the check, its scenario plays."""

import re
from pathlib import Path

from engine.defining.organisation_file import read_organisation
from engine.usecases.examining import examine
from engine.usecases.scenarios import run_scenarios

PAGE = Path(__file__).parents[2] / "docs" / "rights.md"
OFFICE = """
calendar: office
timezone: Europe/London
hours: {mon-fri: ["09:00-17:00"]}
valid_through: 2030-12-31
"""


def test_the_page_about_rights_is_true(tmp_path: Path) -> None:
    people, procedure, story = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    folder = tmp_path / "repair"
    (folder / "scenarios").mkdir(parents=True)
    (tmp_path / "calendars").mkdir()
    for place, text in (
        (folder / "procedure.yaml", procedure), (folder / "scenarios" / "deputy.yaml", story),
        (tmp_path / "calendars" / "office.yaml", OFFICE), (tmp_path / "organisation.yaml", people),
    ):
        place.write_text(text, encoding="utf-8")
    assert read_organisation(tmp_path / "organisation.yaml")[1] == []
    bundle, around, problems = examine(folder)
    assert [str(problem) for problem in problems if problem.severity == "error"] == []
    assert bundle is not None and around is not None
    (result,) = run_scenarios(bundle, around.calendars, around.document)
    assert result.passed, f"line {result.line}: {result.failure}\n" + "\n".join(result.history)
