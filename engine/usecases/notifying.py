"""From what a case wants said to messages in the outbox: texts rendered now, with the figures of this moment."""

from collections.abc import Mapping, Sequence
from contextvars import copy_context
from dataclasses import field, replace
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

from engine.deciding.wording import Rendered, render_notice
from engine.ground.language import say, speak
from engine.ground.valueclass import valueclass
from engine.records.outbox import Message

if TYPE_CHECKING:
    from engine.usecases.work import Work

BUILTIN_VIA = ("email", "chat")   # how the product's own notices (reminder, escalated, assigned) reach staff


@valueclass(frozen=True, slots=True)
class Outgoing:
    """A notice that an event wants sent: who gets it, and what its text may see beside the case."""

    name: str
    to: str                              # a person's id or "customer"
    extra: Mapping[str, Any] = field(default_factory=dict)
    via: tuple[str, ...] = ()            # channels, where no notice of the definition names them
    at: datetime | None = None           # when it is sent, if not at once


_Text = tuple[Outgoing, str, Rendered]
"""A notice, in a language, as it was put into words."""


def messages_of(work: "Work", case_id: int) -> list[Message]:
    """Everything this work has said; reminders to one person are merged into one message (clocks rule 16)."""
    reminders = [Outgoing("reminder", person, _merged(reminders)) for person, reminders in work.reminders.items()]
    found = (*work.messages, *rendered(work, reminders))
    return [one if one.case_id == case_id else replace(one, case_id=case_id) for one in found]


def rendered(work: "Work", outgoing: Sequence[Outgoing]) -> list[Message]:
    """The messages that an event just recorded wants sent; their case has its id only once it is written."""
    texts: list[_Text] = []
    return [message for one in outgoing if (message := _message(work, one, texts)) is not None]


def _merged(reminders: list[dict[str, Any]]) -> Mapping[str, Any]:
    return {**reminders[-1], "reminders": reminders}


def _message(work: "Work", one: Outgoing, texts: list[_Text]) -> Message | None:
    definition = work.definition
    spec = definition.notices.get(one.name)
    party_id = person = language = None
    if one.to == "customer":
        party_id = work.case.party
        language = work.customer.language if work.customer else None
    elif one.to in work.organisation.people:
        person = one.to
        language = work.organisation.people[person].language
    if party_id is None and person is None:
        return None   # nobody is there: the event says so, it names the notice without a recipient
    language = language or definition.languages[0]
    text = _rendered(work, one, language, texts)
    if one.extra.get("stands_in"):
        text = _told_who_is_away(text, *one.extra["stands_in"])
    return Message(
        case_id=work.loaded.id if work.loaded else None, name=one.name, party_id=party_id, person=person,
        via=one.via or (spec.via if spec else BUILTIN_VIA), language=text.language, subject=text.subject, text=text.text, html=text.html,
        mandatory=bool(spec and spec.mandatory), fire_at=one.at,
    )


def _rendered(work: "Work", one: Outgoing, language: str, texts: list[_Text]) -> Rendered:
    """The text of a notice, put into words once for all who are told the same by one event in one language."""
    for known, spoken, text in texts:
        if known.name == one.name and spoken == language and known.extra == one.extra:
            return text
    text = render_notice(work.definition, one.name, work.scope(at=work.now, extra=one.extra), language)
    texts.append((one, language, text))
    return text


def _told_who_is_away(text: Rendered, absent: str, until: str) -> Rendered:
    """A text that begins by saying for whom somebody stands in who reads it."""

    def told_in_its_language() -> str:
        speak(text.language)
        return say("You stand in for {who}, who is away until {day}.", who=absent, day=until)

    told = copy_context().run(told_in_its_language)
    html = f"<p>{escape(told)}</p>\n{text.html}" if text.html is not None else None
    return replace(text, text=f"{told}\n\n{text.text}", html=html)
