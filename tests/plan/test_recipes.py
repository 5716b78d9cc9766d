"""Recipes: what they return, that their pieces add up, and that they equal the schedules they are named after."""

import math
import warnings

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts, CyclicLR, MultiStepLR, OneCycleLR, StepLR

from preheat import (
    constant,
    deepseek_steps,
    exp_range,
    exponential_warmup,
    fractal_chebyshev,
    infinite,
    milestones,
    one_cycle,
    one_cycle_momentum,
    parse,
    piecewise_linear,
    sgdr,
    staircase,
    trapezoid,
    tri_stage,
    triangular,
    triangular2,
    untuned_exponential,
    untuned_linear,
    warmup_inverse_sqrt,
    warmup_polynomial,
    wsd,
    zero_based,
)

RECIPES = [
    (wsd(10, total_steps=100, decay_steps=20, cooldown="linear", start=0.1, end=0.01), 100),
    (trapezoid(10, total_steps=100, decay_steps=60, end=0.15), 100),
    (tri_stage(10, hold_steps=20, decay_steps=30), 60),
    (infinite(10, cosine_steps=50, constant=0.3), None),
    (infinite(10, cosine_steps=50, constant=0.3, constant_steps=30, decay_steps=10), 100),
    (deepseek_steps(2_000, total_steps=100_000), 100_000),
    (one_cycle(101), 101),
    (one_cycle_momentum(101), 101),
    (sgdr(10, cycles=3, growth=1.25, end=0.01), 10 + 12 + 16),
    (triangular(4, 8, start=0.1), None),
    (triangular2(4, 8, start=0.1), None),
    (exp_range(4, 8, gamma=0.99), None),
    (staircase(0.1, every=30), None),
    (milestones(0.1, milestones=(30, 80)), None),
    (piecewise_linear((0, 1, 0), milestones=(5, 10, 40)), 40),
    (fractal_chebyshev(0.05, 1, steps=8), 8),
    (untuned_linear(0.999), 2_000),
    (untuned_exponential(0.999), None),
    (warmup_polynomial(10, total_steps=100, power=2, end=0.1), 100),
    (warmup_inverse_sqrt(4_000), None),
]


@pytest.mark.parametrize(("plan", "steps"), RECIPES, ids=lambda x: f"{x!r:.40}")
def test_a_recipe_is_plain_algebra_whose_pieces_add_up(plan, steps):
    assert plan.steps == steps
    assert parse(repr(plan)) == plan
    pieces = getattr(plan, "plans", (plan,))
    assert steps is None or " >> " not in repr(plan) or sum(piece.steps for piece in pieces) == steps


