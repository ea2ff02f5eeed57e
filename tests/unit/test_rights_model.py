"""Rights against a matrix worked out by brute force from the sentences of docs/rights.md: random organisations, absences, denials, units.

The model below shares nothing with the engine but the files' values: it walks lists, follows every deputy by hand and counts days as
numbers. Each question is who may take an action, in their own name or another's, on some day; then who may see what.
"""

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from engine.deciding import seeing
from engine.deciding.case import Act, CaseState, TaskRun, TaskStatus
from engine.deciding.obstacles import Situation, acting, obstacles
from engine.deciding.reasons import Reason
from engine.deciding.rights import Actor
from engine.defining.definition import Action, Definition, Field, FieldType, Role, State, Task, Text, Who, WhoKind
from engine.defining.organisation import Absence, Group, Organisation, Person, Rights
from engine.defining.vocabulary import Sight
from engine.defining.words import parse_who
from engine.ground.money import Money

PEOPLE = ("a", "b", "c", "d", "e")
ROLES = ("desk", "lead", "clerk")            # a clerk is one of a unit
GROUPS = ("panel", "board")
POSTS = ("desk", "lead", "clerk of north", "clerk of south", "clerk")
WHOS = (
    "desk", "lead", "clerk", "panel", "a", "helper", "owner", "customer", "anyone", "actor_of('propose')", "involved", "superior of owner",
    "superiors of owner", "subordinates of owner", "department of actor_of('propose')", "superior of helper",
)
OWN = ""


def day(number: int) -> date:
    return date(2026, 12, number)


# --- the model --------------------------------------------------------------------------------------------------------


