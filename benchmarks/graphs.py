"""Graphs that torch.compile makes of an update and the schedule's step, and those that it makes again."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import _dynamo

from benchmarks.peers import OURS, PLAN, TORCH, Peer, ours
from benchmarks.table import Row
from preheat.torch import Scheduler

__all__ = ["rows"]

SUBJECT = "Graphs of torch.compile in 12 updates, AdamW, lr a tensor"
UPDATES, SETTLED = 12, 5


def rows() -> Iterator[Row]:
    """As people write it, beside a fused step, and the update itself as one graph."""
    _dynamo.config.recompile_limit = 64
    logging.disable(logging.WARNING)  # torch says that it leaves its profiler out of graphs
    counting = Peer(lambda bound: ours(bound, clock="updates"))
    graphs = {"torch alone": counted(None)} | {name: counted(peer) for name, peer in {OURS: counting, **TORCH}.items()}
    logging.disable(logging.NOTSET)
    late = {name: sum(update >= SETTLED for update in made) for name, made in graphs.items()}
    total = {name: len(made) for name, made in graphs.items()}
    yield Row(SUBJECT, "optimizer.step(); scheduler.step()", "graphs", total.pop(OURS), total)
    yield Row(SUBJECT, f"... of them after update {SETTLED}", "graphs", late.pop(OURS), late)
    logging.disable(logging.WARNING)
    yield Row(SUBJECT, "the same, on_device=True, one graph wanted", "graphs", len(on_device()), {"wanted": 1})
    logging.disable(logging.NOTSET)


def counted(peer: Peer | None) -> list[int]:
    """In which updates a graph was made, of an update as people write it."""
    bound = optimizer()
    call = peer.stepper(peer.build(bound)) if peer else None

    def update() -> None:
        bound.step()
        if call:
            call()

    return watched(update, bound)


def on_device() -> list[int]:
    """The update as torch's own tests compile it, with the schedule inside: `fullgraph=True` refuses a second graph."""
    bound = optimizer()
    scheduler = Scheduler(bound, PLAN, clock="calls", on_device=True)
    plain = type(bound).step.__wrapped__.__wrapped__  # type: ignore[attr-defined]  # without the hooks' wrapper

    def update() -> None:
        with torch.no_grad():
            plain(bound)
            scheduler.step()

    return watched(update, bound, fullgraph=True)


def watched(update: Callable[[], None], bound: torch.optim.Optimizer, **options: Any) -> list[int]:
    """In which updates a graph is made; none of them is compiled further."""
    _dynamo.reset()
    made: list[int] = []
    now = 0

    def backend(graph: Any, _: object) -> Any:
        made.append(now)
        return graph.forward

    compiled = torch.compile(update, backend=backend, **options)
    (weight,) = bound.param_groups[0]["params"]
    for now in range(UPDATES):  # noqa: B007  # the backend reads it
        weight.grad = torch.ones(2)
        compiled()
    return made


def optimizer() -> torch.optim.AdamW:
    """One weight, and an lr that a compiled step takes without a graph for each value."""
    return torch.optim.AdamW([torch.nn.Parameter(torch.ones(2))], lr=torch.tensor(1e-3), foreach=False)
