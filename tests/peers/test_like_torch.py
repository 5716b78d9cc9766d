"""Every schedule of torch under its own name, compared with torch's scheduler along a run."""

from typing import Any

import pytest
from torch.optim import lr_scheduler as theirs
from torch.optim.swa_utils import SWALR

from preheat import cosine, until
from preheat.like import torch as like

UPDATES = 12_000
LRS = [1.0, 0.1, 3e-4]


def shrinking(epoch):
    return 0.999 if epoch % 3 else 0.9999


# The name, the parameters of both, and the number of updates to compare, as some of torch's climb back after the end;
# `eta_min` and `swa_lr` are given here as shares of the lr.
MULTIPLYING: list[tuple[str, dict[str, Any], int]] = [
    ("LambdaLR", {"lr_lambda": lambda epoch: (1 + epoch / 2_000) ** -0.5}, UPDATES),
    ("StepLR", {"step_size": 3_000}, UPDATES),
    ("StepLR", {"step_size": 7, "gamma": 0.999}, UPDATES),
    ("StepLR", {"step_size": 3_000, "gamma": 1.5}, UPDATES),
    ("StepLR", {"step_size": 7, "gamma": 1.001}, UPDATES),
    ("StepLR", {"step_size": 1, "gamma": 1.0001}, UPDATES),
    ("MultiStepLR", {"milestones": [6_000, 9_000]}, UPDATES),
    ("MultiStepLR", {"milestones": []}, 10),
    ("MultiStepLR", {"milestones": [4, 4], "gamma": 2.0}, 10),
    ("MultiStepLR", {"milestones": [11_999, 7, 7_001, 0, 7], "gamma": 0.7}, UPDATES),
    ("MultiStepLR", {"milestones": (1, 2, 3), "gamma": 1.5}, UPDATES),
    ("ConstantLR", {"total_iters": 2_000}, UPDATES),
    ("ConstantLR", {"factor": 0.07, "total_iters": 1}, 10),
    ("LinearLR", {"total_iters": 2_000}, UPDATES),
    ("LinearLR", {"start_factor": 1e-8, "total_iters": 10_007}, UPDATES),
    ("LinearLR", {"start_factor": 0.9, "end_factor": 0.0, "total_iters": 10_007}, UPDATES),
    ("LinearLR", {"total_iters": 1}, 10),
    ("ExponentialLR", {"gamma": 0.9997}, UPDATES),
    ("ExponentialLR", {"gamma": 1.0003}, UPDATES),
    ("PolynomialLR", {"total_iters": 10_000}, UPDATES),
    ("PolynomialLR", {"total_iters": 10_007, "power": 0.5}, UPDATES),
    ("PolynomialLR", {"total_iters": 10_007, "power": 3.3}, UPDATES),
    ("CosineAnnealingLR", {"T_max": 10_000, "eta_min": 0.1}, 10_001),
    ("CosineAnnealingLR", {"T_max": 10_007}, 10_008),
    ("CosineAnnealingLR", {"T_max": 10_007, "eta_min": 3.7}, 10_008),
    ("CosineAnnealingLR", {"T_max": 1, "eta_min": 0.1}, 2),
    ("CosineAnnealingWarmRestarts", {"T_0": 2_500, "eta_min": 0.1}, UPDATES),
    ("CosineAnnealingWarmRestarts", {"T_0": 7, "T_mult": 2}, UPDATES),
    ("CosineAnnealingWarmRestarts", {"T_0": 1, "T_mult": 3, "eta_min": 0.1}, UPDATES),
    ("SWALR", {"anneal_epochs": 1_000, "swa_lr": 0.5}, UPDATES),
    ("SWALR", {"anneal_epochs": 1_003, "swa_lr": 3.7, "anneal_strategy": "linear"}, UPDATES),
    ("SWALR", {"anneal_epochs": 0, "swa_lr": 0.5}, 10),
]


def peer(name):
    return SWALR if name == "SWALR" else getattr(theirs, name)


def both(parameters, lr):
    """The parameters of torch's scheduler, and those of `like`, which asks for `base_lr` where one is a rate."""
    rates = {name: lr * parameters[name] for name in ("eta_min", "swa_lr") if name in parameters}
    return {**parameters, **rates}, {**parameters, **rates, **({"base_lr": lr} if rates else {})}


