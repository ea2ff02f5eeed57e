"""What an expression asks of other cases of its procedure, as it is written: known from the text alone."""

import re
from datetime import date
from typing import Any

from engine.ground.duration import Duration, parse_duration
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.valueclass import valueclass

DayOfYear = tuple[int, int]
"""Month and day: the last time it came is meant."""
_DAY_OF_YEAR = re.compile(r"([0-9]{2})-([0-9]{2})", re.ASCII)


@valueclass(frozen=True, slots=True)
class Asked:
    """What an expression asks of other cases, as it is written."""

    field: str                           # whose value they share with this case
    like: tuple[tuple[str, Any], ...]    # other fields that must have a value, each with that value where it is written plainly
    since: Duration | DayOfYear | None   # how far back, by the date of opening
    total: str | None                    # the field whose values are summed; None: the cases are counted

    @property
    def fields(self) -> frozenset[str]:
        """The fields of other cases that the answer depends on."""
        return frozenset((self.field, *(name for name, _ in self.like), *((self.total,) if self.total else ())))


def parse_since(text: Any) -> Duration | DayOfYear:
    """Read `90 days`, `6 months`, `24 hours`, or `04-01` (since that date last came); raises Invalid."""
    match = _DAY_OF_YEAR.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return parse_duration(text)
    month, day = int(match[1]), int(match[2])
    try:
        date(2001, month, day)   # a year without 29 February, which does not come every year
    except ValueError as error:
        raise Invalid(
            say("'{text}' is not a date that every year has", text=text), hint=say("Write month and day, for example 04-01."),
            value=text, expected="MM-DD",
        ) from error
    return month, day
