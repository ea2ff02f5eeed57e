"""The names that an expression and a text may use, without what they mean: that is `engine.deciding.scope`, held equal by a test."""

from engine.defining.definition import Definition

RUNG_WORDS = frozenset({"clock_title", "due_at", "overdue", "rung", "reminders"})
"""Words that say something in a rung and in the texts it sends; elsewhere they are empty."""

WORDS = frozenset({
    "number", "procedure", "state", "state_title", "owner", "owner_name", "actor", "actor_name", "opened_at", "today", "contact", "comment",
    "customer",
})
"""Words that every expression and text can see, beside the fields."""


def allowed_names(definition: Definition, *, rung: bool = False) -> frozenset[str]:
    """Every name an expression of this definition may read, functions not included; with `rung` also what a rung adds."""
    return WORDS | definition.fields.keys() | definition.values.keys() | (RUNG_WORDS if rung else frozenset())
