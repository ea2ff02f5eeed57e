"""`makegood library`: what was learnt from closed cases."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cli import completion
from cli.app import Noun
from cli.options import Limit, Number, arg, opt
from cli.run import Desk
from cli.show import as_json, clean, facts, heading, paint, table
from engine.ground.language import say
from engine.ground.wall import wall

if TYPE_CHECKING:
    from engine.records.judgements import Missed
    from engine.usecases.lessons import Lesson
    from engine.usecases.recurrence import Again

LIBRARY = Noun("library", say("The case library: what was learnt from closed cases, and whether it came again."))
_Procedure = Annotated[str | None, opt("--procedure", "NAME", say("Only lessons of this procedure."), completion.bundles)]


@LIBRARY.verb("search", say("Find lessons by words, in any language: those first that have most of them and the rarest."))
def search(
    desk: Desk, words: Annotated[str, arg("WORDS", say("What it is about."))], procedure: _Procedure = None, limit: Limit = 20,
) -> None:
    """Lessons that say something about it."""
    from engine.usecases.lessons import search as find

    print_lessons(desk, find(desk.house, words, desk.actor(), procedure=procedure, limit=limit),
                  empty=say("The library says nothing about '{text}'.", text=words))


@LIBRARY.verb("list", say("Show the lessons that came last."))
def list_(desk: Desk, procedure: _Procedure = None, limit: Limit = 20) -> None:
    """The latest lessons."""
    from engine.usecases.lessons import latest

    print_lessons(desk, latest(desk.house, desk.actor(), procedure=procedure, limit=limit), empty=say("The library is empty."))


@LIBRARY.verb("show", say("Show the lesson of a case."))
def show(desk: Desk, number: Number) -> None:
    """One lesson whole."""
    from engine.usecases.lessons import lesson

    found = lesson(desk.house, number, desk.actor())
    if desk.as_json:
        as_json(found)
        return
    heading(f"{found.number}  {clean(found.title or found.procedure)}")
    facts([(say("Closed"), wall(found.closed_at, desk.zone), ""), *((clean(title), clean(text), "") for _, title, text in found.fields)])


@LIBRARY.verb("recurrence", say("Show whether what lessons speak of came again, held against as long a time before."))
def recurrence(
    desk: Desk,
    procedure: Annotated[str, arg("PROCEDURE", say("The procedure whose lessons they are."), completion.bundles)],
    days: Annotated[int, opt("--days", "N", say("How many days before its opening and after its closing."), least=1)] = 90,
    limit: Limit = 50,
) -> None:
    """What came again."""
    from engine.usecases.recurrence import recurrence as watched

    found = watched(desk.house, procedure, desk.actor(), days=days, limit=limit)
    if desk.as_json:
        as_json({"lessons": [{**asdict(one), "came_again": one.came_again} for one in found]})
        return
    rows: list[list[str | tuple[str, str]]] = [
        [one.number, wall(one.closed_at, desk.zone), again.what, _count(again.before), _count(again.after), _became(again, over=one.over)]
        for one in found for again in (*one.standards, *one.values)
    ]
    table((say("Case"), say("Closed"), say("What"), say("Before"), say("Since"), ""), rows, empty=say("There is nothing to watch."))


def _count(one: "Missed") -> str:
    return f"{one.missed} / {one.of}"


def _became(again: "Again", *, over: bool) -> tuple[str, str]:
    if again.after.missed:
        return say("came again"), "red"
    return (say("did not come again"), "green") if over else (say("not so far"), "")


def print_offer(lessons: "Sequence[Lesson]") -> None:
    """Lessons beside what was asked for, each in one line."""
    print(say("  similar cases of the past, see `makegood library show NUMBER`:"))
    for one in lessons:
        print("    " + paint(one.number, "bold") + "  " + clean(one.fields[0][2])[:100])


def print_lessons(desk: Desk, lessons: "Sequence[Lesson]", *, empty: str) -> None:
    """Lessons, the first and the last of their fields each."""
    if desk.as_json:
        as_json({"lessons": lessons})
        return
    rows: list[list[str | tuple[str, str]]] = [
        [one.number, wall(one.closed_at, desk.zone), clean(one.fields[0][2]), clean(one.fields[-1][2]) if len(one.fields) > 1 else ""]
        for one in lessons
    ]
    table((say("Case"), say("Closed"), say("What it was"), say("What was learnt")), rows, empty=empty)
