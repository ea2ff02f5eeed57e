"""What an expression and a notice text can see of a case: fields by name, the words below, and the functions.

Built for every action, used for few names: everything is worked out when it is asked for. Instants stand on the wall
clock of the procedure, so that `opened_at <= bought_on` and every text mean its local days.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from engine.deciding import fields
from engine.deciding.asked import Asked
from engine.deciding.budgets import ends_with_a_day, read
from engine.deciding.case import CaseState, ClockRun, ClockStatus
from engine.deciding.days import worked_days
from engine.deciding.decision_record import approved
from engine.deciding.expressions import FUNCTIONS
from engine.deciding.others import Answer, asked_of
from engine.deciding.scope_words import RUNG_WORDS, allowed_names
from engine.deciding.values import Amount, Customer, DayEnd, Reached, Titled, due_moment, local
from engine.defining.definition import Definition, FieldType
from engine.defining.organisation import Organisation
from engine.ground.calendars import Calendar
from engine.ground.money import Money

__all__ = ["Customer", "scope_of"]

_Used = Callable[[str], timedelta | None]


class CaseScope(Mapping[str, Any]):
    """A case as expressions and texts see it, at one instant, for one actor. Unknown names raise KeyError."""

    __slots__ = (
        "_actor", "_answer", "_calendar", "_case", "_customer", "_definition", "_extra", "_given", "_now", "_organisation", "_personal",
        "_timezone", "_used",
    )

    def __init__(
        self, definition: Definition, case: CaseState, now: datetime, personal: Mapping[str, Any], customer: Customer | None,
        organisation: Organisation | None, actor: str | None, calendar: Calendar, given: Mapping[str, Any], extra: Mapping[str, Any],
        used: _Used | None, answer: Answer | None,
    ) -> None:
        self._definition, self._case, self._now, self._personal, self._customer = definition, case, now, personal, customer
        self._organisation, self._actor, self._extra, self._used, self._answer = organisation, actor, extra, used, answer
        self._given, self._calendar, self._timezone = given, calendar, calendar.timezone

    def __getitem__(self, name: str) -> Any:
        word = _WORDS.get(name)
        if word is not None:
            return word(self)
        spec = self._definition.fields.get(name)
        if spec is not None and spec.type is FieldType.PARTY and self._customer is not None and name == self._definition.customer_field:
            return self._customer
        if name in self._extra:
            return self._shown(self._extra[name])
        if spec is None:
            if name == "customer":
                return self._customer
            if name in self._definition.values:
                constant = self._definition.values[name]
                return Amount(constant.amount, constant.currency) if isinstance(constant, Money) else constant
            if name in FUNCTIONS:
                return _FUNCTIONS[name](self)
            if name in RUNG_WORDS:
                return [] if name == "reminders" else None
            raise KeyError(name)
        if name in self._given:
            value = self._given[name]
            if value is None:
                return None
        else:
            value = self._personal.get(name) if spec.is_personal else self._case.fields.get(name)
        if value is None:
            stored = self._case.sealed if spec.is_personal else self._case.fields
            if spec.default is None or name in stored:
                return None
            value = fields.parse(spec, spec.default, self._timezone)
        live = fields.live(spec, value, self._timezone)
        return self._named(live) if spec.type is FieldType.PERSON else live

    def __iter__(self) -> Iterator[str]:
        return iter(allowed_names(self._definition))

    def __len__(self) -> int:
        return len(allowed_names(self._definition))

    def _shown(self, value: Any) -> Any:
        return local(value, self._timezone) if isinstance(value, datetime) and not isinstance(value, DayEnd) else value

    def _named(self, person: Any) -> Any:
        """A person's id that is shown by the person's name; for several, each."""
        if person is None:
            return None
        if isinstance(person, (list, tuple)):
            return [self._named(one) for one in person]
        known = self._organisation.people.get(person) if self._organisation else None
        return Titled(person, {"": known.name}) if known else person

    def _name_of(self, person: str | None) -> str | None:
        known = self._organisation.people.get(person) if self._organisation and person else None
        return known.name if known else person

    def _state_title(self) -> Any:
        spec = self._definition.states.get(self._case.state)
        return Titled(self._case.state, spec.title if spec else {})

    # --- clocks -----------------------------------------------------------------------------------------------------------

    def _due(self, name: str) -> datetime | None:
        run = self._case.clocks.get(name)
        return self._due_at(run, run.due_at) if run is not None and run.due_at is not None else None

    def _due_at(self, run: ClockRun | None, due: datetime) -> datetime:
        return due_moment(due, self._timezone, by_days=run is not None and _by_days(run))

    def _used_of(self, name: str) -> timedelta | None:
        if self._used is not None:
            return self._used(name)
        run = self._case.clocks.get(name)
        return elapsed(run, self._now) if run is not None else None

    # --- other cases ------------------------------------------------------------------------------------------------------

    def _others(self, asked: Asked, like: Sequence[Any]) -> Any:
        """How many other cases, or the sum of a field of theirs; nothing where that cannot be known."""
        definition, customer = self._definition, self._definition.customer_field
        if asked.field != customer:
            shared = self[asked.field]
        elif customer in self._given:       # known by its number once it is recorded
            shared = fields.live(definition.fields[customer], self._given[customer], self._timezone)
        else:
            shared = self._case.party
        return None if self._answer is None else asked_of(definition, asked, shared, like, self._now, self._calendar, self._answer)

    # --- in a rung --------------------------------------------------------------------------------------------------------

    def _reached(self, extra: Mapping[str, Any]) -> Reached:
        """A rung from what was noted when it was reached (clock, rung, due_at, overdue)."""
        clock = str(extra.get("clock", ""))
        spec, due = self._definition.all_clocks.get(clock), extra.get("due_at")
        title = Titled(clock, spec.title) if spec else str(extra.get("clock_title", clock))
        shown = self._due_at(self._case.clocks.get(clock), due) if due else None
        return Reached(title, shown, extra.get("overdue"), str(extra.get("rung", "")))

    def _of_rung(self, name: str) -> Any:
        if "clock" in self._extra:
            return getattr(self._reached(self._extra), name)
        return self._shown(self._extra.get(name))

    def _reminders(self) -> list[Reached]:
        merged = self._extra.get("reminders") or ([self._extra] if "clock" in self._extra else [])
        return [self._reached(one) for one in merged]


def scope_of(
    definition: Definition,
    case: CaseState,
    now: datetime,
    *,
    personal: Mapping[str, Any],
    customer: Customer | None,
    organisation: Organisation | None,
    actor: str | None,
    calendar: Calendar,
    given: Mapping[str, Any] = {},
    extra: Mapping[str, Any] = {},
    used: _Used | None = None,
    answer: Answer | None = None,
) -> CaseScope:
    """What expressions and texts see of the case at `now` (aware); days and times are those of the procedure's calendar.

    `personal` holds canonical values of personal fields; `given` those that came with an action (`comment` among them), which come
    before what the case holds; `extra` live values that come before all (in a rung `clock`, `rung`, `due_at`, `overdue`). `used` tells
    the time a clock has consumed, None when it never ran; without it elapsed time less stops is meant. `answer` knows other cases;
    without it nothing is known of them. Titles carry every language.
    """
    return CaseScope(definition, case, now, personal, customer, organisation, actor, calendar, given, extra, used, answer)


def elapsed(run: ClockRun, now: datetime) -> timedelta:
    """The time from start to end (or `now`) of a run of a clock, its stops left out."""
    end = run.ended_at or now
    stopped = sum(((stop.until or end) - stop.since for stop in run.stops), timedelta(0))
    return max(end - run.started_at - stopped, timedelta(0))


def _by_days(run: ClockRun) -> bool:
    return ends_with_a_day(read(run.budget))

_WORDS: Mapping[str, Callable[[CaseScope], Any]] = {
    "number": lambda s: s._case.number,
    "procedure": lambda s: Titled(s._definition.name, s._definition.title),
    "state": lambda s: s._state_title(),
    "state_title": lambda s: s._state_title(),
    "owner": lambda s: s._named(s._case.owner),
    "owner_name": lambda s: s._name_of(s._case.owner),
    "actor": lambda s: s._named(s._actor),
    "actor_name": lambda s: s._name_of(s._actor),
    "opened_at": lambda s: local(s._case.opened_at, s._timezone),
    "today": lambda s: local(s._now, s._timezone).date(),
    "contact": lambda s: s._definition.contact,
    "comment": lambda s: s._extra.get("comment") or s._given.get("comment") or s._personal.get("comment"),
    "clock_title": lambda s: s._of_rung("clock_title"),
    "due_at": lambda s: s._of_rung("due_at"),
    "overdue": lambda s: s._of_rung("overdue"),
    "rung": lambda s: s._of_rung("rung"),
    "reminders": lambda s: s._reminders(),
}


def _acts(work: Callable[[CaseScope, Any], Any], nothing: Any) -> Callable[[CaseScope], Callable[[str], Any]]:
    """A function about an action or task: from its `Act`, or `nothing` when it never happened."""
    def bind(scope: CaseScope) -> Callable[[str], Any]:
        def about(name: str) -> Any:
            act = scope._case.acts.get(name)
            return nothing if act is None else work(scope, act)
        return about
    return bind


def _clocks(work: Callable[[ClockRun], bool]) -> Callable[[CaseScope], Callable[[str], bool]]:
    """A function about a clock: from its latest run; no when it never ran."""
    def bind(scope: CaseScope) -> Callable[[str], bool]:
        return lambda name: (run := scope._case.clocks.get(name)) is not None and work(run)
    return bind


_FUNCTIONS: Mapping[str, Callable[[CaseScope], Callable[..., Any]]] = {
    "done": _acts(lambda scope, act: act.count > 0, False),
    "count": _acts(lambda scope, act: act.count, 0),
    "time_of": _acts(lambda scope, act: local(act.at, scope._timezone), None),
    "actor_of": _acts(lambda scope, act: scope._named(act.actors[-1]) if act.actors else None, None),
    "approved": lambda scope: partial(approved, scope._case.decided),
    "met": _clocks(lambda run: run.status is ClockStatus.MET and run.breached_at is None),
    "breached": _clocks(lambda run: run.breached_at is not None),
    "running": _clocks(lambda run: run.status in (ClockStatus.RUNNING, ClockStatus.PAUSED)),
    "due": lambda scope: scope._due,
    "used": lambda scope: scope._used_of,
    "worked_days": lambda scope: partial(worked_days, scope._calendar),
    "others": lambda scope: scope._others,
}
