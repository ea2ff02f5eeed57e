"""Re-projection: every open case whose clocks count by a changed calendar is brought up to it (clocks rule 13).

In bounded batches of one transaction each. A run that broke off is taken up again by running it once more: what is computed already
comes out the same, so nothing is recorded twice. That a run came to its end stands in the stream `definitions`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from engine.ground.errors import Tampered, Unavailable
from engine.records import cases, history, library, timers
from engine.records.calendar_versions import calendar_changes
from engine.usecases.house import House
from engine.usecases.recalculating import calendars_of, recalculate
from engine.usecases.settling import at_once, settle
from engine.usecases.work import Work, take_up
from engine.usecases.writing import timer, write

BATCH = 100
RECALCULATED = "recalculated"

_CASE, _TIMER = cases.CASE, timers.TIMER


@dataclass(slots=True)
class Reprojected:
    """What a re-projection did."""

    cases: int = 0                       # open cases that count by one of the calendars
    changed: int = 0                     # of these, cases with another due time
    failures: list[tuple[str, str]] = field(default_factory=list)   # (case number, error): run it again once they are mended


def reproject(
    house: House, names: Collection[str], actor: str, progress: Callable[[int, int], None] | None = None, batch: int = BATCH
) -> Reprojected:
    """Bring every case with something still to come that counts by one of these calendars up to the version in force.

    `progress` hears how many of how many cases are done. A case that fails is told and passed over, the others go on.
    """
    done, after = Reprojected(), 0
    with house.store.reading() as conn:
        versions = definitions_with(house, conn, names)
        total = conn.execute(select(func.count()).select_from(_CASE).where(_CASE.c.version_id.in_(versions), _to_come())).scalar_one()
    while ids := _batch(house, versions, after, batch, done):
        after = ids[-1]
        if progress:
            progress(done.cases, total)
    if not done.failures:
        with house.store.writing() as conn:
            now = house.clock.now()
            for name, version in unfinished(house, conn).items():
                if name in names:
                    data = {"calendar": name, "version": version, "cases": done.cases, "changed": done.changed}
                    history.append_to(conn, history.DEFINITIONS, RECALCULATED, actor, now, data)
    return done


def unfinished(house: House, conn: Connection) -> dict[str, int]:
    """The calendars that replaced another version and whose re-projection has not come to its end, with the version in force."""
    wanted = {name: versions[-1][0] for name, versions in calendar_changes(house.store, conn).versions.items() if len(versions) > 1}
    if not wanted:
        return {}
    ended = {
        (event.data.get("calendar"), event.data.get("version"))
        for event in history.read(conn, history.DEFINITIONS) if event.kind == RECALCULATED
    }
    return {name: version for name, version in wanted.items() if (name, version) not in ended}


def definitions_with(house: House, conn: Connection, names: Collection[str]) -> list[int]:
    """The ids of the published definitions that count by one of these calendars and that cases with something to come are on."""
    ids = conn.execute(select(_CASE.c.version_id).where(_to_come()).distinct().order_by(_CASE.c.version_id)).scalars().all()
    return [id_ for id_ in ids if not calendars_of(library.definition(house.store, conn, id_)).isdisjoint(names)]


def _to_come() -> ColumnElement[bool]:
    """Open, or closed with a window that still runs or whose end is not known."""
    waiting = exists().where(_TIMER.c.case_id == _CASE.c.id)
    return or_(_CASE.c.closed_at.is_(None), waiting, _CASE.c.body.contains('"unknown":"'))


def _batch(house: House, versions: Sequence[int], after: int, size: int, done: Reprojected) -> Sequence[int]:
    tally = replace(done)
    with house.store.writing() as conn:
        now = house.clock.now()
        query = select(_CASE.c.id, _CASE.c.number).where(_CASE.c.version_id.in_(versions), _to_come(), _CASE.c.id > after)
        found = conn.execute(query.order_by(_CASE.c.id).limit(size)).all()
        failures = []
        loaded = _together(conn, [row.id for row in found])
        for row in found:
            try:
                with house.store.savepoint(conn):
                    tally.changed += _bring_up(take_up(house, conn, loaded.get(row.id) or cases.load_id(conn, row.id), now))
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 – whatever one case has wrong must not hold up the others
                failures.append((row.number, f"{type(error).__name__}: {error}"))
        tally.cases += len(found)
    done.cases, done.changed = tally.cases, tally.changed      # only what was committed counts
    done.failures += failures
    return [row.id for row in found]


def _together(conn: Connection, ids: Sequence[int]) -> dict[int, cases.Loaded]:
    """The cases of a batch, read together; when one of them cannot be read, none: then each is read alone and fails alone."""
    try:
        return {one.id: one for one in cases.load_batch(conn, ids)}
    except Tampered:
        return {}


def _bring_up(work: Work) -> bool:
    """Settle a case, which computes it anew where its last event is older than a change, and make sure of it whatever the times say."""
    assert work.loaded is not None
    settle(work)
    latest = calendar_changes(work.house.store, work.conn).latest
    if recalculate(work, max(work.now, latest or work.now)):
        at_once(work, work.now)
        settle(work)
    work.count_by({})
    if work.events:
        write(work)
    else:                # a rung before due may have moved, though no due time did
        timers.write(work.conn, work.loaded.id, work.loaded.timer, work.loaded.attempts, timer(work))
    return any(event.kind == RECALCULATED for event in work.events)

