"""Strict YAML: plain values, each with its place, and no surprises. The only module that imports yaml.

What other readers of YAML guess at is refused or kept as text: `no`, `on` (refused unless quoted), `12:30`, `2026-11-20`, `007`, `1e3`
(text), repeated keys, merge keys, tags, more than one document (refused). Numbers with a point are Decimals. Limits: 1 MiB,
30 levels, 50,000 values with aliases counted as often as they are used, 100 aliases.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from engine.defining.problems import MAX_PROBLEMS, Problem
from engine.defining.tree import MAX_BYTES, Path, Place, Tree
from engine.ground.language import say

MAX_DEPTH = 30
MAX_VALUES = 50_000
MAX_ALIASES = 100

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}", re.ASCII)
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_AMBIGUOUS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


class _Refused(Exception):
    """Reading cannot go on from here."""

    def __init__(self, place: Place, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.place, self.what, self.hint = place, what, hint


def build(text: str | bytes, file: str) -> Tree:
    """Read YAML into a Tree; never raises (`yaml_file.read_tree` is the door to this)."""
    tree = Tree(file)
    try:
        _Builder(tree).build(_checked(text))
    except _Refused as refusal:
        tree.value = None
        tree.problems.append(Problem(file, *refusal.place, refusal.what, hint=refusal.hint))
    return tree


def _checked(text: str | bytes) -> str:
    """The text without byte order mark, if it is UTF-8, of bearable size and made of readable characters."""
    if len(text) > MAX_BYTES or (isinstance(text, str) and not text.isascii() and len(text.encode("utf-8", "replace")) > MAX_BYTES):
        raise _Refused((1, 1), say("The file is larger than 1 MiB"), say("Split it, or move long texts into notices."))
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode("utf-8", "replace")
            raise _Refused(_place_after(before), say("The file is not UTF-8"), say("Save it with the encoding UTF-8.")) from error
    text = text.removeprefix("\ufeff")
    odd = yaml.reader.Reader.NON_PRINTABLE.search(text)
    at = odd.start() if odd else text.find("\ufeff")     # a byte order mark that is not at the beginning
    if at >= 0:
        raise _Refused(
            _place_after(text[:at]), say("Character U+{code} cannot stand in a file", code=f"{ord(text[at]):04X}"), say("Remove it."),
        )
    return text


def _place_after(before: str) -> Place:
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return (len(lines), len(lines[-1]) + 1)


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come yet."""

    value: Any
    path: Path
    place: Place
    anchor: str | None
    count_before: int
    key: str | None = None       # of a mapping: the key whose value comes next
    key_place: Place = (0, 0)


