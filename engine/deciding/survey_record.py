"""What became of a questionnaire in a case: whether its customer was asked, and what they answered. A part of the fold of its history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.deciding.clock_record import instant, known, stamp

Scores = Mapping[str, int]
"""Answers by the name of the question: levels from 1, the worst."""


class Became(StrEnum):
    """What became of it."""

    PASSED = "passed"              # not in the sample
    NOBODY = "nobody"              # the case names no customer, or one who was erased
    OPTED_OUT = "opted_out"        # the customer had said before that they do not want to be asked
    ASKED = "asked"
    ANSWERED = "answered"
    DECLINED = "declined"          # asked, and said no


@dataclass(frozen=True, slots=True)
class SurveyRun:
    """One questionnaire in one case, the latest time it was to be sent."""

    name: str
    n: int                                   # which time in this case, from 1
    became: Became
    at: datetime                             # when it was to be sent
    stratum: int = 0                         # of the questionnaire's sample, from 0
    share: str = "100"                       # percent of the stratum that was asked
    closes_at: datetime | None = None        # of those asked: until when answers are taken
    ended_at: datetime | None = None         # when they answered or declined
    via: str = ""                            # how they did: link, phone, …
    scores: Scores = field(default_factory=dict)         # how it was
    expected: Scores = field(default_factory=dict)       # what they had expected

    def waits(self, now: datetime) -> bool:
        """Whether an answer is still taken."""
        return self.became is Became.ASKED and self.closes_at is not None and now < self.closes_at


def survey_json(run: SurveyRun) -> dict[str, Any]:
    """Canonical form; what is empty is left out."""
    form: dict[str, Any] = {"n": run.n, "became": run.became.value, "at": stamp(run.at), "share": run.share}
    more = {
        "stratum": run.stratum, "closes": stamp(run.closes_at), "ended": stamp(run.ended_at), "via": run.via, "scores": dict(run.scores),
        "expected": dict(run.expected),
    }
    return form | {key: value for key, value in more.items() if value}


def survey_from(name: str, form: Mapping[str, Any]) -> SurveyRun:
    """The run of a questionnaire from its canonical form."""
    return SurveyRun(
        name, form["n"], Became(form["became"]), known(form["at"]), form.get("stratum", 0), form["share"], instant(form.get("closes")),
        instant(form.get("ended")), form.get("via", ""), dict(form.get("scores", {})), dict(form.get("expected", {})),
    )
