"""What somebody answered, read strictly: each answer a level of its question, nothing else, and at least one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.defining.checks_surveys import COMMENT, EXPECTED
from engine.defining.survey import Survey
from engine.ground.errors import Invalid
from engine.ground.language import say

LONGEST = 4000


class Answers(NamedTuple):
    """What a customer answered."""

    scores: dict[str, int]               # how it was, by question; what was not answered is left out
    expected: dict[str, int]             # what they had expected
    comment: str                         # free words


NOTHING = Answers({}, {}, "")


def questions(survey: Survey) -> dict[str, str]:
    """The names under which answers are given, in the order asked, each with the question's own name."""
    found: dict[str, str] = {}
    for _, question in survey.items():
        if question.expected:
            found[question.name + EXPECTED] = question.name
        found[question.name] = question.name
    return found


def read_answers(survey: Survey, given: Mapping[str, Any]) -> Answers:
    """The answers among what was given by name: numbers of levels, or their words in any language. None and "" are no answer.

    Raises Invalid for a name that is no question, for what is no level, and when nothing is answered.
    """
    known = questions(survey)
    read = Answers({}, {}, _comment(survey, given.get(COMMENT)))
    for name, value in given.items():
        if name == COMMENT or value is None or value == "":
            continue
        if name not in known:
            raise Invalid(
                say("'{name}' is not a question of this questionnaire", name=name),
                hint=say("Its questions: {known}.", known=", ".join(known)), field=name, expected=[*known, COMMENT],
            )
        (read.expected if name.endswith(EXPECTED) else read.scores)[known[name]] = _level(survey, name, value)
    if not read.scores:
        raise Invalid(say("Nothing is answered"), hint=say("Answer at least one question."), field="answers", expected=list(known))
    return read


def _comment(survey: Survey, value: Any) -> str:
    words = str(value or "").strip()
    if words and not survey.comment:
        raise Invalid(say("This questionnaire takes no comment"), hint=say("Leave it out."), field=COMMENT, expected=[])
    if len(words) > LONGEST:
        raise Invalid(say("The comment is longer than {most} characters", most=LONGEST), hint=say("Shorten it."), field=COMMENT,
                      expected=f"..{LONGEST}")
    return words


def _level(survey: Survey, name: str, value: Any) -> int:
    text = str(value).strip()
    for number, level in enumerate(survey.levels, start=1):
        if not isinstance(value, bool) and (text == str(number) or text in level.values()):
            return number
    raise Invalid(
        say("'{value}' is not an answer to '{name}'", value=text[:40], name=name),
        hint=say("Answer 1 to {most}: {levels}.", most=len(survey.levels), levels=", ".join(level.in_("en") for level in survey.levels)),
        field=name, value=text[:40], expected=list(range(1, len(survey.levels) + 1)),
    )
