"""A calendar changed: the clocks of a case that count by it are computed anew (clocks rule 13).

It happens to a case as of the instant at which the calendar came into force, after whatever fell due before by the calendar of then:
so its history is the same whether it is taken up at once, in the middle of a long re-projection, or a week later after a crash.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from engine.deciding import clocks
from engine.deciding.case import ClockRun, clock_json, stamp
from engine.deciding.rights import THE_SYSTEM
from engine.defining import clock_parts
from engine.defining.definition import Definition
from engine.records.calendar_versions import calendar_changes, calendar_version
from engine.usecases.work import Work


class Versions(NamedTuple):
    """The version of a calendar before a change of it, and after."""

    old: int
    new: int


def calendars_of(definition: Definition) -> frozenset[str]:
    """The calendars that a procedure counts by: its own and those of its clocks and tasks."""
    return frozenset(name for name, _ in clock_parts.calendars(definition))


def behind(work: Work) -> list[datetime]:
    """When calendars of this procedure changed since the last event of the case, in order. No statement where none did in the house.

    A change at the very instant of that event is one of them, since nobody can tell which came first; so is the one that woke the case,
    which the computer's clock may have dated before that event.
    """
    last, changes = work.case.recorded_at, calendar_changes(work.house.store, work.conn)
    if work.loaded is None or last is None or changes.latest is None:
        return []
    due = work.loaded.timer[0] if work.loaded.timer else last
    if changes.latest < min(last, due):
        return []
    instants = sorted({at for name in calendars_of(work.definition) for _, at in changes.versions.get(name, ())[1:]})
    since = min(last, due) if due in instants else last
    return [at for at in instants if at >= since]


def count_as_before(work: Work, at: datetime) -> None:
    """Let the clocks count by the calendars in force just before a change at that instant."""
    _count_by(work, {name: versions.old for name, versions in _versions(work, at).items()})


def recalculate(work: Work, at: datetime) -> bool:
    """Compute the clocks anew by the calendars in force from that instant on, as one event when a due time is another or becomes known
    or unknown; whether one was. What happened of the clocks since then must not have been carried out yet."""
    versions = _versions(work, at)
    _count_by(work, {name: one.new for name, one in versions.items()})
    at = min(at, work.now)      # the computer's clock may have been set back since
    changed = clocks.recompute(work.definition, work.case, at, work.calendars, work.evaluate(at), work.live)
    due = {name: [stamp(old.due_at), stamp(run.due_at)] for name, run in changed.items() if _moved(old := work.case.clocks[name], run)}
    if not due:
        return False
    causes = {work.definition.all_clocks[name].calendar or work.definition.calendar for name in due}
    work.record("recalculated", THE_SYSTEM, at, {
        "due": due, "calendars": {name: _told(versions[name]) for name in sorted(causes)},
        "clocks": {name: clock_json(run) for name, run in changed.items()},
    })
    return True


def _told(versions: Versions) -> list[int]:
    """Old and new version; a case that was recorded later than a change it did not see yet, counted by the version before."""
    return [versions.old if versions.old < versions.new else max(versions.new - 1, 1), versions.new]


def _moved(old: ClockRun, new: ClockRun) -> bool:
    return old.due_at != new.due_at or old.unknown != new.unknown


def _count_by(work: Work, versions: Mapping[str, int]) -> None:
    work.count_by({name: calendar_version(work.house.store, work.conn, name, version) for name, version in versions.items()})


def _versions(work: Work, at: datetime) -> dict[str, Versions]:
    """The versions of each calendar of the procedure just before an instant and from then on."""
    found = {}
    for name in sorted(calendars_of(work.definition)):
        known = calendar_changes(work.house.store, work.conn).versions.get(name, ())
        old = [version for version, since in known if since < at] or [version for version, _ in known[:1]]
        new = [version for version, since in known if since <= at] or old
        if known:
            found[name] = Versions(old[-1], new[-1])
    return found
