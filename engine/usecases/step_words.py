"""The steps of the arithmetic of a due time, each in a sentence, and their sum."""

from collections.abc import Iterable, Iterator

from engine.deciding.budgets import in_words
from engine.deciding.clock_steps import Awaited, Counted, CountedBack, Ended, Fixed, Picked, Ran, Rolled, Step, StoodThroughout
from engine.deciding.printing import printed
from engine.ground.language import say, spoken
from engine.ground.lengths import length_text
from engine.ground.wall import wall, wall_due


def step_text(step: Step, zone: str) -> str:
    """One step in the language spoken, instants on the wall clock of an IANA zone; "" for those of which the case knows more."""
    match step:
        case Ran():
            return _ran(step, zone)
        case Fixed():
            return say("Due at a date of the case; stops do not move it.")
        case CountedBack():
            at = wall_due(step.since, zone)
            return say("{duration} before {at} lead to {last}.", duration=printed(step.duration, spoken()), at=at, last=step.last)
        case Picked():
            budget = in_words(step.budget, zone)
            if step.latest:
                return say("Of {count} limits the latest counts: {budget}.", count=step.of, budget=budget)
            return say("Of {count} limits the earliest counts: {budget}.", count=step.of, budget=budget)
        case Counted():
            return _counted(step)
        case Rolled():
            if step.last > step.day:
                return say("{day} is not worked: the next worked day is {last}.", day=step.day, last=step.last)
            return say("{day} is not worked: the worked day before it is {last}.", day=step.day, last=step.last)
        case Ended(ends="same_time"):
            return say("It ends at the same time of day: {at}.", at=wall_due(step.at, zone))
        case Ended():
            return say("It ends with the last working hours of that day: {at}.", at=wall_due(step.at, zone))
        case Awaited():
            return say("It stood still at the end of that date, so it ends with {last}, when it ran again.", last=step.last)
    return ""


def _ran(step: Ran, zone: str) -> str:
    since, until = wall(step.since, zone), wall_due(step.until, zone)
    used, left = (length_text(length, days=not step.worked) for length in (step.used, step.left))
    if step.worked:
        return say("Ran {since} – {until}: {used} of working time used, {left} left.", since=since, until=until, used=used, left=left)
    return say("Ran {since} – {until}: {used} used, {left} left.", since=since, until=until, used=used, left=left)


def _counted(step: Counted) -> str:
    duration = printed(step.duration, spoken())
    if step.started is not None:
        return say("{duration} from {first} on, that day included, lead to {last}.", duration=duration, first=step.started, last=step.last)
    return say("{duration} from the day after {first} lead to {last}.", duration=duration, first=step.first, last=step.last)


def summands(steps: Iterable[Step]) -> Iterator[str]:
    """What adds up to a due time: stretches that ran, dates counted, dates added."""
    still = 0
    for step in steps:
        match step:
            case Ran():
                yield length_text(step.used, days=False)
            case Counted():
                yield printed(step.duration, spoken())
            case CountedBack():
                yield say("{duration} before the date", duration=printed(step.duration, spoken()))
            case StoodThroughout():
                still += 1
            case Fixed():
                yield say("the date itself")
    if still:
        yield say("{count:day|days} on which it stood still", count=still)
