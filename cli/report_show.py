"""How reports are asked for and shown: on the terminal, as JSON, as one HTML page, as CSV files."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cli import completion
from cli.files import put
from cli.options import day, opt
from cli.run import Desk
from cli.show import as_json, clean, heading, table
from engine.ground.language import say

if TYPE_CHECKING:
    from engine.deciding.reports import Report

Definitions = Annotated[
    list[str] | None, opt("--definition", "BUNDLE", say("Only of this definition; again for further ones."), completion.bundles)
]
Since = Annotated[str | None, opt("--since", "DATE", say("From that local date on, for example 2026-11-01."))]
Until = Annotated[str | None, opt("--until", "DATE", say("Before that local date."))]
Html = Annotated[str | None, opt("--html", "FILE", say("Write it as one HTML page that needs nothing else."))]
Csv = Annotated[str | None, opt("--csv", "FOLDER", say("Write each table as a CSV file into this folder."))]


def dates(since: str | None, until: str | None) -> tuple[date | None, date | None]:
    """The dates typed; raises Invalid."""
    return None if since is None else day(since, "since"), None if until is None else day(until, "until")


def show(desk: Desk, report: "Report", html: str | None, csv: str | None) -> None:
    """Write the files asked for, and name them; without any print the report. Raises Unavailable for what cannot be written."""
    from engine.usecases import report_page

    files = {Path(html): report_page.html(report)} if html else {}
    if csv:
        files |= {Path(csv) / f"{one.name}.csv": "\ufeff" + report_page.csv_of(one) for one in report.sections}     # for spreadsheets
    for path, text in files.items():
        put(text, str(path), make=True)
    if desk.as_json:
        as_json(report.form() | ({"files": [str(path) for path in files]} if files else {}))
    elif files:
        for path in files:
            print(path)
    else:
        _print(report)


def _print(report: "Report") -> None:
    from engine.deciding.reports import numeric, shown
    from engine.usecases.report_page import named

    heading(f"{clean(report.title)}  {report.period}")
    print(clean(report.made))
    if not report.sections:
        print(say("Nothing to tell."))
    for one in report.sections:
        print()
        heading(clean(one.title))
        table(
            [column.title for _, column in one.seen],
            [[shown(row[n], column.kind, report.timezone) for n, column in one.seen] for row in one.rows], empty=say("Nothing to tell."),
            right=[numeric(column.kind) for _, column in one.seen],
        )
        for each in one.behind:
            print(clean(f"  {each.of}, {each.figure}: {each.cases} ({named(each)})"))
