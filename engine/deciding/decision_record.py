"""What a case remembers of decisions: what was decided, which fields it covers, and whether it still stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(slots=True)
class Decision:
    """An action taken, or a task done, that decides something."""

    act: str
    amount: Decimal = Decimal(0)
    currency: str = ""                   # none when no amount was decided
    covers: tuple[str, ...] = ()         # fields that it decided
    stands: bool = True                  # none of them has changed since


def follow(decisions: list[Decision], data: Mapping[str, Any]) -> list[Decision]:
    """The decisions of a case after an event with this data: `revokes` names acts whose decisions are taken back, a field that changes
    (`set`, `sealed`) makes those that cover it stand no longer, and `decided` adds one by the event's own act."""
    changed = {*data.get("set", ()), *data.get("sealed", ())}
    kept = [one for one in decisions if one.act not in data.get("revokes", ())]
    for one in kept:
        one.stands = one.stands and changed.isdisjoint(one.covers)
    return [*kept, decision_from({"act": data["act"], **data["decided"]})] if "decided" in data else kept


def approved(decisions: Iterable[Decision], act: str) -> bool:
    """Whether an action was taken, or a task done, and what it decided last still stands."""
    return next((one.stands for one in reversed(list(decisions)) if one.act == act), False)


def decision_json(one: Decision) -> dict[str, Any]:
    """Canonical form; what is empty is left out."""
    form: dict[str, Any] = {"act": one.act}
    if one.currency:
        form |= {"amount": format(one.amount, "f"), "currency": one.currency}
    if one.covers:
        form["covers"] = list(one.covers)
    return form if one.stands else {**form, "void": True}


def decision_from(form: Mapping[str, Any]) -> Decision:
    """The decision from its canonical form."""
    amount, covers = Decimal(form.get("amount", 0)), tuple(form.get("covers", ()))
    return Decision(form["act"], amount, form.get("currency", ""), covers, not form.get("void"))
