"""Migrating: cases go over to another version of their procedure, because somebody says so and why (clocks rule 19: never by themselves).

Each case alone: one that cannot go over is told with what stands in its way, changes nothing and holds up no other. Done again, it goes
on with those that are left.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from engine.deciding import fields
from engine.deciding.rights import Actor
from engine.ground.errors import Invalid, MakegoodError, Unavailable
from engine.ground.language import say
from engine.records import cases, library
from engine.usecases.access import refusals_noted
from engine.usecases.allowing import allowed
from engine.usecases.going_over import Moved, Target, go_over
from engine.usecases.house import House
from engine.usecases.saying import words
from engine.usecases.sweeping import together
from engine.usecases.work import standing, take_up

BATCH = 100
_CASE = cases.CASE


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants: which version, why, and what the cases lack for it."""

    actor: Actor
    reason: str
    to: int | None = None                                            # without it the latest version
    states: Mapping[str, str] = field(default_factory=dict)          # state that the version lacks → the one that counts instead
    given: Mapping[str, Any] = field(default_factory=dict)           # raw values of fields, for cases without one that fits
    dry_run: bool = False                                            # say what would become of them, and change nothing


@dataclass(frozen=True, slots=True)
class Refused:
    """A case that cannot go over, and why; `problems` are values that do not fit: field, value, expected."""

    number: str
    why: str
    problems: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True)
class Migrated:
    """What became of the cases."""

    moved: list[Moved] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


class _DryRun(Exception):
    """Everything is to be undone."""


def migrate(house: House, numbers: Sequence[str], wanted: Wanted) -> Migrated:
    """Let these cases go over; raises NotFound (case, version) Invalid (reason, state, value) and Denied, and then changes nothing."""
    with refusals_noted(house, wanted.actor, "migrate"), house.store.reading() as conn:
        ids = [cases.load(conn, number).id for number in dict.fromkeys(numbers)]
        _check(house, conn, {row[0] for row in conn.execute(select(_CASE.c.definition).where(_CASE.c.id.in_(ids)))}, wanted)
    done = Migrated()
    for first in range(0, len(ids), BATCH):
        _batch(house, ids[first:first + BATCH], wanted, done)
    return done


def migrate_all(
    house: House, bundle: str, wanted: Wanted, *, since: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Migrated:
    """Let every open case of a bundle go over, or those on version `since`, in batches of one transaction each.

    `progress` hears how many of how many are done. Raises NotFound (bundle, version), Invalid (reason, state, value) and Denied.
    """
    with refusals_noted(house, wanted.actor, "migrate"), house.store.reading() as conn:
        target = _check(house, conn, {bundle}, wanted)[bundle]
        which = [_CASE.c.definition == bundle, _CASE.c.closed_at.is_(None), _CASE.c.version_id != target.id]
        if since is not None:
            which.append(_CASE.c.version_id == library.document(conn, bundle, since).id)
        total = conn.execute(select(func.count()).select_from(_CASE).where(*which)).scalar_one()
    done, after = Migrated(), 0
    query = select(_CASE.c.id).where(*which).order_by(_CASE.c.id).limit(BATCH)
    while True:
        with house.store.reading() as conn:
            ids = conn.execute(query.where(_CASE.c.id > after)).scalars().all()
        if not ids:
            return done
        after = ids[-1]
        _batch(house, ids, wanted, done)
        if progress:
            progress(len(done.moved) + len(done.refused), total)


def _check(house: House, conn: Connection, bundles: set[str], wanted: Wanted) -> dict[str, Target]:
    """The version wanted of each bundle; raises NotFound, Invalid."""
    organisation = library.organisation(house.store, conn)
    standing(organisation, wanted.actor)
    allowed(organisation, wanted.actor, "migrate")
    if not wanted.dry_run:
        words(wanted.reason, "reason")
    found = {}
    for bundle in sorted(bundles):
        document = library.document(conn, bundle, wanted.to)
        definition = library.definition(house.store, conn, document.id)
        for name in wanted.states.values():
            if name not in definition.states or definition.states[name].final:
                raise Invalid(
                    say("{name} is no open state of {bundle} version {version}", name=name, bundle=bundle, version=document.version),
                    hint=say("Its open states are: {states}.", states=", ".join(s.name for s in definition.states.values() if not s.final)),
                    field="state", value=name, expected=[state.name for state in definition.states.values() if not state.final],
                )
        zone = library.calendar(house.store, conn, definition.calendar).timezone
        given = fields.parse_given(definition, wanted.given, zone)
        found[bundle] = Target(document.id, document.version, definition, wanted.states, given, zone)
    return found


def _batch(house: House, ids: Sequence[int], wanted: Wanted, done: Migrated) -> None:
    moved: list[Moved] = []
    refused: list[Refused] = []
    with house.store.writing() as conn:
        now, loaded = house.clock.now(), together(conn, ids)
        targets: dict[str, Target] = {}
        for case_id in ids:
            number = str(case_id)
            try:
                with house.store.savepoint(conn):
                    one = loaded.get(case_id) or cases.load_id(conn, case_id)
                    number = one.case.number
                    if one.definition not in targets:
                        targets |= _check(house, conn, {one.definition}, wanted)
                    work = take_up(house, conn, one, now)
                    moved.append(go_over(work, targets[one.definition], wanted.actor, wanted.reason.strip()))
                    if wanted.dry_run:
                        raise _DryRun
                for told in work.told:
                    loaded.pop(told, None)     # it is another now than when the batch was read
            except _DryRun:
                pass
            except Unavailable:
                raise
            except MakegoodError as error:
                refused.append(Refused(number, error.message, tuple(error.facts.get("problems", ()))))
            except Exception as error:  # noqa: BLE001 – whatever one case has wrong must not hold up the others
                refused.append(Refused(number, f"{type(error).__name__}: {error}"))
    done.moved += moved      # only what was committed counts
    done.refused += refused
