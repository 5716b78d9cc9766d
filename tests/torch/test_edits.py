"""A running plan is edited: replanned, or cooled down from where it is."""

import pytest
import torch

from preheat import PreheatWarning, constant, linear, noam, one_minus_sqrt, warmup
from preheat.torch import Plateau, Scheduler
from training import PLAN, VALUES, make, train, update, watched

HELD = warmup(4) >> constant(1)


def run(plan=PLAN, updates=0, lr=1.0, **options):
    """An optimizer and a scheduler after some updates."""
    optimizer = make(torch.optim.SGD, lr)
    scheduler = Scheduler(optimizer, plan, **options)
    train(optimizer, scheduler, updates)
    return optimizer, scheduler


def test_warm_up_hold_and_cool_down_when_i_say_so():
    optimizer = make()

    scheduler = Scheduler(optimizer, warmup(4) >> constant(1))
    seen = train(optimizer, scheduler, updates=20)
    scheduler.cooldown(4)

    seen += train(optimizer, scheduler, updates=4)
    assert seen == [0.25, 0.5, 0.75, *[1.0] * 17, *one_minus_sqrt(1, 0, steps=4).values()]


def test_a_branch_of_the_same_run_has_another_cooldown():
    optimizer, scheduler = run(HELD, updates=20)
    trunk = scheduler.state_dict()
    scheduler.cooldown(4)
    train(optimizer, scheduler, updates=4)

    scheduler.load_state_dict(trunk)
    scheduler.cooldown(2, end=0.5, shape="linear")

    assert train(optimizer, scheduler, updates=2) == [0.75, 0.5]


def test_a_new_plan_is_followed_from_its_own_beginning():
    optimizer, scheduler = run(updates=7)
    scheduler.replan(warmup(4))
    assert scheduler.get_last_lr() == [0.25]
    assert train(optimizer, scheduler, updates=4) == [0.25, 0.5, 0.75, 1.0]


def test_a_new_plan_may_be_text_or_a_function_with_a_name():
    optimizer, scheduler = run(updates=7)
    scheduler.replan("warmup(4)")
    train(optimizer, scheduler, updates=1)
    scheduler.replan(halved)
    assert scheduler.state_dict()["edits"][-1] == 'function("test_edits:halved")'
    assert train(optimizer, scheduler, updates=3) == [1.0, 0.5, 0.25]


def halved(i):
    return 2.0**-i


@pytest.mark.parametrize("updates", [1, 3, 4, 20, 40])
def test_a_cooldown_starts_from_what_the_last_update_used(updates):
    optimizer, scheduler = run(updates=updates)
    scheduler.cooldown(4, shape="linear")
    assert train(optimizer, scheduler, updates=4) == linear(VALUES[updates - 1], 0, steps=4).values()


def test_before_the_first_update_a_cooldown_starts_from_the_left_end():
    optimizer, scheduler = run(linear(0.5, 1, steps=8))
    scheduler.cooldown(2, shape="linear")
    assert train(optimizer, scheduler, updates=2) == [0.25, 0.0]


def test_a_cooldown_of_no_updates_is_at_its_end():
    optimizer, scheduler = run(HELD, updates=5)
    scheduler.cooldown(0, end=0.5)
    with pytest.warns(PreheatWarning, match="has ended after 5 updates and holds 0.5"):
        assert train(optimizer, scheduler, updates=2) == [0.5, 0.5]


def test_a_cooldown_is_in_multipliers_under_plan():
    optimizer, scheduler = run(HELD, updates=5, lr=0.1)
    scheduler.cooldown(2, end=0.1, shape="linear")
    assert train(optimizer, scheduler, updates=2) == [0.1 * linear(1, 0.1, steps=2)(0), 0.1 * 0.1]


def test_a_cooldown_is_in_units_of_lr_under_lr():
    optimizer = make(torch.optim.Adam, 0.0)
    scheduler = Scheduler(optimizer, lr=noam(512, 4))
    train(optimizer, scheduler, updates=9)
    scheduler.cooldown(2, end=1e-5, shape="linear")
    assert train(optimizer, scheduler, updates=2) == linear(noam(512, 4)(8), 1e-5, steps=2).values()


def test_another_knob_can_be_edited():
    optimizer = make(torch.optim.AdamW, 1.0, weight_decay=0.5)
    scheduler = Scheduler(optimizer, PLAN, scale={"weight_decay": constant(1)}, values={"betas[0]": constant(0.5)})
    train(optimizer, scheduler, updates=3)
    scheduler.cooldown(2, knob="weight_decay", shape="linear")
    scheduler.replan(constant(0.75), knob="betas[0]")
    decays, betas = watched(optimizer, "weight_decay"), watched(optimizer, "betas")
    assert train(optimizer, scheduler, updates=2) == VALUES[3:5]
    assert (decays, [row[0][0] for row in betas]) == ([[0.25], [0.0]], [0.75, 0.75])


