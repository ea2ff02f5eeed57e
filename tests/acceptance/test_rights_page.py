"""The page about rights is true: its organisation and procedure pass the check, its scenario plays."""

from pathlib import Path

from engine.defining.organisation_file import read_organisation
from tests.pages import blocks, laid_out, plays


def test_the_page_about_rights_is_true(tmp_path: Path) -> None:
    people, procedure, story = blocks("rights.md")
    bundle = laid_out(
        tmp_path, "repair", {"procedure.yaml": procedure, "scenarios/deputy.yaml": story}, people, {"office": "09:00-17:00"}
    )
    assert read_organisation(tmp_path / "organisation.yaml")[1] == []
    assert plays(bundle, warnings=True) == 1
