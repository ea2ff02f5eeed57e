"""The errors a person can meet, each with the exit code of the command line.

    MakegoodError          1   something went wrong
    ├── Invalid            3   a value that does not fit: field, value, what was expected
    ├── NotFound           4   nothing of that name or number
    ├── NotAllowed         5   the case cannot do that now: state, action, what would be possible
    ├── Denied             6   this person may not: why, and who could
    ├── Conflict           7   somebody else was faster: what changed since
    ├── DefinitionError    8   a bundle, calendar or organisation with problems, each with its place
    ├── CalendarExpired    9   a day beyond what the calendar knows
    ├── DeliveryError     10   a notice that could not be handed over, for now or for good
    ├── Unavailable       11   database, file or folder that cannot be used
    │   ├── Busy               … for the moment: somebody else is in the way
    │   └── KeyMissing         a key of personal data that is not where they are kept
    └── Tampered          12   history that does not verify

A message says what, where and why; `hint` says what to do now. `facts` carry the same as data for `--json`.
Exit code 2 is the command line's own (wrong usage).
"""

from collections.abc import Sequence
from typing import Any


class MakegoodError(Exception):
    """Something went wrong that the person in front of it can understand and act on."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = facts

    @property
    def kind(self) -> str:
        """The name of the error's class, as `--json` reports it."""
        return type(self).__name__


class Invalid(MakegoodError):
    """A value that does not fit; facts: field, value, expected."""

    exit_code = 3


class NotFound(MakegoodError):
    """Nothing of that name or number; facts: kind, name."""

    exit_code = 4


class NotAllowed(MakegoodError):
    """The case cannot do that now; facts: case, state, action, possible."""

    exit_code = 5


class Denied(MakegoodError):
    """This person may not; facts: who, why, who_could."""

    exit_code = 6


class Conflict(MakegoodError):
    """Somebody else changed it first; facts: case, changed."""

    exit_code = 7


class DefinitionError(MakegoodError):
    """A bundle, calendar, organisation or mapping with problems; `problems` lists them all."""

    exit_code = 8

    def __init__(self, message: str, problems: Sequence[Any] = (), *, hint: str = "") -> None:
        super().__init__(message, hint=hint, problems=[str(p) for p in problems])
        self.problems = tuple(problems)


class CalendarExpired(MakegoodError):
    """A day beyond what the calendar knows; facts: calendar, valid_through, wanted."""

    exit_code = 9


class DeliveryError(MakegoodError):
    """A channel did not accept a notice; `permanent` tells whether trying again can help."""

    exit_code = 10

    def __init__(self, message: str, *, permanent: bool, hint: str = "") -> None:
        super().__init__(message, hint=hint, permanent=permanent)
        self.permanent = permanent


class Unavailable(MakegoodError):
    """A database, file or folder that cannot be used right now."""

    exit_code = 11


class Busy(Unavailable):
    """Somebody else is in the way: nothing was written, and the same may succeed when it is tried again."""


class KeyMissing(Unavailable):
    """The keys at hand are not those of a personal value: the value cannot be used, while everything else can."""


def stops_all(error: Exception) -> bool:
    """Whether an error met with one of many says that the others need not be tried: the database itself is of no use. That a key of one
    is missing says nothing of the others."""
    return isinstance(error, Unavailable) and not isinstance(error, KeyMissing)


class Tampered(MakegoodError):
    """History that does not verify; facts: stream, seq, reason."""

    exit_code = 12
