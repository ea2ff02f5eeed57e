"""What staff do beside actions: notes, contacts, files, owners, corrections, more time, pauses, links, numbers, origins."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from engine.deciding.case import ClockStatus
from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.ground.errors import Conflict, Denied, Invalid, NotAllowed, NotFound
from engine.records.tables import METADATA
from engine.usecases import acting, amending, auditing, filing, linking, opening, postponing, reading, sweeping
from engine.usecases.house import House
from engine.usecases.revealing import Reveal
from tests.houses import as_, events_of, state_of
from tests.small import CUSTOMER, HEAD, ROLES, START, do, kinds, messages, opened, refused, sent, small_house

BASE = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
fields:
  customer: {type: party}
  region: {type: choice, options: [near, far], default: near}
  amount: {type: money, currency: EUR}
  sent_on: {type: date}
  story: {type: text}
  why: {type: text, personal: false}
  must: {type: text, personal: false, required: true}
states:
  first:
    tasks:
      t: {by: lab}
      u: {by: lab}
    actions:
      go: {by: desk, to: second}
      end: {by: desk, to: done}
  second:
    actions:
      end: {by: desk, to: done}
  done:
    final: true
    actions: {reopen: {by: manager, to: first}}
clocks:
  total:
    within: [{when: region == 'near', is: 2 days}, {is: 9 days}]
    from: opened
    until: closed
    pause: {in: second}
    extend: {by: manager, up_to: 3 days, at_most: 2, require: why, before: due, notice: longer}
    ladder:
      - {at: 1 day before, remind: owner}
      - {at: due, escalate: superior of owner}
  plain: {within: 8 hours, from: opened, until: end}
  dated: {within: 5 days, from: sent_on, until: closed}
notices: {longer: {to: customer, via: [email]}}
"""
)
TEXTS = {"longer.en": "Until {{ due('total') }} because {{ why }}"}
Opened = tuple[House, VirtualClock, str]


@pytest.fixture
def case() -> Opened:
    house, clock = small_house(BASE, TEXTS)
    return house, clock, opened(house, customer=CUSTOMER, must="x")


def due(house: House, number: str, clock: str = "total") -> object:
    return state_of(house, number).clocks[clock].due_at


# --- notes, contacts, files -------------------------------------------------------------------------------------------


def test_notes_go_into_closed_cases_too(case: Opened) -> None:
    house, _, number = case
    do(house, number, "end")
    amending.note(house, number, as_("bob"), "  thanked us  ")
    assert reading.history(house, number, Reveal(as_("ann")))[0][-1].details == ("“thanked us”",)


@pytest.mark.parametrize("words", ["", "  \n ", "x" * 20_001])
def test_a_note_says_something_and_not_far_too_much(case: Opened, words: str) -> None:
    house, _, number = case
    assert refused(house, Invalid, 3, lambda: amending.note(house, number, as_("ann"), words)).facts["field"] == "text"


def test_contacts_have_a_channel_a_direction_and_words(case: Opened) -> None:
    house, _, number = case
    amending.contact(house, number, as_("ann"), "phone", "in", "she rang")
    amending.contact(house, number, as_("ann"), "phone", "out", "we rang back")
    assert [event.data["direction"] for event in events_of(house, number)[1:]] == ["in", "out"]
    for channel, direction, words, field in (
        ("phone", "sideways", "x", "direction"),
        ("", "in", "x", "channel"),
        ("phone", "in", " ", "text"),
        ("phone of Rose Tyler, 555 1234 5678, ring after six", "in", "x", "channel"),
    ):
        error = refused(house, Invalid, 3, lambda c=channel, d=direction, w=words: amending.contact(house, number, as_("ann"), c, d, w))
        assert error.facts["field"] == field


def test_the_same_content_twice_is_kept_once_and_both_times_are_recorded(case: Opened) -> None:
    house, _, number = case
    for name in ("a.txt", "b.txt"):
        amending.attach(house, number, as_("ann"), name, b"same", "text/plain")
    amending.attach(house, number, as_("ann"), "c.txt", b"other", "text/plain")
    assert [file.size for file in reading.show(house, number, THE_SYSTEM).files] == [4, 5]
    assert kinds(house, number).count("attached") == 3


@pytest.mark.parametrize("size", [0, filing.LARGEST_FILE + 1])
def test_files_are_neither_empty_nor_far_too_large(case: Opened, size: int) -> None:
    house, _, number = case
    assert refused(house, Invalid, 3, lambda: amending.attach(house, number, as_("ann"), "f", b"x" * size)).facts["field"] == "file"


