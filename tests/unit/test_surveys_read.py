"""Questionnaires: each key is read, what is wrong is told at its place, and what is published is read back the same."""

import sys
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import pytest
from reading_samples import changed, place
from test_survey_analysis import people, survey

from engine.deciding.checking import check_all
from engine.deciding.components import components
from engine.deciding.survey_record import Became, SurveyRun, survey_from, survey_json
from engine.defining.bundle import Bundle, definition_of, read_bundle
from engine.defining.definition import DoingKind
from engine.defining.diff import diff
from engine.defining.reader import plan
from engine.defining.reference import reference
from engine.defining.schema import json_schema
from engine.defining.survey import Factor, Question, Sample, Survey
from engine.defining.yaml_file import read_tree
from engine.ground.duration import Duration, Unit
from engine.ground.errors import Unavailable
from engine.ground.language import speak
from tests.small import START, written

PROCEDURE = dedent("""\
    procedure: small
    title: {en: Small}
    number: "S-{serial}"
    calendar: office
    languages: [en]
    fields:
      customer: {type: party}
      channel: {type: choice, options: [phone, web]}
    roles: {desk: {}, lab: {}}
    opening: {by: desk}
    states:
      new:
        within: 3 days
        actions: {settle: {by: desk, to: done, survey: [after, {when: channel == 'web', is: web}]}}
      done: {final: true}
    """)
SURVEY = dedent("""\
    title: {en: How did we do?}
    levels: [{en: bad}, {en: fair}, {en: good}]
    invitation: {en: Tell us.}
    opt_out: {en: Never again.}
    via: [email, sms]
    by: [lab, desk]
    comment: {en: Anything else?}
    after: 1 day
    remind: 3 days
    closes: 10 days
    overall: whole
    sample:
      - {when: channel == 'web', share: 12.5%}
      - {precision: 5%, population: 800, response: 40%}
    factors:
      speed:
        title: {en: Speed}
        weight: 2
        items:
          quick: {ask: {en: Were we quick?}, expected: {en: How quick should we be?}}
          prompt: {en: Were we prompt?}
      whole:
        follows: speed
        items: {satisfied: {en: Satisfied?}}
    """)
WEB = dedent("""\
    title: On the web
    levels: 10
    invitation: Tell us.
    opt_out: Never again.
    via: email
    sample: 20%
    factors: {site: {items: {easy: Was it easy?}}}
    """)


