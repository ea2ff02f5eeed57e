"""What `makegood org show` prints of an organisation."""

from pathlib import Path

import pytest

from cli.org_show import print_organisation
from engine.defining.organisation_file import read_organisation
from engine.ground.language import speak

FILE = """\
organisation: shop
people:
  ann: {name: Ann, roles: [desk], superior: bob, deny: [desk of north],
        away: [{from: 2026-03-02, until: 2026-03-06, deputy: bob, for: [desk]}]}
  bob: {name: Bob, roles: [lead], away: [{from: 2026-08-01, until: 2026-08-31}]}
groups:
  panel: {members: [ann, bob], roles: [reader], deny: [erase]}
rights: {apply: [lead], publish: [lead]}
reports: {week: {title: {en: The week, zh: 一周}, report: weekly, every: friday 16:00, by: reader, to: [ann]}}
authority: {lead: [500 EUR, 400 GBP], panel: unlimited}
"""


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["2026-03-06   bob      desk", "2026-08-31   nobody   everything", "ann         desk of north", "panel       erase",
                "apply                lead", "erase                nobody", "500.00 EUR, 400.00 GBP", "unlimited",
                "The week   weekly   friday 16:00   reader    ann"]),
        ("zh", ["代理人", "无人", "全部", "内部权限", "不限", "一周"]),
    ],
)
def test_absences_denials_rights_and_ceilings_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, said: list[str]
) -> None:
    path = tmp_path / "organisation.yaml"
    path.write_text(FILE, encoding="utf-8")
    organisation, problems, _ = read_organisation(path)
    assert organisation is not None, problems
    speak(language)
    try:
        print_organisation(organisation)
    finally:
        speak("en")
    out = capsys.readouterr().out
    assert [one for one in said if one not in out] == []
