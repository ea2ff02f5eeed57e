"""The files of a bundle's folder, each read and looked at on its own: what is there, what is stray, what cannot be read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.defining.files import read_file
from engine.defining.problems import Problem, errors, nearest
from engine.defining.scenario import Scenario, read_scenario
from engine.defining.tree import Tree
from engine.defining.words import NAME
from engine.defining.yaml_file import read_tree
from engine.ground.language import say

PROCEDURE, CYCLE = "procedure.yaml", "cycle.yaml"
BELOW = ("notices", "scenarios", "surveys")
MAX_FILES = 500
_NOTICE = re.compile(r"(?P<name>[^.]+)\.(?P<language>[A-Za-z-]+)(?P<html>\.html)?\.j2")
_IGNORED = re.compile(r"\..*|.*~|README.*|.*\.md|organisation\.yaml|calendars", re.IGNORECASE)


@dataclass(slots=True)
class Folder:
    """A bundle's folder and what `read` found in it."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    source: dict[str, str] = field(default_factory=dict)           # file, relative to the folder → its text
    notices: dict[str, str] = field(default_factory=dict)          # "ack.zh", "ack.zh.html" → text
    notice_files: dict[str, str] = field(default_factory=dict)     # the same keys → file
    scenarios: list[tuple[str, Tree, Scenario | None]] = field(default_factory=list)
    surveys: dict[str, Tree] = field(default_factory=dict)         # by name
    definition: Tree = field(default_factory=lambda: Tree(""))     # of procedure.yaml or cycle.yaml
    is_cycle: bool = False

    def read(self) -> None:
        """Read every file; what is wrong with it goes into `problems`. Raises nothing for what the files say."""
        names = list(self._names())
        self.is_cycle = CYCLE in names and PROCEDURE not in names
        self.definition = self._definition(names)
        for name in names:
            if name.startswith("notices/"):
                self._notice(name)
            elif name.startswith("scenarios/"):
                self._scenario(name)
            elif name.startswith("surveys/"):
                self._survey(name)

    def report(self, name: str, what: str, *, line: int = 0, column: int = 0, near: str = "", hint: str = "") -> None:
        """A problem of one file, or of the folder itself when `name` is empty."""
        self.problems.append(Problem(self.shown(name) if name else str(self.folder), line, column, what, nearest=near, hint=hint))

    def shown(self, name: str) -> str:
        """How a file of this folder is called in problems: its path as the person gave it."""
        return str(self.folder / name)

    def _names(self) -> Iterator[str]:
        """The files of the bundle, relative to it and sorted; what else lies there is reported."""
        try:
            if not self.folder.is_dir():
                self.report("", say("There is no folder of that name"), hint=say(
                    "A bundle is a folder with procedure.yaml or cycle.yaml in it."))
                return
            found = sorted(path for path in self.folder.iterdir() if not _IGNORED.fullmatch(path.name))
            inside = [part for part in map(self.folder.joinpath, BELOW)
                      if part.is_dir() and part.resolve().is_relative_to(self.folder.resolve())]
            below = {part.name: sorted(part.iterdir()) for part in inside}
        except (OSError, ValueError, RuntimeError) as error:
            self.report("", say("The folder cannot be read: {reason}", reason=getattr(error, "strerror", None) or str(error)))
            return
        for path in found:
            if path.name in (PROCEDURE, CYCLE):
                yield path.name
            elif path.name not in below:
                self._stray(path.name)
        files = [(part, path) for part, paths in below.items() for path in paths if not _IGNORED.fullmatch(path.name)]
        if len(files) > MAX_FILES:
            self.report("", say("More than {limit} files", limit=MAX_FILES))
            return
        yield from (f"{part}/{path.name}" for part, path in files)

    def _stray(self, name: str) -> None:
        """Report a file that nothing would read, as a warning; a link that leads out, as an error."""
        near = nearest(name, [PROCEDURE, CYCLE, *BELOW])
        if (self.folder / name).is_symlink() and name in BELOW:
            self.report(name, say("This link leads out of the folder"), hint=say("Put a copy of the file into the folder."))
            return
        self.problems.append(Problem(self.shown(name), 0, 0, say("Nothing reads this file"), nearest=near, severity="warning",
                                     hint=say("A bundle holds procedure.yaml or cycle.yaml, notices, surveys and scenarios.")))

    def _content(self, name: str) -> bytes | None:
        content, problem = read_file(self.folder / name, self.shown(name), self.folder.resolve())
        if problem:
            self.problems.append(problem)
        return content

    def _keep(self, name: str, content: bytes) -> str:
        """The text of a file, kept as source; unreadable bytes have been reported by then."""
        text = content.decode("utf-8", "replace").removeprefix("\ufeff")
        self.source[name] = text
        return text

    def _definition(self, names: list[str]) -> Tree:
        name = CYCLE if self.is_cycle else PROCEDURE
        content = self._content(name) if name in names else None
        if name not in names and not errors(self.problems):
            self.report(name, say("The file does not exist"), hint=say("A bundle is a folder with procedure.yaml or cycle.yaml in it."))
        if CYCLE in names and PROCEDURE in names:
            self.report(CYCLE, say("This folder holds a procedure already"), hint=say("Give each a folder of its own."))
        if content is None:
            return Tree(self.shown(name))
        self._keep(name, content)
        tree = read_tree(content, self.shown(name))
        self.problems += tree.problems
        if tree.value is None and not tree.problems:
            self.report(name, say("The file is empty"), line=1, column=1)
        return tree

    def _notice(self, name: str) -> None:
        match = _NOTICE.fullmatch(name.removeprefix("notices/"))
        if not match:
            self.report(name, say("This is not the name of a notice text"), hint=say(
                "Name it notices/<notice>.<language>.j2 or ….html.j2."))
            return
        content = self._content(name)
        if content is None:
            return
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            before = content[: error.start].decode("utf-8", "replace").split("\n")
            self.report(name, say("The file is not UTF-8"), line=len(before), column=len(before[-1]) + 1,
                        hint=say("Save it with the encoding UTF-8."))
            return
        text = self._keep(name, content).replace("\r\n", "\n").replace("\r", "\n")
        if "\0" in text:
            line = text[: text.index("\0")].count("\n") + 1
            self.report(name, say("Character U+{code} cannot stand in a file", code="0000"), line=line, hint=say("Remove it."))
        lines = text.split("\n")
        if not match["html"] and (not lines[0].startswith("Subject:") or not lines[0].removeprefix("Subject:").strip()):
            self.report(name, say("The first line is not `Subject: …`"), line=1, column=1, hint=say(
                "Begin with `Subject: ` and the subject."))
        elif not match["html"] and len(lines) > 1 and lines[1].strip():
            self.report(name, say("The second line is not empty"), line=2, column=1, hint=say(
                "Leave one line empty between subject and body."))
        key = f"{match['name']}.{match['language']}" + (".html" if match["html"] else "")
        self.notices[key] = text
        self.notice_files[key] = name

    def _survey(self, name: str) -> None:
        called = name.removeprefix("surveys/").removesuffix(".yaml")
        if not name.endswith(".yaml") or not NAME.fullmatch(called):
            self.report(name, say("This is not the name of a questionnaire"), hint=say(
                "Name it surveys/<name>.yaml; names begin with a letter and hold letters, digits and '_'."))
            return
        tree = self._tree(name)
        if tree is not None:
            self.surveys[called] = tree

    def _tree(self, name: str) -> Tree | None:
        """A file of YAML as a tree; None when there is nothing in it, which is reported."""
        content = self._content(name)
        if content is None:
            return None
        self._keep(name, content)
        tree = read_tree(content, self.shown(name))
        self.problems += tree.problems
        if tree.value is None and not tree.problems:
            self.report(name, say("The file is empty"), line=1, column=1)
        return None if tree.value is None else tree

    def _scenario(self, name: str) -> None:
        if not name.endswith(".yaml"):
            self.report(name, say("This is not the name of a scenario"), hint=say("Name it scenarios/<name>.yaml."))
            return
        tree = self._tree(name)
        if tree is None:
            return
        scenario, problems = read_scenario(tree)
        self.problems += problems
        self.scenarios.append((name.removeprefix("scenarios/"), tree, scenario))
