"""The usual update takes a short way; what it does is what the long one does, and whatever is unusual is seen."""

import subprocess
import sys

import pytest
import torch

from preheat import PreheatWarning, constant, linear, repeat, zero_based
from preheat._torch.plateau import set_feedback as give_feedback
from preheat.torch import Plateau, Scheduler
from training import PLAN, VALUES, make, sentences, train, update, watched

RAMP = linear(0, 1, steps=400) >> constant(1)
MANY = (1.0,) * 100


def test_importing_the_adapter_leaves_the_compiler_of_torch_alone():
    code = "import sys, preheat.torch; print('torch._dynamo' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("clock", ["updates", "calls"])
@pytest.mark.parametrize("lrs", [(1.0,), (1.0,) * 3, MANY, (1.0, 0.5), (torch.tensor(1.0, dtype=torch.float64),) * 9])
def test_one_base_or_many_numbers_or_tensors_each_update_uses_its_value(lrs, clock):
    optimizer = make(torch.optim.SGD, *lrs)
    scheduler = Scheduler(optimizer, PLAN, clock=clock)
    seen = watched(optimizer)
    for value in VALUES:
        update(optimizer)
        scheduler.step()
        assert scheduler.used() == {index: {"lr": float(lr) * value} for index, lr in enumerate(lrs)}
    assert seen == [[float(lr) * value for lr in lrs] for value in VALUES]
    assert scheduler.last_epoch == 40


@pytest.mark.parametrize("clock", ["updates", "calls"])
@pytest.mark.parametrize("plan", [repeat(PLAN, 2), zero_based(repeat(PLAN, 2)), linear(1, 0, steps=1) >> PLAN >> RAMP])
def test_where_a_piece_ends_the_next_one_answers(plan, clock):
    optimizer = make()
    scheduler = Scheduler(optimizer, plan, clock=clock)
    seen = watched(optimizer)
    train(optimizer, scheduler, 80)
    scheduler.seek(3)
    train(optimizer, scheduler, 10)
    assert seen == [[value] for value in plan.values(80) + plan.values(13)[3:]]


def test_the_short_way_sees_a_group_that_is_added():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, 5)
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(2))], "lr": 2.0})
    train(optimizer, scheduler, 5)
    assert scheduler.get_last_lr() == [VALUES[10], 2 * VALUES[10]]


def test_and_an_update_of_a_fused_step_that_may_have_been_skipped():
    optimizer = make(fused=True)
    scheduler = Scheduler(optimizer, PLAN)
    for found_inf in (None, None, torch.tensor(1.0), torch.tensor(0.0), None):
        optimizer.found_inf = found_inf
        update(optimizer)
        scheduler.step()
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (4, [VALUES[4]])


@pytest.mark.parametrize(("lrs", "got"), [((1.0,), -1), ((1.0, 0.5), -0.5)])
def test_and_a_value_that_the_knob_cannot_take(lrs, got):
    scheduler = Scheduler(make(torch.optim.SGD, *lrs), lambda i: 2 - i, clock="calls")
    scheduler.step()
    scheduler.step()
    with pytest.raises(ValueError, match=rf"lr must be 0 or more, got {got} at update 3$"):
        scheduler.step()
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (2, [0.0 for _ in lrs])


def written_by_hand(optimizer, scheduler, index, *, before):
    """One update between two calls, one group written by hand before it or after; what the call that follows says."""
    if before:
        optimizer.param_groups[index]["lr"] = 7.0
    update(optimizer)
    if not before:
        optimizer.param_groups[index]["lr"] = 7.0
    with pytest.warns(PreheatWarning) as caught:
        scheduler.step()
    return sentences(caught)


def test_of_many_groups_the_one_that_an_update_used_otherwise_is_known():
    optimizer = make(torch.optim.SGD, *MANY)
    scheduler = Scheduler(optimizer, RAMP)
    train(optimizer, scheduler, 3)
    (sentence,) = written_by_hand(optimizer, scheduler, 57, before=True)
    assert sentence.startswith("Scheduler: another hand has set lr of group 57 to 7, and the plan has overwritten it;")
    used = scheduler.used()
    assert (used[56], used[57]) == ({"lr": 0.01}, {"lr": 7.0})
    assert set(scheduler.get_last_lr()) == {RAMP(4)}


