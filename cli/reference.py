"""The page docs/commands.md, generated from the commands themselves."""

import inspect
from collections.abc import Iterator
from typing import Any

from engine.ground import errors
from engine.ground.language import speak

_HEAD = """\
# Commands

This page is generated: `python -m cli.reference > docs/commands.md`. Change the program, not the page.

A command is a noun and a verb: `makegood case act KS-202611-0001 acknowledge --set nature=quality`. `--help` explains each; a word that
is nearly right gets a proposal. `makegood --install-completion` lets the shell complete nouns, verbs, case numbers, actions and people.

## With every command

| Option | Otherwise | Meaning |
|---|---|---|
| `--house FOLDER` | `MAKEGOOD_HOUSE`, or the nearest folder upwards with `makegood.toml` | where to work |
| `--as PERSON` | `MAKEGOOD_AS`, or the person with your login in the organisation | who acts |
| `--token-file FILE` | `MAKEGOOD_TOKEN`, or your login | act by the token in this file |
| `--lang zh\\|en` | `MAKEGOOD_LANG`, the system's locale, or `language` in `makegood.toml` | language of messages and help |
| `--json` | lines and tables | answer as JSON, errors too: `{"error": {"kind", "message", "hint", "exit_code", "facts"}}` |

Instants in JSON are ISO 8601 in UTC; on the terminal they stand on the wall clock of the procedure's calendar. Colours and progress
bars appear on terminals only; `NO_COLOR` turns colours off.

## Values

`--set field=value` gives a value. Money is `12.50` or `12.50 EUR`, a date `2026-11-23`, a moment `2026-11-23 09:00` on the wall clock
of the procedure. The same field again gives a further value of a list. A party is a name, `Name <e-mail>`, `#12` for one that is known, or
its parts: `--set customer.name="Rose Tyler" --set customer.email=rose@customer.example`. `--file field=path` gives a file for a
field of that type.

## Exit codes

| Code | Meaning |
|---|---|
| 0 | done |
"""

_TAIL = """\
## Mapping files

`makegood import TABLE --mapping FILE` opens a case for each row. The table is CSV (commas, semicolons or tabs) in UTF-8 or GB 18030 whose
first line names the columns. The mapping says what becomes of them:

```yaml
bundle: product-complaint
key: complaint_id                    # the column that tells rows apart
customer:                            # the customer: a column for each part that is known
  name: Name
  email: Mail
fields:
  order_no: Order                    # a column by name
  channel: {column: Via, map: {Telephone: phone, Web: web}, default: email}
  reported_on: {column: Date, format: "%d.%m.%Y"}
  region: {value: domestic}          # the same for every row
```

`map` says what each text becomes; a text that is not in it takes `default`, or the row is refused. `default` also stands for an empty cell.
`format` reads dates in another form (the codes of `strptime`). Each case remembers source and key, so running the same import again, after
an interruption or with mended rows, opens what is missing and nothing twice. Rows that cannot be used are named with line and reason, and
the exit code is 3.
"""


def reference() -> str:
    """The whole page as Markdown, in English; the same text for the same program."""
    speak("en")
    from cli.main import NOUNS, command_line

    parts = [_HEAD + "".join(_codes()) + "\n"]
    root = command_line()
    for noun in NOUNS:
        command = root.commands[noun]
        verbs = getattr(command, "commands", None)
        parts.append(f"## {noun}\n\n{command.help}\n\n")
        for path, verb in [(noun, command)] if verbs is None else [(f"{noun} {name}", one) for name, one in verbs.items()]:
            parts.append("".join(_verb(path, verb, alone=verbs is None)))
    return "".join(parts) + _TAIL


def _codes() -> Iterator[str]:
    known = [one for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, errors.MakegoodError)]
    meanings = {one.exit_code: (inspect.getdoc(one) or "").splitlines()[0].split(";")[0].rstrip(".") for one in known}
    meanings |= {2: "wrong usage of the command line", 130: "interrupted"}
    for code, meaning in sorted(meanings.items()):
        yield f"| {code} | {meaning[0].lower()}{meaning[1:]} |\n"


def _verb(path: str, command: Any, *, alone: bool) -> Iterator[str]:
    words = [param for param in command.params if param.param_type_name == "argument"]
    usage = "".join(f" {p.metavar}" if p.required else f" [{p.metavar}]" for p in words)
    usage += "".join(f" {p.opts[0]} {p.metavar}" for p in command.params if p.required and p.param_type_name == "option")
    yield "" if alone else f"### {path}\n\n{command.help}\n\n"
    yield f"```\nmakegood {path}{usage}\n```\n\n"
    own = [p for p in command.params if p.name not in ("json_", "as_", "token_file_", "house_", "lang_") and not p.hidden]
    if own:
        yield "| | |\n|---|---|\n"
        for param in own:
            yield f"| {_written(param)} | {_cell(param)} |\n"
        yield "\n"


def _written(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{param.metavar}`"
    names = " / ".join(f"`{name}`" for name in (*param.opts, *param.secondary_opts))
    return names if param.is_flag or not param.metavar else f"`{param.opts[0]} {param.metavar}`".replace("|", "\\|")


def _cell(param: Any) -> str:
    text = (param.help or "").replace("|", "\\|")
    if param.required and param.param_type_name == "option":
        return f"{text} Required."
    if param.default not in (None, False, "") and not (isinstance(param.default, (list, tuple)) and not param.default):
        return f"{text} Otherwise `{param.default}`."
    return text


if __name__ == "__main__":
    print(reference(), end="")
