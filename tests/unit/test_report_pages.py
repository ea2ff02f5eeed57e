"""Reports as values and as files: distributions add up, pages need nothing else, charts come out the same each time."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.deciding.reports import MOST, Behind, Chart, Column, Kind, Report, Section, Series, distribution, pareto, shown
from engine.deciding.spread import Spread
from engine.usecases import report_page
from engine.usecases.charts import svg

WEIRD = '<script src="http://x.example/">& "delay"'


def report(*sections: Section) -> Report:
    return Report(
        name="complaints", title="Statistics", since=date(2026, 11, 1), until=date(2026, 12, 1), at=datetime(2026, 12, 1, 1, tzinfo=UTC),
        timezone="Asia/Shanghai", sections=sections, by="Supervision",
    )


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 50), max_size=40))
def test_a_distribution_adds_up_to_what_was_counted(counts: dict[str, int]) -> None:
    rows = distribution(counts)
    assert len(rows) <= MOST and sum(row[1] for row in rows) == sum(counts.values())
    kept = rows[: MOST - 1]
    assert [row[1] for row in kept] == sorted((row[1] for row in kept), reverse=True)
    assert not rows or (rows[-1][3] == 1 and abs(sum(row[2] for row in rows) - 1) < 1e-9)


@given(st.lists(st.integers(0, 10**9), min_size=1), st.floats(0.01, 1))
def test_a_spread_tells_how_long_that_share_is_at_most(lengths: list[int], of: float) -> None:
    spread = Spread()
    for length in lengths:
        spread.add(timedelta(milliseconds=length))
    exact = sorted(lengths)[max(0, -(-int(of * len(lengths) * 10**9) // 10**9) - 1)] if of < 1 else max(lengths)
    told = spread.most(of)
    assert told is not None and timedelta(milliseconds=exact) <= told <= timedelta(milliseconds=exact * 1.011 + 1)
    assert spread.worst == timedelta(milliseconds=max(lengths)) and spread.many == len(lengths)


@pytest.mark.parametrize(("value", "kind", "words"), [
    (0.873, Kind.SHARE, "87.3 %"), (1, Kind.SHARE, "100.0 %"), (None, Kind.SHARE, ""), (61, Kind.COUNT, "61"),
    (82.46, Kind.NUMBER, "82.5"), (timedelta(days=3, hours=17, minutes=43, seconds=20), Kind.LENGTH, "3 d 18 h"),
    (timedelta(minutes=61, seconds=40), Kind.LENGTH, "1 h 2 min"), (timedelta(seconds=61), Kind.LENGTH, "1 min 1 s"),
    (datetime(2026, 11, 22, 16, 30, tzinfo=UTC), Kind.MOMENT, "2026-11-23 00:30"),
])
def test_a_figure_reads_as_people_expect(value: object, kind: Kind, words: str) -> None:
    assert shown(value, kind, "Asia/Shanghai") == words  # type: ignore[arg-type]


def test_a_page_needs_nothing_else_and_says_what_was_typed_as_text() -> None:
    page = report_page.html(report(pareto("c.cause", "By cause", "Cause", {WEIRD: 3, "延误": 2})))
    assert "<script" not in page and "&lt;script src=&quot;http://x.example/&quot;&gt;&amp; &quot;delay&quot;" in page
    assert not re.findall(r"(?:src|href)=[\"']?(?!#)", re.sub(r"<figure>.*?</figure>", "", page.replace("&lt;script src=", ""), flags=re.S))
    assert "@media print" in page and "<p>2026-11-01 – 2026-11-30</p>" in page and "Made 2026-12-01 09:00 by Supervision" in page
    (drawing,) = re.findall(r"<figure>(.*?)</figure>", page, re.S)
    texts = [one.text for one in ElementTree.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")]
    assert "延误" in texts and "cases" in texts
    assert {link for link in re.findall(r'href="([^"]*)"', drawing) if not link.startswith("#")} == set()


@pytest.mark.parametrize("chart", [
    Chart(shape="pareto", title="t", labels=("投诉", "b"), series=(Series("cases", (3.0, 1.0)), Series("share", (0.75, 1.0)))),
    Chart(shape="bars", title="t", labels=("a", "a long name that nobody would want to read"),
          series=(Series("Median", (3.0, 1.0)), Series("90 %", (4.0, 2.0)))),
    Chart(shape="trend", title="t", labels=("1", "2", "3"), series=(Series("share", (0.9, None, 1.0)),), low=(0.8, None, 0.7),
          high=(0.95, None, 1.0), target=0.95),
], ids=lambda chart: str(chart.shape))
def test_the_same_figures_give_the_same_chart(chart: Chart) -> None:
    first, second = svg(chart), svg(chart)
    assert first is not None and first == second
    assert ElementTree.fromstring(first).tag == "{http://www.w3.org/2000/svg}svg" and "<path" in first


def test_without_the_extra_there_are_tables_and_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = report_page.html(report(pareto("c.cause", "By cause", "Cause", {"delay": 3, "tone": 2})))
    assert "<figure>" not in page and "they need the extra `charts` of makegood" in page and "<td>delay</td>" in page


def test_a_table_is_written_for_programs_and_nothing_in_it_runs() -> None:
    columns = (Column("of", "Whose"), Column("share", "Share", Kind.SHARE), Column("took", "Took", Kind.LENGTH))
    section = Section(name="posts", title="Posts", columns=columns, rows=(("=1+1", 0.5, timedelta(minutes=2)), ("b", None, None)))
    assert report_page.csv_of(section) == "of,share,took\n'=1+1,0.5,120\nb,,\n"


def test_in_markdown_figures_have_their_cases_behind_them() -> None:
    behind = Behind("Clerk", "late", 3, ("K-3", "K-2"))
    section = Section(name="posts", title="Posts", columns=(Column("of", "Post"), Column("n", "")), rows=(("a|b", 3),), behind=(behind,))
    page = report_page.markdown(report(section))
    assert "| Post |\n| --- |\n| a\\|b |" in page and "- Clerk, late: 3 (K-3, K-2 and 1 more)" in page
    assert report(section).form()["sections"][0]["behind"] == [{"of": "Clerk", "figure": "late", "cases": 3, "numbers": ["K-3", "K-2"]}]
    assert Counter(one["section"] for one in report(section).form()["sections"]) == {"posts": 1}
