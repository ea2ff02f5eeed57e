"""The documents are true: links lead somewhere, commands exist, the README's first steps can be taken."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)#\s]+)(?:#[^)]*)?\)")
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"(?:^\$ |`)makegood ((?:[a-z]+ ?){1,2})", re.M)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_exist(page: Path) -> None:
    import typer.main

    from cli.main import command_line

    root = typer.main.get_command(command_line()) if not hasattr(command_line(), "commands") else command_line()
    unknown = []
    for words in COMMAND.findall(page.read_text(encoding="utf-8")):
        noun, *verb = words.split()
        found = root.get_command(None, noun)
        if found is None:
            unknown.append(noun)
        elif verb and hasattr(found, "get_command") and found.get_command(None, verb[0]) is None:
            unknown.append(f"{noun} {verb[0]}")
    assert unknown == []


def test_every_dependency_is_explained() -> None:
    """`docs/decisions/0002-dependencies.md` says what each library is for."""
    page = (ROOT / "docs/decisions/0002-dependencies.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    names = [re.split(r"[<>=\[ ]", line)[0] for group in groups for line in group]
    assert [name for name in names if name not in page] == []


def test_every_decision_is_listed() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    assert [page.name for page in (ROOT / "docs/decisions").glob("0*.md") if page.name not in index] == []


def test_the_first_steps_of_the_readme_can_be_taken(tmp_path: Path) -> None:
    """The console blocks after the two `make` commands, word by word, in English; then those of the Chinese part."""
    english, chinese = (ROOT / "README.md").read_text(encoding="utf-8").split("# makegood（中文）")
    commands = [line.removeprefix("$ ") for part in (english, chinese) for block in CONSOLE.findall(part) for line in block.splitlines()]
    script = "\n".join(["set -e", *(line for line in commands if not line.startswith(("make ", "source ")))])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKEGOOD")}
    environment |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MC-2" in done.stdout and (tmp_path / "picture.svg").is_file() and (tmp_path / "house/投诉/procedure.yaml").is_file()


def test_nothing_of_a_machine_stands_in_the_project() -> None:
    """No absolute path of somebody's machine in what is shipped."""
    shipped = [path for room in ("engine", "cli", "flows", "notifications", "definitions", "docs") for path in (ROOT / room).rglob("*")]
    texts = [path for path in (*shipped, *ROOT.glob("*.md")) if path.suffix in (".py", ".md", ".yaml", ".j2")]
    found = [named(path) for path in texts if re.search(r"(?<![\w.])/(work|home|root|Users)/", path.read_text(encoding="utf-8"))]
    assert found == []
