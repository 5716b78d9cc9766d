"""Schedules with a name, written in plain algebra: each returns, and prints as, the pieces it is made of."""

from preheat._fields import Number, Steps, require
from preheat._plan import Plan, constant, recipe
from preheat.shapes.ramps import cosine, linear

__all__ = ["warmup", "warmup_constant", "warmup_cosine", "warmup_linear"]


@recipe
def warmup(steps: Steps, start: Number = 0) -> Plan:
    """A straight line from `start` to 1.

    >>> warmup(4)
    linear(0, 1, steps=4)
    >>> warmup(4).values()
    [0.25, 0.5, 0.75, 1.0]

    Source: Goyal et al. 2017 (arXiv:1706.02677), section 2.2.
    """
    return linear(start, 1, steps=steps)


@recipe
def warmup_constant(warmup_steps: Steps) -> Plan:
    """Warm up, then stay.

    >>> warmup_constant(4)
    linear(0, 1, steps=4) >> constant(1)
    """
    return warmup(warmup_steps) >> constant(1)


@recipe
def warmup_linear(warmup_steps: Steps, *, total_steps: Steps, end: Number = 0) -> Plan:
    """Warm up, then fall in a straight line to `end` at the last of `total_steps` updates.

    >>> warmup_linear(2, total_steps=6)
    linear(0, 1, steps=2) >> linear(1, 0, steps=4)
    >>> warmup_linear(2, total_steps=6).values()
    [0.5, 1.0, 0.75, 0.5, 0.25, 0.0]

    Source: Devlin et al. 2018 (arXiv:1810.04805), appendix A.2.
    """
    return warmup(warmup_steps) >> linear(1, end, steps=_rest(warmup_steps, total_steps))


@recipe
def warmup_cosine(warmup_steps: Steps, *, total_steps: Steps, end: Number = 0) -> Plan:
    """Warm up, then fall along half a cosine wave to `end` at the last of `total_steps` updates.

    >>> warmup_cosine(2_000, total_steps=100_000, end=0.1)
    linear(0, 1, steps=2000) >> cosine(1, 0.1, steps=98000)

    Source: Loshchilov and Hutter 2016 (arXiv:1608.03983), equation 5, after a warm-up.
    """
    return warmup(warmup_steps) >> cosine(1, end, steps=_rest(warmup_steps, total_steps))


def _rest(warmup_steps: int, total_steps: int) -> int:
    require(total_steps >= warmup_steps, "total_steps must be at least warmup_steps")
    return total_steps - warmup_steps
