"""How far the values of shapes are from the numbers they stand for, at every update of a run of 100 000."""

from collections.abc import Iterator
from itertools import groupby

import numpy as np

from benchmarks.exact import CASES, Case, N, errors, exact, named
from benchmarks.table import Row
from preheat import zero_based

__all__ = ["rows"]

EVERY = range(N + 1)
SOME = range(0, N + 1, 997)


def rows() -> Iterator[Row]:
    """The largest error of each shape, in units of 2**-52, beside what is promised of it.

    Of a shape's many cases it is the one that is worst at some updates, at every update.
    """
    for name, cases in groupby(sorted(CASES, key=lambda case: named(case.plan)), lambda case: named(case.plan)):
        worst = max(cases, key=lambda case: largest(case, SOME) / case.bound)
        beside = f"promised, of {worst.plan!r}" + (f" as a share of {worst.scale}" if worst.scale else "")
        yield Row(f"error of {name}", largest(worst, EVERY), "× 2**-52", beside, worst.bound)


def largest(case: Case, times: range) -> float:
    """The largest error of a case at these `t`."""
    read = zero_based(case.plan)
    return float(errors(np.array([read(t) for t in times]), exact(case.plan, times), case.scale).max())
