"""Every warm-up of pytorch_warmup under its own name, held to theirs along a run."""

import pytest
import pytorch_warmup as theirs
import torch

from preheat.like import pytorch_warmup as like
from preheat.like import torch as like_torch

UPDATES = 12_000
LRS = [1.0, 0.1, 3e-4]


@pytest.fixture
def same_under(lrs_used, same_as):
    """Hold a plan to one of their warm-ups, alone or over a scheduler of torch's, as Adam is driven by them."""

    def compare(name, plan, make, *, lr, beta2=0.999, scheduler=None, within=1e-12):
        optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=lr, betas=(0.9, beta2))
        inner = scheduler(optimizer) if scheduler else None
        warmup = make(optimizer)

        def step():
            with warmup.dampening():
                if inner:
                    inner.step()

        same_as(f"pytorch_warmup.{name}", plan, lrs_used(optimizer, UPDATES, step), base=lr, within=within)

    return compare


@pytest.mark.parametrize("lr", LRS)
@pytest.mark.parametrize("warmup_period", [2_000, 10_007, 7, 1])
@pytest.mark.parametrize("name", ["LinearWarmup", "ExponentialWarmup"])
def test_a_warmup_of_a_given_period_has_the_values_of(name, warmup_period, lr, same_under):
    make = lambda optimizer: getattr(theirs, name)(optimizer, warmup_period)  # noqa: E731  # of this call
    same_under(name, getattr(like, name)(warmup_period), make, lr=lr)


@pytest.mark.parametrize("beta2", [0.999, 0.95, 0.98, 0.9999, 0.7])
@pytest.mark.parametrize("name", ["UntunedLinearWarmup", "UntunedExponentialWarmup", "RAdamWarmup"])
def test_a_warmup_of_adams_beta2_has_the_values_of(name, beta2, same_under):
    # RAdam's is the small difference of numbers near 2 / (1 - beta2), theirs and ours: the bound that `radam` states.
    within = max(1e-12, 4 / (1 - beta2) * 2**-52) if name == "RAdamWarmup" else 1e-12
    same_under(name, getattr(like, name)(beta2), getattr(theirs, name), lr=3e-4, beta2=beta2, within=within)


def test_over_another_scheduler_it_is_a_product(same_under):
    plan = like.LinearWarmup(2_000) * like_torch.StepLR(3_000)
    step_lr = lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 3_000)  # noqa: E731  # of this call
    same_under("LinearWarmup", plan, lambda o: theirs.LinearWarmup(o, 2_000), lr=0.1, scheduler=step_lr)


def test_every_warmup_of_theirs_is_compared_here():
    assert {name for name in vars(theirs) if name.endswith("Warmup")} == {*like.__all__, "BaseWarmup"}
