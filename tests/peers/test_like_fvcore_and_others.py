"""The schedules of fvcore, pytorch_optimizer and schedulefree, compared with plans in plain algebra."""

import math
import warnings
from functools import reduce
from itertools import pairwise
from operator import rshift

import pytest
import schedulefree
import torch
from fvcore.common import param_scheduler as fvcore

from preheat import (
    after,
    constant,
    cosine,
    cosine_wave,
    exponential_decay,
    fractal_chebyshev,
    linear,
    one_minus_sqrt,
    one_minus_square,
    polynomial,
    radam,
    rex,
    warmup,
    warmup_constant,
    zero_based,
)

with warnings.catch_warnings(action="ignore"):  # torch deprecates what its own code, imported by theirs, calls
    import pytorch_optimizer

N, AWKWARD = 12_000, 10_007
WARMUP = 2_000


# fvcore: a function of the share of the run, from 0 up to but not 1; here of the i-th of n updates.


def levels(values, ends):
    """Each value up to its end."""
    spans = pairwise([0, *ends])
    return reduce(rshift, [constant(value, steps=b - a) for value, (a, b) in zip(values, spans, strict=True)])


def evenly(values, n):
    """As many parts as values; one that begins between two updates begins at the later."""
    return levels(values, [math.ceil((k + 1) * n / len(values)) for k in range(len(values))])


def composite(share, scaling):
    parts = [fvcore.LinearParamScheduler(0.0, 1.0), fvcore.CosineParamScheduler(1.0, 0.1)]
    return fvcore.CompositeParamScheduler(parts, [share, 1 - share], [scaling] * 2)


SEVEN = [1, 0.7, 0.5, 0.3, 0.2, 0.1, 0]


def of_fvcore(n):
    """The plan for a run of n updates, and fvcore's schedule; by its name and what sets it apart."""
    third, quarter = math.ceil(n / 3), n // 4
    return {
        "ConstantParamScheduler": (constant(0.3, steps=n), fvcore.ConstantParamScheduler(0.3)),
        "LinearParamScheduler": (zero_based(linear(0.001, 1, steps=n)), fvcore.LinearParamScheduler(0.001, 1.0)),
        "CosineParamScheduler": (zero_based(cosine(1, 0.1, steps=n)), fvcore.CosineParamScheduler(1.0, 0.1)),
        "ExponentialParamScheduler": (
            zero_based(0.3 * exponential_decay(0.01, every=n)),
            fvcore.ExponentialParamScheduler(0.3, 0.01),
        ),
        "PolynomialDecayParamScheduler": (
            zero_based(polynomial(0.3, 0, power=0.9, steps=n)),
            fvcore.PolynomialDecayParamScheduler(0.3, 0.9),
        ),
        "PolynomialDecayParamScheduler of a cube": (
            zero_based(polynomial(0.3, 0, power=3, steps=n)),
            fvcore.PolynomialDecayParamScheduler(0.3, 3),
        ),
        "MultiStepParamScheduler": (
            levels([1, 0.1, 0.01], [7_000, 9_001, n]),
            fvcore.MultiStepParamScheduler([1, 0.1, 0.01], n, [7_000, 9_001]),
        ),
        "MultiStepParamScheduler of equal parts": (
            levels([1, 0.5, 0.2], [third, 2 * third, n]),
            fvcore.MultiStepParamScheduler([1, 0.5, 0.2], n),
        ),
        "StepParamScheduler": (evenly([1, 0.5, 0.2], n), fvcore.StepParamScheduler(n, [1, 0.5, 0.2])),
        "StepParamScheduler of seven": (evenly(SEVEN, n), fvcore.StepParamScheduler(n, SEVEN)),
        "StepWithFixedGammaParamScheduler": (
            evenly([0.3 * 0.1**k for k in range(4)], n),
            fvcore.StepWithFixedGammaParamScheduler(0.3, 3, 0.1, n),
        ),
        "CompositeParamScheduler": (
            zero_based(linear(0, 1, steps=quarter) >> cosine(1, 0.1, steps=n - quarter)),
            composite(quarter / n, "rescaled"),
        ),
        "CompositeParamScheduler of what goes on meanwhile": (
            zero_based(linear(0, quarter / n, steps=quarter) >> after(cosine(1, 0.1, steps=n), quarter)),
            composite(quarter / n, "fixed"),
        ),
    }


