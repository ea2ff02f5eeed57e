"""What came of a questionnaire: how many answered and whether they are like those asked, and what their answers say."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from engine.deciding.components import Components, components
from engine.deciding.fuzzy import Fuzzy, fuzzy
from engine.deciding.paths import Paths, paths
from engine.deciding.responding import Group, Outcome, Response, groups, response, weights
from engine.deciding.rights import Actor
from engine.deciding.satisfaction import Gaps, Index, Respondent, gaps, index
from engine.defining.definition import Definition, FieldType
from engine.defining.survey import Sample, Survey
from engine.ground.language import spoken
from engine.records import library, surveyed
from engine.usecases.access import refusals_noted
from engine.usecases.house import House
from engine.usecases.surveying import questionnaire
from engine.usecases.viewing import may_see_figures

Method = Literal["index", "gap", "fuzzy", "components", "paths"]
METHODS: tuple[Method, ...] = ("index", "gap", "fuzzy", "components", "paths")


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stratum of the sample."""

    of: str                              # its condition, "" for all others
    response: Response


@dataclass(frozen=True, slots=True)
class SurveyReport:
    """Who was asked and who answered."""

    bundle: str
    survey: str
    title: str
    response: Response
    via: dict[str, int]                  # answers by how they were given
    strata: tuple[Stratum, ...]
    groups: dict[str, tuple[Group, ...]]         # by field of the case
    titles: dict[str, str]               # of fields and of their values, `field` and `field.value`


@dataclass(frozen=True, slots=True)
class Analysis:
    """What answers say by one method."""

    bundle: str
    survey: str
    title: str
    method: Method
    answers: int
    levels: tuple[str, ...]              # words of the scale, worst first
    titles: dict[str, str]               # of factors and questions
    result: Index | Gaps | Fuzzy | Components | Paths


def report(
    house: House, bundle: str, survey: str, actor: Actor, *, since: datetime | None = None, until: datetime | None = None
) -> SurveyReport:
    """Who was asked and who answered, of the cases in which it was to be sent in [since, until).

    For whoever holds a post of the definition, or has the right to audit, publish or apply. Raises NotFound, Denied.
    """
    with refusals_noted(house, actor, "survey report", definition=bundle), house.store.reading() as conn:
        definition, spec = _found(house, conn, bundle, survey, actor)
        outcomes = list(surveyed.asked(conn, bundle, survey, since=since, until=until))
    now = house.clock.now()
    titles, parts = {}, {}
    for name, field in definition.fields.items():
        if field.type is FieldType.CHOICE and any(name in one.about for one in outcomes):
            parts[name] = groups(outcomes, lambda one, name=name: one.about.get(name, ""))     # type: ignore[misc]
            titles[name] = field.title.in_(spoken()) or name
            titles |= {f"{name}.{value}": title.in_(spoken()) or value for value, title in field.options.items()}
    return SurveyReport(
        bundle, survey, spec.title.in_(spoken()), response(outcomes, now), dict(Counter(one.via for one in outcomes if one.answered)),
        _strata(spec.sample, outcomes, now), parts, titles,
    )


def _strata(samples: Sequence[Sample], outcomes: Sequence[Outcome], now: datetime) -> tuple[Stratum, ...]:
    if len(samples) < 2:
        return ()
    return tuple(
        Stratum(sample.when or "", response([one for one in outcomes if one.stratum == n], now)) for n, sample in enumerate(samples)
    )


def analyse(
    house: House, bundle: str, survey: str, actor: Actor, method: Method, *, derived: bool = False, since: datetime | None = None,
    until: datetime | None = None,
) -> Analysis:
    """What the answers say; index, gap and fuzzy evaluation count each stratum as much as it is large.

    Raises NotFound, Denied as `report`; Invalid where the answers do not allow it, Unavailable without the extra `analysis`."""
    with refusals_noted(house, actor, "survey analyse", definition=bundle), house.store.reading() as conn:
        _, spec = _found(house, conn, bundle, survey, actor)
        outcomes = list(surveyed.asked(conn, bundle, survey, since=since, until=until))
    respondents = weighed(spec, outcomes)
    titles = {factor.name: factor.title.in_(spoken()) or factor.name for factor in spec.factors.values()}
    titles = {question.name: question.ask.in_(spoken()) for _, question in spec.items()} | titles
    return Analysis(bundle, survey, spec.title.in_(spoken()), method, len(respondents), tuple(level.in_(spoken()) for level in spec.levels),
                    titles, _by(method, spec, respondents, derived))


def weighed(spec: Survey, outcomes: Sequence[Outcome]) -> list[Respondent]:
    """Those who answered, each stratum counting as much as it is large; of their answers what the questionnaire still asks."""
    weight, most = weights(outcomes), len(spec.levels)
    known = {question.name for _, question in spec.items()}
    return [
        Respondent(weight[one.stratum], *({name: level for name, level in told.items() if name in known and level <= most}
                                          for told in (one.scores, one.expected)))
        for one in outcomes if one.answered
    ]


def _by(method: Method, spec: Survey, respondents: Sequence[Respondent], derived: bool) -> Index | Gaps | Fuzzy | Components | Paths:
    match method:
        case "index":
            return index(spec, respondents, derived=derived)
        case "gap":
            return gaps(spec, respondents)
        case "fuzzy":
            return fuzzy(spec, respondents, derived=derived)
        case "components":
            return components(spec, respondents)
    return paths(spec, respondents)


def _found(house: House, conn: Connection, bundle: str, survey: str, actor: Actor) -> tuple[Definition, Survey]:
    """The questionnaire as the latest version has it, for whoever may see what came of it."""
    definition = library.latest(house.store, conn, bundle)[2]
    may_see_figures(house, conn, definition, actor)
    return definition, questionnaire(definition, survey)
