"""What answers say, each method against a published worked example or an independent program."""

from decimal import Decimal
from math import sqrt

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.deciding.components import components, decomposed
from engine.deciding.fuzzy import composed, evaluate, fuzzy
from engine.deciding.paths import paths
from engine.deciding.responding import Outcome, groups, response, weights
from engine.deciding.sampling import answers_needed, drawn, share_asked
from engine.deciding.satisfaction import Respondent, gaps, index, percent, weights_of
from engine.deciding.survey_record import Became
from engine.defining.survey import Factor, Question, Sample, Survey
from engine.defining.vocabulary import Text
from engine.ground.errors import Invalid
from tests.small import START


def survey(factors: dict[str, list[str]], levels: int = 5, *, weight: dict[str, str] | None = None, overall: str | None = None,
           follows: dict[str, tuple[str, ...]] | None = None, expected: bool = False) -> Survey:
    """A questionnaire with these questions by factor."""
    return Survey(
        name="s", title=Text(en="s"), levels=tuple(Text({"": str(n)}) for n in range(1, levels + 1)), via=("email",),
        invitation=Text(en="i"), opt_out=Text(en="o"), overall=overall, factors={
            name: Factor(
                name=name, weight=Decimal(weight[name]) if weight and name in weight else None, follows=(follows or {}).get(name, ()),
                items={one: Question(name=one, ask=Text(en=one), expected=Text(en="e") if expected else Text()) for one in items},
            ) for name, items in factors.items()
        },
    )


def people(names: list[str], rows: list[list[int]], expected: list[list[int]] | None = None) -> list[Respondent]:
    return [
        Respondent(1.0, dict(zip(names, row, strict=True)), dict(zip(names, expected[n], strict=True)) if expected else {})
        for n, row in enumerate(rows)
    ]


# --- samples ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("population", "size"), [
    (10, 10), (50, 44), (100, 80), (200, 132), (500, 217), (1000, 278), (2000, 322), (5000, 357), (10000, 370), (100000, 383),
])
def test_sizes_are_those_of_the_published_table(population: int, size: int) -> None:
    """R. Krejcie and D. Morgan, "Determining sample size for research activities", Educational and Psychological Measurement 30 (1970):
    table 1, for 5 points and 95 %. The table rounds to the nearest, we up, so that the precision is reached."""
    assert answers_needed(Decimal(5), population) - size in (0, 1)


def test_more_customers_are_asked_than_shall_answer() -> None:
    sample = Sample(precision=Decimal(5), population=1000, response=Decimal(40))
    assert share_asked(sample) == Decimal("69.5")
    assert share_asked(Sample(precision=Decimal(5), population=100, response=Decimal(40))) == 100


@given(st.binary(min_size=16, max_size=16), st.integers(1, 99))
def test_who_is_in_a_small_sample_is_in_a_larger_one(seed: bytes, share: int) -> None:
    assert drawn(seed, Decimal(100))
    assert not drawn(seed, Decimal(share)) or drawn(seed, Decimal(share + 1))


# --- response -----------------------------------------------------------------------------------------------------------------


def outcome(became: str, channel: str = "phone", stratum: int = 0) -> Outcome:
    return Outcome(Became(became), stratum, None, True, "", {}, {}, {"channel": channel})


def test_non_response_is_told_from_chance() -> None:
    outcomes = [outcome("answered", "phone") for _ in range(30)] + [outcome("asked", "phone") for _ in range(20)]
    outcomes += [outcome("answered", "web")] * 5 + [outcome("asked", "web")] * 45 + [outcome("passed", "web")] * 9
    found = groups(outcomes, lambda one: one.about["channel"])
    assert [(one.value, one.population, one.asked, one.answered, one.unusual) for one in found] == [
        ("phone", 50, 50, 30, True), ("web", 59, 50, 5, True)]
    told = response(outcomes, START)
    assert (told.population, told.asked, told.answered, told.silent, told.passed, told.rate) == (109, 100, 35, 65, 9, 0.35)
    even = [outcome(became, channel) for channel in ("phone", "web") for became in ("answered",) * 20 + ("asked",) * 30]
    assert not any(one.unusual for one in groups(even, lambda one: one.about["channel"]))


