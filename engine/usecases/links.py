"""What customers do themselves: one action of one case, by a code that counts once and that staff hand to them.

Holding the code is all that a customer has to prove, so it is good for that action and its fields alone, shows no more than the customer
needs to know for it, and ends with its use, with its time, or when it is revoked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from engine.deciding import fields, rights
from engine.deciding.rights import CUSTOMER, Actor
from engine.defining.definition import Action, Definition, FieldType, State, Task
from engine.ground.errors import Denied, Invalid, NotAllowed, NotFound
from engine.ground.language import say, spoken
from engine.records import cases, credentials
from engine.records.credentials import Kind, Patience
from engine.usecases.access import note, note_access, refusals_noted
from engine.usecases.amending import taking_part
from engine.usecases.door import still_open, working
from engine.usecases.house import House, span
from engine.usecases.moving import take
from engine.usecases.surveying import survey_of
from engine.usecases.work import Outcome, Work, take_up

LONGEST_LIFE = timedelta(days=180)
BY_LINK = Actor(CUSTOMER, identified="link")
_PATIENCE = Patience(20, timedelta(seconds=1), timedelta(minutes=1))      # of codes that nobody was given, in all


class GivenOut(NamedTuple):
    """A link as it is handed over: the code is told here and nowhere else."""

    code: str
    link: str | None                     # the code as an address, where the settings name one
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A link that was given out and neither used nor revoked."""

    id: int
    action: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    expired: bool


@dataclass(frozen=True, slots=True)
class LinkView:
    """What a customer sees of a case: what it is about, how it stands, what the link is for."""

    case: str
    procedure: str
    state: str
    action: str
    fields: Mapping[str, str]            # that may be given with it: name → title
    possible: bool                       # as the case stands now
    expires_at: datetime
    contact: str


# --- for staff ---------------------------------------------------------------------------------------------------------------


def give_out(house: House, number: str, action: str, actor: Actor, expires: str = "14 days") -> GivenOut:
    """A link for an action (or task) that the customer may take in some state of the case, though perhaps not in this one.

    Raises NotFound, NotAllowed (no such action for the customer, no customer, closed), Invalid (time), Denied (takes no part).
    """
    now, life = house.clock.now(), span(expires, "expires", LONGEST_LIFE)
    with refusals_noted(house, actor, "customer link", case=number), house.store.writing() as conn:
        work = take_up(house, conn, cases.load(conn, number), now)
        taking_part(work, actor)
        still_open(work)
        known = _for_customers(work)
        if action not in known or work.case.party is None or work.loaded is None:
            raise NotAllowed(
                say("{case}: '{action}' is nothing that the customer could do", case=number, action=action),
                hint=say("What the customer may do: {actions}.", actions=", ".join(known) if work.case.party is not None else "-"),
                case=number, state=work.case.state, action=action, possible=known,
            )
        code, until = credentials.secret(), now + life
        mark = credentials.add(
            conn, Kind.LINK, CUSTOMER, credentials.hashed(code), now, actor.id, name=action, expires_at=until, case_id=work.loaded.id,
            party_id=work.case.party,
        )
        note(conn, now, "link_made", actor, {"case": number, "action": action, "until": until.isoformat(), "credential": mark})
    return GivenOut(code, house.settings.links + code if house.settings.links else None, until)


def _for_customers(work: Work) -> list[str]:
    """The actions and tasks, of whatever state, that the customer may take."""
    every: list[Action | Task] = []
    for state in work.definition.states.values():
        every += [*state.actions.values(), *state.tasks.values()]
    reach = (work.definition, work.case, work.organisation, work.live, work.now)
    return list(dict.fromkeys(what.name for what in every if rights.may(BY_LINK, what.by, *reach)))


def links(house: House, number: str, actor: Actor) -> list[LinkLine]:
    """The links of a case that were neither used nor revoked; raises NotFound, Denied (takes no part)."""
    now = house.clock.now()
    with refusals_noted(house, actor, "customer links", case=number), house.store.reading() as conn:
        work = take_up(house, conn, cases.load(conn, number), now)
        rows = _links_of(conn, taking_part(work, actor))
    return [
        LinkLine(row.id, row.name, row.created_by, row.created_at, row.expires_at, not credentials.live(row, now)) for row in rows
    ]


def revoke(house: House, number: str, actor: Actor, link: int) -> None:
    """Let a link count no more; raises NotFound, Denied (takes no part)."""
    now = house.clock.now()
    with refusals_noted(house, actor, "customer revoke", case=number), house.store.writing() as conn:
        work = take_up(house, conn, cases.load(conn, number), now)
        rows = [row for row in _links_of(conn, taking_part(work, actor)) if row.id == link]
        if not rows:
            raise NotFound(
                say("{case} has no link {id}", case=number, id=link),
                hint=say("`makegood customer links {case}` shows them.", case=number), kind="link", name=str(link),
            )
        credentials.end(conn, rows, now)
        note(conn, now, "link_revoked", actor, {"case": number, "action": rows[0].name})


