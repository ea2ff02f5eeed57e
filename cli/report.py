"""`makegood report`: figures over many cases."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from cli import completion
from cli.app import Noun
from cli.options import moment_if, opt
from cli.progress import progress, so_far
from cli.report_show import Csv, Definitions, Html, Since, Until, dates, show
from cli.run import Desk
from cli.show import as_json, clean, heading, table
from engine.ground.errors import MakegoodError
from engine.ground.language import say
from engine.ground.lengths import length_text
from engine.ground.wall import wall

if TYPE_CHECKING:
    from engine.usecases.accounting import Booked, CaseAccounts

REPORT = Noun("report", say("Reports: figures over many cases."))


@REPORT.verb("accounts", say("Show where the time of cases went: the customer, pauses, hours nobody works, each role."))
def accounts(
    desk: Desk,
    definition: Annotated[str | None, opt("--definition", "BUNDLE", say("Only cases of this definition."), completion.bundles)] = None,
    since: Annotated[str | None, opt("--since", "TIME", say("Only cases opened since then, for example 2026-11-01."))] = None,
    until: Annotated[str | None, opt("--until", "TIME", say("Only cases opened before then."))] = None,
) -> None:
    """Time accounts, summed by definition."""
    from engine.usecases.accounting import report

    first, last = moment_if(since, desk.zone, "since"), moment_if(until, desk.zone, "until")
    found = report(desk.house, definition=definition, since=first, until=last, actor=desk.actor())
    if desk.as_json:
        as_json(found)
        return
    if not found.definitions:
        print(say("No such case."))
    for one in found.definitions:
        heading(say("{title}: {count:case|cases}", title=clean(one.title or one.definition), count=one.cases))
        print_accounts(one.accounts, one.cases)


@REPORT.verb("punctuality", say("Show how late deadlines were carried out, and prove from all histories that none was lost or came twice."))
def punctuality(
    desk: Desk,
    definition: Annotated[str | None, opt("--definition", "BUNDLE", say("Only cases of this definition."), completion.bundles)] = None,
    since: Annotated[str | None, opt("--since", "TIME", say("Only what fell due since then, for example 2026-11-01."))] = None,
    until: Annotated[str | None, opt("--until", "TIME", say("Only what fell due before then."))] = None,
) -> int | None:
    """Lateness by definition. Exit code 1 when a point of a clock was lost, came twice, uncalled or misdated."""
    from engine.usecases.punctuality import report

    first, last = moment_if(since, desk.zone, "since"), moment_if(until, desk.zone, "until")
    with progress(say("Cases")) as moved:
        found = report(desk.house, definition=definition, since=first, until=last, actor=desk.actor(), progress=so_far(moved))
    if desk.as_json:
        as_json(found.form())
    else:
        for line in found.lines(desk.zone):
            print(clean(line))
    return None if found.proven else MakegoodError.exit_code


@REPORT.verb("complaints", say("Count complaints: by cause, channel or any public choice, by department, their age, how they came out."))
def complaints(
    desk: Desk, definition: Definitions = None, since: Since = None, until: Until = None, html: Html = None, csv: Csv = None,
    by: Annotated[
        list[str] | None, opt("--by", "FIELD", say("Count by this field alone, or by department; again for further ones."))
    ] = None,
) -> None:
    """Cases opened in the period are counted by their values; those closed in it by how they came out."""
    _make(desk, "complaints", definition, since, until, html, csv, by=by or ())


@REPORT.verb("daily", say("The quality analysis of a day: cases, limits breached, what is overdue, targets missed, abnormal findings."))
def daily(
    desk: Desk, definition: Definitions = None, since: Since = None, until: Until = None, html: Html = None, csv: Csv = None
) -> None:
    """Of yesterday, where no dates are said."""
    _make(desk, "daily", definition, since, until, html, csv)


@REPORT.verb("weekly", say("The summary of the week that ended with the last Friday: cases from day to day, standards, targets missed."))
def weekly(
    desk: Desk, definition: Definitions = None, since: Since = None, until: Until = None, html: Html = None, csv: Csv = None
) -> None:
    """Seven days up to a Friday, where no dates are said."""
    _make(desk, "weekly", definition, since, until, html, csv)


@REPORT.verb("monthly", say("The supervision report of the last month: standards and their targets, complaints, surveys, timekeeping."))
def monthly(
    desk: Desk, definition: Definitions = None, since: Since = None, until: Until = None, html: Html = None, csv: Csv = None
) -> None:
    """The last whole month, where no dates are said."""
    _make(desk, "monthly", definition, since, until, html, csv)


@REPORT.verb("posts", say("Assess posts and departments, with the cases behind each figure."))
def posts(
    desk: Desk, definition: Definitions = None, since: Since = None, until: Until = None, html: Html = None, csv: Csv = None,
    named: Annotated[int, opt("--cases", "N", say("How many cases are named behind each figure."), least=1)] = 20,
) -> None:
    """Figures of people: for whoever may audit, publish or apply."""
    _make(desk, "posts", definition, since, until, html, csv, named=named)


@REPORT.verb("walk", say("Walk through a procedure: how long cases stay in each state and at each task, wait and change hands."))
def walk(
    desk: Desk, definition: Definitions = None, since: Since = None, until: Until = None, html: Html = None, csv: Csv = None
) -> None:
    """Median, 90 % and worst, of the cases opened in the period."""
    _make(desk, "walk", definition, since, until, html, csv)


@REPORT.verb("library", say("The case library: what was learnt from the cases closed in a period, to be printed and read."))
def library(
    desk: Desk, definition: Definitions = None, since: Since = None, until: Until = None, html: Html = None, csv: Csv = None
) -> None:
    """Lessons by procedure, the latest first."""
    _make(desk, "library", definition, since, until, html, csv)


@REPORT.verb("standards", say("The register of standards, to be printed and hung up."))
def standards(desk: Desk, definition: Definitions = None, html: Html = None, csv: Csv = None) -> None:
    """What is in force."""
    _make(desk, "standards", definition, None, None, html, csv)


def _make(
    desk: Desk, name: str, definition: list[str] | None, since: str | None, until: str | None, html: str | None, csv: str | None,
    **more: Any,
) -> None:
    from engine.usecases.reporting import make

    first, last = dates(since, until)
    show(desk, make(desk.house, name, desk.actor(), definitions=definition or (), since=first, until=last, **more), html, csv)


def print_case_accounts(desk: Desk, found: "CaseAccounts") -> None:
    """The accounts of one case."""
    if desk.as_json:
        as_json(found)
        return
    end = wall(found.closed_at or found.at, found.timezone)
    heading(f"{found.number}  {clean(found.title)}  {wall(found.opened_at, found.timezone)} – {end}")
    print_accounts(found.accounts)


def print_accounts(booked: "Booked", cases: int = 1) -> None:
    """Accounts as a table: time, share of what elapsed and, for several cases, the time per case."""
    lines = [
        (say("waiting for the customer"), booked.waiting_for_customer),
        (say("paused"), booked.paused),
        (say("outside working hours"), booked.outside_hours),
        (say("unknown: the calendar ends too early"), booked.unknown),
        *((_role(one.role, one.title), one.time) for one in booked.worked),
    ]
    rows = [_row(title, time, booked.elapsed, cases) for title, time in lines if time]
    columns = (say("Account"), say("Time"), say("Share"), *([say("Per case")] if cases > 1 else []))
    table(columns, [*rows, _row(say("elapsed"), booked.elapsed, booked.elapsed, cases)], empty="")


def _row(title: str, time: timedelta, elapsed: timedelta, cases: int) -> list[str | tuple[str, str]]:
    share = f"{100 * (time / elapsed):.1f} %" if elapsed else ""
    return [title, length_text(time), share, *([length_text(time / cases)] if cases > 1 else [])]


def _role(role: str | None, title: str) -> str:
    if role is None:
        return say("worked by nobody: no owner")
    return say("worked by an owner without a post") if role == "-" else say("worked by {role}", role=title)
