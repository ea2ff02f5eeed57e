"""How what came of a questionnaire looks: tables that a spreadsheet takes as well, and what they say in a sentence or two."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from cli.files import put
from cli.show import clean, heading, table
from engine.deciding.components import Components
from engine.deciding.fuzzy import OPERATORS, Fuzzy
from engine.deciding.paths import Paths
from engine.deciding.responding import Response
from engine.deciding.satisfaction import Gap, Gaps, Index, Mean
from engine.ground.language import say

if TYPE_CHECKING:
    from engine.usecases.evaluating import Analysis, SurveyReport


class Sheet(NamedTuple):
    """One table, and what it says."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    says: Sequence[str] = ()


def show(title: str, sheets: Sequence[Sheet], out: str | None) -> None:
    """Print the tables, or write them as CSV into a file."""
    if out is not None:
        text = StringIO()
        writer = csv.writer(text, lineterminator="\n")
        for sheet in sheets:
            writer.writerow([sheet.title, *sheet.columns[1:]])
            writer.writerows(sheet.rows)
        put(text.getvalue(), out)
        return
    heading(clean(title))
    for sheet in sheets:
        print()
        for line in sheet.says:
            print(clean(line))
        table([sheet.title or sheet.columns[0], *sheet.columns[1:]], [[clean(cell) for cell in row] for row in sheet.rows], empty="")


# --- who answered -----------------------------------------------------------------------------------------------------------


def report_sheets(found: "SurveyReport") -> Iterator[Sheet]:
    """Who was asked and who answered."""
    r = found.response
    lines = [
        (say("to be asked"), r.population), (say("not in the sample"), r.passed), (say("no customer to ask"), r.nobody),
        (say("does not want to be asked"), r.opted_out), (say("asked"), r.asked), (say("invitation delivered"), r.delivered),
        (say("answered"), r.answered), (say("declined"), r.declined), (say("closed without an answer"), r.silent),
        (say("still open"), r.waiting),
    ]
    says = [] if r.rate is None else [say("{answered} of {asked} asked have answered: {rate}.", answered=r.answered, asked=r.asked,
                                          rate=_share(r.rate))]
    unusual = [found.titles.get(f"{name}.{one.value}", one.value) for name, some in found.groups.items() for one in some if one.unusual]
    if unusual:
        says.append(say("Answers more or less often than chance explains: {groups}. Read the results with care.",
                        groups=", ".join(unusual)))
    yield Sheet(say("Customers"), (say("Customers"), say("Count")), [(word, str(count)) for word, count in lines], says)
    if found.via:
        yield Sheet(say("Answered by"), ("", say("Count")), [(via, str(count)) for via, count in sorted(found.via.items())])
    if found.strata:
        yield Sheet(say("Stratum"), ("", *_columns()), [(one.of or say("all others"), *_counts(one.response)) for one in found.strata])
    for name, some in found.groups.items():
        totals = [sum(counts) or 1 for counts in zip(*((one.population, one.asked, one.answered) for one in some), strict=True)]
        rows = []
        for one in some:
            counts = zip((one.population, one.asked, one.answered), totals, strict=True)
            title = found.titles.get(f"{name}.{one.value}", one.value) or say("(empty)")
            shares = (f"{count} ({_share(count / total)})" for count, total in counts)
            rows.append((title, *shares, say("unusual") if one.unusual else ""))
        yield Sheet(found.titles[name], ("", say("Of all"), say("Of those asked"), say("Of the answers"), ""), rows)


def _columns() -> tuple[str, ...]:
    return say("to be asked"), say("asked"), say("answered"), say("Rate")


def _counts(r: Response) -> tuple[str, ...]:
    return str(r.population), str(r.asked), str(r.answered), "" if r.rate is None else _share(r.rate)


# --- what they say ----------------------------------------------------------------------------------------------------------


def analysis_sheets(found: "Analysis") -> Iterator[Sheet]:
    """What the answers say, by the method asked for."""
    match found.result:
        case Index() as result:
            yield from _index(found, result)
        case Gaps() as result:
            yield from _gaps(found, result)
        case Fuzzy() as result:
            yield from _fuzzy(found, result)
        case Components() as result:
            yield from _components(found, result)
        case Paths() as result:
            yield from _paths(found, result)


def _index(found: "Analysis", result: Index) -> Iterator[Sheet]:
    weakest = min(result.factors, key=lambda one: one.index)
    weights = {"declared": say("weights as declared"), "equal": say("all factors count alike"), "derived": say("weights derived")}
    yield Sheet(
        say("Factor"), ("", say("Weight"), say("Mean level"), say("Index")),
        [
            (found.titles[one.name], _two(one.weight), f"{_two(one.level.value)} ({one.level.of})", f"{one.index:.1f}")
            for one in result.factors
        ],
        [
            say("Satisfaction index {index} of 100 ({low} to {high}), from {count:customer|customers}; {weights}.",
                index=f"{result.index.value:.1f}", low=f"{result.index.low:.1f}", high=f"{result.index.high:.1f}", count=result.index.of,
                weights=weights[result.weights]),
            say("{share} of customers are satisfied. Weakest: {factor}.", share=_share(result.satisfied),
                factor=found.titles[weakest.name]),
        ],
    )


