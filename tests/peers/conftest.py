"""How a peer is driven and how its curve is compared with ours; the largest differences are shown at the end."""

import numpy as np
import pytest
import torch

from preheat.torch import Scheduler

LARGEST: dict[str, float] = {}  # of each comparison: the largest difference, as a share of the largest value


@pytest.fixture
def optimizer_with():
    """Make an optimizer of one parameter for each lr given."""

    def make(*lrs):
        groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs]
        return torch.optim.SGD(groups, lr=lrs[0])

    return make


@pytest.fixture
def lrs_used():
    """Train without gradients, stepping a scheduler as torch's docs do; the lr that each update used, group by group.

    An optimizer in a wrapper is updated by the wrapper's own step, given as `update`.
    """

    def drive(optimizer, updates, step=lambda: None, *, update=None):
        used, update = [], update or optimizer.step
        recorder = optimizer.register_step_pre_hook(
            lambda optimizer, *_: used.append([float(group["lr"]) for group in optimizer.param_groups])
        )
        for _ in range(updates):
            update()
            step()
        recorder.remove()
        return np.array(used)

    return drive


@pytest.fixture
def agree_along(optimizer_with, lrs_used, agree):
    """Hold our plan to a scheduler of theirs: the lr of each update, and the values after the plan's last."""

    def compare(plan, make, *, updates, lr):
        theirs, ours = optimizer_with(lr), optimizer_with(lr)
        expected = lrs_used(theirs, updates, make(theirs).step)
        owned = updates if plan.steps is None else min(updates, plan.steps)
        agree(lrs_used(ours, owned, Scheduler(ours, plan).step), expected[:owned])
        agree([[lr * value] for value in plan.values(updates)], expected)

    return compare


@pytest.fixture
def agree(request):
    """Hold two curves to each other, within a share of the largest value."""

    def compare(ours, theirs, *, within=1e-12):
        ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
        assert ours.shape == theirs.shape
        difference = abs(ours - theirs) / abs(theirs).max()
        LARGEST[request.node.name] = max(difference.max(), LARGEST.get(request.node.name, 0))
        worst = np.unravel_index(difference.argmax(), difference.shape)
        assert difference[worst] <= within, f"at {worst}: {ours[worst]!r}, theirs is {theirs[worst]!r}"

    return compare


def pytest_terminal_summary(terminalreporter):
    """Show how close the curves are."""
    if LARGEST:
        terminalreporter.section("largest differences, as a share of the largest value")
    for name, difference in LARGEST.items():
        terminalreporter.write_line(f"{difference:9.1e}  {name}")