@pytest.mark.parametrize("lrs", [(1.0,) * 4, (torch.tensor(1.0),) * 100])
def test_of_few_groups_and_of_tensors_so_is_one_that_was_written_after_it(lrs):
    optimizer = make(torch.optim.SGD, *lrs)
    scheduler = Scheduler(optimizer, RAMP)
    train(optimizer, scheduler, 3)
    (sentence,) = written_by_hand(optimizer, scheduler, len(lrs) - 2, before=False)
    assert f"has set lr of group {len(lrs) - 2} to 7" in sentence


@pytest.mark.parametrize("lrs", [MANY, (*MANY, 0.5)], ids=["one base", "two bases"])
def test_of_many_numbers_some_are_looked_at_in_turn(lrs):
    optimizer = make(torch.optim.SGD, *lrs)
    scheduler = Scheduler(optimizer, RAMP, clock="calls")

    def run():
        for _ in range(len(lrs) + 3):
            scheduler.step()
            optimizer.param_groups[57]["lr"] = 7.0

    with pytest.warns(PreheatWarning, match="another hand has set lr of group 57 to 7") as caught:
        run()
    assert len(caught) == 1


def test_a_tensor_that_another_hand_has_written_in_place_is_seen_at_once():
    optimizer = make(torch.optim.SGD, torch.tensor(1.0), torch.tensor(1.0))
    scheduler = Scheduler(optimizer, RAMP)
    train(optimizer, scheduler, 3)
    update(optimizer)
    optimizer.param_groups[1]["lr"].mul_(1024)
    with pytest.warns(PreheatWarning, match="another hand has set lr of group 1 to 10.24"):
        scheduler.step()


@pytest.mark.parametrize("lr", [2.0, torch.tensor(2.0)])
def test_a_late_group_joins_while_the_others_hold_what_another_hand_has_written(lr):
    optimizer = make(torch.optim.SGD, torch.tensor(1.0), 0.25)
    scheduler = Scheduler(optimizer, {1: None, "*": RAMP})
    train(optimizer, scheduler, 3)
    optimizer.param_groups[0]["lr"].fill_(0.5)
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(2))], "lr": lr})
    update(optimizer)
    assert scheduler.get_last_lr() == pytest.approx([0.5, 0.25, 2 * RAMP(3)])
    with pytest.warns(PreheatWarning, match="another hand has set lr of group 0 to 0.5"):
        scheduler.step()
    assert scheduler.get_last_lr() == pytest.approx([RAMP(4), 0.25, 2 * RAMP(4)])


def test_a_late_group_without_a_plan_is_left_alone():
    optimizer = make(torch.optim.SGD, 1.0)
    scheduler = Scheduler(optimizer, {0: RAMP, "*": None})
    train(optimizer, scheduler, 3)
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(2))], "lr": 0.5})
    update(optimizer)
    scheduler.step()
    assert scheduler.get_last_lr() == [RAMP(4), 0.5]


def test_a_number_that_becomes_a_tensor_is_written_in_place_from_then_on():
    optimizer = make()
    scheduler = Scheduler(optimizer, RAMP)
    train(optimizer, scheduler, 3)
    optimizer.param_groups[0]["lr"] = torch.tensor(optimizer.param_groups[0]["lr"], dtype=torch.float64)
    train(optimizer, scheduler, 1)
    held = optimizer.param_groups[0]["lr"]
    train(optimizer, scheduler, 1)
    assert optimizer.param_groups[0]["lr"] is held
    assert held == RAMP(5)


def set_feedback(optimizer, scheduler):
    del optimizer
    give_feedback(scheduler._bindings, scheduler.optimizers, Plateau(factor=0.5, patience=0))
    for binding in scheduler._bindings:
        binding.rebuild_cache()
    scheduler.observe(1.0)
    scheduler.observe(2.0)


