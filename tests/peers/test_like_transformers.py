"""Every schedule of transformers under its own name, held to theirs along a run."""

from typing import Any

import pytest
import transformers
from transformers import optimization as theirs

from preheat.like import transformers as like
from preheat.torch import Scheduler

LR = 3e-4
LONG = (2_000, 12_000)  # the updates of the warm-up, and all of them
LENGTHS = [LONG, (0, 10), (1, 10), (7, 10)]
BEYOND = 100  # updates past the end, where theirs does not climb

# What else each is given, and how far past the end theirs is as ours.
CASES: list[tuple[str, dict[str, Any], int]] = [
    ("get_linear_schedule_with_warmup", {}, BEYOND),
    *(("get_cosine_schedule_with_warmup", {"num_cycles": waves}, 0) for waves in (0.5, 1, 0.3, 2.7, 7)),
    *(
        ("get_cosine_with_hard_restarts_schedule_with_warmup", {"num_cycles": cycles}, BEYOND)
        for cycles in (1, 2, 3, 7, 49, 103)
    ),
    *(
        ("get_polynomial_decay_schedule_with_warmup", options, BEYOND)
        for options in ({"power": 2.0, "lr_end": LR / 8}, {}, {"power": 0.5, "lr_end": 0})
    ),
    *(
        ("get_cosine_with_min_lr_schedule_with_warmup", {**floor, **options}, 0)
        for floor in ({"min_lr_rate": 0.1}, {"min_lr": 1e-5})
        for options in ({}, {"num_cycles": 2.7})
    ),
    *(
        ("get_cosine_with_min_lr_schedule_with_warmup_lr_rate", {**floor, **options}, 0)
        for floor in ({"min_lr_rate": 0.1}, {"min_lr": 1e-5})
        for options in ({}, {"warmup_lr_rate": 0.3}, {"num_cycles": 2.7}, {"warmup_lr_rate": 0, "num_cycles": 1})
    ),
]
WARMED: list[tuple[str, dict[str, Any]]] = [
    ("get_constant_schedule_with_warmup", {}),
    *(("get_inverse_sqrt_schedule", options) for options in ({}, {"timescale": 500}, {"timescale": 3})),
]
PHASES = [(2_000, 7_000, 3_000), (0, 2, 3), (1, 0, 1), (3, 4, 0), (0, 0, 7)]  # of the warm-up, level, of the decay
TYPES = ["linear", "cosine", "1-sqrt"]


@pytest.fixture
def same(same_along):
    """Hold a plan to the schedule of theirs that is called likewise; where a floor is a rate, ours is told the base."""

    def compare(name, *, updates, **options):
        known = {"base_lr": LR} if {"min_lr", "lr_end"} & set(options) or "polynomial" in name else {}
        plan = getattr(like, name)(**options, **known)
        make = lambda optimizer: getattr(theirs, name)(optimizer, **options)  # noqa: E731  # of this call
        same_along(f"transformers.{name}", plan, make, updates=updates, lr=LR)

    return compare


@pytest.mark.parametrize(("name", "options", "beyond"), CASES, ids=str)
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_every_update_uses_the_lr_of(lengths, name, options, beyond, same):
    warmup, total = lengths
    same(name, updates=total + beyond, num_warmup_steps=warmup, num_training_steps=total, **options)


@pytest.mark.parametrize(("name", "options"), WARMED, ids=str)
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_every_update_of_an_endless_run_uses_the_lr_of(lengths, name, options, same):
    same(name, updates=lengths[1], num_warmup_steps=lengths[0], **options)


def test_every_update_uses_the_lr_of_a_constant(same):
    same("get_constant_schedule", updates=LONG[1])


@pytest.mark.parametrize("floor", [0, 0.1])
@pytest.mark.parametrize("decay", TYPES)
@pytest.mark.parametrize("warmup", TYPES)
@pytest.mark.parametrize("phases", PHASES, ids=str)
def test_every_update_uses_the_lr_of_wsd(phases, warmup, decay, floor, same):
    lengths = dict(zip(("num_warmup_steps", "num_stable_steps", "num_decay_steps"), phases, strict=True))
    types = {"warmup_type": warmup, "decay_type": decay}
    same("get_wsd_schedule", updates=sum(phases) + BEYOND, min_lr_ratio=floor, **lengths, **types)


def test_wsd_is_given_its_total_or_its_stable_steps(same):
    lengths = {"num_warmup_steps": 2_000, "num_decay_steps": 3_000, "num_training_steps": 12_000}
    same("get_wsd_schedule", updates=12_000 + BEYOND, **lengths)
    assert like.get_wsd_schedule(2, 3, 12) == like.get_wsd_schedule(2, 3, num_stable_steps=7)


def test_wsd_lands_on_its_floor_wherever_its_waves_are(same):
    lengths = {"num_warmup_steps": 2_000, "num_decay_steps": 3_000, "num_stable_steps": 7_000}
    same("get_wsd_schedule", updates=12_000 + BEYOND, num_cycles=1.3, min_lr_ratio=0.1, **lengths)


def test_a_warmup_may_be_the_whole_run(same):
    for name in ("get_linear_schedule_with_warmup", "get_cosine_with_hard_restarts_schedule_with_warmup"):
        same(name, updates=10, num_warmup_steps=10, num_training_steps=10)


def test_theirs_climbs_back_and_ours_does_not(optimizer_with):
    climbing = theirs.get_cosine_schedule_with_warmup(optimizer_with(1.0), 0, 10).lr_lambdas[0]
    assert (climbing(20), like.get_cosine_schedule_with_warmup(0, 10)(20)) == (1.0, 0.0)


def test_a_schedule_of_theirs_in_a_loop_and_ours_in_its_place_train_alike(agree_along):
    plan = like.get_cosine_with_min_lr_schedule_with_warmup(20, 200, min_lr_rate=0.1)
    make = lambda o: theirs.get_cosine_with_min_lr_schedule_with_warmup(o, 20, 200, min_lr_rate=0.1)  # noqa: E731
    agree_along(plan, make, updates=201, lr=LR)


def test_its_optimizer_for_pretraining_is_driven_as_any_other(optimizer_with, lrs_used, agree):
    first, second = optimizer_with(LR), optimizer_with(LR)
    optimizer = transformers.Adafactor(
        [parameter for group in first.param_groups for parameter in group["params"]],
        lr=LR, scale_parameter=False, relative_step=False,
    )  # fmt: skip
    published = theirs.get_linear_schedule_with_warmup(second, 10, 100)
    plan = like.get_linear_schedule_with_warmup(10, 100)
    agree(lrs_used(optimizer, 100, Scheduler(optimizer, plan).step), lrs_used(second, 100, published.step))