@pytest.mark.parametrize("n", [N, AWKWARD])
@pytest.mark.parametrize("case", of_fvcore(N))
def test_a_schedule_of_fvcore_is(case, n, same_as):
    plan, scheduler = of_fvcore(n)[case]
    same_as(f"fvcore.{case.split()[0]}", plan, [scheduler(i / n) for i in range(n)])


def test_every_schedule_of_fvcore_is_compared_here():
    theirs = {name for name in vars(fvcore) if name.endswith("ParamScheduler")} - {"ParamScheduler"}
    assert theirs == {case.split()[0] for case in of_fvcore(N)}


# pytorch_optimizer


@pytest.fixture
def values_of(optimizer_with, lrs_used):
    """The lr that each update uses; with `stepped_first` the scheduler also steps once before the first update."""

    def drive(make, updates, *, stepped_first=False):
        optimizer = optimizer_with(1.0)
        scheduler = make(optimizer)
        if stepped_first:
            scheduler.step()
        return lrs_used(optimizer, updates, scheduler.step)

    return drive


RATES = {"max_lr": 1.0, "min_lr": 0.1}


@pytest.mark.parametrize("warmup_steps", [WARMUP, 1, 0])
@pytest.mark.parametrize("shape", [linear, cosine])
def test_its_warmup_and_fall_are_equal_only_if_stepped_first(shape, warmup_steps, values_of, same_as, agree):
    name = f"{shape.__name__.capitalize()}Scheduler"
    plan = zero_based(linear(0.001, 1, steps=warmup_steps) >> shape(1, 0.1, steps=N - warmup_steps))
    make = lambda optimizer: getattr(pytorch_optimizer, name)(  # noqa: E731  # of this call
        optimizer, t_max=N, **RATES, init_lr=0.001, warmup_steps=warmup_steps
    )
    same_as(f"pytorch_optimizer.{name}", plan, values_of(make, N, stepped_first=True))
    late = constant(0.1, steps=1) >> plan  # stepped after each update as torch's are, it uses `min_lr` first
    agree(late.values(N), values_of(make, N).reshape(-1))


def test_its_polynomial_is_none(values_of):
    grown = values_of(
        lambda optimizer: pytorch_optimizer.PolyScheduler(optimizer, t_max=N, max_lr=3e-4, warmup_steps=WARMUP), N
    )
    assert grown.max() == grown[-1] > 90 * 3e-4  # what was asked for is `zero_based(polynomial(...))`


@pytest.mark.parametrize("total_steps", [N, AWKWARD])
def test_its_rex_is_ours_but_for_the_first_update_which_has_the_floor(total_steps, values_of, same_as):
    plan = constant(0.1, steps=1) >> after(zero_based(rex(1, 0.1, steps=total_steps)), 1)
    make = lambda optimizer: pytorch_optimizer.REXScheduler(optimizer, total_steps, **RATES)  # noqa: E731  # as above
    used = values_of(make, total_steps + 100)
    same_as("pytorch_optimizer.REXScheduler", plan, used)
    assert used.max() < 1.0  # the peak, which is never used


@pytest.mark.parametrize(("cycle_mult", "lengths"), [(1.0, [3_001] * 4), (1.5, [3_001, 4_491, 6_726])])
@pytest.mark.parametrize("gamma", [1.0, 0.9])
def test_its_restarts_with_a_warmup_in_each_are_ours(cycle_mult, lengths, gamma, values_of, same_as):
    cycles = [
        linear(0.1, gamma**k, steps=21) >> cosine(gamma**k, 0.1, steps=steps - 21) for k, steps in enumerate(lengths)
    ]
    plan = zero_based(reduce(rshift, cycles))
    make = lambda optimizer: pytorch_optimizer.CosineAnnealingWarmupRestarts(  # noqa: E731  # as above
        optimizer, 3_001, cycle_mult, **RATES, warmup_steps=21, gamma=gamma
    )
    same_as("pytorch_optimizer.CosineAnnealingWarmupRestarts", plan, values_of(make, N))


