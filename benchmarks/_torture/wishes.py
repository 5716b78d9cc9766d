"""The rows about several things together: two wishes, an index, accumulation, a warm-up around restarts."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import cos, pi
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim import lr_scheduler as ts

from benchmarks._torture.of_others import timm
from benchmarks._torture.setting import PEAKS, N, Recorder, Run, W, Wish, adamw
from preheat import cosine, warmup
from preheat.torch import Plateau, Scheduler

Steps = Sequence[Callable[[], object]]
Asked = Callable[[int], float]


def up(i: int) -> float:
    """A warm-up, as a user writes it."""
    return min(1.0, (i + 1) / W)


def down(i: int) -> float:
    """A decay, as a user writes it."""
    return float(0.95**i)


def both(i: int) -> float:
    """The product of the two."""
    return up(i) * down(i)


def cut(i: int) -> float:
    """The warm-up, and what a plateau of patience 3 makes of a metric that never improves."""
    return float(up(i) * 0.5 ** max(0, (i - 1) // 4))


def plateau(optimizer: Optimizer) -> Callable[[], object]:
    """Torch's cuts, beside another scheduler."""
    return partial(ts.ReduceLROnPlateau(optimizer, factor=0.5, patience=3).step, 1.0)


def feedback(optimizer: Optimizer) -> Callable[[], object]:
    """Ours, in the plan's own scheduler."""
    return partial(Scheduler(optimizer, up, feedback=Plateau(factor=0.5, patience=3)).step, 1.0)


def chained(optimizer: Optimizer) -> Callable[[], object]:
    """Torch's product."""
    return ts.ChainedScheduler([ts.LambdaLR(optimizer, up), ts.LambdaLR(optimizer, down)]).step


WISHES: list[tuple[str, str, Callable[[Optimizer], Steps], Asked]] = [
    ("torch", "LambdaLR, LambdaLR", lambda o: [ts.LambdaLR(o, up).step, ts.LambdaLR(o, down).step], both),
    ("torch", "LambdaLR, ExponentialLR", lambda o: [ts.LambdaLR(o, up).step, ts.ExponentialLR(o, 0.95).step], both),
    ("torch", "ChainedScheduler of LambdaLRs", lambda o: [chained(o)], both),
    ("torch", "LambdaLR, ReduceLROnPlateau", lambda o: [ts.LambdaLR(o, up).step, plateau(o)], cut),
    ("preheat", "Scheduler, Scheduler", lambda o: [Scheduler(o, up).step, Scheduler(o, down).step], both),
    ("preheat", "Scheduler of the product", lambda o: [Scheduler(o, both).step], both),
    ("preheat", "Scheduler, ReduceLROnPlateau", lambda o: [Scheduler(o, up).step, plateau(o)], cut),
    ("preheat", "Scheduler with a Plateau", lambda o: [feedback(o)], cut),
]


def two_wishes() -> Iterator[Wish]:
    """A warm-up and a decay, or a warm-up and cuts on a plateau, on one optimizer; the product is asked for."""
    for library, name, bind, asked in WISHES:
        yield library, name, partial(together, bind, asked)


def together(bind: Callable[[Optimizer], Steps], asked: Asked) -> Run:
    """All of them stepped after each update."""
    optimizer = adamw()
    steps, recorder = bind(optimizer), Recorder(optimizer)
    for _ in range(N):
        optimizer.step()
        for step in steps:
            step()
    return Run(recorder.used, [[peak * asked(i) for peak in PEAKS] for i in range(N)])


def an_index() -> Iterator[Wish]:
    """Give the index of the update to a schedule that counts in another unit, or counts by itself."""
    yield "timm", "step_update(i), t_in_epochs left True", partial(indexed, in_epochs)
    yield "preheat", "step(i)", partial(indexed, lambda optimizer: Scheduler(optimizer, PLAN).step)


PLAN = warmup(W) >> cosine(1, 0, steps=N - W)


def indexed(bind: Callable[[Optimizer], Callable[[int], object]]) -> Run:
    """Stepped with the number of updates made."""
    optimizer = adamw()
    step, recorder = bind(optimizer), Recorder(optimizer)
    for i in range(N):
        optimizer.step()
        step(i + 1)
    return Run(recorder.used, [[peak * PLAN(i) for peak in PEAKS] for i in range(N)])


def in_epochs(optimizer: Optimizer) -> Callable[[int], object]:
    """Timm's cosine, its unit forgotten."""
    step: Callable[[int], object] = timm().CosineLRScheduler(optimizer, N, warmup_t=W).step_update
    return step


def accumulated() -> Iterator[Wish]:
    """Accelerate with accumulation x4: a plan as long as its docs have it, followed to its end in 40 updates."""
    fall = cosine(1, 0, steps=N)
    theirs = partial(accelerated, lambda o: ts.CosineAnnealingLR(o, 4 * N), lambda i: (1 + cos(pi * i / N)) / 2)
    yield "torch", "AcceleratedScheduler, a length in batches", theirs
    yield (
        "preheat",
        "AcceleratedScheduler, a length in updates",
        partial(accelerated, lambda o: Scheduler(o, fall), fall),
    )


def accelerated(bind: Callable[[Optimizer], Any], asked: Asked) -> Run:
    """The loop of Accelerate's docs."""
    from accelerate import Accelerator  # noqa: PLC0415  # only where it is installed

    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=4)
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=PEAKS[0])
    scheduler, recorder = bind(optimizer), Recorder(optimizer)
    model, wrapped, scheduler = accelerator.prepare(model, optimizer, scheduler)
    for _ in range(4 * N):
        with accelerator.accumulate(model):
            accelerator.backward(model(torch.ones(1, 1)).sum())
            wrapped.step()
            scheduler.step()
            wrapped.zero_grad()
    return Run(recorder.used, [[PEAKS[0] * asked(i)] for i in range(N)], PEAKS[:1])


def warmed_restarts() -> Iterator[Wish]:
    """A warm-up before cosine restarts, for two groups instead of one: the first group's lr must not change."""
    yield "ignite", "with_warmup(CosineAnnealingWarmRestarts)", partial(for_two_groups, of_ignite)
    yield "preheat", "warmup >> cosine >> cosine >> cosine", partial(for_two_groups, of_preheat)


Loop = tuple[Callable[[], object], Callable[[], object]]  # before an update, and after


def for_two_groups(bind: Callable[[Optimizer], Loop]) -> Run:
    """The first group's lrs, with a second group and without."""
    tables = []
    for groups in (2, 1):
        optimizer = adamw(PEAKS[:groups])
        before, after = bind(optimizer)
        recorder = Recorder(optimizer)
        for _ in range(N):
            before()
            optimizer.step()
            after()
        tables.append([row[:1] for row in recorder.used])
    return Run(*tables)


def of_ignite(optimizer: Optimizer) -> Loop:
    """Ignite's warm-up, called before each iteration."""
    from ignite.handlers import create_lr_scheduler_with_warmup  # noqa: PLC0415  # only where it is installed

    restarts = ts.CosineAnnealingWarmRestarts(optimizer, W)
    handler = create_lr_scheduler_with_warmup(restarts, warmup_start_value=0.0, warmup_duration=W)
    return partial(handler, None), lambda: None


def of_preheat(optimizer: Optimizer) -> Loop:
    """Ours."""
    once = cosine(1, 0, steps=W)
    return lambda: None, Scheduler(optimizer, warmup(W) >> once >> once >> once).step
