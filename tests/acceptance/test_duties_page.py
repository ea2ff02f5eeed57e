"""The page about duties is true: its definition passes the check, its scenario plays."""

import re
from pathlib import Path

from engine.usecases.examining import examine
from engine.usecases.scenarios import run_scenarios

PAGE = Path(__file__).parents[2] / "docs" / "duties.md"
OFFICE = """
calendar: office
timezone: Europe/London
hours: {mon-fri: ["09:00-17:00"]}
valid_through: 2030-12-31
"""
PEOPLE = """
organisation: small
people:
  ann: {name: Ann, roles: [desk], email: ann@small.example}
  bob: {name: Bob, roles: [engineer], email: bob@small.example}
rights: {apply: ann}
"""


def test_the_page_about_duties_is_true(tmp_path: Path) -> None:
    procedure, story = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    folder = tmp_path / "lift-contract"
    (folder / "scenarios").mkdir(parents=True)
    (tmp_path / "calendars").mkdir()
    for place, text in (
        (folder / "procedure.yaml", procedure), (folder / "scenarios" / "year.yaml", story),
        (tmp_path / "calendars" / "office.yaml", OFFICE), (tmp_path / "organisation.yaml", PEOPLE),
    ):
        place.write_text(text, encoding="utf-8")
    bundle, around, problems = examine(folder)
    assert bundle is not None and around is not None and [str(problem) for problem in problems] == []
    (result,) = run_scenarios(bundle, around.calendars, around.document)
    assert result.passed, f"line {result.line}: {result.failure}\n" + "\n".join(result.history)