def test_an_answer_stands_for_its_part_of_its_stratum() -> None:
    outcomes = [outcome("answered", stratum=0)] * 5 + [outcome("asked", stratum=0)] * 5 + [outcome("passed", stratum=1)] * 88
    outcomes += [outcome("answered", stratum=1)] * 2
    assert weights(outcomes) == {0: 2.0, 1: 45.0}


# --- the index ----------------------------------------------------------------------------------------------------------------


def test_the_index_is_that_of_the_american_one_with_published_weights() -> None:
    """The weights that the State of Ohio uses for the three questions of the ACSI: 0.3885, 0.3190, 0.2925, by
    ((x₁−1)·w₁ + (x₂−1)·w₂ + (x₃−1)·w₃) / 9 · 100 (Verint, "ACSI Score & Its Calculation", 2013)."""
    form = survey({"satisfaction": ["x1"], "expectancy": ["x2"], "ideal": ["x3"]}, 10,
                  weight={"satisfaction": "0.3885", "expectancy": "0.3190", "ideal": "0.2925"})
    found = index(form, people(["x1", "x2", "x3"], [[9, 8, 7], [7, 6, 5]]))
    assert found.index.value == pytest.approx(((8 - 1) * 0.3885 + (7 - 1) * 0.3190 + (6 - 1) * 0.2925) / 9 * 100)
    assert found.index.value == pytest.approx(67.7333, abs=1e-4) and found.weights == "declared" and found.satisfied == 0.5


def test_the_interval_is_that_of_numpy() -> None:
    form = survey({"a": ["x", "y"]})
    rows = [[5, 4], [3, 3], [1, 2], [4, 5], [2, 2], [5, 5]]
    found = index(form, people(["x", "y"], rows)).index
    own = (numpy.array(rows).mean(axis=1) - 1) / 4 * 100
    half = 1.959963984540054 * own.std(ddof=1) / sqrt(len(own))
    assert (found.value, found.high - found.value) == (pytest.approx(own.mean()), pytest.approx(half))


def test_derived_weights_follow_the_correlation_with_the_whole() -> None:
    form = survey({"near": ["n"], "far": ["f"], "whole": ["w"]}, overall="whole")
    rows = [[5, 1, 5], [4, 2, 4], [3, 5, 3], [2, 2, 1], [1, 4, 2], [5, 3, 4]]
    array = numpy.array(rows)
    r = [numpy.corrcoef(array[:, n], array[:, 2])[0, 1] for n in (0, 1)]
    assert r[1] < 0
    assert weights_of(form, people(["n", "f", "w"], rows), derived=True) == ("derived", {"near": pytest.approx(1.0), "far": 0.0})
    assert weights_of(form, people(["n", "f", "w"], rows)) == ("equal", {"near": 0.5, "far": 0.5})
    with pytest.raises(Invalid):
        index(survey({"near": ["n"]}), people(["n"], [[1], [2], [3]]), derived=True)


def test_a_rarely_asked_stratum_counts_as_much_as_it_is_large() -> None:
    form = survey({"a": ["x"]}, 5)
    few, many = Respondent(9.0, {"x": 5}, {}), Respondent(1.0, {"x": 1}, {})
    assert index(form, [few, many]).index.value == pytest.approx(90)
    with pytest.raises(Invalid):
        index(form, [])


# --- the gap ------------------------------------------------------------------------------------------------------------------


