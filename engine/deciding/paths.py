"""A path model in the manner of customer satisfaction indices: what leads to satisfaction, and how strongly.

Latent variables are the factors of the questionnaire, each shown by its questions (reflective blocks); `follows` says which leads to which.
They are estimated by partial least squares (H. Wold), with outer mode A and the path weighting scheme on standardised answers, as set out
in M. Tenenhaus, V. E. Vinzi, Y.-M. Chatelin and C. Lauro, "PLS path modeling", Computational Statistics & Data Analysis 48 (2005), which
applies it to the European index. Indices from 0 to 100 by C. Fornell and others, Journal of Marketing 60 (1996).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.deciding.components import answered, library
from engine.deciding.satisfaction import Respondent, percent
from engine.defining.survey import Factor, Survey
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.valueclass import valueclass

if TYPE_CHECKING:
    from engine.deciding.components import Matrix

PRECISION = 1e-9
TURNS = 500


@valueclass(frozen=True, slots=True)
class Block:
    """A factor as the model sees it."""

    name: str
    index: float                         # 0 to 100
    explained: float | None              # R² of its equation; None for a factor that follows from nothing
    shared: float                        # of what varies in its questions: the mean square of their loadings
    loadings: dict[str, float]           # by question: its correlation with the factor


@valueclass(frozen=True, slots=True)
class Influence:
    """How strongly one factor leads to another: by how many of its own deviations the other moves for one of the first."""

    before: str
    after: str
    direct: float
    total: float                         # with all ways through other factors


@valueclass(frozen=True, slots=True)
class Paths:
    """An estimated path model."""

    of: int                              # customers who answered everything
    blocks: tuple[Block, ...]
    influences: tuple[Influence, ...]    # every pair that a way leads between


def paths(survey: Survey, respondents: Sequence[Respondent]) -> Paths:
    """The path model over customers who answered every question.

    Raises Invalid where no factor follows from another, for too few answers and for questions that everybody answered alike; Unavailable
    without the extra `analysis`."""
    numpy = library()
    named = {name for factor in survey.factors.values() if factor.follows for name in (factor.name, *factor.follows)}
    factors = [factor for factor in survey.factors.values() if factor.name in named]
    if not factors:
        raise Invalid(say("No factor of this questionnaire follows from another"), hint=say("Write for example `follows: [image]`."),
                      field="follows", expected="factors")
    names = [question for factor in factors for question in factor.items]
    raw, of = answered(names, respondents)
    spread = raw.std(axis=0)
    alike = [name for name, one in zip(names, spread, strict=True) if not one]
    if alike:
        raise Invalid(say("Everybody answered alike to: {questions}", questions=", ".join(alike)), hint=say("Wait for more answers."),
                      field="answers", expected="answers")
    data = (raw - raw.mean(axis=0)) / spread
    places, start = [], 0
    for factor in factors:
        places.append(slice(start, start + len(factor.items)))
        start += len(factor.items)
    leads = numpy.array([[before.name in after.follows for before in factors] for after in factors])
    outer, scores = _estimated(numpy, data, places, leads)
    direct, explained = _equations(numpy, scores, leads)
    total = _total(numpy, direct)
    blocks = tuple(_block(numpy, survey, factor, raw[:, at], spread[at], outer[n], scores[:, n], explained[n], data[:, at])
                   for n, (factor, at) in enumerate(zip(factors, places, strict=True)))
    return Paths(of, blocks, tuple(
        Influence(before.name, after.name, float(direct[m, n]), float(total[m, n]))
        for n, before in enumerate(factors) for m, after in enumerate(factors) if total[m, n] or leads[m, n]
    ))


def _estimated(numpy: Any, data: "Matrix", places: Sequence[slice], leads: Any) -> "tuple[list[Matrix], Matrix]":
    """Outer weights by factor, and the standardised scores of the factors, a column each."""
    outer = [numpy.ones(at.stop - at.start) for at in places]
    for _ in range(TURNS):
        scores = _standardised(numpy.column_stack([data[:, at] @ weights for at, weights in zip(places, outer, strict=True)]))
        inner = scores @ _path_scheme(numpy, scores, leads)
        fresh = [data[:, at].T @ inner[:, n] / len(data) for n, at in enumerate(places)]
        fresh = [weights / (data[:, at] @ weights).std() for weights, at in zip(fresh, places, strict=True)]
        moved = max(float(numpy.max(numpy.abs(numpy.abs(new) - numpy.abs(old)))) for new, old in zip(fresh, outer, strict=True))
        outer = fresh
        if moved < PRECISION:
            break
    else:
        raise Invalid(say("The path model does not come to rest with these answers"), hint=say("Wait for more answers."), field="answers",
                      expected="answers")
    for n, at in enumerate(places):      # a factor goes up with most of its questions
        if (data[:, at].T @ (data[:, at] @ outer[n])).sum() < 0:
            outer[n] = -outer[n]
    return outer, _standardised(numpy.column_stack([data[:, at] @ weights for at, weights in zip(places, outer, strict=True)]))


def _path_scheme(numpy: Any, scores: "Matrix", leads: Any) -> Any:
    """Inner weights: of what a factor follows from by regression, of what follows from it by correlation; a column for each factor."""
    correlation = numpy.corrcoef(scores, rowvar=False)
    weights = numpy.zeros_like(correlation)
    for n in range(len(leads)):
        before = numpy.flatnonzero(leads[n])
        if len(before):
            weights[before, n] = numpy.linalg.lstsq(scores[:, before], scores[:, n], rcond=None)[0]
        after = numpy.flatnonzero(leads[:, n])
        weights[after, n] = correlation[after, n]
    return weights


def _equations(numpy: Any, scores: "Matrix", leads: Any) -> "tuple[Matrix, list[float | None]]":
    """Coefficients (row: what follows, column: from what) and R² of each factor's equation, by least squares."""
    direct = numpy.zeros(leads.shape)
    explained: list[float | None] = []
    for n in range(len(leads)):
        before = numpy.flatnonzero(leads[n])
        if not len(before):
            explained.append(None)
            continue
        direct[n, before] = numpy.linalg.lstsq(scores[:, before], scores[:, n], rcond=None)[0]
        rest = scores[:, n] - scores[:, before] @ direct[n, before]
        explained.append(float(1 - rest @ rest / (scores[:, n] @ scores[:, n])))
    return direct, explained


def _total(numpy: Any, direct: "Matrix") -> "Matrix":
    """Direct coefficients with those over all ways: the sum of their powers, which ends since there are no circles."""
    total, power = direct.copy(), direct
    for _ in range(len(direct)):
        power = power @ direct
        total = total + power
    return total


def _standardised(columns: "Matrix") -> "Matrix":
    found: Matrix = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    return found


def _block(
    numpy: Any, survey: Survey, factor: Factor, raw: "Matrix", spread: "Matrix", outer: "Matrix", score: "Matrix", explained: float | None,
    data: "Matrix",
) -> Block:
    loadings = data.T @ score / len(data)
    plain = numpy.maximum(outer / spread, 0)         # of answers as given, not of standardised ones; none counts backwards
    weights = plain / plain.sum()
    index = percent(float(raw.mean(axis=0) @ weights), len(survey.levels))
    return Block(factor.name, index, explained, float((loadings ** 2).mean()),
                 {name: float(loading) for name, loading in zip(factor.items, loadings, strict=True)})