def _gaps(found: "Analysis", result: Gaps) -> Iterator[Sheet]:
    worst = min(result.factors, key=lambda one: one.gap.value)
    columns = ("", say("Found"), say("Expected"), say("Gap"), say("95 % interval"))
    overall, weighted = _signed(result.overall), _signed(result.weighted)
    says = [say("Gap over all factors: {gap}; by their weights: {weighted}.", gap=overall, weighted=weighted)]
    if worst.gap.value < 0:
        says.append(say("Furthest below what was expected: {factor}.", factor=found.titles[worst.name]))
    yield Sheet(say("Factor"), columns, [_gap(found, one) for one in result.factors], says)
    yield Sheet(say("Question"), columns, [_gap(found, one) for one in result.questions])


def _gap(found: "Analysis", one: Gap) -> tuple[str, ...]:
    return found.titles[one.name], _two(one.perceived), _two(one.expected), _signed(one.gap.value), _interval(one.gap)


def _fuzzy(found: "Analysis", result: Fuzzy) -> Iterator[Sheet]:
    says = [
        say("By {operator} the service belongs most to “{level}” ({membership}); index {index} of 100.", operator=OPERATORS[one.operator],
            level=found.levels[one.level - 1], membership=_two(one.memberships[one.level - 1]), index=f"{one.index:.1f}")
        for one in result.evaluations
    ]
    rows = [
        (found.titles[name], _two(weight), *map(_two, row))
        for name, weight, row in zip(result.factors, result.weights, result.matrix, strict=True)
    ]
    rows += [(OPERATORS[one.operator], "", *map(_two, one.memberships)) for one in result.evaluations]
    yield Sheet(say("Factor"), ("", say("Weight"), *found.levels), rows, says)


def _components(found: "Analysis", result: Components) -> Iterator[Sheet]:
    kept = result.components[:result.kept]
    says = [say("{count:component explains|components explain} {share} of how answers differ between customers.", count=result.kept,
                share=_share(sum(one.explained for one in kept)))]
    for n in range(result.kept):
        asked = "; ".join(found.titles[name] for name in result.prominent(n))
        says.append(say("Component {n}, {share}: {questions}", n=n + 1, share=_share(kept[n].explained), questions=asked or "–"))
    if result.constant:
        says.append(say("Left out, as everybody answered alike: {questions}.", questions=", ".join(result.constant)))
    numbers = range(result.kept)
    rows = [(found.titles[name], *(_two(kept[n].loadings[q]) for n in numbers)) for q, name in enumerate(result.questions)]
    yield Sheet(say("Loadings"), ("", *(str(n + 1) for n in numbers)), rows, says)
    yield Sheet(say("Component"), ("", say("Eigenvalue"), say("Explained")), [
        (str(n + 1), _two(one.eigenvalue), _share(one.explained)) for n, one in enumerate(result.components)
    ])


def _paths(found: "Analysis", result: Paths) -> Iterator[Sheet]:
    ends = {one.after for one in result.influences} - {one.before for one in result.influences}
    says = []
    for end in (block.name for block in result.blocks if block.name in ends):
        strongest = max((one for one in result.influences if one.after == end), key=lambda one: one.total)
        says.append(say("What moves “{after}” most: {before} ({total} in all).", after=found.titles[end],
                        before=found.titles[strongest.before], total=_two(strongest.total)))
    yield Sheet(say("Factor"), ("", say("Index"), say("Explained (R²)"), say("Shared by its questions")), [
        (found.titles[one.name], f"{one.index:.1f}", "" if one.explained is None else _share(one.explained), _share(one.shared))
        for one in result.blocks
    ], says)
    yield Sheet(say("Leads to"), ("", say("Direct"), say("In all")), [
        (f"{found.titles[one.before]} → {found.titles[one.after]}", _two(one.direct) if one.direct else "", _two(one.total))
        for one in result.influences
    ])
    yield Sheet(say("Question"), ("", say("Loading")), [
        (found.titles[name], _two(loading)) for block in result.blocks for name, loading in block.loadings.items()
    ])


def _two(value: float) -> str:
    return f"{value:.2f}"


def _signed(value: float) -> str:
    return f"{value:+.2f}"


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _interval(mean: Mean) -> str:
    return f"{_signed(mean.low)} – {_signed(mean.high)}"