def bundle_in(folder: Path, after: str = SURVEY, procedure: str = PROCEDURE, **more: str) -> tuple[Bundle | None, list[Any]]:
    bundle = written(folder, procedure)
    (bundle / "surveys").mkdir(exist_ok=True)
    for name, text in {"after": after, "web": WEB, **more}.items():
        (bundle / "surveys" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return read_bundle(bundle)


def problems(folder: Path, after: str = SURVEY, procedure: str = PROCEDURE) -> list[str]:
    bundle, found = bundle_in(folder, after, procedure)
    found = [*found, *(check_all(bundle) if bundle else [])]
    return [f"{Path(one.file).name}:{one.line}:{one.column} {one.what}" for one in found]


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    read, found = bundle_in(tmp_path)
    assert read is not None and found == [], found
    return read


def test_every_key_is_read(bundle: Bundle) -> None:
    after = bundle.definition.surveys["after"]
    assert (after.name, after.title, after.levels) == ("after", {"en": "How did we do?"}, ({"en": "bad"}, {"en": "fair"}, {"en": "good"}))
    assert (after.invitation, after.opt_out, after.comment) == ({"en": "Tell us."}, {"en": "Never again."}, {"en": "Anything else?"})
    assert (after.via, [str(who) for who in after.by], after.overall) == (("email", "sms"), ["lab", "desk"], "whole")
    assert [one.amount for one in (after.after, after.remind, after.closes) if one] == [1, 3, 10]
    assert after.sample == (
        Sample(when="channel == 'web'", share=Decimal("12.5")), Sample(precision=Decimal(5), population=800, response=Decimal(40)))
    speed, whole = after.factors.values()
    assert (speed.name, speed.title, speed.weight, whole.follows) == ("speed", {"en": "Speed"}, 2, ("speed",))
    assert speed.items["quick"] == Question(name="quick", ask={"en": "Were we quick?"}, expected={"en": "How quick should we be?"})
    assert speed.items["prompt"] == Question(name="prompt", ask={"en": "Were we prompt?"})
    assert after.judged == (speed,) and [question.name for _, question in after.items()] == ["quick", "prompt", "satisfied"]


def test_short_forms_say_the_same(bundle: Bundle) -> None:
    web = bundle.definition.surveys["web"]
    assert [level[""] for level in web.levels] == [str(n) for n in range(1, 11)] and web.sample == (Sample(share=Decimal(20)),)
    assert web.factors["site"].items["easy"].ask == {"": "Was it easy?"} and web.closes == Duration(Decimal(14), Unit.DAYS)
    settle = bundle.definition.states["new"].actions["settle"]
    ((kind, value),) = [(doing.kind, doing.value) for doing in settle.do]
    assert kind is DoingKind.SURVEY and [(case.value, case.when) for case in value] == [("after", None), ("web", "channel == 'web'")]


def test_what_is_published_reads_back_the_same(bundle: Bundle) -> None:
    assert definition_of(bundle.document) == bundle.definition
    back = definition_of(bundle.document).surveys["after"]
    assert list(back.factors) == ["speed", "whole"] and list(back.factors["speed"].items) == ["quick", "prompt"]
    without = {key: value for key, value in bundle.document.items() if key != "surveys"}
    assert definition_of(without).surveys == {}


@pytest.mark.parametrize(("old", "new", "at", "what"), [
    ("levels: [{en: bad}, {en: fair}, {en: good}]", "levels: 1", "1", "'levels' cannot be '1'"),
    ("share: 12.5%", "share: 0%", "0%", "'0%' does not say a share such as 30%"),
    ("share: 12.5%", "share: 30%, precision: 5%", "{when", "A sample is said by one of share and precision"),
    ("population: 800, ", "", "{precision", "`precision` and `population` go together"),
    ("share: 12.5%", "share: 12.5%, response: 9%", "response", "`response` goes with `precision`"),
    ("{when: channel == 'web', share: 12.5%}", "12.5%", "12.5%", "The strata after this one are never reached"),
    ("- {precision", "- {when: channel == 'phone', precision", "sample", "The last stratum must hold whatever the others say"),
    ("channel == 'web'", "chanel == 'web'", "when", "There is nothing named 'chanel' to read here"),
    ("prompt: {en", "satisfied: {en", "satisfied: {en: Were", "There are two questions named 'satisfied'"),
    ("prompt: {en", "comment: {en", "comment: {en: Were", "'comment' is the name of the answer in free words"),
    ("overall: whole", "overall: all", "all\n", "There is no factor 'all'"),
    ("follows: speed", "follows: sped", "sped", "There is no factor 'sped'"),
    ("follows: speed", "follows: whole", "follows", "'whole' follows from itself"),
    ("    weight: 2\n", "    weight: 0\n", "weight", "A weight is more than 0"),
    ("    follows: speed", "    weight: 1\n    follows: speed", "weight: 1", "The factor that judges the whole is no part of the index"),
    ("overall: whole\n", "", "whole:", "The factor 'whole' has no weight, though others have"),
    ("after: 1 day", "after: 1 month", "after", "This time is counted off in minutes, hours, days or weeks"),
    ("remind: 3 days", "remind: 10 days", "remind", "The reminder would come when no answer is taken any more"),
    ("{en: Were we prompt?}", "{zh: 快吗}", "prompt", "The words are missing in en"),
    ("by: [lab, desk]", "by: labs", "labs", "'labs' is neither a role of this procedure nor a group, a person or a field that says who"),
    ("closes: 10 days", "closed: 10 days", "closed", "'closed' is not known here"),
])
def test_what_is_wrong_with_a_questionnaire_is_told_at_its_place(tmp_path: Path, old: str, new: str, at: str, what: str) -> None:
    text = changed(SURVEY, (old, new))
    found = problems(tmp_path, text)
    line = place(text, at).split(":")[0]
    assert any(one.startswith(f"after.yaml:{line}:") and one.endswith(what) for one in found), (line, found)


@pytest.mark.parametrize(("old", "new", "what"), [
    ("[after, {when: channel == 'web', is: web}]", "before", "procedure.yaml:14:56 There is no questionnaire 'before'"),
    ("[after, {when: channel == 'web', is: web}]", "after", "web.yaml:1:1 Nothing sends this questionnaire"),
    ("customer: {type: party}", "customer: {type: text}", "after.yaml:1:1 There is no field of type party, so nobody can be asked"),
])
def test_a_questionnaire_must_be_sent_and_reach_somebody(tmp_path: Path, old: str, new: str, what: str) -> None:
    assert what.split(" ", 1)[1] in [one.split(" ", 1)[1] for one in problems(tmp_path, procedure=changed(PROCEDURE, (old, new)))]


def test_the_samples_are_in_order(tmp_path: Path) -> None:
    assert problems(tmp_path) == []


def test_a_stray_file_is_told(tmp_path: Path) -> None:
    _, found = bundle_in(tmp_path, **{"no-dash": WEB})
    assert [one.what for one in found] == ["This is not the name of a questionnaire"]


def test_every_key_of_a_questionnaire_has_its_description_in_schema_and_reference() -> None:
    schema, page = json_schema("survey"), reference()
    for cls, part in ((Survey, schema), *((cls, schema["$defs"][cls.__name__]) for cls in (Factor, Question, Sample))):
        for key in plan(cls).entries:
            assert part["properties"][key]["description"] and f"| `{key}` |" in page, key


def test_the_schema_takes_what_the_reader_takes() -> None:
    schema = json_schema("survey")
    for text in (SURVEY, WEB):
        jsonschema.validate(read_tree(text, "s.yaml").value, schema, cls=_Decimals)
    for old, new in (("levels: 10", "levels: 12"), ("sample: 20%", "sample: 20"), ("via: email", "vie: email")):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(read_tree(changed(WEB, (old, new)), "s.yaml").value, schema, cls=_Decimals)


_Decimals = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("number", lambda _, value: isinstance(value, (int, Decimal))),
)


