"""Six ways of stopping and going on that ruin a run in silence elsewhere: here each is right, or said.

The rows are those of a survey of forty schedulers. Its setting: AdamW, two groups with peaks 1e-3 and 1e-4, 40 updates,
a warm-up of 10, a floor of 1e-5. What an update used is read in the optimizer, just before the update.
"""

import pytest
import torch

from preheat import PreheatWarning, cosine, warmup
from preheat.torch import Scheduler

PEAKS = (1e-3, 1e-4)
N, W = 40, 10
PLAN = warmup(W) >> cosine(1, 0.01, steps=N - W)
SAVED_AT = (0, 1, W - 1, W, W + 1, 20, N - 1, N)


def adamw(*peaks):
    torch.manual_seed(0)
    groups = [{"params": [torch.nn.Parameter(torch.randn(2))], "lr": lr} for lr in peaks or PEAKS]
    return torch.optim.AdamW(groups)


def train(optimizer, scheduler, updates):
    """Train as torch's docs do; the lrs that each update used."""
    used = []
    recorder = optimizer.register_step_pre_hook(
        lambda one, *_: used.append([group["lr"] for group in one.param_groups])
    )
    for _ in range(updates):
        optimizer.zero_grad()
        sum(weight.square().sum() for group in optimizer.param_groups for weight in group["params"]).backward()
        optimizer.step()
        scheduler.step()
    recorder.remove()
    return used


def saved(k, plan=PLAN):
    """The states of a run that stopped after `k` updates."""
    optimizer = adamw()
    scheduler = Scheduler(optimizer, plan)
    train(optimizer, scheduler, k)
    return optimizer.state_dict(), scheduler.state_dict()


def expected(plan, start, stop, peaks=PEAKS):
    return [[peak * plan(i) for peak in peaks] for i in range(start, stop)]


def test_row_1_a_forgotten_scheduler_state_is_said_and_never_exceeds_the_peak():
    optimizer_state, _ = saved(20)
    optimizer = adamw()
    scheduler = Scheduler(optimizer, PLAN)
    optimizer.load_state_dict(optimizer_state)
    with pytest.warns(PreheatWarning, match=r"no scheduler state was loaded.*load the scheduler's state, or seek\(k\)"):
        used = train(optimizer, scheduler, N)
    assert used == expected(PLAN, 0, N)


@pytest.mark.parametrize("updates", [40, 200])
def test_row_2_a_finished_cosine_with_a_fresh_optimizer_stays_at_its_floor(updates):
    _, scheduler_state = saved(N)
    optimizer = adamw()
    scheduler = Scheduler(optimizer, PLAN)
    scheduler.load_state_dict(scheduler_state)
    with pytest.warns(PreheatWarning, match="has ended after 40 updates and holds 0.01"):
        used = train(optimizer, scheduler, updates)
    assert used == [[peak * 0.01 for peak in PEAKS]] * updates


@pytest.mark.parametrize("k", SAVED_AT)
def test_row_3_building_after_the_optimizer_was_loaded_resumes_to_the_last_bit(k):
    optimizer_state, scheduler_state = saved(k)
    optimizer = adamw()
    optimizer.load_state_dict(optimizer_state)
    scheduler = Scheduler(optimizer, PLAN)
    scheduler.load_state_dict(scheduler_state)
    assert scheduler.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
    assert train(optimizer, scheduler, N - k) == expected(PLAN, k, N)


LONGER = warmup(W) >> cosine(1, 0.01, steps=2 * N - W)


@pytest.mark.parametrize("k", SAVED_AT)
def test_row_4_a_longer_plan_is_followed_and_the_seam_is_said(k):
    optimizer_state, scheduler_state = saved(k)
    optimizer = adamw()
    scheduler = Scheduler(optimizer, LONGER)
    optimizer.load_state_dict(optimizer_state)
    with pytest.warns(PreheatWarning) as said:
        scheduler.load_state_dict(scheduler_state)
    assert len(said) == 1
    for part in (repr(PLAN), repr(LONGER), f"{LONGER(k):g}", f"{PLAN(k):g}", "on_change="):
        assert part in str(said[0].message)
    assert train(optimizer, scheduler, 2 * N - k) == expected(LONGER, k, 2 * N)


@pytest.mark.parametrize("k", SAVED_AT)
def test_row_5_a_new_peak_is_used_and_said(k):
    optimizer_state, scheduler_state = saved(k)
    peaks = (2e-3, 2e-4)
    optimizer = adamw(*peaks)
    scheduler = Scheduler(optimizer, PLAN)
    optimizer.load_state_dict(optimizer_state)
    with pytest.warns(PreheatWarning) as said:
        scheduler.load_state_dict(scheduler_state)
    assert len(said) == 1
    for part in ("the lr that the plan multiplies has changed", "0.001", "0.002", "0.0001", "0.0002", "on_change="):
        assert part in str(said[0].message)
    assert train(optimizer, scheduler, N - k) == expected(PLAN, k, N, peaks)


def test_row_6_fine_tuning_from_an_old_optimizer_state_uses_the_new_peak_and_not_a_stale_one():
    optimizer_state, _ = saved(N)
    optimizer = adamw()
    optimizer.load_state_dict(optimizer_state)
    peaks = (5e-4, 5e-5)
    for group, peak in zip(optimizer.param_groups, peaks, strict=True):
        group["lr"] = peak
    scheduler = Scheduler(optimizer, PLAN)
    with pytest.warns(PreheatWarning, match=r"initial_lr=0.001 and lr=0.0005 of an earlier run.*from base 0.0005"):
        used = train(optimizer, scheduler, N)
    assert used == expected(PLAN, 0, N, peaks)


@pytest.mark.parametrize("k", SAVED_AT)
def test_row_20_a_position_without_a_checkpoint_is_sought_and_not_given_as_last_epoch(k):
    optimizer = adamw()
    with pytest.raises(TypeError, match="last_epoch"):
        Scheduler(optimizer, PLAN, last_epoch=k - 1)  # type: ignore[call-arg]  # as users of torch write it
    scheduler = Scheduler(optimizer, PLAN)
    scheduler.seek(k)
    assert train(optimizer, scheduler, N - k) == expected(PLAN, k, N)


@pytest.mark.parametrize("k", [1, W, 20, N])
def test_row_20_seeking_with_a_loaded_optimizer_never_takes_its_lr_for_a_base_in_silence(k):
    optimizer_state, _ = saved(k)
    optimizer = adamw()
    optimizer.load_state_dict(optimizer_state)
    scheduler = Scheduler(optimizer, PLAN)
    scheduler.seek(k)
    with pytest.warns(PreheatWarning) as said:
        optimizer.step()
    assert any("bears initial_lr=0.001" in str(one.message) for one in said)
