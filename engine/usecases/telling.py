"""History in words: each event of a case as a sentence and its details, in the language spoken now.

Titles come from the version of the procedure that the case was on then, names from the organisation now in force, personal values from the
personal store as long as they are there; a value that was erased is said to be erased.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.deciding.case import Event, instant
from engine.defining.definition import Definition, Field
from engine.defining.organisation import Organisation
from engine.ground.language import say, spoken
from engine.ground.masking import HIDDEN
from engine.ground.wall import wall_due
from engine.usecases.naming import answer_in_words, became_in_words, end_in_words, in_words, link_kind, recalculated, task_status
from engine.usecases.telling_clocks import happened, of_clock

_ERASED = object()


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event in words. Instants are UTC; `actor` and `on_behalf` are ids, `who` is their names."""

    seq: int
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    on_behalf: str | None
    who: str
    what: str
    details: tuple[str, ...]
    identified: str = ""                 # how the actor proved who they are: password, token, local, link


@dataclass(slots=True)
class Teller:
    """Everything that turns the events of one case into words."""

    definition: Definition
    organisation: Organisation
    zone: str
    said: Mapping[tuple[int, str], Any] | None  # personal values by (event, name); None leaves them out
    parties: Mapping[int, str]  # names by id
    versions: Callable[[int], Definition]  # published versions by id
    hidden: frozenset[str] = frozenset()  # fields that are for other readers
    _before: Definition | None = None  # the version before the one of now
    clocks: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _asked: dict[int, Mapping[str, Any]] = field(default_factory=dict)      # what was asked for, by request

    def tell(self, events: Iterable[Event]) -> Iterator[HistoryLine]:
        """Each event in order; every one must be given from the first on, since clocks are told by what changed."""
        for event in events:
            if "version" in event.data:
                self._before, self.definition = self.definition, self.versions(event.data["version"])
            if "request" in event.data:
                self._asked[event.seq] = event.data["request"]
            what, details = self._what(event), tuple(self._details(event))
            self.clocks.update(event.data.get("clocks", {}))
            yield HistoryLine(
                event.seq, event.kind, event.occurred_at, event.recorded_at, event.actor, event.on_behalf, self.who(event), what, details,
                event.identified,
            )

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The version of now, and that before: an event that moves a case to another speaks of both."""
        return (self.definition, self._before) if self._before else (self.definition,)

    # --- names ----------------------------------------------------------------------------------------------------------

    def person(self, id_: str | None) -> str:
        """Somebody by name: staff as the organisation calls them, the customer and the scheduler in words."""
        match id_:
            case None | "":
                return say("nobody")
            case "customer":
                return say("the customer")
            case "system":
                return say("the scheduler")
        known = self.organisation.people.get(id_)
        return known.name if known else id_

    def who(self, event: Event) -> str:
        """Who did it, and for whom."""
        actor = self.person(event.actor)
        return say("{who} for {other}", who=actor, other=self.person(event.on_behalf)) if event.on_behalf else actor

    def state(self, name: str | None) -> str:
        """A state's title."""
        known = next((found for one in self.definitions if (found := one.states.get(name or ""))), None)
        return (known.title.in_(spoken()) if known else "") or name or ""

    def act(self, name: str) -> str:
        """The title of an action or task."""
        for state in (state for one in self.definitions for state in one.states.values()):
            for known in (state.actions.get(name), state.tasks.get(name)):
                if known is not None and known.title:
                    return known.title.in_(spoken())
        return name

    def clock(self, name: str) -> str:
        """A clock's title; of a state's or task's own limit the title of that state or task."""
        known = next((found for one in self.definitions if (found := one.all_clocks.get(name))), None)
        title = known.title.in_(spoken()) if known else ""
        return title or (self.state(name) if any(name in one.states for one in self.definitions) else self.act(name))

    def value(self, name: str, value: Any) -> str:
        """A field's canonical value in words; that it is there, where it is for other readers."""
        if name in self.hidden:
            return HIDDEN if value is not None else ""
        return in_words(self._field(name), value, self.zone, self.parties, self.organisation)

    def _field(self, name: str) -> Field | None:
        return next((found for one in self.definitions if (found := one.fields.get(name))), None)

    def survey(self, name: str) -> str:
        """A questionnaire's title."""
        known = next((found for one in self.definitions if (found := one.surveys.get(name))), None)
        return (known.title.in_(spoken()) if known else "") or name

    # --- sentences ------------------------------------------------------------------------------------------------------

    def _what(self, event: Event) -> str:
        data = event.data
        match event.kind:
            case "opened":
                return say("opened the case")
            case "acted":
                return self._move(data)
            case "task":
                return say("finished {task}", task=self.act(data["act"]))
            case "task_opened":
                return say("{task}: opened", task=", ".join(self.act(name) for name in data["tasks"]))
            case "left_out":
                return say("{task}: left out, since its condition did not hold", task=", ".join(self.act(name) for name in data["tasks"]))
            case "paused":
                return say("stopped the clock")
            case "resumed":
                return say("let the clock run on")
            case "note":
                return say("the standard since then: {figures}", figures=data["figures"]) if "figures" in data else say("noted")
            case "contact" if data["direction"] == "in":
                return say("heard from the customer ({channel})", channel=data["channel"])
            case "contact":
                return say("contacted the customer ({channel})", channel=data["channel"])
            case "attached":
                return say("attached a file")
            case "assigned" | "handed_over":
                return say("handed over {task}", task=self.act(data["task"])) if "task" in data else say("handed the case over")
            case "corrected":
                return say("corrected entries")
            case "linked" if data["link"][0] == "opened":
                return say("opened {other} ({procedure})", other=data["link"][1], procedure=data["procedure"])
            case "linked_closed":
                return say("{other} ({procedure}) was closed", other=data["case_closed"][1], procedure=data["case_closed"][0])
            case "linked":
                return say("linked with {other} ({kind})", other=data["link"][1], kind=link_kind(data["link"][0]))
            case "impossible" if "clock" in data:
                return say("{clock}: nothing is granted: {why}", clock=self.clock(data["clock"]), why=data["why"])
            case "impossible" if "open" in data:
                return say("a case of {procedure} was to be opened: {why}", procedure=data["open"], why=data["why"])
            case "impossible":
                return say("{action} was due but not possible: {why}", action=self.act(data["action"]), why=data["why"])
            case "sent":
                return say("sent {notice} by {channel}", notice=data["sent"], channel=data.get("channel") or "?")
            case "unsent":
                return say("could not send {notice}: {why}", notice=data["name"], why=data.get("why") or data["became"])
            case "retried":
                return say("had {notice} tried again", notice=data["name"])
            case "erased" if data["erased"] is None:
                return say("what was said was erased: {why}", why=data["why"])
            case "erased":
                return say("the customer was erased: {why}", why=data["why"]) if data["why"] else say("the customer was erased")
            case "survey_answered":
                return say("answered the questionnaire {name}", name=", ".join(self.survey(name) for name in data["surveys"]))
            case "survey_declined":
                return say("does not want to be asked")
            case "recalculated":
                return recalculated(data["calendars"])
            case "migrated":
                old, new = data["versions"]
                return say("moved the case from version {old} of its procedure to version {new}", old=old, new=new)
        return (happened(self.clock(data["clock"]), event) if "clock" in data else self._of_request(event)) or event.kind

    def _of_request(self, event: Event) -> str:
        """What happened to a request; "" when nothing did."""
        data = event.data
        match event.kind:
            case "asked":
                return say("asked for {what} (request {id})", what=self._wanted(event.seq), id=event.seq)
            case "voted":
                id_, word, _ = data["vote"]
                return say("answered request {id}, {what}: {answer}", id=id_, what=self._wanted(id_), answer=answer_in_words(word))
            case "request_ended":
                return ", ".join(self._over(int(id_), how) for id_, how in data["ended"].items())
        return ""

    def _wanted(self, request: int) -> str:
        """What a request asks for."""
        asked = self._asked.get(request, {})
        name = asked.get("name", "")
        match asked.get("kind"):
            case "handover":
                return say("take over by {who}", who=self.person(name))
            case "extension":
                return say("{clock}: {duration} more", clock=self.clock(name), duration=asked["more"])
            case "grant":
                return say("{clock}: grant what is promised", clock=self.clock(name))
        return self.act(name)

    def _over(self, request: int, how: str) -> str:
        return say("request {id}, {what}: {how}", id=request, what=self._wanted(request), how=end_in_words(how))

    def _move(self, data: Mapping[str, Any]) -> str:
        action = self.act(data["act"])
        if data.get("to") in (None, data.get("from")):
            return action
        return say("{action}: {left} → {entered}", action=action, left=self.state(data.get("from")), entered=self.state(data["to"]))

    def _details(self, event: Event) -> Iterator[str]:
        data = event.data
        if self.said is not None:
            for name in data.get("said", {}):
                yield from self._spoken(self.said.get((event.seq, name), _ERASED), name)
        for name, (old, new) in data.get("set", {}).items():
            yield self._change(name, self.value(name, old), self.value(name, new))
        if self.said is not None:
            for name in data.get("sealed", {}):
                value = self.said.get((event.seq, name), _ERASED)
                yield self._change(name, "", say("(erased)") if value is _ERASED else self.value(name, value))
        if event.kind == "opened" and "link" in data or data.get("wait"):
            yield say("waits until that is closed") if "wait" in data else say("opened by case {other}", other=data["link"][1])
        if event.kind == "migrated" and "to" in data:
            yield say("state: {old} → {new}", old=self.state(data["from"]), new=self.state(data["to"]))
        if data.get("left"):
            yield say("no longer asked for, kept in history: {fields}", fields=", ".join(data["left"]))
        if data.get("cancelled"):
            yield say("{count:notice was|notices were} cancelled", count=len(data["cancelled"]))
        if "owner" in data:
            yield say("owner: {new}", new=self.person(data["owner"][1]))
        for name, value in data.get("request", {}).get("given", {}).items():
            yield self._change(name, "", self.value(name, value))
        if data.get("approved"):
            yield say("approved by: {people}", people=self._people(data["approved"]))
        if event.kind != "request_ended":
            yield from (self._over(int(id_), how) for id_, how in data.get("ended", {}).items() if how != "approved")
        if data.get("why") and event.kind == "request_ended":
            yield data["why"]
        if data.get("reminded"):
            yield say("reminded: {people}", people=self._people(data["reminded"]))
        if data.get("escalated"):
            yield say("escalated to: {people}", people=self._people(data["escalated"]))
        for absent, deputy in data.get("stood_in", {}).items():
            yield say("{who} is away, {deputy} stands in", who=self.person(absent), deputy=self.person(deputy))
        if not event.kind.startswith("survey"):
            for name, run in data.get("surveys", {}).items():
                yield say("questionnaire {name}: {became}", name=self.survey(name), became=became_in_words(run["became"]))
        for name, to in data.get("notices", ()):
            yield say("notice {notice} to {who}", notice=name, who=self.person(to))
        for name, task in data.get("tasks", {}).items():
            if name != data.get("act") and event.kind not in ("task_opened", "left_out"):
                yield f"{self.act(name)}: {task_status(task['status'])}"
        for name, run in data.get("clocks", {}).items():
            old, new = data.get("due", {}).get(name, (None, None))
            if old and new:
                yield say("{clock}: due {new}, it was {old}", clock=self.clock(name), new=self._due(new), old=self._due(old))
            elif new and self.clocks.get(name, {}).get("unknown"):
                yield say("{clock}: due {new}, it was unknown", clock=self.clock(name), new=self._due(new))
            else:
                specs = [one.all_clocks.get(name) for one in self.definitions]
                yield from of_clock(self.clock(name), specs, self.clocks.get(name, {}), run, event, self.zone)

    def _due(self, at: str) -> str:
        return wall_due(instant(at), self.zone)

    def _people(self, ids: Iterable[str]) -> str:
        return ", ".join(self.person(one) for one in ids) or say("nobody")

    def _spoken(self, words: Any, name: str) -> Iterator[str]:
        if words is _ERASED:
            yield say("(erased)")
        elif words == HIDDEN:
            yield HIDDEN
        elif name == "file" and isinstance(words, Mapping):
            yield say("file: {name} ({size:byte|bytes})", name=words.get("name", ""), size=words.get("size", 0))
        elif isinstance(words, Mapping):      # what was given with a request
            for given, value in words.items():
                yield f"“{value}”" if given == "comment" else self._change(given, "", self.value(given, value))
        else:
            yield f"“{words}”"

    def _change(self, name: str, old: str, new: str) -> str:
        known = self._field(name)
        title = (known.title.in_(spoken()) if known else "") or name
        return f"{title}: {old} → {new}" if old else f"{title}: {new}"
