"""Which reader reads which kind of value, and which attributes have one of their own. Used by `engine.defining.reader`."""

from datetime import date
from decimal import Decimal
from typing import Any

from engine.defining import kinds
from engine.defining.combining import assignments, conditional, mapping, several
from engine.defining.definition import Expression, Field, Happening, Point, Text, Who
from engine.defining.kinds import Read
from engine.defining.rhythm import parse_rhythm
from engine.defining.words import (
    LABEL,
    LANGUAGE,
    parse_after,
    parse_date,
    parse_duty,
    parse_every,
    parse_happening,
    parse_inspections,
    parse_length,
    parse_limit,
    parse_part,
    parse_pass,
    parse_point,
    parse_target,
    parse_who,
)
from engine.ground.duration import Duration, parse_duration
from engine.ground.language import say

WHO = kinds.parsed(parse_who, lambda: say("who"))
BY_TYPE: dict[Any, Read] = {
    str: kinds.words, int: kinds.whole, bool: kinds.truth, Decimal: kinds.number, Any: kinds.plain, Text: kinds.text,
    Expression: kinds.condition, Who: WHO, Duration: kinds.parsed(parse_duration, lambda: say("a duration")),
    Happening: kinds.parsed(parse_happening, lambda: say("what happens to a case")),
    Point: kinds.parsed(parse_point, lambda: say("where on a clock")), date: kinds.parsed(parse_date, lambda: say("a date")),
}
_LABEL = kinds.matching(LABEL.fullmatch, lambda: say("a name of letters, digits, '-', '_' and '.'"))
_LANGUAGE = kinds.matching(LANGUAGE.fullmatch, lambda: say("a language code such as zh or en"))
_NAMES = conditional(kinds.words)
_PART = kinds.parsed(parse_part, lambda: say("a share such as 30%"))
LIMIT = kinds.parsed(parse_limit, lambda: say("a duration or a field"))
SPECIAL: dict[tuple[str, str], Read] = {
    ("Case", "value"): LIMIT,
    ("Action", "require"): _NAMES, ("Task", "require"): _NAMES, ("Opening", "require"): _NAMES, ("Extension", "require"): _NAMES,
    ("Extension", "notice"): _NAMES,
    ("Notice", "to"): conditional(WHO, required=True),
    ("Action", "after"): kinds.parsed(parse_after, lambda: say("after what")),
    ("Approval", "pass_"): kinds.parsed(parse_pass, lambda: say("how many must agree")),
    ("Task", "every"): kinds.parsed(parse_duty, lambda: say("how often")),
    ("ClockSpec", "every"): kinds.parsed(parse_every, lambda: say("a duration")),
    ("Field", "length"): kinds.parsed(parse_length, lambda: say("how many characters")),
    ("Field", "pattern"): kinds.pattern,
    ("Field", "options"): kinds.options,
    ("Field", "currency"): kinds.matching(kinds.CURRENCY.fullmatch, lambda: say("a currency code such as CNY")),
    ("Definition", "values"): mapping(kinds.constant, Field, False),
    ("LinkedCase", "procedure"): _LABEL, ("LinkedCase", "with_"): assignments,
    ("Definition", "name"): _LABEL, ("Organisation", "name"): _LABEL,
    ("Definition", "calendar"): _LABEL, ("ClockSpec", "calendar"): _LABEL, ("Task", "calendar"): _LABEL,
    ("Cycle", "name"): _LABEL, ("Cycle", "calendar"): _LABEL, ("Standard", "calendar"): _LABEL,
    ("Cycle", "values"): mapping(kinds.constant, Field, False), ("Cycle", "vague"): mapping(several(kinds.words, False, True), None, False),
    ("Standard", "every"): kinds.parsed(parse_inspections, lambda: say("how often")),
    ("Standard", "target"): kinds.parsed(parse_target, lambda: say("what is to be reached")),
    ("Person", "language"): _LANGUAGE, ("ScheduledReport", "every"): kinds.parsed(parse_rhythm, lambda: say("how often")),
    ("Survey", "levels"): kinds.levels,
    **dict.fromkeys([("Sample", "share"), ("Sample", "precision"), ("Sample", "response")], _PART),
}
ITEMS: dict[tuple[str, str], Read] = {
    ("Definition", "languages"): _LANGUAGE, ("Cycle", "languages"): _LANGUAGE,
}
