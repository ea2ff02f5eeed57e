"""A procedure as a picture: Mermaid text, or an SVG of our own that needs nothing else to be looked at.

Both show the same `Picture`: states with their limits and tasks, the actions between them with who may take them, actions that are
possible everywhere once instead of at every state, and the clocks beneath.
"""

from collections.abc import Iterable, Iterator

from engine.defining.checks_walk import opened
from engine.defining.definition import Action, Case, Computed, Definition, State, Task, Text, Who, WhoKind
from engine.defining.picture import ANYWHERE, Edge, Node, Picture
from engine.ground.duration import Duration, Unit
from engine.ground.recurrence import Recurrence

_WORDS = {
    "en": {
        "any": "any open state",
        "of": "{0}, {1}",
        "within": "≤ {0}",
        "earliest": "the earliest of {0}",
        "latest": "the latest of {0}",
        "before": "{0} before {1}",
        "after": "after {0}",
        "every": "every {0}",
        "back": "back",
        "tasks": "after the tasks",
        "owner": "owner",
        "actor": "whoever acts",
        "opens": "⇒ {0}",
        "opens and waits": "⇒ {0}, waits for it",
        "customer": "customer",
        "system": "by itself",
        "anyone": "anyone",
        "clocks": "Clocks",
        "from": "from {0} until {1}",
        "window": "from {0}",
        "awaits": "waiting for the customer",
        "approve": "✓\u00a0{0}",
        "by": "who did {0}",
        "superior": "superior of {0}",
        "superiors": "superiors of {0}",
        "subordinates": "subordinates of {0}",
        "department": "department of {0}",
        "involved": "whoever was involved",
        "least loaded": "least loaded of {0}",
    },
    "zh": {
        "any": "任一未结状态",
        "of": "{0}、{1}",
        "within": "≤ {0}",
        "earliest": "{0} 中最早者",
        "latest": "{0} 中最晚者",
        "before": "{1}前 {0}",
        "after": "{0}后",
        "every": "每{0}",
        "back": "返回",
        "tasks": "任务完成后",
        "owner": "承办人",
        "actor": "经办人",
        "opens": "⇒ {0}",
        "opens and waits": "⇒ {0}，等待其结案",
        "customer": "客户",
        "system": "系统自动",
        "anyone": "任何人",
        "clocks": "时限",
        "from": "自{0}至{1}",
        "window": "自{0}起",
        "awaits": "等待客户",
        "approve": "✓\u00a0{0}",
        "by": "{0}的经办人",
        "superior": "{0}的上级",
        "superiors": "{0}的各级上级",
        "subordinates": "{0}的各级下属",
        "department": "{0}所在部门",
        "involved": "曾经手本案者",
        "least loaded": "{0}中案件最少者",
    },
}
_UNITS = {
    Unit.MINUTES: "分钟",
    Unit.HOURS: "小时",
    Unit.WORKING_MINUTES: "工作分钟",
    Unit.WORKING_HOURS: "工作小时",
    Unit.DAYS: "天",
    Unit.WORKING_DAYS: "个工作日",
    Unit.WEEKS: "周",
    Unit.MONTHS: "个月",
    Unit.QUARTERS: "个季度",
    Unit.YEARS: "年",
}


def mermaid(definition: Definition, language: str) -> str:
    """The procedure as a Mermaid state diagram, with titles in that language."""
    from engine.defining.diagram_mermaid import write

    return write(picture(definition, language))


def svg(definition: Definition, language: str) -> str:
    """The procedure as one self-contained SVG file, with titles in that language."""
    from engine.defining.diagram_svg import draw

    return draw(picture(definition, language), language)


def picture(definition: Definition, language: str) -> Picture:
    """What is to be drawn."""
    words = _Words(definition, language)
    nodes = [words.node(state) for state in definition.states.values()]
    edges: dict[tuple[str, str, bool, bool], Edge] = {}
    for origin, to, action in _ways(definition):
        key = (origin, to, words.automatic(action), action.to == "back")
        edge = edges.setdefault(key, Edge(origin, to, automatic=key[2], back=key[3]))
        edge.actions.append((words.titled(action.title, action.name), words.conditions(action)))
    everywhere = (*(words.task(task) for task in definition.anywhere.tasks.values() if not task.in_), *words.opens("anywhere"))
    if everywhere or any(edge.origin == ANYWHERE for edge in edges.values()):
        nodes.append(Node(ANYWHERE, words.said("any"), lines=everywhere))
    clocks = tuple(words.clock(name) for name in definition.clocks)
    return Picture(words.titled(definition.title, definition.name), tuple(nodes), tuple(edges.values()), words.said("clocks"), clocks)


def _ways(definition: Definition) -> Iterator[tuple[str, str, Action]]:
    """Every action that leads somewhere else: origin, target, action. Those of `anywhere` come from one place of their own."""
    for state in definition.states.values():
        for action in state.actions.values():
            if action.to == "back":
                yield from ((state.name, origin, action) for origin in _origins(definition, state.name))
            elif (
                action.to in definition.states
                and action.to is not None
                and action.to != state.name
                and not (action.anywhere and not action.in_)
            ):
                yield state.name, action.to, action
    for action in definition.anywhere.actions.values():
        if action.to in definition.states and action.to is not None and not action.in_:
            yield ANYWHERE, action.to, action


def _origins(definition: Definition, state: str) -> list[str]:
    """The states from which a case can come to this one other than by going back."""
    return [o.name for o in definition.states.values() if o.name != state and any(a.to == state for a in o.actions.values())]


