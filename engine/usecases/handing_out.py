"""Handing out everything that is held about a person: what they may ask for by law."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from engine.deciding.survey_record import survey_json
from engine.ground.errors import Invalid, Unavailable
from engine.ground.language import say
from engine.records import cases, classes, files, library, outbox, parties
from engine.records.cases import CASE
from engine.usecases.access import refusals_noted
from engine.usecases.allowing import allowed
from engine.usecases.house import House
from engine.usecases.reading import history_of, view_of
from engine.usecases.revealing import Reveal, note_revealed
from engine.usecases.views import CaseView

DATA = "data.json"
_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What was written."""

    folder: Path
    cases: tuple[str, ...]
    files: int


def export_party(house: House, what: str, folder: Path, reveal: Reveal) -> HandedOut:
    """Write everything held about a party (by its number, or that of one of its cases) into a new folder; recorded first.

    `data.json` holds the details, cases, values, history in words and notices; beside it lie the files, under names of our own. A case
    without a party is handed out alone. Raises NotFound, Denied for whoever has not the right `reveal`, Invalid for a folder that is
    there already, Unavailable when it cannot be written.
    """
    with refusals_noted(house, reveal.actor, "export", of=what), house.store.reading() as conn:
        allowed(library.organisation(house.store, conn), reveal.actor, "reveal")
        party_id, numbers = _meant(conn, what)
    if folder.exists():
        raise Invalid(
            say("{folder} is there already", folder=str(folder)), hint=say("Name a folder that does not exist yet."), field="out",
            expected="new folder",
        )
    note_revealed(house, reveal, "export", party=party_id, cases=numbers)
    with house.store.reading() as conn:
        details = asdict(parties.party(conn, party_id)) if party_id is not None else None
        given = [asdict(one) for one in classes.history(conn, party_id)] if party_id is not None else []
    views = [view_of(house, number, reveal) for number in numbers]
    told = [history_of(house, number, reveal)[0] for number in numbers]
    count = 0
    try:
        folder.mkdir(mode=0o700, parents=True)
        documents = []
        for view, lines in zip(views, told, strict=True):
            with house.store.reading() as conn:
                kept = list(_files(conn, view, folder))
                answers = {name: survey_json(run) for name, run in cases.load(conn, view.number).case.surveys.items()}
                notices = list(_notices(conn, view.number))
            count += len(kept)
            documents.append({**asdict(view), "history": [asdict(line) for line in lines], "notices": notices, "files": kept,
                              **({"surveys": answers} if answers else {})})
        document = {"party": details, "cases": documents, **({"classes": given} if given else {})}
        _write(folder / DATA, json.dumps(document, ensure_ascii=False, indent=2, default=str).encode() + b"\n")
    except OSError as error:
        raise Unavailable(
            say("{file} cannot be written: {reason}", file=str(folder), reason=error.strerror or str(error)),
            hint=say("Choose a place where you may write."), path=str(folder),
        ) from error
    return HandedOut(folder, tuple(numbers), count)


def _meant(conn: Connection, what: str) -> tuple[int | None, list[str]]:
    """The party meant and the numbers of its cases; raises NotFound."""
    if not what.isascii() or not what.isdigit():
        loaded = cases.load(conn, what)
        if loaded.case.party is None:
            return None, [what]
        party_id = loaded.case.party
    else:
        party_id = parties.party(conn, int(what)).id
    return party_id, list(conn.execute(select(CASE.c.number).where(CASE.c.party_id == party_id).order_by(CASE.c.id)).scalars())


def _notices(conn: Connection, number: str) -> Iterator[Mapping[str, Any]]:
    rows = outbox.listing(conn, case=number, limit=100_000)
    for row, said in reversed(list(zip(rows, outbox.words(conn, rows), strict=True))):
        yield {
            "id": row.id, "name": row.name, "to": row.person or "customer", "status": row.status, "created_at": row.created_at,
            "sent_at": row.sent_at, "channel": row.channel, "subject": said and said.subject, "text": said and said.text,
        }


def _files(conn: Connection, view: CaseView, folder: Path) -> Iterator[Mapping[str, Any]]:
    """Write each file of a case under a name of our own, and tell which."""
    case_id = cases.load(conn, view.number).id
    for place, file in enumerate(files.files(conn, case_id), start=1):
        name = f"{_harmless(view.number)}-{place}{_ending(file.name)}"
        _write(folder / name, files.content(conn, case_id, file.sha256))
        yield {"file": name, "name": file.name, "type": file.media_type, "size": file.size, "sha256": file.sha256}


def _ending(name: str) -> str:
    """The ending of a file's name if it is a plain one: whoever attached it may have written anything."""
    ending = os.path.splitext(name)[1]
    return ending if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", ending) else ""


def _harmless(text: str) -> str:
    return _UNSAFE.sub("_", text).lstrip(".")


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        out.write(content)
