"""The mapping file of an import: which column of a table becomes which field of a case.

bundle: product-complaint
key: complaint_id                    # the column that tells rows apart; running again opens no case twice
customer:                            # the customer (the first field of type party): one rule for each part
  name: Name
  email: {column: Mail}
fields:
  order_no: Order                    # a column by name
  channel: {column: Via, map: {Telephone: phone, Web: web}, default: email}
  reported_on: {column: Date, format: "%d.%m.%Y"}
  region: {value: domestic}          # the same for every row
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from engine.defining.definition import Definition, FieldType
from engine.defining.files import read_file
from engine.defining.problems import Problem, nearest
from engine.defining.tree import Tree
from engine.defining.yaml_file import read_tree
from engine.ground.errors import DefinitionError, Invalid
from engine.ground.language import say
from engine.ground.valueclass import valueclass

PARTY_PARTS = ("name", "email", "phone", "address", "chat", "language")
_TOP = ("bundle", "key", "customer", "fields")
_RULE = ("column", "map", "default", "format", "value")
Place = tuple[str | int, ...]


@valueclass(frozen=True, slots=True)
class Rule:
    """How one value is made from a row; `value` alone, or a column with what is done to its text."""

    column: str = ""
    map: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None
    format: str = ""
    value: Any = None

    def of(self, row: Mapping[str, str | None]) -> Any:
        """The value for this row; None when its cell is empty and there is no default. Raises Invalid."""
        if not self.column:
            return self.value
        text = (row.get(self.column) or "").strip()
        if self.map and text:
            if text in self.map:
                return self.map[text]
            if self.default is None:
                raise Invalid(
                    say("column {column}: '{text}' is not in its map", column=self.column, text=text[:80]),
                    field=self.column,
                    value=text,
                    expected=list(self.map),
                )
            return self.default
        if not text:
            return self.default
        return self._dated(text) if self.format else text

    def _dated(self, text: str) -> str:
        try:
            read = datetime.strptime(text, self.format)  # noqa: DTZ007  (wall-clock time; the field adds the zone of its calendar)
        except ValueError as error:
            raise Invalid(
                say("column {column}: '{text}' does not look like {format}", column=self.column, text=text[:80], format=self.format),
                field=self.column,
                value=text,
                expected=self.format,
            ) from error
        with_time = any(code in self.format for code in ("%H", "%I", "%X", "%c"))
        return read.isoformat() if with_time else date.isoformat(read)


@valueclass(frozen=True, slots=True)
class ImportMapping:
    """A mapping file, read without problems."""

    file: str
    bundle: str
    key: str
    fields: Mapping[str, Rule]
    customer: Mapping[str, Rule]  # by part of the party
    tree: Tree

    @property
    def columns(self) -> set[str]:
        """Every column it reads."""
        return {self.key, *(rule.column for _, rule in self.rules() if rule.column)}

    def rules(self) -> Iterator[tuple[Place, Rule]]:
        """Every rule with its place."""
        for part, rule in self.customer.items():
            yield ("customer", part), rule
        for name, rule in self.fields.items():
            yield ("fields", name), rule


def read_mapping(path: Path) -> ImportMapping:
    """Read a mapping file; raises DefinitionError with every problem and its place."""
    content, problem = read_file(path, str(path))
    if problem or content is None:
        raise _wrong(path, [problem] if problem else [])
    tree = read_tree(content, str(path))
    problems = list(tree.problems)
    found = _mapping(tree, problems) if tree.value is not None or not problems else None
    if problems or found is None:
        raise _wrong(path, problems)
    return found


def check_mapping(mapping: ImportMapping, definition: Definition, header: list[str]) -> None:
    """Refuse a mapping that does not fit the definition or the table; raises DefinitionError with every problem."""
    tree, problems = mapping.tree, []
    for name in mapping.fields:
        spec = definition.fields.get(name)
        place = ("fields", name)
        if spec is None:
            what = say("{bundle} has no field '{name}'", bundle=definition.name, name=name)
            problems.append(tree.problem(place, what, nearest=nearest(name, definition.fields), at_key=True))
        elif spec.type is FieldType.FILE:
            problems.append(tree.problem(place, say("'{name}' is a file: a table cannot give it", name=name), at_key=True))
    if mapping.customer and definition.customer_field is None:
        problems.append(tree.problem(("customer",), say("{bundle} has no field of type party", bundle=definition.name), at_key=True))
    if mapping.customer and definition.customer_field in mapping.fields:
        what = say("The customer is given twice, here and as field '{name}'", name=definition.customer_field)
        problems.append(tree.problem(("customer",), what, at_key=True))
    columns: list[tuple[Place, str]] = [(("key",), mapping.key)]
    for at, column in [*columns, *((at, rule.column) for at, rule in mapping.rules() if rule.column)]:
        if column not in header:
            problems.append(tree.problem(at, say("The table has no column '{column}'", column=column), nearest=nearest(column, header)))
    if problems:
        raise _wrong(Path(mapping.file), problems)



def _wrong(path: Path, problems: list[Problem]) -> DefinitionError:
    return DefinitionError(
        say("{file} cannot be used for an import: {count:problem|problems}", file=str(path), count=len(problems)),
        problems,
        hint=say("docs/commands.md describes mapping files."),
    )


def _mapping(tree: Tree, problems: list[Problem]) -> ImportMapping | None:
    value = tree.value
    if not isinstance(value, dict):
        problems.append(tree.problem((), say("This is not a mapping file"), expected="bundle, key, fields"))
        return None
    _unknown(value, _TOP, (), tree, problems)
    for name in ("bundle", "key", "fields"):
        if name not in value:
            problems.append(tree.problem((), say("'{key}' is missing", key=name)))
    texts: dict[str, str] = {}
    for name in ("bundle", "key"):
        texts[name] = _text(value.get(name), (name,), tree, problems) if name in value else ""
    customer = _rules(value.get("customer", {}), "customer", tree, problems)
    _unknown(customer, PARTY_PARTS, ("customer",), tree, problems)
    if customer and "name" not in customer:
        problems.append(tree.problem(("customer",), say("'{key}' is missing", key="name"), at_key=True))
    return ImportMapping(
        tree.file, texts["bundle"], texts["key"], _rules(value.get("fields", {}), "fields", tree, problems), customer, tree
    )


def _rules(value: Any, key: str, tree: Tree, problems: list[Problem]) -> dict[str, Rule]:
    if not isinstance(value, dict):
        problems.append(tree.problem((key,), say("'{key}' must say what comes from where", key=key), expected=say("a mapping")))
        return {}
    return {str(name): _rule(rule, (key, name), tree, problems) for name, rule in value.items()}


def _rule(value: Any, place: Place, tree: Tree, problems: list[Problem]) -> Rule:
    if not isinstance(value, dict):
        return Rule(column=_text(value, place, tree, problems))
    _unknown(value, _RULE, place, tree, problems)
    if ("column" in value) == ("value" in value) or ("value" in value and len(value) > 1):
        problems.append(tree.problem(place, say("Give either a column, or a value and nothing else"), at_key=True))
        return Rule()
    if "value" in value:
        return Rule(value=value["value"])
    table = value.get("map", {})
    if not isinstance(table, dict):
        problems.append(tree.problem((*place, "map"), say("'map' must say what each text becomes"), expected=say("a mapping")))
        table = {}
    default = value.get("default")
    return Rule(
        column=_text(value["column"], (*place, "column"), tree, problems),
        map={str(text): _plain(to) for text, to in table.items()},
        default=None if default is None else _plain(default),
        format=_text(value["format"], (*place, "format"), tree, problems) if "format" in value else "",
    )


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, list, dict)) else str(value)


def _text(value: Any, place: Place, tree: Tree, problems: list[Problem]) -> str:
    if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value):
        return str(value)
    problems.append(tree.problem(place, say("'{key}' must be a text", key=str(place[-1])), expected=say("text")))
    return ""


def _unknown(value: Mapping[Any, Any], known: tuple[str, ...], place: Place, tree: Tree, problems: list[Problem]) -> None:
    for key in value:
        if key not in known:
            problems.append(
                tree.problem(
                    (*place, key),
                    say("'{key}' is not known here", key=str(key)),
                    expected=", ".join(known),
                    nearest=nearest(key, known),
                    at_key=True,
                )
            )
