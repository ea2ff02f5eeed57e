"""Two real processes close the two cases that a third one waits for, at the same time: both closings are told, and nothing is lost."""

import subprocess
import sys
import time
from pathlib import Path

from engine.deciding.case import case_json, rebuild
from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.usecases import auditing, publishing
from engine.usecases.house import House, Settings
from tests import databases
from tests.houses import events_of, state_of
from tests.small import DONE, HEAD, ROLES, START, do, opened, written

ROOT = Path(__file__).parent.parent.parent
PARENT = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
states:
  first:
    within: 30 days
    actions:
      go: {by: [desk, lab, manager, director], open: {procedure: repair, wait: true}}
      end: {by: system, to: done, when: count('go') == 2}
"""
    + DONE
)
CHILD = """
procedure: repair
number: "R-{serial:03}"
calendar: office
languages: [en]
roles: {lab: {}}
opening: {by: lab}
states:
  todo: {within: 30 days, actions: {finish: {by: lab, to: finished}}}
  finished: {final: true}
"""
RACER = """
import sys, time
from pathlib import Path
from engine.deciding.rights import Actor
from engine.ground.clock import VirtualClock
from engine.usecases import acting
from engine.usecases.house import open_house
from tests.small import START
folder, number, start = sys.argv[1:]
house = open_house(Path(folder), VirtualClock(START))
acting.possible(house, number, Actor("bob"))        # everything imported and read before the start
while time.time() < float(start):
    pass
print(acting.act(house, number, "finish", Actor("bob")).state)
"""


def test_two_closings_at_once_are_both_told_and_the_second_lets_the_case_go_on(tmp_path: Path) -> None:
    place = databases.place(tmp_path)
    (tmp_path / "makegood.toml").write_text(place.settings(), encoding="utf-8")
    house = House(place.store(), VirtualClock(START), Settings(folder=tmp_path))
    bundle = written(tmp_path / "definitions", PARENT)
    (bundle.parent / "repair").mkdir()
    (bundle.parent / "repair" / "procedure.yaml").write_text(CHILD, encoding="utf-8")
    publishing.apply_organisation(house, bundle.parent / "organisation.yaml", THE_SYSTEM)
    publishing.publish(house, bundle.parent / "repair", THE_SYSTEM)
    publishing.publish(house, bundle, THE_SYSTEM)
    number = opened(house)
    do(house, number, "go")
    do(house, number, "go")
    assert state_of(house, number).waits == ["R-001", "R-002"]
    start = str(time.time() + 4)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(tmp_path), child, start], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for child in ("R-001", "R-002")
    ]
    assert [racer.communicate(timeout=60) for racer in racers] == [("finished\n", ""), ("finished\n", "")]
    case, events = state_of(house, number), events_of(house, number)
    assert sorted(event.data["case_closed"][1] for event in events if event.kind == "linked_closed") == ["R-001", "R-002"]
    assert (case.waits, case.state) == ([], "done")
    assert case_json(rebuild(events)) == case_json(case) and auditing.verify(house).problems == []
