"""The command line for tests: run in this process or as a real one, in a house that knows a small procedure."""

import json
import os
import shutil
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
from engine.deciding.rights import Actor
from engine.ground.clock import SystemClock
from engine.records.history import ACCESS
from engine.records.store import Store
from engine.records.tables import CREDENTIAL
from engine.usecases import publishing, tokens
from engine.usecases.house import House, Settings, open_house
from tests import databases
from tests.small import dump, written

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
        with pytest.MonkeyPatch.context() as patch:
            for name, value in proofs(words, os.environ.get("MAKEGOOD_AS", "")).items():
                patch.setenv(name, value)
            found = main(words)
        out, err = self._capture.readouterr()
        assert code is None or found == code, f"{' '.join(words)}: exit code {found}\n{out}{err}"
        return Said(found, out, err)

    def dump(self) -> list[str]:
        """Every row of the database, but for the record of who tried what, where refusals stand, and when tokens were used."""
        house = open_house(self.folder)
        tables = dump(house)
        house.store.close()
        tables["event"] = [row for row in tables["event"] if row[0] != ACCESS]
        used_at = CREDENTIAL.c.keys().index("used_at")
        tables["credential"] = [row[:used_at] + row[used_at + 1:] for row in tables["credential"]]
        return [f"{name} {row}" for name, rows in tables.items() for row in rows]


def proofs(words: Sequence[str], person: str) -> dict[str, str]:
    """What has to be in the environment to prove to a house with a database on a server that this person, or whom the words name, types."""
    if "--as" in words[:-1]:
        person = words[words.index("--as") + 1]
    own = {"MAKEGOOD_TOKEN", "MAKEGOOD_SESSION"} & os.environ.keys()     # the test is about who somebody is
    return {} if databases.present() == databases.SQLITE or own else {"MAKEGOOD_TOKEN": _tokens[person]} if person in _tokens else {}


def process(*words: str, folder: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKEGOOD", "LC_", "LANG"))}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        cwd=folder,
        env={**plain, "PYTHONPATH": str(ROOT), "MAKEGOOD_AS": "ann", **proofs(words, "ann"), **(env or {})},
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
    house = folder / "house"
    if databases.present() == databases.POSTGRESQL:
        place = databases.place(house, _published)
        settings = (house / "makegood.toml").read_text(encoding="utf-8")
        others = [line for line in settings.splitlines() if not line.startswith(("database =", "keys ="))]
        (house / "makegood.toml").write_text(place.settings() + "\n".join(others), encoding="utf-8")
        for file in house.glob("*.db*"):
            file.unlink()
    return house


def _published(store: Store) -> None:
    """The same on a server, where people log in: with a token for each of them."""
    house = House(store, SystemClock(), Settings(folder=Path()))
    publishing.apply_organisation(house, _made() / "bundles" / "organisation.yaml", Actor("ann"))
    publishing.publish(house, _made() / "bundles" / "small", Actor("dora"))
    for person in ("ann", "bob", "carl", "dora", "eve"):
        _tokens[person], _ = tokens.create(house, Actor(person), "test", "1 day")


_tokens: dict[str, str] = {}


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
