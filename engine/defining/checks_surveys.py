"""Checks of questionnaires: names that nothing bears, samples that cannot be drawn, words that a language lacks, nobody to be asked."""

from collections import Counter
from collections.abc import Iterator

from engine.defining.checks_walk import Finding, View, doings, possible
from engine.defining.definition import Definition, DoingKind
from engine.defining.problems import nearest
from engine.defining.survey import Survey
from engine.defining.tree import Path
from engine.defining.vocabulary import Text
from engine.ground.duration import Duration, Unit
from engine.ground.language import say

COMMENT = "comment"
EXPECTED = ".expected"
"""What the name of a question ends with where the answer says what was expected; and the name of the answer in free words."""
_PLAIN = {Unit.MINUTES: 1, Unit.HOURS: 60, Unit.DAYS: 1440, Unit.WEEKS: 10080}


def sent(definition: Definition) -> Iterator[tuple[str, Path]]:
    """Every mention of a questionnaire that is sent, with where it is written."""
    for doing, path in doings(definition):
        if doing.kind is DoingKind.SURVEY:
            yield from ((name, path) for name in possible(doing.value))


def sending(view: View) -> Iterator[Finding]:
    """Questionnaires that are sent but not there, that nothing sends, or that nobody could get."""
    definition, used = view.definition, set()
    for name, path in sent(definition):
        used.add(name)
        if name not in definition.surveys:
            yield Finding(path, say("There is no questionnaire '{name}'", name=name), nearest=nearest(name, list(definition.surveys)),
                          hint=say("Write it as surveys/{name}.yaml.", name=name))
    for name in definition.surveys:
        if name not in used:
            yield Finding(("surveys", name), say("Nothing sends this questionnaire"), severity="warning",
                          hint=say("Write `survey: {name}` at the action after which customers are asked.", name=name))
        if definition.customer_field is None:
            yield Finding(("surveys", name), say("There is no field of type party, so nobody can be asked"),
                          hint=say("Give the definition a field for the customer."))


def standards(view: View) -> Iterator[Finding]:
    """Standards of a cycle that hold against a target what no questionnaire asks."""
    for standard in view.definition.standards.values():
        if standard.survey is None:
            continue
        name, _, factor = standard.survey.partition(".")
        path: Path = ("states", standard.touchpoint, "tasks", standard.name, "survey")
        survey = view.definition.surveys.get(name)
        if survey is None:
            yield Finding(path, say("There is no questionnaire '{name}'", name=name), nearest=nearest(name, list(view.definition.surveys)))
        elif factor not in survey.factors:
            yield _no_factor(survey, factor, path)
        elif standard.target is not None and not standard.target.share and not 1 <= standard.target.number <= len(survey.levels):
            yield Finding(path, say("The target lies outside of the levels of '{name}'", name=name),
                          hint=say("They go from 1 to {most}.", most=len(survey.levels)))


def names(view: View) -> Iterator[Finding]:
    """Questions of one name, and factors that are named but not there or follow from themselves."""
    for survey in view.definition.surveys.values():
        top: Path = ("surveys", survey.name)
        twice = Counter(question.name for _, question in survey.items())
        for factor, question in survey.items():
            path = (*top, "factors", factor.name, "items", question.name)
            if twice[question.name] > 1:
                yield Finding(path, say("There are two questions named '{name}'", name=question.name), hint=say("Rename one."))
            if question.name == COMMENT:
                yield Finding(path, say("'{name}' is the name of the answer in free words", name=COMMENT), hint=say("Rename it."))
        if survey.overall is not None and survey.overall not in survey.factors:
            yield _no_factor(survey, survey.overall, (*top, "overall"))
        for factor in survey.factors.values():
            path = (*top, "factors", factor.name, "follows")
            yield from (_no_factor(survey, name, path) for name in factor.follows if name not in survey.factors)
            if factor.name in _before(survey, factor.name):
                yield Finding(path, say("'{name}' follows from itself", name=factor.name), hint=say("The path model has no circles."))


def _no_factor(survey: Survey, name: str, path: Path) -> Finding:
    return Finding(path, say("There is no factor '{name}'", name=name), nearest=nearest(name, list(survey.factors)))