@pytest.mark.parametrize("lr", LRS)
@pytest.mark.parametrize(("name", "parameters", "updates"), MULTIPLYING)
def test_a_multiplier_has_the_values_of(name, parameters, updates, lr, same_along):
    for_theirs, for_ours = both(parameters, lr)
    plan = getattr(like, name)(**for_ours)
    make = lambda optimizer: peer(name)(optimizer, **for_theirs)  # noqa: E731  # of this call
    same_along(f"torch.{name}", plan, make, updates=updates, lr=lr)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        (name, parameters)
        for name, parameters, _ in MULTIPLYING
        if hasattr(peer(name), "_get_closed_form_lr") and parameters.get("T_max") != 1
    ],
)
def test_where_their_recursion_drifts_it_is_their_closed_form(name, parameters, optimizer_with, agree):
    for_theirs, for_ours = both(parameters, 0.1)
    scheduler = peer(name)(optimizer_with(0.1), **for_theirs)
    published = []
    for scheduler.last_epoch in range(parameters.get("T_max", 100_000) + 1):
        published += scheduler._get_closed_form_lr()
    plan = 0.1 * getattr(like, name)(**for_ours)
    agree(plan.values(len(published)), published)


@pytest.mark.parametrize("updates", [4, UPDATES])
def test_multiplicative_lr_is_a_table_of_products(updates, same_along):
    plan = like.MultiplicativeLR(shrinking, total_steps=updates)
    same_along("torch.MultiplicativeLR", plan, lambda o: theirs.MultiplicativeLR(o, shrinking), updates=updates, lr=0.1)


# Schedulers that set the lr, whatever it was, and the momentum with it.

CYCLIC: list[dict[str, Any]] = [
    {"step_size_up": 2_000},
    {"step_size_up": 301, "step_size_down": 778},
    {"step_size_up": 301, "step_size_down": 778, "mode": "triangular2"},
    {"step_size_up": 778, "step_size_down": 301, "mode": "exp_range", "gamma": 0.9997},
    {"step_size_up": 778, "step_size_down": 301, "mode": "exp_range", "gamma": 1.0002},
    {"step_size_up": 1, "step_size_down": 1},
]


@pytest.mark.parametrize("parameters", CYCLIC)
def test_cyclic_lr_sets_the_same_lr(parameters, same_along):
    plan = like.CyclicLR(0.01, 0.1, **parameters)
    make = lambda optimizer: theirs.CyclicLR(optimizer, 0.01, 0.1, **parameters)  # noqa: E731  # of this call
    same_along("torch.CyclicLR", plan, make, updates=UPDATES, multiplies=False)


@pytest.mark.parametrize("parameters", CYCLIC)
def test_cyclic_lr_sets_the_same_momentum(parameters, same_along):
    momenta: dict[str, Any] = {"base_momentum": 0.7, "max_momentum": 0.93}
    plan = like.CyclicLR_momentum(**parameters, **momenta)
    make = lambda optimizer: theirs.CyclicLR(optimizer, 0.01, 0.1, **parameters, **momenta)  # noqa: E731  # likewise
    same_along("torch.CyclicLR_momentum", plan, make, updates=UPDATES, multiplies=False, knob="momentum")


ONE_CYCLE: list[dict[str, Any]] = [
    {"total_steps": 10_000},
    {"epochs": 100, "steps_per_epoch": 101, "pct_start": 0.2501},  # the peak between two updates
    {"total_steps": 10_007, "pct_start": 0.0},
    {"total_steps": 10_007, "pct_start": 0.9999},
    {"total_steps": 20, "pct_start": 0.47},
    {"total_steps": 20, "pct_start": 0.01},
    {"total_steps": 10_007, "pct_start": 0.6},  # of three phases the last has no time left
    {"total_steps": 2, "div_factor": 3.0, "final_div_factor": 7.0},
]


@pytest.mark.parametrize("anneal_strategy", ["cos", "linear"])
@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("parameters", ONE_CYCLE)
def test_one_cycle_lr_sets_the_same_lr(parameters, three_phase, anneal_strategy, same_along):
    parameters = {**parameters, "three_phase": three_phase, "anneal_strategy": anneal_strategy}
    plan = like.OneCycleLR(0.1, **parameters)
    make = lambda optimizer: theirs.OneCycleLR(optimizer, 0.1, **parameters)  # noqa: E731  # of this call
    same_along("torch.OneCycleLR", plan, make, updates=plan.steps, multiplies=False)


