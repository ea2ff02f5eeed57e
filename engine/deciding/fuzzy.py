"""Fuzzy comprehensive evaluation: how far a service belongs to each level, from how far each factor does.

Source: Wang Peizhuang, "Theory of Fuzzy Sets and its Applications" (1983), and for the families of operators the textbooks that follow it:
the row of a factor is the share of answers at each level, B = W ∘ R by M(∧,∨), the largest of the smaller of weight and membership, which
lets the main factor decide, or by M(·,⊕), the bounded sum of their products, which lets all factors count.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from engine.deciding.satisfaction import Respondent, percent, weights_of
from engine.defining.survey import Survey
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.valueclass import valueclass

Operator = Literal["min-max", "sum"]
OPERATORS: Mapping[Operator, str] = {"min-max": "M(∧,∨)", "sum": "M(·,⊕)"}


@valueclass(frozen=True, slots=True)
class Evaluation:
    """What one operator makes of the answers."""

    operator: Operator
    memberships: tuple[float, ...]       # how far the service belongs to each level, from the lowest; together 1
    level: int                           # to which it belongs most, from 1; of several the lowest
    index: float                         # 0 to 100: the mean of the levels by their memberships


@valueclass(frozen=True, slots=True)
class Fuzzy:
    """A fuzzy comprehensive evaluation."""

    factors: tuple[str, ...]
    weights: tuple[float, ...]           # together 1
    matrix: tuple[tuple[float, ...], ...]        # for each factor how far it belongs to each level
    evaluations: tuple[Evaluation, ...]


def fuzzy(survey: Survey, respondents: Sequence[Respondent], *, derived: bool = False) -> Fuzzy:
    """Both evaluations of the judged factors that anybody answered; raises Invalid when nobody did."""
    _, weight = weights_of(survey, respondents, derived=derived)
    rows = {factor.name: _membership(list(factor.items), len(survey.levels), respondents) for factor in survey.judged}
    known = {name: row for name, row in rows.items() if row is not None}
    if not known:
        raise Invalid(say("Nobody has answered yet"), hint=say("Wait for answers, or look at a longer time."), field="answers", expected=1)
    total = sum(weight[name] for name in known)
    weights, matrix = tuple(weight[name] / total for name in known), tuple(known.values())
    return Fuzzy(tuple(known), weights, matrix, tuple(evaluate(weights, matrix, operator) for operator in OPERATORS))


def _membership(questions: Sequence[str], levels: int, respondents: Sequence[Respondent]) -> tuple[float, ...] | None:
    """The share of answers to these questions at each level; None without any."""
    counts = [0.0] * levels
    for one in respondents:
        for name in questions:
            if name in one.scores:
                counts[one.scores[name] - 1] += one.weight
    total = sum(counts)
    return tuple(count / total for count in counts) if total else None


def evaluate(weights: Sequence[float], matrix: Sequence[Sequence[float]], operator: Operator) -> Evaluation:
    """The evaluation by one operator: composed, then divided by its sum."""
    columns = list(zip(*matrix, strict=True))
    found = composed(weights, columns, operator)
    memberships = tuple(value / sum(found) for value in found)
    level = max(range(len(memberships)), key=lambda n: (round(memberships[n], 12), -n)) + 1
    mean = sum(membership * (n + 1) for n, membership in enumerate(memberships))
    return Evaluation(operator, memberships, level, percent(mean, len(memberships)))


def composed(weights: Sequence[float], columns: Sequence[Sequence[float]], operator: Operator) -> list[float]:
    """B = W ∘ R, not yet divided by its sum; `columns` are those of R."""
    if operator == "min-max":
        return [max(min(weight, value) for weight, value in zip(weights, column, strict=True)) for column in columns]
    return [min(1.0, sum(weight * value for weight, value in zip(weights, column, strict=True))) for column in columns]
