"""What stands where in a definition, in the words of a difference: `limit of clock total`, `action approve in state deciding`."""

from engine.defining.tree import Path
from engine.ground.language import say

_THINGS = frozenset({
    "states", "actions", "tasks", "fields", "roles", "clocks", "notices", "authority", "options", "values", "surveys", "factors", "items",
})


def named_things(path: Path) -> bool:
    """Whether what stands here is a mapping from names to things of one kind."""
    return path[-1] in _THINGS or path == ("anywhere",)


def is_thing(path: Path) -> bool:
    """Whether what stands here is one of such things, by its name."""
    return len(path) > 1 and path[-2] in _THINGS


def name_of(path: Path) -> str:
    """A place in words: `limit of clock total`, `action approve in state deciding`."""
    match path:
        case ("states", state):
            return say("state {name}", name=state)
        case ("states", state, "actions", action, *rest):
            return _of(rest, say("action {name} in state {state}", name=action, state=state))
        case ("states", state, "tasks", task, *rest):
            return _of(rest, say("task {name} in state {state}", name=task, state=state))
        case ("states", state, *rest):
            return _of(rest, say("state {name}", name=state))
        case ("anywhere", "actions", action, *rest):
            return _of(rest, say("action {name} in every open state", name=action))
        case ("anywhere", "tasks", task, *rest):
            return _of(rest, say("task {name} in every open state", name=task))
        case ("fields", field, "options", option, *rest):
            return _of(rest, say("option {option} of field {name}", option=option, name=field))
        case ("fields", name, *rest):
            return _of(rest, say("field {name}", name=name))
        case ("roles", name, *rest):
            return _of(rest, say("role {name}", name=name))
        case ("clocks", name, *rest):
            return _of(rest, say("clock {name}", name=name))
        case ("notices", name, *rest):
            return _of(rest, say("notice {name}", name=name))
        case ("surveys", survey, "factors", factor, "items", question, *rest):
            return _of(rest, say("question {name} of {factor} in questionnaire {survey}", name=question, factor=factor, survey=survey))
        case ("surveys", survey, "factors", factor, *rest):
            return _of(rest, say("factor {name} of questionnaire {survey}", name=factor, survey=survey))
        case ("surveys", name, *rest):
            return _of(rest, say("questionnaire {name}", name=name))
        case ("values", name):
            return say("value {name}", name=name)
        case ("authority", name, *_):
            return say("authority of {name}", name=name)
        case ("opening", *rest):
            return _of(rest, say("opening"))
        case ("title", language):
            return say("title in {language}", language=language) if language else word_for("title")
    return " ".join(word_for(str(part)) for part in path)


def _of(keys: list[str | int], thing: str) -> str:
    """`limit of …`, `title in zh of …`; several keys in a row are read from the inside out."""
    if not keys:
        return thing
    if keys[0] == "title" and len(keys) == 2:
        inner = say("title in {language}", language=keys[1]) if keys[1] else word_for("title")
    else:
        inner = " ".join(word_for(str(key)) for key in keys)
    return say("{what} of {thing}", what=inner, thing=thing)


def word_for(key: str) -> str:
    """What a key of the language says, in a word or two; the key itself where there is no better word."""
    known = {
        "within": say("limit"),
        "by": say("who may"),
        "to": say("target"),
        "title": say("title"),
        "scenario": say("title"),
        "at": say("beginning"),
        "number": say("case numbers"),
        "calendar": say("calendar"),
        "counting": say("counting"),
        "first_day": say("first day"),
        "ends": say("end of the last day"),
        "roll": say("shift from days off"),
        "languages": say("languages"),
        "require": say("required fields"),
        "when": say("condition"),
        "from": say("start"),
        "until": say("end"),
        "pause": say("pause"),
        "restart": say("what a second start does"),
        "recompute": say("what a changed limit does"),
        "extend": say("extension"),
        "notice": say("notices sent"),
        "open": say("linked cases opened"),
        "grant": say("amounts granted"),
        "lesson": say("what was learnt"),
        "survey": say("questionnaires sent"),
        "sample": say("who is asked"),
        "limit": say("amount decided"),
        "covers": say("fields decided"),
        "revokes": say("decisions taken back"),
        "approve": say("who approves"),
        "except": say("who may not"),
        "at_most": say("how often at most"),
        "every": say("how often"),
        "via": say("channels"),
        "type": say("type"),
        "required": say("required"),
        "pattern": say("pattern"),
        "default": say("default"),
        "contact": say("contact"),
        "up_to": say("at most"),
        "mandatory": say("mandatory"),
        "contains": say("promised values"),
        "final": say("final"),
    }
    return known.get(key, key)
