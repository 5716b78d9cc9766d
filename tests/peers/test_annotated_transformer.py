"""The Annotated Transformer's two ways to the paper's learning rate, written anew from their description."""

import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR

from preheat import PreheatWarning, constant, noam
from preheat.torch import NoamOpt, Scheduler

WIDTH, WARMUP = 512, 4000
UPDATES = 12_000


class Published:
    """The class of 2018: it counts its steps from 1, and sets the rate of each in every group before it is taken."""

    def __init__(self, model_size, warmup, optimizer, factor=1.0):
        self.optimizer = optimizer
        self._step = 0
        self.warmup = warmup
        self.factor = factor
        self.model_size = model_size
        self._rate = 0.0

    def step(self):
        self._step += 1
        self._rate = self.rate()
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate
        self.optimizer.step()

    def rate(self, step=None):
        return rate(self._step if step is None else step, self.model_size, self.factor, self.warmup)

    def state_dict(self):
        return {name: held for name, held in vars(self).items() if name != "optimizer"}


def rate(step, model_size, factor, warmup):
    """The factor, times the smaller of two powers of the step, over the square root of the width."""
    return factor / model_size**0.5 * min(step**-0.5, step / warmup**1.5)


def from_step_1(step):
    """The function of 2022, for `LambdaLR`, which asks for step 0 first: it answers as for step 1."""
    return rate(max(step, 1), WIDTH, 1.0, WARMUP)


@pytest.fixture
def adam():
    return lambda lr=0.0: torch.optim.Adam([torch.nn.Parameter(torch.ones(2))], lr=lr, betas=(0.9, 0.98), eps=1e-9)


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_every_step_uses_the_published_rate(factor, adam, lrs_used, agree):
    ours, published = (wrap(WIDTH, WARMUP, adam(), factor) for wrap in (NoamOpt, Published))
    agree(
        lrs_used(ours.optimizer, UPDATES, update=ours.step),
        lrs_used(published.optimizer, UPDATES, update=published.step),
    )


def test_the_rate_of_any_step_is_the_published_one(adam, agree):
    ours, published = (wrap(WIDTH, WARMUP, adam()) for wrap in (NoamOpt, Published))
    steps = [1, 2, WARMUP - 1, WARMUP, WARMUP + 1, 100_000]
    agree([ours.rate(step) for step in steps], [published.rate(step) for step in steps])


def test_the_rate_after_a_step_is_the_one_it_used(adam, agree):
    ours, published = (wrap(WIDTH, WARMUP, adam()) for wrap in (NoamOpt, Published))
    ours.step(), published.step()
    agree([ours.rate(), ours._rate], [published.rate(), published._rate])


@pytest.mark.parametrize("absent", [(), ("factor",)], ids=["whole", "without factor"])
def test_a_state_of_the_published_class_is_continued(absent, adam, lrs_used, agree, tmp_path):
    published = Published(WIDTH, WARMUP, adam())
    lrs_used(published.optimizer, 3_000, update=published.step)
    kept = {name: held for name, held in published.state_dict().items() if name not in absent}
    torch.save(kept, tmp_path / "state")

    ours = NoamOpt(1, 1, adam())
    with pytest.warns(PreheatWarning, match="optimizer_state"):
        ours.load_state_dict(torch.load(tmp_path / "state", weights_only=True))
    agree(
        lrs_used(ours.optimizer, 3_000, update=ours.step),
        lrs_used(published.optimizer, 3_000, update=published.step),
    )


def test_a_scheduler_has_the_published_rates_without_a_wrapper(adam, lrs_used, agree):
    optimizer, published = adam(), Published(WIDTH, WARMUP, adam())
    agree(
        lrs_used(optimizer, UPDATES, Scheduler(optimizer, lr=noam(WIDTH, WARMUP)).step),
        lrs_used(published.optimizer, UPDATES, update=published.step),
    )


def test_the_function_for_lambda_lr_uses_its_first_rate_twice(adam, lrs_used, agree):
    one, other = adam(), adam(1.0)
    plan = constant(rate(1, WIDTH, 1.0, WARMUP), steps=1) >> noam(WIDTH, WARMUP)
    agree(
        lrs_used(one, UPDATES, Scheduler(one, lr=plan).step),
        lrs_used(other, UPDATES, LambdaLR(other, from_step_1).step),
    )


def test_the_function_for_lambda_lr_can_be_given_itself(adam, lrs_used, agree):
    one, other = adam(1.0), adam(1.0)
    agree(
        lrs_used(one, UPDATES, Scheduler(one, from_step_1).step),
        lrs_used(other, UPDATES, LambdaLR(other, from_step_1).step),
    )


def test_the_wrapper_trains_as_the_published_one(adam):
    weights = []
    for wrap in (NoamOpt, Published):
        wrapper = wrap(WIDTH, 10, adam())
        (weight,) = wrapper.optimizer.param_groups[0]["params"]
        for _ in range(50):
            wrapper.optimizer.zero_grad()
            (weight**2).sum().backward()
            wrapper.step()
        weights.append(weight.detach())
    torch.testing.assert_close(*weights, rtol=1e-6, atol=0)
