"""Amounts that a missed promise brings: granted by the case itself within what `authority:` gives `system`, and taken back where it turns
out that nothing was missed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.deciding import authority, fields
from engine.deciding.choosing import first
from engine.deciding.expressions import expression
from engine.deciding.grant_record import Point, grant_json, undone
from engine.deciding.rights import SYSTEM, THE_SYSTEM
from engine.defining.definition import Doing, Field, Happening
from engine.ground.money import Money
from engine.usecases.later import Beyond
from engine.usecases.work import Work


def grant(work: Work, doing: Doing, scope: Mapping[str, Any], data: dict[str, Any]) -> tuple[list[Happening], Beyond | None]:
    """Add the amounts to their fields, into the data of the rung's event; what is above the authority of the system comes back, ungranted.

    A field never gets more than its `between` lets it hold.
    """
    run = work.case.clocks[data["clock"]]
    point: Point = (run.name, run.run, data["rung"], data["n"])
    amounts = {name: found for name, cases in doing.value.items() if (found := _amount(work, name, expression(first(cases, scope))(scope)))}
    if not amounts:
        return [], None
    band = authority.band(work.definition, work.organisation, SYSTEM)
    if any(authority.height([band], one.currency) < one.amount for one in totals(work, amounts)):
        return [], Beyond(point, amounts)
    return give(work, point, amounts, data), None


def _amount(work: Work, name: str, value: Any) -> Decimal | None:
    """What is added to a field; None for nothing."""
    spec = work.definition.fields[name]
    canonical = fields.computed(Field(name=name, type=spec.type, currency=spec.currency), value, work.timezone)
    amount = Decimal(canonical.split()[0]) if canonical is not None else Decimal(0)
    if spec.between is not None:
        amount = min(amount, spec.between[1] - _held(work, name))
    return amount if amount > 0 else None


def _held(work: Work, name: str) -> Decimal:
    return Decimal(work.live(name) or 0)


def totals(work: Work, amounts: Mapping[str, Decimal]) -> list[Money]:
    """What these amounts come to, with all that was decided in the case before, by currency."""
    found: dict[str, Decimal] = {}
    for name, amount in amounts.items():
        currency = work.definition.fields[name].currency or ""
        found[currency] = found.get(currency, authority.decided(work.case, currency)) + amount
    return [Money(amount, currency) for currency, amount in found.items()]


def give(work: Work, point: Point, amounts: Mapping[str, Decimal], data: dict[str, Any]) -> list[Happening]:
    """Write amounts that are granted into an event's data; what is done after it sees them. Returns the fields filled."""
    filled: list[Happening] = []
    for name, amount in amounts.items():
        spec = work.definition.fields[name]
        value = fields.computed(spec, _held(work, name) + amount, work.timezone)
        filled += work.put({name: value}, data)
        work.given[name] = value
        data.setdefault("granted", []).append([*point, name, format(amount, "f"), spec.currency or ""])
    return filled


def take_back(work: Work, clocks: Iterable[str], because: str, at: datetime) -> None:
    """Take back what points of these clocks brought that, as they stand now, have not come, and what was asked for because of them."""
    runs = [work.case.clocks[name] for name in clocks]
    gone = [one for one in work.case.grants if any(undone(one.point, run) for run in runs)]
    asked = [one for one in work.case.requests.values() if one.point and any(undone(one.point, run) for run in runs)]
    for clock in dict.fromkeys([*(one.point[0] for one in gone), *(one.name for one in asked)]):
        mine = [one for one in gone if one.point[0] == clock]
        data: dict[str, Any] = {"clock": clock, "because": because}
        for name in dict.fromkeys(one.field for one in mine):
            if (spec := work.definition.fields.get(name)) is not None:
                left = (_granted_in(work, spec) or 0) - sum(one.amount for one in mine if one.field == name)
                work.put({name: fields.computed(spec, max(left, Decimal(0)), work.timezone)}, data)
        if mine:
            data["taken_back"] = [grant_json(one) for one in mine]
        if ended := {str(one.id): "none" for one in asked if one.name == clock}:
            data["ended"] = ended
        work.record("taken_back", THE_SYSTEM, at, data)


def _granted_in(work: Work, spec: Field) -> Decimal | None:
    value = work.case.fields.get(spec.name)
    return None if value is None else Decimal(fields.live(spec, value, work.timezone))
