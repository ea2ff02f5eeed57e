"""Answering a questionnaire: the customer by a code that counts once, staff for a customer on the telephone, or from a table of answers.

Levels stand in history as they are; free words are sealed like everything that customers say. So after an erasure it remains known how many
answered what, and of nobody what they answered.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.deciding import rights
from engine.deciding.answers import NOTHING, Answers, questions, read_answers
from engine.deciding.rights import Actor
from engine.deciding.survey_record import Became, SurveyRun, survey_json
from engine.defining.checks_surveys import EXPECTED
from engine.defining.survey import Survey
from engine.ground.errors import Denied, Invalid, MakegoodError, NotAllowed
from engine.ground.language import say, spoken
from engine.records import cases, credentials, outbox, parties
from engine.usecases import surveying
from engine.usecases.access import note
from engine.usecases.amending import taking_part
from engine.usecases.door import working
from engine.usecases.house import House
from engine.usecases.importing import read_table
from engine.usecases.links import BY_LINK, heard, no_more
from engine.usecases.naming import became_in_words
from engine.usecases.work import Work, take_up

LINK, TABLE = "link", "table"
CASE = "case"
"""The column of a table of answers that names the case."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as a customer reads it."""

    name: str                            # under which the answer is given
    factor: str
    ask: str


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A questionnaire as a customer reads it, in the language spoken."""

    title: str
    invitation: str
    opt_out: str
    levels: tuple[str, ...]              # from 1, the worst
    questions: tuple[Asked, ...]
    comment: str                         # the question answered in free words, "" without one
    until: datetime | None = None


@dataclass(slots=True)
class Taken:
    """What came of a table of answers; `bad` holds (line of the file, reason)."""

    answered: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)


def look(house: House, code: str) -> Questionnaire:
    """What a code asks; raises Denied for one that does not count (any more)."""
    row = heard(house, code)
    with house.store.reading() as conn:
        work = take_up(house, conn, cases.load_id(conn, row.case_id), house.clock.now())
    name = _meant(row)
    return replace(_shown(surveying.questionnaire(work.definition, name)), until=row.expires_at)


def answer_by_code(house: House, code: str, given: Mapping[str, Any]) -> SurveyRun:
    """Take the customer's answers; the code is used up only when they are taken. Raises Denied, Invalid, NotAllowed."""
    with _by_code(house, code) as (work, name, row):
        run = _answer(work, name, BY_LINK, given, LINK)
        note(work.conn, work.now, "link_used", BY_LINK, {"case": work.case.number, "action": row.name})
    return run


def decline_by_code(house: House, code: str) -> SurveyRun:
    """The customer does not want to be asked, now and ever again; raises Denied."""
    with _by_code(house, code) as (work, name, row):
        run = _end(work, name, Became.DECLINED, BY_LINK, LINK)
        _ask_no_more(work, row.party_id, BY_LINK)
    return run


@contextmanager
def _by_code(house: House, code: str) -> Iterator[tuple[Work, str, Any]]:
    """The case of a code, the questionnaire and the code's row; the code counts for what is done there, and no more."""
    row = heard(house, code)
    name = _meant(row)
    with house.store.reading() as conn:
        number = cases.load_id(conn, row.case_id).case.number
    with working(house, number, BY_LINK, row.name) as door:
        if not credentials.claim(door.work.conn, row, door.work.now) or door.work.case.party != row.party_id:
            raise no_more()
        yield door.work, name, row


def answer_for(house: House, number: str, name: str, actor: Actor, given: Mapping[str, Any], via: str = "phone") -> SurveyRun:
    """Enter what a customer answered otherwise; for those whom the questionnaire names under `by`. Raises Denied, Invalid, NotAllowed."""
    with working(house, number, actor, "survey answer") as door:
        work = door.work
        if name not in work.definition.surveys:
            taking_part(work, actor)        # to others the case says nothing
        survey = surveying.questionnaire(work.definition, name)
        reach = (work.definition, work.case, work.organisation, work.live)
        if not rights.may(actor, survey.by, *reach, work.now):
            could = rights.who_could(survey.by, *reach)
            raise Denied(
                say("{who} may not enter answers to '{survey}'; these may: {could}", who=actor.id, survey=name,
                    could=", ".join(could) or say("nobody")),
                hint=say("The questionnaire names them under `by`."), who=actor.id, why="role", who_could=could, reasons=["role"],
            )
        return _answer(work, name, actor, given, via)