def _links_of(conn: Connection, work: Work) -> list[Row[Any]]:
    return [] if work.loaded is None else credentials.listed(conn, [Kind.LINK], case_id=work.loaded.id)


# --- for customers -----------------------------------------------------------------------------------------------------------


def look(house: House, code: str) -> LinkView:
    """What the link is for; using it up takes `use`. Raises Denied for a code that does not count (any more)."""
    row = _of_action(heard(house, code))
    with house.store.reading() as conn:
        work = take_up(house, conn, cases.load_id(conn, row.case_id), house.clock.now())
    here, definition = work.definition.states[work.case.state], work.definition
    what = _what(here, row.name)
    asked = _asked(definition, what)
    return LinkView(
        case=work.case.number, procedure=definition.title.in_(spoken()) or definition.name,
        state=here.title.in_(spoken()) or here.name, action=(what.title.in_(spoken()) if what else "") or row.name,
        fields={name: definition.fields[name].title.in_(spoken()) or name if name in definition.fields else name for name in asked},
        possible=what is not None, expires_at=row.expires_at, contact=definition.contact.in_(spoken()),
    )


def use(house: House, code: str, given: Mapping[str, Any]) -> Outcome:
    """Take the action as the customer; `given` are raw values of the fields it asks for, and `comment`.

    Nothing is used up unless the action is taken: both happen in one transaction. Raises Denied for a code that does not count (any
    more), NotAllowed when the case has moved on, Invalid for what is missing, wrong or not asked for.
    """
    row = _of_action(heard(house, code))
    with house.store.reading() as conn:
        number = cases.load_id(conn, row.case_id).case.number
    with working(house, number, BY_LINK, row.name) as door:
        work = door.work
        if not credentials.claim(work.conn, row, work.now) or work.case.party != row.party_id:
            raise no_more()
        what = _what(work.definition.states[work.case.state], row.name)
        if what is None:
            raise _moved_on(work, ())
        asked = _asked(work.definition, what)
        other = sorted(set(given) - set(asked))
        if other:
            raise Invalid(
                say("This link takes no {fields}", fields=", ".join(other)), hint=say("It takes: {fields}.", fields=", ".join(asked)),
                field=other[0], expected=asked,
            )
        try:
            take(work, row.name, BY_LINK, work.now, fields.parse_given(work.definition, given, work.timezone))
        except (NotAllowed, Denied) as error:      # which name staff, and what they could do
            raise _moved_on(work, error.facts.get("reasons", ())) from error
        note(work.conn, work.now, "link_used", BY_LINK, {"case": number, "action": row.name})
    return door.outcome


def heard(house: House, code: str) -> Row[Any]:
    """The link that a code belongs to, if it counts; raises Denied, and for a while without looking when too many do not."""
    now = house.clock.now()
    with house.store.writing() as conn:
        until = credentials.attempt(conn, "links", now, _PATIENCE)
        row = credentials.of_secret(conn, Kind.LINK, code.strip()) if until is None else None
        if row is not None:
            credentials.forgive(conn, "links")
    if row is not None and credentials.live(row, now):
        return row
    why = "blocked" if until else "unknown" if row is None else "expired" if row.ended_at is None else "ended"
    note_access(house, "link_failed", BY_LINK, {"why": [why]})
    if until:
        left = int((until - now).total_seconds()) + 1
        raise Denied(
            say("Too many codes were wrong; the next one is heard in {seconds:second|seconds}", seconds=left),
            hint=say("Wait, then try again."), why=why,
        )
    raise no_more()


def no_more() -> Denied:
    """The error for a code that does not count: the same whatever the reason."""
    return Denied(
        say("This code does not count: it is wrong, or was used, revoked, or its time is over"),
        hint=say("Ask whoever sent it for a new one."), why="link",
    )


def _of_action(row: Row[Any]) -> Row[Any]:
    """A link for an action; raises NotAllowed for one that is for a questionnaire."""
    if survey_of(row.name) is not None:
        raise NotAllowed(
            say("This code is for answering questions"), hint=say("`makegood customer survey CODE` asks them."),
            case="", state="", action=row.name, possible=[],
        )
    return row


def _moved_on(work: Work, reasons: Sequence[str]) -> NotAllowed:
    return NotAllowed(
        say("{case}: this is not possible as the case stands now", case=work.case.number),
        hint=work.definition.contact.in_(spoken()) or say("Ask whoever sent the code."),
        case=work.case.number, state=work.case.state, action="", possible=[], reasons=list(reasons),
    )


def _what(state: State, name: str) -> Action | Task | None:
    return state.actions.get(name) or state.tasks.get(name)


def _asked(definition: Definition, what: Action | Task | None) -> list[str]:
    """The fields that a customer may fill with it: those that it requires (no parties, no files), and a comment."""
    named = [str(case.value) for case in what.require] if what is not None else []
    plain = [name for name in named if name in definition.fields and definition.fields[name].type not in (FieldType.PARTY, FieldType.FILE)]
    return list(dict.fromkeys([*plain, "comment"]))
