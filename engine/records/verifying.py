"""Whether history is what was recorded: each stream by itself, then each case against the fold of its stream."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, func, select

from engine.deciding.case import CaseState, Event, apply, case_json, opened
from engine.deciding.others import kept_values
from engine.ground.canonical import canonical, digest
from engine.ground.errors import MakegoodError, Tampered, Unavailable
from engine.ground.language import say
from engine.records import files, history, library, others, personal, sealing
from engine.records.cases import CASE
from engine.records.files import FILE
from engine.records.history import EVENT
from engine.records.library import CALENDAR, DEFINITION, ORGANISATION
from engine.records.store import Store
from engine.records.verifying_figures import Figures, Kept, Watch, kept, wrong_in_case, wrong_in_cycle

_rows = select(EVENT.c.stream, EVENT.c.seq, EVENT.c.kind, EVENT.c.occurred_at, EVENT.c.recorded_at, EVENT.c.body, EVENT.c.hash)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row of a stream that does not verify."""

    stream: str
    seq: int                             # of the row; 0 when no row can be named
    what: str


@dataclass(slots=True)
class Stream:
    """A stream as it is walked, up to its first broken row."""

    name: str
    anchored: Mapping[int, Mapping[str, str]]            # seq → hash → the anchor file that names it
    seq: int = 0
    head: str = ""
    last: Event | None = None
    case: CaseState | None = None                        # the fold, of a case's stream
    committed: dict[tuple[int, str], str] = field(default_factory=dict)    # (event, name) → commitment
    watch: Watch | None = None                           # of what is counted
    figures: Figures = field(default_factory=Figures)    # what is to be counted of it
    upheld: int = 0                                      # anchored rows that are still there
    broken: Broken | None = None

    def take(self, row: Row[Any]) -> None:
        """Check the next row; the first thing wrong is kept in `broken`."""
        if self.broken is not None:
            return
        if row.seq != self.seq + 1:
            self._break(self.seq + 1, say("is missing"))
            return
        self.seq = row.seq
        what = self._wrong(row)
        if what:
            self._break(row.seq, what)

    def end(self) -> None:
        """Check that nothing anchored lies beyond the last row."""
        beyond = [seq for seq in self.anchored if seq > self.seq]
        if self.broken is None and beyond:
            file = next(iter(self.anchored[min(beyond)].values()))
            self._break(self.seq + 1, say("is missing: row {seq} was anchored in {file}", seq=min(beyond), file=file))

    def _break(self, seq: int, what: str) -> None:
        self.broken = Broken(self.name, seq, what)

    def _wrong(self, row: Row[Any]) -> str:
        if history.chained(self.head, row.body) != row.hash:
            return say("was changed, or the row before it: its hash does not follow from them")
        self.head = row.hash
        anchored = self.anchored.get(row.seq)
        if anchored is not None:
            if row.hash not in anchored:
                file = next(iter(anchored.values()))
                return say("is not what was anchored in {file}: it or a row before it was rewritten", file=file)
            self.upheld += 1
        try:
            event = history.event_from(json.loads(row.body))
        except (ValueError, KeyError, TypeError):
            return say("cannot be read")
        if (event.stream, event.seq, event.kind, event.occurred_at, event.recorded_at) != (
            row.stream, row.seq, row.kind, row.occurred_at, row.recorded_at
        ):
            return say("has columns that do not say what was recorded")
        if self.last is not None and event.recorded_at < self.last.recorded_at:
            return say("was recorded before the row that precedes it")
        self.last = event
        return self._fold(event) if self.name.startswith(("case/", "cycle/")) else ""

    def _fold(self, event: Event) -> str:
        try:
            if self.case is not None:
                apply(self.case, event)
            elif self.name.startswith("case/"):
                self.case = opened(event)
            if self.watch is not None:
                self.watch.take(self.figures, event, self.case)
            for key in ("sealed", "said"):
                for name, commitment in event.data.get(key, {}).items():
                    self.committed[event.seq, name] = commitment
        except (KeyError, ValueError, TypeError, IndexError, AttributeError):
            return say("does not fit the events before it")
        return ""


def count(conn: Connection, only: str | None) -> int:
    """How many events there are, in all or in one stream."""
    query = select(func.count()).select_from(EVENT)
    return conn.execute(query.where(EVENT.c.stream == only) if only else query).scalar_one()


