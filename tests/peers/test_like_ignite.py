"""Every parameter scheduler of ignite under its own name, compared with ignite's along a run."""

import warnings
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from torch.optim import lr_scheduler

from preheat import after
from preheat.like import ignite as like
from preheat.like import torch as like_torch

with warnings.catch_warnings(action="ignore"):  # torch deprecates what its own code, imported by theirs, calls
    from ignite import handlers as theirs

UPDATES = 12_000


def values_at(optimizer, scheduler, events=UPDATES):
    """What a scheduler of theirs, called at the beginning of each iteration, has set for it."""
    used = []
    for _ in range(events):
        scheduler(None)
        used.append(optimizer.param_groups[0]["lr"])
    return used


@pytest.fixture
def same_along_events(optimizer_with, same_as):
    """Hold a plan to a scheduler of theirs."""

    def compare(name, plan, make, *, lr=1.0):
        optimizer = optimizer_with(lr)
        same_as(f"ignite.{name}", plan, values_at(optimizer, make(optimizer)))

    return compare


VALUES = [(1.0, 0.0, 1_000), (0.1, 0.7, 1_001), (3e-4, 3e-5, 333), (0.0, 1.0, 2)]
CHANGES: list[dict[str, Any]] = [
    {},
    {"cycle_mult": 2},
    {"cycle_mult": 1.5, "start_value_mult": 0.9, "end_value_mult": 1.1},
    {"start_value_mult": 0.9},
    {"start_value_mult": 0.7, "end_value_mult": 0.9},
    {"start_value_mult": 0.7, "end_value_mult": 0.7},
]
CYCLES: list[tuple[str, dict[str, Any]]] = [
    ("LinearCyclicalScheduler", {}),
    ("LinearCyclicalScheduler", {"monotonic": True}),
    ("LinearCyclicalScheduler", {"monotonic": True, "warmup_duration": 77}),
    ("CosineAnnealingScheduler", {}),
    ("CosineAnnealingScheduler", {"warmup_duration": 77}),
]
AS_LONG = [(kind, numbers, change) for kind, numbers, change in product(CYCLES, VALUES[:3], CHANGES)]
SHORT = [(kind, VALUES[3], change) for kind, change in product(CYCLES, CHANGES[:1])]


@pytest.mark.parametrize(("kind", "numbers", "change"), AS_LONG + SHORT)
def test_cycles_have_the_values_of(kind, numbers, change, same_along_events):
    name, options = kind
    plan = getattr(like, name)(*numbers, **change, **options)
    make = lambda o: getattr(theirs, name)(o, "lr", *numbers, **change, **options)  # noqa: E731  # of this call
    same_along_events(name, plan, make)


@pytest.mark.parametrize("change", [{"start_value_mult": 1.3}, {"start_value_mult": -0.7, "end_value_mult": 0.9}])
def test_cycles_that_grow_or_change_their_sign_are_written_out(change, same_along_events):
    plan = like.CosineAnnealingScheduler(1, 0.1, 1_000, **change, cycles=12)
    make = lambda o: theirs.CosineAnnealingScheduler(o, "lr", 1, 0.1, 1_000, **change)  # noqa: E731  # of this call
    same_along_events("CosineAnnealingScheduler", plan, make)


def test_cycles_that_shrink_end_where_theirs_divides_by_zero(optimizer_with, same_as):
    plan = like.CosineAnnealingScheduler(1, 0.1, 7_000, cycle_mult=0.7)
    optimizer = optimizer_with(1.0)
    scheduler = theirs.CosineAnnealingScheduler(optimizer, "lr", 1, 0.1, 7_000, cycle_mult=0.7)
    same_as("ignite.CosineAnnealingScheduler", plan, values_at(optimizer, scheduler, plan.steps))
    with pytest.raises(ZeroDivisionError):
        scheduler(None)


