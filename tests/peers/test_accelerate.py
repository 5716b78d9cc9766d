"""Accelerate's wrappers around an optimizer and a scheduler of ours."""

from typing import Any

import pytest
import torch
from accelerate import Accelerator
from accelerate.data_loader import BatchSamplerShard
from accelerate.state import AcceleratorState, GradientState
from torch.utils.data import BatchSampler, DataLoader, SequentialSampler

from preheat import cosine, steps_for, warmup
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


@pytest.mark.parametrize("accumulate", [1, 4, 7])
def test_steps_for_counts_what_is_left_over_at_the_end_of_an_epoch_as_an_update(accumulate, trained):
    used, _ = trained(ours, accumulate=accumulate)
    assert len(used) == steps_for(n_samples=BATCHES, batch_size=1, accumulation=accumulate)


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("n", [24, 25, 31, 36, 47])
def test_steps_for_counts_the_batches_of_each_process(n, drop_last):
    batches = BatchSampler(SequentialSampler(range(n)), batch_size=4, drop_last=drop_last)
    shards = [BatchSamplerShard(batches, num_processes=3, process_index=rank) for rank in range(3)]
    steps = steps_for(n_samples=n, batch_size=4, processes=3, drop_last=drop_last)
    assert [len(list(shard)) for shard in shards] == [steps] * 3