@pytest.mark.parametrize("anneal_strategy", ["cos", "linear"])
@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("parameters", ONE_CYCLE[:-1])
def test_one_cycle_lr_sets_the_same_momentum(parameters, three_phase, anneal_strategy, same_along):
    parameters = {**parameters, "three_phase": three_phase, "anneal_strategy": anneal_strategy}
    plan = like.OneCycleLR_momentum(**parameters)
    make = lambda optimizer: theirs.OneCycleLR(optimizer, 0.1, **parameters)  # noqa: E731  # of this call
    same_along("torch.OneCycleLR_momentum", plan, make, updates=plan.steps, multiplies=False, knob="momentum")


PCT_STARTS = [
    0.0, 1e-9, 0.01, 0.05, 0.1, 0.25, 0.3, 1 / 3, 0.37, 0.45, 0.49, 0.5, 0.51, 0.55, 0.6, 2 / 3, 0.75, 0.9, 0.95, 0.99,
    1 - 1e-9, 1.0,
]  # fmt: skip


@pytest.mark.parametrize("anneal_strategy", ["cos", "linear"])
@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("pct_start", PCT_STARTS)
def test_one_cycle_is_torchs_at_every_update_of_every_short_run(
    pct_start, three_phase, anneal_strategy, optimizer_with, lrs_used
):
    options = {"pct_start": pct_start, "three_phase": three_phase, "anneal_strategy": anneal_strategy}
    for total in range(1, 61):
        if float(pct_start * total) == 1:
            with pytest.raises(ZeroDivisionError):
                theirs.OneCycleLR(optimizer_with(1.0), 1.0, total, **options)
            with pytest.raises(ValueError, match="pct_start must be away from 1 / total_steps"):
                like.OneCycleLR(1.0, total, **options)
            continue
        plans = {"lr": like.OneCycleLR(1.0, total, **options), "momentum": like.OneCycleLR_momentum(total, **options)}
        for knob, plan in plans.items():
            optimizer = optimizer_with(1.0)
            scheduler = theirs.OneCycleLR(optimizer, 1.0, total, **options)  # stepped after all updates but the last
            used = [*lrs_used(optimizer, total - 1, scheduler.step, knob=knob).flat, optimizer.param_groups[0][knob]]
            assert plan.values() == pytest.approx(used, rel=0, abs=1e-12)


# Schedulers that are made of others.


def warm_then_cosine(optimizer, lr):
    rise = theirs.LinearLR(optimizer, start_factor=1 / 2_000, total_iters=2_000)
    fall = theirs.CosineAnnealingLR(optimizer, T_max=10_000, eta_min=lr / 10)
    return theirs.SequentialLR(optimizer, [rise, fall], milestones=[2_000])


def four_in_turn(optimizer, lr):
    stages = [
        theirs.LinearLR(optimizer, start_factor=0.1, total_iters=1_000),
        theirs.ExponentialLR(optimizer, gamma=0.9999),
        theirs.CosineAnnealingWarmRestarts(optimizer, T_0=77, eta_min=lr / 7),
        theirs.StepLR(optimizer, step_size=100, gamma=0.9),
    ]
    return theirs.SequentialLR(optimizer, stages, milestones=[903, 5_000, 9_001])


@pytest.mark.parametrize("lr", LRS)
def test_sequential_lr_is_one_plan_after_the_other(lr, same_along):
    two = [like.LinearLR(1 / 2_000, total_iters=2_000), like.CosineAnnealingLR(10_000, eta_min=lr / 10, base_lr=lr)]
    plan = like.SequentialLR(two, milestones=[2_000])
    same_along("torch.SequentialLR", plan, lambda o: warm_then_cosine(o, lr), updates=UPDATES + 1, lr=lr)
    four = [
        like.LinearLR(0.1, total_iters=1_000),
        like.ExponentialLR(0.9999),
        like.CosineAnnealingWarmRestarts(77, eta_min=lr / 7, base_lr=lr),
        like.StepLR(100, 0.9),
    ]
    plan = like.SequentialLR(four, milestones=[903, 5_000, 9_001])
    same_along("torch.SequentialLR", plan, lambda o: four_in_turn(o, lr), updates=UPDATES, lr=lr)


@pytest.mark.parametrize("milestones", [[], [0], [3], [2, 2], [0, 0], [0, 3], [2, 5]])
def test_sequential_lr_leaves_out_what_equal_milestones_do(milestones, same_along):
    members: list[tuple[str, dict[str, Any]]] = [
        ("ConstantLR", {"factor": 0.5, "total_iters": 3}),
        ("LinearLR", {"start_factor": 0.25, "total_iters": 3}),
        ("ExponentialLR", {"gamma": 0.5}),
    ]
    members = members[: len(milestones) + 1]
    plan = like.SequentialLR([getattr(like, name)(**options) for name, options in members], milestones)

    def make(optimizer):
        made = [peer(name)(optimizer, **options) for name, options in members]
        return theirs.SequentialLR(optimizer, made, list(milestones))

    same_along("torch.SequentialLR", plan, make, updates=12)