@pytest.mark.parametrize(
    "points",
    [
        [(2_000, 0.5), (4_000, 0.45), (4_001, 0.3), (10_007, 0.1)],
        [(0, 0.0), (1_000, 1.0), (1_000, 0.5), (9_000, 0.1), (9_000, 0.2)],
        [(0, 1.0)],
        [(5, 1.0)],
    ],
)
def test_piecewise_linear_has_the_values_of_theirs(points, same_along_events):
    same_along_events(
        "PiecewiseLinear", like.PiecewiseLinear(points), lambda o: theirs.PiecewiseLinear(o, "lr", points)
    )


def test_concat_scheduler_is_one_plan_after_the_other(same_along_events):
    three = [
        ("LinearCyclicalScheduler", (0, 0.1, 2_000), {"monotonic": True}),
        ("CosineAnnealingScheduler", (0.1, 0.01, 700), {}),
        ("PiecewiseLinear", ([(3, 0.1), (9, 0.2)],), {}),
    ]  # fmt: skip
    plan = like.ConcatScheduler([getattr(like, name)(*args, **more) for name, args, more in three], [2_000, 3_001])

    def make(optimizer):
        parts = [getattr(theirs, name)(optimizer, "lr", *args, **more) for name, args, more in three]
        return theirs.ConcatScheduler(parts, [2_000, 3_001])

    same_along_events("ConcatScheduler", plan, make)


# What follows the warm-up: of ignite, and of torch, whose plan multiplies the lr; each from 0.1.
FOLLOWING = [
    (
        lambda optimizer: theirs.CosineAnnealingScheduler(optimizer, "lr", 0.1, 0.01, 10_000),
        like.CosineAnnealingScheduler(0.1, 0.01, 10_000),
    ),
    (lambda optimizer: lr_scheduler.ExponentialLR(optimizer, 0.9998), 0.1 * like_torch.ExponentialLR(0.9998)),
    (lambda optimizer: lr_scheduler.StepLR(optimizer, 77, 0.99), 0.1 * like_torch.StepLR(77, 0.99)),
]


@pytest.mark.parametrize("warmup_duration", [2_000, 3, 2])
@pytest.mark.parametrize("top", [None, 0.1, 0.3])
@pytest.mark.parametrize(("make", "following"), FOLLOWING)
def test_a_warmup_before_another_has_the_values_of_theirs(make, following, top, warmup_duration, same_along_events):
    plan = like.create_lr_scheduler_with_warmup(following, 0.02, warmup_duration, top)
    warmed = lambda o: theirs.create_lr_scheduler_with_warmup(make(o), 0.02, warmup_duration, top)  # noqa: E731  # as above
    same_along_events("create_lr_scheduler_with_warmup", plan, warmed, lr=0.1)


STATES = [
    ("ExpStateScheduler", {"initial_value": 0.3, "gamma": 0.9997}),
    ("ExpStateScheduler", {"initial_value": 0.3, "gamma": 1.0003}),
    ("StepStateScheduler", {"initial_value": 0.3, "gamma": 0.97, "step_size": 77}),
    ("StepStateScheduler", {"initial_value": 0.3, "gamma": 1.03, "step_size": 77}),
    ("MultiStepStateScheduler", {"initial_value": 0.3, "gamma": 0.97, "milestones": [5, 77, 77, 9_000]}),
    ("MultiStepStateScheduler", {"initial_value": 0.3, "gamma": 1.5, "milestones": []}),
]


@pytest.mark.parametrize(("name", "parameters"), STATES)
def test_a_value_of_the_engines_state_is_the_same_at_each_event(name, parameters, agree, record):
    engine, values = SimpleNamespace(state=SimpleNamespace()), []
    scheduler = getattr(theirs, name)(param_name="value", **parameters)
    for _ in range(UPDATES):
        scheduler(engine)
        values.append(engine.state.value)
    plan = getattr(like, name)(**parameters)
    record(f"ignite.{name}", plan, agree(after(plan, 1).values(UPDATES), values))


def test_every_schedule_of_ignite_is_compared_here():
    compared = {name for name, _ in CYCLES} | {name for name, _ in STATES}
    assert compared | {"PiecewiseLinear", "ConcatScheduler", "create_lr_scheduler_with_warmup"} == set(like.__all__)
