"""What people write with what they do: reasons, notes, words about a contact."""

from engine.ground.errors import Invalid
from engine.ground.language import say

LONGEST_TEXT = 20_000


def words(text: str, name: str, most: int = LONGEST_TEXT) -> str:
    """What a person wrote, trimmed; raises Invalid when there is nothing or far too much."""
    text = text.strip()
    if not text or len(text) > most:
        raise Invalid(
            say("{field} must have 1 to {most} characters", field=name, most=most),
            hint=say("Write a few words."), field=name, expected=f"1..{most}",
        )
    return text
