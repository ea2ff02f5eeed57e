"""What answers say in the mean: the satisfaction index, and the gap between what was found and what had been expected.

Pure arithmetic. Sources: C. Fornell and others, "The American Customer Satisfaction Index", Journal of Marketing 60 (1996), for an index
that is 0 when everybody answers the lowest level and 100 when everybody answers the highest; A. Parasuraman, V. Zeithaml and L. Berry,
"SERVQUAL", Journal of Retailing 64 (1988), for the gap: perception less expectation, question by question and as the mean of a factor.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import sqrt

from engine.deciding.attainment import Z95
from engine.deciding.survey_record import Scores
from engine.defining.survey import Factor, Survey
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.valueclass import valueclass

SATISFIED = 75.0
"""From which index on somebody counts as satisfied: of five levels the upper two."""
FEWEST = 3


@valueclass(frozen=True, slots=True)
class Respondent:
    """The answers of one customer, and how many customers they stand for."""

    weight: float
    scores: Scores
    expected: Scores


@valueclass(frozen=True, slots=True)
class Mean:
    """A mean with the interval in which it lies 19 times of 20."""

    value: float
    low: float
    high: float
    of: int                              # answers


@valueclass(frozen=True, slots=True)
class FactorIndex:
    """One factor in the index."""

    name: str
    weight: float                        # all together 1
    level: Mean                          # on the scale, from 1
    index: float                         # 0 to 100


@valueclass(frozen=True, slots=True)
class Index:
    """The satisfaction index."""

    index: Mean                          # 0 to 100
    satisfied: float                     # the share of customers, 0 to 1, whose own index is at least `SATISFIED`
    factors: tuple[FactorIndex, ...]
    weights: str                         # declared, equal or derived


@valueclass(frozen=True, slots=True)
class Gap:
    """What was found less what had been expected; negative where customers had expected more."""

    name: str                            # of the factor or question
    perceived: float
    expected: float
    gap: Mean


@valueclass(frozen=True, slots=True)
class Gaps:
    """The gaps of a questionnaire."""

    overall: float                       # the mean of the factors
    weighted: float                      # by their weights
    factors: tuple[Gap, ...]
    questions: tuple[Gap, ...]


def percent(level: float, levels: int) -> float:
    """A place on the scale, from 0 for the lowest level to 100 for the highest."""
    return (level - 1) / (levels - 1) * 100


def index(survey: Survey, respondents: Sequence[Respondent], *, derived: bool = False) -> Index:
    """The index of the judged factors by their weights: declared, all alike where none is, or derived from the factor that judges the
    whole. Raises Invalid without answers, and for derived weights that cannot be."""
    kind, weight = weights_of(survey, respondents, derived=derived)
    means = {factor.name: mean(respondents, partial(_level, factor)) for factor in survey.judged}
    known = {name: found for name, found in means.items() if found is not None}
    if not known:
        raise _too_few(1, 0)
    levels = len(survey.levels)
    whole = mean(respondents, lambda one: own_index(survey, weight, one))
    assert whole is not None
    total = sum(weight[name] for name in known) or 1.0
    value = sum(weight[name] * percent(found.value, levels) for name, found in known.items()) / total
    satisfied = mean(respondents, lambda one: None if (own := own_index(survey, weight, one)) is None else float(own >= SATISFIED))
    assert satisfied is not None
    half = whole.high - whole.value
    return Index(
        Mean(value, max(0.0, value - half), min(100.0, value + half), whole.of), satisfied.value,
        tuple(FactorIndex(name, weight[name], found, percent(found.value, levels)) for name, found in known.items()), kind,
    )


def gaps(survey: Survey, respondents: Sequence[Respondent]) -> Gaps:
    """The gaps of every question that is asked twice, over those who answered both, and of every factor as the mean of its questions.

    Raises Invalid where nothing expected was asked or answered."""
    questions: list[Gap] = []
    factors: list[Gap] = []
    for factor in survey.judged:
        asked = [name for name, question in factor.items.items() if question.expected]
        found = [gap for name in asked if (gap := _gap(name, respondents, (name,))) is not None]
        whole = _gap(factor.name, respondents, asked)
        if found and whole is not None:
            value = sum(one.gap.value for one in found) / len(found)
            half = whole.gap.high - whole.gap.value
            perceived, expected = sum(one.perceived for one in found) / len(found), sum(one.expected for one in found) / len(found)
            factors.append(Gap(factor.name, perceived, expected, Mean(value, value - half, value + half, whole.gap.of)))
            questions += found
    if not factors:
        raise Invalid(say("Nobody answered what they had expected"), hint=say("Give questions the key `expected`, and ask anew."),
                      field="expected", expected="answers")
    _, weight = weights_of(survey, respondents)
    total = sum(weight[one.name] for one in factors)
    return Gaps(
        sum(one.gap.value for one in factors) / len(factors), sum(weight[one.name] * one.gap.value for one in factors) / total,
        tuple(factors), tuple(questions),
    )


def _gap(name: str, respondents: Sequence[Respondent], asked: Sequence[str]) -> Gap | None:
    def of(pick: Callable[[int, int], float]) -> Mean | None:
        def own(one: Respondent) -> float | None:
            both = [pick(one.scores[q], one.expected[q]) for q in asked if q in one.scores and q in one.expected]
            return sum(both) / len(both) if both else None

        return mean(respondents, own)

    perceived, expected, gap = of(lambda p, e: p), of(lambda p, e: e), of(lambda p, e: p - e)
    return None if perceived is None or expected is None or gap is None else Gap(name, perceived.value, expected.value, gap)


def weights_of(survey: Survey, respondents: Sequence[Respondent], *, derived: bool = False) -> tuple[str, dict[str, float]]:
    """The weights of the judged factors, together 1, and how they came about: `declared`, `equal` or `derived`."""
    if derived:
        return "derived", _derived(survey, respondents)
    declared = {factor.name: float(factor.weight) for factor in survey.judged if factor.weight is not None}
    if not declared:
        return "equal", {factor.name: 1 / len(survey.judged) for factor in survey.judged}
    return "declared", {name: weight / sum(declared.values()) for name, weight in declared.items()}


def _derived(survey: Survey, respondents: Sequence[Respondent]) -> dict[str, float]:
    """Weights by how closely the answers to a factor go with those to the whole: their correlation, none below 0."""
    if survey.overall is None:
        raise Invalid(say("Nothing asks for the whole, so no weights can be derived"), hint=say("Name the factor that does: `overall: …`."),
                      field="overall", expected="factor")
    whole = survey.factors[survey.overall]
    close = {factor.name: max(0.0, _correlation(respondents, factor, whole)) for factor in survey.judged}
    if not sum(close.values()):
        raise Invalid(say("No factor goes with the whole in these answers, so no weights can be derived"), field="overall",
                      hint=say("Use the declared weights."), expected="answers")
    return {name: value / sum(close.values()) for name, value in close.items()}


def _correlation(respondents: Sequence[Respondent], one: Factor, other: Factor) -> float:
    """Pearson's correlation of two factors over those who answered both; 0 where one of them does not vary."""
    pairs = [
        (x, y, who.weight) for who in respondents
        if (x := level_of(one, who.scores)) is not None and (y := level_of(other, who.scores)) is not None
    ]
    if len(pairs) < FEWEST:
        raise _too_few(FEWEST, len(pairs))
    total = sum(w for _, _, w in pairs)
    x_mean, y_mean = sum(x * w for x, _, w in pairs) / total, sum(y * w for _, y, w in pairs) / total
    xx, yy = sum(w * (x - x_mean) ** 2 for x, _, w in pairs), sum(w * (y - y_mean) ** 2 for _, y, w in pairs)
    return sum(w * (x - x_mean) * (y - y_mean) for x, y, w in pairs) / sqrt(xx * yy) if xx and yy else 0.0


