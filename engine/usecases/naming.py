"""Values, statuses and kinds of links as people read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.deciding.survey_record import Became
from engine.defining.definition import Definition, Field, FieldType
from engine.defining.organisation import Organisation
from engine.ground.language import say, spoken
from engine.ground.masking import HIDDEN
from engine.ground.wall import wall


def in_words(spec: Field | None, value: Any, zone: str, parties: Mapping[int, str], people: Organisation) -> str:
    """A canonical value as a person reads it: titles of choices, names of people, money with currency, moments on the clock of `zone`."""
    if value is None or value == "" or value == []:
        return ""
    if value == HIDDEN:
        return HIDDEN
    if isinstance(value, list):
        return ", ".join(in_words(spec, one, zone, parties, people) for one in value)
    match spec.type if spec else None:
        case FieldType.YES_NO:
            return say("yes") if value else say("no")
        case FieldType.CHOICE if spec is not None and value in spec.options:
            return spec.options[value].in_(spoken()) or str(value)
        case FieldType.MONEY if spec is not None:
            return f"{value} {spec.currency or ''}".strip()
        case FieldType.MOMENT:
            return wall(datetime.fromisoformat(value), zone)
        case FieldType.PARTY:
            return parties.get(value, say("(erased)")) if isinstance(value, int) else str(value)
        case FieldType.PERSON if value in people.people:
            return people.people[value].name
        case FieldType.FILE if isinstance(value, Mapping):
            return str(value.get("name", ""))
    return str(value)


def title_of(definition: Definition) -> str:
    """A procedure or cycle in words."""
    return definition.title.in_(spoken()) or definition.name


def state_title(definition: Definition, state: str) -> str:
    """A state in words."""
    known = definition.states.get(state)
    return (known.title.in_(spoken()) if known else "") or state


def task_status(status: str) -> str:
    """What became of a task, in words."""
    return {"open": say("open"), "held": say("held"), "done": say("done"), "cancelled": say("cancelled")}.get(status, status)


def clock_status(status: str) -> str:
    """What became of a clock, in words."""
    return {
        "running": say("running"), "paused": say("paused"), "off": say("does not apply"), "met": say("met"), "ended": say("ended"),
        "cancelled": say("cancelled"),
    }.get(status, status)


def link_kind(kind: str) -> str:
    """What another case is to one, in words."""
    return {
        "related": say("related"), "duplicate": say("a duplicate of it"), "has_duplicate": say("its duplicate"),
        "follow_up": say("a follow-up to it"), "followed_by": say("its follow-up"),
    }.get(kind, kind)


def answer_in_words(word: str) -> str:
    """An answer to a request, in words."""
    return {
        "approve": say("yes"), "decline": say("no"), "abstain": say("abstains"), "conflict": say("declares a conflict of interest"),
    }.get(word, word)


def end_in_words(how: str) -> str:
    """How a request ended, in words."""
    return {
        "approved": say("approved"), "declined": say("declined"), "lapsed": say("not answered in time"), "left": say("no longer possible"),
        "none": say("nothing was missed"),
        "too_few": say("too few could answer"), "replaced": say("asked for anew"), "impossible": say("approved, but no longer possible"),
    }.get(how, how)


def recalculated(calendars: Mapping[str, Sequence[int]]) -> str:
    """That due times were computed anew because calendars changed, each with its versions."""
    named = ", ".join(
        say("{calendar} version {old} → {new}", calendar=name, old=old, new=new) for name, (old, new) in calendars.items()
    )
    return say("the calendar changed ({calendars}): due times were computed anew", calendars=named)


def became_in_words(became: str) -> str:
    """What became of a questionnaire, for people."""
    match Became(became):
        case Became.PASSED:
            return say("not in the sample")
        case Became.NOBODY:
            return say("no customer to ask")
        case Became.OPTED_OUT:
            return say("does not want to be asked")
        case Became.ASKED:
            return say("asked")
        case Became.ANSWERED:
            return say("answered")
    return say("declined")
