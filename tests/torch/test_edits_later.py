"""What becomes of edits when a run is resumed or sought; edits that cannot be made."""

import re

import pytest
import torch

from preheat import PreheatWarning, constant, cosine, function, linear, noam, one_minus_sqrt, warmup
from preheat.torch import Scheduler
from resuming import started, states
from training import PLAN, VALUES, make, train, update, watched

HELD = warmup(4) >> constant(1)


def run(plan=PLAN, updates=0, lr=1.0, **options):
    """An optimizer and a scheduler after some updates."""
    optimizer = make(torch.optim.SGD, lr)
    scheduler = Scheduler(optimizer, plan, **options)
    train(optimizer, scheduler, updates)
    return optimizer, scheduler


def again(optimizer, scheduler, order="bs"):
    """The same code started again, and loaded."""
    second = make()
    return second, started(order, second, lambda one: Scheduler(one, PLAN), states(optimizer, scheduler))


def test_edits_of_groups_with_clocks_of_their_own_are_resumed():
    optimizer, scheduler = run(HELD, updates=2)
    scheduler.replan(PLAN)
    for lr in (0.5, 0.25):
        train(optimizer, scheduler, updates=3)
        optimizer.add_param_group({**make().param_groups[0], "lr": lr, "join": "from_zero"})
        train(optimizer, scheduler, updates=2)
        scheduler.replan(linear(1, lr, steps=20))
    second = make(torch.optim.SGD, 1.0, 0.5, 0.25)
    resumed = Scheduler(second, HELD)
    resumed.load_state_dict(scheduler.state_dict())
    seen, expected = watched(second), watched(optimizer)
    train(second, resumed, updates=9)
    train(optimizer, scheduler, updates=9)
    assert seen == expected
    for index in (1, 11, 7, 4, 2, 5):
        scheduler.seek(index)
        resumed.seek(index)
        assert scheduler.get_last_lr() == resumed.get_last_lr()


def test_back_between_two_edits_of_a_group_with_a_clock_of_its_own():
    optimizer, scheduler = run(HELD, updates=2)
    optimizer.add_param_group({**make().param_groups[0], "join": "from_zero"})
    for plan in (linear(1, 0.5, steps=8), constant(0.25)):
        train(optimizer, scheduler, updates=4)
        scheduler.replan(plan)
    for index, values in ((11, [0.25, 0.25]), (7, [0.875, 0.875]), (5, [1.0, 1.0]), (3, [1.0, 0.5])):
        scheduler.seek(index)
        assert scheduler.get_last_lr() == values


@pytest.mark.parametrize("updates", [0, 1, 4, 7])
@pytest.mark.parametrize("order", ["bos", "bso", "obs", "bs", "bss"])
def test_an_edited_run_is_resumed_at_any_update(order, updates):
    optimizer, scheduler = run(updates=5)
    scheduler.cooldown(4, end=0.25)
    train(optimizer, scheduler, updates=2)
    scheduler.replan(cosine(0.25, 1, steps=30))
    train(optimizer, scheduler, updates=updates)
    second, resumed = again(optimizer, scheduler, order)
    assert resumed.state_dict() == scheduler.state_dict()
    assert train(second, resumed, updates=9) == train(optimizer, scheduler, updates=9)


def test_back_before_an_edit_and_forward_again():
    optimizer, scheduler = run(updates=9)
    scheduler.replan(warmup(4))
    scheduler.seek(7)
    assert train(optimizer, scheduler, updates=6) == [*VALUES[7:9], 0.25, 0.5, 0.75, 1.0]
    scheduler.seek(11)
    assert scheduler.get_last_lr() == [0.75]


def test_back_before_an_edit_another_one_replaces_it():
    optimizer, scheduler = run(updates=9)
    scheduler.replan(warmup(4))
    scheduler.seek(7)
    scheduler.cooldown(2, shape="linear")
    second, resumed = again(optimizer, scheduler)
    expected = linear(VALUES[6], 0, steps=2).values()
    assert train(optimizer, scheduler, updates=2) == train(second, resumed, updates=2) == expected


def test_two_edits_at_update_0():
    optimizer, scheduler = run()
    scheduler.replan(constant(0.5))
    scheduler.replan(linear(0.25, 0.75, steps=2))
    second, resumed = again(optimizer, scheduler)
    assert train(optimizer, scheduler, updates=2) == train(second, resumed, updates=2) == [0.5, 0.75]


def test_two_edits_at_the_same_update():
    optimizer, scheduler = run(updates=3)
    scheduler.replan(constant(0.5))
    scheduler.cooldown(2, shape="linear")
    second, resumed = again(optimizer, scheduler)
    expected = linear(VALUES[2], 0, steps=2).values()
    assert train(optimizer, scheduler, updates=2) == train(second, resumed, updates=2) == expected


