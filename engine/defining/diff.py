"""What changed between two versions of a bundle, in words: `limit of clock total: 13 days → 15 days`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from engine.defining.diff_names import is_thing, name_of, named_things, word_for
from engine.defining.document import restore
from engine.defining.tree import Path
from engine.ground.canonical import canonical
from engine.ground.language import say

_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `old` or `new` is None when the thing was added or removed; `what` names it in the words spoken now."""

    path: str
    what: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        if self.old is None:
            return say("{what}: new", what=self.what) + (f" ({_short(self.new)})" if self.new else "")
        if self.new is None:
            return say("{what}: removed", what=self.what) + (f" ({_short(self.old)})" if self.old else "")
        return f"{self.what}: {_short(self.old)} → {_short(self.new)}"


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """The changes from one stored document to another, in the order of the new one. Ways of writing the same thing are no change."""
    before, after = (restore(document.get("procedure", document.get("cycle")), document.get("order")) for document in (old, new))
    return [
        *_first_state(before, after),
        *_mapping((), before, after),
        *_mapping(("surveys",), *(_questionnaires(document) for document in (old, new))),
        *_texts(old.get("notices") or {}, new.get("notices") or {}),
        *_scenarios(old.get("scenarios") or {}, new.get("scenarios") or {}),
    ]


def _questionnaires(document: Mapping[str, Any]) -> dict[str, Any]:
    """The questionnaires of a stored document by name, in written order."""
    return {name: restore(one["survey"], one.get("order")) for name, one in (document.get("surveys") or {}).items()}


