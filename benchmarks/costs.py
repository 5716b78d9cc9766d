"""What a schedule costs at each update, beside torch's `LambdaLR` with the same curve written by hand."""

from collections.abc import Callable, Iterator
from math import cos, pi

import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from benchmarks.table import Row
from benchmarks.timing import quietest
from preheat import cosine, warmup
from preheat.torch import Scheduler

__all__ = ["rows"]

WARMUP, DECAY = 2_000, 99_998_000  # longer than any measurement
PLAN = warmup(WARMUP) >> cosine(1, 0.1, steps=DECAY)


def by_hand(i: int) -> float:
    """The plan, as one would write it for `LambdaLR`."""
    t = i + 1
    return t / WARMUP if t <= WARMUP else 0.55 + 0.45 * cos(pi * (t - WARMUP) / DECAY)


def rows() -> Iterator[Row]:
    """The cost of `scheduler.step()`, and of what a schedule adds to an update."""
    for count in (1, 10, 100, 1000):
        ours, theirs = ours_on(optimizer(count), clock="calls"), theirs_on(optimizer(count))
        took = quietest({"ours": ours.step, "theirs": theirs.step})
        what = f"scheduler.step(), {count} group{'s' * (count > 1)}"
        yield Row(what, took["ours"] * 1e6, "µs", "LambdaLR, the same curve by hand", took["theirs"] * 1e6)
    yield from added()


def added() -> Iterator[Row]:
    """What an update takes longer with a schedule than without: where it counts, where it writes too, in all."""
    bare, counted, written, ours, theirs = (optimizer(1) for _ in range(5))
    ours_on(counted, clock="calls")  # nobody calls
    ours_on(written)
    took = quietest(
        {
            "bare": bare.step,
            "counted": counted.step,
            "written": written.step,
            "ours": both(ours, ours_on(ours)),
            "theirs": both(theirs, theirs_on(theirs)),
        },
        repeats=300,
    )
    more = {name: (seconds - took["bare"]) * 1e6 for name, seconds in took.items()}
    yield Row("added to optimizer.step()", more["counted"], "µs", "an empty step of SGD", took["bare"] * 1e6)
    yield Row("... where it writes the values too", more["written"], "µs", "an empty step of SGD", took["bare"] * 1e6)
    yield Row("added by both steps of an update", more["ours"], "µs", "added by LambdaLR", more["theirs"])


def both(bound: SGD, scheduler: LRScheduler) -> Callable[[], None]:
    """An update and what follows it."""

    def call() -> None:
        bound.step()
        scheduler.step()

    return call


def optimizer(count: int) -> SGD:
    """Plain gradient descent, one weight a group and no gradients: what is around the update, and not the update."""
    return SGD([{"params": [torch.nn.Parameter(torch.ones(1))]} for _ in range(count)], lr=1e-3)


def ours_on(bound: SGD, clock: str = "updates") -> Scheduler:
    """Our plan; with `clock="calls"` each call moves on by one, as theirs does."""
    return Scheduler(bound, PLAN, clock=clock)


def theirs_on(bound: SGD) -> LambdaLR:
    """Their schedule, past the update that it wants to see first."""
    scheduler = LambdaLR(bound, by_hand)
    bound.step()
    return scheduler
