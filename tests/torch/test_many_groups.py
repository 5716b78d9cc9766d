"""A plan for each of many groups: what is done once takes time in proportion to their number."""

import sys

import pytest
import torch

from preheat import linear
from preheat.torch import Scheduler
from training import weight

PLANS = [linear(0, 1, steps=10 + k) for k in range(7)]


def calls_of(run):
    """How many calls of functions a run takes, those of C among them."""
    calls = [0]

    def count(frame, event, arg):
        del frame, arg
        calls[0] += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(before)
    return calls[0]


def work(groups):
    """The calls that each thing done once takes with so many groups."""
    optimizer = torch.optim.SGD([{"params": [weight()], "name": f"group {k}"} for k in range(groups)], lr=1.0)
    made = []
    bound = calls_of(lambda: made.append(Scheduler(optimizer, {f"group {k}": PLANS[k % 7] for k in range(groups)})))
    (scheduler,) = made
    optimizer.step()
    scheduler.step()
    state = scheduler.state_dict()
    return {
        "bind": bound,
        "cooldown": calls_of(lambda: scheduler.cooldown(5)),
        "seek": calls_of(lambda: scheduler.seek(3)),
        "used": calls_of(lambda: (scheduler.used(), scheduler.next())),
        "state_dict": calls_of(scheduler.state_dict),
        "load_state_dict": calls_of(lambda: scheduler.load_state_dict(state)),
        "lint": calls_of(lambda: list(scheduler._findings(None))),
    }


@pytest.fixture(scope="module")
def works():
    work(3)  # what is cached is worked out here
    return work(50), work(100)


@pytest.mark.parametrize("what", ["bind", "cooldown", "seek", "used", "state_dict", "load_state_dict", "lint"])
def test_twice_the_groups_take_twice_the_work(works, what):
    few, many = works
    assert many[what] < 2.1 * few[what]
