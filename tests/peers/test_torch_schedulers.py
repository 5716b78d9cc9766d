"""Torch's own schedulers beside ours in the same loop, and our plans in `LambdaLR`."""

import copy

import pytest
import torch
from torch.optim import lr_scheduler as theirs

from preheat import cosine, linear, noam, warmup_linear, zero_based
from preheat.torch import Scheduler

WARMUP, TOTAL = 2_000, 12_000
DECAY = TOTAL - WARMUP
LR = 3e-4


def linear_then_cosine(optimizer):
    rise = theirs.LinearLR(optimizer, start_factor=1 / WARMUP, total_iters=WARMUP)
    fall = theirs.CosineAnnealingLR(optimizer, T_max=DECAY, eta_min=LR / 10)
    return theirs.SequentialLR(optimizer, [rise, fall], milestones=[WARMUP])


def test_every_update_uses_the_lr_of_a_sequential_lr(agree_along):
    plan = zero_based(linear(1 / WARMUP, 1, steps=WARMUP) >> cosine(1, 0.1, steps=DECAY))
    agree_along(plan, linear_then_cosine, updates=TOTAL + 1, lr=LR)


def test_each_group_keeps_its_own_lr(optimizer_with, lrs_used, agree):
    plan = zero_based(cosine(1, 0, steps=TOTAL))
    one, other = optimizer_with(3e-4, 1e-2), optimizer_with(3e-4, 1e-2)
    annealing = theirs.CosineAnnealingLR(other, T_max=TOTAL)
    agree(lrs_used(one, TOTAL, Scheduler(one, plan).step), lrs_used(other, TOTAL, annealing.step))


@pytest.mark.parametrize("base", [0.0, 1.0])
def test_the_papers_formula_in_lambda_lr_is_noam(base, optimizer_with, lrs_used, agree):
    one, other = optimizer_with(base), optimizer_with(1.0)
    ours = Scheduler(one, lr=noam(512, 4000)) if base == 0 else Scheduler(one, noam(512, 4000))
    formula = theirs.LambdaLR(other, lambda i: min((i + 1) ** -0.5, (i + 1) * 4000**-1.5) / 512**0.5)
    agree(lrs_used(one, TOTAL, ours.step), lrs_used(other, TOTAL, formula.step))


PLAN = linear(0, 1, steps=WARMUP) >> cosine(1, 0.1, steps=DECAY)


def test_a_plan_is_a_function_for_lambda_lr(optimizer_with, lrs_used, agree):
    optimizer = optimizer_with(LR)
    scheduler = theirs.LambdaLR(optimizer, PLAN)
    agree(lrs_used(optimizer, TOTAL, scheduler.step), [[LR * value] for value in PLAN.values()])


def test_lambda_lr_with_a_plan_resumes_where_it_stopped(optimizer_with, lrs_used, agree, tmp_path):
    first = optimizer_with(LR)
    scheduler = theirs.LambdaLR(first, PLAN)
    lrs_used(first, 5_000, scheduler.step)
    torch.save([first.state_dict(), scheduler.state_dict()], tmp_path / "checkpoint")

    second = optimizer_with(LR)
    resumed = theirs.LambdaLR(second, PLAN)
    for part, state in zip((second, resumed), torch.load(tmp_path / "checkpoint", weights_only=True), strict=True):
        part.load_state_dict(state)
    agree(lrs_used(second, 7_000, resumed.step), [[LR * value] for value in PLAN.values()[5_000:]])


def test_loading_lambda_lr_leaves_its_plan_as_it_was(optimizer_with):
    plan, untouched = linear(0, 1, steps=4), copy.deepcopy(linear(0, 1, steps=4))
    scheduler = theirs.LambdaLR(optimizer_with(LR), plan)
    scheduler.load_state_dict(scheduler.state_dict())
    assert (plan, hash(plan), vars(plan)) == (untouched, hash(untouched), {})


def published(warmup, total):
    """The published function: up in a straight line from 0, then down in one to 0 at `total`."""

    def factor(current):
        if current < warmup:
            return current / warmup
        return max(0, (total - current) / max(1, total - warmup))

    return factor


LENGTHS = [(WARMUP, TOTAL), (1, 10), (0, 10), (9, 10), (10, 10)]


def as_algebra(warmup, total):
    return zero_based(linear(0, 1, steps=warmup) >> linear(1, 0, steps=total - warmup))


@pytest.mark.parametrize(("warmup", "total"), LENGTHS)
def test_the_published_warmup_then_linear_decay_is_two_lines(warmup, total, agree):
    plan, function = as_algebra(warmup, total), published(warmup, total)
    agree(plan.values(total + 100), [function(i) for i in range(total + 100)])


@pytest.mark.parametrize(("warmup", "total"), LENGTHS)
def test_the_published_function_can_be_given_itself(warmup, total, optimizer_with, lrs_used, agree):
    one, other = optimizer_with(LR), optimizer_with(LR)
    ours = Scheduler(one, published(warmup, total))
    agree(
        lrs_used(one, total, ours.step),
        lrs_used(other, total, theirs.LambdaLR(other, as_algebra(warmup, total)).step),
    )


def test_the_recipe_is_the_published_function(agree):
    plan, function = zero_based(warmup_linear(WARMUP, total_steps=TOTAL)), published(WARMUP, TOTAL)
    agree(plan.values(TOTAL + 100), [function(i) for i in range(TOTAL + 100)])
