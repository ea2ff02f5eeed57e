"""Reviewing: when the date has come on which standards are looked at again, the case that the cycle names for that is opened, once, with
what was seen of them since: attainment, answers of customers, targets missed, complaints (rows S1, M4).
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby, takewhile
from typing import NamedTuple

from engine.deciding.attainment import Share
from engine.defining.cycle import Standard
from engine.ground.language import say, spoken
from engine.ground.worktime import local_date, start_of_day
from engine.records import cases, judgements, observations
from engine.usecases.attaining import figure
from engine.usecases.care import Care
from engine.usecases.standards import REVIEW, review_dates
from engine.usecases.standards_check import complained

MOST = 10_000           # characters of what a review is told of one kind: as many as a field may hold


class Turn(NamedTuple):
    """The time of which a review speaks: from the publication or the last review, up to its date."""

    since: date
    on: date


def due(care: Care) -> bool:
    """Whether the date of a review has come that was not opened. While one of the cycle is open there is no other."""
    turn = _turn(care, care.standard) if care.definition.reviewing is not None else None
    return turn is not None and not care.opened(_origin(care, turn.on)) and not cases.any_open(care.conn, _origin(care))


def open_due(care: Care) -> None:
    """Open the review of all standards of the cycle whose date it is."""
    turn, linked = _turn(care, care.standard), care.definition.reviewing
    if turn is None or linked is None or not due(care):
        return
    turns = [(one, found) for one in care.definition.standards.values() if (found := _turn(care, one)) is not None and found.on == turn.on]
    its, turn = [one for one, _ in turns], Turn(min(found.since for _, found in turns), turn.on)
    shares, complaints = _shares(care, turn), Counter(complained(care.conn, care.definition.name, _instants(care, turn)[0]))
    told = {
        "cycle": care.definition.name, "title": care.definition.title.in_(spoken()), "standards": ", ".join(one.name for one in its),
        "first_day": turn.since.isoformat(), "last_day": turn.on.isoformat(),
        "attainment": _lines(_attained(one, shares) for one in its if not one.survey),
        "surveys": _lines(_attained(one, shares) for one in its if one.survey),
        "breaches": _lines(said for one in its if (said := _missed(care, one, turn))),
        "complaints": _lines(say("{name}: {count:case|cases}", name=name, count=n) for name, n in sorted(complaints.items())),
    }
    care.kept.reviews.append(care.open_linked(linked, told, _origin(care, turn.on))[1])


def _turn(care: Care, standard: Standard) -> Turn | None:
    """The last review of a standard whose date has come; those before it that nobody was there to open are part of it."""
    today, since = local_date(care.calendar, care.now), local_date(care.calendar, care.since)
    come = list(takewhile(lambda on: on <= today, review_dates(standard, care.since, care.calendar)))
    return Turn(come[-2] if len(come) > 1 else since, come[-1]) if come else None


def _origin(care: Care, on: date | str = "") -> str:
    return REVIEW.format(cycle=care.definition.name) + str(on)


def _lines(said: Iterator[str]) -> str:
    text = "\n".join(said)
    return text if len(text) <= MOST else text[:MOST - 1].rpartition("\n")[0] + "\n…"


def _shares(care: Care, turn: Turn) -> dict[str, Share]:
    rows = observations.counted(care.conn, care.definition.name, since=turn.since, until=turn.on)
    return {name: sum((row.share for row in found), Share(0, 0)) for name, found in groupby(rows, lambda row: row.name)}


def _attained(standard: Standard, shares: dict[str, Share]) -> str:
    """`3 of 4 calls are settled at the first contact: 81.2 % (812 of 1000), >= 75%, reached`."""
    seen = figure(standard, shares.get(standard.name, Share(0, 0)))
    said = standard.statement.in_(spoken())
    if seen.share is None:
        return say("{statement}: nothing seen", statement=said)
    value = f"{100 * seen.share:.1f} %" if standard.target is None or standard.target.share or seen.mean is None else f"{seen.mean:.2f}"
    how = "" if seen.reached is None else ", " + (say("reached") if seen.reached else say("missed"))
    return say("{statement}: {value} ({kept} of {of}), target {target}{how}", statement=said, value=value, kept=seen.kept, of=seen.of,
               target=str(standard.target or "–"), how=how)


def _missed(care: Care, standard: Standard, turn: Turn) -> str:
    found = judgements.missed(care.conn, care.definition.name, standard.name, *_instants(care, turn))
    return "" if not found.of else say("{name}: missed in {missed} of {of} periods", name=standard.name, missed=found.missed, of=found.of)


def _instants(care: Care, turn: Turn) -> tuple[datetime, datetime]:
    return start_of_day(care.calendar, turn.since), start_of_day(care.calendar, turn.on)
