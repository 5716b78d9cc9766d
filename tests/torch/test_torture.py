"""The other rows of the survey of forty schedulers: what ruins a run in silence elsewhere is right here, or said.

The setting is that of `test_torture_resume.py`: AdamW, two groups with peaks 1e-3 and 1e-4, 40 updates, a warm-up of
10, a floor of 1e-5. What an update used is read in the optimizer, just before the update.
"""

import warnings
from copy import deepcopy
from functools import partial
from math import inf

import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

from preheat import PreheatWarning, constant, cosine, linear, polynomial, warmup, zero_based
from preheat.torch import Plateau, Scheduler

PEAKS = (1e-3, 1e-4)
N, W = 40, 10
PLAN = warmup(W) >> cosine(1, 0.01, steps=N - W)
EXPECTED = [[peak * PLAN(i) for peak in PEAKS] for i in range(N)]


def parameter():
    return torch.nn.Parameter(torch.randn(2))


def adamw(*peaks, **rest):
    torch.manual_seed(0)
    return torch.optim.AdamW([{"params": [parameter()], "lr": lr} for lr in peaks or PEAKS], **rest)


def backward(optimizer):
    sum(weight.square().sum() for group in optimizer.param_groups for weight in group["params"]).backward()


def recorded(optimizer):
    """A list that the optimizer fills with the lrs of its groups just before each update."""
    used = []
    optimizer.register_step_pre_hook(lambda one, *_: used.append([float(group["lr"]) for group in one.param_groups]))
    return used


def train(optimizer, *steps, updates=N):
    used = recorded(optimizer)
    for _ in range(updates):
        optimizer.zero_grad()
        backward(optimizer)
        optimizer.step()
        for step in steps:
            step()
    return used


def test_row_7_a_warmup_of_a_tensor_lr_ends_at_the_peak():
    optimizer = adamw(*(torch.tensor(peak) for peak in PEAKS))
    used = train(optimizer, Scheduler(optimizer, warmup(W) >> constant(1)).step)
    assert used[W - 1 :] == [[float(torch.tensor(peak)) for peak in PEAKS]] * (N - W + 1)


@pytest.mark.parametrize("k", [0, 1, W, 20, N - 1])
def test_row_8_a_polynomial_of_a_tensor_lr_keeps_its_floor_and_resumes_exactly(k):
    plan = warmup(W) >> polynomial(1, 0.01, power=1, steps=N - W)

    def build():
        one = adamw(*(torch.tensor(peak) for peak in PEAKS))
        return one, Scheduler(one, plan)

    optimizer, scheduler = build()
    whole = train(optimizer, scheduler.step)
    assert whole[-1] == pytest.approx([1e-5, 1e-6], rel=1e-6)

    optimizer, scheduler = build()
    train(optimizer, scheduler.step, updates=k)
    states = optimizer.state_dict(), scheduler.state_dict()
    optimizer, scheduler = build()
    optimizer.load_state_dict(states[0])
    scheduler.load_state_dict(states[1])
    assert train(optimizer, scheduler.step, updates=N - k) == whole[k:]


@pytest.mark.parametrize("groups", [2, 4])
def test_row_9_groups_made_of_one_tensor_are_cut_once(groups):
    optimizer = torch.optim.AdamW([{"params": [parameter()]} for _ in range(groups)], lr=torch.tensor(0.5))
    scheduler = Scheduler(optimizer, constant(1), feedback=Plateau(factor=0.5, patience=0))
    scheduler.observe(1.0)
    scheduler.observe(1.0)
    assert scheduler.get_last_lr() == [0.25] * groups


def test_row_9_groups_made_of_one_tensor_follow_each_its_own_plan():
    optimizer = torch.optim.AdamW([{"params": [parameter()]} for _ in range(2)], lr=torch.tensor(0.5))
    assert Scheduler(optimizer, {0: constant(1), 1: constant(0.125)}).get_last_lr() == [0.5, 0.0625]


def test_row_10_a_call_for_each_micro_batch_counts_updates():
    optimizer = adamw()
    scheduler = Scheduler(optimizer, PLAN)
    used = recorded(optimizer)
    for batch in range(4 * N):
        backward(optimizer)
        if batch % 4 == 3:
            optimizer.step()
            optimizer.zero_grad()
        scheduler.step()
    assert used == EXPECTED


