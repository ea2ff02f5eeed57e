"""The frozen values of an organisation file: who works here, in which posts, under whom, who stands in, who may what in the house."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from engine.defining.absences import Absences
from engine.defining.definition import Band, Expression, Text, item
from engine.defining.people import RIGHTS, Absence, Group, Person, Rights
from engine.defining.posts import Posts
from engine.defining.rhythm import Rhythm
from engine.ground.duration import Duration
from engine.ground.valueclass import valueclass

__all__ = ["RIGHTS", "Absence", "CustomerClass", "Group", "Organisation", "Person", "Rights", "ScheduledReport"]


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
        return Posts(self.people, self.groups, self.rights)

    @cached_property
    def absences(self) -> Absences:
        """Who stands in for whom, and when; worked out at the first question."""
        return Absences(self.people, self.posts, self.timezone)

    def holders(self, role: str) -> tuple[str, ...]:
        """The people who hold a post (of any unit, or `clerk of north`) and are not denied it, by id, in the order written."""
        return self.posts.holders.get(role, ())

    def person_of_login(self, login: str) -> Person | None:
        """The person with that operating-system account, if any."""
        return next((p for p in self.people.values() if p.login == login), None)
