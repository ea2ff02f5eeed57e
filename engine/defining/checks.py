"""The checks of a definition: what can be known to be wrong before a case ever runs.

Each check is a small pure function over a `View` that yields findings; the modules `checks_*` hold them by subject. What needs
the expression language (names in conditions and notice texts, options without a branch) is in `engine.deciding.checking`, whose
`check_all` is the whole.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from engine.defining import (
    checks_approvals,
    checks_authority,
    checks_counting,
    checks_doings,
    checks_fields,
    checks_flow,
    checks_grants,
    checks_limits,
    checks_names,
    checks_notices,
    checks_people,
    checks_privacy,
    checks_rights,
    checks_surveys,
    checks_tasks,
    checks_time,
    checks_waiting,
)
from engine.defining.checks_walk import Finding, View
from engine.defining.definition import Definition
from engine.defining.organisation import Organisation
from engine.defining.problems import Problem
from engine.defining.tree import Tree

Check = Callable[[View], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    *checks_names.CHECKS,
    *checks_fields.CHECKS,
    *checks_people.CHECKS,
    *checks_rights.CHECKS,
    *checks_privacy.CHECKS,
    *checks_authority.CHECKS,
    *checks_grants.CHECKS,
    *checks_approvals.CHECKS,
    *checks_flow.CHECKS,
    *checks_tasks.CHECKS,
    *checks_waiting.CHECKS,
    *checks_time.CHECKS,
    *checks_counting.CHECKS,
    *checks_limits.CHECKS,
    *checks_notices.CHECKS,
    *checks_doings.CHECKS,
    *checks_surveys.CHECKS,
)


def check(
    definition: Definition,
    organisation: Organisation | None = None,
    calendars: Collection[str] | None = None,
    places: Tree | None = None,
    others: Mapping[str, Definition] | None = None,
    published: Collection[str] | None = None,
) -> list[Problem]:
    """Every structural problem of a definition (after `complete`), errors first, then by place.

    `organisation` and `calendars` (names) are what the house has; without them nothing is said about either.
    `others` are procedures that it opens cases of; `published` says which are, where this one is to be. `places` is the tree of
    `procedure.yaml`; without it problems stand at line 0.
    """
    view = View(definition, organisation, calendars, others or {}, published)
    return problems_of((finding for one in CHECKS for finding in one(view)), places)


def problems_of(findings: Iterable[Finding], places: Tree | None) -> list[Problem]:
    """The findings as problems with file, line and column, each once, errors first."""
    found = {_problem(finding, places): None for finding in findings}
    return sorted(found, key=lambda problem: (problem.severity != "error", problem.file, problem.line, problem.column))


def _problem(finding: Finding, places: Tree | None) -> Problem:
    beside = places.beside.get(finding.path[:2]) if places is not None else None
    if beside is not None:
        line, column = beside.key_place(finding.path[2:])
        return Problem(beside.file, line, column, finding.what, finding.expected, finding.nearest, finding.hint, finding.severity)
    file = places.file if places is not None else "procedure.yaml"
    line, column = places.key_place(finding.path) if places is not None else (0, 0)
    if finding.file:
        folder, slash, _ = file.rpartition("/")
        file, line, column = f"{folder}{slash}{finding.file}", finding.line, 1 if finding.line else 0
    return Problem(file, line, column, finding.what, finding.expected, finding.nearest, finding.hint, finding.severity)
