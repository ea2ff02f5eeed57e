"""The people of an organisation as its file has them: their posts and groups, when they are away, and who may what in the house."""

from dataclasses import fields
from datetime import date

from engine.defining.definition import Text, item
from engine.ground.valueclass import valueclass


@valueclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Days on which somebody is away, and who stands in for them: whole days in the organisation's time zone, both included."""

    from_: date = item("the first day", key="from")
    until: date = item("the last day")
    deputy: str | None = item("who stands in; nobody without it", None)
    for_: tuple[str, ...] = item(
        "only for these posts and groups, and for what is theirs by name; without it for all of them", (), key="for"
    )


@valueclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who works here."""

    id: str
    name: str = item("how the person is called")
    roles: tuple[str, ...] = item("posts held, as procedures name them; `clerk of north` for one of a unit", ())
    superior: str | None = item("the person above", None)
    department: str | None = item("the department", None)
    away: tuple[Absence, ...] = item("when they are away, and who stands in; of several that hold, the first counts", ())
    deny: tuple[str, ...] = item("posts, `procedure/action` and rights that they shall not have, whoever grants them", ())
    login: str | None = item("the operating-system account", None)
    email: str | None = item("where e-mail goes", None)
    phone: str | None = item("where text messages go", None)
    chat: str | None = item("an apprise URL for chat messages", None)
    language: str | None = item("the language of notices to this person", None)


@valueclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Several people under one name, such as a committee."""

    id: str
    title: Text = item("what people call it", factory=Text)
    members: tuple[str, ...] = item("who belongs to it", ())
    roles: tuple[str, ...] = item("posts that all its members hold", ())
    deny: tuple[str, ...] = item("what none of its members shall have", ())


@valueclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Who may do what is no action of a case: posts, groups or people. A right that is not written is nobody's."""

    publish: tuple[str, ...] = item("put a definition into force", ())
    apply: tuple[str, ...] = item("put the organisation and calendars into force", ())
    migrate: tuple[str, ...] = item("let open cases go over to another version", ())
    audit: tuple[str, ...] = item("see every case and its history, without personal data, and verify them", ())
    reveal: tuple[str, ...] = item("see personal data that is masked for them, each time on record", ())
    erase: tuple[str, ...] = item("erase personal data", ())
    tell: tuple[str, ...] = item("tell, by a file of events, what others did", ())
    classify: tuple[str, ...] = item("give customers a class by hand, and have all assessed", ())


RIGHTS = tuple(one.name for one in fields(Rights))
"""The rights there are, by name."""
