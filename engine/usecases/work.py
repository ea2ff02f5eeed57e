"""One unit of work on one case: what happens is recorded as events, and everything is written together at the end.

A use case loads a `Work`, lets it record events (each applied to the case at once, so that what follows sees it), and
writes it. Nothing of a case changes in any other way.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from engine.deciding import clocks, dating, duties, fields, rights
from engine.deciding.case import Act, CaseState, ClockRun, ClockStatus, Event, apply, clock_json, task_json
from engine.deciding.clock_figures import consumed
from engine.deciding.expressions import expression
from engine.deciding.obstacles import Situation
from engine.deciding.others import Question
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.deciding.scope import Customer, scope_of
from engine.defining.definition import Definition, EventKind, Happening, Who
from engine.defining.organisation import Organisation
from engine.ground.calendars import Calendar
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.replacing import replace
from engine.ground.valueclass import valueclass
from engine.records import library, others, parties, personal
from engine.records.cases import Loaded
from engine.records.outbox import Message
from engine.usecases.house import House
from engine.usecases.notifying import Outgoing, rendered

if TYPE_CHECKING:
    from engine.deciding.observing import Observation, Seen
    from engine.usecases.upcoming import Upcoming


@valueclass(frozen=True, slots=True)
class Outcome:
    """What a use case did to one case."""

    number: str
    state: str
    revision: int
    events: tuple[Event, ...]            # what the use case itself recorded
    settled: tuple[Event, ...] = ()      # what had fallen due before and was carried out first
    notices: tuple[str, ...] = ()        # names of the notices put into the outbox


@valueclass(frozen=True, slots=True)
class Invitation:
    """A customer who is asked to answer a questionnaire, by a code that counts once."""

    survey: str
    code: str
    until: datetime


@dataclass(slots=True)
class Work:
    """A case under work in one transaction, at one `now`."""

    house: House
    conn: Connection
    now: datetime
    definition: Definition
    organisation: Organisation
    case: CaseState
    loaded: Loaded | None = None         # None while the case is being opened
    customer: Customer | None = None
    actor: Actor = THE_SYSTEM                # who acts just now, while doings are carried out
    given: dict[str, Any] = field(default_factory=dict)      # canonical values given with this action, comment included
    values: personal.Values | dict[str, Any] = field(default_factory=dict)     # canonical values of sealed fields, opened when asked for
    events: list[Event] = field(default_factory=list)
    rows: list[personal.PersonalValue] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)   # of the event that is being put together
    messages: list[Message] = field(default_factory=list)    # those of recorded events, each with the figures of its moment
    reminders: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    put_back: dict[str, ClockRun] = field(default_factory=dict)     # clocks as they are now, while they are seen as they stood
    invitations: list[Invitation] = field(default_factory=list)      # whose links shall count once this is written
    written: list[str] = field(default_factory=list)         # names of notices put into the outbox
    openers: "tuple[Work, ...]" = ()     # while it is being opened by a case: that one last, before it whatever opens that one just now
    told: list[int] = field(default_factory=list)            # ids of cases that were changed and written because this one was closed
    shown: "dict[Seen, Observation | None]" = field(default_factory=dict)      # of a visit: what its events show of the standards
    next_up: "tuple[int, Upcoming | None] | None" = None     # what comes next, and after which event that was found
    to_come: clocks.Known = field(default_factory=dict)
    _calendars: dict[str | None, Calendar] = field(default_factory=dict)

    # --- what decisions look at ---------------------------------------------------------------------------------------

    @property
    def timezone(self) -> str:
        """The zone in which this procedure counts days and shows times."""
        return self.calendars(None).timezone

    def calendars(self, name: str | None) -> Calendar:
        """The calendar of that name as now in force; without a name the procedure's own."""
        if name not in self._calendars:
            self._calendars[name] = library.calendar(self.house.store, self.conn, name or self.definition.calendar)
        return self._calendars[name]

    def count_by(self, calendars: Mapping[str, Calendar]) -> None:
        """Let clocks count by these calendars; those that are not named by the ones in force."""
        own = calendars.get(self.definition.calendar)
        self._calendars = dict(calendars.items())
        self._calendars |= {} if own is None else {None: own}
        self.next_up, self.to_come = None, {}

    def live(self, name: str) -> Any:
        """The live value of a field: given now, or held by the case, opened if personal; None when empty."""
        spec = self.definition.fields.get(name)
        if spec is None:
            return None
        if name in self.given:
            value = self.given[name]
        elif name in self.case.sealed:
            value = self.values.get(name)
        else:
            value = self.case.fields.get(name)
        return None if value is None else fields.live(spec, value, self.timezone)

    def scope(
        self, actor: Actor | None = None, at: datetime | None = None, extra: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """What expressions and texts see at that moment, for that actor."""
        return scope_of(
            self.definition, self.case, at or self.now, personal=self.values, customer=self.customer, organisation=self.organisation,
            actor=actor.id if actor else None, calendar=self.calendars(None), given=self.given, extra=extra or {},
            used=lambda clock: self.used(clock, at or self.now), answer=self._answer,
        )

    def _answer(self, question: Question) -> Any:
        return others.answer(self.conn, self.definition.name, question, self.loaded.id if self.loaded else None)

    def used(self, clock: str, at: datetime) -> timedelta | None:
        """The time a clock has consumed up to that moment, its stops left out; None when it never ran or its calendar ends before."""
        run, spec = self.case.clocks.get(clock), self.definition.all_clocks.get(clock)
        if run is None or spec is None:
            return None
        return consumed(run, at, self.calendars(spec.calendar))

    def situation(self, actor: Actor, at: datetime | None = None) -> Situation:
        """The case as the machine's guards see it for this actor."""
        moment = at or self.now
        return Situation(
            self.definition, self.case, actor, self.organisation, moment, self.scope(actor, moment), self.live, self.calendars,
            recorded=self.now,
        )

    def evaluate(self, at: datetime) -> Callable[[str], Any]:
        """A function that evaluates an expression over the case at that moment."""
        scope = self.scope(at=at)
        return lambda text: expression(text)(scope)

    @contextmanager
    def foreseen(self, data: Mapping[str, Any], actor: Actor, at: datetime) -> Iterator[None]:
        """While doings are carried out, let them see the case with the event they belong to as far as it is written."""
        real, before, name = self.case, self.actor, data.get("act")
        acts, owner = real.acts, data["owner"][1] if "owner" in data else real.owner
        if name:
            had, actors = acts.get(name), [actor.id, *([actor.on_behalf] if actor.on_behalf else [])]
            acts = {**acts, name: Act(had.count + 1 if had else 1, at, [*(had.actors if had else ()), *actors])}
        self.case = replace(real, acts=acts, owner=owner, state=data.get("to", real.state))
        self.actor = actor
        try:
            yield
        finally:
            self.case, self.actor = real, before

    # --- recording ------------------------------------------------------------------------------------------------------

    @contextmanager
    def back_dated(self, at: datetime) -> Iterator[None]:
        """Let what is decided and recorded meanwhile see the clocks as they stood at an earlier instant.

        Those that it does not touch are afterwards as they are now.
        """
        stood = dating.as_they_stood(self.definition, self.case, at, self.calendars)
        self.put_back = {name: self.case.clocks[name] for name in stood}
        self.case.clocks.update(stood)
        try:
            yield
        finally:
            self.case.clocks.update(self.put_back)
            self.put_back, self.next_up = {}, None

    def record(self, kind: str, actor: Actor, at: datetime, data: dict[str, Any], happened: Sequence[Happening] = ()) -> Event:
        """Append an event and apply it; then let tasks open and clocks follow because of what happened, as part of the same event."""
        last = self.case.recorded_at
        recorded = self.now if last is None or last <= self.now else last   # recorded time never decreases
        event = Event(f"case/{self.case.number}", self.case.seq + 1, kind, at, recorded, actor.id, actor.on_behalf, data, actor.identified)
        before, evaluate = dict(self.case.clocks), self.evaluate(at)
        apply(self.case, event)
        tasks = duties.opened(self.definition, self.case, happened, at, evaluate) if happened else {}
        if tasks:
            data.setdefault("tasks", {}).update({name: task_json(run) for name, run in tasks.items()})
            self.case.tasks.update(tasks)
            happened = [*happened, *(Happening(EventKind.TASK_OPENED, name) for name in tasks)]
        changed = clocks.follow(self.definition, self.case, happened, at, self.calendars, evaluate, self.live)
        for name in changed.keys() & self.put_back.keys():
            before[name] = self.put_back.pop(name)
            changed[name] = dating.met_since(changed[name], before[name])
        if changed:
            data.setdefault("clocks", {}).update({name: clock_json(run) for name, run in changed.items()})
            self.case.clocks.update(changed)
        become = [(told, name) for name in data.get("clocks", ()) for told in _become(before.get(name), self.case.clocks[name])]
        self.events.append(event)
        if self.definition.standards:
            from engine.deciding.observing import observed  # procedures are executed without it

            self.shown.update(observed(self.definition, self.case, event, self.calendars))
        if self.outgoing:
            self.messages += rendered(self, self.outgoing)
            self.outgoing = []
        for told, name in become:
            self.record(told, THE_SYSTEM, at, {"clock": name, "because": kind})
        if self.case.grants or any(one.point for one in self.case.requests.values()):
            from engine.usecases.granting import take_back  # most cases grant nothing

            take_back(self, data.get("clocks", ()), kind, at)
        return event

    def seal(self, name: str, value: Any, seq: int) -> str:
        """Put a personal value aside and give the commitment that history holds instead."""
        made = personal.seal(seq, name, value)
        self.rows = [row for row in self.rows if (row.seq, row.name) != (seq, name)]   # a `set` may replace what was given
        self.rows.append(made)
        return made.commitment

    def put(self, values: Mapping[str, Any], data: dict[str, Any]) -> list[Happening]:
        """Write field values (canonical) into an event's data, personal ones sealed; returns the fields filled, as happenings."""
        seq = self.case.seq + 1
        happened = []
        for name, value in values.items():
            spec = self.definition.fields[name]
            if spec.is_personal:
                if (name in self.case.sealed or (value is None and spec.default is None)) and self.values.get(name) == value:
                    continue   # as it was, or empty before and now
                data.setdefault("sealed", {})[name] = self.seal(name, value, seq)
                self.values[name] = value
            else:
                old = self.case.fields.get(name)
                if old == value:
                    data.get("set", {}).pop(name, None)   # what a `set` puts back as it was, does not change
                    continue
                data.setdefault("set", {})[name] = [old, value]
            if not fields.empty(value):
                happened.append(Happening(EventKind.FIELD, name))
        return happened

    def say_in(self, data: dict[str, Any], name: str, words: str) -> None:
        """Put words of a person (comment, note) aside and their commitment into the event."""
        data.setdefault("said", {})[name] = self.seal(name, words, self.case.seq + 1)

    def people(self, who: Who) -> frozenset[str]:
        """The people somebody stands for, now; `actor` is known while doings are carried out."""
        return rights.people(who, self.definition, self.case, self.organisation, self.live, self.actor.id)


def _become(before: ClockRun | None, after: ClockRun) -> Iterator[str]:
    """The events that say what became of a clock, where it deserves its own: it is off or on as the case now stands, or a correction
    showed that its breach was none (nothing is removed, the history says so: clocks rule 12)."""
    if before is None:
        return
    if before.status in clocks.LIVE and after.status is ClockStatus.OFF:
        yield "clock_off"
    if before.status is ClockStatus.OFF and after.status in clocks.LIVE:
        yield "clock_on"
    if before.run == after.run and before.breached_at is not None and after.breached_at is None:
        yield "breach_withdrawn"


def take_up(house: House, conn: Connection, loaded: Loaded, now: datetime) -> Work:
    """A loaded case with everything that decisions about it need."""
    definition = library.definition(house.store, conn, loaded.case.version_id)
    organisation = library.organisation(house.store, conn)
    values = personal.Values(conn, loaded.id, loaded.case.sealed)
    customer = parties.customer(conn, loaded.case.party) if loaded.case.party is not None else None
    if customer is not None and loaded.case.customer_class:
        customer = replace(customer, class_=loaded.case.customer_class)
    return Work(house, conn, now, definition, organisation, loaded.case, loaded, customer, values=values)


def standing(organisation: Organisation, actor: Actor) -> None:
    """Refuse an actor whom the organisation does not know; raises Invalid."""
    if actor.id in ("system", "customer") or actor.id in organisation.people:
        return
    raise Invalid(
        say("The organisation has nobody called '{who}'", who=actor.id),
        hint=say("`makegood org show` lists the people; say who acts with --as PERSON."), field="actor",
        expected=sorted(organisation.people),
    )
