"""Two real processes act on one case at the same time: one wins, the other is told what changed, and nothing is lost."""

import subprocess
import sys
from pathlib import Path

from engine.deciding.case import case_json, rebuild
from engine.usecases import auditing
from tests.houses import events_of, house_in, open_one, state_of

ROOT = Path(__file__).parent.parent.parent
RACER = """
import sys, time
from pathlib import Path
from engine.deciding.rights import Actor
from engine.ground.clock import VirtualClock
from engine.ground.errors import MakegoodError
from engine.usecases import acting
from engine.usecases.house import House, open_house
from tests.houses import MONDAY
folder, number, who, revision, start = sys.argv[1:]
house = open_house(Path(folder), VirtualClock(MONDAY))
acting.possible(house, number, Actor(who))        # everything imported and read before the start
while time.time() < float(start):
    pass
try:
    given = {"order_no": "AB123456", "nature": "quality"}
    done = acting.act(house, number, "acknowledge", Actor(who), given, revision=int(revision) or None)
    print("won", done.revision)
except MakegoodError as error:
    print(error.kind, error.exit_code, error.message)
"""


def _race(folder: Path, number: str, revision: int) -> list[str]:
    import time

    start = str(time.time() + 4)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(folder), number, who, str(revision), start],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for who in ("li.na", "chen.jie")
    ]
    answers = [racer.communicate(timeout=60) for racer in racers]
    assert all(error == "" for _, error in answers), answers
    return sorted((said.strip() for said, _ in answers), key=lambda line: not line.startswith("won"))


def test_one_wins_and_the_other_hears_that_the_case_was_changed(tmp_path: Path) -> None:
    house, _ = house_in(tmp_path)
    number = open_one(house)
    won, lost = _race(tmp_path, number, revision=1)
    assert won == "won 2"
    assert lost.startswith("Conflict 7") and "revision 1" in lost and "2" in lost and "investigating" in lost
    assert state_of(house, number).acts["acknowledge"].count == 1
    assert case_json(rebuild(events_of(house, number))) == case_json(state_of(house, number))
    assert auditing.verify(house).problems == []


def test_without_a_revision_the_second_hears_that_the_action_is_no_longer_possible(tmp_path: Path) -> None:
    house, _ = house_in(tmp_path)
    number = open_one(house)
    won, lost = _race(tmp_path, number, revision=0)
    assert won == "won 2"
    assert lost.startswith("NotAllowed 5") and "acknowledge" in lost
    assert state_of(house, number).acts["acknowledge"].count == 1