def answers_from(house: House, name: str, path: Path, actor: Actor) -> Taken:
    """Enter a table of answers: a column `case`, one for each question, perhaps `comment`. A row that cannot be used is
    told, the rest kept; what was answered before is not taken twice."""
    table = read_table(path)
    if CASE not in table.header:
        raise Invalid(say("The table has no column '{column}'", column=CASE), hint=say("It holds the number of the case."), field=CASE,
                      expected=CASE)
    taken = Taken(bad=[(row.line, row.problem) for row in table.rows if row.problem])
    for row in table.rows:
        if row.problem:
            continue
        given = {column: cell.strip() for column, cell in row.cells.items() if column != CASE}
        try:
            answer_for(house, row.cells[CASE].strip(), name, actor, given, TABLE)
            taken.answered += 1
        except MakegoodError as error:
            taken.bad.append((row.line, error.message))
    taken.bad.sort()
    return taken


def ask_no_more(house: House, number: str, actor: Actor, *, again: bool = False) -> bool:
    """Keep that the customer of a case does not want to be asked, in any case, or (`again`) that they do; whether that is a change.

    For whoever takes part in the case. Raises Denied, NotFound; NotAllowed for a case without a customer.
    """
    with working(house, number, actor, "survey stop") as door:
        work = taking_part(door.work, actor)
        if work.case.party is None:
            raise NotAllowed(say("{case} names no customer", case=number), hint=say("Nobody is asked in it."), case=number,
                             state=work.case.state, action="survey stop", possible=[])
        if again:
            changed = parties.ask_no_more(work.conn, work.case.party, None)
            if changed:
                note(work.conn, work.now, "asked_again", actor, {"party": work.case.party, "case": number})
            return changed
        for run in list(work.case.surveys.values()):
            if run.waits(work.now):
                _end(work, run.name, Became.DECLINED, actor, "phone")
        return _ask_no_more(work, work.case.party, actor)


# --- inside -----------------------------------------------------------------------------------------------------------------


def _answer(work: Work, name: str, actor: Actor, given: Mapping[str, Any], via: str) -> SurveyRun:
    read = read_answers(surveying.questionnaire(work.definition, name), given)
    return _end(work, name, Became.ANSWERED, actor, via, read)


def _end(
    work: Work, name: str, became: Became, actor: Actor, via: str, answers: Answers = NOTHING
) -> SurveyRun:
    had = work.case.surveys.get(name)
    if had is None or not had.waits(work.now) or work.loaded is None:
        state = became_in_words(had.became) if had is not None and had.became is not Became.ASKED else say("not asked (any more)")
        raise NotAllowed(
            say("{case}: no answer to '{survey}' is awaited: {state}", case=work.case.number, survey=name, state=state),
            hint=say("Only customers who were asked can answer, once, as long as the questionnaire is open."),
            case=work.case.number, state=work.case.state, action=surveying.link_name(name), possible=[],
        )
    run = replace(had, became=became, ended_at=work.now, via=via, scores=answers.scores, expected=answers.expected)
    data: dict[str, Any] = {"surveys": {name: survey_json(run)}}
    if answers.comment:
        work.say_in(data, "comment", answers.comment)
    work.record("survey_answered" if became is Became.ANSWERED else "survey_declined", actor, work.now, data)
    surveying.end(work.conn, work.loaded.id, name, work.now)
    return run


def _ask_no_more(work: Work, party_id: int, actor: Actor) -> bool:
    changed = parties.ask_no_more(work.conn, party_id, work.now)
    if changed:
        note(work.conn, work.now, "asked_no_more", actor, {"party": party_id, "case": work.case.number})
        outbox.cancel_unsent(work.conn, party_id=party_id, names=(surveying.INVITATION, surveying.REMINDER))
    return changed


def _meant(row: Any) -> str:
    name = surveying.survey_of(row.name)
    if name is None:
        raise NotAllowed(
            say("This code is not for a questionnaire"), hint=say("`makegood customer show CODE` says what it is for."),
            case="", state="", action=row.name, possible=[],
        )
    return name


def _shown(survey: Survey) -> Questionnaire:
    language = spoken()
    asked = {question.name: (factor, question) for factor, question in survey.items()}
    lines = []
    for given, name in questions(survey).items():
        factor, question = asked[name]
        words = question.expected if given.endswith(EXPECTED) else question.ask
        lines.append(Asked(given, factor.title.in_(language) or factor.name, words.in_(language)))
    return Questionnaire(
        survey.title.in_(language), survey.invitation.in_(language), survey.opt_out.in_(language),
        tuple(level.in_(language) for level in survey.levels), tuple(lines), survey.comment.in_(language),
    )