def test_who_holds_no_post_and_has_no_part_in_the_case_is_denied_everything(case: Opened) -> None:
    house, _, number = case
    eve, other = as_("eve"), opened(house, must="x")
    for what in (
        lambda: amending.note(house, number, eve, "x"),
        lambda: amending.contact(house, number, eve, "phone", "in", "x"),
        lambda: amending.attach(house, number, eve, "f", b"x"),
        lambda: amending.assign(house, number, eve, "bob"),
        lambda: amending.correct(house, number, eve, {"must": "y"}, "z"),
        lambda: postponing.pause(house, number, eve, None, "x"),
        lambda: linking.link(house, number, eve, "related", other),
        lambda: amending.note(house, number, as_("customer"), "x"),
    ):
        refused(house, Denied, 6, what)
    for what in (lambda: amending.note(house, number, as_("nobody"), "x"), lambda: do(house, number, "go", "nobody")):
        assert refused(house, Invalid, 3, what).facts["field"] == "actor"


def test_whoever_was_added_takes_part(case: Opened) -> None:
    house, _, number = case
    amending.assign(house, number, as_("ann"), "eve")
    amending.note(house, number, as_("eve"), "now mine")


def test_what_is_unknown_is_not_found(case: Opened) -> None:
    house, _, number = case
    for what in (
        lambda: amending.note(house, "S-2026-002", as_("ann"), "x"),
        lambda: amending.assign(house, number, as_("ann"), "zoe"),
        lambda: linking.link(house, number, as_("ann"), "related", "S-1"),
        lambda: postponing.pause(house, number, as_("ann"), "nope", "x"),
        lambda: postponing.extend(house, number, as_("carl"), "nope", "1 day"),
        lambda: opening.open_case(house, "smalll", as_("ann"), {}),
    ):
        refused(house, NotFound, 4, what)
    assert "S-2026-001" in refused(house, NotFound, 4, lambda: acting.act(house, "S-2026-0O1", "go", as_("ann"))).hint


# --- assigning --------------------------------------------------------------------------------------------------------


def test_a_case_handed_over_is_its_new_owners_who_is_told(case: Opened) -> None:
    house, _, number = case
    amending.assign(house, number, as_("ann"), "bob")
    assert state_of(house, number).owner == "bob" and sent(house, number) == [("assigned", "bob")]
    amending.assign(house, number, as_("ann"), "ann")
    assert sent(house, number) == [("assigned", "bob")], "nobody is told what they did themselves"


def test_handing_over_to_who_has_it_already_changes_nothing(case: Opened) -> None:
    house, _, number = case
    refused(house, Invalid, 3, lambda: amending.assign(house, number, as_("bob"), "ann"))
    amending.assign(house, number, as_("ann"), "bob", task="t")
    refused(house, Invalid, 3, lambda: amending.assign(house, number, as_("ann"), "bob", task="t"))


def test_a_task_goes_only_to_who_may_do_it_and_only_while_it_is_open(case: Opened) -> None:
    house, _, number = case
    assert "bob" in refused(house, Denied, 6, lambda: amending.assign(house, number, as_("ann"), "ann", task="t")).message
    refused(house, NotAllowed, 5, lambda: amending.assign(house, number, as_("ann"), "bob", task="nope"))
    do(house, number, "t", "bob")
    refused(house, NotAllowed, 5, lambda: amending.assign(house, number, as_("ann"), "bob", task="t"))


def test_a_closed_case_is_not_handed_over_paused_or_extended(case: Opened) -> None:
    house, _, number = case
    do(house, number, "end")
    for what in (
        lambda: amending.assign(house, number, as_("ann"), "bob"),
        lambda: postponing.pause(house, number, as_("ann"), None, "x"),
        lambda: postponing.extend(house, number, as_("carl"), "total", "1 day", {"why": "x"}),
    ):
        refused(house, NotAllowed, 5, what)


# --- correcting -------------------------------------------------------------------------------------------------------


def test_a_correction_keeps_old_and_new_value_and_the_reason(case: Opened) -> None:
    house, _, number = case
    amending.correct(house, number, as_("bob"), {"region": "far", "story": "it broke"}, "misheard")
    event = events_of(house, number)[-1]
    assert event.kind == "corrected" and event.data["set"] == {"region": ["near", "far"]} and set(event.data["sealed"]) == {"story"}
    assert "misheard" in " ".join(reading.history(house, number, Reveal(as_("ann")))[0][-1].details)


