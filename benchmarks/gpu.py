"""What a schedule costs on a GPU: ten minutes at most, one table, `results/gpu.json`.

python -m benchmarks.gpu                        on the GPU
python -m benchmarks.gpu --device cpu --tiny    that everything runs, where there is none; its numbers mean nothing
"""

import argparse
import json
import platform
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.optim import AdamW, Optimizer
from torch.optim import lr_scheduler as ts

import preheat
from benchmarks.table import Row, shown
from preheat import cosine, warmup
from preheat.torch import Scheduler

RESULTS = Path(__file__).parent / "results" / "gpu.json"
STEPS = 1_000_000
PLAN = warmup(2_000) >> cosine(1, 0.1, steps=STEPS)
OURS, BARE = "preheat", "no schedule"
Call = Callable[[], object]


class Setting(NamedTuple):
    """Where and how much: `tiny` runs every line once, for the sake of running it."""

    device: str
    tiny: bool

    @property
    def on_gpu(self) -> bool:
        """Whether graphs can be captured."""
        return self.device != "cpu"

    @property
    def repeats(self) -> int:
        """How often each is timed, in turn with the others."""
        return 2 if self.tiny else 20

    def wait(self) -> None:
        """Until the device has done what it was told."""
        if self.on_gpu:
            torch.cuda.synchronize()


def of_lambda(optimizer: Optimizer) -> Call:
    """Torch's `LambdaLR` with the same plan."""
    return ts.LambdaLR(optimizer, PLAN).step


def of_cosine(optimizer: Optimizer) -> Call:
    """Torch's cosine."""
    return ts.CosineAnnealingLR(optimizer, STEPS, eta_min=1e-5).step


def on_host(optimizer: Optimizer) -> Call:
    """Ours, which writes a value into the tensor."""
    return Scheduler(optimizer, PLAN).step


def on_device(optimizer: Optimizer) -> Call:
    """Ours, evaluated on the device."""
    return Scheduler(optimizer, PLAN, on_device=True).step


def nothing(_: Optimizer) -> Call:
    """No schedule at all."""
    return lambda: None


SCHEDULES: dict[str, Callable[[Optimizer], Call]] = {
    BARE: nothing,
    OURS: on_host,
    "LambdaLR": of_lambda,
    "CosineAnnealingLR": of_cosine,
}
IN_GRAPHS: dict[str, Callable[[Optimizer], Call]] = {BARE: nothing, OURS: on_device}


def quietest(calls: dict[str, Call], where: Setting, *, times: int) -> dict[str, float]:
    """The least microseconds per call of each, `times` calls at once, until the device is done, taken in turn."""
    best = dict.fromkeys(calls, inf)
    for _ in range(where.repeats):
        for name, call in calls.items():
            where.wait()
            start = perf_counter()
            for _ in range(times):
                call()
            where.wait()
            best[name] = min(best[name], (perf_counter() - start) / times * 1e6)
    return best


def issued(call: Call, where: Setting, *, times: int) -> float:
    """The least microseconds of the host per call: what it takes to tell the device, not to wait for it."""
    best = inf
    for _ in range(where.repeats):
        where.wait()
        start = perf_counter()
        for _ in range(times):
            call()
        best = min(best, (perf_counter() - start) / times * 1e6)
    return best


def row(subject: str, what: str, took: dict[str, float], unit: str = "µs") -> Row:
    """Ours and what stands beside it."""
    return Row(subject, what, unit, took[OURS], {name: cost for name, cost in took.items() if name != OURS})


# A step of the schedule, by groups


def by_groups(where: Setting) -> Iterator[Row]:
    """`scheduler.step()` alone, every lr a tensor on the device."""
    for count in (1, 10) if where.tiny else (1, 10, 100, 1000):
        calls = {}
        for name, make in {**SCHEDULES, "preheat on_device=True": on_device}.items():
            optimizer = of_groups(count, where)
            calls[name] = both(optimizer, make(optimizer))
        took = quietest(calls, where, times=2 if where.tiny else max(2, 200 // count))
        bare = took.pop(BARE)
        added = {name: cost - bare for name, cost in took.items()}
        yield row("Added to an update by a schedule, lr a tensor", f"{count} groups", added)


def of_groups(count: int, where: Setting) -> AdamW:
    """Weights without gradients: the update does next to nothing."""
    groups = [
        {"params": [nn.Parameter(torch.ones(1, device=where.device))], "lr": torch.tensor(1e-3, device=where.device)}
        for _ in range(count)
    ]
    return AdamW(groups, lr=torch.tensor(1e-3, device=where.device), capturable=where.on_gpu, foreach=False)


def both(optimizer: Optimizer, step: Call) -> Call:
    """An update and the schedule's step."""

    def call() -> None:
        optimizer.step()
        step()

    return call


# Compiled and captured updates


def update_of(make: Callable[[Optimizer], Call], where: Setting) -> Call:
    """Forward, backward, update and schedule of a small network."""
    width = 16 if where.tiny else 512
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width)).to(where.device)
    inputs = torch.randn(width, width, device=where.device)
    rate = torch.tensor(1e-3, device=where.device)
    optimizer = AdamW(model.parameters(), lr=rate, capturable=where.on_gpu, foreach=where.on_gpu)
    step = make(optimizer)

    def update() -> None:
        optimizer.zero_grad()
        model(inputs).square().mean().backward()
        optimizer.step()
        step()

    return update


