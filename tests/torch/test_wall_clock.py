"""A budget of time: a plan in seconds that follows what the loop says has passed."""

import re

import pytest

from preheat import PreheatWarning, cosine, warmup
from preheat.torch import Scheduler
from training import make, plain, update

BUDGET = warmup("5%") >> cosine(1, 0, steps="rest")  # of an hour
TICKS = [0.5, 30.25, 1.0, 600.0, 0.0, 59.75, 1200.5, 900.0, 600.0, 108.0, 50.0]  # seconds of one update after another


def bound(optimizer):
    """A scheduler with an hour to spend."""
    return Scheduler(optimizer, BUDGET, total_steps=3_600, clock="manual")


def run(optimizer, scheduler, ticks):
    """The lr that each update used."""
    used = []
    for seconds in ticks:
        update(optimizer)
        used.append(plain(optimizer.param_groups[0]["lr"]))
        scheduler.advance(seconds)
        scheduler.step()
    return used


def test_an_update_uses_the_value_of_the_time_at_which_it_begins():
    optimizer = make()
    times = [sum(TICKS[:k]) for k in range(len(TICKS))]
    plan = warmup(180) >> cosine(1, 0, steps=3_420)
    assert run(optimizer, bound(optimizer), TICKS) == [plan(time) for time in times]


def test_after_the_budget_is_spent_it_keeps_its_end():
    optimizer = make()
    scheduler = bound(optimizer)
    scheduler.advance(10_000)
    with pytest.warns(PreheatWarning, match="the plan of lr has ended after 3600 updates and holds 0"):
        assert run(optimizer, scheduler, [1, 1]) == [0, 0]


def test_a_falling_plan_never_rises_however_irregular_the_time():
    optimizer = make()
    scheduler = bound(optimizer)
    scheduler.advance(180)
    used = run(optimizer, scheduler, TICKS[:-2])
    assert used == sorted(used, reverse=True)


@pytest.mark.parametrize("seconds", [-1, -0.5])
def test_time_does_not_run_backwards(seconds):
    scheduler = bound(make())
    scheduler.advance(12.5)
    with pytest.raises(ValueError, match=re.escape(f"advance(n={seconds}): n must be a number, 0 or more")):
        scheduler.advance(seconds)
    assert scheduler.state_dict()["amount"] == 12.5


def test_a_resumed_run_has_the_time_that_was_left():
    optimizer = make()
    scheduler = bound(optimizer)
    first = run(optimizer, scheduler, TICKS[:5])
    saved = scheduler.state_dict()
    assert saved["amount"] == 631.75

    again = make()
    resumed = bound(again)
    resumed.load_state_dict(saved)
    whole = make()
    assert first + run(again, resumed, TICKS[5:]) == run(whole, bound(whole), TICKS)
    assert resumed.last_epoch == len(TICKS)


def test_more_time_can_be_had():
    optimizer = make()
    scheduler = Scheduler(optimizer, warmup(180) >> cosine(1, 0, steps="rest"), clock="manual")
    scheduler.advance(90.5)
    scheduler.extend(7_200)
    scheduler.advance(3_600)
    scheduler.step()
    assert scheduler.get_last_lr() == [(warmup(180) >> cosine(1, 0, steps=7_020))(3_690.5)]
