"""Amounts that missed promises bring: once, within authority, capped, the same however late the sweep comes, and taken back."""

from datetime import datetime, timedelta
from decimal import Decimal
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.ground.clock import VirtualClock
from engine.ground.errors import Denied
from engine.usecases import acting, approving, migrating, postponing
from engine.usecases.amending import correct
from engine.usecases.auditing import verify
from engine.usecases.house import House
from engine.usecases.sweeping import sweep
from tests.houses import as_, events_of, state_of
from tests.small import HEAD, START, kinds, opened, put_in_force, refused, sent, small_house

PROMISE = HEAD + dedent("""\
    roles: {desk: {}, lab: {}, manager: {}, director: {}}
    fields:
      customer: {type: text, pattern: "[a-z]*"}
      credit:   {type: money, currency: GBP, default: 0, between: [0, 1000]}
    authority: {system: AUTHORITY, manager: 40 GBP, director: unlimited}
    opening: {by: desk}
    states:
      open:
        actions:
          keep: {by: desk, to: done, backdate: 60 days}
          write: {by: desk, backdate: 60 days}
      done: {final: true}
    clocks:
      promise:
        from: opened
        until: keep
        within: 24 hours
        extend: {by: desk, up_to: 48 hours, at_most: 5}
        ladder:
          - {at: due, grant: {credit: 10}, notice: sorry}
          - {at: every 24 hours after, at_most: 4, grant: {credit: "5 if credit < 1000 else 0"}, notice: sorry}
    notices: {sorry: {to: owner, via: [email]}}
    """)


def house_with(authority: str = "unlimited") -> tuple[House, VirtualClock, str]:
    house, clock = small_house(PROMISE.replace("AUTHORITY", authority), {"sorry.en": "{{ credit }} for {{ number }}"})
    return house, clock, opened(house)


def oracle(kept: datetime | None, now: datetime, first: int = 10, further: int = 5, most: int = 4) -> Decimal:
    """By arithmetic alone: ten once due has passed, five for each full day begun since, four times at most."""
    late = (min(kept, now) if kept else now) - START - timedelta(hours=24)
    if late <= timedelta():
        return Decimal(0)
    days = -(-late // timedelta(days=1)) - 1
    return Decimal(first + further * min(most, days))


def credit(house: House, number: str) -> Decimal:
    return Decimal(str(state_of(house, number).fields.get("credit", "0")).split()[0])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.integers(1, 90), min_size=1, max_size=5), st.integers(0, 240), st.booleans())
def test_the_amount_is_what_arithmetic_says_however_the_sweep_comes_and_whenever_it_was_kept(
    waits: list[int], ago: int, swept: bool
) -> None:
    house, clock, number = house_with()
    for hours in waits:
        clock.move_to(clock.now() + timedelta(hours=hours))
        if swept:
            sweep(house)
    now = clock.now()
    kept = max(START + timedelta(minutes=1), now - timedelta(hours=ago))
    acting.act(house, number, "keep", as_("ann"), {}, at=kept.isoformat() if kept < now else None)
    assert credit(house, number) == oracle(kept, now)
    clock.move_to(clock.now() + timedelta(days=30))
    sweep(house)
    state = state_of(house, number)
    assert credit(house, number) == oracle(kept, now) == sum((one.amount for one in state.grants), Decimal(0))
    assert verify(house).problems == []


def test_each_point_grants_once_and_tells_of_it_with_the_amount_so_far() -> None:
    house, clock, number = house_with()
    clock.move_to(clock.now() + timedelta(days=30))
    sweep(house)
    sweep(house)
    assert credit(house, number) == 30
    assert sent(house, number) == [("sorry", "ann")] * 5
    assert [event.occurred_at - START for event in events_of(house, number) if "granted" in event.data] == [
        timedelta(days=n) for n in range(1, 6)]


def test_what_is_above_what_the_case_grants_by_itself_is_asked_of_the_lowest_who_may_and_the_notice_waits() -> None:
    house, clock, number = house_with("12 GBP")
    clock.move_to(clock.now() + timedelta(hours=49))
    sweep(house)
    state = state_of(house, number)
    assert (credit(house, number), sent(house, number)) == (10, [("sorry", "ann"), ("request", "carl")])
    (request,) = state.requests.values()
    refused(house, Denied, 6, lambda: approving.vote(house, number, request.id, as_("ann"), "approve"))
    acting.act(house, number, "keep", as_("ann"), {})
    approving.vote(house, number, request.id, as_("carl"), "approve")      # owed as before, though the case is closed
    state = state_of(house, number)
    assert (credit(house, number), state.requests, sent(house, number)[-1]) == (15, {}, ("sorry", "ann"))
    assert kinds(house, number)[-1] == "granted promise"