def _level(factor: Factor, one: Respondent) -> float | None:
    return level_of(factor, one.scores)


def level_of(factor: Factor, scores: Mapping[str, int]) -> float | None:
    """What somebody answered about a factor in the mean of its questions; None when nothing."""
    given = [scores[name] for name in factor.items if name in scores]
    return sum(given) / len(given) if given else None


def own_index(survey: Survey, weight: Mapping[str, float], one: Respondent) -> float | None:
    """The index of one customer, over the factors they answered."""
    known = [(weight[f.name], level) for f in survey.judged if (level := level_of(f, one.scores)) is not None]
    total = sum(w for w, _ in known)
    return sum(w * percent(level, len(survey.levels)) for w, level in known) / total if total else None


def mean(respondents: Iterable[Respondent], value_of: Callable[[Respondent], float | None]) -> Mean | None:
    """The weighted mean of a value over those who have one, with its interval of 95 %; None of nobody."""
    known = [(one.weight, value) for one in respondents if (value := value_of(one)) is not None]
    total = sum(weight for weight, _ in known)
    if not total:
        return None
    value = sum(weight * one for weight, one in known) / total
    many = len(known)
    spread = sqrt(sum((weight * (one - value)) ** 2 for weight, one in known) * many / (many - 1)) / total if many > 1 else 0.0
    return Mean(value, value - Z95 * spread, value + Z95 * spread, many)


def _too_few(needed: int, there: int) -> Invalid:
    return Invalid(
        say("It takes at least {needed:answer|answers}, and there {there:is|are}", needed=needed, there=there),
        hint=say("Wait for more, or look at a longer time."), field="answers", expected=needed,
    )
