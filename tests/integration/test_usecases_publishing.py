"""Publishing: all problems at once, no failing scenario, no version without a change; a case stays on the version it was opened under."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.clock import VirtualClock
from engine.ground.errors import DefinitionError, Denied, Invalid
from engine.records import library
from engine.usecases import publishing, reading
from engine.usecases.house import House, Settings
from tests import databases
from tests.houses import state_of
from tests.small import DONE, HEAD, OFFICE, ORGANISATION, START, do, dump, empty_house, opened, refused, written

PROCEDURE = (
    HEAD
    + """
roles: {desk: {}, manager: {}}
opening: {by: desk}
states:
  first:
    actions:
      go: {by: desk, to: done, notice: told}
    within: 2 working days
    ladder: {at: due, remind: desk}
"""
    + DONE
    + "notices: {told: {to: owner, via: [email]}}\n"
)
STORY = """\
scenario: done in time
at: 2026-03-02 10:00
steps:
  - open: {by: ann}
  - do: {action: go, by: ann}
  - expect: {state: done, sent: [told]}
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return written(tmp_path, PROCEDURE, ["told"], {"quick": STORY})


def versions(house: House) -> list[tuple[str, int]]:
    with house.store.reading() as conn:
        return [(one.name, one.version) for one in library.versions(conn)]


def change(bundle: Path, old: str, new: str, file: str = "procedure.yaml") -> None:
    path = bundle / file
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new), encoding="utf-8")


def test_a_bundle_is_published_with_its_calendar_after_its_scenarios_passed(bundle: Path) -> None:
    house, _ = empty_house()
    published = publishing.publish(house, bundle, Actor("carl"))
    assert (published.name, published.version, published.unchanged, published.scenarios, published.calendars) == (
        "small",
        1,
        False,
        1,
        ("office",),
    )
    document = reading.published_document(house, "small")
    assert document.published_by == "carl" and document.source["procedure.yaml"] == PROCEDURE


def test_publishing_again_without_a_change_makes_no_version(bundle: Path) -> None:
    house, _ = empty_house()
    publishing.publish(house, bundle, Actor("carl"))
    before = dump(house)
    again = publishing.publish(house, bundle, Actor("dora"))
    assert (again.version, again.unchanged, again.calendars) == (1, True, ()) and dump(house) == before


def test_comments_and_order_of_keys_make_no_version_but_the_order_of_states_does(bundle: Path) -> None:
    house, _ = empty_house()
    publishing.publish(house, bundle, Actor("carl"))
    change(bundle, "go: {by: desk, to: done,", "go: {to: done, by: desk,   # by whom\n       ")
    assert publishing.publish(house, bundle, Actor("carl")).unchanged
    change(bundle, "told of {{ number }}", "About {{ number }}", "notices/told.en.j2")
    assert publishing.publish(house, bundle, Actor("carl")).version == 2


def test_every_problem_of_every_file_is_named_and_nothing_is_published(bundle: Path) -> None:
    house, _ = empty_house()
    change(bundle, "by: desk, to: done", "by: desk, to: dome")
    change(bundle, "{at: due, remind: desk}", "{at: due, remined: desk}")
    change(bundle, "{{ number }}", "{{ numbr }}", "notices/told.en.j2")
    error = refused(house, DefinitionError, 8, lambda: publishing.publish(house, bundle, Actor("carl")))
    assert isinstance(error, DefinitionError)
    assert any("remined" in str(problem) for problem in error.problems)
    change(bundle, "remined", "remind")
    error = refused(house, DefinitionError, 8, lambda: publishing.publish(house, bundle, Actor("carl")))
    told = "\n".join(map(str, error.facts["problems"]))
    assert "dome" in told and versions(house) == []


def test_a_role_that_nobody_holds_is_told(bundle: Path) -> None:
    house, _ = empty_house()
    change(bundle, "desk: {}, manager: {}", "desk: {}, vault: {}")
    change(bundle, "go: {by: desk,", "go: {by: [desk, vault],")
    try:
        told = [str(problem) for problem in publishing.publish(house, bundle, Actor("carl")).warnings]
    except DefinitionError as error:
        told = [str(problem) for problem in error.problems]
    assert any("vault" in problem for problem in told)


