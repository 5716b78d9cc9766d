"""How far the values of shapes are from the numbers they stand for, at every update of a run of 100 000."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import numpy as np
import torch
from torch.optim import SGD, Optimizer
from torch.optim import lr_scheduler as ts
from torch.optim.lr_scheduler import LRScheduler

from benchmarks.exact import CASES, Case, N, errors, exact, named
from benchmarks.table import Row
from preheat import cosine, linear, polynomial, zero_based

__all__ = ["rows"]

SUBJECT, UNIT = "The largest error in 100 000 updates", "× 2⁻⁵²"
EVERY = range(N + 1)
SOME = range(0, N + 1, 997)


def rows() -> Iterator[Row]:
    """The largest error of each shape beside what is promised of it, and of torch's classes."""
    yield from beside_torch()
    yield from beside_promises()


def beside_promises() -> Iterator[Row]:
    """Of a shape's many cases it is the one that is worst at some updates, at every update."""
    for _, cases in groupby(sorted(CASES, key=lambda case: named(case.plan)), lambda case: named(case.plan)):
        worst = max(cases, key=lambda case: largest(case, SOME) / case.bound)
        what = f"{worst.plan!r}" + (f", as a share of {worst.scale}" if worst.scale else "")
        yield Row(SUBJECT, what, UNIT, largest(worst, EVERY), {"promised": worst.bound})


def beside_torch() -> Iterator[Row]:
    """Torch's classes, stepped through the same run; they read time from 0, and so does ours here."""
    makers: list[tuple[Any, str, Callable[[Optimizer], LRScheduler]]] = [
        (cosine(1, 0.1, steps=N), "CosineAnnealingLR", lambda bound: ts.CosineAnnealingLR(bound, N, eta_min=0.1)),
        (linear(1, 0.1, steps=N), "LinearLR", lambda bound: ts.LinearLR(bound, 1.0, 0.1, total_iters=N)),
        (polynomial(1, 0, power=0.5, steps=N), "PolynomialLR", lambda bound: ts.PolynomialLR(bound, N, 0.5)),
    ]
    for plan, name, make in makers:
        truth, read = exact(plan, range(N)), zero_based(plan)
        ours = float(errors(np.array(read.values(N)), truth, None).max())
        theirs = float(errors(np.array(list(stepped(make))), truth, None).max())
        yield Row(SUBJECT, repr(read), UNIT, ours, {"promised": 4.0, name: theirs})


def stepped(make: Callable[[Optimizer], LRScheduler]) -> Iterator[float]:
    """The lr of every update under a class of torch's."""
    bound = SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    scheduler = make(bound)
    for _ in range(N):
        yield bound.param_groups[0]["lr"]
        bound.step()
        scheduler.step()


def largest(case: Case, times: range) -> float:
    """The largest error of a case at these `t`."""
    read = zero_based(case.plan)
    return float(errors(np.array([read(t) for t in times]), exact(case.plan, times), case.scale).max())