def test_a_hundred_edits_in_one_run():
    optimizer, scheduler = run()
    seen = []
    for k in range(100):
        seen += train(optimizer, scheduler, updates=3)
        if k % 2:
            scheduler.replan(warmup(4) >> 2 * cosine(0.5, 0.25, steps=90))
        else:
            scheduler.cooldown(50, end=0.1)
    (schedule,) = scheduler._bindings[0].schedules
    assert (schedule.plans["*"].depth, len(schedule.plans["*"].plans)) == (3, 102)
    second, resumed = again(optimizer, scheduler)
    assert train(second, resumed, updates=20) == train(optimizer, scheduler, updates=20)
    resumed.seek(0)
    assert train(second, resumed, updates=300) == seen


def test_a_function_without_a_name_is_refused():
    optimizer, scheduler = run(updates=3)
    words = r"replan\(plan=function\(.*<lambda>\)\): plan must have a text, for checkpoints to replay; define it in"
    for plan in (lambda i: 1 / (i + 1), constant(1, steps=2) >> function(lambda i: 1 / (i + 1))):
        with pytest.raises(ValueError, match=words):
            scheduler.replan(plan)
    assert train(optimizer, scheduler, updates=2) == VALUES[3:5]


BAD = {
    "knob": (
        lambda one: one.replan(constant(1), knob="momentum"),
        r"Scheduler\(knob='momentum'\): knob must be one that is driven: lr",
    ),
    "shape": (
        lambda one: one.cooldown(4, shape="noam"),
        r"cooldown\(shape='noam'\): shape must be the name of one that takes start, end and steps alone",
    ),
    "no shape": (
        lambda one: one.cooldown(4, shape=[]),
        r"cooldown\(shape=\[\]\): shape must be the name of one that takes start",
    ),
    "length": (lambda one: one.cooldown(-1), r"one_minus_sqrt\(steps=-1\): steps must be a whole number of updates"),
    "no length": (
        lambda one: one.cooldown(1.5),
        r"one_minus_sqrt\(steps=1.5\): steps must be a whole number of updates",
    ),
    "end": (
        lambda one: one.cooldown(4, end=-1),
        r"Scheduler\(plan=one_minus_sqrt\(.*, -1, steps=4\)\): lr must be 0 or more, got -.* at update 0",
    ),
    "range": (
        lambda one: one.replan(linear(1, -1, steps=10)),
        r"Scheduler\(plan=linear\(1, -1, steps=10\)\): lr must be 0 or more, got -0.2 at update 5",
    ),
    "text": (lambda one: one.replan("warmpu(4)"), r"'warmpu' must be the name of a shape; did you mean 'warmup'"),
    "kind": (lambda one: one.replan(0.5), r"Scheduler\(plan=0.5\): plan must be a plan, its text, or a function"),
    "value": (lambda one: one.replan(negative), r"lr must be 0 or more, got -1 at update 3"),
    "rule": (lambda one: one.cooldown(4, shape="exponential"), "start and end must be both above 0 or both below"),
}


def negative(i):
    return -1.0 - i


@pytest.mark.parametrize("which", BAD)
def test_an_edit_that_fails_leaves_everything_as_it_was(which):
    act, words = BAD[which]
    optimizer, scheduler = run(updates=3)
    before = [scheduler.state_dict(), scheduler.used(), scheduler.next(), scheduler.get_last_lr()]
    with pytest.raises((ValueError, TypeError), match=words):
        act(scheduler)
    assert [scheduler.state_dict(), scheduler.used(), scheduler.next(), scheduler.get_last_lr()] == before
    assert train(optimizer, scheduler, updates=37) == VALUES[3:]


def test_an_edit_that_fails_for_one_group_is_made_for_none():
    optimizer = make(torch.optim.SGD, 1.0, 1.0)
    scheduler = Scheduler(optimizer, {0: constant(1), 1: constant(0)})
    train(optimizer, scheduler, updates=2)
    with pytest.raises(ValueError, match="start and end must be both above 0"):
        scheduler.cooldown(4, end=0.5, shape="exponential")
    assert scheduler.state_dict()["edits"] == []
    assert scheduler.get_last_lr() == [1.0, 0.0]


def test_a_new_plan_of_learning_rates_among_multipliers_is_said():
    _, scheduler = run(updates=3, lr=0.1)
    with pytest.warns(PreheatWarning, match=r"multiplies lr=0.1, so the lr never exceeds .*; a plan of learning rates"):
        scheduler.replan(noam(512, 4000))


def test_a_cooldown_of_a_low_multiplier_says_nothing():
    _, scheduler = run(linear(1, 0.01, steps=3) >> constant(0.01), updates=3, lr=0.1)
    scheduler.cooldown(4)
    assert scheduler.get_last_lr() == [0.1 * one_minus_sqrt(0.01, 0, steps=4)(0)]


def test_after_an_edit_the_end_of_the_plan_may_be_said_again():
    optimizer, scheduler = run(warmup(2), updates=2)
    for _ in range(2):
        with pytest.warns(PreheatWarning, match=re.compile("the plan of lr has ended after")):
            update(optimizer)
        scheduler.step()
        scheduler.replan(warmup(1))
        update(optimizer)
        scheduler.step()
