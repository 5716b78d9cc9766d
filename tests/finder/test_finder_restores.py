"""Whatever happens during a search, the run stands afterwards where it stood."""

import random
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, RandomSampler

from preheat.torch import find_lr, find_warmup
from processes import both

DATA: Any = torch.arange(64.0).reshape(16, 4)


class Job:
    """A model with every kind of state, an optimizer that has trained, a scaler, and data in random order."""

    def __init__(self):
        torch.manual_seed(0)
        self.model: Any = torch.nn.Sequential(
            torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1)
        )
        self.model.register_buffer("unsaved", torch.zeros(3), persistent=False)
        self.model[2].eval()
        self.model[3].bias.grad = torch.ones(1)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=torch.tensor(0.01), betas=(0.9, 0.5))
        self.scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=3)
        self.average = torch.optim.swa_utils.AveragedModel(self.model)
        self.loader = DataLoader(DATA, batch_size=4, shuffle=True, generator=torch.Generator().manual_seed(1))
        for batch in self.loader:
            self.train_step(batch)

    def train_step(self, batch, *, until=None):
        random.random()
        np.random.random()  # noqa: NPY002  # the stream that others draw from
        self.model.unsaved += 1
        self.model.train()
        loss = self.model(batch).square().mean()
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        if until is not None and self.model.unsaved[0] > until:
            raise KeyboardInterrupt
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.average.update_parameters(self.model)
        return loss

    @property
    def parts(self):
        return {"model": self.model, "optimizer": self.optimizer, "scaler": self.scaler, "also": [self.average]}

    def state(self):
        """Everything, copied."""
        return deepcopy({
            "model": self.model.state_dict(),
            "unsaved": self.model.unsaved,
            "modes": [module.training for module in self.model.modules()],
            "gradients": [parameter.grad for parameter in self.model.parameters()],
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "stages": dict(self.scaler._per_optimizer_states),
            "average": self.average.state_dict(),
            "random": (random.getstate(), str(np.random.get_state(legacy=False)), torch.get_rng_state()),  # noqa: NPY002
            "order": self.loader.generator.get_state(),
        })  # fmt: skip


def same(one, other):
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def search(job, finder, until):
    how = {"longest": 8, "shortest": 4} if finder is find_warmup else {"steps": 30}
    finder(lambda batch: job.train_step(batch, until=until), job.loader, **job.parts, progress=False, **how)


@pytest.mark.parametrize("finder", [find_warmup, find_lr])
def test_everything_stands_as_before(finder):
    job = Job()
    lr, before = job.optimizer.param_groups[0]["lr"], job.state()
    search(job, finder, None)
    assert same(job.state(), before)
    assert job.optimizer.param_groups[0]["lr"] is lr  # a compiled step may hold it


@pytest.mark.parametrize("finder", [find_warmup, find_lr])
def test_everything_stands_as_before_after_an_interruption(finder):
    job = Job()
    before = job.state()
    with pytest.raises(KeyboardInterrupt):
        search(job, finder, 12)
    assert same(job.state(), before)


def test_the_comparison_sees_a_difference():
    job = Job()
    before = job.state()
    job.train_step(DATA[:4])
    assert not same(job.state(), before)


def test_the_run_goes_on_as_if_there_had_been_no_search():
    plain, searched = Job(), Job()
    search(searched, find_warmup, None)
    for job in (plain, searched):
        torch.manual_seed(5)
        for batch in job.loader:
            job.train_step(batch)
    assert same(searched.state(), plain.state())


def test_a_sampler_with_its_own_generator_is_restored():
    job = Job()
    generator = torch.Generator().manual_seed(3)
    job.loader = DataLoader(DATA, batch_size=4, sampler=RandomSampler(DATA, generator=generator), generator=generator)
    before = generator.get_state()
    search(job, find_warmup, None)
    assert torch.equal(generator.get_state(), before)


class Counting(torch.nn.Linear):
    """Counts its calls, and saves the count as extra state."""

    calls = 0

    def forward(self, x):
        self.calls += 1
        return super().forward(x)

    def get_extra_state(self):
        return {"calls": self.calls}

    def set_extra_state(self, state):
        self.calls = state["calls"]


def test_extra_state_of_a_module_is_restored():
    job = Job()
    job.model[3] = Counting(8, 1)
    job.optimizer = torch.optim.AdamW(job.model.parameters(), lr=0.01, betas=(0.9, 0.5))
    search(job, find_warmup, None)
    assert job.model[3].calls == 0


def test_trials_draw_the_same_random_numbers_whether_they_draw_batches_or_not():
    job = Job()
    job.loader = DataLoader(DATA, batch_size=4, shuffle=True)  # its order comes from torch's own generator
    losses = []

    def train_step(batch):
        losses.append(job.train_step(batch).item())
        return losses[-1]

    find_warmup(train_step, job.loader, **job.parts, progress=False, shortest=4, longest=4)
    first, second = losses[:12], losses[12:]
    assert len(second) == 12
    assert first[0] == second[0]  # the same batch, the same dropout


class Mixed(Job):
    """Likewise, its forward pass in bfloat16, an update for every second batch."""

    def train_step(self, batch, *, until=None):
        assert until is None
        with torch.autocast("cpu", torch.bfloat16):
            loss = self.model(batch).square().mean()
        assert self.model(batch).dtype == torch.float32  # the weights are
        self.scaler.scale(loss / 2).backward()
        self.model.unsaved += 1
        if self.model.unsaved[0] % 2 == 0:
            self.scaler.step(self.optimizer)
            self.scaler.update()
            self.optimizer.zero_grad()
        return loss


@pytest.mark.parametrize("finder", [find_warmup, find_lr])
def test_mixed_precision_and_accumulation_change_nothing_of_that(finder):
    job = Mixed()
    before = job.state()
    search(job, finder, None)
    assert same(job.state(), before)
    job.train_step(DATA[:4])
    assert not same(job.state(), before)


def found_by_both():
    """What a rank finds for a model shared by `DistributedDataParallel`, on data of its own; whether it is restored."""
    rank = torch.distributed.get_rank()
    torch.manual_seed(0)
    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(4, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1, betas=(0.9, 0.5))
    batches = torch.randn(8, 16, 4, generator=torch.Generator().manual_seed(rank))

    def train_step(batch):
        loss = (model(batch) - batch.sum(1, keepdim=True)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    before = deepcopy(model.state_dict())
    run: Any = {"model": model, "optimizer": optimizer, "progress": False}
    found = [finder(train_step, list(batches), **run) for finder in (find_warmup, find_lr)]
    said = [str(one).splitlines()[:-1] for one in found]  # the last line has the seconds
    return said, same(dict(model.state_dict()), dict(before))


def test_processes_that_share_a_model_find_alike_and_are_restored(tmp_path):
    (first, restored), second = both(tmp_path / "store", found_by_both)
    assert restored
    assert (first, restored) == second
