"""A bundle: one folder with `procedure.yaml` or `cycle.yaml`, `notices/`, `surveys/` and `scenarios/`, read whole and reported on whole."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.defining.completing import BUILT_IN_NOTICES, complete
from engine.defining.definition import Definition
from engine.defining.document import ordered, plain_document, restore
from engine.defining.kinds import Reading
from engine.defining.problems import Problem, errors, nearest
from engine.defining.reader import read_with
from engine.defining.tree import Tree
from engine.ground.canonical import canonical, digest
from engine.ground.errors import DefinitionError
from engine.ground.language import say
from engine.ground.valueclass import valueclass

if TYPE_CHECKING:
    from engine.defining.cycle import Cycle
    from engine.defining.folder import Folder
    from engine.defining.survey import Survey

@valueclass(frozen=True, slots=True)
class Bundle:
    """A bundle as it lies in a folder, read without problems."""

    name: str
    folder: Path
    definition: Definition
    document: Mapping[str, Any]                  # what is stored: procedure or cycle, order, notices, scenarios, surveys
    hash: str                                    # sha256 of the document's canonical text
    source: Mapping[str, str]                    # file, relative to the folder → its text
    scenarios: tuple[tuple[str, Tree], ...]      # file and tree of each scenario
    places: Tree                                 # of procedure.yaml or cycle.yaml, for problems found later
    cycle: "Cycle | None" = None                 # what `definition` executes, where the bundle is a cycle

    @property
    def text(self) -> str:
        """The canonical text of the document, as it is stored and hashed."""
        return canonical(self.document)


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle and check it; raises DefinitionError with every problem when one of them is an error."""
    from engine.defining.checks import check  # expressions need Jinja2, which reading alone does not

    bundle, problems = read_bundle(folder)
    if bundle is not None:
        problems = [*problems, *check(bundle.definition, places=bundle.places)]
    if bundle is None or errors(problems):
        count = len(errors(problems))
        raise DefinitionError(say("{folder} has {count:problem|problems}", folder=str(folder), count=count), problems,
                              hint=say("Run `makegood definition check {folder}`.", folder=str(folder)))
    return bundle


def definition_of(document: Mapping[str, Any]) -> Definition:
    """The definition of a stored document; raises DefinitionError when it cannot be read by this version of the product."""
    kind = "cycle" if "cycle" in document else "procedure"
    tree = Tree(kind, restore(document.get(kind), document.get("order")))
    reading = Reading(tree)
    definition, _, _ = _read(reading, is_cycle=kind == "cycle")
    told = document.get("surveys") or {}
    surveys, _, wrong = _surveys({name: Tree(name, restore(one["survey"], one.get("order"))) for name, one in told.items()})
    problems = [*reading.problems, *wrong]
    if definition is not None and surveys:
        definition = replace(definition, surveys=surveys)
    if definition is not None and not problems:
        definition, problems = complete(definition, texts_of(document.get("notices") or {}))
    if problems or definition is None:
        raise DefinitionError(say("The stored definition cannot be read"), problems)
    return definition


def _read(reading: Reading, *, is_cycle: bool) -> tuple[Definition | None, "Cycle | None", Tree]:
    """The definition that a file says or, of a cycle, the one that executes it; the cycle; and where the parts of the definition stand."""
    tree = reading.tree
    if not is_cycle:
        definition = read_with(reading, Definition, tree.value)
        return definition if isinstance(definition, Definition) else None, None, tree
    from engine.defining.compiling import PlacesOfCycle, procedure_of  # procedures are read without it
    from engine.defining.cycle import Cycle

    cycle = read_with(reading, Cycle, tree.value)
    return (procedure_of(cycle), cycle, PlacesOfCycle.of(tree, cycle)) if isinstance(cycle, Cycle) else (None, None, tree)


def _surveys(trees: Mapping[str, Tree]) -> tuple[dict[str, "Survey"], dict[str, Any], list[Problem]]:
    """The questionnaires of a bundle by name; each as it is stored; and what is wrong with them."""
    from engine.defining.survey import Survey  # few bundles have any

    surveys, stored, problems = {}, {}, []
    for name, tree in trees.items():
        reading = Reading(tree)
        survey = read_with(reading, Survey, tree.value)
        problems += reading.problems
        if isinstance(survey, Survey):
            surveys[name] = replace(survey, name=name)
        order = ordered(reading)
        stored[name] = {"survey": plain_document(tree.value), **({"order": order} if order else {})}
    return surveys, stored, problems


def texts_of(notices: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Notice texts by name and language, from the stored form `{"ack.zh": …, "ack.zh.html": …}`; HTML stands under `ack.html`."""
    texts: dict[str, dict[str, str]] = {}
    for key, text in notices.items():
        name, language, *html = key.split(".")
        texts.setdefault(f"{name}.html" if html else name, {})[language] = text
    return texts


def read_bundle(folder: Path) -> tuple[Bundle | None, list[Problem]]:
    """Read a bundle's files. Gives the bundle (None when a problem keeps it from being used) and every problem of all its files;
    names in expressions and roles are not looked at here (`engine.defining.checks`). Never raises for what the files say."""
    from engine.defining.folder import Folder  # published documents are read without it

    files = Folder(folder)
    files.read()
    tree = files.definition
    reading = Reading(tree)
    definition, cycle, places = _read(reading, is_cycle=files.is_cycle) if tree.value is not None else (None, None, tree)
    surveys, stored, mistaken = _surveys(files.surveys)
    problems = [*files.problems, *reading.problems, *mistaken]
    wrong = [] if cycle is None else _wrong_with(cycle, places)
    if definition is not None and not wrong:      # a cycle with mistakes of its own makes a procedure with others that nobody wrote
        definition = replace(definition, surveys=surveys)
        places.beside = {("surveys", name): one for name, one in files.surveys.items()}
        definition, unknown = complete(definition, texts_of(files.notices), places)
        problems += [*unknown, *_agreement(definition, files)]
    problems += wrong
    problems.sort(key=lambda problem: (problem.file, problem.line, problem.column))
    if errors(problems) or definition is None:
        return None, problems
    document = {
        "cycle" if files.is_cycle else "procedure": plain_document(tree.value), "order": ordered(reading), "notices": files.notices,
        "scenarios": {name: plain_document(scenario.value) for name, scenario, _ in files.scenarios},
        **({"surveys": stored} if stored else {}),
    }
    scenarios = tuple((name, scenario) for name, scenario, _ in files.scenarios)
    hashed = digest(canonical(document))
    return Bundle(definition.name, folder, definition, document, hashed, files.source, scenarios, places, cycle), problems


def _wrong_with(cycle: "Cycle", places: Tree) -> list[Problem]:
    from engine.defining import checks_cycle
    from engine.defining.checks import problems_of

    return problems_of((found for one in checks_cycle.CHECKS for found in one(cycle)), places)


def _agreement(definition: Definition, files: "Folder") -> Iterator[Problem]:
    """Texts that no notice would use, and scenarios of another bundle."""
    written = files.definition.value.get("notices") if isinstance(files.definition.value, dict) else None
    known = set(definition.notices) | BUILT_IN_NOTICES | set(written if isinstance(written, dict) else ())
    for key, file in files.notice_files.items():
        name, language, *_ = key.split(".")
        if name not in known:
            yield Problem(files.shown(file), 1, 1, say("There is no notice '{name}'", name=name), nearest=nearest(name, sorted(known)))
        elif language not in definition.languages:
            yield Problem(files.shown(file), 1, 1, say("'{language}' is not among the languages of the procedure", language=language),
                          nearest=nearest(language, definition.languages))
