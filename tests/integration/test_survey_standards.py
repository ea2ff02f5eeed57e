"""A standard of a cycle may be what customers say of it: their answers are its observations, held against the target."""

from pathlib import Path
from textwrap import dedent

import pytest

from engine.deciding.checking import check_all
from engine.deciding.rights import THE_SYSTEM
from engine.defining.bundle import definition_of, read_bundle
from engine.records import observations
from engine.usecases import acting, answering, opening, publishing
from engine.usecases.attaining import attainment
from tests.houses import as_
from tests.integration.test_surveys import SURVEY, code_of
from tests.small import CUSTOMER, empty_house, written

CYCLE = dedent("""\
    cycle: small
    title: {en: A visit}
    number: "V-{serial}"
    calendar: office
    languages: [en]
    by: desk
    fields:
      guest: {type: party}
    roles: {desk: {}, lab: {}}
    left: {survey: after}
    touchpoints:
      door:
        title: {en: Door}
        need: {en: I am welcome}
        standards:
          courtesy:
            statement: {en: Guests rate our manners at 2.5 of 3 or better}
            element: people
            by: desk
            survey: after.manners
            target: ">= 2.5"
            period: 1 month
    """)


def cycle_in(folder: Path, cycle: str = CYCLE) -> Path:
    place = written(folder, "")
    (place / "procedure.yaml").unlink()
    (place / "cycle.yaml").write_text(cycle, encoding="utf-8")
    (place / "surveys").mkdir()
    (place / "surveys" / "after.yaml").write_text(SURVEY, encoding="utf-8")
    return place


def problems(folder: Path, cycle: str) -> list[str]:
    bundle, found = read_bundle(cycle_in(folder, cycle))
    found += check_all(bundle) if bundle is not None else []
    return [f"{Path(one.file).name}:{one.line} {one.what}" for one in found if one.severity == "error"]


def test_what_guests_answer_is_held_against_the_target(tmp_path: Path) -> None:
    house, _ = empty_house()
    publishing.publish(house, cycle_in(tmp_path), THE_SYSTEM)
    numbers = []
    for polite, clear in ((3, 3), (3, 2), (1, 3), (None, None)):
        number = opening.open_case(house, "small", as_("ann"), {"guest": CUSTOMER}).number
        acting.act(house, number, "leave", as_("ann"), {})
        answering.answer_by_code(house, code_of(house, number), {"quick": 1, "polite": polite, "clear": clear})
        numbers.append(number)
    (standard,) = attainment(house, "small", as_("ann")).standards
    figure = standard.whole
    assert (figure.kept, figure.of, figure.mean, figure.reached) == (2, 3, 2.5, True)
    with house.store.reading() as conn:
        from engine.records import cases

        assert observations.of_case(conn, cases.load(conn, numbers[3]).id) == []


@pytest.mark.parametrize(("old", "new", "expected"), [
    ("after.manners", "before.manners", "cycle.yaml:20 There is no questionnaire 'before'"),
    ("after.manners", "after.manner", "cycle.yaml:20 There is no factor 'manner'"),
    ('">= 2.5"', '">= 4"', "cycle.yaml:20 The target lies outside of the levels of 'after'"),
    ('">= 2.5"', "95%", "cycle.yaml:20 What customers answer is held against a mean"),
    ("survey: after.manners", "check: {en: Polite?}", "cycle.yaml:21 Without `measure` a target is a share, such as 95%"),
    ("left: {survey: after}", "left: {survey: before}", "cycle.yaml:10 There is no questionnaire 'before'"),
    ("guest: {type: party}", "table: {type: number}", "after.yaml:1 There is no field of type party, so nobody can be asked"),
])
def test_what_cannot_be_held_against_it_is_found(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in CYCLE
    assert expected in problems(tmp_path, CYCLE.replace(old, new))


def test_a_cycle_is_stored_with_its_questionnaires(tmp_path: Path) -> None:
    bundle, _ = read_bundle(cycle_in(tmp_path))
    assert bundle is not None and definition_of(bundle.document) == bundle.definition
    assert list(bundle.definition.surveys["after"].factors) == ["speed", "manners"]
