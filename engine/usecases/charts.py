"""Charts of reports as SVG, by matplotlib, which is an extra. Text stays text, so it can be searched, read aloud and copied; the same
figures give the same file."""

import re
import warnings
from io import StringIO
from threading import Lock
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from engine.deciding.reports import Chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FONT = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_INK, _BAR, _LINE, _PALE, _GOAL = "#1f2937", "#3b6ea5", "#b45309", "#c9d8e8", "#15803d"
_LINES = (_BAR, _LINE, "#6d28d9", "#0f766e", "#64748b")
_LONGEST = 26
_ALONE = Lock()      # what matplotlib is told about style holds for the whole process
_STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "makegood", "font.family": ["DejaVu Sans"], "font.size": 9, "axes.edgecolor": "#94a3b8",
    "axes.labelcolor": _INK, "text.color": _INK, "xtick.color": _INK, "ytick.color": _INK, "axes.spines.top": False,
    "axes.spines.right": False, "text.parse_math": False,
}


def svg(chart: Chart) -> str | None:
    """The chart as an SVG element to stand in a page; None where matplotlib is not installed."""
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        return None
    with _ALONE, rc_context(_STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")      # the face that measures text has no Chinese; the one that shows it is the reader's
        lying = chart.shape != "trend"
        figure = Figure(figsize=(7.2, 1.0 + 0.27 * max(3, len(chart.labels)) if lying else 2.6))
        axes = figure.add_subplot()
        _SHAPES[chart.shape](axes, chart)
        room = min(0.42, 0.02 + 0.0098 * max(map(_width, map(_short, chart.labels)), default=0)) if lying else 0.08
        figure.subplots_adjust(left=room, right=0.95, top=1 - 0.4 / figure.get_figheight(), bottom=0.45 / figure.get_figheight())
        out = StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Title": chart.title}, transparent=True)
    text = out.getvalue()
    text = re.sub(r"font: ([0-9.]+px) [^;\"]*", rf"font: \1 {FONT.replace(chr(39), '&apos;')}", text[text.index("<svg"):])
    return text.replace("<svg ", '<svg role="img" ', 1)


def _pareto(axes: "Axes", chart: Chart) -> None:
    """Counts as lying bars, most often on top; the cumulative share as a line with an axis of its own."""
    places = range(len(chart.labels))
    counts, cumulative = chart.series
    axes.barh(places, _values(counts.values), color=_BAR, height=0.65)
    _named(axes, chart)
    axes.set_xlabel(counts.title)
    other = axes.twiny()
    other.plot([100 * one for one in _values(cumulative.values)], places, color=_LINE, marker="o", markersize=3, linewidth=1.2)
    other.set_xlim(0, 105)
    other.set_xlabel(f"{cumulative.title} (%)", color=_LINE)
    other.spines["top"].set_visible(True)


def _bars(axes: "Axes", chart: Chart) -> None:
    """Lengths of time as lying bars: the first series in front of the second."""
    for series, colour, height in zip(reversed(chart.series), (_PALE, _BAR), (0.75, 0.4), strict=False):
        axes.barh(range(len(chart.labels)), _values(series.values), color=colour, height=height, label=series.title)
    _named(axes, chart)
    axes.set_xlabel("h")
    _legend(axes, 2)


def _trend(axes: "Axes", chart: Chart) -> None:
    """Shares over time, of one series with the interval that chance leaves open, and the target."""
    lowest = [100.0 if chart.target is None else 100 * chart.target]
    for n, series in enumerate(chart.series):
        points = [(place, 100 * value) for place, value in enumerate(series.values) if value is not None]
        places, values = [place for place, _ in points], [value for _, value in points]
        if chart.low and chart.high:
            low, high = ([100 * (edge[place] or 0.0) for place in places] for edge in (chart.low, chart.high))
            axes.vlines(places, low, high, color=_PALE, linewidth=3)
            lowest += low
        axes.plot(places, values, color=_LINES[n % len(_LINES)], marker="o", markersize=3.5, linewidth=1.3, label=series.title)
        lowest += values
    if chart.target is not None:
        axes.axhline(100 * chart.target, color=_GOAL, linestyle="--", linewidth=1)
    every = max(1, len(chart.labels) // 10)
    axes.set_xticks(range(0, len(chart.labels), every), [chart.labels[n] for n in range(0, len(chart.labels), every)])
    axes.set_ylim(max(0.0, min(lowest) - 8) // 10 * 10, 102)
    axes.set_ylabel("%")
    if len(chart.series) > 1:
        _legend(axes, len(chart.series))


def _legend(axes: "Axes", columns: int) -> None:
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=columns, frameon=False, fontsize=8, borderaxespad=0.1)


_SHAPES = {"pareto": _pareto, "bars": _bars, "trend": _trend}


def _named(axes: "Axes", chart: Chart) -> None:
    axes.set_yticks(range(len(chart.labels)), [_short(label) for label in chart.labels])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)


def _values(values: tuple[float | None, ...]) -> list[float]:
    return [value or 0.0 for value in values]


def _short(label: str) -> str:
    """A label that fits beside the bars."""
    while _width(label) > _LONGEST:
        label = label[:-2].rstrip() + "…"
    return label


def _width(text: str) -> float:
    """About how wide a text is, in letters."""
    return sum(1.7 if east_asian_width(letter) in "WFA" else 1.0 for letter in text)
