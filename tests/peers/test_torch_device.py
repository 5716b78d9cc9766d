"""A schedule on the device, compiled by inductor: as in tests/test_device.py, with code generated, and for long."""

import pytest
import torch
from torch import _dynamo
from torch._dynamo.testing import CompileCounterWithBackend

from preheat import cosine, linear, parse, warmup, zero_based
from preheat.torch import Scheduler
from promises import BOUND, CATALOGUE, samples

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:torch", "ignore:Converting a tensor with requires_grad:UserWarning"
)

PLAN = warmup(1_000) >> cosine(1, 0.1, steps=5_000) >> zero_based(linear(0.1, 0.01, steps=3_000))
BASES = (0.5, 0.03125)


@pytest.fixture(autouse=True)
def nothing_compiled():
    _dynamo.reset()
    yield
    _dynamo.reset()


def make(kind, **knobs):
    groups = [{"params": [torch.nn.Parameter(torch.ones(4))], "lr": base} for base in BASES]
    optimizer = kind(groups, **knobs)
    for group in optimizer.param_groups:
        group["params"][0].grad = torch.full((4,), 1e-3)
    return optimizer


def ulps(held, value):
    """How far a tensor is from a value, in units of its last place."""
    exact = torch.tensor(value, dtype=held.dtype)
    return int((held.view(torch.int32) - exact.view(torch.int32)).abs())


def check(optimizer, update):
    for group, base in zip(optimizer.param_groups, BASES, strict=True):
        assert ulps(group["lr"], base * PLAN(update)) <= 1, update


@pytest.mark.parametrize(
    ("kind", "knobs", "several"),
    [(torch.optim.AdamW, {"foreach": False}, 1), (torch.optim.SGD, {}, 1), (torch.optim.AdamW, {"foreach": False}, 4)],
    ids=["AdamW", "SGD", "four updates in a graph"],
)
def test_ten_thousand_updates_are_one_graph(kind, knobs, several):
    optimizer, graphs = make(kind, **knobs), CompileCounterWithBackend("inductor")
    scheduler = Scheduler(optimizer, PLAN, on_device=True, clock="calls")
    alone = kind.step.__wrapped__.__wrapped__

    @torch.compile(backend=graphs, fullgraph=True)
    def update():
        with torch.no_grad():
            for _ in range(several):
                alone(optimizer)
                scheduler.step()

    for i in range(several, 10_000, several):
        update()
        if i % 97 < several:
            check(optimizer, i)
    assert graphs.frame_count == 1
    assert scheduler.last_epoch == i


@pytest.mark.parametrize("knobs", [{"foreach": False}, {"fused": True}])
def test_as_people_write_it_no_graph_is_made_after_the_fifth_update(knobs):
    optimizer, graphs = make(torch.optim.AdamW, **knobs), CompileCounterWithBackend("inductor")
    scheduler = Scheduler(optimizer, PLAN, on_device=True)

    @torch.compile(backend=graphs)
    def update():
        optimizer.step()
        scheduler.step()

    counts = []
    for i in range(1, 200):
        update()
        check(optimizer, i)
        counts.append(graphs.frame_count)
    assert counts[4:] == [counts[4]] * len(counts[4:])
    assert counts[-1] <= 3


def test_beside_a_fused_step_the_schedule_is_one_graph():
    optimizer, graphs = make(torch.optim.AdamW, fused=True), CompileCounterWithBackend("inductor")
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    schedule = torch.compile(scheduler.step, fullgraph=True, backend=graphs)
    for i in range(1, 10_000):
        optimizer.step()
        schedule()
        if i % 97 == 0:
            check(optimizer, i)
    assert graphs.frame_count == 1


OTHERS = (
    "noise(cosine(1, 0.1, steps=20), 0.5, seed=3)",
    "repeat(linear(1, 0.5, steps=5) >> cosine(1, 0, steps=3))",
    "clip(100 * noam(512, 8), 0.1, 0.9)",
    "reverse(polynomial(1, 0, power=2, steps=12))",
    "minimum(inverse_sqrt(9), linear(1, 0.5, steps=9))",
    "until(cosine(1, 0, steps=20), 7) >> after(cosine(1, 0, steps=20), 7)",
    "stretch(warmup(9), steps=18)",
)


def test_every_shape_and_combinator_compiled_has_the_values_of_the_host():
    shapes = [samples(make_shape)[0] for make_shape in CATALOGUE]
    plans = [plan for plan in (*shapes, *map(parse, OTHERS)) if min(plan.values(24)) >= 0]
    groups = [
        {"params": [torch.nn.Parameter(torch.ones(1))], "lr": torch.tensor(1.0, dtype=torch.float64)} for _ in plans
    ]
    scheduler = Scheduler(torch.optim.SGD(groups), lr=dict(enumerate(plans)), on_device=True, clock="calls")
    schedule = torch.compile(scheduler.step, fullgraph=True)
    for i in range(1, 24):
        schedule()
        for plan, value in zip(plans, scheduler.get_last_lr(), strict=True):
            assert value == pytest.approx(plan(i), rel=BOUND, abs=1e-300), plan
