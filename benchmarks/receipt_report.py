"""What came of the replay of the receipt log, in figures: from the cases as stored, their history and their time accounts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import median
from typing import Any

from benchmarks.receipt_log import KINDS, MINUTE, Application, kind
from benchmarks.receipt_play import Replayed
from engine.deciding.case import CaseState, ClockRun, ClockStatus
from engine.deciding.rights import THE_SYSTEM
from engine.records import cases
from engine.usecases import accounting, auditing


def case_of(done: Replayed, one: Application) -> CaseState:
    """The case that an application of the log became, as stored."""
    with done.house.store.reading() as conn:
        return cases.load(conn, done.numbers[one.id]).case


def report(applications: Sequence[Application], done: Replayed) -> dict[str, Any]:
    """What came of it, in figures."""
    states = {one.id: case_of(done, one) for one in applications}
    kinds, ended = Counter(kind(one) for one in applications), [one for one in applications if one.end is not None]
    same = [one for one in applications if reproduced(states[one.id], one)]
    taken, events = sum(done.taken.values()), sum(done.taken.values()) + len(done.refused)
    verified = auditing.verify(done.house)
    return {
        "cases": len(applications), "events": events, "taken": taken, "taken_by_action": dict(done.taken.most_common()),
        "refused": len(done.refused),
        "refused_by_reason": dict(Counter(f"{action}: {reason}" for _, action, reason in done.refused).most_common()),
        "cases_without_refusal": len(applications) - len({case for case, _, _ in done.refused}),
        "ended": dict(done.ended), "still_open": sum(state.closed_at is None for state in states.values()),
        "deadlines_reproduced": len(same), "deadlines_by_kind": {name: kinds[name] for name in KINDS},
        "ended_after_logged_deadline": sum(one.end > one.deadline for one in ended if one.end),
        "clocks": {name: _clocks([state.clocks[name] for state in states.values()]) for name in ("decision", "confirmation")},
        "median_days_to_end": round(median((one.end - one.start) / timedelta(days=1) for one in ended if one.end), 1),
        "sweeps": dict(done.swept), "sweep_failures": done.failures,
        "history": {"events": verified.events, "problems": [str(one) for one in verified.problems]},
        "accounts_off": [one.id for one in applications if not _balanced(done, one)],
        "cpu_seconds": {name: round(seconds, 1) for name, seconds in done.cpu.items()},
        "cpu_ms": {
            "opening": _each(done.cpu["opening"], len(applications)), "event": _each(done.cpu["events"], events),
            "swept": _each(done.cpu["sweeps"], done.swept["events"]),
        },
    }


def reproduced(case: CaseState, one: Application) -> bool:
    """Whether the product's clock is due when the log says."""
    due = case.clocks["decision"].due_at
    return due is not None and abs(due - one.deadline) <= MINUTE


def _clocks(runs: Sequence[ClockRun]) -> dict[str, int]:
    return {
        "met": sum(run.status is ClockStatus.MET and run.breached_at is None for run in runs),
        "breached": sum(run.breached_at is not None for run in runs),
        "not_due": sum(run.status is ClockStatus.RUNNING and run.breached_at is None for run in runs),
        "closed_before": sum(run.status is ClockStatus.ENDED and run.breached_at is None for run in runs),
    }


def _balanced(done: Replayed, one: Application) -> bool:
    """Whether the time accounts of a case sum up to the time for which it was open, to the second."""
    found = accounting.case_accounts(done.house, done.numbers[one.id], THE_SYSTEM)
    booked, until = found.accounts, found.closed_at or found.at
    parts = booked.waiting_for_customer + booked.paused + booked.outside_hours + booked.unknown
    parts += sum((worked.time for worked in booked.worked), timedelta())
    return parts == booked.elapsed == until.replace(microsecond=0) - found.opened_at.replace(microsecond=0)


def _each(seconds: float, count: int) -> float:
    return round(seconds / max(count, 1) * 1000, 2)


def shown(found: Mapping[str, Any]) -> str:
    """The report for people."""
    lines = [
        f"{found['cases']} cases, {found['events']} events: {found['taken']} taken, {found['refused']} refused; "
        f"{found['cases_without_refusal']} cases without a refusal",
        *(f"  {count:>5}  refused  {what}" for what, count in found["refused_by_reason"].items()),
        f"ended: {', '.join(f'{count} {how}' for how, count in found['ended'].items())}; still open: {found['still_open']}",
        f"deadlines reproduced: {found['deadlines_reproduced']} of {found['cases']}; the logged ones by kind:",
        *(f"  {count:>5}  {name}" for name, count in found["deadlines_by_kind"].items()),
        f"ended after the logged deadline: {found['ended_after_logged_deadline']}; median days to the end: {found['median_days_to_end']}",
        *(f"clock {name}: {_listed(counts)}" for name, counts in found["clocks"].items()),
        f"sweeps: {_listed(found['sweeps'])}; failures: {len(found['sweep_failures'])}",
        f"history: {found['history']['events']} rows verified, {len(found['history']['problems'])} problems; "
        f"accounts that do not sum up: {len(found['accounts_off'])}",
        f"CPU: {_listed(found['cpu_seconds'])} seconds; {_listed(found['cpu_ms'])} ms each",
    ]
    return "\n".join(lines)


def _listed(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())
