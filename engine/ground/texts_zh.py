"""The Chinese form of every sentence the code says; keys are the English sentences as they stand in `say("…")`."""

TEXTS: dict[str, str] = {}
