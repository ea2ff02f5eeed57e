"""The frozen values of an organisation file: who works here, in which posts, under whom."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.defining.definition import Band, Text, item


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who works here."""

    id: str
    name: str = item("how the person is called")
    roles: tuple[str, ...] = item("posts held, as procedures name them", ())
    superior: str | None = item("the person above", None)
    department: str | None = item("the department", None)
    login: str | None = item("the operating-system account", None)
    email: str | None = item("where e-mail goes", None)
    phone: str | None = item("where text messages go", None)
    chat: str | None = item("an apprise URL for chat messages", None)
    language: str | None = item("the language of notices to this person", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Several people under one name, such as a committee."""

    id: str
    title: Text = item("what people call it", factory=Text)
    members: tuple[str, ...] = item("who belongs to it", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Everybody, as one version of the organisation file says."""

    name: str = item("the name of the organisation", key="organisation")
    title: Text = item("what people call it", factory=Text)
    people: Mapping[str, Person] = item("who works here", factory=dict)
    groups: Mapping[str, Group] = item("several people under one name", factory=dict)
    authority: Mapping[str, Band] = item(
        "the most that a role or group may decide, whatever a procedure says: `{manager: 5000 CNY, director: unlimited}`. With this "
        "section nobody else decides amounts; without it procedures alone say who does", factory=dict
    )

    def holders(self, role: str) -> tuple[str, ...]:
        """The people who hold a role, by id, in the order written."""
        return tuple(p.id for p in self.people.values() if role in p.roles)

    def person_of_login(self, login: str) -> Person | None:
        """The person with that operating-system account, if any."""
        return next((p for p in self.people.values() if p.login == login), None)
