"""Who serves does not supervise: by post, by group, by name, however the definition puts it."""

from dataclasses import replace

import pytest
from specimen import DEFINITION, ORGANISATION

from engine.deciding.supervising import not_apart, serving
from engine.defining.definition import Action, State, Task
from engine.defining.words import parse_who


def told(by: str, *whos: str) -> list[tuple[str, str]]:
    """Who would make a report `by` that post and serves in a procedure that these may open: (person, named as)."""
    opening = replace(DEFINITION.opening, by=tuple(map(parse_who, whos)))
    alone = replace(DEFINITION, opening=opening, states={})
    return [(person, named) for person, named, _ in not_apart(ORGANISATION, [alone], by)]


@pytest.mark.parametrize(("by", "whos", "found"), [
    ("director", ["intake"], []), ("director", ["manager"], [("zhao.lei", "manager")]), ("quality", ["intake"], [("sun.li", "intake")]),
    ("director", ["committee"], [("zhao.lei", "committee")]), ("director", ["zhao.lei"], [("zhao.lei", "zhao.lei")]),
    ("manager", ["least loaded of manager"], [("wang.fang", "manager"), ("zhao.lei", "manager")]), ("director", ["customer", "anyone"], []),
])
def test_whoever_holds_the_post_and_serves_is_found(by: str, whos: list[str], found: list[tuple[str, str]]) -> None:
    assert told(by, *whos) == found



def test_actions_and_tasks_are_service_too() -> None:
    task, action = Task(name="t", by=(parse_who("lab"),)), Action(name="a", by=(parse_who("desk"),))
    state = State(name="s", tasks={"t": task}, actions={"a": action})
    assert serving(replace(DEFINITION, states={"s": state})) == {"lab", "desk"}
