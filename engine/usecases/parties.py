"""Parties among the values given: each gets its row in the personal store, the case holds only its number."""

from typing import Any

from engine.defining.definition import FieldType
from engine.records import parties
from engine.usecases.work import Work


def parties_apart(work: Work, data: dict[str, Any]) -> dict[str, Any]:
    """The values given (without the comment), every party replaced by its number.

    The first party field that is filled is the customer; an event that names one says so under `party`.
    """
    values = {name: value for name, value in work.given.items() if name != "comment"}
    for name, value in values.items():
        if work.definition.fields[name].type is not FieldType.PARTY or value is None:
            continue
        given = value if isinstance(value, list) else [value]
        numbers = [one if isinstance(one, int) else parties.add_party(work.conn, one, work.now) for one in given]
        values[name] = work.given[name] = numbers if isinstance(value, list) else numbers[0]
        if name == work.definition.customer_field and numbers[0] != work.case.party:
            data["party"] = numbers[0]
            work.customer = parties.customer(work.conn, numbers[0])
            if work.organisation.classes:
                from engine.usecases.classing import remember  # most organisations declare no classes

                remember(work, numbers[0], data)
    return values
