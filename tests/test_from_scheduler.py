"""A run under a scheduler of torch's, carried over in the middle: the same learning rates from there on."""

import re
from copy import deepcopy
from functools import partial

import pytest
import torch
from torch.optim import lr_scheduler as theirs
from torch.optim.swa_utils import SWALR

from preheat import cosine, linear, parse, warmup, zero_based
from preheat.torch import Plateau, Scheduler, from_scheduler

LRS = (0.1, 0.3)
WHEN = (0, 1, 7, 29, 30, 31, 60, 99, 100)  # of the runs below


def sgd(lrs=LRS, **options):
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs]
    return torch.optim.SGD(groups, lr=lrs[0], momentum=0.9, **options)


def adam(lrs=LRS):
    return torch.optim.Adam([{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs], lr=lrs[0])


def run(optimizer, scheduler, updates):
    """The lr of each group, and of a cycled momentum, at each update."""
    used = []
    for _ in range(updates):
        used.append([lr_and_momentum(group) for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return used


def lr_and_momentum(group):
    return float(group["lr"]), group["momentum"] if "momentum" in group else group["betas"][0]


def sequential(optimizer):
    stages = [
        theirs.LinearLR(optimizer, start_factor=0.1, total_iters=30),
        theirs.CosineAnnealingLR(optimizer, T_max=50, eta_min=0.01),
        theirs.StepLR(optimizer, step_size=10, gamma=0.5),
    ]
    return theirs.SequentialLR(optimizer, stages, milestones=[30, 80])


def chained(optimizer):
    rise = theirs.LinearLR(optimizer, start_factor=0.1, total_iters=30)
    return theirs.ChainedScheduler([rise, theirs.ExponentialLR(optimizer, gamma=0.99)])


def chained_with_a_floor(optimizer):
    rise = theirs.LinearLR(optimizer, start_factor=0.1, total_iters=30)
    return theirs.ChainedScheduler([rise, theirs.CosineAnnealingLR(optimizer, T_max=120, eta_min=0.01)])


def one_cycle(optimizer, **options):
    return theirs.OneCycleLR(optimizer, max_lr=[0.1, 0.5], total_steps=120, **options)


# How each is built, and by name where there are several.
MAKES = {
    "LambdaLR of a plan": partial(theirs.LambdaLR, lr_lambda=warmup(30) >> cosine(1, 0, steps=100)),
    "LambdaLR of two": partial(theirs.LambdaLR, lr_lambda=[warmup(30), linear(1, 0.5, steps=99)]),
    "StepLR": partial(theirs.StepLR, step_size=30, gamma=0.5),
    "MultiStepLR": partial(theirs.MultiStepLR, milestones=[60, 7, 30, 30], gamma=0.5),
    "ConstantLR": partial(theirs.ConstantLR, factor=0.25, total_iters=30),
    "LinearLR": partial(theirs.LinearLR, start_factor=0.1, end_factor=0.9, total_iters=30),
    "ExponentialLR": partial(theirs.ExponentialLR, gamma=0.97),
    "PolynomialLR": partial(theirs.PolynomialLR, total_iters=60, power=2.0),
    "CosineAnnealingLR": partial(theirs.CosineAnnealingLR, T_max=120, eta_min=0.001),
    "CosineAnnealingWarmRestarts": partial(theirs.CosineAnnealingWarmRestarts, T_0=30, eta_min=0.001),
    "CosineAnnealingWarmRestarts that grow": partial(theirs.CosineAnnealingWarmRestarts, T_0=30, T_mult=2),
    "CyclicLR": partial(theirs.CyclicLR, base_lr=[0.01, 0.1], max_lr=[0.1, 0.5], step_size_up=30),
    "CyclicLR of two lengths": partial(
        theirs.CyclicLR, base_lr=0.01, max_lr=0.1, step_size_up=7, step_size_down=23, mode="exp_range", gamma=0.99
    ),
    "CyclicLR without momentum": partial(
        theirs.CyclicLR, base_lr=0.0, max_lr=0.1, step_size_up=30, mode="triangular2", cycle_momentum=False
    ),
    "OneCycleLR": one_cycle,
    "OneCycleLR in straight lines": partial(one_cycle, pct_start=0.33, anneal_strategy="linear"),
    "OneCycleLR of three phases": partial(one_cycle, three_phase=True, div_factor=7.0, final_div_factor=3.0),
    "SWALR": lambda optimizer: SWALR(optimizer, [0.05, 0.5], anneal_epochs=30),  # type: ignore[arg-type]  # or a list
    "SWALR in a straight line": partial(SWALR, swa_lr=0.05, anneal_epochs=60, anneal_strategy="linear"),
    "SWALR at once": partial(SWALR, swa_lr=0.05, anneal_epochs=0),
    "SequentialLR": sequential,
    "ChainedScheduler": chained,
    "ChainedScheduler with a floor": chained_with_a_floor,
}  # fmt: skip
every_scheduler = pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)


@every_scheduler
@pytest.mark.filterwarnings("ignore:Scheduler. the plan of lr has ended")  # as theirs has
@pytest.mark.parametrize("make_optimizer", [sgd, adam])
def test_a_run_goes_on_with_the_same_learning_rates(make, make_optimizer):
    whole = make_optimizer()
    used = run(whole, make(whole), 119)
    for stop in WHEN:
        optimizer = make_optimizer()
        scheduler = make(optimizer)
        run(optimizer, scheduler, stop)
        ours = from_scheduler(scheduler).bind(optimizer)
        for ours_now, theirs_now in zip(run(optimizer, ours, 119 - stop), used[stop:], strict=True):
            for (lr, momentum), (lr_of_theirs, momentum_of_theirs) in zip(ours_now, theirs_now, strict=True):
                assert lr == pytest.approx(lr_of_theirs, rel=0, abs=1e-12 * max(LRS))
                assert momentum == pytest.approx(momentum_of_theirs, rel=1e-12)
        assert ours.last_epoch == 119
