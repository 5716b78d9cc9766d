"""A factor above 1 at every step. A plan never overflows, so its growth ends, where no run gets to."""

from math import log

from preheat._fields import LAST
from preheat._nodes import repeat
from preheat._nodes.cuts import until
from preheat._plan import Plan
from preheat.shapes.ramps import exponential

__all__ = ["growing"]

_LARGEST = 600  # the logarithm of all growth: e**600 is 4e260, which leaves room for the lr that it multiplies


def growing(factor: float, *, every: int = 1, at_once: bool = False) -> Plan:
    """From 1, times `factor` in every `every` updates: a little at each, or `at_once` at the end; to be zero-based.

    >>> from preheat import zero_based
    >>> zero_based(growing(2, every=3, at_once=True)).values(7)
    [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 4.0]
    """
    times = max(min(int(_LARGEST / log(factor)), (LAST - 1) // every), 1)
    growth = exponential(1, factor**times, steps=times * every)
    if not at_once or every == 1:
        return growth
    # The growth within a step is taken back, so that many steps are a product of two curves, not a long text.
    return growth * until(repeat(exponential(1, 1 / factor, steps=every)), times * every)