@pytest.mark.parametrize("last", [cosine(1, 0.01, steps=N - W), linear(1, 0, steps=N - W)])
def test_row_11_past_its_end_a_plan_holds_and_says_so_once(last):
    optimizer = adamw()
    scheduler = Scheduler(optimizer, warmup(W) >> last)
    with pytest.warns(PreheatWarning, match=r"has ended after 40 updates and holds") as said:
        used = train(optimizer, scheduler.step, updates=3 * N)
    assert len(said) == 1
    assert used[N - 1 :] == [[peak * last(N - W - 1) for peak in PEAKS]] * (2 * N + 1)


def test_row_12_a_product_of_wishes_is_one_plan():
    optimizer = adamw()
    used = train(optimizer, Scheduler(optimizer, warmup(W) * zero_based(cosine(1, 0, steps=N))).step)
    rise, fall = warmup(W), zero_based(cosine(1, 0, steps=N))
    assert used == [[peak * (rise(i) * fall(i)) for peak in PEAKS] for i in range(N)]


def test_row_12_a_second_scheduler_takes_over_and_the_first_is_closed():
    optimizer = adamw()
    first = Scheduler(optimizer, warmup(W) >> constant(1))
    with pytest.warns(PreheatWarning, match="replaces the one that drove these knobs"):
        second = Scheduler(optimizer, PLAN)
    with pytest.raises(RuntimeError, match="closed: replaced"):
        first.step()
    assert train(optimizer, second.step) == EXPECTED


@pytest.mark.parametrize("other", [
    lambda one: LambdaLR(one, lambda _: 0.5).step,
    lambda one: partial(ReduceLROnPlateau(one, factor=0.5, patience=0).step, 1.0),
])  # fmt: skip
def test_row_12_another_schedulers_hand_is_overwritten_and_said(other):
    optimizer = adamw()
    ours = Scheduler(optimizer, PLAN)
    with pytest.warns(PreheatWarning, match=r"another hand has set lr of group 0 .* `a >> b` or `a \* b`") as said:
        train(optimizer, ours.step, other(optimizer), updates=5)
    assert len(said) == 1


