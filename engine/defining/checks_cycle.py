"""What can be wrong with a cycle before it is compiled: touchpoints nobody comes to, standards said twice, targets without a period."""

from collections import Counter
from collections.abc import Iterator

from engine.defining.checks_time import longer
from engine.defining.checks_walk import Finding
from engine.defining.compiling import following, may_end
from engine.defining.cycle import Cycle, Standard
from engine.defining.problems import nearest
from engine.defining.tree import Path
from engine.ground.language import say


def standard_path(touchpoint: str, name: str) -> Path:
    """Where a standard is written."""
    return ("touchpoints", touchpoint, "standards", name)


def names(cycle: Cycle) -> Iterator[Finding]:
    """Names under `next` that no touchpoint bears, and standards of one name at two touchpoints."""
    for touchpoint in cycle.touchpoints.values():
        for index, name in enumerate(touchpoint.next):
            if name not in cycle.touchpoints:
                yield Finding(("touchpoints", touchpoint.name, "next", index), say("There is no touchpoint '{name}'", name=name),
                              nearest=nearest(name, list(cycle.touchpoints)))
    twice = Counter(standard.name for _, standard in cycle.standards())
    for touchpoint, standard in cycle.standards():
        path = standard_path(touchpoint.name, standard.name)
        if twice[standard.name] > 1:
            yield Finding(path, say("There are two standards named '{name}'", name=standard.name), hint=say("Rename one."))
        if standard.name in cycle.touchpoints or standard.name in cycle.fields:
            yield Finding(path, say("'{name}' is also a touchpoint or field", name=standard.name), hint=say("Rename one."))


def ways(cycle: Cycle) -> Iterator[Finding]:
    """Touchpoints to which no customer can come, and cycles that no customer can leave."""
    first, *others = cycle.touchpoints
    seen, ahead = {first}, [cycle.touchpoints[first]]
    while ahead:
        fresh = [one for one in following(cycle, ahead.pop()) if one.name not in seen]
        seen.update(one.name for one in fresh)
        ahead += fresh
    for name in others:
        if name not in seen:
            yield Finding(("touchpoints", name), say("No customer comes to '{name}'", name=name),
                          hint=say("Name it under `next` of a touchpoint before it, or remove it."))
    if not any(may_end(cycle, one) for one in cycle.touchpoints.values() if one.name in seen):
        yield Finding(("touchpoints",), say("No visit ever ends"), hint=say("Let one touchpoint lead nowhere, or to optional ones only."))


def said_once(cycle: Cycle) -> Iterator[Finding]:
    """Standards that say by none or by several ways how they are kept, or that use keys of another way."""
    for touchpoint, standard in cycle.standards():
        path = standard_path(touchpoint.name, standard.name)
        ways_said = [key for key, said in _ways(standard) if said]
        if len(ways_said) != 1:
            yield Finding(path, say("A standard is kept by one of within, measure, check and survey; '{name}' says {count}",
                                    name=standard.name, count=", ".join(ways_said) or say("none")), hint=say("Write exactly one of them."))
        if not standard.by:
            yield Finding(path, say("M: nobody answers for '{name}'", name=standard.name), hint=say(
                "Name the post that keeps it and says so: `by: waiter`."))
        if standard.until and not standard.from_:
            yield Finding((*path, "until"), say("`until` goes with `from`"), hint=say("Write from where its time counts."))
        if standard.measure and standard.measure.type == "share":
            for key in ("every", "within", "when"):
                if getattr(standard, key):
                    yield Finding((*path, key), say("`{key}` says nothing of counts that are told", key=key), hint=say("Remove it."))
        if not standard.within:
            for key, said in _of_time(standard):
                if said:
                    yield Finding((*path, key), say("`{key}` goes with `within`", key=key), hint=say("Remove it, or give a time limit."))


def _ways(standard: Standard) -> list[tuple[str, object]]:
    """How it may be kept; of an inspection `within` is only how long it may take."""
    return [("within", standard.within and standard.every is None), ("measure", standard.measure), ("check", standard.check),
            ("survey", standard.survey)]


def _of_time(standard: Standard) -> list[tuple[str, object]]:
    return [("from", standard.from_), ("pause", standard.pause), ("ladder", standard.ladder), ("missed", standard.missed)]


def targets(cycle: Cycle) -> Iterator[Finding]:
    """Targets that cannot be judged."""
    for touchpoint, standard in cycle.standards():
        path = standard_path(touchpoint.name, standard.name)
        if standard.target is not None and not standard.target.share and standard.measure is None and standard.survey is None:
            yield Finding((*path, "target"), say("Without `measure` a target is a share, such as 95%"), hint=say("Write it with %."))
        if standard.survey and (standard.target is None or standard.target.share):
            yield Finding((*path, "survey"), say("What customers answer is held against a mean"), hint=say(
                "Write the level that they shall answer in the mean: `target: \">= 4.2\"`."))
        bounds = standard.measure.between if standard.measure and standard.measure.type == "number" else True
        if bounds is None and (standard.target is None or standard.target.share):
            yield Finding((*path, "measure"), say("Nothing says which values keep '{name}'", name=standard.name), hint=say(
                "Write `between: [22, 26]`, or a target for its mean such as >= 4.2."))


def late_after_the_end(cycle: Cycle) -> Iterator[Finding]:
    """What may be told later than a visit ends by itself would find it ended."""
    if cycle.late is not None and cycle.ends is not None and longer(cycle.late, cycle.ends):
        yield Finding(("late",), say("What is told so late finds the visit ended: `ends` is {ends}", ends=str(cycle.ends)),
                      hint=say("Let visits end later, or accept less."))


def reviews(cycle: Cycle) -> Iterator[Finding]:
    """A review that never comes."""
    if cycle.reviewing is not None and not (cycle.review or any(standard.review for _, standard in cycle.standards())):
        yield Finding(("reviewing",), say("Nothing says when standards are looked at again"), hint=say(
            "Write for example `review: 1 year`."))


CHECKS = (names, ways, said_once, targets, late_after_the_end, reviews)