def test_each_group_is_cooled_down_from_its_own_value():
    optimizer = make(torch.optim.SGD, 1.0, 1.0, 1.0, 2.0)
    scheduler = Scheduler(optimizer, {0: constant(1), 1: constant(0.5), 2: None, "*": constant(0.25)})
    train(optimizer, scheduler, updates=3)
    scheduler.cooldown(2, shape="linear")
    seen = watched(optimizer)
    train(optimizer, scheduler, updates=2)
    assert seen == [[0.5, 0.25, 1.0, 0.25], [0.0, 0.0, 1.0, 0.0]]


def test_each_optimizer_is_cooled_down_from_its_own_count():
    first, second = make(), make()
    scheduler = Scheduler([first, second], PLAN)
    for i in range(9):
        update(*([first, second] if i % 3 else [first]))
        scheduler.step()
    scheduler.cooldown(3, shape="linear")
    seen = watched(first), watched(second)
    for _ in range(3):
        update(first, second)
        scheduler.step()
    assert seen == tuple([[v] for v in linear(VALUES[k], 0, steps=3).values()] for k in (8, 5))


def test_a_knob_that_was_held_is_cooled_down_from_where_it_was():
    optimizer, scheduler = run(updates=3)
    update(optimizer)
    update(optimizer)  # without step(), so at the same value
    scheduler.cooldown(2, shape="linear")
    assert scheduler.used() == {0: {"lr": VALUES[3]}}
    assert train(optimizer, scheduler, updates=2) == linear(VALUES[3], 0, steps=2).values()


def test_under_calls_a_cooldown_counts_calls():
    optimizer, scheduler = run(clock="calls")
    for _ in range(3):
        train(optimizer, updates=5)
        scheduler.step()
    train(optimizer, updates=5)  # at VALUES[3]
    scheduler.cooldown(2, shape="linear")
    seen = train(optimizer, updates=2)
    scheduler.step()
    assert seen + train(optimizer, updates=2) == [VALUES[3] / 2] * 2 + [0.0] * 2


def test_under_calls_without_an_optimizer_in_sight_a_cooldown_starts_from_the_last_call():
    _, scheduler = run(clock="calls")
    for _ in range(7):
        scheduler.step()
    scheduler.cooldown(2, shape="linear")
    assert scheduler.get_last_lr() == [VALUES[6] / 2]


def test_under_manual_a_cooldown_is_in_the_plans_own_unit():
    optimizer = make()
    scheduler = Scheduler(optimizer, linear(1, 0, steps=1000), clock="manual")
    for _ in range(3):
        update(optimizer)
        scheduler.advance(100)
    scheduler.cooldown(400, shape="linear")  # at 300, and the last update used what is due at 200
    seen = watched(optimizer)
    for _ in range(4):
        update(optimizer)
        scheduler.advance(100)
    cooling = linear(1 - 201 / 1000, 0, steps=400)
    assert [row[0] for row in seen] == pytest.approx([cooling(i) for i in (0, 100, 200, 300)], rel=1e-15)


def test_between_two_units_of_the_manual_clock_an_edit_begins_at_the_next():
    optimizer = make()
    scheduler = Scheduler(optimizer, constant(1), clock="manual")
    scheduler.advance(2.5)
    scheduler.replan(constant(0.5))
    seen = watched(optimizer)
    update(optimizer)
    scheduler.advance(0.5)
    update(optimizer)
    assert seen == [[1.0], [0.5]]


@pytest.mark.parametrize("way", ["never called", "auto"])
def test_the_optimizer_alone_follows_an_edit(way):
    optimizer = make()
    scheduler = Scheduler(optimizer, HELD, auto=way == "auto")
    train(optimizer, updates=6)
    scheduler.cooldown(4, shape="linear")
    assert train(optimizer, updates=4) == [0.75, 0.5, 0.25, 0.0]


def test_a_group_with_a_clock_of_its_own_is_cooled_down_now_and_from_its_own_value():
    optimizer, scheduler = run(updates=10)
    optimizer.add_param_group({**make().param_groups[0], "join": "from_zero"})
    train(optimizer, scheduler, updates=3)
    scheduler.cooldown(2, shape="linear")
    assert scheduler.last_epoch == 13
    seen = watched(optimizer)
    train(optimizer, scheduler, updates=2)
    assert seen == [[VALUES[12] / 2, VALUES[2] / 2], [0.0, 0.0]]


def test_a_plateau_goes_on_cutting_an_edited_plan():
    optimizer, scheduler = run(HELD, updates=5, feedback=Plateau(factor=0.5, patience=0))
    for metric in (1.0, 1.0):
        scheduler.observe(metric)
    scheduler.cooldown(4, shape="linear")
    assert train(optimizer, scheduler, updates=4) == [0.375, 0.25, 0.125, 0.0]