class _Words:
    """The definition's titles and this module's few words, in one language."""

    def __init__(self, definition: Definition, language: str) -> None:
        self.definition, self.language = definition, language
        self.words = _WORDS["zh" if language.startswith("zh") else "en"]
        self.titles = {field.name: field.title for field in definition.fields.values()}
        self.titles |= {state.name: state.title for state in definition.states.values()}
        for state in definition.states.values():
            things: list[Action | Task] = [*state.actions.values(), *state.tasks.values()]
            self.titles |= {thing.name: thing.title for thing in things}

    def said(self, word: str, *parts: str) -> str:
        return self.words[word].format(*parts)

    def titled(self, title: Text, name: str) -> str:
        return title.in_(self.language) or name

    def node(self, state: State) -> Node:
        lines = [self.said("awaits")] if state.awaits else []
        lines += [self.task(task) for task in state.tasks.values() if task.in_ or not task.anywhere]
        for action in state.actions.values():
            if action.to in (None, state.name) and not action.anywhere:
                said = (self.titled(action.title, action.name), self.approvers(action))
                lines.append("↻ " + " ".join(part for part in said if part))
        lines += self.opens("states", state.name)
        first = state.name in self.definition.ways_in
        return Node(state.name, self.titled(state.title, state.name), self.limit(state.within), tuple(lines), state.final, first)

    def task(self, task: Task) -> str:
        """`☐ Inspection (Lab) every 1 month ≤ 3 working days`."""
        every = self.said("every", self.duration(task.every)) if task.every else ""
        times = (part.replace(" ", "\u00a0") for part in (every, self.limit(task.within)))      # a line is not broken within one
        said = (self.titled(task.title, task.name), self.people(task.by), self.approvers(task), *times)
        return "☐ " + " ".join(part for part in said if part)

    def approvers(self, what: Action | Task) -> str:
        """`✓ General manager, Review committee`, or nothing."""
        mark = "、" if self.language.startswith("zh") else ", "
        names = mark.join(dict.fromkeys(self.who(case.value.of) for case in what.approve))
        return self.said("approve", names) if names else ""

    def opens(self, *place: str) -> list[str]:
        """`⇒ corrective-action` for each linked case that is opened there."""
        here = (linked for linked, path in opened(self.definition) if path[: len(place)] == place)
        said = (self.said("opens and waits" if linked.wait else "opens", linked.procedure) for linked in here)
        return list(dict.fromkeys(said))

    def limit(self, within: tuple[Case, ...]) -> str:
        """`≤ 13 days / 17 days`, or nothing."""
        durations = list(dict.fromkeys(self.length(case) for case in within))
        return self.said("within", " / ".join(durations)) if durations else ""

    def length(self, case: Case) -> str:
        several = case.earliest_of or case.latest_of
        if several:
            return self.said("earliest" if case.earliest_of else "latest", ", ".join(map(self.length, several)))
        value = self.named(case.value) if isinstance(case.value, str) else self.duration(case.value)
        return value if case.before is None else self.said("before", value, self.named(case.before))

    def duration(self, value: object) -> str:
        if isinstance(value, Recurrence):
            return ", ".join(f"{self.duration(step)}{f' ×{times}' if times else ''}" for step, times in value.steps)
        if isinstance(value, Duration | Computed) and self.language.startswith("zh"):
            number = value.number if isinstance(value, Computed) else f"{value.amount.normalize():f}"
            return f"{number} {_UNITS[value.unit]}"
        return str(value)

    def automatic(self, action: Action) -> bool:
        return bool(action.by) and all(who.kind is WhoKind.SYSTEM for who in action.by)

    def conditions(self, action: Action) -> str:
        """Who takes an action, and after what."""
        said = [self.people(action.by)]
        if isinstance(action.after, Duration):
            said = [self.said("after", self.duration(action.after))]
        elif action.after:
            said.append(self.said("tasks"))
        said.append(self.approvers(action))
        return ", ".join(part for part in said if part) if not self.language.startswith("zh") else "，".join(part for part in said if part)

    def people(self, by: Iterable[Who]) -> str:
        names = [self.who(who) for who in by]
        return "" if not names else "(" + (", " if not self.language.startswith("zh") else "、").join(names) + ")"

    def who(self, who: Who) -> str:
        match who.kind:
            case WhoKind.NAMED:
                role = self.definition.roles.get(who.name) or self.definition.fields.get(who.name)
                return self.titled(role.title, who.name) if role else who.name
            case WhoKind.ACTOR_OF:
                return self.said("by", self.named(who.name))
        return self.said(who.kind.value, *([self.who(who.of)] if who.of else []))

    def named(self, name: str) -> str:
        """The title of a state, action or task."""
        return self.titled(self.titles.get(name) or Text(), name)

    def clock(self, name: str) -> str:
        spec = self.definition.clocks[name]
        starts, stops = ([self.event(str(one), one.name) for one in events] for events in (spec.from_, spec.until))
        mark = " / "
        span = self.said("from", mark.join(starts), mark.join(stops)) if stops else self.said("window", mark.join(starts))
        english = self.words is _WORDS["en"]
        said = (", " if english else "，").join([self.limit(spec.within), span, *self.opens("clocks", name)])
        return self.titled(spec.title, name) + (": " if english else "：") + said

    def event(self, written: str, name: str) -> str:
        plain = {"opened": "登记", "closed": "结案"} if self.words is _WORDS["zh"] else {}
        return self.named(name) if name in self.titles else plain.get(written, written)
