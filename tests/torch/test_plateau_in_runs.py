"""A `Plateau` in a run: beside a plan, through checkpoints; over processes it is in `test_ranks.py`."""

import json
from copy import deepcopy

import numpy as np
import pytest
import torch

from preheat import PreheatWarning, constant, cosine, warmup, warmup_constant
from preheat.torch import Plateau, Scheduler

STEADY = constant(1, steps=100)


def optimizer_with(*lrs):
    return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in lrs])


def test_warmup_then_plateau_is_one_line():
    optimizer = optimizer_with(0.5)
    scheduler = Scheduler(optimizer, warmup_constant(4), feedback=Plateau(factor=0.5, patience=1))
    used = []
    for update in range(8):
        used += scheduler.get_last_lr()
        optimizer.step()
        scheduler.step()
        if update % 2:
            scheduler.observe(1.0)
    assert used == [0.125, 0.25, 0.375, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_observing_writes_at_once():
    scheduler = Scheduler(optimizer_with(0.5), STEADY, feedback=Plateau(factor=0.5, patience=0))
    scheduler.observe(1.0)
    scheduler.observe(1.0)
    assert scheduler.optimizer.param_groups[0]["lr"] == 0.25


def test_the_factor_also_multiplies_a_plan_that_sets_the_lr_and_no_other_knob():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.0, momentum=0.9)
    scheduler = Scheduler(
        optimizer, lr=constant(0.5), scale={"momentum": STEADY}, feedback=Plateau(factor=0.5, patience=0)
    )
    scheduler.observe(1.0)
    scheduler.observe(1.0)
    assert scheduler.next() == {0: {"lr": 0.25, "momentum": 0.9}}


def test_stepping_with_a_metric_observes_and_steps_as_torch_users_write_it():
    optimizer = optimizer_with(0.5)
    plan = cosine(1, 0, steps=4)
    scheduler = Scheduler(optimizer, plan, clock="calls", feedback=Plateau(factor=0.5, patience=0))
    seen = []
    for metric in (3.0, 2.0, 2.0):
        optimizer.step()
        optimizer.step()
        scheduler.step(metric)
        seen += scheduler.get_last_lr()
    assert seen == [0.5 * plan(1), 0.5 * plan(2), 0.25 * plan(3)]


def test_a_tensor_lr_is_cut_in_place():
    lr = torch.tensor(0.5)
    optimizer = torch.optim.SGD(
        [{"params": [torch.nn.Parameter(torch.ones(1))]}, {"params": [torch.nn.Parameter(torch.ones(1))]}], lr=lr
    )
    scheduler = Scheduler(optimizer, STEADY, feedback=Plateau(factor=0.5, patience=0))
    held = optimizer.param_groups[0]["lr"]
    scheduler.observe(1.0)
    scheduler.observe(1.0)
    assert optimizer.param_groups[0]["lr"] is held
    assert scheduler.get_last_lr() == [0.25, 0.25]


METRICS = np.random.default_rng(0).normal(1, 0.1, 40).round(2).tolist()


def new_run():
    plateau = Plateau(factor=0.7, patience=1, cooldown=2, min_lr=0.01)
    return Scheduler(optimizer_with(0.5), warmup(4) >> cosine(1, 0.1, steps=36), feedback=plateau)


def goes_on(scheduler, metrics):
    """The lr of each update, a metric after each."""
    used = []
    for metric in metrics:
        used += scheduler.get_last_lr()
        scheduler.optimizer.step()
        scheduler.step()
        scheduler.observe(metric)
    return used


def through_json(state, _):
    return json.loads(json.dumps(state))


def through_torch(state, path):
    torch.save(state, path)
    return torch.load(path, weights_only=True)


@pytest.mark.parametrize("through", [through_json, through_torch])
def test_it_resumes_to_the_last_bit_wherever_it_stopped(through, tmp_path):
    uninterrupted = new_run()
    whole = goes_on(uninterrupted, METRICS)
    assert uninterrupted.state_dict()["feedback"][0] < 0.7**2  # it has been cut more than twice
    for k in range(len(METRICS) + 1):
        first, second = new_run(), new_run()
        goes_on(first, METRICS[:k])
        second.load_state_dict(through(first.state_dict(), tmp_path / "state"))
        assert goes_on(second, METRICS[k:]) == whole[k:]


def test_loading_an_earlier_state_takes_its_cuts_back():
    scheduler = new_run()
    start = scheduler.state_dict()
    once = goes_on(scheduler, METRICS)
    scheduler.load_state_dict(start)
    assert goes_on(scheduler, METRICS) == once


def test_a_run_without_feedback_goes_on_with_it_from_the_beginning_and_that_is_said():
    plain = Scheduler(optimizer_with(0.5), STEADY)
    scheduler = Scheduler(optimizer_with(0.5), STEADY, feedback=Plateau(patience=0))
    scheduler.observe(1.0)
    scheduler.observe(1.0)
    with pytest.warns(PreheatWarning, match="the saved run had no Plateau and this one has one"):
        scheduler.load_state_dict(plain.state_dict())
    assert scheduler.state_dict()["feedback"] == [1.0, 0, 0]
    assert scheduler.get_last_lr() == [0.5]


def test_a_run_that_was_cut_does_not_go_on_without_feedback_in_silence():
    with pytest.warns(PreheatWarning, match="the saved run had a Plateau and this one has none"):
        Scheduler(optimizer_with(0.5), STEADY).load_state_dict(
            Scheduler(optimizer_with(0.5), STEADY, feedback=Plateau()).state_dict()
        )


def test_several_optimizers_are_cut_together_and_have_one_floor():
    both = [optimizer_with(0.5, 0.25), optimizer_with(0.125)]
    scheduler = Scheduler(both, STEADY, feedback=Plateau(factor=0.5, patience=0, min_lr=0.1))
    scheduler.observe(1.0)
    scheduler.observe(1.0)
    assert scheduler.get_last_lr() == [0.25, 0.125, 0.1]
    with pytest.raises(ValueError, match=r"one for each group of the one optimizer; it has 2 \+ 1"):
        Scheduler(both, STEADY, feedback=Plateau(min_lr=[0.1, 0.1, 0.1]))


def test_a_plateau_is_copied_with_its_scheduler():
    optimizer = optimizer_with(0.5)
    first = Scheduler(optimizer, STEADY, feedback=Plateau(factor=0.5, patience=0))
    first.observe(1.0)
    _, second = deepcopy((optimizer, first))
    second.observe(1.0)
    assert (first.get_last_lr(), second.get_last_lr()) == ([0.5], [0.25])


def test_without_a_process_group_there_is_nothing_to_reduce_over():
    scheduler = Scheduler(optimizer_with(0.5), STEADY, feedback=Plateau())
    with pytest.raises(RuntimeError, match=r"observe\(reduce='mean'\): torch.distributed must be initialised; call"):
        scheduler.observe(1.0, reduce="mean")


@pytest.mark.parametrize(("reduce", "kind"), [("sum", ValueError), (sum, TypeError)])
def test_an_unknown_way_to_reduce_is_refused(reduce, kind):
    scheduler = Scheduler(optimizer_with(0.5), STEADY, feedback=Plateau())
    with pytest.raises(kind, match=r"observe\(reduce=.*\): reduce must be 'mean' or 'min' or 'max'"):
        scheduler.observe(1.0, reduce=reduce)