def compiled(where: Setting) -> Iterator[Row]:
    """The optimizer's and the schedule's step inside `torch.compile`."""
    calls = {}
    for name, make in {**SCHEDULES, "preheat on_device=True": on_device}.items():
        torch._dynamo.reset()
        optimizer = of_groups(1, where)
        (weight,) = optimizer.param_groups[0]["params"]
        weight.grad = torch.ones_like(weight)
        backend = "aot_eager" if where.tiny else "inductor"
        calls[name] = torch.compile(both(optimizer, make(optimizer)), backend=backend)
        for _ in range(6):
            calls[name]()
    yield row("An update", "optimizer.step() and scheduler.step(), compiled", quietest(calls, where, times=10))


def captured(where: Setting) -> Iterator[Row]:
    """Whole updates inside a captured graph, several at once too; and what the host is spared."""
    eager = {name: update_of(make, where) for name, make in SCHEDULES.items()}
    yield row("An update", "forward, backward, update, schedule", quietest(eager, where, times=10))
    if not where.on_gpu:
        return
    graphs: dict[str, Call] = {}
    for count in (1, 4, 16):
        graphs = {name: capture(update_of(make, where), count) for name, make in IN_GRAPHS.items()}
        took = quietest(graphs, where, times=max(1, 16 // count))
        per_update = {name: cost / count for name, cost in took.items()}
        yield row("An update", f"the same, captured, {count} in a graph", per_update)
    told = {OURS: issued(graphs[OURS], where, times=4) / 16, "uncaptured": issued(eager[OURS], where, times=10)}
    yield row("The host's time for an update", "captured, 16 in a graph", told)


def capture(update: Call, count: int) -> Call:
    """Several updates as one graph; nothing inside may wait for the device."""
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(3):
            update()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(count):
            update()
    return graph.replay


# A Transformer


def transformer(where: Setting) -> Iterator[Row]:
    """A step of about a hundred million parameters in bfloat16, fused AdamW, and the schedule's part of it."""
    width, depth, words = (32, 2, 64) if where.tiny else (768, 12, 16_384)
    calls, size = {}, 0
    for name, make in {**SCHEDULES, "preheat on_device=True": on_device}.items():
        calls[name], size = trained(make, (width, depth, words), where)
    took = quietest(calls, where, times=1 if where.tiny else 5)
    subject = f"A step of a Transformer, {size / 1e6:.0f} million parameters, bfloat16"
    yield row(subject, "whole", {name: cost / 1e3 for name, cost in took.items()}, "ms")
    shares = {name: (cost / took[BARE] - 1) * 100 for name, cost in took.items() if name != BARE}
    yield row(subject, "the schedule's share, noise included", shares, "%")


def trained(make: Callable[[Optimizer], Call], sizes: tuple[int, int, int], where: Setting) -> tuple[Call, int]:
    """One step of it, and how many parameters it has."""
    width, depth, words = sizes
    torch.manual_seed(0)
    like = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": True}
    blocks = [nn.TransformerEncoderLayer(width, max(1, width // 64), 4 * width, **like) for _ in range(depth)]
    model = nn.Sequential(nn.Embedding(words, width), *blocks, nn.Linear(width, words, bias=False)).to(where.device)
    rate = torch.tensor(1e-4, device=where.device)
    optimizer = AdamW(model.parameters(), lr=rate, fused=True)
    step = make(optimizer)
    tokens = torch.randint(words, (2, 16) if where.tiny else (8, 512), device=where.device)

    def update() -> None:
        with torch.autocast(where.device, torch.bfloat16):
            guesses = model(tokens[:, :-1])
            loss = nn.functional.cross_entropy(guesses.flatten(0, 1), tokens[:, 1:].flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        step()

    for _ in range(2):
        update()
    return update, sum(weight.numel() for weight in model.parameters())


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="run every line once; the numbers mean nothing")
    where = Setting(**vars(parser.parse_args()))
    if where.on_gpu and not torch.cuda.is_available():
        sys.exit("benchmarks.gpu: torch sees no GPU here; --device cpu --tiny checks that everything runs")
    rows: list[Row] = []
    with warnings.catch_warnings() if where.tiny else nullcontext():
        warnings.simplefilter("ignore")
        for part in (by_groups, compiled, captured, transformer):
            rows += part(where)
    print(shown(rows))
    if not where.on_gpu:
        print("\nNo GPU: nothing was captured, nothing is kept, and these numbers mean nothing.")
        return
    kept: dict[str, Any] = {
        "gpu": torch.cuda.get_device_name(),
        "python": platform.python_version(),
        "versions": {"preheat": preheat.__version__, "torch": torch.__version__, "cuda": torch.version.cuda},
        "rows": [each._asdict() for each in rows],
    }
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
