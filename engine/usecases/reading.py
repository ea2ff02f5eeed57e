"""Looking at one case: everything about it as it stands, and its history in words. Writes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.deciding.case import CaseState, ClockRun, ClockStatus
from engine.defining.checks_walk import only_system
from engine.defining.definition import Definition, Field, FieldType
from engine.defining.organisation import Organisation
from engine.defining.vocabulary import Sight
from engine.ground.language import spoken
from engine.ground.masking import HIDDEN, masked_party
from engine.records import cases, files, library, outbox, parties, personal
from engine.records import history as stream
from engine.records.library import Document, Version
from engine.usecases.house import House
from engine.usecases.naming import in_words
from engine.usecases.requests_view import requests_of
from engine.usecases.revealing import Looker, Reveal, on_record, seen_by
from engine.usecases.telling import HistoryLine, Teller
from engine.usecases.views import CaseView, ClockView, FieldView, NoticeView, TaskView


def show(house: House, number: str, by: Looker) -> CaseView:
    """A case as it stands, personal data masked; raises NotFound. A fixed number of statements, whatever the case holds.

    To a `Reveal` personal data are shown as they are, which is recorded first. Fields that are for other readers (`sees:`) stay masked.
    Raises Denied for whoever may not see the case, or its personal data where they ask for them.
    """
    with on_record(house, by, "case", case=number) as facts:
        view = view_of(house, number, by)
        facts["fields"] = [field.name for field in view.fields if field.personal]
        if view.files:
            facts["files"] = len(view.files)
    return view


def view_of(house: House, number: str, by: Looker) -> CaseView:
    """What `show` shows, without recording that somebody looked: for those who record it themselves."""
    now, masked = house.clock.now(), not isinstance(by, Reveal)
    with house.store.reading() as conn:
        loaded = cases.load(conn, number)
        case = loaded.case
        definition = library.definition(house.store, conn, case.version_id)
        people = library.organisation(house.store, conn)
        zone = library.calendar(house.store, conn, definition.calendar).timezone
        values = personal.open_(conn, loaded.id, case.sealed)
        seen = seen_by(house, conn, loaded, by, values=values)
        erased_at = parties.party(conn, case.party).erased_at if case.party is not None else None
        people_outside = _parties(conn, _party_ids(definition, values, case), masked=masked)
        version = library.version_number(house.store, conn, case.version_id)
        notices = tuple(_notice(n) for n in reversed(outbox.listing(conn, case=number, limit=200)))
        (last,) = stream.read(conn, stream.case_stream(number), case.seq - 1)
        kept = tuple(replace(file, sha256="", name=HIDDEN) if masked else file for file in files.files(conn, loaded.id))
    if masked:
        values = _masked(definition, values)
    state = definition.states[case.state]
    clocks = tuple(_clock(definition, run, now) for run in case.clocks.values() if run.existed and run.status is not ClockStatus.OFF)
    shown = _fields(definition, case, values, zone, people_outside, people)
    return CaseView(
        number=case.number, definition=definition.name, version=version, title=definition.title.in_(spoken()), state=case.state,
        state_title=state.title.in_(spoken()) or case.state, awaits=state.awaits, owner=case.owner, owner_name=_name(people, case.owner),
        customer=people_outside.get(case.party) if case.party else None, opened_at=case.opened_at, closed_at=case.closed_at,
        due_at=loaded.due_at, overdue=any(c.overdue for c in clocks), breaches=sum(c.breached_at is not None for c in clocks),
        revision=loaded.revision, timezone=zone, at=now,
        fields=tuple(one if one.name not in seen.hidden else replace(one, value=HIDDEN, text=HIDDEN) for one in shown),
        tasks=tuple(_tasks(definition, case)), clocks=clocks, added=tuple(case.added), links=tuple(case.links), notices=notices, files=kept,
        erased_at=erased_at, revealed=not masked,
        actions=tuple(name for name, action in state.actions.items() if not only_system(action)),
        open_tasks=tuple(name for name, task in case.tasks.items() if task.status == "open"),
        last={"kind": last.kind, "actor": last.actor, "on_behalf": last.on_behalf, "identified": last.identified},
        requests=tuple(requests_of(definition, case, people, zone)),
    )


def history(house: House, number: str, by: Looker) -> tuple[list[HistoryLine], str]:
    """The history of a case, event by event, in the words of the language spoken now, and the IANA zone of its procedure.

    Personal values are masked but to a `Reveal`, as in `show`. Raises NotFound, Denied.
    """
    with on_record(house, by, "history", case=number):
        return history_of(house, number, by)


def history_of(house: House, number: str, by: Looker) -> tuple[list[HistoryLine], str]:
    """What `history` tells, without recording that somebody looked: for those who record it themselves."""
    masked = not isinstance(by, Reveal)
    with house.store.reading() as conn:
        loaded = cases.load(conn, number)
        definition = library.definition(house.store, conn, loaded.case.version_id)
        seen = seen_by(house, conn, loaded, by, Sight.HISTORY)
        said = personal.said(conn, loaded.id)
        ids = {v for (_, name), v in said.items() if isinstance(v, int) and _is_party(definition, name)}
        zone = library.calendar(house.store, conn, definition.calendar).timezone
        names = {id_: party["name"] for id_, party in _parties(conn, ids, masked=masked).items()}
        if masked:
            said = {(seq, name): value if _is_party(definition, name) else HIDDEN for (seq, name), value in said.items()}
        teller = Teller(
            definition, library.organisation(house.store, conn), zone, said, names,
            lambda version: library.definition(house.store, conn, version), seen.hidden,
        )
        return list(teller.tell(stream.read(conn, stream.case_stream(number)))), teller.zone


def organisation(house: House) -> Organisation:
    """The organisation in force; an empty one before any was applied."""
    with house.store.reading() as conn:
        return library.organisation(house.store, conn)


def published(house: House, name: str | None = None) -> list[Version]:
    """Every published version, or those of one bundle; by name, latest first. Raises NotFound for an unknown name."""
    with house.store.reading() as conn:
        return library.versions(conn, name)


def published_document(house: House, name: str, version: int | None = None) -> Document:
    """A published version (the latest without a number) as it was written; raises NotFound."""
    with house.store.reading() as conn:
        return library.document(conn, name, version)


def timezone(house: House) -> str:
    """The zone in which times that belong to no case are shown: that of the first definition published; UTC before any."""
    with house.store.reading() as conn:
        first = min(library.versions(conn), key=lambda version: version.id, default=None)
        if first is None:
            return "UTC"
        return library.calendar(house.store, conn, library.definition(house.store, conn, first.id).calendar).timezone


def _name(people: Organisation, id_: str | None) -> str | None:
    known = people.people.get(id_ or "")
    return known.name if known else id_


def _fields(
    definition: Definition, case: CaseState, values: Mapping[str, Any], zone: str, parties: Mapping[int, Mapping[str, str]],
    people: Organisation,
) -> Iterable[FieldView]:
    names = {id_: party["name"] for id_, party in parties.items()}
    for name, spec in definition.fields.items():
        value = values.get(name) if name in case.sealed else case.fields.get(name)
        if value is not None or (name in case.sealed and name not in values):   # filled, or erased
            yield FieldView(
                name,
                spec.title.in_(spoken()) or name,
                spec.type.value,
                _shown(spec, value, parties), in_words(spec, value, zone, names, people),
                spec.is_personal,
            )


def _masked(definition: Definition, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of sealed fields as they are shown masked; parties keep their numbers, whose details are masked."""
    return {name: value if _is_party(definition, name) or value in (None, "", []) else HIDDEN for name, value in values.items()}