def test_gaps_are_perception_less_expectation() -> None:
    """The arithmetic of SERVQUAL (Parasuraman, Zeithaml and Berry 1988), against numpy over the same answers."""
    form = survey({"reliability": ["r1", "r2"], "empathy": ["e1"]}, 7, weight={"reliability": "3", "empathy": "1"}, expected=True)
    perceived = [[5, 6, 4], [4, 5, 5], [6, 6, 7]]
    expected = [[7, 6, 5], [6, 7, 5], [7, 7, 5]]
    found = gaps(form, people(["r1", "r2", "e1"], perceived, expected))
    difference = (numpy.array(perceived) - numpy.array(expected)).mean(axis=0)
    assert [one.gap.value for one in found.questions] == [pytest.approx(one) for one in difference]
    reliability, empathy = found.factors
    assert (reliability.gap.value, empathy.gap.value) == (pytest.approx(difference[:2].mean()), pytest.approx(difference[2]))
    assert found.overall == pytest.approx((difference[:2].mean() + difference[2]) / 2)
    assert found.weighted == pytest.approx((3 * difference[:2].mean() + difference[2]) / 4)
    own = (numpy.array(perceived) - numpy.array(expected))[:, :2].mean(axis=1)
    assert reliability.gap.high - reliability.gap.value == pytest.approx(1.959963984540054 * own.std(ddof=1) / sqrt(3))
    with pytest.raises(Invalid):
        gaps(form, people(["r1", "r2", "e1"], perceived))


# --- fuzzy comprehensive evaluation -------------------------------------------------------------------------------------------

CLOTHING = [(0.2, 0.5, 0.3, 0.0), (0.1, 0.3, 0.5, 0.1), (0.0, 0.1, 0.6, 0.3), (0.0, 0.4, 0.5, 0.1), (0.5, 0.3, 0.2, 0.0)]
MEN = (0.1, 0.1, 0.15, 0.3, 0.35)


def test_the_textbook_example_of_clothing() -> None:
    """How customers like some clothes, the example of Chinese textbooks (lecture 7, "模糊综合评价法", example 1): pattern, cut, price, wear
    and comfort, weighted by a group of men: B = (0.35, 0.30, 0.30, 0.15), divided by its sum (0.32, 0.27, 0.27, 0.14)."""
    columns = list(zip(*CLOTHING, strict=True))
    assert composed(MEN, columns, "min-max") == pytest.approx([0.35, 0.30, 0.30, 0.15])
    found = evaluate(MEN, CLOTHING, "min-max")
    assert [round(one, 2) for one in found.memberships] == [0.32, 0.27, 0.27, 0.14] and found.level == 1


def test_the_textbook_example_of_a_weighted_sum() -> None:
    """F 综合评判 ("模糊数学之F综合评判", the example of clothing with weights 0.5, 0.3, 0.2), against the product of matrices by numpy."""
    matrix, weight = [(0.7, 0.2, 0.1, 0.0), (0.2, 0.3, 0.4, 0.1), (0.3, 0.4, 0.2, 0.1)], (0.5, 0.3, 0.2)
    assert composed(weight, list(zip(*matrix, strict=True)), "sum") == pytest.approx(list(numpy.array(weight) @ numpy.array(matrix)))
    assert composed(weight, list(zip(*matrix, strict=True)), "sum") == pytest.approx([0.47, 0.27, 0.21, 0.05])


def test_the_matrix_is_the_share_of_answers_at_each_level() -> None:
    form = survey({"a": ["x", "y"], "b": ["z"]}, 3)
    found = fuzzy(form, people(["x", "y", "z"], [[1, 2, 3], [3, 3, 3]]))
    assert found.matrix == ((0.25, 0.25, 0.5), (0.0, 0.0, 1.0)) and found.weights == (0.5, 0.5)
    by_sum = found.evaluations[1]
    assert by_sum.memberships == pytest.approx((0.125, 0.125, 0.75)) and by_sum.level == 3
    assert by_sum.index == pytest.approx(percent(1 * 0.125 + 2 * 0.125 + 3 * 0.75, 3))


@given(st.lists(st.lists(st.integers(1, 5), min_size=2, max_size=2), min_size=1, max_size=20))
def test_memberships_are_shares_of_one(rows: list[list[int]]) -> None:
    found = fuzzy(survey({"a": ["x"], "b": ["y"]}), people(["x", "y"], rows))
    for one in found.evaluations:
        assert sum(one.memberships) == pytest.approx(1) and all(0 <= share <= 1 for share in one.memberships) and 0 <= one.index <= 100


# --- principal components -----------------------------------------------------------------------------------------------------


