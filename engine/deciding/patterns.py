"""Patterns of text fields: regular expressions that cannot be made to run for ever.

Python's matcher tries the ways in which repeats can share a text. Their number is bounded here from the pattern alone, by
counting: a repeat adds as many ways as it may have lengths, nested repeats multiply them.
"""

import re
from functools import lru_cache
from typing import Any

from engine.ground.errors import Invalid
from engine.ground.language import say

LONGEST_MATCHED = 200      # characters of a text with a pattern, unless `length` says otherwise
_MOST_WAYS = 10_000_000
_LONGEST_PATTERN = 500


@lru_cache(maxsize=1024)
def pattern(text: str, longest: int = LONGEST_MATCHED) -> re.Pattern[str]:
    """The compiled pattern; raises Invalid when it is none, or when a text of `longest` characters could take too long."""
    why = ""
    try:
        if len(text) > _LONGEST_PATTERN:
            why = say("longer than {most} characters", most=_LONGEST_PATTERN)
        elif _ways(re._parser.parse(text), longest) > _MOST_WAYS:  # type: ignore[attr-defined]  # the only parser there is
            why = say("its repeats could match a text in too many ways; bound them, for example {example} instead of +", example="{1,20}")
        else:
            return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        why = str(error)
    raise Invalid(
        say("'{pattern}' cannot be used as a pattern: {why}", pattern=text, why=why),
        hint=say("Write a regular expression such as {example}.", example="[A-Z]{2}[0-9]{6}"),
        field="pattern", value=text, expected="pattern",
    )


def _ways(parts: Any, longest: int) -> int:
    """An upper bound of the ways in which the parts can match one text, capped just above the bound."""
    ways = 1
    for kind, value in parts:
        ways = min(ways * _ways_of(str(kind), value, longest), _MOST_WAYS + 1)
    return ways


def _ways_of(kind: str, value: Any, longest: int) -> int:
    if kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, body = int(value[0]), min(int(value[1]), longest), value[2]
        inner = _ways(body, longest)
        lengths = max(most - least, 0) + 1
        return lengths if inner == 1 else int(min(inner ** min(most, 64), _MOST_WAYS + 1)) * lengths
    if kind == "SUBPATTERN":
        return _ways(value[-1], longest)
    if kind == "ATOMIC_GROUP":
        return _ways(value, longest)
    if kind == "BRANCH":
        return sum(_ways(branch, longest) for branch in value[1])
    if kind in ("LITERAL", "NOT_LITERAL", "ANY", "IN", "AT", "CATEGORY", "RANGE"):
        return 1
    return _MOST_WAYS + 1   # back-references, look-arounds, conditions: not needed for the shape of a number