def test_a_correction_changes_something_says_why_and_leaves_required_fields_filled(case: Opened) -> None:
    house, _, number = case
    for given, reason, field in (
        ({"region": "near"}, "x", "set"),
        ({}, "x", "set"),
        ({"region": "far"}, "  ", "reason"),
        ({"must": ""}, "x", "must"),
        ({"customer": CUSTOMER}, "same again", "set"),
        ({"nope": "1"}, "x", "nope"),
    ):
        error = refused(house, Invalid, 3, lambda g=given, r=reason: amending.correct(house, number, as_("ann"), g, r))
        assert error.facts["field"] == field
    assert refused(house, Invalid, 3, lambda: do(house, number, "go", must="")).facts["missing"] == ["must"]


def test_correcting_the_customer_names_another_party(case: Opened) -> None:
    house, _, number = case
    amending.correct(house, number, as_("ann"), {"customer": {"name": "Martha Jones", "email": "m@customer.example"}}, "mixed up")
    assert state_of(house, number).party == 2 and reading.show(house, number, THE_SYSTEM).customer["name"] == "M* J*"  # type: ignore[index]


def test_a_correction_moves_the_deadline_and_arms_the_rungs_again(case: Opened) -> None:
    house, clock, number = case
    clock.move_to(START + timedelta(days=1, hours=15))
    sweeping.sweep(house)
    assert "rung total 1 day before" in kinds(house, number)
    amending.correct(house, number, as_("ann"), {"region": "far"}, "misheard")
    run = state_of(house, number).clocks["total"]
    assert (run.due_at, run.round, run.fired) == (START + timedelta(days=9, hours=15), 2, [])
    clock.move_to(START + timedelta(days=9))
    sweeping.sweep(house)
    assert kinds(house, number).count("rung total 1 day before") == 2


def test_a_correction_withdraws_a_breach_that_was_none_and_says_so(case: Opened) -> None:
    house, clock, number = case
    clock.move_to(START + timedelta(days=4))
    sweeping.sweep(house)
    assert state_of(house, number).clocks["total"].breached_at == START + timedelta(days=2, hours=15)
    amending.correct(house, number, as_("ann"), {"region": "far"}, "misheard")
    assert kinds(house, number)[-2:] == ["corrected", "breach_withdrawn total"] and "breach total" in kinds(house, number)
    assert state_of(house, number).clocks["total"].breached_at is None
    with house.store.reading() as conn:
        assert conn.execute(text('select breaches from "case"')).scalar_one() == 1, "that of the other clock stands"


def test_a_correction_that_makes_a_clock_overdue_at_once_breaches_it_as_of_then_and_sends_no_burst(case: Opened) -> None:
    house, clock, _ = case
    number = opened(house, must="x", region="far")
    clock.move_to(START + timedelta(days=4))
    amending.correct(house, number, as_("ann"), {"region": "near"}, "misheard")
    sweeping.sweep(house)
    breach = next(event for event in events_of(house, number) if event.kind == "breach" and event.data["clock"] == "total")
    assert breach.occurred_at == START + timedelta(days=2, hours=15)
    assert [name for name, _ in sent(house, number)] == ["escalated", "escalated"], "the latest rung only"


def test_a_clock_from_a_date_follows_its_correction(case: Opened) -> None:
    house, _, number = case
    do(house, number, "go", sent_on="2026-03-02")
    first = due(house, number, "dated")
    amending.correct(house, number, as_("ann"), {"sent_on": "2026-03-04"}, "postmark")
    assert due(house, number, "dated") == first + timedelta(days=2)  # type: ignore[operator]


# --- more time --------------------------------------------------------------------------------------------------------


def test_an_extension_moves_the_due_time_and_tells_with_the_new_one(case: Opened) -> None:
    house, _, number = case
    postponing.extend(house, number, as_("carl"), "total", "3 days", {"why": "a part is missing"})
    assert due(house, number) == START + timedelta(days=5, hours=15)
    assert sent(house, number) == [("longer", "customer")]
    assert "a part is missing" in messages(house)[0].text and "7 March 2026" in messages(house)[0].text


