"""Plans through given points: levels, steps and lines."""

from itertools import pairwise
from math import log

from preheat._fields import Count, Factor, Milestones, Number, Numbers, Period, Positive, require
from preheat._nodes import repeat, table
from preheat._plan import Plan, constant, joined, plan_function
from preheat.shapes.bends import chebyshev
from preheat.shapes.ramps import linear

__all__ = ["fractal_chebyshev", "milestones", "piecewise_linear", "staircase"]

_MOST = 700  # its exponential is still finite


@plan_function
def staircase(gamma: Factor, *, every: Period) -> Plan:
    """Level for `every` updates, then lower by the factor `gamma`, again and again.

    >>> staircase(0.5, every=2)
    repeat(constant(1, steps=2), decay=0.5)
    >>> staircase(0.5, every=2).values(5)
    [1.0, 1.0, 0.5, 0.5, 0.25]

    Source: `torch.optim.lr_scheduler.StepLR`, its `step_size` and `gamma`.
    Same values as torch's.
    """
    return repeat(constant(1, steps=every), decay=gamma)


@plan_function
def milestones(gamma: Number, *, milestones: Milestones) -> Plan:
    """Level, and multiplied by `gamma` after each of these numbers of updates.

    >>> milestones(0.5, milestones=(2, 3))
    constant(1, steps=2) >> constant(0.5, steps=1) >> constant(0.25)
    >>> milestones(0.5, milestones=(2, 3)).values(5)
    [1.0, 1.0, 0.5, 0.25, 0.25]

    Source: `torch.optim.lr_scheduler.MultiStepLR`.
    Same values as torch's.
    """
    require(abs(gamma) <= 1 or len(milestones) * log(abs(gamma)) < _MOST, "the last level must be finite")
    levels = [constant(gamma**k, steps=b - a) for k, (a, b) in enumerate(pairwise((0, *milestones)))]
    return joined(">>", *levels, constant(gamma ** len(milestones)))


@plan_function
def piecewise_linear(values: Numbers, *, milestones: Milestones) -> Plan:
    """Straight lines through the points, each value met after its number of updates; level before and after.

    >>> piecewise_linear((0, 1, 0.5), milestones=(0, 2, 4))
    linear(0, 1, steps=2) >> linear(1, 0.5, steps=2)
    >>> piecewise_linear((0, 1, 0.5), milestones=(0, 2, 4)).values(5)
    [0.5, 1.0, 0.75, 0.5, 0.5]

    Source: `ignite.handlers.PiecewiseLinear`, its `milestones_values`.
    Same values as `numpy.interp(i, milestones, values)`, where `zero_based`.
    """
    require(len(values) == len(milestones), "values and milestones must be as many")
    if len(values) == 1:
        return constant(values[0])
    before = [constant(values[0], steps=milestones[0])] if milestones[0] else []
    points = pairwise(zip(milestones, values, strict=True))
    return joined(">>", *before, *(linear(v, w, steps=b - a) for (a, v), (b, w) in points))


@plan_function
def fractal_chebyshev(smallest: Positive, largest: Positive, *, steps: Count) -> Plan:
    """The step sizes of `chebyshev` in the order in which they do not diverge; for a power of 2 of them.

    >>> [round(v, 3) for v in chebyshev(0.1, 1, steps=4).values()]
    [7.449, 2.647, 1.385, 1.035]
    >>> [round(v, 3) for v in fractal_chebyshev(0.1, 1, steps=4).values()]
    [7.449, 1.035, 2.647, 1.385]

    Source: Agarwal, Goel and Zhang 2021 (arXiv:2103.01338), the fractal Chebyshev schedule.
    """
    require(smallest <= largest, "smallest must be at most largest")
    require(steps & (steps - 1) == 0 and steps <= 2**20, "steps must be a power of 2, at most 2**20")
    order = [0]
    while len(order) < steps:
        order = [k for first in order for k in (first, 2 * len(order) - 1 - first)]
    sizes = chebyshev(smallest, largest, steps=steps).values()
    return table(tuple(sizes[k] for k in order))
