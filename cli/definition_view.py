"""`makegood definition`: look at what is published, compare, draw, print schemas."""

from pathlib import Path
from typing import Annotated, Any

from cli import completion
from cli.app import Noun
from cli.files import put
from cli.options import Out, arg, opt
from cli.run import Desk
from cli.show import as_json, clean, heading, table
from engine.ground.errors import Invalid, NotFound
from engine.ground.language import say, spoken
from engine.ground.wall import wall

VIEW = Noun("definition", "")

_Name = Annotated[str, arg("NAME", say("The name of a published definition."), completion.bundles)]
_What = Annotated[str, arg("BUNDLE", say("A folder, a published NAME, or NAME@VERSION."), completion.bundles)]
_Version = Annotated[int | None, opt("--version", "N", say("Which version; otherwise the latest."))]


@VIEW.verb("list", say("List the published versions."))
def list_(desk: Desk, name: Annotated[str | None, arg("NAME", say("Only versions of this one."), completion.bundles)] = None) -> None:
    """Published versions, by name, latest first."""
    from engine.usecases.reading import published

    versions = published(desk.house, name)
    if desk.as_json:
        as_json([version._asdict() for version in versions])
        return
    rows = [(v.name, str(v.version), wall(v.published_at, desk.zone), v.published_by, v.hash[:12]) for v in versions]
    table(
        (say("Name"), say("Version"), say("Published"), say("By"), say("Hash")),
        rows,
        empty=say("Nothing is published yet: makegood definition publish FOLDER"),
    )


@VIEW.verb("show", say("Show a published version as it was written."))
def show(
    desk: Desk,
    name: _Name,
    version: _Version = None,
    file: Annotated[
        str | None, opt("--file", "FILE", say("This file of the bundle; otherwise procedure.yaml and the names of the others."))
    ] = None,
) -> None:
    """The source of a version."""
    from engine.usecases.reading import published_document

    found = published_document(desk.house, name, version)
    chosen = file or "procedure.yaml"
    if chosen not in found.source:
        raise NotFound(
            say("{name} version {version} has no file {file}", name=name, version=found.version, file=chosen),
            hint=say("Its files are: {files}.", files=", ".join(sorted(found.source))),
            kind="file",
            name=chosen,
        )
    if desk.as_json:
        as_json(found._asdict() if file is None else {"file": file, "text": found.source[file]})
        return
    if file is None:
        print(f"# {found.name} {found.version} · {wall(found.published_at, desk.zone)} · {found.published_by} · {found.hash}")
        print(f"# {', '.join(sorted(found.source))}")
    for line in found.source[chosen].splitlines():
        print(clean(line))


@VIEW.verb("diff", say("Tell in words what changed between two versions; with one BUNDLE, against what was published before."))
def diff(desk: Desk, old: _What, new: Annotated[str | None, arg("OTHER", say("The newer one, given in the same way."))] = None) -> None:
    """Changes in words."""
    from engine.defining.diff import diff as changes_of

    (before, first), (after, second) = _pair(desk, old, new)
    changes = changes_of(first, second)
    if desk.as_json:
        as_json({"old": before, "new": after, "changes": changes})
        return
    heading(f"{before} → {after}")
    for change in changes:
        print(f"  {clean(change)}")
    if not changes:
        print(say("  no difference"))


def _pair(desk: Desk, old: str, new: str | None) -> tuple[tuple[str, Any], tuple[str, Any]]:
    if new is not None:
        return _document(desk, old), _document(desk, new)
    after = _document(desk, old)
    if Path(old).is_dir():
        return _document(desk, str(after[1]["procedure"]["procedure"])), after
    name, _, version = after[0].partition("@")
    if int(version) < 2:
        raise Invalid(
            say("{name} has only one version", name=name),
            hint=say("Compare it with a folder: makegood definition diff {name} FOLDER", name=name),
            field="version",
            expected="2",
        )
    return _document(desk, f"{name}@{int(version) - 1}"), after


def _document(desk: Desk, what: str) -> tuple[str, Any]:
    """The document of a bundle in a folder, or of a published version, with how it is called."""
    if Path(what).is_dir():
        from engine.defining.bundle import load_bundle

        return what, load_bundle(Path(what)).document
    from engine.usecases.reading import published_document

    name, _, version = what.partition("@")
    if version and not version.isdecimal():
        raise Invalid(say("'{version}' is not a version", version=version), hint=say("Write NAME@2."), field="version", expected="number")
    found = published_document(desk.house, name, int(version) if version else None)
    return f"{found.name}@{found.version}", found.document


@VIEW.verb("schema", say("Print the JSON Schema of a kind of file, for editors that complete and check while typing."))
def schema(
    desk: Desk, kind: Annotated[str, arg("KIND", say("procedure, organisation, calendar or scenario."))] = "procedure", out: Out = None
) -> None:
    """The JSON Schema."""
    import json

    from engine.defining.schema import json_schema

    put(json.dumps(json_schema(kind), ensure_ascii=False, indent=2), out)


@VIEW.verb("diagram", say("Draw a procedure: states and the actions between them."))
def diagram(
    desk: Desk, what: _What, form: Annotated[str, opt("--form", "mermaid|svg", say("mermaid or svg."))] = "mermaid", out: Out = None
) -> None:
    """A picture of the states."""
    from engine.defining.bundle import definition_of, load_bundle
    from engine.defining.diagram import mermaid, svg

    if form not in ("mermaid", "svg"):
        raise Invalid(
            say("'{form}' is not a form of diagram", form=form),
            hint=say("Use mermaid or svg."),
            field="form",
            value=form,
            expected=["mermaid", "svg"],
        )
    definition = load_bundle(Path(what)).definition if Path(what).is_dir() else definition_of(_document(desk, what)[1])
    drawn = (mermaid if form == "mermaid" else svg)(definition, spoken())
    if desk.as_json and out is None:
        as_json({"bundle": definition.name, "form": form, "diagram": drawn})
    else:
        put(drawn, out)