def _before(survey: Survey, name: str) -> set[str]:
    """Every factor that one follows from, however far."""
    found: set[str] = set()
    ahead = list(survey.factors[name].follows)
    while ahead:
        one = ahead.pop()
        if one not in found and one in survey.factors:
            found.add(one)
            ahead += survey.factors[one].follows
    return found


def weights(view: View) -> Iterator[Finding]:
    """Weights that some factors have and others lack, or that judge nothing."""
    for survey in view.definition.surveys.values():
        said = [factor for factor in survey.judged if factor.weight is not None]
        for factor in survey.factors.values():
            path: Path = ("surveys", survey.name, "factors", factor.name)
            if factor.weight is None and said and factor in survey.judged:
                yield Finding(path, say("The factor '{name}' has no weight, though others have", name=factor.name),
                              hint=say("Give every factor a weight, or none."))
            if factor.weight is not None and factor.weight <= 0:
                yield Finding((*path, "weight"), say("A weight is more than 0"), hint=say("Leave out the factor, or give it more."))
            if factor.weight is not None and factor.name == survey.overall:
                yield Finding((*path, "weight"), say("The factor that judges the whole is no part of the index"),
                              hint=say("Remove its weight."))
        if not survey.judged:
            yield Finding(("surveys", survey.name, "factors"), say("Nothing is judged but the whole"), hint=say("Add a factor."))


def samples(view: View) -> Iterator[Finding]:
    """Samples of which it is not clear how large they are, and strata that nobody is in."""
    for survey in view.definition.surveys.values():
        for index, sample in enumerate(survey.sample):
            path: Path = ("surveys", survey.name, "sample", index)
            if (sample.share is None) == (sample.precision is None):
                yield Finding(path, say("A sample is said by one of share and precision"), hint=say(
                    "Write `share: 30%`, or `precision: 5%` with `population: 2000`."))
            elif (sample.precision is None) != (sample.population is None):
                yield Finding(path, say("`precision` and `population` go together"), hint=say(
                    "Write how many customers come in the time of which the survey shall speak."))
            elif sample.response is not None and sample.precision is None:
                yield Finding((*path, "response"), say("`response` goes with `precision`"), hint=say("Remove it."))
            if sample.when is None and index < len(survey.sample) - 1:
                yield Finding(path, say("The strata after this one are never reached"), hint=say("Give it a when, or put it last."))
        if survey.sample and survey.sample[-1].when is not None:
            yield Finding(("surveys", survey.name, "sample"), say("The last stratum must hold whatever the others say"),
                          hint=say("End with one that has no `when`."))


def times(view: View) -> Iterator[Finding]:
    """Times that cannot be counted off, and reminders that come too late."""
    for survey in view.definition.surveys.values():
        for key, value in (("after", survey.after), ("remind", survey.remind), ("closes", survey.closes)):
            if value is not None and value.unit not in _PLAIN:
                yield Finding(("surveys", survey.name, key), say("This time is counted off in minutes, hours, days or weeks"),
                              hint=say("Write for example 3 days."))
        if survey.remind is not None and _length(survey.remind) >= _length(survey.closes):
            yield Finding(("surveys", survey.name, "remind"), say("The reminder would come when no answer is taken any more"),
                          hint=say("Remind earlier, or close later."))


def _length(duration: Duration) -> float:
    return float(duration.amount) * _PLAIN.get(duration.unit, 0)


def languages(view: View) -> Iterator[Finding]:
    """What customers read, in every language of the definition."""
    for survey in view.definition.surveys.values():
        for text, path in _read_by_customers(survey):
            lacking = [language for language in view.definition.languages if text and "" not in text and language not in text]
            if lacking:
                yield Finding(path, say("The words are missing in {languages}", languages=", ".join(lacking)),
                              hint=say("Customers are asked in every language of the definition."))


def _read_by_customers(survey: Survey) -> Iterator[tuple[Text, Path]]:
    top: Path = ("surveys", survey.name)
    for key in ("title", "comment", "invitation", "opt_out"):
        yield getattr(survey, key), (*top, key)
    for index, level in enumerate(survey.levels):
        yield level, (*top, "levels", index)
    for factor, question in survey.items():
        path: Path = (*top, "factors", factor.name, "items", question.name)
        yield question.ask, (*path, "ask")
        yield question.expected, (*path, "expected")
    for factor in survey.factors.values():
        yield factor.title, (*top, "factors", factor.name, "title")


CHECKS = (sending, standards, names, weights, samples, times, languages)
