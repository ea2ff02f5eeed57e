"""Asking customers: what the doing `survey` brings about. Who is drawn is invited by a notice with a link that counts once.

Whether a case is drawn follows from its number under the house's own key: the same whenever it is worked out again, and to be foreseen by
nobody who does not hold that key.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from engine.deciding import sampling
from engine.deciding.case import CaseState
from engine.deciding.rights import THE_SYSTEM
from engine.deciding.survey_record import Became, SurveyRun, survey_from, survey_json
from engine.defining.definition import Definition, FieldType
from engine.defining.survey import Survey
from engine.ground.duration import Duration
from engine.ground.errors import NotFound
from engine.ground.language import say
from engine.records import credentials, outbox, parties, sealing, surveyed
from engine.records.credentials import Kind
from engine.usecases.access import note
from engine.usecases.house import span
from engine.usecases.notifying import Outgoing
from engine.usecases.work import Invitation, Work

INVITATION, REMINDER = "survey", "survey_reminder"
"""The notices that the product brings for it."""
_LONGEST = timedelta(days=180)
_FOR_SURVEYS = "survey "
"""What the name of a link begins with that is for a questionnaire; actions have no spaces."""


def questionnaire(definition: Definition, name: str) -> Survey:
    """A questionnaire of a bundle; raises NotFound."""
    found = definition.surveys.get(name)
    if found is None:
        raise NotFound(
            say("There is no questionnaire '{name}'", name=name),
            hint=say("Known: {known}.", known=", ".join(definition.surveys) or "-"), kind="survey", name=name,
        )
    return found


def link_name(survey: str) -> str:
    """How the link for a questionnaire is called among the links of a case."""
    return _FOR_SURVEYS + survey


def survey_of(link: str) -> str | None:
    """The questionnaire that a link is for; None for one that is for an action."""
    return link.removeprefix(_FOR_SURVEYS) if link.startswith(_FOR_SURVEYS) else None


def ask(work: Work, name: str, scope: Mapping[str, Any], data: dict[str, Any]) -> None:
    """Let a questionnaire find out whether the customer of the case is asked, and invite them; one that still waits is not sent again."""
    spec = work.definition.surveys[name]
    had, now = work.case.surveys.get(name), work.now
    if had is not None and had.waits(now) or name in data.get("surveys", {}):
        return
    stratum, share = sampling.stratum_of(spec.sample, scope)
    became = _becomes(work, name, had.n + 1 if had else 1, share, data)
    closes = now + _after(spec) + _span(spec.closes) if became is Became.ASKED else None
    run = SurveyRun(name, had.n + 1 if had else 1, became, now, stratum, format(share.normalize(), "f"), closes)
    data.setdefault("surveys", {})[name] = survey_json(run)
    if closes is not None:
        _invite(work, spec, closes, data)


def _becomes(work: Work, name: str, n: int, share: Any, data: Mapping[str, Any]) -> Became:
    party = data.get("party", work.case.party)
    seed = sealing.fingerprint(work.conn, f"survey/{work.definition.name}/{name}/{work.case.number}/{n}")
    if not sampling.drawn(seed, share):
        return Became.PASSED
    if party is None or parties.customer(work.conn, party) is None:
        return Became.NOBODY
    return Became.OPTED_OUT if parties.asked_no_more(work.conn, party) else Became.ASKED


def _invite(work: Work, spec: Survey, closes: datetime, data: dict[str, Any]) -> None:
    code, links = credentials.secret(), work.house.settings.links
    work.invitations.append(Invitation(spec.name, code, closes))
    facts = {
        "survey": spec.title, "invitation": spec.invitation, "opt_out": spec.opt_out, "link": links + code if links else code,
        "due_at": closes,
    }
    first = work.now + _after(spec)
    times = {INVITATION: first, **({REMINDER: first + _span(spec.remind)} if spec.remind else {})}
    for notice, at in times.items():
        work.outgoing.append(Outgoing(notice, "customer", facts, spec.via, at))
    data.setdefault("notices", []).append([INVITATION, "customer"])


def _after(spec: Survey) -> timedelta:
    return _span(spec.after) if spec.after else timedelta()


def _span(duration: Duration) -> timedelta:
    return span(str(duration), "survey", _LONGEST)


def give_out(work: Work, case_id: int) -> None:
    """Make the links of these invitations count: part of the transaction that writes the case."""
    for one in work.invitations:
        mark = credentials.add(
            work.conn, Kind.LINK, "customer", credentials.hashed(one.code), work.now, THE_SYSTEM.id, name=link_name(one.survey),
            expires_at=one.until, case_id=case_id, party_id=work.case.party,
        )
        note(work.conn, work.now, "link_made", THE_SYSTEM, {
            "case": work.case.number, "action": link_name(one.survey), "until": one.until.isoformat(), "credential": mark,
        })
    work.invitations = []


def keep(work: Work, case_id: int) -> None:
    """Write what the last events of a case changed of its questionnaires, to be counted."""
    said = [survey_from(name, form) for event in work.events for name, form in event.data.get("surveys", {}).items()]
    runs = {(run.name, run.n): run for run in said}
    surveyed.put(work.conn, case_id, work.definition.name, list(runs.values()), about(work.definition, work.case))


def about(definition: Definition, case: CaseState) -> dict[str, str]:
    """What those asked are compared by with all: the public choices of the case."""
    return {
        name: str(value) for name, field in definition.fields.items()
        if field.type is FieldType.CHOICE and not field.many and not field.is_personal and (value := case.fields.get(name)) is not None
    }


def end(conn: Connection, case_id: int, survey: str, now: datetime) -> None:
    """Let a questionnaire be over: its link counts no more, and what is not sent yet is not sent."""
    links = credentials.listed(conn, [Kind.LINK], case_id=case_id)
    credentials.end(conn, [row for row in links if row.name == link_name(survey)], now)
    outbox.cancel_unsent(conn, case_id=case_id, names=(INVITATION, REMINDER))
