"""The page about authority is true: its definition passes the check, its scenarios play."""

import re
from pathlib import Path

from engine.usecases.examining import examine
from engine.usecases.scenarios import run_scenarios

PAGE = Path(__file__).parents[2] / "docs" / "authority.md"
OFFICE = """
calendar: office
timezone: Europe/London
hours: {mon-fri: ["09:00-17:00"]}
valid_through: 2030-12-31
"""
PEOPLE = """
organisation: small
people:
  ann:  {name: Ann, roles: [desk], superior: carl, email: ann@small.example}
  bob:  {name: Bob, roles: [desk], superior: carl, email: bob@small.example}
  carl: {name: Carl, roles: [manager], superior: dora, email: carl@small.example}
  dora: {name: Dora, roles: [director], email: dora@small.example}
  eve:  {name: Eve, email: eve@small.example}
groups: {committee: {members: [carl, dora, eve]}}
authority: {manager: [500 GBP, 600 EUR], director: unlimited}
rights: {apply: ann}
"""


def test_the_page_about_authority_is_true(tmp_path: Path) -> None:
    procedure, *stories = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    folder = tmp_path / "refunds"
    (folder / "scenarios").mkdir(parents=True)
    (tmp_path / "calendars").mkdir()
    for place, text in (
        (folder / "procedure.yaml", procedure), (tmp_path / "calendars" / "office.yaml", OFFICE), (tmp_path / "organisation.yaml", PEOPLE),
        *((folder / "scenarios" / f"{number}.yaml", story) for number, story in enumerate(stories)),
    ):
        place.write_text(text, encoding="utf-8")
    bundle, around, problems = examine(folder)
    assert bundle is not None and around is not None and [str(problem) for problem in problems] == []
    results = run_scenarios(bundle, around.calendars, around.document)
    assert len(results) == 2 and all(result.passed for result in results), "\n".join(
        f"line {result.line}: {result.failure}\n" + "\n".join(result.history) for result in results if not result.passed
    )
