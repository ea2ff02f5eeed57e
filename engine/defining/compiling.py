"""A service cycle as the procedure that executes it: a visit is a case, touchpoints are states, standards are tasks and clocks.

Pure. What a cycle leaves to the procedure (rights, deadlines, history, notices) thereby works for visits as for complaints.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.defining.cycle import Cycle, Standard, Touchpoint
from engine.defining.definition import (
    Action,
    Case,
    ClockSpec,
    Definition,
    DoingKind,
    Expression,
    Point,
    PointKind,
    Rung,
    State,
    Task,
    Text,
    Who,
    WhoKind,
)
from engine.defining.tree import Path, Place, Tree

LEFT = "left"
LEAVE = "leave"
FORGOTTEN = "forgotten"
"""State and actions that every cycle brings: the customer has left, leaves, or left without anybody saying so."""
DOINGS = frozenset(kind.value for kind in DoingKind)
OWN = frozenset({LEFT, LEAVE, FORGOTTEN})
_INSPECTING = "inspecting_"
_LEAVE = Text({"en": "Leaves", "zh": "离开"})
_FORGOTTEN = Text({"en": "Left without anybody saying so", "zh": "未登记即离开"})


def procedure_of(cycle: Cycle) -> Definition:
    """The procedure that a visit goes through, before `complete`."""
    entries = entries_of(cycle)
    states = {one.name: _state(cycle, one) for one in cycle.touchpoints.values()}
    inspections = {inspecting(one.name): _inspection(cycle, one) for _, one in cycle.standards() if one.every is not None}
    clocks = {one.name: _clock(one) for _, one in cycle.standards() if one.within and one.from_}
    asked = {one.name: field for _, one in cycle.standards() if (field := one.field) is not None}
    opening, openers = cycle.opening, dict.fromkeys(who for one in entries for who in one.by or cycle.by)
    return Definition(
        name=cycle.name, title=cycle.title, number=cycle.number, calendar=cycle.calendar, languages=cycle.languages,
        fields={**cycle.fields, **asked}, values=cycle.values, roles=cycle.roles,
        opening=replace(opening, by=opening.by or tuple(openers), backdate=opening.backdate or cycle.late),
        states={**states, **inspections, LEFT: State(name=LEFT, title=Text({"en": "Left", "zh": "已离开"}), final=True)}, clocks=clocks,
        authority=cycle.authority, counting=cycle.counting, notices=cycle.notices, privacy=cycle.privacy, contact=cycle.contact,
        standards=standards_of(cycle), missed=cycle.missed, reviewing=cycle.reviewing,
        entries=tuple(one.name for one in entries), scheduled=tuple(inspections),
    )


def entries_of(cycle: Cycle) -> list[Touchpoint]:
    """The touchpoints at which a visit may begin: the first, and what follows while that may be passed by."""
    order = list(cycle.touchpoints.values())
    found = [order[0]]
    for one in found:
        found += [other for other in _next(cycle, order, one) if one.optional and other not in found]
    return found


def inspecting(standard: str) -> str:
    """The state of an inspection that looks at this standard."""
    return _INSPECTING + standard


def _inspection(cycle: Cycle, standard: Standard) -> State:
    """An inspection is a case of its own: one task, and it is over when that is done."""
    over = Action(
        name=LEAVE, title=_LEAVE, by=(Who(WhoKind.SYSTEM),), to=LEFT, when=Expression(f"done('{standard.name}')"),
    )
    task = replace(_task(cycle, standard), within=(), pause=(), ladder=())
    return State(
        name=inspecting(standard.name), title=standard.statement, actions={LEAVE: over}, tasks={standard.name: task},
        within=standard.within, ladder=standard.ladder,
    )


def standards_of(cycle: Cycle) -> dict[str, Standard]:
    """Every standard by name, each with its touchpoint and, where it says nothing else, that one's need and level and the cycle's
    review."""
    return {
        one.name: replace(one, touchpoint=where.name, need=one.need or where.need, level=one.level or where.level,
                          review=one.review or cycle.review)
        for where, one in cycle.standards()
    }


def following(cycle: Cycle, touchpoint: Touchpoint) -> list[Touchpoint]:
    """The touchpoints to which a customer may come from this one, in the order written; what is optional may be passed by."""
    order = list(cycle.touchpoints.values())
    found: dict[str, Touchpoint] = {}
    ahead = _next(cycle, order, touchpoint)
    while ahead:
        one = ahead.pop(0)
        if one.name not in found:
            found[one.name] = one
            ahead += _next(cycle, order, one) if one.optional else []
    if touchpoint.repeated:
        found[touchpoint.name] = touchpoint
    return [one for one in order if one.name in found]


def may_end(cycle: Cycle, touchpoint: Touchpoint) -> bool:
    """Whether a visit may end at this touchpoint: nothing follows that a customer has to meet."""
    order, seen = list(cycle.touchpoints.values()), {touchpoint.name}
    ahead = [touchpoint]
    while ahead:
        following_it = _next(cycle, order, ahead.pop())
        if not following_it:
            return True
        ahead += [one for one in following_it if one.optional and one.name not in seen]
        seen.update(one.name for one in following_it)
    return False


def _next(cycle: Cycle, order: list[Touchpoint], touchpoint: Touchpoint) -> list[Touchpoint]:
    if touchpoint.next:
        return [cycle.touchpoints[name] for name in touchpoint.next if name in cycle.touchpoints]
    place = order.index(touchpoint)
    return order[place + 1:place + 2]


def _state(cycle: Cycle, touchpoint: Touchpoint) -> State:
    return State(
        name=touchpoint.name, title=touchpoint.title,
        actions={action.name: action for action in _moves(cycle, touchpoint)},
        tasks={one.name: _task(cycle, one) for one in touchpoint.standards.values() if _each_visit(one)},
    )


def _moves(cycle: Cycle, touchpoint: Touchpoint) -> Iterator[Action]:
    """Coming to another touchpoint, leaving, and leaving without anybody saying so."""
    for one in following(cycle, touchpoint):
        yield Action(name=one.name, title=one.title, by=one.by or cycle.by, to=one.name, backdate=cycle.late)
    if may_end(cycle, touchpoint):
        yield Action(name=LEAVE, title=_LEAVE, by=touchpoint.by or cycle.by, to=LEFT, backdate=cycle.late, do=cycle.left)
    if cycle.ends is not None:
        yield Action(name=FORGOTTEN, title=_FORGOTTEN, by=(Who(WhoKind.SYSTEM),), to=LEFT, after=cycle.ends, do=cycle.left)


def _each_visit(standard: Standard) -> bool:
    """Whether it is a task of every visit: not one of inspections, nor told in counts, nor timed by events of its own, nor what
    customers say of it."""
    return standard.every is None and not standard.from_ and standard.survey is None and (
        standard.measure is None or standard.measure.type == "number"
    )


def _task(cycle: Cycle, standard: Standard) -> Task:
    asked = (Case(value=standard.name),) if standard.field is not None else ()
    return Task(
        name=standard.name, title=standard.statement, by=standard.by, when=standard.when, require=asked, within=standard.within,
        pause=standard.pause, ladder=_ladder(standard), calendar=standard.calendar, backdate=cycle.late,
    )


def _clock(standard: Standard) -> ClockSpec:
    return ClockSpec(
        name=standard.name, title=standard.statement, from_=standard.from_, until=standard.until, within=standard.within,
        when=standard.when, pause=standard.pause, ladder=_ladder(standard), calendar=standard.calendar,
    )


def _ladder(standard: Standard) -> tuple[Rung, ...]:
    """Its rungs, and what a broken promise brings about when it is broken."""
    return (*standard.ladder, *([Rung(at=Point(PointKind.DUE), do=standard.missed)] if standard.missed else ()))


@dataclass(slots=True)
class PlacesOfCycle(Tree):
    """The file of a cycle, asked by the paths of the procedure that executes it."""

    cycle: Cycle | None = None

    @classmethod
    def of(cls, tree: Tree, cycle: Cycle) -> "PlacesOfCycle":
        """The places of a tree, for what the procedure of this cycle has."""
        return cls(tree.file, tree.value, tree.places, tree.problems, tree.keys, tree.beside, cycle)

    def place(self, path: Path) -> Place:
        """Line and column of what became the procedure's value at `path`."""
        return Tree.place(self, self._written(path))

    def key_place(self, path: Path) -> Place:
        """Line and column of the key of what became the procedure's value at `path`."""
        return Tree.key_place(self, self._written(path))

    def _written(self, path: Path) -> Path:
        return path if self.cycle is None else place_in_cycle(path, self.cycle)


