"""`makegood sweep` and `makegood deliver`: what the scheduler does, by hand or from cron."""

from typing import Annotated

from cli.app import Verb
from cli.options import opt
from cli.progress import progress, so_far
from cli.run import Desk
from cli.show import as_json, clean
from engine.ground.language import say

_Most = Annotated[int | None, opt("--limit", "N", say("At most so many; otherwise all that are due."), least=1)]


def _sweep(desk: Desk, limit: _Most = None) -> int | None:
    """Settle everything that has fallen due. Exit code 1 when a case could not be settled."""
    from engine.usecases.sweeping import sweep

    with progress(say("Settling")) as moved:
        done = sweep(desk.house, limit=limit, progress=moved)
    if desk.as_json:
        as_json(
            {
                "cases": done.cases,
                "events": done.events,
                "late_by_seconds": done.late_by.total_seconds(),
                "remaining": done.remaining,
                "inspections": done.cycles.inspections,
                "judged": done.cycles.judged,
                "missed": done.cycles.missed,
                "reports": [one.file for one in done.cycles.reports],
                "reviews": done.cycles.reviews,
                "failures": [{"case": number, "error": error} for number, error in done.failures],
            }
        )
    else:
        print(say("{cases:case|cases} settled, {events:event|events}", cases=done.cases, events=done.events))
        if done.late_by.total_seconds() >= 60:
            print(say("  the oldest was {minutes:minute|minutes} late", minutes=int(done.late_by.total_seconds() // 60)))
        if done.cycles.inspections:
            print(say("  inspections opened: {numbers}", numbers=", ".join(done.cycles.inspections)))
        if done.cycles.judged:
            print(say("  {count:standard|standards} judged; opened for a target missed: {numbers}",
                      count=done.cycles.judged, numbers=", ".join(done.cycles.missed) or "–"))
        for report in done.cycles.reports:
            print(say("  report made: {title} ({file})", title=clean(report.title), file=report.file))
        if done.cycles.reviews:
            print(say("  reviews of standards opened: {numbers}", numbers=", ".join(done.cycles.reviews)))
        for number, error in done.failures:
            print(say("  {number} could not be settled: {error}", number=number, error=clean(error)))
        if done.remaining:
            print(say("  still due: {count}", count=done.remaining))
    return 1 if done.failures else None


def _deliver(desk: Desk, limit: _Most = None) -> int | None:
    """Send every notice that is due. Exit code 10 when a notice is dead."""
    from notifications.delivery import deliver

    with progress(say("Delivering")) as moved:
        done = deliver(desk.house, limit=limit, progress=so_far(moved))
    if desk.as_json:
        as_json(
            {
                "sent": done.sent,
                "failed": done.failed,
                "dead": done.dead,
                "by_hand": done.by_hand,
                "cancelled": done.cancelled,
                "put_back": done.put_back,
                "remaining": done.remaining,
                "failures": [{"notice": id_, "case": number, "error": error} for id_, number, error in done.failures],
            }
        )
    else:
        print(
            say(
                "{sent:notice|notices} sent, {failed} to be tried again, {by_hand} to be conveyed by hand, {dead} dead",
                sent=done.sent,
                failed=done.failed + done.put_back,
                by_hand=done.by_hand,
                dead=done.dead,
            )
        )
        for id_, number, error in done.failures:
            print(say("  notice {id} ({number}): {error}", id=id_, number=number or "-", error=clean(error)))
        if done.remaining:
            print(say("  still due: {count}", count=done.remaining))
    return 10 if done.dead else None


SWEEP = Verb(
    "sweep", say("Settle everything that has fallen due: limits, reminders, escalations, automatic actions."), _sweep, open_to_all=True
)
DELIVER = Verb("deliver", say("Send every notice that is due."), _deliver, open_to_all=True)
