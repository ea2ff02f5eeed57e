"""Reports that are made by themselves: each once for each time it is due, kept as a file of the house, and sent to whom it is for.

What was made stands in the chained stream `report/<name>`, with the sha256 of the page. Its last event says until when the report was
made, in the transaction that puts the notices into the outbox: so none is made twice, and none is left out when the scheduler was away.
"""

import os
from collections.abc import Iterable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection

from engine.deciding.reports import Report
from engine.deciding.rights import THE_SYSTEM
from engine.deciding.supervising import not_apart
from engine.defining.definition import Definition
from engine.defining.organisation import Organisation, ScheduledReport
from engine.ground.errors import Invalid
from engine.ground.language import say, speak, spoken
from engine.records import history, library, outbox, sealing
from engine.records.engines import alone
from engine.records.outbox import Message
from engine.usecases import report_page, reporting
from engine.usecases.care import Made
from engine.usecases.house import House
from engine.usecases.notifying import BUILTIN_VIA
from engine.usecases.summarising import zone_of

FOLDER = "reports"
"""Where pages are kept, in the folder of the house."""


@dataclass(frozen=True, slots=True)
class Due:
    """A report that is due."""

    declared: ScheduledReport
    moment: datetime                     # when it fell due
    since: date
    until: date


def due(house: House, conn: Connection, now: datetime) -> list[Due]:
    """The scheduled reports that are due, each for the first time that was not made yet. One statement for each report that there is."""
    organisation = library.organisation(house.store, conn)
    zone = zone_of(house, conn) if organisation.reports else "UTC"
    found = []
    for declared in organisation.reports.values():
        day, moment = declared.every.after(_made_until(conn, declared.name) or _declared_at(conn, declared.name), zone)
        if moment <= now:
            found.append(Due(declared, moment, *declared.every.covered(day)))
    return found


def make(house: House, one: Due) -> Made | None:
    """Make a report that is due; None when somebody else did meanwhile. Raises Invalid when those who make it also serve and when its
    file cannot be written, and as `reporting.make` does."""
    context = copy_context()
    context.run(speak, house.settings.language)
    return context.run(_make, house, one)


def _make(house: House, one: Due) -> Made | None:
    declared = one.declared
    with house.store.reading() as conn:
        organisation = library.organisation(house.store, conn)
        wrong = list(problems(organisation, library.definitions(house.store, conn), [declared]))
    if wrong:
        raise Invalid(wrong[0], hint=say("Give the post under `by` to somebody who does not serve there."), field="by", expected="")
    makers = ", ".join(organisation.people[person].name for person in organisation.holders(declared.by))
    report = reporting.make(
        house, declared.report, THE_SYSTEM, definitions=declared.of, since=one.since, until=one.until, title=declared.title.in_(spoken()),
        made_by=f"{declared.by} ({makers})",
    )
    page, text = report_page.html(report), report_page.markdown(report)
    with house.store.writing() as conn:
        stream = history.report_stream(declared.name)
        alone(conn, stream)
        before = _made_until(conn, declared.name)
        if before is not None and before >= one.moment:
            return None
        people = list(recipients(library.organisation(house.store, conn), declared))
        file = Path(FOLDER) / declared.name / f"{one.since}.html"
        history.append_to(conn, stream, "made", THE_SYSTEM, house.clock.now(), {
            "report": declared.report, "due": one.moment.isoformat(), "since": str(one.since), "until": str(one.until), "by": declared.by,
            "to": people, "file": str(file), "sha256": sha256(page.encode()).hexdigest(),
        })
        if people:
            outbox.put(conn, list(_messages(report, people, text, (file.name, page))), sealing.new_key(conn), house.clock.now())
        _keep(house.settings.folder / file, page)       # before it is committed: a crash leaves a file that is written again
    return Made(declared.name, f"{report.title}, {report.period}", str(file), text)


def _messages(report: Report, people: Iterable[str], text: str, attached: tuple[str, str]) -> Iterator[Message]:
    for person in people:
        yield Message(
            case_id=None, name="report", person=person, via=BUILTIN_VIA, language=spoken(), subject=f"{report.title}, {report.period}",
            text=text, attached=attached,
        )


def recipients(organisation: Organisation, declared: ScheduledReport) -> Iterator[str]:
    """Everybody to whom a report goes, each once: people, members of groups, holders of posts, in the order written."""
    seen = dict[str, None]()
    for name in declared.to:
        group = organisation.groups.get(name)
        seen |= dict.fromkeys([name] if name in organisation.people else group.members if group else organisation.holders(name))
    yield from seen


def problems(organisation: Organisation, definitions: Iterable[Definition], which: Iterable[ScheduledReport]) -> Iterator[str]:
    """Where those who make a report also serve in what it is about."""
    known = list(definitions)
    for declared in which:
        covered = [one for one in known if not declared.of or one.name in declared.of]
        for person, role, bundle in not_apart(organisation, covered, declared.by):
            yield say("The report {name} is made by {by}, but {who}, who holds that post, serves in {bundle} as {role}",
                      name=declared.name, by=declared.by, who=person, bundle=bundle, role=role)


def _made_until(conn: Connection, name: str) -> datetime | None:
    """The moment for which a report was made last."""
    last = history.last(conn, history.report_stream(name))
    return None if last is None else datetime.fromisoformat(last.data["due"])


def _declared_at(conn: Connection, name: str) -> datetime:
    """When a report was declared first: what fell due before is nobody's wish."""
    return next(since for since, organisation in library.organisations(conn) if name in organisation.reports)


def _keep(path: Path, page: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.partial")
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise Invalid(       # of this report alone: the database is well, and all else goes on
            say("{file} cannot be written: {reason}", file=str(path), reason=error.strerror or str(error)),
            hint=say("Choose a folder in which you may write."), field=FOLDER, value=str(path),
        ) from error