def test_row_12_cuts_on_a_plateau_last():
    optimizer = adamw()
    scheduler = Scheduler(optimizer, PLAN, feedback=Plateau(factor=0.5, patience=4))
    used = recorded(optimizer)
    for _ in range(N):
        backward(optimizer)
        optimizer.step()
        scheduler.step(1.0)
    assert used == [[lr * 0.5 ** max(0, (i - 1) // 5) for lr in row] for i, row in enumerate(EXPECTED)]


def test_row_13_a_group_that_comes_later_is_scheduled_from_its_first_update():
    optimizer = adamw()
    scheduler = Scheduler(optimizer, PLAN)
    used = train(optimizer, scheduler.step, updates=5)
    optimizer.add_param_group({"params": [parameter()], "lr": 2e-4})
    used = train(optimizer, scheduler.step, updates=N - 5)
    assert used == [[*EXPECTED[i], 2e-4 * PLAN(i)] for i in range(5, N)]


def test_row_14_a_group_that_is_frozen_when_built_stays_frozen():
    optimizer = adamw(1e-3, 0.0)
    used = train(optimizer, Scheduler(optimizer, PLAN).step)
    assert used == [[1e-3 * PLAN(i), 0.0] for i in range(N)]


def test_row_14_a_group_that_no_plan_drives_is_left_alone():
    optimizer = adamw()
    scheduler = Scheduler(optimizer, {0: PLAN, 1: None})
    train(optimizer, scheduler.step, updates=5)
    optimizer.param_groups[1]["lr"] = 0.0
    assert train(optimizer, scheduler.step, updates=N - 5) == [[1e-3 * PLAN(i), 0.0] for i in range(5, N)]


def test_row_14_a_cut_by_hand_is_overwritten_and_said():
    optimizer = adamw()
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler.step, updates=5)
    optimizer.param_groups[0]["lr"] *= 0.5
    with pytest.warns(PreheatWarning, match=r"another hand has set lr of group 0 .* seek, replan or another plan"):
        used = train(optimizer, scheduler.step, updates=N - 5)
    assert used[1:] == EXPECTED[6:]


def test_row_15_built_again_it_has_the_bases_of_the_first():
    optimizer = adamw()
    Scheduler(optimizer, PLAN)
    with pytest.warns(PreheatWarning, match="replaces the one that drove these knobs"):
        Scheduler(optimizer, PLAN)
    with pytest.warns(PreheatWarning, match="replaces the one that drove these knobs"):
        third = Scheduler(optimizer, PLAN)
    assert train(optimizer, third.step) == EXPECTED


def test_row_16_a_copy_made_alone_drives_the_same_optimizer_once_it_is_stepped():
    optimizer = adamw()
    first = Scheduler(optimizer, PLAN)
    train(optimizer, first.step, updates=5)
    copy = deepcopy(first)
    with pytest.warns(PreheatWarning, match="replaces the one that drove these knobs"):
        copy.step()
    assert train(optimizer, copy.step, updates=N - 5) == EXPECTED[5:]
    with pytest.raises(RuntimeError, match="closed: replaced"):
        first.step()


def test_row_17_an_index_for_step_is_refused():
    scheduler = Scheduler(adamw(), PLAN)
    with pytest.raises(TypeError, match=r"step\(.*\): it takes no argument; seek\(i\) moves the schedule"):
        scheduler.step(1)
    assert not hasattr(scheduler, "step_update")


def test_row_18_a_constant_negative_metric_is_cut_as_a_positive_one():
    rates = []
    for metric in (1.0, -1.0):
        scheduler = Scheduler(adamw(), constant(1), feedback=Plateau(factor=0.5, patience=2))
        for _ in range(20):
            scheduler.observe(metric)
        rates.append(scheduler.get_last_lr()[0])
    assert rates == [1e-3 * 0.5**6] * 2


class Synced:
    """A wrapper as Accelerate's: it has the optimizer inside and passes on a step of four, the last micro-batch's."""

    def __init__(self, optimizer):
        self.optimizer = optimizer
        self.calls = 0

    @property
    def param_groups(self):
        return self.optimizer.param_groups

    def step(self):
        self.calls += 1
        if self.calls % 4 == 0:
            self.optimizer.step()


@pytest.mark.parametrize("calls", [0, 1, 8])
def test_row_19_accumulation_behind_a_wrapper_counts_updates_however_often_step_is_called(calls):
    wrapper = Synced(adamw())
    scheduler = Scheduler(wrapper, PLAN)  # type: ignore[arg-type]  # followed to the optimizer inside
    used = recorded(wrapper.optimizer)
    for _ in range(4 * N):
        backward(wrapper)
        wrapper.step()
        for _ in range(calls):
            scheduler.step()
    assert used == EXPECTED


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_row_21_a_warmup_before_restarts_is_the_same_for_any_number_of_groups(groups):
    plan = warmup(W) >> cosine(1, 0, steps=10) >> cosine(1, 0, steps=20)
    optimizer = adamw(*[1e-3] * groups)
    assert train(optimizer, Scheduler(optimizer, plan).step) == [[1e-3 * plan(i)] * groups for i in range(N)]


@pytest.mark.parametrize("fused", [False, True])
def test_row_22_an_update_that_grad_scaler_skipped_does_not_count_and_nothing_false_is_said(fused):
    optimizer = adamw(fused=fused)
    scheduler = Scheduler(optimizer, PLAN)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16)
    used, skipped = recorded(optimizer), {0, 7, 8, 20, 43}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for batch in range(N + len(skipped)):
            optimizer.zero_grad()
            weights = [weight for group in optimizer.param_groups for weight in group["params"]]
            loss = sum(weight.square().sum() for weight in weights)
            scaler.scale(loss * (inf if batch in skipped else 1)).backward()
            scaler.step(optimizer)
            scaler.update()
            scheduler.step()
    seen = [row for batch, row in enumerate(used) if not (fused and batch in skipped)]  # fused, it skips in the kernel
    assert seen == EXPECTED
    assert scheduler.last_epoch == N
