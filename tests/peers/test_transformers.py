"""The schedules of transformers, each in plain algebra; all but one of them are zero-based."""

import pytest
import transformers
from transformers import optimization as theirs

from preheat import (
    constant,
    inverse_sqrt,
    linear,
    one_minus_sqrt,
    polynomial,
    warmup,
    warmup_constant,
    warmup_cosine,
    warmup_linear,
    zero_based,
)
from preheat.torch import Scheduler

LR = 3e-4

# What it takes: the optimizer, the updates of the warm-up, and all updates; then our plan, and how many updates past
# the end theirs is defined for: its cosines rise again.
CASES = {
    "get_constant_schedule_with_warmup": (
        lambda optimizer, w, _: theirs.get_constant_schedule_with_warmup(optimizer, w),
        lambda w, _: zero_based(warmup_constant(w)),
        100,
    ),
    "get_linear_schedule_with_warmup": (
        theirs.get_linear_schedule_with_warmup,
        lambda w, n: zero_based(warmup_linear(w, total_steps=n)),
        100,
    ),
    "get_cosine_schedule_with_warmup": (
        theirs.get_cosine_schedule_with_warmup,
        lambda w, n: zero_based(warmup_cosine(w, total_steps=n)),
        1,
    ),
    "get_polynomial_decay_schedule_with_warmup": (
        lambda optimizer, w, n: theirs.get_polynomial_decay_schedule_with_warmup(
            optimizer, w, n, lr_end=LR / 10, power=2.0
        ),
        lambda w, n: zero_based(warmup(w) >> polynomial(1, 0.1, power=2, steps=n - w)),
        100,
    ),
    "get_inverse_sqrt_schedule": (
        lambda optimizer, w, _: theirs.get_inverse_sqrt_schedule(optimizer, w, timescale=500),
        lambda w, _: zero_based(warmup(w) >> inverse_sqrt(500)),
        100,
    ),
    "get_cosine_with_min_lr_schedule_with_warmup": (
        lambda optimizer, w, n: theirs.get_cosine_with_min_lr_schedule_with_warmup(optimizer, w, n, min_lr_rate=0.1),
        lambda w, n: zero_based(warmup_cosine(w, total_steps=n, end=0.1)),
        1,
    ),
    "get_cosine_with_min_lr_schedule_with_warmup_lr_rate": (  # the one that reaches its peak and its end, as ours do
        lambda optimizer, w, n: theirs.get_cosine_with_min_lr_schedule_with_warmup_lr_rate(
            optimizer, w, n, min_lr_rate=0.1
        ),
        lambda w, n: warmup_cosine(w, total_steps=n, end=0.1),
        0,
    ),
    "get_wsd_schedule of 1-sqrt": (
        lambda optimizer, w, n: theirs.get_wsd_schedule(
            optimizer, w, n // 5, num_training_steps=n, decay_type="1-sqrt", min_lr_ratio=0.1
        ),
        lambda w, n: zero_based(
            linear(0.1, 1, steps=w) >> constant(1, steps=n - w - n // 5) >> one_minus_sqrt(1, 0.1, steps=n // 5)
        ),
        100,
    ),
    "get_wsd_schedule of 1-sqrt to 0": (
        lambda optimizer, w, n: theirs.get_wsd_schedule(
            optimizer, w, n // 5, num_training_steps=n, decay_type="1-sqrt"
        ),
        lambda w, n: zero_based(warmup(w) >> constant(1, steps=n - w - n // 5) >> one_minus_sqrt(1, 0, steps=n // 5)),
        100,
    ),
}


@pytest.mark.parametrize("lengths", [(2_000, 12_000), (0, 10), (1, 10), (7, 10)], ids=str)
@pytest.mark.parametrize(("scheduler", "plan", "beyond"), CASES.values(), ids=CASES)
def test_every_update_uses_the_lr_of(scheduler, plan, beyond, lengths, agree_along):
    agree_along(plan(*lengths), lambda optimizer: scheduler(optimizer, *lengths), updates=lengths[1] + beyond, lr=LR)


def test_its_optimizer_for_pretraining_is_driven_as_any_other(optimizer_with, lrs_used, agree):
    first, second = optimizer_with(LR), optimizer_with(LR)
    optimizer = transformers.Adafactor(
        [parameter for group in first.param_groups for parameter in group["params"]],
        lr=LR, scale_parameter=False, relative_step=False,
    )  # fmt: skip
    published = theirs.get_linear_schedule_with_warmup(second, 10, 100)
    agree(
        lrs_used(optimizer, 100, Scheduler(optimizer, zero_based(warmup_linear(10, total_steps=100))).step),
        lrs_used(second, 100, published.step),
    )
