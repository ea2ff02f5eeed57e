"""What the product ships reads without a problem, passes its own scenarios, and is complete in its languages."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.deciding.rights import Actor
from engine.defining.bundle import Bundle, read_bundle
from engine.defining.calendar_file import read_calendar
from engine.defining.definition import Definition, Text
from engine.defining.mapping import read_mapping
from engine.defining.organisation_file import read_organisation
from engine.ground.clock import VirtualClock
from engine.records.schema import memory_template
from engine.records.store import MemoryStore
from engine.usecases.examining import examine
from engine.usecases.house import House, Settings
from engine.usecases.importing import import_cases, read_table
from engine.usecases.publishing import apply_organisation, publish
from engine.usecases.scenarios import run_scenarios

SHIPPED = Path(__file__).parents[2] / "definitions"
BUNDLES = sorted({path.parent.name for kind in ("procedure", "cycle") for path in SHIPPED.glob(f"*/{kind}.yaml")})
CALENDARS = sorted(path.stem for path in (SHIPPED / "calendars").glob("*.yaml"))
BILINGUAL = [name for name in BUNDLES for file in (SHIPPED / name).glob("*.yaml") if "languages: [zh, en]" in file.read_text("utf-8")]


@cache
def organisation() -> tuple[Any, list[Any], Any]:
    """The shipped organisation, its problems and its document."""
    return read_organisation(SHIPPED / "organisation.yaml")


@cache
def calendars() -> dict[str, Any]:
    """Every shipped calendar by name."""
    return {name: read_calendar(SHIPPED / "calendars" / f"{name}.yaml")[0] for name in CALENDARS}


@cache
def bundle(name: str) -> Bundle:
    """A shipped bundle, read."""
    made, problems = read_bundle(SHIPPED / name)
    assert made is not None, [str(problem) for problem in problems]
    return made


def titled(definition: Definition) -> Iterator[tuple[str, Text]]:
    """Everything that people call by a title, with where it stands."""
    yield "procedure", definition.title
    for spec in definition.fields.values():
        yield f"field {spec.name}", spec.title
        for option, title in spec.options.items():
            yield f"option {spec.name}={option}", title
    for role in definition.roles.values():
        yield f"role {role.name}", role.title
    for action in definition.anywhere.actions.values():
        yield f"action {action.name}", action.title
    for state in definition.states.values():
        yield f"state {state.name}", state.title
        for what in (*state.actions.values(), *state.tasks.values()):
            yield f"{state.name}.{what.name}", what.title
    for clock in definition.all_clocks.values():
        yield f"clock {clock.name}", clock.title


def test_there_is_something_to_ship() -> None:
    assert {"product-complaint", "housing-complaint", "consumer-complaint", "citizen-hotline"} <= set(BUNDLES)
    assert {"cn-office", "uk-england"} <= set(CALENDARS)


@pytest.mark.parametrize("name", CALENDARS)
def test_every_calendar_reads_without_a_problem(name: str) -> None:
    calendar, problems = read_calendar(SHIPPED / "calendars" / f"{name}.yaml")
    assert [str(problem) for problem in problems] == []
    assert calendar is not None and calendar.name == name and calendar.valid_through is not None


def test_the_organisation_reads_without_a_problem_and_every_department_answers_to_somebody() -> None:
    made, problems, _ = organisation()
    assert [str(problem) for problem in problems] == []
    assert len(made.people) >= 12
    assert [person.id for person in made.people.values() if person.superior is None] == ["zhao.lei", "tang.wei"], "a company and a city"
    assert len({person.login for person in made.people.values()}) == len(made.people)


@pytest.mark.parametrize("name", BUNDLES)
def test_every_bundle_reads_and_checks_without_a_problem_or_a_warning(name: str) -> None:
    _, _, problems = examine(SHIPPED / name)
    assert [str(problem) for problem in problems] == []


@pytest.mark.parametrize("name", BUNDLES)
def test_every_scenario_of_every_bundle_passes(name: str) -> None:
    made, around, _ = examine(SHIPPED / name)
    assert made is not None and around is not None
    results = run_scenarios(made, around.rehearsal, around.document, None, around.others)
    assert [f"{result.file}:{result.line}: {result.failure}" for result in results if not result.passed] == []
    assert len({result.name for result in results}) == len(results), "two scenarios tell the same story"


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("product-complaint", 10), ("housing-complaint", 8), ("consumer-complaint", 3), ("permit-intake", 4), ("citizen-hotline", 20),
        ("water-standards", 9), ("standards-payment", 5), ("fault-report", 3), ("plan-review", 3), ("after-sales", 4), ("follow-up", 3),
        ("standards-review", 3),
    ],
)
def test_scenarios_take_every_action_and_task_of_their_bundle(name: str, least: int) -> None:
    definition = bundle(name).definition
    stories = [tree.value for _, tree in bundle(name).scenarios]
    assert len(stories) >= least
    taken = {step["do"]["action"] for story in stories for step in story["steps"] if "do" in step}
    known = {
        what.name for state in definition.states.values() for what in (*state.actions.values(), *state.tasks.values())
        if any(who.kind.value != "system" for who in what.by)
    }
    assert known - taken == set()


@pytest.mark.parametrize("name", [*BILINGUAL, "permit-intake"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_these_have_every_title_in_both_languages(name: str, language: str) -> None:
    definition = bundle(name).definition
    assert [where for where, title in titled(definition) if not title.get(language)] == []


@pytest.mark.parametrize("name", BUNDLES)
def test_everything_in_every_bundle_has_a_title(name: str) -> None:
    assert [where for where, title in titled(bundle(name).definition) if not any(title.values())] == []


@pytest.mark.parametrize("name", BUNDLES)
def test_every_notice_has_a_text_in_every_language_and_a_subject_of_its_own(name: str) -> None:
    definition = bundle(name).definition
    for notice in definition.notices:
        assert set(definition.texts[notice]) == set(definition.languages), notice
        if f"{notice}.html" in definition.texts:
            assert set(definition.texts[f"{notice}.html"]) == set(definition.languages), notice
    for language in definition.languages:
        subjects = [definition.texts[notice][language].splitlines()[0] for notice in definition.notices]
        assert all("{{ number }}" in subject for subject in subjects), "a customer's reply must lead back to the case"


@pytest.mark.parametrize("name", BILINGUAL)
def test_bundles_in_two_languages_speak_chinese_in_chinese_and_english_in_english(name: str) -> None:
    def chinese(text: str) -> bool:
        return any("一" <= letter <= "鿿" for letter in text)

    definition = bundle(name).definition
    for notice, texts in definition.texts.items():
        assert chinese(texts["zh"]) and not chinese(texts["en"]), notice
    for where, title in titled(definition):
        assert chinese(title.in_("zh")) and not chinese(title.in_("en")), where


def test_some_notice_has_an_html_form() -> None:
    assert "decision.html" in bundle("product-complaint").definition.texts


# --- samples -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house in memory with everything shipped published, on 10 November 2026."""
    folder = tmp_path_factory.mktemp("house")
    house = House(MemoryStore(memory_template()), VirtualClock(datetime(2026, 11, 10, 1, 0, tzinfo=UTC)), Settings(folder=folder))
    apply_organisation(house, SHIPPED / "organisation.yaml", Actor("wu.ting"))
    for name in BUNDLES:
        publish(house, SHIPPED / name, Actor("wu.ting"))
    return house


