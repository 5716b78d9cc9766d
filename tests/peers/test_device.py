"""Ten thousand updates on the device through torch's own compilers: one graph, and the values of the host.

Beside `make test`, which has the rest, because it compiles C++: inductor needs a compiler.
"""

import pytest
import torch
from torch import _dynamo
from torch._dynamo.testing import CompileCounterWithBackend

from preheat import cosine, parse, warmup
from preheat.torch import Scheduler
from promises import BOUND, CATALOGUE, samples
from training import make, update

UPDATES = 10_000
PLAN = warmup(2_000) >> cosine(1, 0.1, steps=8_000)
ULP = 2**-23  # of float32, relative
COMBINED = (
    "noise(cosine(1, 0.1, steps=20), 0.5, seed=3)",
    "repeat(linear(1, 0.5, steps=5) >> cosine(1, 0, steps=3))",
    "clip(100 * noam(512, 8), 0.1, 0.9)",
    "reverse(polynomial(1, 0, power=2, steps=12))",
    "minimum(inverse_sqrt(9), linear(1, 0.5, steps=9))",
    "until(cosine(1, 0, steps=20), 7) >> after(cosine(1, 0, steps=20), 7)",
    "stretch(warmup(9), steps=18)",
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(params=["aot_eager", "inductor"])
def graphs(request):
    """A backend that counts what it compiles."""
    _dynamo.reset()
    yield CompileCounterWithBackend(request.param)
    _dynamo.reset()


def near_the_host(scheduler, i):
    return scheduler.get_last_lr() == pytest.approx([PLAN(i), 0.5 * PLAN(i)], rel=ULP)


@pytest.mark.parametrize(
    ("kind", "knobs", "several"),
    [(torch.optim.AdamW, {"foreach": False}, 1), (torch.optim.SGD, {}, 1), (torch.optim.SGD, {}, 4)],
    ids=["AdamW", "SGD", "four updates of SGD"],
)
def test_an_update_and_its_schedule_are_one_graph_to_the_end(graphs, kind, knobs, several):
    optimizer = make(kind, 1.0, 0.5, **knobs)
    scheduler = Scheduler(optimizer, PLAN, on_device=True, clock="calls")
    update(optimizer)
    bare = kind.step.__wrapped__.__wrapped__  # as torch's own tests compile it; it calls no hooks

    def updates():
        with torch.no_grad():
            for _ in range(several):
                bare(optimizer)
                scheduler.step()

    step = torch.compile(updates, backend=graphs, fullgraph=True)
    for i in range(several, UPDATES, several):
        step()
        assert i % 500 or near_the_host(scheduler, i)
    assert near_the_host(scheduler, i)
    assert graphs.frame_count == 1


def test_beside_a_fused_step_the_schedule_is_one_graph_to_the_end(graphs):
    optimizer = make(torch.optim.AdamW, 1.0, 0.5, fused=True)
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    step = torch.compile(scheduler.step, backend=graphs, fullgraph=True)
    for i in range(1, UPDATES):
        update(optimizer)
        step()
        assert i % 500 or near_the_host(scheduler, i)
    assert near_the_host(scheduler, UPDATES - 1)
    assert graphs.frame_count == 1


@pytest.mark.parametrize("knobs", [{"foreach": False}, {"fused": True}], ids=["single", "fused"])
def test_as_people_write_it_no_graph_comes_after_the_fifth_update(graphs, knobs):
    optimizer = make(torch.optim.AdamW, 1.0, 0.5, **knobs)
    scheduler = Scheduler(optimizer, PLAN, on_device=True)
    update(optimizer)

    def update_and_step():
        optimizer.step()
        scheduler.step()

    step = torch.compile(update_and_step, backend=graphs)
    counts = []
    for i in range(2, 1_000):
        step()
        counts.append(graphs.frame_count)
        assert i % 100 or near_the_host(scheduler, i)
    assert set(counts[4:]) == {counts[-1]}


def test_every_shape_and_combinator_in_one_graph_has_the_values_of_the_host(graphs):
    shapes = [samples(make_shape)[0] for make_shape in CATALOGUE]
    plans = [plan for plan in (*shapes, *map(parse, COMBINED)) if min(plan.values(24)) >= 0]
    optimizer = make(torch.optim.SGD, *[torch.tensor(1.0, dtype=torch.float64)] * len(plans))
    scheduler = Scheduler(optimizer, lr=dict(enumerate(plans)), on_device=True, clock="calls")
    step = torch.compile(scheduler.step, backend=graphs, fullgraph=True)
    for i in range(1, 24):
        step()
        for plan, value in zip(plans, scheduler.get_last_lr(), strict=True):
            assert value == pytest.approx(plan(i), rel=BOUND, abs=1e-300), plan
    assert graphs.frame_count == 1