WSD = [
    ({}, one_minus_sqrt(1, 0, steps=3_007)),
    ({"cooldown_type": "linear"}, linear(1, 0, steps=3_007)),
    ({"cooldown_type": "1-square"}, one_minus_square(1, 0, steps=3_007)),
    ({"cooldown_type": "cosine", "min_lr_ratio": 0.1}, cosine(1, 0.1, steps=3_007)),
    ({"cooldown_type": "cosine", "num_cycles": 1.5}, cosine_wave(1, 0, last=3, steps=3_007)),
]


@pytest.mark.parametrize(("options", "fall"), WSD)
def test_its_warmup_stable_decay_is_ours(options, fall, values_of, same_as):
    plan = zero_based(warmup(WARMUP) >> constant(1, steps=7_000) >> fall)
    make = lambda optimizer: pytorch_optimizer.get_wsd_schedule(  # noqa: E731  # as above
        optimizer, WARMUP, 7_000, 3_007, **options
    )
    same_as("pytorch_optimizer.get_wsd_schedule", plan, values_of(make, N + 100))


def test_its_cooldown_to_a_floor_falls_to_0_and_jumps_to_it_at_the_end(values_of, same_as):
    plan = zero_based(warmup(WARMUP) >> constant(1, steps=7_000) >> one_minus_sqrt(1, 0, steps=3_000))
    make = lambda optimizer: pytorch_optimizer.get_wsd_schedule(  # noqa: E731  # as above
        optimizer, WARMUP, 7_000, 3_000, min_lr_ratio=0.1
    )
    used = values_of(make, N + 1)
    same_as("pytorch_optimizer.get_wsd_schedule", plan, used[:N])
    assert used[-2] < 0.0002
    assert used[-1] == 0.1


@pytest.mark.parametrize(("num_epochs", "steps"), [(8, 8), (100, 128), (10_000, 16_384)])
def test_its_chebyshev_steps_are_ours_the_first_of_them_three_times(num_epochs, steps, values_of, same_as):
    order = fractal_chebyshev(0.05, 1, steps=steps)
    make = lambda optimizer: pytorch_optimizer.get_chebyshev_schedule(optimizer, num_epochs)  # noqa: E731  # as above
    plan = constant(order(0), steps=2) >> order
    same_as("pytorch_optimizer.get_chebyshev_schedule", plan, values_of(make, min(steps, 10_000) + 100))


def test_its_proportion_of_another_schedule_is_a_sum_of_it(optimizer_with, same_as):
    optimizer = optimizer_with(1.0)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, N, eta_min=0.1)
    proportion = pytorch_optimizer.ProportionScheduler(fall, **RATES, max_value=3.0, min_value=2.0)
    values = []
    for _ in range(N):
        values.append(proportion.get_lr())
        optimizer.step()
        fall.step()
        proportion.step()
    plan = 2 + (zero_based(cosine(1, 0.1, steps=N)) - 0.1) / 0.9
    same_as("pytorch_optimizer.ProportionScheduler", plan, values)


# schedulefree: warm-ups only, kept in the group for logging.


@pytest.mark.parametrize(
    ("name", "options", "plan"),
    [
        ("AdamWScheduleFree", {"warmup_steps": WARMUP}, warmup_constant(WARMUP)),
        ("AdamWScheduleFree", {"warmup_steps": 0}, constant(1)),
        ("SGDScheduleFree", {"warmup_steps": 7}, warmup_constant(7)),
        ("RAdamScheduleFree", {}, constant(0, steps=4) >> radam(0.999)),
    ],
)
def test_a_warmup_of_schedulefree_is(name, options, plan, same_as):
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.ones(1)
    optimizer = getattr(schedulefree, name)([weight], lr=0.1, **options)
    optimizer.train()
    used = []
    for _ in range(10_000):
        optimizer.step()
        used.append(optimizer.param_groups[0]["scheduled_lr"])
    same_as(f"schedulefree.{name}", plan, used, base=0.1)
