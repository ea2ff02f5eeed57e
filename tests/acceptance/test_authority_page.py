"""The page about authority is true: its definition passes the check, its scenarios play."""

from pathlib import Path

from tests.pages import blocks, laid_out, plays

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
    procedure, *stories = blocks("authority.md")
    files = {"procedure.yaml": procedure, **{f"scenarios/{number}.yaml": story for number, story in enumerate(stories)}}
    assert plays(laid_out(tmp_path, "refunds", files, PEOPLE, {"office": "09:00-17:00"})) == 2