def _shown(spec: Field, value: Any, parties: Mapping[int, Mapping[str, str]]) -> Any:
    """A party as its details instead of its number; everything else as it is kept."""
    if spec.type is not FieldType.PARTY:
        return value
    return [parties.get(one) for one in value] if isinstance(value, list) else parties.get(value)


def _tasks(definition: Definition, case: CaseState) -> Iterable[TaskView]:
    for run in case.tasks.values():
        state = definition.states.get(run.state)     # None, as the task, when it was of a version that the case was on before
        spec = state.tasks.get(run.name) if state else None
        clock = case.clocks.get(run.name)
        yield TaskView(
            run.name,
            (spec.title.in_(spoken()) if spec else "") or run.name,
            run.state,
            run.status.value,
            run.opened_at,
            run.ended_at,
            run.assignee,
            clock.due_at if clock and clock.status is ClockStatus.RUNNING else None,
        )


def _clock(definition: Definition, run: ClockRun, now: datetime) -> ClockView:
    spec = definition.all_clocks.get(run.name)       # None when it was of a version that the case was on before
    title = spec.title.in_(spoken()) if spec else ""
    if not title and run.name in definition.states:
        title = definition.states[run.name].title.in_(spoken())
    if not title:
        title = next((task.title.in_(spoken()) for _, task in definition.tasks() if task.name == run.name), "")
    overdue = run.status is ClockStatus.RUNNING and spec is not None and bool(spec.until) and run.due_at is not None and run.due_at < now
    return ClockView(
        run.name, title or run.name, run.status.value, run.started_at, run.budget, run.due_at, run.ended_at, run.breached_at, overdue,
        tuple(run.extended), run.unknown,
    )


def _notice(row: Any) -> NoticeView:
    to = row.person or ("customer" if row.party_id is not None else "")
    return NoticeView(row.id, row.name, to, row.status, row.channel, row.created_at, row.sent_at)


def _is_party(definition: Definition, name: str) -> bool:
    spec = definition.fields.get(name)
    return spec is not None and spec.type is FieldType.PARTY


def _party_ids(definition: Definition, values: Mapping[str, Any], case: CaseState) -> set[int]:
    found = {case.party} if case.party is not None else set()
    for name, value in values.items():
        if _is_party(definition, name):
            found.update(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, int))
    return found


def _parties(conn: Connection, ids: Iterable[int], *, masked: bool) -> dict[int, dict[str, str]]:
    """Parties by id, what is known of each; those no longer there are left out."""
    known = {
        one.id: {"id": str(one.id), **one.known}
        for one in parties.parties(conn, sorted(ids)).values() if one.name is not None
    }
    return {id_: masked_party(details) for id_, details in known.items()} if masked else known