def test_the_components_of_fishers_iris() -> None:
    """The correlations of R. A. Fisher's iris data (Annals of Eugenics 7, 1936) and their components as textbooks have them: eigenvalues
    2.9185, 0.9140, 0.1468, 0.0207; 72.96 % and 22.85 % explained; loadings of the first 0.890, −0.460, 0.992, 0.965 (R: prcomp, scale)."""
    correlation = numpy.array([
        [1.0, -0.1175698, 0.8717538, 0.8179411], [-0.1175698, 1.0, -0.4284401, -0.3661259],
        [0.8717538, -0.4284401, 1.0, 0.9628654], [0.8179411, -0.3661259, 0.9628654, 1.0],
    ])
    found = decomposed(correlation)
    assert [one.eigenvalue for one in found] == [pytest.approx(one, abs=5e-5) for one in (2.9185, 0.9140, 0.1468, 0.0207)]
    assert [one.explained for one in found[:2]] == [pytest.approx(0.7296, abs=1e-4), pytest.approx(0.2285, abs=1e-4)]
    assert found[0].loadings == pytest.approx((0.890, -0.460, 0.992, 0.965), abs=1e-3)


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=3), min_size=8, max_size=30))
def test_components_make_up_all_that_varies(rows: list[list[int]]) -> None:
    """Against the singular values of the standardised answers, which is another way to the same."""
    array = numpy.array(rows, dtype=float)
    if (array.std(axis=0) == 0).any():
        return
    found = components(survey({"a": ["x", "y", "z"]}), people(["x", "y", "z"], rows))
    standard = (array - array.mean(axis=0)) / array.std(axis=0)
    expected = numpy.linalg.svd(standard, compute_uv=False) ** 2 / len(rows)
    assert [one.eigenvalue for one in found.components] == pytest.approx(list(expected), abs=1e-8)
    assert sum(one.explained for one in found.components) == pytest.approx(1)


def test_what_everybody_answers_alike_is_left_out() -> None:
    found = components(survey({"a": ["x", "y", "z"]}), people(["x", "y", "z"], [[5, 1, 2], [5, 2, 3], [5, 3, 5], [5, 4, 4], [5, 1, 1]]))
    assert found.constant == ("x",) and found.questions == ("y", "z") and found.kept == 1 and set(found.prominent(0)) == {"y", "z"}
    with pytest.raises(Invalid):
        components(survey({"a": ["x", "y"]}), people(["x", "y"], [[5, 1], [5, 2], [5, 3]]))
    with pytest.raises(Invalid):
        components(survey({"a": ["x", "y"]}), people(["x", "y"], [[1, 2], [2, 1]]))


# --- the path model -----------------------------------------------------------------------------------------------------------

NAMES = ["i1", "i2", "q1", "q2", "q3", "v1", "v2", "s1", "s2", "s3"]
MODEL = {"image": ["i1", "i2"], "quality": ["q1", "q2", "q3"], "value": ["v1", "v2"], "overall": ["s1", "s2", "s3"]}
FOLLOWS = {"quality": ("image",), "value": ("quality",), "overall": ("image", "quality", "value")}


def generated(count: int = 60) -> list[list[int]]:
    """Answers of customers whose image leads to quality, quality to value, and all three to satisfaction; the same on every machine."""
    state = 20261122

    def draw() -> float:
        nonlocal state
        state = (1103515245 * state + 12345) % 2**31
        return state / 2**31

    rows = []
    for _ in range(count):
        image = draw()
        quality = 0.6 * image + 0.4 * draw()
        value = 0.7 * quality + 0.3 * draw()
        satisfied = 0.3 * image + 0.3 * quality + 0.4 * value + 0.0 * draw()
        satisfied = 0.75 * satisfied + 0.25 * draw()
        shown = [latent for latent, many in ((image, 2), (quality, 3), (value, 2), (satisfied, 3)) for _ in range(many)]
        rows.append([min(5, 1 + int((0.7 * latent + 0.3 * draw()) * 5)) for latent in shown])
    return rows