def _first_state(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    first, now = (next(iter(tree.get("states") or {}), "") for tree in (before, after))
    if first != now:
        yield Change("states", say("state in which cases start"), first, now)


def _mapping(path: Path, old: Any, new: Any) -> Iterator[Change]:
    """Differences of two mappings, key by key; what was written shorter is lengthened first."""
    for key in [*new, *(key for key in old if key not in new)]:
        here = (*path, key)
        if key not in old:
            yield from _whole(here, None, new[key])
        elif key not in new:
            yield from _whole(here, old[key], None)
        else:
            yield from _value(here, old[key], new[key])


def _value(path: Path, old: Any, new: Any) -> Iterator[Change]:
    old, new = _plain(old), _plain(new)
    if old == new:
        return
    if path[-1] == "ladder":
        yield from _ladder(path, old, new)
    elif path[-1] == "title" and isinstance(old, dict | str) and isinstance(new, dict | str):
        yield from _mapping(path, _languages(old), _languages(new))
    elif isinstance(old, dict) and isinstance(new, dict) and path[-1] != "within" and "is" not in {**old, **new}:
        yield from _mapping(path, old, new)
    elif named_things(path):
        yield from _mapping(path, old or {}, new or {})
    else:
        yield Change("/".join(map(str, path)), name_of(path), _said(old), _said(new))


def _whole(path: Path, old: Any, new: Any) -> Iterator[Change]:
    """Something that is only on one side: named as a whole, or each of the things it holds."""
    there = _plain(new if old is None else old)
    if (named_things(path) or path == ("opening",)) and isinstance(there, dict):
        yield from _mapping(path, {} if old is None else there, {} if new is None else there)
    elif path[-1] == "ladder":
        yield from _ladder(path, old or [], new or [])
    else:
        said = "" if is_thing(path) and path[-2] != "options" and isinstance(there, dict) else _said(there)
        yield Change("/".join(map(str, path)), name_of(path), None if old is None else said, None if new is None else said)


def _ladder(path: Path, old: Any, new: Any) -> Iterator[Change]:
    """Rungs, told apart by where they lie on the clock."""
    before, after = ({str(rung.get("at")): rung for rung in _list(ladder) if isinstance(rung, dict)} for ladder in (old, new))
    for at in [*after, *(at for at in before if at not in after)]:
        one, other = (None if rung is None else {k: v for k, v in rung.items() if k != "at"} for rung in (before.get(at), after.get(at)))
        if _plain(one) != _plain(other):
            told = [None if rung is None else _said(_plain(rung)) for rung in (one, other)]
            yield Change("/".join(map(str, (*path, at))), say("rung {at} of {thing}", at=at, thing=name_of(path[:-1])), *told)


def _texts(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for key in [*new, *(key for key in old if key not in new)]:
        name, language, *html = key.split(".")
        what = say("text of notice {name} in {language}", name=name, language=language) + (" (HTML)" if html else "")
        if key not in new or key not in old:
            yield Change(f"notices/{key}", what, None if key not in old else "", None if key not in new else "")
        elif old[key] != new[key]:
            yield Change(f"notices/{key}", what, *_changed_lines(old[key], new[key]))


def _changed_lines(old: str, new: str) -> tuple[str, str]:
    """The lines that differ, on either side."""
    before, after = old.splitlines(), new.splitlines()
    steps = [step for step in SequenceMatcher(None, before, after, autojunk=False).get_opcodes() if step[0] != "equal"]
    taken = [line for _, i, j, _, _ in steps for line in before[i:j]]
    put = [line for _, _, _, i, j in steps for line in after[i:j]]
    return " / ".join(taken) or "–", " / ".join(put) or "–"


def _scenarios(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in [*new, *(key for key in old if key not in new)]:
        what, path = say("scenario {name}", name=key.removesuffix(".yaml")), f"scenarios/{key}"
        if key in old and key in new:
            before, after = old[key], new[key]
            yield from (
                Change(f"{path}/{part}", say("{what} of {thing}", what=word_for(part), thing=what), _said(before[part]), _said(after[part]))
                for part in ("scenario", "at") if before[part] != after[part]
            )
            yield from _steps(path, what, _list(before["steps"]), _list(after["steps"]))
        else:
            count = [say("{count:step|steps}", count=len(_list(side[key]["steps"]))) if key in side else None for side in (old, new)]
            yield Change(path, what, *count)


def _steps(path: str, scenario: str, old: list[Any], new: list[Any]) -> Iterator[Change]:
    """The steps that differ, each by its number: in the new scenario, or in the old one when it was removed."""
    before, after = ([canonical(_plain(step)) for step in steps] for steps in (old, new))
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for at in range(max(j - i, m - k) if kind != "equal" else 0):
            was, is_now = (
                _said(_plain(steps[first + at])) if first + at < end else None for steps, first, end in ((old, i, j), (new, k, m))
            )
            number = (k if is_now is not None else i) + at + 1
            yield Change(f"{path}/steps/{number}", say("step {number} of {scenario}", number=number, scenario=scenario), was, is_now)


# --- values ---------------------------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """A value in its shortest form, so that `desk` and `[desk]` are the same."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else [_plain(entry) for entry in value]
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _languages(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"": value}


def _said(value: Any) -> str:
    """A value as a person would write it on one line."""
    if isinstance(value, dict):
        key = next((key for key in ("is", "earliest of", "latest of") if key in value), None)
        if key is not None:
            return _said_case(key, value)
        return ", ".join(f"{key}: {_said(entry)}" for key, entry in value.items())
    if isinstance(value, list):
        return ("; " if any(isinstance(entry, dict) for entry in value) else ", ").join(_said(entry) for entry in value)
    return {True: "true", False: "false", None: "–"}.get(value, "") or str(value) if isinstance(value, bool | None) else str(value)


def _said_case(key: str, case: dict[str, Any]) -> str:
    """One case of a value or limit: what it gives, how that is counted, when it holds."""
    said = ", ".join(map(_said, _list(case[key])))
    if key != "is":
        said = say("the earliest of {limits}", limits=said) if key == "earliest of" else say("the latest of {limits}", limits=said)
    if "before" in case:
        said = say("{duration} before {at}", duration=said, at=case["before"])
    if case.get("counting"):
        said = f"{said} ({_said(case['counting'])})"
    return say("{value} when {condition}", value=said, condition=case["when"]) if "when" in case else said


def _short(text: str | None) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
