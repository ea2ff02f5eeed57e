"""The tutorial does what it says: its files are written, its commands are run, in the order of the page."""

import os
import re
import subprocess
import sys
from pathlib import Path

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
_BLOCK = re.compile(r"(?:^`(?P<file>[\w./]+)`\n\n)?^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.M | re.S)


def script() -> str:
    """The page as one shell script; the files it shows are written where it shows them."""
    parts = ["set -e"]
    for block in _BLOCK.finditer(TUTORIAL.read_text(encoding="utf-8")):
        if block["kind"] == "console":
            for line in block["body"].splitlines():
                assert line.startswith("$ "), f"not a command: {line}"
                command = line.removeprefix("$ ")
                parts += [f"echo {_quoted('$ ' + command)}", command]
        elif block["file"]:
            parts += [
                f"mkdir -p {_quoted(str(Path(block['file']).parent))}",
                f"cat > {block['file']} <<'END-OF-FILE'\n{block['body']}END-OF-FILE",
            ]
    return "\n".join(parts)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def test_the_tutorial_can_be_followed_word_by_word(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKEGOOD")}
    environment |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["bash", "-c", script()], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=400, check=False)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert "Traceback" not in told and "should not" not in told, told
    answers = dict(re.findall(r"^\$ (.+?)\n(.*?)(?=^\$ |\Z)", done.stdout, re.M | re.S))
    assert "D-0001" in answers["makegood inbox --as anna"]
    assert "desk" in answers["makegood definition list"]
    assert "carl" in done.stderr, "the refusal names who could decide"
    assert "'owner'" in answers["makegood definition check broken || true"], "the check proposes the nearest name"
    letters = [path.read_text(encoding="utf-8", errors="replace") for path in (tmp_path / "shop" / "outbox").rglob("*") if path.is_file()]
    assert any("Please bring it back." in letter for letter in letters)
