"""The page about privacy is true: its commands are typed one after the other in a house with one case, and say what the page says."""

import re
import shlex
from pathlib import Path

import pytest

from cli.main import main
from tests.houses import house_in, open_one

PAGE = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.M | re.S) for line in block.splitlines()]


def test_the_commands_of_the_page_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    house, _ = house_in(tmp_path)
    assert open_one(house, comment="a secret") == "KS-202611-0001"
    house.store.close()
    monkeypatch.chdir(tmp_path)
    said = {}
    for command in COMMANDS:
        words = shlex.split(command.removeprefix("$ makegood "))
        person = "xu.jing" if words[0] == "audit" else "helen.price" if {"export", "erase", "retention"} & set(words) else "li.na"
        assert main([*words, "--as", person, "--lang", "en"]) == 0, command
        said[command] = capsys.readouterr().out
    first, second = COMMANDS[:2]
    assert "王*" in said[first] and "王小明" not in said[first] and "w***@customer.example" in said[first]
    assert "王小明" in said[second]
    assert "a secret" in said["$ makegood case history KS-202611-0001 --reveal"]
    assert "called back" in said["$ makegood audit access --kind revealed"]
    assert said["$ makegood audit verify"].endswith("intact, 1 party erased\n")
    assert (tmp_path / "handed-out" / "data.json").is_file()
    assert "Nobody's time is over." in said["$ makegood party retention"]


def test_the_page_names_every_key_of_privacy() -> None:
    from engine.defining.definition import Privacy

    assert set(Privacy.__dataclass_fields__) == {"retain"} and "privacy: {retain: 3 years}" in PAGE
