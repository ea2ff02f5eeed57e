"""The command line for tests: run in this process or as a real one, in a house that knows a small procedure."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from textwrap import dedent
from typing import Any

import pytest

from cli.main import main
from tests.small import written

ROOT = Path(__file__).parent.parent

PROCEDURE = dedent("""\
    procedure: small
    title: {en: Small complaints, zh: 小额投诉}
    number: "S-{year}-{serial:03}"
    calendar: office
    languages: [en]
    fields:
      customer: {type: party, required: true}
      subject:  {type: text, required: true, pattern: "[a-z]+", title: {en: Subject, zh: 事由}}
      loss:     {type: money, currency: EUR}
      urgent:   {type: yes_no}
      seen_on:  {type: date}
      kind:     {type: choice, options: [late, broken, rude]}
      story:    {type: text}
      photo:    {type: file}
    roles: {desk: {}, lab: {}, manager: {}, director: {}}
    opening: {by: [desk, customer]}
    states:
      new:
        title: {en: New, zh: 新建}
        actions:
          take:   {by: desk, to: working, backdate: 1 day, title: {en: Take up, zh: 受理}}
          refuse: {by: manager, to: done, require: [comment], title: {en: Refuse, zh: 拒绝}}
      working:
        title: {en: In work, zh: 处理中}
        within: 5 days
        tasks:
          test: {by: lab, require: [story], title: {en: Test, zh: 检验}}
        actions:
          close: {by: desk, to: done, after: tasks, title: {en: Close, zh: 结案}}
          reply: {by: desk, require: [loss], notice: answer}
          give_up: {by: desk, to: done, require: [comment]}
      done: {title: {en: Done, zh: 完成}, final: true}
    clocks:
      promise: {title: {en: Promise, zh: 承诺}, from: opened, until: closed, within: 30 days,
                extend: {by: manager, up_to: 5 days, require: [comment]}}
    notices:
      answer: {to: customer, via: [email]}
    """)


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal:
    """A folder to type commands in, in this process."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.folder, self._capture = folder, capture
        patch.chdir(folder)
        patch.delenv("MAKEGOOD_HOUSE", raising=False)
        patch.setenv("MAKEGOOD_LANG", "en")
        patch.setenv("MAKEGOOD_AS", "ann")

    def __call__(self, *words: str, code: int | None = 0) -> Said:
        """Type a command; its exit code must be `code` (None: any)."""
        self._capture.readouterr()
        found = main(words)
        out, err = self._capture.readouterr()
        assert code is None or found == code, f"{' '.join(words)}: exit code {found}\n{out}{err}"
        return Said(found, out, err)

    def dump(self) -> list[str]:
        """Everything in the database, as SQL, but for the record of who tried what: refusals stand there."""
        with sqlite3.connect(self.folder / "makegood.db") as raw:
            return [line for line in raw.iterdump() if not line.startswith("INSERT INTO \"event\" VALUES('access',")]


def process(*words: str, folder: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKEGOOD", "LC_", "LANG"))}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        cwd=folder,
        env={**plain, "PYTHONPATH": str(ROOT), "MAKEGOOD_AS": "ann", **(env or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@cache
def _made() -> Path:
    """A house with the small procedure published, made once by the commands themselves."""
    folder = Path(mkdtemp(prefix="makegood-house-"))
    place = written(folder / "bundles", PROCEDURE, {"answer.en": "We can offer {{ loss }}."})
    house = str(folder / "house")
    for words in (
        ["init", house],
        ["org", "apply", str(folder / "bundles" / "organisation.yaml"), "--house", house],
        ["definition", "publish", str(place), "--house", house, "--as", "dora"],
    ):
        assert main([*words, "--lang", "en"]) == 0, words
    return folder


def small_house(folder: Path) -> Path:
    """A copy of the house with the small procedure in `folder`, the bundle beside it under `bundles/small`."""
    shutil.copytree(_made(), folder, dirs_exist_ok=True)
    return folder / "house"


def opened(terminal: Terminal, *more: str) -> str:
    """Open a case by command; its number."""
    said = terminal(
        "case", "open", "small", "--set", "customer=Rose Tyler <rose@customer.example>", "--set", "subject=kettle", *more, "--json"
    )
    number: str = said.json["number"]
    return number


def lines(texts: str) -> Sequence[str]:
    """The lines of an answer that say something."""
    return [line for line in texts.splitlines() if line.strip()]