def walk(
    conn: Connection, only: str | None, anchored: Mapping[str, Mapping[int, Mapping[str, str]]], store: Store
) -> Iterator[tuple[int, Stream | None]]:
    """Every stream (or one) checked row by row: (rows taken since the last, a stream that ended or None)."""
    watch = Watch(store, conn)
    query = _rows.where(EVENT.c.stream == only) if only else _rows
    stream: Stream | None = None
    taken = 0
    for row in conn.execute(query.order_by(EVENT.c.stream, EVENT.c.seq), execution_options={"yield_per": 1000}):
        if stream is None or row.stream != stream.name:
            if stream is not None:
                stream.end()
                yield taken, stream
                taken = 0
            stream = Stream(row.stream, anchored.get(row.stream, {}), watch=watch)
        stream.take(row)
        taken += 1
        if taken >= 1000:
            yield taken, None
            taken = 0
    if stream is not None:
        stream.end()
        yield taken, stream


def compare(conn: Connection, streams: Sequence[Stream], store: Store) -> None:
    """Check cases, what others know of them, what is counted, personal values and files against the streams that were walked; what is
    wrong goes into `broken`."""
    watch = Watch(store, conn)
    for one in streams:
        if one.name.startswith("cycle/") and one.broken is None:
            wrong = wrong_in_cycle(one.figures, one.name.removeprefix("cycle/"), watch)
            one.broken = wrong and Broken(one.name, *wrong)
    sound = {one.name.removeprefix("case/"): one for one in streams if one.name.startswith("case/") and one.broken is None}
    if not sound:
        return
    rows = {row.number: row for row in conn.execute(select(CASE).where(CASE.c.number.in_(sound)))}
    ids = [row.id for row in rows.values()]
    values: dict[int, dict[tuple[int, str], bytes]] = {case_id: {} for case_id in ids}
    for value in conn.execute(select(personal.PERSONAL).where(personal.PERSONAL.c.case_id.in_(ids))):
        values[value.case_id][value.seq, value.name] = value.box
    sealing.fetch(conn, {sealing.key_of(box) for boxes in values.values() for box in boxes.values()})
    known, counted = others.kept(conn, ids), kept(conn, ids)
    for number, stream in sound.items():
        row = rows.get(number)
        stream.broken = _case_wrong(stream, row) if row is None else (
            _case_wrong(stream, row) or _values_wrong(stream, values[row.id], row.id, conn)
            or _others_wrong(stream, row, known[row.id], store, conn) or _figures_wrong(stream, counted[row.id], watch)
        )


def _case_wrong(stream: Stream, row: Row[Any] | None) -> Broken | None:
    case = stream.case
    if row is None or case is None:
        return Broken(stream.name, stream.seq, say("has a history, but the case itself is missing"))
    try:
        recorded = int(json.loads(row.body)["seq"])
    except (ValueError, KeyError, TypeError):
        return Broken(stream.name, stream.seq, say("the case as stored cannot be read"))
    if recorded > stream.seq:
        return Broken(stream.name, stream.seq + 1, say("is missing: the case as stored has {seq:event|events}", seq=recorded))
    if row.head != stream.head:
        return Broken(stream.name, stream.seq, say("is not the last event that the case as stored names"))
    columns = (row.version_id, row.state, row.owner, row.party_id, row.opened_at, row.closed_at)
    if row.body != canonical(case_json(case)) or columns != (
        case.version_id, case.state, case.owner, case.party, case.opened_at, case.closed_at
    ):
        return Broken(stream.name, stream.seq, say("the case as stored is not what its history makes of it"))
    return None


def _values_wrong(stream: Stream, boxes: Mapping[tuple[int, str], bytes], case_id: int, conn: Connection) -> Broken | None:
    """What is wrong with the personal values, whose keys are destroyed says nothing any more; and with the files that they name."""
    named: list[tuple[int, str]] = []
    for (seq, name), commitment in sorted(stream.committed.items()):
        box = boxes.get((seq, name))
        if box is None:
            return Broken(stream.name, seq, say("its personal value {name} is missing", name=name))
        try:
            plain = sealing.open_box(conn, box)
        except (Tampered, Unavailable):
            return Broken(stream.name, seq, say("its personal value {name} is not what was recorded", name=name))
        if plain is None:
            continue
        value, salt = personal.taken_apart(plain)
        if not personal.matches(value, salt, commitment):
            return Broken(stream.name, seq, say("its personal value {name} is not what was recorded", name=name))
        named += [(seq, key) for key in _files_named(value)]
    for seq, name in sorted(boxes):
        if (seq, name) not in stream.committed:
            return Broken(stream.name, seq, say("there is a personal value {name} that was never recorded", name=name))
    return _files_missing(stream, named, case_id, conn) if named else None


