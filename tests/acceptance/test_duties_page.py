"""The page about duties is true: its definition passes the check, its scenario plays."""

from pathlib import Path

from tests.pages import blocks, laid_out, plays

PEOPLE = """
organisation: small
people:
  ann: {name: Ann, roles: [desk], email: ann@small.example}
  bob: {name: Bob, roles: [engineer], email: bob@small.example}
rights: {apply: ann}
"""


def test_the_page_about_duties_is_true(tmp_path: Path) -> None:
    procedure, story = blocks("duties.md")
    files = {"procedure.yaml": procedure, "scenarios/year.yaml": story}
    assert plays(laid_out(tmp_path, "lift-contract", files, PEOPLE, {"office": "09:00-17:00"})) == 1