def test_a_failing_scenario_keeps_a_bundle_from_being_published(bundle: Path) -> None:
    house, _ = empty_house()
    change(bundle, "state: done", "state: first", "scenarios/quick.yaml")
    error = refused(house, DefinitionError, 8, lambda: publishing.publish(house, bundle, Actor("carl")))
    (failure,) = error.facts["problems"]
    assert "quick.yaml" in failure and "expected first, is done" in failure


def test_a_case_stays_on_its_version_though_the_files_are_edited_or_deleted(bundle: Path) -> None:
    house, _ = empty_house()
    publishing.publish(house, bundle, Actor("carl"))
    old = opened(house)
    change(bundle, "  first:\n", "  first:\n    title: Begun\n")
    change(bundle, "go: {by: desk, to: done,", "finish: {by: desk, to: done,")
    change(bundle, "2 working days", "5 working days")
    change(bundle, "action: go", "action: finish", "scenarios/quick.yaml")
    assert publishing.publish(house, bundle, Actor("carl")).version == 2
    new = opened(house)
    shutil.rmtree(bundle)
    house.store.cache.clear()
    assert (reading.show(house, old, THE_SYSTEM).version, reading.show(house, new, THE_SYSTEM).version) == (1, 2)
    assert (reading.show(house, old, THE_SYSTEM).actions, reading.show(house, new, THE_SYSTEM).actions) == (("go",), ("finish",))
    assert (state_of(house, old).clocks["first"].budget, state_of(house, new).clocks["first"].budget) == (
        "2 working days",
        "5 working days",
    )
    assert do(house, old, "go").state == "done" and do(house, new, "finish").state == "done"


def test_a_published_version_cannot_be_changed_behind_the_back(bundle: Path) -> None:
    house, _ = empty_house()
    publishing.publish(house, bundle, Actor("carl"))
    with house.store.reading() as conn:
        assert conn.execute(text("select count(*) from definition_version")).scalar_one() == 1
    assert [line.kind for line in _events(house, "definitions")] == ["calendar", "published"]


def _events(house: House, stream: str) -> list[object]:
    from engine.records import history

    with house.store.reading() as conn:
        return list(history.read(conn, stream))


def test_holidays_are_pinned_as_dates_and_a_changed_calendar_is_published_along(bundle: Path) -> None:
    house, _ = empty_house()
    calendar = bundle.parent / "calendars" / "office.yaml"
    calendar.write_text(OFFICE + "holidays: {country: GB, subdivision: ENG}\n", encoding="utf-8")
    publishing.publish(house, bundle, Actor("carl"))
    with house.store.reading() as conn:
        assert START.replace(month=12, day=25).date() in library.calendar(house.store, conn, "office").closed
    calendar.write_text(OFFICE + "closed: [2026-03-04]\n", encoding="utf-8")
    again = publishing.publish(house, bundle, Actor("carl"))
    assert (again.unchanged, again.calendars) == (True, ("office",))
    assert state_of(house, opened(house)).clocks["first"].due_at == START.replace(day=6, hour=0)


def test_a_calendar_in_force_serves_where_no_file_lies_beside_the_bundle(bundle: Path, tmp_path: Path) -> None:
    house, _ = empty_house()
    publishing.publish(house, bundle, Actor("carl"))
    (tmp_path / "calendars" / "office.yaml").unlink()
    change(bundle, "2 working days", "3 working days")
    assert publishing.publish(house, bundle, Actor("carl")).version == 2


def test_without_any_calendar_of_that_name_nothing_is_published(bundle: Path, tmp_path: Path) -> None:
    house, _ = empty_house()
    (tmp_path / "calendars" / "office.yaml").unlink()
    error = refused(house, DefinitionError, 8, lambda: publishing.publish(house, bundle, Actor("carl")))
    assert any("office" in problem for problem in error.facts["problems"])