def by_torch(make, steps, lr=0.5, knob="lr", **options):
    """What a scheduler of torch's writes, update after update."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, momentum=0.9)
    scheduler = make(optimizer, **options)
    seen = []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0][knob])
        optimizer.step()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scheduler.step()
    return seen


def near(values):
    return pytest.approx(values, rel=1e-12, abs=1e-13)


def test_sgdr_is_torchs_warm_restarts():
    ours = 0.5 * zero_based(sgdr(10, cycles=4, growth=2, end=0.02))
    theirs = by_torch(CosineAnnealingWarmRestarts, 150, T_0=10, T_mult=2, eta_min=0.01)
    assert ours.values() == near(theirs)


@pytest.mark.parametrize(
    ("plan", "mode"),
    [
        (triangular(4, 8, start=0.1), {"mode": "triangular"}),
        (triangular2(4, 8, start=0.1), {"mode": "triangular2"}),
        (exp_range(4, 8, gamma=0.99, start=0.1), {"mode": "exp_range", "gamma": 0.99}),
    ],
)
def test_triangles_are_torchs(plan, mode):
    theirs = by_torch(
        CyclicLR, 100, base_lr=0.05, max_lr=0.5, step_size_up=4, step_size_down=8, cycle_momentum=False, **mode
    )
    assert (0.5 * zero_based(plan)).values(100) == near(theirs)


def test_staircase_and_milestones_are_torchs_in_either_reading():
    stairs, drops = staircase(0.1, every=7), milestones(0.1, milestones=(3, 20, 50))
    assert (0.5 * stairs).values(60) == (0.5 * zero_based(stairs)).values(60)
    assert (0.5 * stairs).values(60) == near(by_torch(StepLR, 60, step_size=7, gamma=0.1))
    assert (0.5 * drops).values(60) == near(by_torch(MultiStepLR, 60, milestones=[3, 20, 50], gamma=0.1))


def test_one_cycle_has_the_ends_and_the_peak_of_torchs():
    theirs = by_torch(OneCycleLR, 100, max_lr=0.5, total_steps=100)
    ours = (0.5 * one_cycle(100)).values()
    assert (ours[29], ours[99]) == near((theirs[29], theirs[99]))
    momentum = by_torch(OneCycleLR, 100, max_lr=0.5, total_steps=100, knob="momentum")
    assert (one_cycle_momentum(100)(29), one_cycle_momentum(100)(99)) == near((momentum[29], momentum[99]))
    assert zero_based(0.5 * one_cycle(100))(0) == near(theirs[0])


def test_piecewise_linear_is_numpys():
    plan = piecewise_linear((0.5, 1, 0, 0.25), milestones=(3, 8, 9, 20))
    assert zero_based(plan).values(25) == near(np.interp(np.arange(25), (3, 8, 9, 20), (0.5, 1, 0, 0.25)).tolist())
    assert piecewise_linear((0.5,), milestones=(3,)) == constant(0.5)


def test_tri_stage_is_fairseqs():
    warm, hold, decay = 4, 3, 6
    factor = -math.log(0.01) / decay
    theirs = [0.01 + 0.99 * i / warm for i in range(warm)] + [1] * hold
    theirs += [math.exp(-factor * i) for i in range(decay + 1)] + [0.01] * 3
    assert zero_based(tri_stage(warm, hold_steps=hold, decay_steps=decay)).values(17) == near(theirs)


def test_fastais_one_cycle_is_ours_with_its_own_divisor():
    assert repr(one_cycle(100, pct_start=0.25, final_div_factor=4000)) == (
        "cosine(0.04, 1, steps=25) >> cosine(1, 1e-05, steps=75)"
    )


@pytest.mark.parametrize(("beta2", "steps"), [(0.9, 20), (0.95, 40), (0.98, 100), (0.99, 200), (0.995, 400),
                                              (0.999, 2_000), (0.9999, 20_000), (0.9985, 1_333)])  # fmt: skip
def test_the_untuned_warmups_are_rounded_right(beta2, steps):
    assert untuned_linear(beta2).steps == steps
    assert untuned_exponential(beta2)(0) == near(-math.expm1(beta2 - 1))


def test_the_untuned_timescale_is_that_of_the_decimal_that_was_written():
    plans = [untuned_exponential(beta2) for beta2 in (0.95, 0.999, 0.9999)]
    assert plans == [exponential_warmup(20), exponential_warmup(1_000), exponential_warmup(10_000)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: wsd(60, total_steps=100, decay_steps=50), "total_steps must be at least warmup_steps + decay_steps"),
        (lambda: trapezoid(60, total_steps=100, decay_steps=50), "total_steps must be at least warmup_steps + decay"),
        (lambda: warmup_polynomial(60, total_steps=50), "total_steps must be at least warmup_steps"),
        (lambda: warmup_inverse_sqrt(0), "warmup_steps must be 1 or more; the fall is measured in them"),
        (lambda: deepseek_steps(90, total_steps=100), "warmup_steps must be at most 80 % of total_steps"),
        (lambda: infinite(1, cosine_steps=1, constant=1, decay_steps=1), "constant_steps and decay_steps must be giv"),
        (lambda: wsd(1, total_steps=9, decay_steps=1, cooldown="exponential"), "its exponential piece must be a plan"),
        (lambda: one_cycle(9, div_factor=1e200, final_div_factor=1e200), "the divisors must be moderate"),
        (lambda: sgdr(1, cycles=10**6), "cycles must be at most 100000"),
        (lambda: sgdr(1, cycles=2_000, growth=2), "the cycles together must be shorter than 2**53 updates"),
        (lambda: sgdr(1, cycles=3, growth=0.1), "the last cycle must be 1 update or more"),
        (lambda: milestones(10, milestones=(2, 1)), "milestones must be a tuple of whole numbers"),
        (lambda: milestones(10, milestones=tuple(range(400))), "the last level must be finite"),
        (lambda: piecewise_linear((1, 2), milestones=(1,)), "values and milestones must be as many"),
        (lambda: fractal_chebyshev(1, 2, steps=12), "steps must be a power of 2, at most 2**20"),
        (lambda: fractal_chebyshev(2, 1, steps=8), "smallest must be at most largest"),
        (
            lambda: wsd(1, total_steps=9, decay_steps=1, cooldown="lineal"),
            "cooldown must be the name of a shape from a",
        ),
    ],
)
def test_a_rule_that_is_broken_is_said_in_the_recipes_name(call, words):
    with pytest.raises((TypeError, ValueError), match=r"^\w+\(.*\): .*must be ") as caught:
        call()
    assert words in str(caught.value)


def test_an_unknown_cooldown_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match=r"one of cosine, exponential, linear, logarithmic, mirror_cosine, one_minus"):
        wsd(1, total_steps=9, decay_steps=1, cooldown="lineal")
