"""The two reference schedules, warm-up then cosine and the paper's, as pytorch_warmup multiplies them together."""

from math import cos, pi

import pytest
import pytorch_warmup
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR

from preheat import cosine, noam, warmup, warmup_constant, zero_based
from preheat.torch import Scheduler

LR = 3e-4
PEAK = (512 * 4000) ** -0.5
WARMUP, TOTAL = 2_000, 100_000


@pytest.fixture
def damped(optimizer_with, lrs_used):
    """The lrs of one of torch's schedulers under their linear warm-up; it starts at the update `since`."""

    def drive(make, *, lr, period, updates, since=0):
        optimizer = optimizer_with(lr)
        scheduler = make(optimizer)
        warm = pytorch_warmup.LinearWarmup(optimizer, period)

        def step():
            starts = warm.last_step + 1 >= since
            with warm.dampening():
                if starts:
                    scheduler.step()

        return lrs_used(optimizer, updates, step)

    return drive


@pytest.fixture
def ours(optimizer_with, lrs_used):
    """The lrs of our plan in the same loop."""

    def drive(plan, *, lr, updates):
        optimizer = optimizer_with(lr)
        return lrs_used(optimizer, updates, Scheduler(optimizer, plan).step)

    return drive


def test_a_delayed_cosine_is_warmup_then_cosine(ours, damped, agree):
    plan = warmup(WARMUP) >> cosine(1, 0.1, steps=TOTAL - WARMUP)
    published = damped(
        lambda optimizer: LambdaLR(optimizer, lambda i: 0.55 + 0.45 * cos(pi * i / (TOTAL - WARMUP))),
        lr=LR, period=WARMUP, updates=TOTAL, since=WARMUP,
    )  # fmt: skip
    agree(ours(plan, lr=LR, updates=TOTAL), published)


def test_a_cosine_from_the_start_is_a_product(ours, damped, agree):
    plan = warmup_constant(WARMUP) * zero_based(cosine(1, 0.1, steps=12_000))
    published = damped(
        lambda optimizer: CosineAnnealingLR(optimizer, T_max=12_000, eta_min=LR / 10),
        lr=LR, period=WARMUP, updates=12_001,
    )  # fmt: skip
    agree(ours(plan, lr=LR, updates=12_001), published)


def test_an_inverse_square_root_after_the_peak_is_noam(optimizer_with, lrs_used, damped, agree):
    optimizer = optimizer_with(0.0)
    published = damped(
        lambda optimizer: LambdaLR(optimizer, lambda i: min(1.0, (4000 / (i + 1)) ** 0.5)),
        lr=PEAK, period=4000, updates=TOTAL,
    )  # fmt: skip
    agree(lrs_used(optimizer, TOTAL, Scheduler(optimizer, lr=noam(512, 4000)).step), published)