def test_a_changed_question_is_told_in_words(tmp_path: Path) -> None:
    speak("en")
    old, _ = bundle_in(tmp_path / "old")
    new, _ = bundle_in(tmp_path / "new", changed(SURVEY, ("Were we prompt?", "Were we soon?"), ("weight: 2", "weight: 3"),
                                                 ("share: 12.5%", "share: 15%")))
    assert old is not None and new is not None
    told = [str(change) for change in diff(old.document, new.document)]
    assert "question prompt of speed in questionnaire after" in " ".join(told)
    assert "weight of factor speed of questionnaire after: 2 → 3" in told and len(told) == 3


def test_what_became_of_a_questionnaire_is_kept_exactly() -> None:
    full = SurveyRun("after", 2, Became.ANSWERED, START, 1, "12.5", START, START, "link", {"quick": 3}, {"quick": 2})
    bare = SurveyRun("after", 1, Became.PASSED, START)
    for run in (full, bare):
        assert survey_from("after", survey_json(run)) == run
    assert survey_json(bare) == {"n": 1, "became": "passed", "at": "2026-03-02T09:00:00+00:00", "share": "100"}


def test_without_numpy_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(Unavailable) as error:
        components(survey({"a": ["x", "y"]}), people(["x", "y"], [[1, 2], [2, 3], [3, 1]]))
    assert "makegood[analysis]" in error.value.hint
