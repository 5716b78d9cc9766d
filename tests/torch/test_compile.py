"""torch.compile of the optimizer's step: the same values, and hardly a graph that torch alone would not make."""

import logging
from functools import cache

import pytest
import torch
from torch import _dynamo

from preheat import cosine, linear, warmup
from preheat.torch import Scheduler
from training import make

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")  # what torch does to itself

PLAN = warmup(4) >> cosine(1, 0.1, steps=8)
RISING = linear(0.5, 0.75, steps=12)

OPTIMIZERS = {
    "AdamW": lambda: make(torch.optim.AdamW, 0.5, weight_decay=0.5),
    "AdamW with a tensor": lambda: make(torch.optim.AdamW, torch.tensor(0.5, dtype=torch.float64), weight_decay=0.5),
    "SGD with momentum": lambda: make(torch.optim.SGD, 0.5, momentum=0.5, weight_decay=0.5),
}
KNOBS = {
    "AdamW": [{"scale": {"weight_decay": PLAN}}, {"values": {"betas[0]": RISING}}, {"values": {"betas[1]": RISING}}],
    "AdamW with a tensor": [{"scale": {"weight_decay": PLAN}}, {"values": {"betas[0]": RISING}}],
    "SGD with momentum": [{"scale": {"weight_decay": PLAN}}, {"values": {"momentum": RISING}}],
}


class Counting:
    """A backend that compiles nothing, and remembers in which update it was asked to."""

    def __init__(self):
        self.update = 0
        self.graphs = []

    def __call__(self, graph, example):
        del example
        self.graphs.append(self.update)
        return graph.forward


def as_attribute(optimizer, backend):
    optimizer.step = torch.compile(optimizer.step, backend=backend)
    return optimizer.step


def as_function(optimizer, backend):
    def step():
        return optimizer.step()

    return torch.compile(step, backend=backend)


@pytest.fixture(autouse=True)
def nothing_compiled():
    """And torch's log is silent: it tells that it leaves its profiler out of graphs."""
    _dynamo.reset()
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)
    _dynamo.reset()


def run(optimizer, how, schedule=None, *, built_first=False, calls=1):
    """Twelve updates by a compiled step; returns the lr of each, and in which updates a graph was made."""
    backend, used = Counting(), []
    schedulers = [schedule(optimizer)] if built_first else []
    step = how(optimizer, backend)
    if schedule and not built_first:
        schedulers = [schedule(optimizer)]
    (parameter,) = optimizer.param_groups[0]["params"]
    for update in range(12):
        backend.update = update
        parameter.grad = torch.ones(2)
        step()
        used.append(float(optimizer.param_groups[0]["lr"]))
        for scheduler in schedulers * calls:
            scheduler.step()
    return used, backend.graphs


@cache
def graphs_alone(name, how):
    """Those that torch makes without a scheduler."""
    return run(OPTIMIZERS[name](), how)[1]


every = pytest.mark.parametrize("name", OPTIMIZERS)


@every
@pytest.mark.parametrize("calls", [0, 1])
@pytest.mark.parametrize("built_first", [False, True])
@pytest.mark.parametrize("how", [as_attribute, as_function])
def test_the_values_are_right_and_one_graph_more_than_torchs_own_is_the_most(name, how, built_first, calls):
    alone = graphs_alone(name, how)
    _dynamo.reset()
    used, graphs = run(
        OPTIMIZERS[name](), how, lambda optimizer: Scheduler(optimizer, PLAN), built_first=built_first, calls=calls
    )
    assert used == [0.5 * value for value in PLAN.values()]
    assert len(graphs) <= len(alone) + 1
    assert max(graphs) < 5


@every
def test_a_tensor_needs_no_graph_more_and_a_float_one_which_takes_any_value(name):
    _, graphs = run(OPTIMIZERS[name](), as_attribute, lambda optimizer: Scheduler(optimizer, PLAN))
    assert graphs == {"AdamW": [0, 1], "AdamW with a tensor": [0], "SGD with momentum": [0, 1]}[name]


@pytest.mark.parametrize(("name", "given"), [(name, given) for name, all_ in KNOBS.items() for given in all_], ids=str)
def test_other_knobs_cost_the_same_one(name, given):
    _, graphs = run(OPTIMIZERS[name](), as_attribute, lambda optimizer: Scheduler(optimizer, **given))
    assert graphs == [0, 1]


def test_the_compiled_step_moves_the_weights_as_the_plain_one_does():
    ends = []
    for how in (as_attribute, lambda optimizer, _: optimizer.step):
        optimizer = OPTIMIZERS["AdamW"]()
        run(optimizer, how, lambda one: Scheduler(one, PLAN, values={"betas[0]": RISING}))
        ends.append(optimizer.param_groups[0]["params"][0].detach())
    assert ends[0].tolist() == pytest.approx(ends[1].tolist(), rel=1e-5)


def test_a_model_that_asks_a_plan_for_a_value_can_be_exported():
    plan = warmup(4) >> cosine(1, 0.1, steps=9)  # never asked before

    class Scheduled(torch.nn.Module):
        def forward(self, x):
            return x * plan(2)

    exported = torch.export.export(Scheduled(), (torch.ones(2),), strict=False)
    assert exported.module()(torch.ones(2)).tolist() == [plan(2)] * 2
