"""Pages of the documents that are played: their blocks laid out as bundles beside an organisation and calendars, in a house to type in."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.usecases.examining import examine
from engine.usecases.scenarios import run_scenarios
from tests.commands import Terminal

DOCS = Path(__file__).parents[1] / "docs"


def blocks(page: str, language: str = "yaml") -> list[str]:
    """The blocks of a page in that language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(encoding="utf-8"), re.M | re.S)


def calendar(name: str, hours: str = "09:00-17:00") -> str:
    """A calendar with these hours on weekdays, in London."""
    return f'calendar: {name}\ntimezone: Europe/London\nhours: {{mon-fri: ["{hours}"]}}\nvalid_through: 2030-12-31\n'


def laid_out(folder: Path, name: str, files: Mapping[str, str], people: str, hours: Mapping[str, str]) -> Path:
    """A bundle of these files in the folder, the organisation and calendars (name → hours) beside it."""
    texts = {
        folder / "organisation.yaml": people,
        **{folder / name / file: text for file, text in files.items()},
        **{folder / "calendars" / f"{one}.yaml": calendar(one, text) for one, text in hours.items()},
    }
    for place, text in texts.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return folder / name


def plays(bundle: Path, *, warnings: bool = False) -> int:
    """The bundle has nothing wrong (but, with `warnings`, what is only doubtful), and its scenarios pass: how many."""
    read, around, problems = examine(bundle)
    assert [str(problem) for problem in problems if not warnings or problem.severity == "error"] == []
    assert read is not None and around is not None
    results = run_scenarios(read, around.rehearsal, around.document, None, around.others)
    for result in results:
        assert result.passed, f"line {result.line}: {result.failure}\n" + "\n".join(result.history)
    return len(results)


def house_of(folder: Path, person: str, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch, *bundles: Path) -> Terminal:
    """A new house with the folder's organisation and these bundles in force, to type in as that person."""
    Terminal(folder, capsys, patch)("init", "house")
    run = Terminal(folder / "house", capsys, patch)
    patch.setenv("MAKEGOOD_AS", person)
    run("org", "apply", str(folder / "organisation.yaml"))
    for bundle in bundles:
        run("definition", "publish", str(bundle))
    return run