class _Builder:
    """Builds plain values from the parser's events with a stack of its own, so that no nesting can exhaust the interpreter's."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}      # name → value, how many values it holds
        self.unfinished: set[str] = set()
        self.values = 0
        self.aliases = 0
        self.documents = 0

    def build(self, text: str) -> None:
        try:
            loader: Any = yaml.CSafeLoader(text)
            try:
                while loader.check_event():
                    self._event(loader.get_event())
            finally:
                loader.dispose()
        except yaml.YAMLError as error:
            raise _syntax(error) from error

    def _event(self, event: Any) -> None:
        match type(event).__name__:
            case "ScalarEvent":
                self._scalar(event)
            case "MappingStartEvent":
                self._open({}, event)
            case "SequenceStartEvent":
                self._open([], event)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._close()
            case "AliasEvent":
                self._alias(event)
            case "DocumentStartEvent":
                self.documents += 1
                if self.documents > 1:
                    raise _Refused(_at(event), say("A second document begins here"), say("Write one document in one file; remove `---`."))

    def _scalar(self, event: Any) -> None:
        place = _at(event)
        self._tag(event, place)
        if self._key_comes():
            self._key(event.value, event.style, place)
            return
        value: Any = event.value
        path = self._path()
        if not event.style:
            value = _plain(value)
            if isinstance(value, str) and value.lower() in _AMBIGUOUS:
                self._report(place, say("'{word}' without quotes means different things to different programs", word=value), say(
                    "Write '{word}' in quotes for the word, or {truth} for the truth value.", word=value, truth=_AMBIGUOUS[value.lower()]))
        self.tree.places[path] = place
        self._count(1, place)
        self._add(value)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)

    def _open(self, value: Any, event: Any) -> None:
        place = _at(event)
        self._tag(event, place)
        if self._key_comes():
            raise _Refused(place, say("A key must be one word, not a list or mapping"), say("Put expressions in braces into quotes."))
        if len(self.stack) >= MAX_DEPTH:
            raise _Refused(place, say("More than {limit} levels deep", limit=MAX_DEPTH))
        path = self._path()
        under = self.stack[-1].key_place if self.stack and self.stack[-1].key is not None else place
        self.tree.places[path] = under
        if event.anchor:
            self.unfinished.add(event.anchor)
        self.stack.append(_Open(value, path, place, event.anchor, self.values))
        self._count(1, place)

    def _close(self) -> None:
        done = self.stack.pop()
        if done.anchor:
            self.unfinished.discard(done.anchor)
            self.anchors[done.anchor] = (done.value, self.values - done.count_before)
        self._add(done.value)

    def _alias(self, event: Any) -> None:
        place, name = _at(event), event.anchor
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise _Refused(place, say("More than {limit} aliases", limit=MAX_ALIASES), say("Write repeated parts out."))
        if self._key_comes():
            raise _Refused(place, say("An alias cannot be a key"), say("Write the key out."))
        if name in self.unfinished or name not in self.anchors:
            raise _Refused(place, say("'*{name}' refers to something that is not complete", name=name), say("Write repeated parts out."))
        value, size = self.anchors[name]
        self.tree.places[self._path()] = place
        self._count(size, place)
        self._add(value)

    def _key(self, key: str, style: str | None, place: Place) -> None:
        top = self.stack[-1]
        if not style and key == "<<":
            raise _Refused(place, say("Merge keys (`<<`) are not read"), say("Write repeated parts out."))
        if not key.strip():
            raise _Refused(place, say("A key is empty"))
        path = (*top.path, key)
        if key in top.value:
            self._report(place, say("'{key}' is here twice", key=key[:80]), say(
                "Line {line} has it already; keep one of them.", line=self.tree.key_place(path)[0]))
        else:
            self.tree.keys[path] = place
        top.key, top.key_place = key, place

    def _add(self, value: Any) -> None:
        if not self.stack:
            self.tree.value = value
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        else:
            top.value.setdefault(top.key, value)
            top.key = None

    def _key_comes(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def _path(self) -> Path:
        if not self.stack:
            return ()
        top = self.stack[-1]
        return (*top.path, len(top.value) if isinstance(top.value, list) else top.key or "")

    def _count(self, size: int, place: Place) -> None:
        self.values += size
        if self.values > MAX_VALUES:
            raise _Refused(place, say("More than {limit} values", limit=MAX_VALUES), say("Split the file."))

    def _report(self, place: Place, what: str, hint: str) -> None:
        if len(self.tree.problems) < MAX_PROBLEMS:
            self.tree.problems.append(Problem(self.tree.file, *place, what, hint=hint))

    def _tag(self, event: Any, place: Place) -> None:
        if event.tag is not None:
            raise _Refused(place, say("'{tag}' is a YAML tag, which is not read", tag=str(event.tag)[:60]),
                           say("Put text that begins with ! into quotes."))


def _at(event: Any) -> Place:
    return (event.start_mark.line + 1, event.start_mark.column + 1)


def _plain(text: str) -> Any:
    """The value of a scalar without quotes."""
    if text in _NOTHING:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text


def _syntax(error: Any) -> _Refused:
    """A YAML library's complaint in our own form, with the usual causes named."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    reason = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error).splitlines()[0][:200]
    hint = ""
    if "'\\t'" in reason or "tab" in reason or "cannot start any token" in reason:
        hint = say("Indent with spaces, never tabs; put text that begins with a special character into quotes.")
    elif "mapping values are not allowed" in reason:
        hint = say("Put text that contains a colon into quotes, and check the indentation.")
    elif "did not find expected" in reason:
        hint = say("Check the indentation and the brackets just before this place.")
    elif "undefined alias" in reason:
        hint = say("Write repeated parts out.")
    return _Refused(place, say("This is not valid YAML: {reason}", reason=reason), hint)
