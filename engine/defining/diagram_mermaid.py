"""The text of a Mermaid state diagram."""

from engine.defining.picture import Picture

_SPECIAL = {
    '"': "#quot;",
    "#": "#35;",
    ";": "#59;",
    ":": "#58;",
    "<": "#lt;",
    ">": "#gt;",
    "{": "#123;",
    "}": "#125;",
    "%": "#37;",
    "\\": "#92;",
    "`": "#96;",
}


def write(picture: Picture) -> str:
    """The diagram; whatever means something to Mermaid is escaped in titles."""
    keys = {node.key: f"s{number}" for number, node in enumerate(picture.nodes, 1)}
    lines = ["---", f"title: {_quoted(picture.title)}", "---", "stateDiagram-v2"]
    for node in picture.nodes:
        lines.append(f'    state "{_plain(node.title)}" as {keys[node.key]}')
        for line in (node.limit, *node.lines):
            if line:
                lines.append(f"    {keys[node.key]} : {_plain(line)}")
    lines += [f"    [*] --> {keys[node.key]}" for node in picture.nodes if node.first]
    for edge in picture.edges:
        label = " / ".join(" ".join(part for part in action if part) for action in edge.actions)
        lines.append(f"    {keys[edge.origin]} --> {keys[edge.to]} : {_plain(label)}")
    lines += [f"    {keys[node.key]} --> [*]" for node in picture.nodes if node.final]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return "".join(_SPECIAL.get(letter, letter) for letter in " ".join(text.split()))


def _quoted(text: str) -> str:
    """A title as a quoted YAML scalar."""
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'
