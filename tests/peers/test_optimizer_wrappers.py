"""The optimizers that wrap others, of timm, pytorch_optimizer and schedulefree: each is followed to the one inside."""

from importlib.machinery import SourceFileLoader
from importlib.metadata import distribution

import pytest
import pytorch_optimizer
import schedulefree
import torch

from preheat import linear
from preheat.torch import Scheduler

RAMP = linear(0, 1, steps=10)


def of_timm():
    """Its `Lookahead`, without the rest of timm, which needs torchvision."""
    path = distribution("timm").locate_file("timm/optim/lookahead.py")
    return SourceFileLoader("timm_lookahead", str(path)).load_module().Lookahead


WRAPPERS = {
    "timm's Lookahead": of_timm(),
    "Lookahead": pytorch_optimizer.Lookahead,
    "OrthoGrad": pytorch_optimizer.OrthoGrad,
    "TRAC": pytorch_optimizer.TRAC,
    "ScheduleFreeWrapper of pytorch_optimizer": pytorch_optimizer.ScheduleFreeWrapper,
    "ScheduleFreeWrapper": schedulefree.ScheduleFreeWrapper,
}


@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS)
def test_a_wrapper_is_followed_to_the_optimizer_inside(wrapper):
    model = torch.nn.Linear(4, 4)
    inner = torch.optim.SGD(model.parameters(), lr=1.0)
    optimizer = wrapper(inner)
    scheduler = Scheduler(optimizer, RAMP)
    used = []
    inner.register_step_post_hook(lambda one, *_: used.append(one.param_groups[0]["lr"]))
    if hasattr(optimizer, "train"):
        optimizer.train()
    for _ in range(10):
        optimizer.zero_grad()
        model(torch.ones(2, 4)).square().mean().backward()
        optimizer.step()
        scheduler.step()
    assert scheduler.optimizer is inner
    assert used == RAMP.values()
    assert scheduler.last_epoch == 10
