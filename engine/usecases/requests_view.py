"""What waits for an answer in a case, as people look at it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.deciding.case import CaseState
from engine.deciding.request_record import Request, RequestKind
from engine.defining.definition import Approval, Definition
from engine.defining.organisation import Organisation
from engine.ground.language import say, spoken
from engine.usecases.naming import in_words


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request; `parts` are those who have to approve, each in words, `votes` (person, in whose name, answer) in order."""

    id: int
    kind: str                            # action, extension, handover, grant
    name: str
    title: str
    by: str
    asked_at: datetime
    due_at: datetime | None
    given: tuple[tuple[str, str], ...]   # what is not personal, each by its title and in words
    parts: tuple[str, ...]
    votes: tuple[tuple[str, str | None, str], ...]


def requests_of(definition: Definition, case: CaseState, people: Organisation, zone: str) -> Iterable[RequestView]:
    """Everything that waits for an answer, the oldest first."""
    for one in case.requests.values():
        yield RequestView(
            one.id, one.kind.value, one.name, title_of(definition, case, people, one), one.by, one.at, one.due_at,
            tuple(_given(definition, people, zone, one)), tuple(part_in_words(definition, people, part) for part in one.parts),
            tuple((vote.by, vote.on_behalf, vote.word.value) for vote in one.votes),
        )


def _given(definition: Definition, people: Organisation, zone: str, request: Request) -> Iterator[tuple[str, str]]:
    for name, value in request.given.items():
        spec = definition.fields.get(name)
        yield (spec.title.in_(spoken()) if spec else "") or name, in_words(spec, value, zone, {}, people)


def title_of(definition: Definition, case: CaseState, people: Organisation, request: Request) -> str:
    """What is asked for, in words."""
    match request.kind:
        case RequestKind.HANDOVER:
            known = people.people.get(request.name)
            return say("take over by {who}", who=known.name if known else request.name)
        case RequestKind.EXTENSION:
            clock = definition.all_clocks.get(request.name)
            title = (clock.title.in_(spoken()) if clock else "") or request.name
            return say("{clock}: {duration} more", clock=title, duration=request.more)
        case RequestKind.GRANT:
            clock = definition.all_clocks.get(request.name)
            return say("{clock}: grant what is promised", clock=(clock.title.in_(spoken()) if clock else "") or request.name)
    state = definition.states.get(case.state)
    what = state and (state.actions.get(request.name) or state.tasks.get(request.name))
    return (what.title.in_(spoken()) if what else "") or request.name


def part_in_words(definition: Definition, people: Organisation, part: Approval) -> str:
    """Who has to approve: `General manager`, or of a vote its rule as well."""
    known = definition.roles.get(part.of.name) or people.groups.get(part.of.name)
    person = people.people.get(part.of.name)
    who = (known.title.in_(spoken()) if known else person.name if person else "") or str(part.of)
    if not part.votes:
        return who
    quorum = part.quorum or say("more than half")
    return say("{who} by vote ({rule} of at least {quorum})", who=who, rule=_rule(part.pass_), quorum=quorum)


def _rule(rule: str | None) -> str:
    return {None: say("majority"), "majority": say("majority"), "unanimous": say("unanimous")}.get(rule) or str(rule)
