"""Accelerate's wrappers around an optimizer and a scheduler of ours."""

from typing import Any

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState
from torch.utils.data import DataLoader

from preheat import cosine, warmup
from preheat.torch import Scheduler

PLAN = warmup(5) >> cosine(1, 0.1, steps=35)
LR = 0.01
BATCHES = 40


def ours(optimizer):
    return Scheduler(optimizer, PLAN)


@pytest.fixture
def trained():
    """Run Accelerate's own loop: the lr of every update, and the scheduler that `make` built."""

    def train(make, *, accumulate=1, prepared_first=False):
        AcceleratorState._reset_state(reset_partial_state=True)
        GradientState._reset_state()
        accelerator = Accelerator(cpu=True, gradient_accumulation_steps=accumulate)
        torch.manual_seed(0)
        model = torch.nn.Linear(4, 1)
        real = torch.optim.AdamW(model.parameters(), lr=LR)
        data: Any = DataLoader(torch.randn(BATCHES, 4), batch_size=1)  # type: ignore[arg-type]  # it has items and a length
        used = []
        if prepared_first:
            model, optimizer, data = accelerator.prepare(model, real, data)
            scheduler = made = make(optimizer)
        else:
            made = make(real)
            model, optimizer, data, scheduler = accelerator.prepare(model, real, data, made)
        real.register_step_pre_hook(lambda optimizer, *_: used.append(optimizer.param_groups[0]["lr"]))
        for batch in data:
            with accelerator.accumulate(model):
                accelerator.backward(model(batch).square().mean())
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
        return used, made

    return train


@pytest.mark.parametrize("prepared_first", [True, False])
@pytest.mark.parametrize("accumulate", [1, 4])
def test_every_update_uses_its_value(accumulate, prepared_first, trained):
    used, _ = trained(ours, accumulate=accumulate, prepared_first=prepared_first)
    assert used == [LR * value for value in PLAN.values(BATCHES // accumulate)]


def test_the_updates_counted_are_those_applied(trained):
    _, scheduler = trained(ours, accumulate=4)
    assert scheduler.last_epoch == BATCHES // 4