def write_outside(optimizer, scheduler):
    del scheduler
    optimizer.param_groups[0]["lr"] = 7.0


def put_a_tensor(optimizer, scheduler):
    del scheduler
    optimizer.param_groups[0]["lr"] = torch.tensor(7.0, dtype=torch.float64)


def reload(optimizer, scheduler):
    del scheduler
    optimizer.load_state_dict(optimizer.state_dict())


def add_a_group(optimizer, scheduler):
    del scheduler
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(2))], "lr": 2.0})


def load(optimizer, scheduler):
    del optimizer
    scheduler.load_state_dict(scheduler.state_dict() | {"updates": [25], "last": [24]})


def skip_an_update(optimizer, scheduler):
    optimizer.found_inf = torch.tensor(1.0)
    update(optimizer)
    scheduler.step()
    del optimizer.found_inf


def two_updates(optimizer, scheduler):
    del scheduler
    update(optimizer)


# What the fast step rests on: how to change it after the update of index 9, and the values of the next three updates.
CHANGES = {
    "the plan": (lambda _, scheduler: scheduler.replan(constant(0.25)), [0.25] * 3),
    "the plan, step by step": (
        lambda _, scheduler: scheduler.cooldown(2, shape="linear"),
        [VALUES[9] / 2, 0.0, 0.0],
    ),
    "the position": (lambda _, scheduler: scheduler.seek(20), VALUES[20:23]),
    "the position, backwards": (lambda _, scheduler: scheduler.seek(1), VALUES[1:4]),
    "the position, past the piece": (lambda _, scheduler: scheduler.seek(38), [*VALUES[38:40], PLAN(40)]),
    "the position, loaded": (load, VALUES[25:28]),
    "feedback": (set_feedback, [value / 2 for value in VALUES[10:13]]),
    "a group": (add_a_group, VALUES[10:13]),
    "the optimizer's state": (reload, VALUES[10:13]),
    "a value from outside": (write_outside, [7.0, *VALUES[11:13]]),
    "a tensor in place of a number": (put_a_tensor, [7.0, *VALUES[11:13]]),
    "an update that was skipped": (skip_an_update, VALUES[10:13]),
    "updates without a call": (two_updates, [VALUES[10], *VALUES[12:14]]),
}


@pytest.mark.filterwarnings("ignore::preheat.PreheatWarning")
@pytest.mark.parametrize("lrs", [(1.0,), (1.0, 0.5)])
@pytest.mark.parametrize("change", CHANGES)
def test_whatever_it_rests_on_may_change_the_next_updates_use_their_values(change, lrs):
    optimizer = make(torch.optim.SGD, *lrs, fused=True)
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, 10)
    assert scheduler._bindings[0].fast_step
    how, values = CHANGES[change]
    how(optimizer, scheduler)
    used = []
    for _ in values:
        update(optimizer)
        used.append(scheduler.used()[0]["lr"])
        scheduler.step()
    assert used == pytest.approx(values, rel=1e-12)


def test_a_value_set_between_the_update_and_the_call_is_seen_with_bases_of_their_own():
    optimizer = make(torch.optim.SGD, 1.0, 0.5)
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, 10)
    update(optimizer)
    optimizer.param_groups[1]["lr"] = 7.0
    with pytest.warns(PreheatWarning, match="has set lr of group 1 to 7"):
        scheduler.step()
    assert scheduler.get_last_lr() == [VALUES[11], 0.5 * VALUES[11]]


def test_a_value_that_the_knob_cannot_take_is_refused_with_bases_of_their_own():
    optimizer = make(torch.optim.SGD, 1.0, 0.5)
    scheduler = Scheduler(optimizer, lambda i: 1.0 if i < 12 else -1.0)
    train(optimizer, scheduler, 11)
    update(optimizer)
    with pytest.raises(ValueError, match=r"lr must be 0 or more, got -0\.5 at update 12"):
        scheduler.step()


def test_a_closed_scheduler_has_no_fast_step():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, 10)
    scheduler.close()
    with pytest.raises(RuntimeError, match="closed"):
        scheduler.step()
