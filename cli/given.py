"""What was typed as `--set field=value` and `--file field=path`, as the mapping that use cases take."""

from collections.abc import Sequence
from typing import Any

from cli.files import read_file
from engine.ground.errors import Invalid
from engine.ground.language import say


def given(sets: Sequence[str], files: Sequence[str] = (), comment: str | None = None) -> dict[str, Any]:
    """The values given: a field typed twice becomes a list, `customer.name=…` a part of a party.

    Raises Invalid for what is not `name=value`, Unavailable for a file that cannot be read.
    """
    found: dict[str, Any] = {}
    for text in sets:
        name, typed = pair(text, "--set")
        field, _, part = name.partition(".")
        if part:
            _put_part(found, field, part, typed)
        elif field in found:
            found[field] = [*(found[field] if isinstance(found[field], list) else [found[field]]), typed]
        else:
            found[field] = typed
    if comment is not None:
        found["comment"] = comment
    for text in files:
        name, path = pair(text, "--file")
        one = read_file(path)
        found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), one] if name in found else one
    return found


def pair(text: str, option: str) -> tuple[str, str]:
    """The name and the value of `name=value`; raises Invalid."""
    name, equals, typed = text.partition("=")
    if not equals or not name.strip():
        raise Invalid(
            say("{option} {text}: there is no field and value in it", option=option, text=text),
            hint=say("Write {option} field=value.", option=option),
            field=name,
            expected="field=value",
            value=text,
        )
    return name.strip(), typed


def _put_part(found: dict[str, Any], field: str, part: str, typed: str) -> None:
    party = found.setdefault(field, {})
    if not isinstance(party, dict) or part in party:
        raise Invalid(
            say("--set {field}.{part}: given twice", field=field, part=part),
            hint=say("Give each part of a party once, for example --set customer.name=… --set customer.email=…."),
            field=field,
            expected="one value",
            value=typed,
        )
    party[part] = typed