def test_who_declines_grants_nothing_and_nobody_hears_of_it() -> None:
    house, clock, number = house_with("12 GBP")
    clock.move_to(clock.now() + timedelta(hours=49))
    sweep(house)
    (request,) = state_of(house, number).requests
    approving.vote(house, number, request, as_("carl"), "decline", "not our fault")
    assert (credit(house, number), [name for name, _ in sent(house, number)].count("sorry")) == (10, 1)


def test_several_requests_count_together_against_the_authority_of_who_approves() -> None:
    house, clock, number = house_with("0 GBP")
    clock.move_to(clock.now() + timedelta(days=10))
    sweep(house)
    state = state_of(house, number)
    assert [part.of.name for one in state.requests.values() for part in one.parts] == ["manager"] * 5
    for request in list(state.requests)[:5]:
        approving.vote(house, number, request, as_("carl"), "approve")
    assert credit(house, number) == 30


def test_requests_that_nothing_was_missed_for_end() -> None:
    house, clock, number = house_with("0 GBP")
    clock.move_to(clock.now() + timedelta(days=2, hours=5))
    sweep(house)
    first, second = state_of(house, number).requests
    approving.vote(house, number, second, as_("carl"), "approve")
    acting.act(house, number, "keep", as_("ann"), {}, at=(START + timedelta(hours=3)).isoformat())
    state = state_of(house, number)
    assert (credit(house, number), state.requests, state.grants, state.clocks["promise"].breached_at) == (0, {}, [], None)
    assert "taken_back promise" in kinds(house, number)
    with pytest.raises(Exception, match=str(first)):
        approving.vote(house, number, first, as_("carl"), "approve")


def test_more_time_takes_back_what_then_has_not_come_and_it_comes_again() -> None:
    house, clock, number = house_with()
    clock.move_to(clock.now() + timedelta(hours=49))       # due passed 25 hours ago
    sweep(house)
    assert credit(house, number) == 15
    postponing.extend(house, number, as_("ann"), "promise", "48 hours", {})
    assert credit(house, number) == 0
    clock.move_to(clock.now() + timedelta(days=2))
    sweep(house)
    assert credit(house, number) == 15       # due is a day later, and another day has passed since


def test_what_does_not_touch_the_clock_takes_nothing_back() -> None:
    house, clock, number = house_with()
    clock.move_to(clock.now() + timedelta(hours=49))
    acting.act(house, number, "write", as_("ann"), {}, at=(START + timedelta(hours=3)).isoformat())
    assert credit(house, number) == 15


def test_staff_may_lower_an_amount_and_taking_back_never_goes_below_nothing() -> None:
    house, clock, number = house_with()
    clock.move_to(clock.now() + timedelta(hours=49))
    correct(house, number, as_("ann"), {"credit": "3"}, "agreed with the customer")
    acting.act(house, number, "keep", as_("ann"), {}, at=(START + timedelta(hours=3)).isoformat())
    assert credit(house, number) == 0


def test_amounts_granted_count_with_what_people_decide() -> None:
    house, clock, number = house_with("17 GBP")
    clock.move_to(clock.now() + timedelta(days=10))
    sweep(house)
    state = state_of(house, number)
    assert ([str(one.amount) for one in state.grants], len(state.requests)) == (["10.00", "5.00"], 3)


def test_what_was_granted_or_asked_for_before_a_migration_stands_and_nothing_is_granted_twice() -> None:
    house, clock, number = house_with("12 GBP")
    clock.move_to(clock.now() + timedelta(hours=49))
    sweep(house)
    assert (credit(house, number), len(state_of(house, number).requests)) == (10, 1)
    text = PROMISE.replace("AUTHORITY", "unlimited").replace("every 24 hours after, at_most: 4", "every 6 hours after, at_most: 9")
    put_in_force(house, text, {"sorry.en": "{{ credit }} for {{ number }}"})
    assert migrating.migrate(house, [number], migrating.Wanted(as_("dora"), "another promise")).refused == []
    assert credit(house, number) == 10
    (request,) = state_of(house, number).requests
    approving.vote(house, number, request, as_("carl"), "approve")
    assert credit(house, number) == 15
    clock.move_to(clock.now() + timedelta(hours=5, minutes=1))          # the next six hours after due are over
    sweep(house)
    assert credit(house, number) == 20
    acting.act(house, number, "keep", as_("ann"), {}, at=(START + timedelta(hours=3)).isoformat())
    assert credit(house, number) == 15 and verify(house).problems == []