def test_the_path_model_is_that_of_another_program() -> None:
    """plspm 0.5.7 (the Python form of G. Sanchez's R package), mode A, path scheme, tolerance 1e-12, over the same answers,
    each question standardised (its own `scaled=True` divides all by one number instead)."""
    found = paths(survey(MODEL, follows=FOLLOWS, overall="overall"), people(NAMES, generated()))
    direct = {(one.before, one.after): one.direct for one in found.influences if one.direct}
    assert direct == {
        ("image", "quality"): pytest.approx(0.67824107, abs=1e-7), ("quality", "value"): pytest.approx(0.74682480, abs=1e-7),
        ("image", "overall"): pytest.approx(0.32315550, abs=1e-7), ("quality", "overall"): pytest.approx(0.19513196, abs=1e-7),
        ("value", "overall"): pytest.approx(0.30201414, abs=1e-7),
    }
    total = {(one.before, one.after): one.total for one in found.influences}
    assert total["image", "overall"] == pytest.approx(0.60848041, abs=1e-7)
    assert total["image", "value"] == pytest.approx(0.50652725, abs=1e-7)
    blocks = {one.name: one for one in found.blocks}
    assert [blocks[name].explained for name in ("quality", "value", "overall")] == [
        pytest.approx(0.46001095, abs=1e-7), pytest.approx(0.55774728, abs=1e-7), pytest.approx(0.51368047, abs=1e-7)]
    assert blocks["overall"].loadings == {
        "s1": pytest.approx(0.75915788, abs=1e-7), "s2": pytest.approx(0.70919098, abs=1e-7), "s3": pytest.approx(0.86575311, abs=1e-7)}
    assert [blocks[name].shared for name in MODEL] == [
        pytest.approx(one, abs=1e-7) for one in (0.89277522, 0.77305952, 0.79634944, 0.60960032)]
    assert blocks["image"].explained is None and found.of == 60


def test_two_factors_share_the_first_singular_vectors() -> None:
    """With two blocks, mode A is L. Tucker's inter-battery analysis: the weights are the singular vectors of the correlations between."""
    rows = generated()
    array = numpy.array(rows, dtype=float)[:, :5]
    standard = (array - array.mean(axis=0)) / array.std(axis=0)
    left, _, right = numpy.linalg.svd(standard[:, :2].T @ standard[:, 2:] / len(rows))
    scores = standard[:, :2] @ left[:, 0], standard[:, 2:] @ right[0]
    form = survey({"image": ["i1", "i2"], "quality": ["q1", "q2", "q3"]}, follows={"quality": ("image",)})
    (influence,) = paths(form, people(NAMES[:5], [row[:5] for row in rows])).influences
    assert influence.direct == pytest.approx(abs(numpy.corrcoef(*scores)[0, 1]), abs=1e-9)


def test_an_index_lies_where_the_answers_lie() -> None:
    form, rows = survey(MODEL, follows=FOLLOWS), generated()
    means = numpy.array(rows).mean(axis=0)
    for block in paths(form, people(NAMES, rows)).blocks:
        levels = [percent(means[NAMES.index(name)], 5) for name in MODEL[block.name]]
        assert min(levels) - 1e-9 <= block.index <= max(levels) + 1e-9


def test_a_model_that_cannot_be_estimated_is_refused() -> None:
    with pytest.raises(Invalid):
        paths(survey(MODEL), people(NAMES, generated()))
    with pytest.raises(Invalid):
        paths(survey(MODEL, follows=FOLLOWS), people(NAMES, generated(10)))
    with pytest.raises(Invalid):
        paths(survey(MODEL, follows=FOLLOWS), people(NAMES, [[3, *row[1:]] for row in generated()]))


def test_answers_that_one_left_out_count_where_they_can() -> None:
    form = survey({"a": ["x"], "b": ["y"]})
    some = [Respondent(1.0, {"x": 5}, {}), Respondent(1.0, {"y": 1}, {}), Respondent(1.0, {"x": 5, "y": 1}, {})]
    found = index(form, some)
    assert [(one.index, one.level.of) for one in found.factors] == [(100.0, 2), (0.0, 2)] and found.index.value == 50.0
