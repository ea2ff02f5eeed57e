"""`makegood definition`: write, check, rehearse, publish and look at procedures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import completion
from cli.app import Noun
from cli.run import Desk
from cli.show import as_json, clean, heading, local, paint, table
from engine.ground.errors import DefinitionError, Invalid, NotFound, Unavailable
from engine.ground.language import say, spoken

if TYPE_CHECKING:
    from engine.defining.bundle import Bundle
    from engine.defining.problems import Problem
    from engine.usecases.scenarios import ScenarioResult

DEFINITION = Noun("definition", say("Procedures: write, check, test and publish them."))

_Folder = Annotated[str, typer.Argument(metavar="FOLDER", help=say("The folder of the bundle."))]
_Name = Annotated[str, typer.Argument(metavar="NAME", help=say("The name of a published definition."), autocompletion=completion.bundles)]
_What = Annotated[str, typer.Argument(metavar="BUNDLE", help=say("A folder, a published NAME, or NAME@VERSION."), autocompletion=completion.bundles)]
_Version = Annotated[int | None, typer.Option("--version", metavar="N", help=say("Which version; otherwise the latest."), show_default=False)]
_Out = Annotated[str | None, typer.Option("--out", metavar="FILE", help=say("Write into this file instead of printing."), show_default=False)]


@DEFINITION.verb("check", say("Check a bundle: every problem at once, each with its place and what to do. Needs no house."))
def check(desk: Desk, folder: _Folder) -> int | None:
    """Every problem of a bundle. Exit code 8 when one of them is an error."""
    from engine.defining.problems import errors
    from engine.usecases.examining import examine

    bundle, _, problems = examine(Path(folder))
    wrong = len(errors(problems))
    if desk.as_json:
        as_json({"bundle": bundle.name if bundle else None, "errors": wrong, "warnings": len(problems) - wrong, "problems": [p.as_dict() for p in problems]})
    else:
        _print_problems(problems)
        print(say("{folder}: {errors} errors, {warnings} warnings", folder=folder, errors=wrong, warnings=len(problems) - wrong))
    return DefinitionError.exit_code if wrong else None


def _print_problems(problems: "list[Problem]") -> None:
    for problem in problems:
        word = paint(say("error"), "red") if problem.severity == "error" else paint(say("warning"), "yellow")
        print(f"{word}  {clean(problem)}")


@DEFINITION.verb("test", say("Play the scenarios of a bundle in memory, on a virtual clock. Needs no house."))
def test(
    desk: Desk, folder: _Folder,
    only: Annotated[str | None, typer.Option("--only", metavar="TEXT", help=say("Only scenarios whose name or file contains this."), show_default=False)] = None,
) -> int | None:
    """Play the scenarios. Exit code 8 when one fails."""
    from dataclasses import replace

    from cli.progress import progress
    from engine.usecases.scenarios import run_scenarios

    bundle, around = _examined(folder)
    chosen = tuple(one for one in bundle.scenarios if only is None or only in one[0] or only in str(one[1].value.get("scenario", "")))
    if not chosen:
        raise NotFound(
            say("{folder} has no such scenario", folder=folder), hint=say("Scenarios lie in {folder}/scenarios/.", folder=folder),
            kind="scenario", name=only or "",
        )
    with progress(say("Playing"), len(chosen)) as moved:
        results = run_scenarios(replace(bundle, scenarios=chosen), around.calendars, around.document, lambda _: moved(1))
    failed = [result for result in results if not result.passed]
    if desk.as_json:
        as_json({"passed": len(results) - len(failed), "failed": len(failed), "scenarios": results})
    else:
        for result in failed:
            _print_failure(result)
        seconds = sum(result.seconds for result in results)
        print(say("{passed} of {all} scenarios pass, {ms} ms", passed=len(results) - len(failed), all=len(results), ms=round(seconds * 1000)))
    return DefinitionError.exit_code if failed else None


def _print_failure(result: "ScenarioResult") -> None:
    heading(f"{result.file}:{result.line}: {clean(result.name)}")
    print(f"  {paint(clean(result.failure), 'red')}")
    if result.history:
        print(say("  what had happened until then:"))
        for line in result.history:
            print(f"    {clean(line)}")


def _examined(folder: str) -> "tuple[Bundle, Any]":
    """A bundle without errors and what lies beside it; raises DefinitionError with every problem."""
    from engine.defining.problems import errors
    from engine.usecases.examining import examine

    bundle, around, problems = examine(Path(folder))
    wrong = errors(problems)
    if bundle is None or around is None or wrong:
        raise DefinitionError(
            say("{folder} has {count} problems", folder=folder, count=len(wrong)), wrong,
            hint=say("Mend them and check again with `makegood definition check {folder}`.", folder=folder),
        )
    return bundle, around


@DEFINITION.verb("publish", say("Check a bundle, play its scenarios, and store it as a version that never changes."))
def publish(desk: Desk, folder: _Folder) -> None:
    """A new version, unless the latest says the same."""
    from cli.progress import progress
    from engine.usecases.publishing import publish as put

    with progress(say("Playing")) as moved:
        done = put(desk.house, Path(folder), desk.person, lambda _: moved(1))
    if desk.as_json:
        as_json(done)
        return
    _print_problems(list(done.warnings))
    if done.unchanged:
        print(say("{name}: nothing changed, version {version} stays the latest", name=done.name, version=done.version))
    else:
        print(say("{name}: version {version} is published, {scenarios} scenarios pass", name=done.name, version=done.version, scenarios=done.scenarios))
    for calendar in done.calendars:
        print(say("  calendar {name} is in force", name=calendar))


@DEFINITION.verb("list", say("List the published versions."))
def list_(desk: Desk, name: Annotated[str | None, typer.Argument(metavar="NAME", help=say("Only versions of this one."), autocompletion=completion.bundles, show_default=False)] = None) -> None:
    """Published versions, by name, latest first."""
    from engine.usecases.reading import published

    versions = published(desk.house, name)
    if desk.as_json:
        as_json([version._asdict() for version in versions])
        return
    rows = [(v.name, str(v.version), local(v.published_at, desk.zone), v.published_by, v.hash[:12]) for v in versions]
    table((say("Name"), say("Version"), say("Published"), say("By"), say("Hash")), rows, empty=say("Nothing is published yet: makegood definition publish FOLDER"))


@DEFINITION.verb("show", say("Show a published version as it was written."))
def show(
    desk: Desk, name: _Name, version: _Version = None,
    file: Annotated[str | None, typer.Option("--file", metavar="FILE", help=say("This file of the bundle; otherwise procedure.yaml and the names of the others."), show_default=False)] = None,
) -> None:
    """The source of a version."""
    from engine.usecases.reading import published_document

    found = published_document(desk.house, name, version)
    if desk.as_json:
        as_json(found._asdict())
        return
    chosen = file or "procedure.yaml"
    if chosen not in found.source:
        raise NotFound(
            say("{name} version {version} has no file {file}", name=name, version=found.version, file=chosen),
            hint=say("Its files are: {files}.", files=", ".join(sorted(found.source))), kind="file", name=chosen,
        )
    if file is None:
        print(f"# {found.name} {found.version} · {local(found.published_at, desk.zone)} · {found.published_by} · {found.hash}")
        print(f"# {', '.join(sorted(found.source))}")
    for line in found.source[chosen].splitlines():
        print(clean(line))


@DEFINITION.verb("diff", say("Tell in words what changed between two versions; with one BUNDLE, against what was published before."))
def diff(desk: Desk, old: _What, new: Annotated[str | None, typer.Argument(metavar="OTHER", help=say("The newer one, given in the same way."), show_default=False)] = None) -> None:
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
            say("{name} has only one version", name=name), hint=say("Compare it with a folder: makegood definition diff {name} FOLDER", name=name),
            field="version", expected="2",
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


@DEFINITION.verb("schema", say("Print the JSON Schema of a kind of file, for editors that complete and check while typing."))
def schema(desk: Desk, kind: Annotated[str, typer.Argument(metavar="KIND", help=say("procedure, organisation, calendar or scenario."))] = "procedure", out: _Out = None) -> None:
    """The JSON Schema."""
    import json

    from engine.defining.schema import json_schema

    _put(json.dumps(json_schema(kind), ensure_ascii=False, indent=2), out)


@DEFINITION.verb("diagram", say("Draw a procedure: states and the actions between them."))
def diagram(
    desk: Desk, what: _What,
    form: Annotated[str, typer.Option("--form", metavar="mermaid|svg", help=say("mermaid or svg."))] = "mermaid",
    out: _Out = None,
) -> None:
    """A picture of the states."""
    from engine.defining.bundle import definition_of, load_bundle
    from engine.defining.diagram import mermaid, svg

    if form not in ("mermaid", "svg"):
        raise Invalid(say("'{form}' is not a form of diagram", form=form), hint=say("Use mermaid or svg."), field="form", value=form, expected=["mermaid", "svg"])
    definition = load_bundle(Path(what)).definition if Path(what).is_dir() else definition_of(_document(desk, what)[1])
    _put((mermaid if form == "mermaid" else svg)(definition, spoken()), out)


@DEFINITION.verb("new", say("Write a commented starter bundle that passes check and test."))
def new(
    desk: Desk,
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("Its name, for example product-complaint."))],
    folder: Annotated[str | None, typer.Argument(metavar="FOLDER", help=say("Where to write it; otherwise a folder of its name."), show_default=False)] = None,
) -> None:
    """A bundle to begin with."""
    from engine.defining.starter import starter

    files = starter(name, spoken())
    target = Path(folder or name)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Invalid(
            say("{folder} is there already", folder=str(target)), hint=say("Choose a folder that does not exist, or an empty one."), field="folder",
            expected="new folder",
        )
    for path, text in files.items():
        _put(text, str(target / path), make=True)
    if desk.as_json:
        as_json({"folder": str(target), "files": sorted(files)})
        return
    print(say("{folder}: {count} files", folder=str(target), count=len(files)))
    print(say("Next: makegood definition check {folder}, then makegood definition test {folder}", folder=str(target)))


def _put(text: str, out: str | None, *, make: bool = False) -> None:
    """Print a text, or write it into a file; raises Unavailable."""
    if out is None:
        print(text.rstrip("\n"))
        return
    try:
        if make:
            Path(out).parent.mkdir(parents=True, exist_ok=True)
        Path(out).write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            say("{file} cannot be written: {reason}", file=out, reason=error.strerror or str(error)),
            hint=say("Choose a place where you may write."), path=out,
        ) from error