class Model:
    """The sentences, taken literally."""

    def __init__(self, organisation: Organisation, case: dict[str, Any], by: list[str], excepts: list[str], today: int) -> None:
        self.people, self.groups = organisation.people, organisation.groups
        self.case, self.by, self.excepts, self.today = case, by, excepts, today

    def denials(self, person: str) -> list[str]:
        """What somebody is denied, themselves or as a member of a group."""
        return [*self.people[person].deny, *(d for g in self.groups.values() if person in g.members for d in g.deny)]

    def denied_post(self, person: str, post: str) -> bool:
        return post in self.denials(person) or post.split(" of ")[0] in self.denials(person)

    def posts(self, person: str) -> list[str]:
        """Posts are written for a person or for a group of theirs; a denied one is not held."""
        given = [*self.people[person].roles, *(r for g in self.groups.values() if person in g.members for r in g.roles)]
        return [post for post in given if not self.denied_post(person, post)]

    def purposes(self, person: str) -> list[str]:
        return [OWN, *self.posts(person), *(g.id for g in self.groups.values() if person in g.members)]

    def way(self, person: str, purpose: str) -> list[str] | None:
        """Everybody from somebody to the one who stands in for them today for a purpose; None when nobody does."""
        way = [person]
        while True:
            holding = [
                one for one in self.people[way[-1]].away
                if one.from_ <= day(self.today) <= one.until
                and (purpose == OWN or not one.for_ or purpose in one.for_ or purpose.split(" of ")[0] in one.for_)
            ]
            if not holding:
                return way
            deputy = holding[0].deputy
            if deputy is None or deputy in way:
                return None
            way.append(deputy)

    def lent(self, deputy: str, absent: str) -> dict[str, list[str]]:
        """What somebody is lent today by another, with the way it takes; a post that anybody on the way is denied is not lent."""
        found = {}
        for purpose in self.purposes(absent):
            way = self.way(absent, purpose)
            if way and len(way) > 1 and way[-1] == deputy and not any(self.denied_post(one, purpose) for one in way):
                found[purpose] = way
        return found

    def wanted(self, role: str) -> list[str]:
        return [f"clerk of {self.case['unit']}"] if role == "clerk" else [role]

    def holds(self, posts: list[str], role: str) -> bool:
        return any(post == want or post.split(" of ")[0] == want for post in posts for want in self.wanted(role))

    def above(self, person: str) -> set[str]:
        superior = self.people[person].superior
        return set() if superior is None else {superior} | self.above(superior)

    def colleagues(self, person: str) -> set[str]:
        own = self.people[person].department
        return {one.id for one in self.people.values() if own is not None and one.department == own}

    def named(self, words: str) -> set[str]:
        """Whom the words of a definition name, in this case."""
        if words in ROLES:
            return {one for one in self.people if self.holds(self.posts(one), words)}
        if words in self.groups:
            return set(self.groups[words].members)
        for beginning, those in (
            ("superior of ", lambda one: {self.people[one].superior} - {None}),
            ("superiors of ", self.above),
            ("subordinates of ", lambda one: {other for other in self.people if one in self.above(other)}),
            ("department of ", self.colleagues),
        ):
            if words.startswith(beginning):
                return {found for one in self.named(words.removeprefix(beginning)) if one in self.people for found in those(one)}
        return {
            "owner": {self.case["owner"]}, "helper": {self.case["helper"]}, "involved": set(self.case["involved"]),
            "actor_of('propose')": set(self.case["proposers"]), "customer": {"customer"}, "a": {"a"},
            "anyone": {*self.people, "customer"},
        }[words]

    def asked(self, actor: str, other: str | None) -> set[str]:
        """Everybody whose denial or exclusion counts: who acts, in whose name, and every deputy between."""
        if other is None:
            return {actor}
        between = {one for way in self.lent(actor, other).values() for one in way} if other in self.people else set()
        return {actor, other, *between}

    def reasons(self, actor: str, other: str | None, amount: int | None, bands: dict[str, int | None]) -> set[Reason]:
        """Why somebody may not, in their own name or another's."""
        found = set()
        if not self.granted(actor, other):
            found.add(Reason.ROLE)
        elif any("p/approve" in self.denials(one) for one in self.asked(actor, other) if one in self.people):
            found.add(Reason.DENY)
        elif any(self.asked(actor, other) & self.named(words) for words in self.excepts):
            found.add(Reason.EXCEPT)
        if other is None:
            posts = self.posts(actor) if actor in self.people else []
        elif other in self.people:
            posts = [purpose for purpose in self.lent(actor, other) if purpose in self.posts(other)]
        else:
            posts = []
        roles = {post.split(" of ")[0] for post in posts}
        if amount is not None and not any(role in bands and (bands[role] is None or amount <= bands[role]) for role in roles):  # type: ignore[operator]
            found.add(Reason.LIMIT)
        return found

    def granted(self, actor: str, other: str | None) -> bool:
        if actor not in self.people and actor != "customer":
            return False
        if other is None:
            return any(actor in self.named(words) for words in self.by)
        if actor == "customer":
            return False
        if other == "customer":
            return any("customer" in self.named(words) for words in self.by)
        lent = self.lent(actor, other)
        for words in self.by:
            if words in ROLES:
                if self.holds([purpose for purpose in lent if purpose], words):
                    return True
            elif words in self.groups:
                if words in lent:
                    return True
            elif OWN in lent and other in self.named(words):
                return True
        return False

    def sees(self, person: str, sight: dict[str, tuple[str, ...]], auditors: set[str]) -> set[str]:
        """What somebody sees of the case."""
        lenders = [one for one in self.people if one != person and self.lent(person, one)]
        own = {person, *(one for one in lenders if OWN in self.lent(person, one))}
        posts = [*self.purposes(person), *(purpose for one in lenders for purpose in self.lent(person, one))]
        by_name = {
            one for words in self.by if words not in (*ROLES, *self.groups, "anyone", "customer") for one in self.named(words)
        }
        if own & ({self.case["owner"], self.case["assignee"], *self.case["added"]} | by_name):
            return {"case", "history", "personal"}
        if any(words in self.groups and words in posts for words in self.by):
            return {"case", "history", "personal"}
        found: set[str] = set()
        for role in ROLES:
            if self.holds([post for post in posts if post], role):
                found |= set(sight[role]) or {"case", "history", *({"personal"} if role in self.by else ())}
        return found | ({"case", "history"} if person in auditors and "audit" not in self.denials(person) else set())


# --- random houses ----------------------------------------------------------------------------------------------------


def some(chance: random.Random, among: tuple[str, ...], most: int) -> tuple[str, ...]:
    return tuple(chance.sample(among, chance.randint(0, most)))


def absence(chance: random.Random) -> Absence:
    begin = chance.randint(1, 6)
    return Absence(
        from_=day(begin), until=day(chance.randint(begin, 8)), deputy=chance.choice((*PEOPLE, *PEOPLE, None)),
        for_=some(chance, (*POSTS, *GROUPS), 2) if chance.random() < 0.5 else (),
    )


def organisation(chance: random.Random) -> Organisation:
    people = {}
    for place, one in enumerate(PEOPLE):
        people[one] = Person(
            id=one, name=one.upper(), roles=some(chance, POSTS, 2), superior=chance.choice((*PEOPLE[place + 1:], None)),
            department=chance.choice(("x", "y", None)), away=tuple(absence(chance) for _ in range(chance.choice((0, 1, 1, 2)))),
            deny=some(chance, (*POSTS, "p/approve", "q/approve", "audit"), 2) if chance.random() < 0.25 else (),
        )
    groups = {
        name: Group(
            id=name, members=some(chance, PEOPLE, 3), roles=some(chance, POSTS, 1),
            deny=some(chance, (*POSTS, "p/approve"), 1) if chance.random() < 0.15 else (),
        )
        for name in GROUPS
    }
    return Organisation(name="x", people=people, groups=groups, rights=Rights(audit=some(chance, (*PEOPLE, "desk"), 1)))


