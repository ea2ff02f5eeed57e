"""Principal components: which questions are answered alike, and how few dimensions stand behind them all.

Of the correlation matrix, as questions may spread differently. Source: H. Hotelling, "Analysis of a complex of statistical variables into
principal components", Journal of Educational Psychology 24 (1933); the number of components by H. Kaiser, Educational and Psychological
Measurement 20 (1960): those that explain more than one question alone would, an eigenvalue above 1.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.deciding.satisfaction import Respondent
from engine.defining.survey import Survey
from engine.ground.errors import Invalid, Unavailable
from engine.ground.language import say
from engine.ground.valueclass import valueclass

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float64]]

PROMINENT = 0.5
"""From which loading on, whatever its sign, a question speaks for a component."""


@valueclass(frozen=True, slots=True)
class Component:
    """One component, the strongest first."""

    eigenvalue: float
    explained: float                     # of all that varies, 0 to 1
    loadings: tuple[float, ...]          # its correlation with each question; the largest is positive


@valueclass(frozen=True, slots=True)
class Components:
    """A principal component analysis."""

    questions: tuple[str, ...]
    of: int                              # customers who answered all of them
    constant: tuple[str, ...]            # questions that everybody answered alike, left out
    components: tuple[Component, ...]
    kept: int                            # how many to look at, by Kaiser

    def prominent(self, number: int) -> list[str]:
        """The questions that speak for a component, the strongest first."""
        loadings = self.components[number].loadings
        found = [n for n in range(len(loadings)) if abs(loadings[n]) >= PROMINENT]
        return [self.questions[n] for n in sorted(found, key=lambda n: -abs(loadings[n]))]


def components(survey: Survey, respondents: Sequence[Respondent]) -> Components:
    """The components of all questions but those that judge the whole, over customers who answered every one.

    Raises Invalid for too few answers, Unavailable without the extra `analysis`."""
    names = [name for factor in survey.judged for name in factor.items]
    rows, of = answered(names, respondents)
    spread = rows.std(axis=0)
    varies = [n for n in range(len(names)) if spread[n] > 0]
    if len(varies) < 2:
        raise Invalid(say("Fewer than two questions were answered differently by different customers"), field="answers",
                      hint=say("Wait for more answers."), expected="answers")
    numpy = library()
    correlation = numpy.corrcoef(rows[:, varies], rowvar=False)
    found = decomposed(correlation)
    kept = max(1, sum(one.eigenvalue > 1 for one in found))
    return Components(
        tuple(names[n] for n in varies), of, tuple(name for n, name in enumerate(names) if n not in varies), found, kept,
    )


def decomposed(correlation: "Matrix") -> tuple[Component, ...]:
    """The components of a correlation matrix."""
    numpy = library()
    values, vectors = numpy.linalg.eigh(correlation)
    found = []
    for n in range(len(values) - 1, -1, -1):
        value = max(0.0, float(values[n]))
        loadings = vectors[:, n] * value ** 0.5
        turned = loadings * (-1 if loadings[numpy.argmax(numpy.abs(loadings))] < 0 else 1)
        found.append(Component(value, value / len(values), tuple(float(one) for one in turned)))
    return tuple(found)


def answered(names: Sequence[str], respondents: Sequence[Respondent]) -> "tuple[Matrix, int]":
    """A row for each customer who answered all these questions, and how many; raises Invalid when they are not more than the questions."""
    rows = [[one.scores[name] for name in names] for one in respondents if all(name in one.scores for name in names)]
    if len(rows) <= len(names):
        raise Invalid(
            say("{there:customer|customers} answered all {count} questions; there must be more than questions", there=len(rows),
                count=len(names)),
            hint=say("Wait for more, or look at a longer time."), field="answers", expected=len(names) + 1,
        )
    return library().array(rows, dtype=float), len(rows)


def library() -> Any:
    """numpy, which comes with the extra `analysis` alone; raises Unavailable without it."""
    try:
        import numpy
    except ImportError as error:
        raise Unavailable(say("This analysis needs numpy, which is not installed"),
                          hint=say("Install it: `pip install 'makegood[analysis]'`.")) from error
    return numpy
