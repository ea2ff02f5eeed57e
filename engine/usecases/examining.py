"""Examining a bundle before it is published: read whole with what lies beside it, and checked. Touches no database."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from engine.deciding.checking import check_all
from engine.deciding.checking_classes import wrong_rules
from engine.defining import clock_parts
from engine.defining.bundle import Bundle, read_bundle
from engine.defining.calendar_file import read_calendar
from engine.defining.definition import Definition
from engine.defining.organisation import Organisation
from engine.defining.organisation_file import read_organisation
from engine.defining.problems import Problem
from engine.ground.calendars import Calendar
from engine.ground.valueclass import valueclass
from engine.usecases.neighbours import Neighbour, Published, neighbours


@valueclass(frozen=True, slots=True)
class Surroundings:
    """What a bundle needs beside itself: calendars, and the organisation its scenarios play in."""

    calendars: Mapping[str, Calendar]
    organisation: Organisation
    document: Mapping[str, Any]  # of the organisation
    problems: tuple[Problem, ...] = ()
    others: Mapping[str, Neighbour] = field(default_factory=dict)   # procedures of which its cases open some
    rehearsal: Mapping[str, Calendar] = field(default_factory=dict)   # the calendars of all of them


def surroundings(
    folder: Path, definition: Definition, known: Mapping[str, Calendar] | None = None, published: Published | None = None
) -> Surroundings:
    """Calendars, organisation and other procedures as they lie beside a bundle: `calendars/<name>.yaml` and `organisation.yaml` in its
    folder or the one above it; `known` calendars and `published` procedures (those in force) serve where there is no file."""
    others = neighbours(folder, definition, published)
    calendars, problems = _calendars(folder, definition, known)
    rehearsal = dict(calendars)
    for other in others.values():
        rehearsal = {**_calendars(folder, other.definition, known)[0], **rehearsal}
    path = _beside(folder, "organisation.yaml")
    organisation = Organisation(name="")
    document: dict[str, Any] = {}
    if path is not None:
        read, found, document = read_organisation(path)
        problems += [*found, *(wrong_rules(read, str(path)) if read is not None else ())]
        organisation = read or organisation
    return Surroundings(calendars, organisation, document, tuple(problems), others, rehearsal)


def _calendars(folder: Path, definition: Definition, known: Mapping[str, Calendar] | None) -> tuple[dict[str, Calendar], list[Problem]]:
    calendars: dict[str, Calendar] = {}
    problems: list[Problem] = []
    for name in dict.fromkeys(name for name, _ in clock_parts.calendars(definition)):
        path = _beside(folder, f"calendars/{name}.yaml")
        if path is not None:
            calendar, found = read_calendar(path)
            problems += found
            if calendar is not None:
                calendars[name] = calendar
        elif known and name in known:
            calendars[name] = known[name]
    return calendars, problems


def _beside(folder: Path, name: str) -> Path | None:
    for place in (folder.resolve(), folder.resolve().parent):
        if (place / name).is_file():
            return place / name
    return None


def examine(
    folder: Path, known: Mapping[str, Calendar] | None = None, organisation: Organisation | None = None,
    published: Published | None = None,
) -> tuple[Bundle | None, Surroundings | None, list[Problem]]:
    """Read a bundle with what lies beside it, and check it whole: every problem at once. Touches no database.

    `organisation` (the one in force) is what roles are checked against; without it the file beside the bundle. `published`
    gives what is in force where the bundle is to be published.
    """
    bundle, problems = read_bundle(folder)
    if bundle is None:
        return None, None, problems
    around = surroundings(folder, bundle.definition, known, published)
    filled = organisation if organisation is not None and organisation.people else around.organisation
    others = {name: other.definition for name, other in around.others.items()}
    in_force = None if published is None else [name for name in others if published(name) is not None]
    found = check_all(bundle, filled if filled.people else None, around.calendars, others, in_force)
    return bundle, around, [*problems, *around.problems, *found]
