"""Who holds what in an organisation: posts by person and people by post, groups, denials, units, those below; worked out once.

A denial takes a post away however it was given: by the person's own `roles:`, by a group, or by somebody for whom they stand in.
"""

from collections.abc import Iterable, Iterator, Mapping

from engine.defining.people import Group, Person, Rights

NOTHING: frozenset[str] = frozenset()


def role_of(post: str) -> str:
    """The role of a post as written: `clerk` of `clerk of north`."""
    return post.split(" of ", 1)[0] if " of " in post else post


class Posts:
    """The answers about one organisation, each a look into a mapping."""

    def __init__(self, people: Mapping[str, Person], groups: Mapping[str, Group], rights: Rights) -> None:
        self._people, self._groups, self._rights = people, groups, rights
        self._with_right: dict[str, frozenset[str]] = {}
        self.place = {name: place for place, name in enumerate(people)}
        """Where each person stands in the file."""
        self.groups: dict[str, list[str]] = {}
        for group in groups.values():
            for member in group.members:
                self.groups.setdefault(member, []).append(group.id)
        self.denied: dict[str, frozenset[str]] = {}
        self.of: dict[str, tuple[str, ...]] = {}
        self._held: dict[str, frozenset[str]] = {}
        self.below: dict[str, list[str]] = {}
        self.department: dict[str, list[str]] = {}
        holders: dict[str, dict[str, None]] = {}
        for person in people.values():
            within = [groups[name] for name in self.groups.get(person.id, ())]
            denied = frozenset([*person.deny, *(name for group in within for name in group.deny)])
            if denied:
                self.denied[person.id] = denied
            given = dict.fromkeys([*person.roles, *(role for group in within for role in group.roles)])
            posts = tuple(post for post in given if not denied or (post not in denied and role_of(post) not in denied))
            if posts:
                self.of[person.id] = posts
                self._held[person.id] = frozenset([*posts, *map(role_of, posts)])
            for post in posts:
                for name in {post, role_of(post)}:
                    holders.setdefault(name, {})[person.id] = None
            if person.superior is not None:
                self.below.setdefault(person.superior, []).append(person.id)
            if person.department is not None:
                self.department.setdefault(person.department, []).append(person.id)
        self.holders: dict[str, tuple[str, ...]] = {post: tuple(ids) for post, ids in holders.items()}

    def denials(self, person: str) -> frozenset[str]:
        """What a person is denied, themselves or through a group: posts, `procedure/action`, rights."""
        return self.denied.get(person, NOTHING)

    def may_not_hold(self, person: str, post: str) -> bool:
        """Whether a person is denied a post, or the role of which it is one."""
        denied = self.denied.get(person, NOTHING)
        return bool(denied) and (post in denied or role_of(post) in denied)

    def holds(self, person: str, role: str) -> bool:
        """Whether a person holds a post: a role of whatever unit, or one as written."""
        return role in self._held.get(person, NOTHING)

    def purposes(self, person: str) -> tuple[str, ...]:
        """What a deputy may be named for: the posts a person holds and the groups they belong to."""
        return (*self.of.get(person, ()), *self.groups.get(person, ()))

    def with_right(self, right: str) -> frozenset[str]:
        """The ids of everybody who has a right in the house, granted to them, to a group of theirs or to a post, and not denied."""
        if right not in self._with_right:
            found: set[str] = set()
            for name in getattr(self._rights, right):
                if name in self._people:
                    found.add(name)
                elif name in self._groups:
                    found.update(self._groups[name].members)
                else:
                    found.update(self.holders.get(name, ()))
            self._with_right[right] = frozenset(one for one in found if right not in self.denials(one) and one in self._people)
        return self._with_right[right]

    def all_below(self, people: Iterable[str]) -> Iterator[str]:
        """Everybody below these people, however far."""
        waiting, seen = list(people), set(people)
        while waiting:
            for one in self.below.get(waiting.pop(), ()):
                if one not in seen:
                    seen.add(one)
                    waiting.append(one)
                    yield one