def test_every_bound_of_an_extension_is_kept(case: Opened) -> None:
    house, clock, number = case
    carl = as_("carl")

    def reasons(kind: type, code: int, clock_: str = "total", by: str = "1 day", who: str = "carl", **given: str) -> list[str]:
        return refused(house, kind, code, lambda: postponing.extend(house, number, as_(who), clock_, by, given)).facts.get("reasons")  # type: ignore[no-any-return]

    assert reasons(Denied, 6, who="ann", why="x") == ["role"]
    assert reasons(Invalid, 3, by="4 days", why="x") == ["limit"]
    assert reasons(Invalid, 3, by="2 working days", why="x") == ["limit"]
    assert reasons(Invalid, 3, by="0 days", why="x") == ["limit"]
    assert reasons(Invalid, 3, by="soon", why="x") is None
    assert reasons(Invalid, 3) == ["require"]
    assert reasons(NotAllowed, 5, clock_="plain", why="x") == ["state"]
    assert reasons(NotAllowed, 5, clock_="dated", why="x") == ["state"]
    postponing.extend(house, number, carl, "total", "1 day", {"why": "x"})
    postponing.extend(house, number, carl, "total", "1 day")
    assert reasons(NotAllowed, 5) == ["at_most"]
    other = opened(house, must="x")
    clock.move_to(START + timedelta(days=3))
    error = refused(house, NotAllowed, 5, lambda: postponing.extend(house, other, carl, "total", "1 day", {"why": "x"}))
    assert error.facts["reasons"] == ["within"], "it was due, whether or not a sweep had come by"


def test_a_pause_by_hand_stops_a_clock_until_it_is_resumed(case: Opened) -> None:
    house, clock, number = case
    clock.move_to(START + timedelta(hours=2))
    postponing.pause(house, number, as_("ann"), "plain", "power cut")
    assert (state_of(house, number).clocks["plain"].status, due(house, number, "plain")) == (ClockStatus.PAUSED, None)
    assert state_of(house, number).clocks["total"].status is ClockStatus.RUNNING
    clock.move_to(START + timedelta(hours=7))
    postponing.resume(house, number, as_("bob"), "plain")
    assert due(house, number, "plain") == START + timedelta(hours=13)
    assert kinds(house, number)[1:] == ["paused", "resumed"]


def test_every_clock_is_paused_without_a_name_and_the_states_own_pause_is_not_ended_by_hand(case: Opened) -> None:
    house, _, number = case
    do(house, number, "go")
    refused(house, NotAllowed, 5, lambda: postponing.resume(house, number, as_("ann"), None))
    postponing.pause(house, number, as_("ann"), None, "x")
    assert {run.status for run in state_of(house, number).clocks.values()} == {ClockStatus.PAUSED}
    postponing.resume(house, number, as_("ann"), None)
    assert state_of(house, number).clocks["total"].status is ClockStatus.PAUSED
    assert state_of(house, number).clocks["plain"].status is ClockStatus.RUNNING


def test_pausing_needs_a_running_clock_and_a_reason(case: Opened) -> None:
    house, _, number = case
    refused(house, Invalid, 3, lambda: postponing.pause(house, number, as_("ann"), "plain", " "))
    postponing.pause(house, number, as_("ann"), "plain", "x")
    refused(house, NotAllowed, 5, lambda: postponing.pause(house, number, as_("ann"), "plain", "x"))
    refused(house, NotAllowed, 5, lambda: postponing.resume(house, number, as_("ann"), "total"))


def test_what_fell_due_before_a_pause_counts(case: Opened) -> None:
    house, clock, number = case
    clock.move_to(START + timedelta(hours=9))
    postponing.pause(house, number, as_("ann"), "plain", "too late")
    assert kinds(house, number)[1:] == ["breach plain", "paused"]


# --- links ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "back"), [("related", "related"), ("duplicate", "has_duplicate"), ("follow_up", "followed_by")])
def test_two_cases_point_at_each_other(case: Opened, kind: str, back: str) -> None:
    house, _, number = case
    other = opened(house, must="x")
    linking.link(house, other, as_("ann"), kind, number)
    assert state_of(house, other).links == [(kind, number)] and state_of(house, number).links == [(back, other)]
    assert kinds(house, number)[-1] == kinds(house, other)[-1] == "linked"
    refused(house, Conflict, 7, lambda: linking.link(house, other, as_("ann"), kind, number))


def test_a_link_settles_both_cases_first(case: Opened) -> None:
    house, clock, number = case
    other = opened(house, must="x")
    clock.move_to(START + timedelta(hours=9))
    outcome = linking.link(house, number, as_("ann"), "related", other)
    assert [event.kind for event in outcome.settled] == ["breach"] and [event.kind for event in outcome.events] == ["linked"]
    assert kinds(house, other)[1:] == ["breach plain", "linked"]