def test_rights_agree_with_the_matrix_worked_out_by_brute_force() -> None:
    chance = random.Random(20261122)
    asked = allowed = by_deputy = seen = 0
    for _ in range(1000):
        house, today = organisation(chance), chance.randint(1, 9)
        by, excepts = list(some(chance, WHOS, 4)), list(some(chance, WHOS, 2)) if chance.random() < 0.4 else []
        case = {
            "unit": chance.choice(("north", "south")), "owner": chance.choice(PEOPLE), "helper": chance.choice(PEOPLE),
            "proposers": some(chance, PEOPLE, 2), "involved": some(chance, PEOPLE, 3), "assignee": chance.choice((*PEOPLE, None)),
            "added": some(chance, PEOPLE, 1),
        }
        amount, bands = chance.choice((5, 50, None, None)), {role: chance.choice((10, 100, None)) for role in some(chance, ROLES, 3)}
        sight = {role: some(chance, ("case", "history", "personal"), 2) if chance.random() < 0.3 else () for role in ROLES}
        model = Model(house, case, by, excepts, today)
        made, state = definition(by, excepts, bands, sight), a_case(case)
        at = datetime(2026, 12, today, 13, tzinfo=UTC)
        values = {"unit": case["unit"], "helper": case["helper"], "amount": None if amount is None else Decimal(amount)}
        action = made.states["s"].actions["approve"]
        for actor in (*PEOPLE, "customer", "gone"):
            matrix = {other: model.reasons(actor, other, amount, bands) for other in (None, *PEOPLE, "customer") if other != actor}
            for other, expected in matrix.items():
                situation = Situation(made, state, Actor(actor, other), house, at, {}, values.get, lambda name: None)  # type: ignore[arg-type,return-value]
                found = {one.reason for one in obstacles(situation, action)}
                assert found == expected, (actor, other, today, by, excepts, case, house)
                asked += 1
                allowed += not expected
                by_deputy += not expected and other in PEOPLE
            own = Situation(made, state, Actor(actor), house, at, {}, values.get, lambda name: None)  # type: ignore[arg-type,return-value]
            taken = acting(own, action)
            free = [other for other in PEOPLE if other in matrix and not matrix[other]]
            if matrix[None] and free and not matrix[None] & {Reason.EXCEPT, Reason.DENY}:
                assert taken.actor.on_behalf == free[0], "of several absent people the first in the file"
            else:
                assert taken.actor == Actor(actor)
        for person in PEOPLE:
            auditors = {one for name in house.rights.audit for one in ([name] if name in PEOPLE else model.named(name))}
            found = seeing.seen(Actor(person), made, state, house, values.get, at).parts
            assert {str(part.value) for part in found} == model.sees(person, sight, auditors), (person, today, by, case, sight, house)
            seen += bool(found)
    assert asked > 40_000 and allowed > 1_500 and by_deputy > 100 and seen > 1_000, (asked, allowed, by_deputy, seen)


def definition(
    by: list[str], excepts: list[str], bands: dict[str, int | None], sight: dict[str, tuple[str, ...]]
) -> Definition:
    """A procedure with one action that asks for everything, and a task that may be assigned to somebody."""
    whos, barred = tuple(map(parse_who, by)), tuple(map(parse_who, excepts))
    action = Action(name="approve", by=whos, except_=barred, limit="amount")
    task = Task(name="look", by=(Who(WhoKind.SYSTEM),))
    fields = (
        Field(name="unit", type=FieldType.CHOICE, options={"north": Text(), "south": Text()}), Field(name="helper", type=FieldType.PERSON),
        Field(name="amount", type=FieldType.MONEY, currency="EUR"), Field(name="customer", type=FieldType.PARTY),
    )
    return Definition(
        name="p", number="{serial}", calendar="c", languages=("en",), fields={one.name: one for one in fields},
        roles={name: Role(name=name, of="unit" if name == "clerk" else None, sees=tuple(map(Sight, sight[name]))) for name in ROLES},
        states={"s": State(name="s", actions={"approve": action}, tasks={"look": task})},
        authority={role: None if most is None else (Money(Decimal(most), "EUR"),) for role, most in bands.items()},
    )


def a_case(told: dict[str, Any]) -> CaseState:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    case = CaseState("P-1", 1, at, state="s", entered_at=at, owner=told["owner"], added=list(told["added"]))
    case.involved = list(told["involved"])
    case.acts["propose"] = Act(1, at, list(told["proposers"]))
    case.tasks["look"] = TaskRun("look", "s", TaskStatus.OPEN, at, assignee=told["assignee"])
    return case
