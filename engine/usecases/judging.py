"""Judging: at the end of each period a standard is held against its target, once, part by part; where it was missed, the case that the
cycle names for that is opened, unless the one of an earlier miss is still open. What may still be told late is waited for.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.deciding.attainment import Share, slot_of
from engine.deciding.clock_due import due_after
from engine.deciding.rights import THE_SYSTEM
from engine.ground.language import spoken
from engine.ground.worktime import local_date
from engine.records import history, judgements
from engine.records.judgements import Judgement
from engine.usecases.attaining import reached
from engine.usecases.care import Care

AT_A_TIME = 500          # periods of one standard judged in one run: after a long time the rest comes next time
_INSTANT = timedelta(microseconds=1)
_EVER = datetime(1970, 1, 2, tzinfo=UTC)


def due(care: Care) -> bool:
    """Whether a period ended that was not judged."""
    return next(_ended(care), None) is not None


def judge_due(care: Care) -> None:
    """Judge every period that ended, earliest first."""
    for start, end in _ended(care):
        found = judgements.shares(care.conn, care.definition.name, care.standard.name, start, end, _days(care, start, end))
        made = [_judged(care, part, share, start, end) for part, share in found.items()]
        judgements.put(care.conn, made)
        care.kept.judged += sum(one.reached is not None for one in made)


def _ended(care: Care) -> Iterator[tuple[datetime, datetime]]:
    """The periods that are over and not yet judged, earliest first; one in which nothing was seen is neither kept nor missed."""
    period, late = care.standard.period, care.definition.opening.backdate
    if care.standard.target is None or period is None:
        return
    name = care.definition.name, care.standard.name
    until = judgements.judged_until(care.conn, *name) or _EVER
    for _ in range(AT_A_TIME):
        seen = judgements.first_seen(care.conn, *name, until, local_date(care.calendar, until).isoformat())
        if seen is None:
            return
        start, until = slot_of(seen, period, care.calendar)
        if (until if late is None else due_after(until - _INSTANT, late, care.calendar)) > care.now:    # its last event may be told so late
            return
        yield start, until


def _days(care: Care, start: datetime, end: datetime) -> tuple[str, str]:
    return local_date(care.calendar, start).isoformat(), local_date(care.calendar, end - _INSTANT).isoformat()


def _judged(care: Care, part: str, share: Share, start: datetime, end: datetime) -> Judgement:
    well = reached(care.standard, share)
    case = _case(care, part, share, start, end, well) if well is not None and care.definition.missed else None
    case_id, number = case or (None, None)
    if well is not None:
        history.append_to(care.conn, history.cycle_stream(care.definition.name), "judged", THE_SYSTEM, care.now, {
            "standard": care.standard.name, "part": part, "start": start.isoformat(), "end": end.isoformat(), "kept": share.kept,
            "of": share.of, "mean": share.mean, "target": str(care.standard.target), "reached": well, "case": number,
        })
    return Judgement(
        care.definition.name, care.standard.name, part, start, end, share.kept, share.of, share.mean, well, care.now, case_id,
    )


def _case(care: Care, part: str, share: Share, start: datetime, end: datetime, well: bool) -> tuple[int, str] | None:
    """The case that a miss belongs to. There is one at a time for a standard and part, or the same fault would be mended twice at once; and
    while it is open, it is told what every later period shows: so an effect is verified by figures."""
    open_ = judgements.open_case(care.conn, care.definition.name, care.standard.name, part)
    if open_ is not None:
        care.note(open_[1], _told(care, part, share, start, end)["figures"])
    elif not well:
        open_ = _opened(care, part, share, start, end)
    return None if well else open_


def _opened(care: Care, part: str, share: Share, start: datetime, end: datetime) -> tuple[int, str]:
    linked = care.definition.missed
    assert linked is not None
    made = care.open_linked(linked, _told(care, part, share, start, end), f"missed:{care.name}/{part}@{start.isoformat()}")
    care.kept.missed.append(made[1])
    return made


def _told(care: Care, part: str, share: Share, start: datetime, end: datetime) -> dict[str, Any]:
    """What the expressions under `missed: {with: …}` see."""
    first_day, last_day = _days(care, start, end)
    shown, target = f"{100 * (share.value or 0):.1f} %", str(care.standard.target)
    days = first_day if first_day == last_day else f"{first_day} – {last_day}"
    return {
        "cycle": care.definition.name, "standard": care.standard.name, "statement": care.standard.statement.in_(spoken()),
        "touchpoint": care.standard.touchpoint, "part": part, "first_day": first_day, "last_day": last_day, "kept": share.kept,
        "of": share.of, "share": shown, "target": target,
        "figures": f"{part} {days}: {share.kept} / {share.of} = {shown}, {target}".strip(),
    }