# Each member by name and parameters, in the order in which they stand, and the number of updates.
CHAINS = [
    ([("ConstantLR", {"factor": 0.1, "total_iters": 2_000}), ("ExponentialLR", {"gamma": 0.9997})], UPDATES),
    (
        [("LinearLR", {"total_iters": 99}), ("StepLR", {"step_size": 999}), ("PolynomialLR", {"total_iters": 7_000})],
        8_000,
    ),
    ([("LinearLR", {"total_iters": 2_000}), ("CosineAnnealingLR", {"T_max": 10_007})], 10_008),
    ([("LinearLR", {"total_iters": 4}), ("CosineAnnealingLR", {"T_max": 10_007, "eta_min": 0.1})], 10_008),
    ([("CosineAnnealingLR", {"T_max": 10_007, "eta_min": 0.1}), ("LinearLR", {"total_iters": 1_000})], 10_008),
    ([("MultiStepLR", {"milestones": [9, 700]}), ("CosineAnnealingLR", {"T_max": 10_007, "eta_min": 0.1})], 10_008),
    ([("ExponentialLR", {"gamma": 0.9997}), ("CosineAnnealingLR", {"T_max": 10_007, "eta_min": 0.1})], 10_008),
    ([("StepLR", {"step_size": 999, "gamma": 1.1}), ("ExponentialLR", {"gamma": 0.9997})], UPDATES),
    ([("StepLR", {"step_size": 999, "gamma": 1.1}), ("CosineAnnealingLR", {"T_max": 10_007, "eta_min": 0.1})], 10_008),
    ([("CosineAnnealingLR", {"T_max": 10_007, "eta_min": x}) for x in (0.1, 0.3)], 10_008),
    ([("CosineAnnealingLR", {"T_max": 10_007, "eta_min": 0.3})], 10_008),
]


@pytest.mark.parametrize("lr", LRS)
@pytest.mark.parametrize(("members", "updates"), CHAINS)
def test_chained_scheduler_is_a_product_or_the_values_of_its_recursion(members, updates, lr, same_along):
    plan = like.ChainedScheduler([getattr(like, name)(**both(parameters, lr)[1]) for name, parameters in members])

    def make(optimizer):
        made = [peer(name)(optimizer, **both(parameters, lr)[0]) for name, parameters in members]
        return theirs.ChainedScheduler(made)

    same_along("torch.ChainedScheduler", plan, make, updates=updates, lr=lr)


def test_swalr_takes_over_from_another_as_its_docstring_says(optimizer_with, lrs_used, agree):
    optimizer = optimizer_with(0.1)
    main, averaging = theirs.StepLR(optimizer, 5, gamma=0.5), SWALR(optimizer, swa_lr=0.05, anneal_epochs=10)
    updates = iter(range(1, 41))

    def step():  # as in the recipe of their docs
        (main if next(updates) < 20 else averaging).step()

    plan, k = like.StepLR(5, gamma=0.5), 20
    plan = until(plan, k) >> cosine(plan(k - 1), 0.05 / 0.1, steps=10)
    agree([[0.1 * value] for value in plan.values(40)], lrs_used(optimizer, 40, step))


def test_past_their_end_it_keeps_its_value():
    assert like.CosineAnnealingLR(10, eta_min=0.1, base_lr=1)(20) == 0.1
    assert like.OneCycleLR(1, 10, anneal_strategy="linear")(10) == like.OneCycleLR(1, 10)(9) == 1 / 25 / 1e4


def test_every_schedule_of_torch_is_compared_here():
    compared = {name for name, _, _ in MULTIPLYING}
    compared |= {"MultiplicativeLR", "CyclicLR", "CyclicLR_momentum", "OneCycleLR", "OneCycleLR_momentum"}
    compared |= {"SequentialLR", "ChainedScheduler"}
    assert compared == set(like.__all__) - {"ReduceLROnPlateau"}
    assert compared - {"SWALR", "CyclicLR_momentum", "OneCycleLR_momentum"} | {"ReduceLROnPlateau"} == {
        name for name in theirs.__all__ if name != "LRScheduler"
    }
