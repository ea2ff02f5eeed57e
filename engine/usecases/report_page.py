"""A report as files: one HTML page that needs nothing else and prints well, Markdown, CSV."""

import csv
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html import escape
from io import StringIO
from typing import Any

from engine.deciding.reports import Behind, Cell, Report, Section, numeric, shown
from engine.ground.language import say, spoken
from engine.usecases.charts import FONT, svg

_STYLE = """
body { font: 15px/1.5 FONT; color: #1f2937; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; }
header { border-bottom: 2px solid #1f2937; padding-bottom: .6rem; } header p { margin: .2rem 0; color: #4b5563; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; border-bottom: 1.5px solid #64748b; } td { border-bottom: 1px solid #e2e8f0; }
th, td { padding: .25rem .45rem; vertical-align: top; }
th:first-child, td:first-child { padding-left: 0; } .n { text-align: right; white-space: nowrap; }
.note, .behind { color: #4b5563; font-size: .87rem; } .behind dt { margin-top: .3rem; } .behind dd { margin: 0 0 0 1rem; }
figure { margin: .4rem 0 .8rem; } figure svg { max-width: 100%; height: auto; }
@media print {
  @page { margin: 16mm 14mm; } body { font-size: 10.5pt; max-width: none; margin: 0; padding: 0; }
  section { break-inside: auto; } h2, figure { break-after: avoid; } figure, tr { break-inside: avoid; }
  thead { display: table-header-group; }
}
""".replace("FONT", FONT)


def html(report: Report) -> str:
    """The whole page. Without the extra `charts` it has its tables alone, and says so."""
    drawn = {one.name: svg(one.chart) for one in report.sections if one.chart is not None}
    missing = [say("Charts are left out: they need the extra `charts` of makegood.")] if None in drawn.values() else []
    parts = [
        "<!doctype html>", f'<html lang="{spoken()}">', "<head>", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">', f"<title>{escape(report.title)}, {escape(report.period)}</title>",
        f"<style>{_STYLE}</style>", "</head>", "<body>", "<header>", f"<h1>{escape(report.title)}</h1>", f"<p>{escape(report.period)}</p>",
        *(f"<p>{escape(line)}</p>" for line in (report.made, *missing)), "</header>",
    ]
    for one in report.sections:
        parts += _section(one, drawn.get(one.name), report.timezone)
    return "\n".join([*parts, "</body>", "</html>"]) + "\n"


def _section(one: Section, drawn: str | None, timezone: str) -> list[str]:
    columns = one.seen

    def cells(tag: str, texts: list[str]) -> str:
        return "".join(
            f'<{tag}{" class=n" if numeric(column.kind) else ""}>{escape(text)}</{tag}>'
            for (_, column), text in zip(columns, texts, strict=True)
        )

    parts = [f'<section id="{escape(one.name)}">', f"<h2>{escape(one.title)}</h2>"]
    parts += [f"<p class=note>{escape(one.note)}</p>"] if one.note else []
    parts += [f"<figure>{drawn}</figure>"] if drawn else []
    if one.rows:
        parts += ["<table>", f"<thead><tr>{cells('th', [column.title for _, column in columns])}</tr></thead>", "<tbody>"]
        parts += [f"<tr>{cells('td', [shown(row[n], column.kind, timezone) for n, column in columns])}</tr>" for row in one.rows]
        parts += ["</tbody>", "</table>"]
    else:
        parts += [f"<p class=note>{escape(say('Nothing to tell.'))}</p>"]
    if one.behind:
        parts += ["<div class=behind>", f"<p>{escape(say('The cases behind these figures:'))}</p>", "<dl>"]
        parts += [f"<dt>{escape(each.of)}, {escape(each.figure)}: {each.cases}</dt><dd>{escape(named(each))}</dd>" for each in one.behind]
        parts += ["</dl>", "</div>"]
    return [*parts, "</section>"]


def named(behind: Behind) -> str:
    """The numbers of the cases behind a figure."""
    more = behind.cases - len(behind.numbers)
    return ", ".join(behind.numbers) + (say(" and {more} more", more=more) if more > 0 else "")


def markdown(report: Report) -> str:
    """The report in Markdown, without charts."""
    lines = [f"# {report.title}", "", report.period, "", report.made, ""]
    for one in report.sections:
        lines += [f"## {one.title}", "", *([one.note, ""] if one.note else [])]
        columns = one.seen
        rows = [tuple(shown(row[n], column.kind, report.timezone) for n, column in columns) for row in one.rows]
        lines += [*(markdown_table(tuple(column.title for _, column in columns), rows) if rows else [say("Nothing to tell.")]), ""]
        lines += [f"- {each.of}, {each.figure}: {each.cases} ({named(each)})" for each in one.behind]
        lines += [""] if one.behind else []
    return "\n".join(lines)


def markdown_table(head: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> list[str]:
    """A table in Markdown, line by line; cells are shown as one line of text."""
    def line(cells: tuple[Any, ...]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return [line(head), line(tuple("---" for _ in head)), *map(line, rows)]


def csv_of(one: Section) -> str:
    """One section for a program or a spreadsheet: stable names of columns, shares from 0 to 1, lengths in seconds, instants in UTC."""
    out = StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([column.name for column in one.columns])
    rows.writerows([[_plain(value) for value in row] for row in one.rows])
    return out.getvalue()


def _plain(value: Cell) -> str | int | float:
    match value:
        case None:
            return ""
        case timedelta():
            return int(value.total_seconds())
        case datetime() | date():
            return value.isoformat()
        case float():
            return round(value, 6)
        case str() if value[:1] in ("=", "+", "-", "@", "\t", "\r"):
            return f"'{value}"       # a spreadsheet would take it for a formula
    return value