def test_a_case_is_not_linked_with_itself_or_in_unknown_ways(case: Opened) -> None:
    house, _, number = case
    other = opened(house, must="x")
    refused(house, Invalid, 3, lambda: linking.link(house, number, as_("ann"), "related", number))
    refused(house, Invalid, 3, lambda: linking.link(house, number, as_("ann"), "has_duplicate", other))


# --- numbers, origins, revisions --------------------------------------------------------------------------------------


def test_numbers_have_no_gaps_whatever_was_refused_in_between() -> None:
    house, clock = small_house(BASE, TEXTS)
    assert opened(house, must="x") == "S-2026-001"
    for what in (lambda: opened(house), lambda: opened(house, "eve", must="x"), lambda: opened(house, must="x", amount="a lot")):
        with pytest.raises((Invalid, Denied)):
            what()
    results: list[object] = []
    opening.open_many(
        house,
        "small",
        as_("ann"),
        [("a:1", {"must": "x"}), ("a:2", {}), ("a:1", {"must": "x"}), ("a:3", {"must": "x"})],
        lambda origin, result: results.append(getattr(result, "number", type(result))),
    )
    assert results == ["S-2026-002", Invalid, Conflict, "S-2026-003"]
    clock.move_to(START.replace(year=2027))
    assert opened(house, must="x") == "S-2027-001"
    clock.move_to(START)
    assert opened(house, must="x") == "S-2026-004"


def test_an_origin_opens_one_case_only() -> None:
    house, _ = small_house(BASE, TEXTS)
    opening.open_case(house, "small", as_("ann"), {"must": "x"}, origin="file:7")
    refused(house, Conflict, 7, lambda: opening.open_case(house, "small", as_("ann"), {"must": "x"}, origin="file:7"))


def test_who_looked_at_an_older_revision_is_told_what_it_is_now(case: Opened) -> None:
    house, _, number = case
    seen = reading.show(house, number, THE_SYSTEM).revision
    amending.note(house, number, as_("bob"), "x")
    error = refused(house, Conflict, 7, lambda: acting.act(house, number, "go", as_("ann"), {}, revision=seen))
    assert error.facts["state"] == "first" and error.facts["revision"] == seen + 1
    acting.act(house, number, "go", as_("ann"), {}, revision=seen + 1)


def test_actions_that_are_not_there_say_what_is(case: Opened) -> None:
    house, _, number = case
    error = refused(house, NotAllowed, 5, lambda: do(house, number, "ggo"))
    assert error.facts["reasons"] == ["state"] and "did you mean 'go'" in error.message and error.facts["possible"] == ["go", "end"]
    do(house, number, "end")
    assert refused(house, NotAllowed, 5, lambda: do(house, number, "go")).facts["reasons"] == ["closed"]


def test_wrong_values_are_all_named_at_once(case: Opened) -> None:
    house, _, number = case
    error = refused(house, Invalid, 3, lambda: do(house, number, "go", amount="much", region="mars", sent_on="2026-02-30", nope="1"))
    assert [one["field"] for one in error.facts["problems"]] == ["amount", "region", "sent_on", "nope"]


# --- personal data ----------------------------------------------------------------------------------------------------


def test_nothing_personal_can_be_read_in_any_table(case: Opened) -> None:
    house, clock, number = case
    secret = ("Rose", "Tyler", "rose@customer.example", "Confidential")
    do(house, number, "go", story="Confidential story", comment="Confidential comment")
    amending.note(house, number, as_("ann"), "Confidential note about Rose")
    amending.contact(house, number, as_("ann"), "phone", "in", "Confidential call")
    amending.attach(house, number, as_("ann"), "Confidential Rose.txt", b"Confidential content")
    amending.correct(house, number, as_("ann"), {"story": "Confidential other"}, "Confidential reason")
    postponing.pause(house, number, as_("ann"), "plain", "Confidential pause")
    postponing.resume(house, number, as_("ann"), "plain", "Confidential resume")
    postponing.extend(house, number, as_("carl"), "total", "1 day", {"why": "public", "comment": "Confidential"})
    linking.link(
        house, number, as_("ann"), "related", opened(house, must="x", customer=CUSTOMER, story="Confidential", comment="Confidential")
    )
    clock.move_to(START + timedelta(days=20))
    sweeping.sweep(house)
    do(house, number, "end")
    with house.store.reading() as conn:
        found = {
            table
            for table in METADATA.tables
            for row in conn.execute(text(f'select * from "{table}"'))
            if any(word in json.dumps([str(value) for value in row], ensure_ascii=False) for word in secret)
        }
    assert not found, "and everywhere else it is sealed"
    assert auditing.verify(house).problems == []
