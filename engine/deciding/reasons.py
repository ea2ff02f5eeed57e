"""Why something is not possible: the kinds of reasons there are, and one such reason in words."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why something is not possible; `because:` in scenarios names these."""

    STATE = "state"
    CLOSED = "closed"
    ROLE = "role"
    EXCEPT = "except"
    DENY = "deny"
    AT_MOST = "at_most"
    WITHIN = "within"
    AFTER = "after"
    WAITS = "waits"
    REQUIRE = "require"
    WHEN = "when"
    LIMIT = "limit"
    APPROVE = "approve"
    BACKDATE = "backdate"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason why an action is not possible, in the words spoken now."""

    reason: Reason
    message: str


DENIALS = frozenset({Reason.ROLE, Reason.EXCEPT, Reason.DENY, Reason.LIMIT})
"""The reasons that lie in who acts."""
