"""How many answered, and whether those who did are like those who were asked. Pure arithmetic over counts.

Whether a difference is more than chance: the number of answers from one group among n of N asked is hypergeometric, with mean n·p and
variance n·p·(1−p)·(N−n)/(N−1) (Cochran, "Sampling Techniques", 3rd ed. 1977, section 3.4); unusual is what lies beyond 1.96 deviations.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from math import sqrt

from engine.deciding.attainment import Z95
from engine.deciding.survey_record import Became, Scores
from engine.ground.valueclass import valueclass

_INVITED = frozenset({Became.ASKED, Became.ANSWERED, Became.DECLINED})


@valueclass(frozen=True, slots=True)
class Outcome:
    """What became of a questionnaire in one case."""

    became: Became
    stratum: int
    waits_until: datetime | None         # of those asked
    delivered: bool                      # a channel took the invitation, or a person conveyed it
    via: str
    scores: Scores
    expected: Scores
    about: Mapping[str, str]             # public choices of the case, by field

    @property
    def invited(self) -> bool:
        """Whether the customer was asked."""
        return self.became in _INVITED

    @property
    def answered(self) -> bool:
        """Whether the customer answered."""
        return self.became is Became.ANSWERED


@valueclass(frozen=True, slots=True)
class Response:
    """How many of whom answered."""

    population: int                      # cases in which the questionnaire was to be sent
    passed: int                          # not in the sample
    nobody: int                          # no customer to ask
    opted_out: int                       # did not want to be asked, from before
    asked: int
    delivered: int                       # of those asked: the invitation reached them as far as is known
    answered: int
    declined: int
    silent: int                          # the questionnaire closed without an answer
    waiting: int                         # it is still open
    rate: float | None                   # answered of asked; None of nobody


@valueclass(frozen=True, slots=True)
class Group:
    """One value of what is compared: how large it is among all, those asked and those who answered, as counts and shares."""

    value: str
    population: int
    asked: int
    answered: int
    unusual: bool                        # answers more or less often than chance explains


def response(outcomes: Sequence[Outcome], now: datetime) -> Response:
    """The numbers of a questionnaire, or of a part of its cases."""
    count = Counter(one.became for one in outcomes)
    asked = sum(one.invited for one in outcomes)
    waiting = sum(one.became is Became.ASKED and one.waits_until is not None and now < one.waits_until for one in outcomes)
    return Response(
        len(outcomes), count[Became.PASSED], count[Became.NOBODY], count[Became.OPTED_OUT], asked,
        sum(one.invited and one.delivered for one in outcomes), count[Became.ANSWERED], count[Became.DECLINED],
        count[Became.ASKED] - waiting, waiting, count[Became.ANSWERED] / asked if asked else None,
    )


def groups(outcomes: Sequence[Outcome], value_of: Callable[[Outcome], str]) -> tuple[Group, ...]:
    """Respondents beside the population and those asked, by some value of their case, in its order."""
    every = Counter(map(value_of, outcomes))
    asked, answered = Counter(value_of(one) for one in outcomes if one.invited), Counter(value_of(one) for one in outcomes if one.answered)
    return tuple(
        Group(value, every[value], asked[value], answered[value], _unusual(asked[value], answered[value], asked.total(), answered.total()))
        for value in sorted(every)
    )


def _unusual(asked: int, answered: int, all_asked: int, all_answered: int) -> bool:
    if all_asked < 2:
        return False
    share = asked / all_asked
    variance = all_answered * share * (1 - share) * (all_asked - all_answered) / (all_asked - 1)
    return abs(answered - all_answered * share) > Z95 * sqrt(variance) if variance > 0 else False


def weights(outcomes: Iterable[Outcome]) -> dict[int, float]:
    """How many of its stratum each answer stands for: the size of the stratum by its answers. So a stratum that was asked less often, or
    answered less often, counts as much as it is large."""
    sizes: Counter[int] = Counter()
    answers: Counter[int] = Counter()
    for one in outcomes:
        sizes[one.stratum] += 1
        answers[one.stratum] += one.answered
    return {stratum: sizes[stratum] / answers[stratum] for stratum in sizes if answers[stratum]}
