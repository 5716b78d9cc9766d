"""A warm-up and half a cosine in every library that is installed, built and driven as its docs say.

All of them are asked inside the cosine, whose end no measurement reaches.
"""

from collections.abc import Callable
from importlib.util import find_spec
from math import cos, pi
from typing import Any, NamedTuple

import torch
from torch.optim import SGD, AdamW, Optimizer
from torch.optim import lr_scheduler as ts

from preheat import cosine, warmup
from preheat.torch import Scheduler

__all__ = ["COSINE", "OURS", "PEERS", "PLAN", "TORCH", "Peer", "optimizer", "ours", "past_warmup"]

WARMUP, DECAY = 10, 100_000_000
LR, FLOOR = 1e-3, 1e-4
PLAN = warmup(WARMUP) >> cosine(1, 0.1, steps=DECAY)
OURS = "preheat"


class Peer(NamedTuple):
    """How a library builds its schedule, and what its docs have the loop call at each update."""

    build: Callable[[Optimizer], Any]
    stepper: Callable[[Any], Callable[[], object]] = lambda scheduler: scheduler.step


def by_hand(i: int) -> float:
    """The plan, as one would write it for `LambdaLR`."""
    t = i + 1
    return t / WARMUP if t <= WARMUP else 0.55 + 0.45 * cos(pi * (t - WARMUP) / DECAY)


def falling(bound: Optimizer) -> ts.CosineAnnealingLR:
    """Torch's cosine."""
    return ts.CosineAnnealingLR(bound, DECAY, eta_min=FLOOR)


def in_sequence(bound: Optimizer) -> ts.SequentialLR:
    """Torch's warm-up and its cosine."""
    rising = ts.LinearLR(bound, 1 / WARMUP, total_iters=WARMUP)
    return ts.SequentialLR(bound, [rising, falling(bound)], milestones=[WARMUP])


def of_transformers(bound: Optimizer) -> Any:
    """Transformers' warm-up and cosine."""
    from transformers.optimization import get_cosine_schedule_with_warmup  # noqa: PLC0415  # only where it is installed

    return get_cosine_schedule_with_warmup(bound, WARMUP, DECAY)


def of_ignite(bound: Optimizer) -> Any:
    """Ignite's warm-up before torch's cosine: a handler, called at the start of each iteration."""
    from ignite.handlers import create_lr_scheduler_with_warmup  # noqa: PLC0415  # only where it is installed

    return create_lr_scheduler_with_warmup(falling(bound), warmup_start_value=0.0, warmup_duration=WARMUP)


def of_pytorch_warmup(bound: Optimizer) -> Any:
    """pytorch_warmup's linear warm-up, which dampens torch's cosine."""
    import pytorch_warmup as pw  # noqa: PLC0415  # only where it is installed

    return falling(bound), pw.LinearWarmup(bound, WARMUP)


def dampened(parts: Any) -> Callable[[], object]:
    """The schedule steps inside the warm-up's `dampening()`."""
    scheduler, warming = parts

    def call() -> None:
        with warming.dampening():
            scheduler.step()

    return call


def of_pytorch_optimizer(bound: Optimizer) -> Any:
    """pytorch_optimizer's warm-up and cosine: one value for all groups."""
    import pytorch_optimizer as po  # noqa: PLC0415  # only where it is installed

    return po.CosineScheduler(bound, t_max=DECAY, max_lr=LR, min_lr=FLOOR, init_lr=0.0, warmup_steps=WARMUP)


def ours(bound: Optimizer, **given: Any) -> Scheduler:
    """Ours; by default one call is one update, as it is for the others."""
    return Scheduler(bound, PLAN, **{"clock": "calls", **given})


LAMBDA, COSINE = "LambdaLR", "CosineAnnealingLR"
TORCH = {
    LAMBDA: Peer(lambda bound: ts.LambdaLR(bound, by_hand)),
    COSINE: Peer(falling),
    "SequentialLR": Peer(in_sequence),
}
OTHERS = {
    "transformers": Peer(of_transformers),
    "ignite": Peer(of_ignite, lambda handler: lambda: handler(None)),
    "pytorch_warmup": Peer(of_pytorch_warmup, dampened),
    "pytorch_optimizer": Peer(of_pytorch_optimizer),
}
PEERS = {OURS: Peer(ours), **TORCH, **{name: peer for name, peer in OTHERS.items() if find_spec(name)}}


def optimizer(count: int, *, tensor: bool = False, own: bool = False) -> Optimizer:
    """Groups of one weight without gradients: what is around the update, and not the update.

    Args:
        count: the number of groups.
        tensor: whether each lr is a tensor of its own, as a compiled step wants it.
        own: whether each lr is another number.
    """
    lrs: list[Any] = [LR * (1 + k / count) if own else LR for k in range(count)]
    if tensor:
        lrs = [torch.tensor(lr) for lr in lrs]
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in lrs]
    return AdamW(groups, lr=lrs[0], foreach=False) if tensor else SGD(groups, lr=LR)


def past_warmup(peer: Peer, bound: Optimizer) -> Callable[[], object]:
    """What the loop calls, with the warm-up behind it."""
    call = peer.stepper(peer.build(bound))
    for _ in range(WARMUP + 1):
        bound.step()
        call()
    return call
