"""An optimizer's step that is compiled, before or after a Scheduler is built, uses the values of the plan.

The backends trace and do not generate code. A gradient of 1 moves a weight by what the optimizer takes for its lr.
"""

from typing import Any

import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend
from torch.optim.lr_scheduler import LambdaLR

from preheat import cosine, warmup
from preheat.torch import Scheduler

# Said by torch of a module of its own, which it imports to trace an optimizer.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")

UPDATES = 12
LR = 0.01
PLAN = warmup(6) >> cosine(1, 0.1, steps=10)
USED = [LR * value for value in PLAN.values(UPDATES)]


def tensor():
    return torch.tensor(LR, dtype=torch.float64)


# Powers of one half are exact in float32, in which a compiled AdamW has those of its betas.
OPTIMIZERS = {
    "AdamW": lambda weights: torch.optim.AdamW(weights, lr=LR, betas=(0.5, 0.5), weight_decay=0),
    "AdamW, tensor lr": lambda weights: torch.optim.AdamW(weights, lr=tensor(), betas=(0.5, 0.5), weight_decay=0),
    "SGD": lambda weights: torch.optim.SGD(weights, lr=LR, momentum=0.9, dampening=0.9),
    "SGD, tensor lr": lambda weights: torch.optim.SGD(weights, lr=tensor(), momentum=0.9, dampening=0.9),
}


def as_method(optimizer, graphs):
    optimizer.step = torch.compile(optimizer.step, backend=graphs)
    return optimizer.step


def as_function(optimizer, graphs):
    def train():
        optimizer.step()

    return torch.compile(train, backend=graphs)


@pytest.fixture
def run():
    """Train with a compiled step and a scheduler, bound before or after it is compiled: the lrs used, the graphs."""

    def train(make, compiled, backend, *, bind=lambda optimizer: Scheduler(optimizer, PLAN), early=True, calls=True):
        torch._dynamo.reset()
        graphs, weight = CompileCounterWithBackend(backend), torch.nn.Parameter(torch.zeros(3, dtype=torch.float64))
        optimizer = make([weight])
        scheduler = bind(optimizer) if early else None
        update = compiled(optimizer, graphs)
        scheduler = scheduler or bind(optimizer)
        used, counts = [], []
        for _ in range(UPDATES):
            weight.grad, before = torch.ones_like(weight), weight[0].item()
            update()
            if calls:
                scheduler.step()
            used.append(before - weight[0].item())
            counts.append(graphs.frame_count)
        return used, counts

    yield train
    torch._dynamo.reset()


every_optimizer = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
every_way = pytest.mark.parametrize("compiled", [as_method, as_function], ids=["method", "function"])
every_backend = pytest.mark.parametrize("backend", ["eager", "aot_eager"])


@every_backend
@every_way
@every_optimizer
@pytest.mark.parametrize("early", [True, False], ids=["bound before", "bound after"])
@pytest.mark.parametrize("calls", [True, False], ids=["stepped", "never stepped"])
def test_every_update_uses_its_value(make, compiled, backend, run, *, early, calls):
    used, _ = run(make, compiled, backend, early=early, calls=calls)
    assert used == pytest.approx(USED, rel=1e-6)


@every_backend
@every_way
@every_optimizer
def test_no_graph_is_compiled_for_the_hooks(make, compiled, backend, run):
    _, graphs = run(make, compiled, backend)
    _, theirs = run(make, compiled, backend, bind=lambda optimizer: LambdaLR(optimizer, PLAN))
    assert graphs[-1] <= theirs[-1]


@every_way
@pytest.mark.parametrize("calls", [True, False], ids=["stepped", "never stepped"])
@pytest.mark.parametrize(
    ("name", "backend"),
    [
        (name, backend)
        for name in OPTIMIZERS
        for backend in ("eager", "aot_eager")
        if (name, backend) != ("SGD", "aot_eager")  # torch compiles plain SGD anew for each lr, whoever sets it
    ],
)
def test_nothing_is_compiled_anew_after_the_fifth_update(name, backend, compiled, calls, run):
    _, graphs = run(OPTIMIZERS[name], compiled, backend, calls=calls)
    assert graphs[4:] == [graphs[4]] * (UPDATES - 4)


@every_backend
@every_optimizer
def test_both_steps_may_be_in_the_compiled_function(make, backend):
    torch._dynamo.reset()
    weight = torch.nn.Parameter(torch.zeros(3, dtype=torch.float64))
    optimizer = make([weight])
    scheduler = Scheduler(optimizer, PLAN)

    @torch.compile(backend=backend)
    def train():
        optimizer.step()
        scheduler.step()

    used = []
    for _ in range(UPDATES):
        weight.grad, before = torch.ones_like(weight), weight[0].item()
        train()
        used.append(before - weight[0].item())
    assert used == pytest.approx(USED, rel=1e-6)


@every_backend
def test_a_compiled_plan_has_the_values_of_the_plan(backend):
    torch._dynamo.reset()
    compiled: Any = torch.compile(PLAN, backend=backend, fullgraph=True)
    assert torch.equal(compiled(torch.arange(20)), PLAN(torch.arange(20)))


@every_backend
def test_a_compiled_function_may_ask_for_the_value_of_one_update(backend):
    torch._dynamo.reset()
    plan = warmup(6)
    asked = torch.compile(lambda i: 2 * plan(i), backend=backend)
    assert [asked(i) for i in range(8)] == [2 * plan(i) for i in range(8)]