def _files_missing(stream: Stream, named: Sequence[tuple[int, str]], case_id: int, conn: Connection) -> Broken | None:
    try:
        kept = {file.sha256 for file in files.files(conn, case_id)}
    except (Tampered, Unavailable):
        kept = set()
    gone = next((seq for seq, key in named if key not in kept), None)
    return None if gone is None else Broken(stream.name, gone, say("the file attached is missing"))


def _others_wrong(stream: Stream, row: Row[Any], known: Mapping[str, Any], store: Store, conn: Connection) -> Broken | None:
    asked = others.asked(store, conn, row.definition)
    if (not asked and not known) or stream.case is None:
        return None
    try:
        values = kept_values(library.definition(store, conn, row.version_id), stream.case.fields, stream.case.party, asked)
    except (MakegoodError, ValueError, KeyError, TypeError):
        return None          # a version that cannot be read is told by itself
    if known == {name: (value, row.definition, row.opened_at) for name, value in values.items()}:
        return None
    return Broken(stream.name, stream.seq, say("what other cases are told of it is not what its history makes of it"))


def _figures_wrong(stream: Stream, rows: Kept, watch: Watch) -> Broken | None:
    what = wrong_in_case(stream.figures, rows, watch, stream.case) if stream.case is not None else ""
    return Broken(stream.name, stream.seq, what) if what else None


def _files_named(text: str) -> list[str]:
    """The hashes of the files that a personal value names: an attached file, or a field of that type."""
    if '"sha256":' not in text:
        return []
    value = json.loads(text)
    return [one["sha256"] for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict) and "sha256" in one]


def files_wrong(conn: Connection, only: str | None) -> Iterator[Broken]:
    """Files whose content is not what was kept; what an erased key sealed says nothing any more."""
    query = select(CASE.c.number, FILE.c.about, FILE.c.content).join_from(FILE, CASE).order_by(CASE.c.id, FILE.c.id)
    if only is not None:
        query = query.where(CASE.c.number == only.removeprefix("case/"))
    for number, about, content in conn.execute(query, execution_options={"yield_per": 10}):
        try:
            (said,), plain = sealing.open_json(conn, (about,)), sealing.open_box(conn, content)
            if plain is None or said is None or sha256(plain).hexdigest() == said["sha256"]:
                continue
        except (Tampered, Unavailable):
            pass
        yield Broken(history.case_stream(number), 0, say("the content of a file was changed"))


def cases_without_history(conn: Connection) -> Iterator[Broken]:
    """Cases whose whole stream is gone."""
    stream = "case/" + CASE.c.number
    first = select(EVENT.c.seq).where(EVENT.c.stream == stream).exists()
    for number in conn.execute(select(CASE.c.number).where(~first).order_by(CASE.c.number)).scalars():
        yield Broken(history.case_stream(number), 1, say("is missing: the case has no history"))


_PUBLISHED = (
    ("definition", DEFINITION, history.DEFINITIONS, "published"), ("calendar", CALENDAR, history.DEFINITIONS, "calendar"),
    ("organisation", ORGANISATION, history.ORGANISATION, "applied"),
)
"""What is published: its name in events, its table, its stream, the kind of the events that publish it."""


def published_wrong(conn: Connection, broken: set[str]) -> Iterator[Broken]:
    """Published versions that are not what was published, or that history does not know, or that are gone.

    Streams that are `broken` already say nothing reliable about it, and are left out.
    """
    for kind, table, stream, event_kind in _PUBLISHED:
        if stream in broken:
            continue
        said: dict[tuple[str, int], tuple[int, str]] = {}
        for event in history.read(conn, stream):
            if event.kind == event_kind:
                said[str(event.data.get(kind, "")), event.data.get("version", 0)] = (event.seq, event.data.get("hash", ""))
        for row in conn.execute(select(table), execution_options={"yield_per": 20}):
            name = "" if kind == "organisation" else row.name
            known = said.pop((name, row.version), None)
            title = f"{kind} {name} {row.version}".replace("  ", " ")
            if known is None:
                yield Broken(stream, 0, say("{title} is stored, but history does not know of it", title=title))
            elif row.hash != known[1] or digest(row.document) != row.hash:
                yield Broken(stream, known[0], say("{title} as stored is not what was published", title=title))
        for (name, version), (seq, _) in said.items():
            yield Broken(stream, seq, say("{title} was published, but is missing", title=f"{kind} {name} {version}".replace("  ", " ")))
