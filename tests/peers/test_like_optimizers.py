"""The schedules that stand inside optimizers of torch, transformers and pytorch_optimizer, as plans."""

import math
import warnings
from itertools import pairwise

import pytest
import schedulefree
import torch
import transformers

from preheat import (
    PreheatWarning,
    constant,
    exponential_decay,
    inverse_time,
    linear,
    minimum,
    noam,
    power_law,
    radam,
    warmup_constant,
    zero_based,
)
from preheat.torch import Scheduler

with warnings.catch_warnings(action="ignore"):  # torch deprecates what its own code, imported by theirs, calls
    import pytorch_optimizer

UPDATES = 10_000


@pytest.fixture
def in_float64():
    """Have new tensors, the states of optimizers among them, hold doubles."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def steps_of(in_float64):  # noqa: ARG001  # it is there
    """How far each update moves a weight, put back to 0 after it, whose gradient is 1; with the state after it."""

    def drive(make, updates=UPDATES):
        weight = torch.nn.Parameter(torch.zeros(1))
        optimizer, steps = make([weight]), []
        for _ in range(updates):
            weight.grad = torch.ones(1)
            optimizer.step()
            steps.append((-weight.item(), {name: float(held) for name, held in optimizer.state[weight].items()}))
            weight.data.zero_()
        return steps

    return drive


def test_adagrad_falls_with_the_inverse_of_time(steps_of, same_as):
    steps = steps_of(lambda weights: torch.optim.Adagrad(weights, lr=0.1, lr_decay=0.01, eps=1e-10))
    lrs = [step * (math.sqrt(k) + 1e-10) for k, (step, _) in enumerate(steps, start=1)]
    same_as("torch.optim.Adagrad", zero_based(inverse_time(100)), lrs, base=0.1)


def test_asgd_falls_with_a_power_of_time(steps_of, same_as):
    steps = steps_of(lambda weights: torch.optim.ASGD(weights, lr=0.1, lambd=0.01, alpha=0.75))
    etas = [0.1, *(state["eta"] for _, state in steps)]
    same_as("torch.optim.ASGD", zero_based(power_law(1_000, power=0.75)), etas, base=0.1)


def test_nadam_warms_its_momentum_up(steps_of, same_as):
    products = [1.0, *(state["mu_product"] for _, state in steps_of(torch.optim.NAdam, 300))]
    momenta = [after / before for before, after in pairwise(products)]
    same_as("torch.optim.NAdam", 0.9 * (1 - 0.5 * exponential_decay(0.96**0.004)), momenta)


def test_radam_is_rectified_from_its_sixth_update(steps_of, record, agree):
    steps = steps_of(lambda weights: torch.optim.RAdam(weights, lr=1, betas=(0, 0.999), eps=0))
    factors = [step for step, _ in steps[5:]]
    record(
        "torch.optim.RAdam",
        radam(0.999),
        agree(radam(0.999).values(UPDATES)[1 : len(factors) + 1], factors, within=1e-9),
    )


def test_adafactor_falls_with_the_square_root_of_time(steps_of, same_as):
    steps = steps_of(lambda weights: torch.optim.Adafactor(weights, lr=0.05))
    same_as("torch.optim.Adafactor", minimum(noam(1, 1), 0.05), [step / 1e-3 for step, _ in steps])


@pytest.mark.parametrize(("warmup_init", "plan"), [(False, minimum(noam(1, 1), 0.01)), (True, noam(1, 10_000))])
def test_adafactor_of_transformers_with_relative_steps_is(warmup_init, plan, same_as):
    group = {"lr": None, "relative_step": True, "warmup_init": warmup_init, "scale_parameter": False}
    lrs = [transformers.Adafactor._get_lr(group, {"step": k}) for k in range(1, 3 * UPDATES)]
    same_as("transformers.Adafactor", plan, lrs)


def test_ranger21_warms_up_and_down(same_as):
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = pytorch_optimizer.Ranger21([weight], num_iterations=UPDATES, lr=1.0, warm_down_min_lr=0.25)
    lrs = [optimizer.warm_down(optimizer.warm_up_dampening(1.0, k), k) for k in range(1, UPDATES + 1)]
    plan = linear(0, 1, steps=2_000) >> constant(1, steps=5_199) >> linear(1, 0.25, steps=2_801)
    same_as("pytorch_optimizer.Ranger21", plan, lrs)


@pytest.mark.usefixtures("in_float64")
def test_apollo_warms_up_to_its_lr(same_as):
    def driven(warmup_steps):
        weight = torch.nn.Parameter(torch.zeros(1))
        optimizer = pytorch_optimizer.ApolloDQN([weight], lr=1.0, init_lr=0.001, warmup_steps=warmup_steps)
        for k in range(1_000):
            weight.grad = torch.full((1,), 1.5 + math.sin(k))
            optimizer.step()
            yield weight.item()
            weight.data.zero_()

    shares = [slowly / at_once for slowly, at_once in zip(driven(500), driven(0), strict=True)]
    same_as("pytorch_optimizer.ApolloDQN", linear(0.001, 1, steps=500) >> constant(1), shares)


def test_ademamix_warms_its_alpha_up(same_as):
    alphas = [pytorch_optimizer.AdEMAMix.schedule_alpha(2_000, k, 5.0) for k in range(1, UPDATES + 1)]
    same_as("pytorch_optimizer.AdEMAMix", 5 * warmup_constant(2_000), alphas)


# Those that warm up by themselves, met by a warm-up from beta2.


@pytest.mark.parametrize(
    ("make", "own"),
    [
        (schedulefree.AdamWScheduleFree, "warmup_steps, by which it weighs its averages too"),
        (schedulefree.RAdamScheduleFree, "its rectification"),
        (pytorch_optimizer.Prodigy, "the growth of its step from d0"),
    ],
)
def test_a_warm_up_from_beta2_on_top_of_its_own_is_said(make, own):
    optimizer = make([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    with pytest.warns(PreheatWarning, match=f"it warms up by {own}"):
        Scheduler(optimizer, 'warmup("auto") >> constant(1)')