def test_scenarios_play_in_the_organisation_in_force_where_no_file_lies_beside_the_bundle(bundle: Path, tmp_path: Path) -> None:
    house, _ = empty_house()
    (tmp_path / "organisation.yaml").unlink()
    assert publishing.publish(house, bundle, Actor("carl")).scenarios == 1


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    house, _ = empty_house()
    for folder in (tmp_path, tmp_path / "nothing"):
        refused(house, DefinitionError, 8, lambda folder=folder: publishing.publish(house, folder, Actor("carl")))


# --- the organisation -------------------------------------------------------------------------------------------------


def test_an_organisation_is_in_force_at_once_and_applied_once(tmp_path: Path) -> None:
    house, _ = empty_house()
    file = tmp_path / "organisation.yaml"
    file.write_text(ORGANISATION, encoding="utf-8")
    assert publishing.apply_organisation(house, file, Actor("carl")).unchanged
    file.write_text(ORGANISATION.replace("roles: [porter]", "roles: [desk]"), encoding="utf-8")
    applied = publishing.apply_organisation(house, file, Actor("carl"))
    assert (applied.version, applied.people, applied.unchanged) == (2, 5, False)
    assert reading.organisation(house).people["eve"].roles == ("desk",)


def test_a_wrong_organisation_changes_nothing(tmp_path: Path) -> None:
    house, _ = empty_house()
    file = tmp_path / "organisation.yaml"
    file.write_text(ORGANISATION.replace("superior: dora", "superior: zoe"), encoding="utf-8")
    error = refused(house, DefinitionError, 8, lambda: publishing.apply_organisation(house, file, Actor("carl")))
    assert any("zoe" in problem for problem in error.facts["problems"])


def test_without_the_right_nobody_puts_anything_into_force(bundle: Path, tmp_path: Path) -> None:
    house, _ = empty_house()
    file = tmp_path / "organisation.yaml"
    file.write_text(ORGANISATION.replace("publish: [manager, director, ann]", "publish: [manager, bob]"), encoding="utf-8")
    error = refused(house, Denied, 6, lambda: publishing.apply_organisation(house, file, Actor("bob")))
    assert error.facts["right"] == "apply" and error.facts["who_could"] == "Ann Archer (ann), Carl Cooper (carl), Dora Dyer (dora)"
    publishing.apply_organisation(house, file, Actor("carl"))
    refused(house, Denied, 6, lambda: publishing.publish(house, bundle, Actor("ann")))
    error = refused(house, Denied, 6, lambda: publishing.publish(house, bundle, Actor("bob")))
    assert error.facts["right"] == "apply", "the bundle brings a calendar that is not yet in force"
    publishing.publish(house, bundle, Actor("carl"))
    change(bundle, "number: ", "title: Small\nnumber: ")
    assert publishing.publish(house, bundle, Actor("bob")).version == 2, "its calendar is as it was"


def test_before_there_is_an_organisation_nothing_but_one_can_be_put_into_force(bundle: Path) -> None:
    house = House(databases.quick(), VirtualClock(START), Settings(folder=Path()))
    refused(house, Denied, 6, lambda: publishing.publish(house, bundle, Actor("founder")))
    publishing.apply_organisation(house, bundle.parent / "organisation.yaml", Actor("founder"))
    refused(house, Denied, 6, lambda: publishing.apply_organisation(house, bundle.parent / "organisation.yaml", Actor("founder")))


def test_who_left_the_organisation_can_do_nothing_any_more(bundle: Path, tmp_path: Path) -> None:
    house, _ = empty_house()
    publishing.publish(house, bundle, Actor("carl"))
    number = opened(house)
    file = tmp_path / "organisation.yaml"
    staff = ORGANISATION.replace(", ann]", "]")
    file.write_text("\n".join(line for line in staff.splitlines() if "  ann:" not in line), encoding="utf-8")
    publishing.apply_organisation(house, file, Actor("carl"))
    refused(house, Invalid, 3, lambda: do(house, number, "go", "ann"))
    assert do(house, number, "go", "bob").owner == "ann"
