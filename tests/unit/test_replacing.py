"""Copies with some fields changed, made quickly."""

import dataclasses
from datetime import UTC, datetime

import pytest

from engine.deciding.case import ClockRun, ClockStatus, Stop
from engine.deciding.rights import Actor
from engine.defining.definition import Definition
from engine.ground.replacing import replace

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_copy_is_what_dataclasses_would_make_of_it_and_leaves_the_original_alone() -> None:
    run = ClockRun("total", ClockStatus.RUNNING, START, "3 days", stops=[Stop(START, None, "closed")], fired=[(0, 1)])
    before = dataclasses.replace(run)
    for changes in ({}, {"status": ClockStatus.MET, "ended_at": START}, {"fired": []}):
        assert replace(run, **changes) == dataclasses.replace(run, **changes)
    assert run == before


def test_a_frozen_value_is_copied_too() -> None:
    actor = Actor("li.na")
    assert replace(actor, on_behalf="wang.fang") == Actor("li.na", "wang.fang") and actor.on_behalf is None


def test_what_is_given_by_name_only_is_refused() -> None:
    with pytest.raises(AssertionError, match="by name"):
        replace(Definition.__new__(Definition), name="x")
