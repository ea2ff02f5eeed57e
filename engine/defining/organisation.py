"""The frozen values of an organisation file: who works here, in which posts, under whom, who stands in, who may what in the house."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Literal

from engine.defining.absences import Absences
from engine.defining.definition import Band, Expression, Text, item
from engine.defining.posts import Posts
from engine.defining.rhythm import Rhythm
from engine.ground.duration import Duration
from engine.ground.valueclass import valueclass

__all__ = ["RIGHTS", "Absence", "CustomerClass", "Group", "Organisation", "Person", "Rights", "ScheduledReport"]


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


@valueclass(frozen=True, slots=True, kw_only=True)
class CustomerClass:
    """A class of customers; the first whose condition holds counts."""

    name: str
    title: Text = item("what people call it", factory=Text)
    when: Expression | None = item(
        "of whom it holds: reads `cases`, `open_cases`, `days_since_last`, `satisfaction` (0 to 100), and number and money fields by name, "
        "each the sum over the customer's cases; without it of everybody left", None
    )
    over: Duration | None = item("counts only cases opened, and answers given, so long ago at most; otherwise all", None)


@valueclass(frozen=True, slots=True, kw_only=True)
class ScheduledReport:
    """A report that is made by itself, and sent to somebody."""

    name: str
    title: Text = item("what it is called, where otherwise than usual", factory=Text)
    report: Literal["complaints", "posts", "daily", "weekly", "monthly", "walk", "standards"] = item(
        "which report, as after `makegood report`"
    )
    of: tuple[str, ...] = item("the bundles that it is about; without them all in force", ())
    every: Rhythm = item(
        "when it is made: `day 07:00`, `friday 16:00` or `month 1 08:00`, local time; it covers the whole days since the time before"
    )
    by: str = item("the post that answers for it; nobody who holds it serves in what it is about")
    to: tuple[str, ...] = item("posts, groups or people who get it")


RIGHTS = tuple(one.name for one in fields(Rights))
"""The rights there are, by name."""


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """Everybody, as one version of the organisation file says."""

    name: str = item("the name of the organisation", key="organisation")
    title: Text = item("what people call it", factory=Text)
    timezone: str = item("the IANA time zone in which days of absence begin and end", "UTC")
    people: Mapping[str, Person] = item("who works here", factory=dict)
    groups: Mapping[str, Group] = item("several people under one name", factory=dict)
    authority: Mapping[str, Band] = item(
        "the most that a role or group may decide, whatever a procedure says: `{manager: 5000 CNY, director: unlimited}`. With this "
        "section nobody else decides amounts; without it procedures alone say who does", factory=dict
    )
    classes: Mapping[str, CustomerClass] = item(
        "classes of customers by value and behaviour; `customer.class` in conditions, limits and reviews is the one that a customer had "
        "when the case named them", factory=dict
    )
    rights: Rights = item("who may do what in the house, beside the actions of cases", factory=Rights)
    reports: Mapping[str, ScheduledReport] = item("reports that are made by themselves, by name", factory=dict)

    @cached_property
    def posts(self) -> Posts:
        """Who holds what, looked up rather than searched; worked out at the first question."""
        return Posts(self)

    @cached_property
    def absences(self) -> Absences:
        """Who stands in for whom, and when; worked out at the first question."""
        return Absences(self)

    def holders(self, role: str) -> tuple[str, ...]:
        """The people who hold a post (of any unit, or `clerk of north`) and are not denied it, by id, in the order written."""
        return self.posts.holders.get(role, ())

    def person_of_login(self, login: str) -> Person | None:
        """The person with that operating-system account, if any."""
        return next((p for p in self.people.values() if p.login == login), None)
