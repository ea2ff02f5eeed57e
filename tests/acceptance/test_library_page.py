"""The page about the case library is true: its definition passes the check, its commands answer."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.pages import blocks, house_of, laid_out, plays

PEOPLE = """
organisation: small
people:
  ann: {name: Ann, roles: [desk], email: ann@small.example}
  eve: {name: Eve, email: eve@small.example}
rights: {apply: ann, publish: ann}
"""


def test_the_page_about_the_library_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = laid_out(tmp_path, "fix", {"procedure.yaml": blocks("library.md")[0]}, PEOPLE, {"always": "09:00-17:00"})
    assert plays(bundle) == 0
    run = house_of(tmp_path, "ann", capsys, monkeypatch, bundle)
    first, second = (f"FX-{datetime.now(UTC).year}-00{n}" for n in (1, 2))
    assert "similar" not in run("case", "open", "fix", "--set", "problem=The pump leaks").out
    run("case", "act", first, "close", "--set", "cause=method", "--set", "learnt=Change the seal")
    opened = run("case", "open", "fix", "--set", "problem=Smells", "--set", "story=Rose says that two pumps are leaking").out
    assert "similar cases of the past" in opened and first in opened
    commands = [line.removeprefix("$ makegood ").strip() for block in blocks("library.md", "console") for line in block.splitlines()]
    said = [run(*(word.strip('"') for word in line.replace('"pump leaks"', "pump").split()), code=None).out
            for line in commands if "show" not in line and "similar" not in line]
    assert first in said[0] and "nothing about" in said[1] and first in said[2] and "cause=method" in said[3] and "not so far" in said[3]
    shown = run("library", "show", first, "--as", "eve").out
    assert "Change the seal" in shown and "method" in shown
    alike = run("case", "similar", second, "--json").json["lessons"]
    assert [one["number"] for one in alike] == [first]
    assert run("case", "open", "fix", "--set", "problem=leaking pump", "--json").json["similar"][0]["number"] == first
    run("library", "show", second, code=4)
