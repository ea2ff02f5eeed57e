"""Whoever looks only for what comes first finds the same as whoever looks at everything."""

from datetime import datetime
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.deciding import clocks
from engine.deciding.clock_runs import LIVE
from engine.deciding.clocks import Pending, PendingKind
from engine.defining.definition import Case, ClockSpec, Pause
from engine.ground.duration import parse_duration
from tests.unit.test_clocks import clock, rungs
from tests.unit.test_clocks_properties import BUDGETS, Steps, Watched, steps

POINTS = [
    "50%", "90%", "80%", "120%", "4 working hours before", "1 day before", "2 days before", "8 hours before", "due", "3 hours after",
    "every 2 days after",
]


def _settling(item: Pending) -> tuple[datetime, bool, int]:
    """The order in which a case is settled: at one instant a breach first, then by the place in the ladder."""
    return item.fire_at, item.kind is not PendingKind.BREACH, item.rung


class Looking(Watched):
    """A story in which both ways to look are compared before anything is carried out; what was found before is kept in between."""

    def __init__(self, *specs: ClockSpec) -> None:
        super().__init__(*specs)
        self.known: clocks.Known = {}

    def carry_out(self, until: datetime | None = None) -> None:
        everything = clocks.pending(self.definition, self.case, self.calendars)
        soonest = list(clocks.soonest(self.definition, self.case, self.calendars, self.known))
        assert set(soonest) <= set(everything)
        assert min(everything, key=_settling, default=None) == min(soonest, key=_settling, default=None)
        super().carry_out(until)

    def by_staff(self, step: str, name: str) -> None:
        if self.run(name).status in LIVE:
            super().by_staff(step, name)

    def check(self) -> None:
        self.happen(self.now)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(BUDGETS), st.sampled_from(BUDGETS), st.randoms(use_true_random=False), st.booleans(), steps)
def test_the_first_to_come_is_the_first_of_everything_to_come(one: str, other: str, random: Random, window: bool, told: Steps) -> None:
    ladder = rungs(*random.sample(POINTS, len(POINTS)))
    pause = Pause(in_=("waiting",), up_to=parse_duration("2 days"))
    specs = [
        clock(name, (Case(value=parse_duration(budget)),), until=until, pause=(pause,), ladder=ladder)
        for name, budget, until in (("a", one, "acknowledge"), ("b", other, "" if window else "acknowledge"))
    ]
    story = Looking(*specs)
    for step, minutes in told:
        story.go(step, minutes)
