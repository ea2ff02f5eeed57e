"""`makegood definition`: write, check, rehearse and publish procedures; looking at them is in `definition_view`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cli import completion
from cli.app import Noun
from cli.definition_view import VIEW
from cli.files import put
from cli.options import DryRun, Repairs, States, WhyOrDry, arg, opt
from cli.run import Desk
from cli.show import as_json, clean, heading, paint
from engine.ground.errors import DefinitionError, Invalid, NotFound
from engine.ground.language import say, spoken

if TYPE_CHECKING:
    from engine.defining.bundle import Bundle
    from engine.defining.problems import Problem
    from engine.usecases.scenarios import ScenarioResult

DEFINITION = Noun("definition", say("Procedures: write, check, test and publish them."))

_Folder = Annotated[str, arg("FOLDER", say("The folder of the bundle."))]


@DEFINITION.verb("check", say("Check a bundle: every problem at once, each with its place and what to do. Needs no house."))
def check(desk: Desk, folder: _Folder) -> int | None:
    """Every problem of a bundle. Exit code 8 when one of them is an error."""
    from engine.defining.problems import errors
    from engine.usecases.examining import examine

    bundle, _, problems = examine(Path(folder))
    wrong = len(errors(problems))
    if desk.as_json:
        as_json(
            {
                "bundle": bundle.name if bundle else None,
                "errors": wrong,
                "warnings": len(problems) - wrong,
                "problems": [p.as_dict() for p in problems],
            }
        )
    else:
        _print_problems(problems)
        print(
            say(
                "{folder}: {errors:error|errors}, {warnings:warning|warnings}",
                folder=folder,
                errors=wrong,
                warnings=len(problems) - wrong,
            )
        )
    return DefinitionError.exit_code if wrong else None


def _print_problems(problems: "list[Problem]") -> None:
    for problem in problems:
        word = paint(say("error"), "red") if problem.severity == "error" else paint(say("warning"), "yellow")
        print(f"{word}  {clean(problem)}")


@DEFINITION.verb("test", say("Play the scenarios of a bundle in memory, on a virtual clock. Needs no house."))
def test(
    desk: Desk,
    folder: _Folder,
    only: Annotated[str | None, opt("--only", "TEXT", say("Only scenarios whose name or file contains this."))] = None,
) -> int | None:
    """Play the scenarios. Exit code 8 when one fails."""
    from dataclasses import replace

    from cli.progress import progress
    from engine.usecases.scenarios import run_scenarios

    bundle, around = _examined(folder)
    chosen = tuple(one for one in bundle.scenarios if only is None or only in one[0] or only in str(one[1].value.get("scenario", "")))
    if not chosen:
        raise NotFound(
            say("{folder} has no such scenario", folder=folder),
            hint=say("Scenarios lie in {folder}/scenarios/.", folder=folder),
            kind="scenario",
            name=only or "",
        )
    with progress(say("Playing"), len(chosen)) as moved:
        results = run_scenarios(replace(bundle, scenarios=chosen), around.rehearsal, around.document, lambda _: moved(1), around.others)
    failed = [result for result in results if not result.passed]
    if desk.as_json:
        as_json({"passed": len(results) - len(failed), "failed": len(failed), "scenarios": results})
    else:
        for result in failed:
            _print_failure(result)
        seconds = sum(result.seconds for result in results)
        print(
            say(
                "{passed} of {all:scenario|scenarios} passed, {ms} ms",
                passed=len(results) - len(failed),
                all=len(results),
                ms=round(seconds * 1000),
            )
        )
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
            say("{folder} has {count:problem|problems}", folder=folder, count=len(wrong)),
            wrong,
            hint=say("Mend them and check again with `makegood definition check {folder}`.", folder=folder),
        )
    return bundle, around


@DEFINITION.verb("publish", say("Check a bundle, play its scenarios, and store it as a version that never changes."))
def publish(desk: Desk, folder: _Folder) -> None:
    """A new version, unless the latest says the same."""
    from cli.progress import progress
    from engine.usecases.publishing import publish as put

    with progress(say("Playing")) as moved:
        done = put(desk.house, Path(folder), desk.actor(), lambda _: moved(1))
    if desk.as_json:
        as_json(done)
        return
    _print_problems(list(done.warnings))
    if done.unchanged:
        print(say("{name}: nothing changed, version {version} stays the latest", name=done.name, version=done.version))
    else:
        print(
            say(
                "{name}: version {version} is published, {scenarios:scenario passes|scenarios pass}",
                name=done.name,
                version=done.version,
                scenarios=done.scenarios,
            )
        )
    for calendar in done.calendars:
        print(say("  calendar {name} is in force", name=calendar))
    if done.recalculated:
        print(say("  open cases with another due time by it: {count}", count=done.recalculated))
    for number, error in done.failures:
        print(paint(say("{case} could not be settled: {error}", case=number, error=clean(error)), "red"))


@DEFINITION.verb("migrate", say("Let every open case of a bundle go over to another version of it, each as by `case migrate`."))
def migrate(
    desk: Desk,
    bundle: Annotated[str, arg("BUNDLE", say("The definition, by name."), completion.bundles)],
    from_: Annotated[int | None, opt("--from", "VERSION", say("Only cases on this version."), least=1)] = None,
    to: Annotated[int | None, opt("--to", "VERSION", say("Which version; otherwise the latest."), least=1)] = None,
    reason: WhyOrDry = "",
    state: States = None,
    set_: Repairs = None,
    dry_run: DryRun = False,
) -> int | None:
    """Another version for all open cases. Done again it goes on where it broke off. Exit code 5 when one cannot go over."""
    from cli.migration import print_migrated, wanted
    from cli.progress import progress, so_far
    from engine.usecases.migrating import migrate_all

    with progress(say("Cases")) as moved:
        done = migrate_all(desk.house, bundle, wanted(desk, to, reason, state, set_, dry_run), since=from_, progress=so_far(moved))
    return print_migrated(desk, done, dry_run)


@DEFINITION.verb("new", say("Write a commented starter bundle that passes check and test."))
def new(
    desk: Desk,
    name: Annotated[str, arg("NAME", say("Its name, for example product-complaint."))],
    folder: Annotated[str | None, arg("FOLDER", say("Where to write it; otherwise a folder of its name."))] = None,
) -> None:
    """A bundle to begin with."""
    from engine.defining.starter import starter

    files = starter(name, spoken())
    target = Path(folder or name)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Invalid(
            say("{folder} is there already", folder=str(target)),
            hint=say("Choose a folder that does not exist, or an empty one."),
            field="folder",
            expected="new folder",
        )
    for path, text in files.items():
        put(text, str(target / path), make=True)
    if desk.as_json:
        as_json({"folder": str(target), "files": sorted(files)})
        return
    print(say("{folder}: {count:file|files}", folder=str(target), count=len(files)))
    print(say("Next: makegood definition check {folder}, then makegood definition test {folder}", folder=str(target)))


DEFINITION.verbs.update(VIEW.verbs)
