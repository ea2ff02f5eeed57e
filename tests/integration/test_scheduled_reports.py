"""Reports that are made by themselves: once each time they are due, by somebody who does not serve, to whom they are for."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from engine.deciding.case import Event
from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.ground.errors import DefinitionError
from engine.records import history, outbox
from engine.usecases import publishing
from engine.usecases.auditing import verify
from engine.usecases.health import health
from engine.usecases.house import House, Settings
from engine.usecases.sweeping import Swept, sweep
from notifications.delivery import deliver
from tests import databases
from tests.houses import sweeps_at_once
from tests.small import DONE, HEAD, ORGANISATION, ROLES, START, empty_house, messages, opened, organised, put_in_force, written

PROCEDURE = HEAD + ROLES + "states:\n  first:\n    actions:\n      finish: {by: desk, to: done}\n" + DONE
REPORTS = dedent("""\
    reports:
      quality: {report: daily, every: day 07:00, by: porter, to: [dora, panel]}
      supervision:
        title: Supervision
        report: monthly
        of: small
        every: month 1 08:00
        by: porter
        to: director
    """)


def house_with(folder: Path, reports: str = REPORTS) -> tuple[House, VirtualClock]:
    house, clock = empty_house()
    house = House(house.store, clock, Settings(folder=folder, channels={"email": {"kind": "file", "folder": "out"}}))
    put_in_force(house, PROCEDURE)
    applied(house, folder, reports)
    return house, clock


def applied(house: House, folder: Path, reports: str) -> None:
    path = folder / "organisation.yaml"
    path.write_text(ORGANISATION + reports, encoding="utf-8")
    publishing.apply_organisation(house, path, THE_SYSTEM)


def swept_at(house: House, clock: VirtualClock, moment: str) -> Swept:
    clock.move_to(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    return sweep(house)


def made(house: House, name: str = "quality") -> list[Event]:
    with house.store.reading() as conn:
        return list(history.read(conn, history.report_stream(name)))


def covered(house: House, name: str = "quality") -> list[tuple[Any, Any]]:
    return [(event.data["since"], event.data["until"]) for event in made(house, name)]


def test_a_report_is_made_once_kept_and_sent_to_everybody_it_is_for(tmp_path: Path) -> None:
    house, clock = house_with(tmp_path)
    opened(house)
    assert swept_at(house, clock, "2026-03-03T06:59").cycles.reports == []
    (report,) = swept_at(house, clock, "2026-03-03T07:00").cycles.reports
    assert swept_at(house, clock, "2026-03-03T07:01").cycles.reports == []
    assert (report.title, report.file) == ("Daily quality analysis, 2026-03-02", "reports/quality/2026-03-02.html")
    page = (tmp_path / report.file).read_text(encoding="utf-8")
    (event,) = made(house)
    assert event.data == {
        "report": "daily", "due": "2026-03-03T07:00:00+00:00", "since": "2026-03-02", "until": "2026-03-03", "by": "porter",
        "to": ["dora", "carl"], "file": report.file, "sha256": sha256(page.encode()).hexdigest(),
    }
    assert "Made 2026-03-03 07:00 by porter (Eve Eaton)" in page and "| small | 1 | 0 |" in report.page
    assert [(one.name, one.person, one.subject, one.attached) for one in messages(house)] == [
        ("report", person, report.title, ["2026-03-02.html", page]) for person in ("dora", "carl")
    ]
    assert deliver(house).sent == 2 and verify(house).problems == []
    mail = next((tmp_path / "out").glob("house-report-*.eml")).read_text(encoding="utf-8")
    assert 'Content-Disposition: attachment; filename="2026-03-02.html"' in mail and "Daily quality analysis" in mail


def test_what_fell_due_while_nobody_swept_is_made_period_by_period(tmp_path: Path) -> None:
    house, clock = house_with(tmp_path)
    for _ in range(5):
        swept_at(house, clock, "2026-03-05T12:00")
    assert covered(house) == [("2026-03-02", "2026-03-03"), ("2026-03-03", "2026-03-04"), ("2026-03-04", "2026-03-05")]
    assert covered(house, "supervision") == []
    swept_at(house, clock, "2026-04-01T08:00")
    assert covered(house, "supervision") == [("2026-03-01", "2026-04-01")]
    told = [one for one in messages(house) if one.person == "dora" and one.subject.startswith("Supervision")]
    assert [one.subject for one in told] == ["Supervision, 2026-03-01 – 2026-03-31"]


def test_a_report_is_about_what_it_says(tmp_path: Path) -> None:
    house, clock = house_with(tmp_path, REPORTS.replace("of: small", "of: other"))
    ((what, why),) = swept_at(house, clock, "2026-04-01T08:00").failures
    assert (what, why) == ("report/supervision", "There is no published definition other")     # and the other report is made
    assert len(made(house)) == 1


def test_what_was_declared_later_begins_then_and_a_new_organisation_leaves_nothing_out(tmp_path: Path) -> None:
    house, clock = house_with(tmp_path, "")
    swept_at(house, clock, "2026-03-04T08:00")
    applied(house, tmp_path, REPORTS)
    swept_at(house, clock, "2026-03-04T09:00")
    assert made(house) == []
    clock.move_to(datetime(2026, 3, 5, 7, 0, 30, tzinfo=UTC))
    applied(house, tmp_path, REPORTS.replace("dora, panel", "dora"))     # between the time it is due and the sweep
    swept_at(house, clock, "2026-03-05T07:01")
    assert covered(house) == [("2026-03-04", "2026-03-05")]


@pytest.mark.parametrize("where", ["append_to", "put", "keep"])
def test_a_crash_leaves_it_to_the_next_sweep(tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    house, clock = house_with(tmp_path)
    clock.move_to(START + timedelta(days=1))
    with monkeypatch.context() as patch:
        if where == "keep":
            (tmp_path / "reports").write_text("in the way", encoding="utf-8")
        else:
            patch.setattr({"append_to": history, "put": outbox}[where], where, _struck)
        done = sweep(house).failures if where == "keep" else _dies(house)
    assert [what for what, _ in done] == (["report/quality"] if where == "keep" else []) and made(house) == [] and messages(house) == []
    (tmp_path / "reports").unlink(missing_ok=True)
    (report,) = sweep(house).cycles.reports
    assert len(made(house)) == 1 and len(messages(house)) == 2 and (tmp_path / report.file).is_file()


class _Strike(BaseException):
    """The power goes."""


def _struck(*_: Any, **__: Any) -> Any:
    raise _Strike


def _dies(house: House) -> list[tuple[str, str]]:
    with pytest.raises(_Strike):
        sweep(house)
    return []


def test_of_several_who_come_by_at_once_one_makes_it(tmp_path: Path) -> None:
    """Three sweeps of a real database at one moment."""
    place, clock = databases.place(tmp_path, organised), VirtualClock(START)

    def house_at() -> House:
        return House(place.store(), clock, Settings(folder=tmp_path))

    house = house_at()
    put_in_force(house, PROCEDURE)
    applied(house, tmp_path, REPORTS)
    clock.move_to(START + timedelta(days=1))
    done = sweeps_at_once(3, house_at)
    assert [failure for one in done for failure in one.failures] == []
    assert sum(len(one.cycles.reports) for one in done) == len(made(house)) == 1 and len(messages(house)) == 2
    house.store.close()


def test_nobody_supervises_what_they_serve_in(tmp_path: Path) -> None:
    wrong = REPORTS.replace("by: porter", "by: lab")         # bob, who is at the desk too
    with pytest.raises(DefinitionError) as error:
        house_with(tmp_path, wrong)
    assert "made by lab, but bob, who holds that post, serves in small as desk" in error.value.problems[0]
    house, clock = empty_house()
    house = House(house.store, clock, Settings(folder=tmp_path))
    applied(house, tmp_path, wrong)                          # nothing is in force that it could be about
    with pytest.raises(DefinitionError, match="serve in what they are about"):
        publishing.publish(house, written(tmp_path / "bundle", PROCEDURE), THE_SYSTEM)
    put_in_force(house, PROCEDURE)                           # whatever came in otherwise
    clock.move_to(START.replace(hour=7) + timedelta(days=1))
    ((what, why),) = sweep(house).failures
    assert what == "report/quality" and "bob" in why and made(house) == []
    assert health(house).figures.reports_unmade == []        # it fell due but now
    clock.move_to(START.replace(hour=7) + timedelta(days=1, minutes=6))
    (check,) = [one for one in health(house).checks if one.name == "reports"]
    assert (check.well, check.words) == (False, "due and not made: quality")


def test_what_an_owner_may_get_wrong_is_found(tmp_path: Path) -> None:
    text = "reports:\n  a: {report: dayly, every: noon, by: x, to: y}\n  b: {report: daily, every: day 07:00, by: portier, to: [dana]}\n"
    with pytest.raises(DefinitionError) as error:
        house_with(tmp_path, text)
    told = "\n".join(map(str, error.value.problems))
    assert "daily" in told and "friday 16:00" in told
    with pytest.raises(DefinitionError) as error:
        house_with(tmp_path, "\n".join(text.splitlines()[::2]))
    told = "\n".join(map(str, error.value.problems))
    assert "Nobody holds the post 'portier'" in told and "no person, group or post 'dana'" in told