def test_the_sample_complaints_are_imported_and_the_four_wrong_rows_are_reported_with_their_line(house: House) -> None:
    samples = SHIPPED / "samples"
    mapping = read_mapping(samples / "mapping.yaml")
    table = read_table(samples / "complaints.csv")
    done = import_cases(house, table, mapping, Actor("li.na"), source="samples")
    assert len(done.opened) == len(table.rows) - 4 >= 60
    assert [line for line, _ in done.bad] == [63, 64, 65, 66]
    reasons = " ".join(reason for _, reason in done.bad)
    assert "order_no" in reasons and "customer" in reasons and "传真" in reasons and "loss" in reasons
    again = import_cases(house, table, mapping, Actor("li.na"), source="samples")
    assert (again.opened, again.already) == ([], len(done.opened))


def test_the_samples_are_varied() -> None:
    with (SHIPPED / "samples" / "complaints.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["渠道"] for row in rows}) >= 9
    assert {row["地区"] for row in rows} == {"国内", "国外"}
    assert {row["性质"] for row in rows} == {"质量", "非质量"}
    assert sum(row["语言"] == "en" for row in rows) >= 8
    assert len({row["投诉内容"] for row in rows}) == len(rows)


def test_the_mapping_for_the_regulators_extract_fits_its_bundle() -> None:
    mapping = read_mapping(SHIPPED / "samples" / "cfpb-mapping.yaml")
    definition = bundle(mapping.bundle).definition
    assert set(mapping.fields) <= set(definition.fields)
    assert set(mapping.fields["product"].map.values()) == set(definition.fields["product"].options)
