"""The case library: what was learnt from closed cases, found by words, and offered when a similar case arrives.

A procedure that declares what its `lesson` is publishes those fields to everybody who works here; the case behind is for those who may
see it. Nothing personal is among them, so nothing of a person has to be forgotten.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import Any

from sqlalchemy import Connection

from engine.deciding import fields
from engine.deciding.cutting import cut, cut_all
from engine.deciding.rights import Actor
from engine.defining.definition import Definition, Field, FieldType
from engine.defining.vocabulary import Sight
from engine.ground.errors import Denied, Invalid, NotFound
from engine.ground.language import say, spoken
from engine.records import cases, lessons, library, personal
from engine.records.lessons import Kept
from engine.usecases.access import refusals_noted
from engine.usecases.house import House
from engine.usecases.listing import bounded
from engine.usecases.naming import in_words
from engine.usecases.viewing import look
from engine.usecases.work import Work, standing

OFFERED = 3              # similar cases at intake
_MOST_WORDS = 200        # of a text, that are looked for
_COMMON = 0.5            # a word that stands in more than this share of the lessons makes nothing similar …
_FEW = 4                 # … once there are so many
EXACT = "="              # begins what a lesson holds exactly: =field:value
_LONGEST_EXACT = 120
_AT_A_TIME = 1000        # lessons looked up in one statement


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson as people read it."""

    number: str
    procedure: str
    title: str                           # of the procedure
    closed_at: datetime
    fields: tuple[tuple[str, str, str], ...]     # name, title, value in words


# --- entering ---------------------------------------------------------------------------------------------------------


def keep(work: Work, case_id: int) -> None:
    """Enter the lesson of a case that was closed, or corrected since; take it out where the case was opened again or one of its fields
    emptied. Part of the transaction that writes the case; anything else that happens to the case costs nothing."""
    learnt, case = work.definition.lesson, work.case
    if not any("closed" in event.data or not event.data.get("set", {}).keys().isdisjoint(learnt) for event in work.events):
        return
    values = [case.fields.get(name) for name in learnt]
    if case.closed_at is not None and not any(map(fields.empty, values)):
        lessons.put(work.conn, Kept(case_id, work.definition.name, case.closed_at), list(_words(work.definition, case.fields)))
    elif any("closed" in event.data for event in work.events) or case.closed_at is not None:
        lessons.forget(work.conn, case_id)


def _words(definition: Definition, values: Mapping[str, Any]) -> Iterator[str]:
    """What the lesson of a case is found by: its words, in every language of its choices, and short values as they are."""
    specs = [definition.fields[name] for name in definition.lesson]
    yield from cut_all(text for spec in specs for text in _texts(spec, values.get(spec.name)))
    for spec in specs:
        if isinstance(value := values.get(spec.name), str) and len(value) <= _LONGEST_EXACT:
            yield f"{EXACT}{spec.name}:{value}"