def place_in_cycle(path: Path, cycle: Cycle) -> Path:
    """Where in the cycle's file stands what the procedure has at this path."""
    touchpoint_of = {standard.name: touchpoint.name for touchpoint, standard in cycle.standards()}
    match path:
        case ("states", state, "tasks", name, *rest) if state == inspecting(str(name)):
            return ("touchpoints", touchpoint_of[str(name)], "standards", name, *rest)
        case ("states", state, *rest) if str(state).removeprefix(_INSPECTING) in touchpoint_of:
            name = str(state).removeprefix(_INSPECTING)
            return ("touchpoints", touchpoint_of[name], "standards", name, *rest)
        case ("states", state, *_) if state not in cycle.touchpoints:
            return ("touchpoints",)
        case ("states", state, "tasks", name, *rest):
            return ("touchpoints", state, "standards", name, *_missed(cycle, str(name), rest))
        case ("states", state, "actions", name, *rest) if name not in OWN and name in cycle.touchpoints:
            return ("touchpoints", name, *rest) if cycle.touchpoints[str(name)].by else tuple(rest) or ("touchpoints", name)
        case ("states", _, "actions", "leave" | "forgotten", key, *rest) if key in DOINGS:
            return ("left", key, *rest)
        case ("states", state, "actions", str(), "by", *rest):
            return ("touchpoints", state, "by", *rest) if cycle.touchpoints[str(state)].by else ("by", *rest)
        case ("states", state, *rest) if state in cycle.touchpoints:
            return ("touchpoints", state, *rest)
        case ("clocks" | "fields", name, *rest) if name in touchpoint_of and name not in cycle.fields:
            return ("touchpoints", touchpoint_of[str(name)], "standards", name, *_missed(cycle, str(name), rest))
        case ("opening", "by", *rest) if not cycle.opening.by:
            return ("by", *rest)
    return path


def _missed(cycle: Cycle, name: str, rest: list[str | int]) -> Path:
    """What follows a standard's name, with the rung that `missed` became said as such."""
    standard = next(one for _, one in cycle.standards() if one.name == name)
    if rest[:2] == ["ladder", len(standard.ladder)]:
        return ("missed", *rest[2:])
    return tuple(rest)
