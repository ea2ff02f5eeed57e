"""`makegood survey`: answers entered by staff, who does not want to be asked, what came of a questionnaire."""

from pathlib import Path
from typing import Annotated, Literal

from cli import completion
from cli.app import Noun
from cli.given import pair
from cli.options import Comment, Number, arg, moment_if, opt
from cli.run import Desk
from cli.show import as_json, bad_json, bad_lines
from engine.ground.language import say

SURVEY = Noun("survey", say("Surveys: what customers answered, and what it says."))
Name = Annotated[str, arg("SURVEY", say("The questionnaire, as its file under surveys/ is called."))]
Method = Literal["index", "gap", "fuzzy", "components", "paths"]
Bundle = Annotated[str, arg("BUNDLE", say("The bundle whose questionnaire it is."), completion.bundles)]
Since = Annotated[str | None, opt("--since", "TIME", say("Only customers to be asked since then, for example 2026-11-01."))]
Until = Annotated[str | None, opt("--until", "TIME", say("Only customers to be asked before then."))]
Csv = Annotated[str | None, opt("--csv", "FILE", say("Write the tables as CSV into this file instead."))]
Answers = Annotated[
    list[str] | None, opt("--set", "QUESTION=LEVEL", say("An answer: the number or the words of a level; again for others."))
]


@SURVEY.verb("answer", say("Enter what a customer answered by telephone or on paper."))
def answer(desk: Desk, number: Number, survey: Name, set_: Answers = None, comment: Comment = None,
           via: Annotated[str, opt("--via", "CHANNEL", say("How they answered."))] = "phone") -> None:
    """Answers, entered for the customer."""
    from engine.usecases.answering import answer_for

    run = answer_for(desk.house, number, survey, desk.actor(), _answers(set_, comment), via)
    if desk.as_json:
        as_json({"number": number, "survey": survey, "scores": run.scores, "expected": run.expected})
        return
    print(say("{case}: answered", case=number))


@SURVEY.verb("import", say("Enter a table of answers: a column `case`, one for each question. Nothing is taken twice."))
def import_(desk: Desk, survey: Name, file: Annotated[str, arg("FILE", say("The table, as CSV in UTF-8 or GB 18030."))]) -> int | None:
    """Answers from a table. Exit code 3 when there were rows that could not be used."""
    from engine.usecases.answering import answers_from

    done = answers_from(desk.house, survey, Path(file), desk.actor())
    if desk.as_json:
        as_json({"answered": done.answered, "bad": bad_json(done.bad)})
    else:
        print(say("{count:answer|answers} taken, {bad:row|rows} could not be used", count=done.answered, bad=len(done.bad)))
        bad_lines(done.bad)
    return 3 if done.bad else None


@SURVEY.verb("stop", say("Keep that the customer of a case does not want to be asked, in any case."))
def stop(desk: Desk, number: Number, again: Annotated[bool, opt("--again", None, say("They may be asked again."))] = False) -> None:
    """Who is never asked again."""
    from engine.usecases.answering import ask_no_more

    changed = ask_no_more(desk.house, number, desk.actor(), again=again)
    if desk.as_json:
        as_json({"changed": changed})
        return
    if not changed:
        print(say("It was so already."))
    else:
        print(say("The customer may be asked again.") if again else say("The customer will not be asked again."))


def _answers(sets: list[str] | None, comment: str | None) -> dict[str, str]:
    """What was typed as `--set question=level`; the name of a question may hold a point."""
    return {**dict(pair(text, "--set") for text in sets or ()), **({"comment": comment} if comment is not None else {})}



@SURVEY.verb("report", say("Show who was asked and who answered, and whether those who did are like the others."))
def report(desk: Desk, bundle: Bundle, survey: Name, since: Since = None, until: Until = None, csv: Csv = None) -> None:
    """Population, sample, response."""
    from cli.survey_show import report_sheets, show
    from engine.usecases.evaluating import report as counted

    first, last = moment_if(since, desk.zone, "since"), moment_if(until, desk.zone, "until")
    found = counted(desk.house, bundle, survey, desk.actor(), since=first, until=last)
    if desk.as_json:
        as_json(found)
        return
    show(found.title, list(report_sheets(found)), csv)


@SURVEY.verb("analyse", say("Show what the answers say: index, gap, fuzzy evaluation, principal components, path model."))
def analyse(
    desk: Desk,
    bundle: Bundle,
    survey: Name,
    method: Annotated[Method, opt("--method", None, say("How: index, gap, fuzzy, components or paths."))] = "index",
    derived: Annotated[bool, opt("--derived", None, say("Weights derived from how closely each factor goes with the whole."))] = False,
    since: Since = None,
    until: Until = None,
    csv: Csv = None,
) -> None:
    """What customers say of the service."""
    from cli.survey_show import analysis_sheets, show
    from engine.usecases.evaluating import analyse as by_method

    first, last = moment_if(since, desk.zone, "since"), moment_if(until, desk.zone, "until")
    found = by_method(desk.house, bundle, survey, desk.actor(), method, derived=derived, since=first, until=last)
    if desk.as_json:
        as_json(found)
        return
    show(found.title, list(analysis_sheets(found)), csv)
