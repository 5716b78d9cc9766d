"""The rows about cuts on a plateau, and about groups that share one tensor."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count

import torch
from torch.optim import Optimizer
from torch.optim import lr_scheduler as ts

from benchmarks._torture.of_others import timm
from benchmarks._torture.setting import N, Run, Table, Wish, adamw
from preheat import constant
from preheat.torch import Plateau, Scheduler

Steps = Sequence[Callable[[], object]]
See = Callable[[float], object]  # shows a metric
STEADY = constant(1, steps=N)


def lrs(optimizer: Optimizer) -> Table:
    """The lrs now."""
    return [[float(group["lr"]) for group in optimizer.param_groups]]


def one_tensor() -> Iterator[Wish]:
    """Several groups made of one tensor: one cut by 0.5, or a factor for each."""
    for cut in ([0.25] * 2, [0.25] * 4):
        yield "torch", f"ReduceLROnPlateau, {len(cut)} groups", partial(shared, torch_cuts_once, cut)
        yield "preheat", f"Plateau, {len(cut)} groups", partial(shared, we_cut_once, cut)
    yield "torch", "LambdaLR, one for each group", partial(shared, torch_lambdas, [0.5, 0.25])
    yield "preheat", "a plan for each group", partial(shared, our_plans, [0.5, 0.25])


def shared(bind: Callable[[Optimizer], Steps], asked: list[float]) -> Run:
    """Groups of one tensor of 0.5, and what is asked of each."""
    made = [{"params": [torch.nn.Parameter(torch.ones(1))]} for _ in asked]
    optimizer = torch.optim.SGD(made, lr=torch.tensor(0.5))
    for step in bind(optimizer):
        step()
    return Run(lrs(optimizer), [asked], [0.5 for _ in asked])


def torch_cuts_once(optimizer: Optimizer) -> Steps:
    """Two metrics, the second no better."""
    return [partial(ts.ReduceLROnPlateau(optimizer, factor=0.5, patience=0).step, 1.0)] * 2


def we_cut_once(optimizer: Optimizer) -> Steps:
    """The same."""
    return [partial(Scheduler(optimizer, STEADY, feedback=Plateau(factor=0.5, patience=0)).observe, 1.0)] * 2


def torch_lambdas(optimizer: Optimizer) -> Steps:
    """A function for each group."""
    return [ts.LambdaLR(optimizer, [lambda _: 1.0, lambda _: 0.5]).get_last_lr]


def our_plans(optimizer: Optimizer) -> Steps:
    """A plan for each group."""
    return [Scheduler(optimizer, {0: STEADY, 1: 0.5 * STEADY}).get_last_lr]


def negative_metric() -> Iterator[Wish]:
    """Twenty observations of a constant metric of -1: as many cuts as of 1."""
    yield "preheat", "Plateau", partial(as_many_cuts, of_preheat)
    yield "torch", "ReduceLROnPlateau", partial(as_many_cuts, of_torch)
    yield "transformers", "get_reduce_on_plateau_schedule", partial(as_many_cuts, of_transformers)
    yield "timm", "PlateauLRScheduler", partial(as_many_cuts, of_timm)
    yield "ignite", "ReduceLROnPlateauScheduler", partial(as_many_cuts, of_ignite)


def as_many_cuts(bind: Callable[[Optimizer], See]) -> Run:
    """The lrs after twenty times -1, and after twenty times 1."""
    ends = []
    for metric in (-1.0, 1.0):
        optimizer = adamw()
        see = bind(optimizer)
        for _ in range(20):
            see(metric)
        ends.append(lrs(optimizer))
    return Run(*ends)


def of_preheat(optimizer: Optimizer) -> See:
    """Ours."""
    return Scheduler(optimizer, STEADY, feedback=Plateau(factor=0.5, patience=2)).observe


def of_torch(optimizer: Optimizer) -> See:
    """Torch's."""
    return ts.ReduceLROnPlateau(optimizer, factor=0.5, patience=2).step


def of_transformers(optimizer: Optimizer) -> See:
    """Transformers' way to torch's."""
    from transformers import get_reduce_on_plateau_schedule  # noqa: PLC0415  # only where it is installed

    step: See = get_reduce_on_plateau_schedule(optimizer, factor=0.5, patience=2).step
    return step


def of_timm(optimizer: Optimizer) -> See:
    """timm's, stepped with the number of the epoch."""
    scheduler = timm().PlateauLRScheduler(optimizer, decay_rate=0.5, patience_t=2, mode="min")
    epochs = count(1)
    return lambda metric: scheduler.step(next(epochs), metric)


def of_ignite(optimizer: Optimizer) -> See:
    """Ignite's, which reads the metric in an engine."""
    from ignite.engine import Engine  # noqa: PLC0415  # only where it is installed
    from ignite.handlers import ReduceLROnPlateauScheduler  # noqa: PLC0415  # likewise

    engine = Engine(lambda *_: None)
    handler = ReduceLROnPlateauScheduler(optimizer, "loss", factor=0.5, patience=2)
    return lambda metric: (engine.state.metrics.update(loss=metric), handler(engine))
