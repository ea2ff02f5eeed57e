"""The page about promises is true: its definition passes the check, its scenarios play."""

from pathlib import Path

from tests.pages import blocks, laid_out, plays

PEOPLE = """
organisation: small
people:
  ann:  {name: Ann, roles: [desk], superior: carl, email: ann@small.example}
  carl: {name: Carl, roles: [manager], email: carl@small.example}
rights: {apply: ann}
"""


def test_the_page_about_promises_is_true(tmp_path: Path) -> None:
    procedure, *stories = blocks("promises.md")
    files = {
        "procedure.yaml": procedure, "notices/sorry.en.j2": blocks("promises.md", "jinja")[0],
        **{f"scenarios/{number}.yaml": story for number, story in enumerate(stories)},
    }
    assert plays(laid_out(tmp_path, "line-repair", files, PEOPLE, {"always": "09:00-17:00"})) == 2