def _texts(spec: Field, value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if spec.type is FieldType.CHOICE:
            yield from (str(one), *spec.options.get(str(one), {}).values())
        elif spec.type in (FieldType.TEXT, FieldType.NUMBER, FieldType.MONEY, FieldType.DATE) and one is not None:
            yield str(one)


# --- finding ----------------------------------------------------------------------------------------------------------


def search(house: House, text: str, actor: Actor, *, procedure: str | None = None, limit: int = 20) -> list[Lesson]:
    """The lessons in which words of a text stand, those first that have most of them and the rarest.

    Raises Invalid for a text without a word, a limit out of range, and somebody whom the organisation does not know.
    """
    bounded(limit, 1)
    words = cut(text, to_find=True)[:_MOST_WORDS]
    if not words:
        raise Invalid(say("There is nothing to look for"), hint=say("Give words that say what it is about."), field="text", expected="text")
    with house.store.reading() as conn:
        standing(library.organisation(house.store, conn), actor)
        weights = _weights(conn, words)
        ranked = _ranked(lessons.holding(conn, list(weights)), weights)
        return _read(house, conn, [case_id for case_id, _ in ranked], limit, procedure)


def similar(house: House, number: str, actor: Actor, limit: int = OFFERED) -> list[Lesson]:
    """Lessons that have at least two words with a case in common, leaving aside those that most lessons have; most alike first.

    What the actor may see of the case is compared, its personal words too: they are looked up, and nothing of them is kept or shown.
    Raises NotFound, and Denied for whoever may not see the case.
    """
    bounded(limit, 1)
    with refusals_noted(house, actor, "see", case=number):
        return _similar(house, number, actor, limit)


def offered(house: House, number: str, actor: Actor) -> list[Lesson]:
    """The same for whoever has just opened a case; nothing for somebody who may open it and not see it."""
    try:
        return _similar(house, number, actor, OFFERED)
    except Denied:
        return []


def _similar(house: House, number: str, actor: Actor, limit: int) -> list[Lesson]:
    with house.store.reading() as conn:
        loaded = cases.load(conn, number)
        definition = library.definition(house.store, conn, loaded.case.version_id)
        sight = look(house, conn, loaded, actor)
        total = lessons.size(conn)
        if not total:
            return []
        sealed = personal.open_(conn, loaded.id, loaded.case.sealed) if Sight.PERSONAL in sight.parts else {}
        known = {**loaded.case.fields, **sealed}
        specs = [spec for name, spec in definition.fields.items() if name in known and sight.field(spec)]
        words = cut_all((text for spec in specs for text in _texts(spec, known[spec.name])), to_find=True)[:_MOST_WORDS]
        weights = _weights(conn, words, total)
        found = [(case_id, word) for case_id, word in lessons.holding(conn, list(weights)) if case_id != loaded.id]
        ranked = [case_id for case_id, shared in _ranked(found, weights) if shared > 1]
        return _read(house, conn, ranked, limit)


def _weights(conn: Connection, words: Sequence[str], total: int | None = None) -> dict[str, float]:
    """How much each word says that stands in some lesson: the rarer, the more. With `total` those that most have are left out."""
    known = lessons.frequencies(conn, words)
    many = lessons.size(conn) if total is None else total
    return {
        word: log(1 + many / count) for word, count in known.items() if total is None or many < _FEW or count <= many * _COMMON
    }


def _ranked(found: Iterable[tuple[int, str]], weights: Mapping[str, float]) -> list[tuple[int, int]]:
    """Cases with how many words each shares: by what these weigh together, and of equals the latest."""
    sums: dict[int, float] = {}
    shared: dict[int, int] = {}
    for case_id, word in sorted(found):      # in one order, so that sums are the same on every database
        sums[case_id] = sums.get(case_id, 0.0) + weights[word]
        shared[case_id] = shared.get(case_id, 0) + 1
    return [(case_id, shared[case_id]) for case_id in sorted(sums, key=lambda one: (-sums[one], -one))]


def latest(house: House, actor: Actor, *, procedure: str | None = None, limit: int = 20) -> list[Lesson]:
    """The lessons that came last; raises Invalid for a limit out of range and somebody whom the organisation does not know."""
    bounded(limit, 1)
    with house.store.reading() as conn:
        standing(library.organisation(house.store, conn), actor)
        return _read(house, conn, [one.case_id for one in lessons.latest(conn, limit, procedure)], limit)


def lesson(house: House, number: str, actor: Actor) -> Lesson:
    """The lesson of a case; raises NotFound where it has none, whether or not there is such a case."""
    with house.store.reading() as conn:
        standing(library.organisation(house.store, conn), actor)
        try:
            found = _read(house, conn, [cases.load(conn, number).id], 1)
        except NotFound:
            found = []
        if not found:
            raise NotFound(
                say("The library has no lesson of {case}", case=number), hint=say("`makegood library list` shows those that it has."),
                kind="lesson", name=number, near=[],
            )
        return found[0]


def _read(house: House, conn: Connection, ids: Sequence[int], limit: int, procedure: str | None = None) -> list[Lesson]:
    """The first of these cases that have a lesson, of that procedure if asked."""
    wanted: list[Kept] = []
    for start in range(0, len(ids), _AT_A_TIME):
        kept = lessons.entries(conn, ids[start:start + _AT_A_TIME])
        wanted += [kept[one] for one in ids[start:start + _AT_A_TIME] if one in kept and procedure in (None, kept[one].definition)]
        if len(wanted) >= limit:
            break
    return told(house, conn, wanted[:limit])


def told(house: House, conn: Connection, kept: Sequence[Kept]) -> list[Lesson]:
    """Lessons as people read them, in the language spoken, in the order given."""
    organisation, found = library.organisation(house.store, conn), list[Lesson]()
    loaded = {one.id: one.case for one in cases.load_batch(conn, [one.case_id for one in kept])}
    for one in kept:
        case = loaded[one.case_id]
        definition = library.definition(house.store, conn, case.version_id)
        zone = library.calendar(house.store, conn, definition.calendar).timezone
        specs = [definition.fields[name] for name in definition.lesson]
        found.append(Lesson(case.number, definition.name, definition.title.in_(spoken()), one.closed_at, tuple(
            (spec.name, spec.title.in_(spoken()) or spec.name, in_words(spec, case.fields.get(spec.name), zone, {}, organisation))
            for spec in specs
        )))
    return found
