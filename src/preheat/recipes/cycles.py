"""Cycles: restarts, and triangles."""

from preheat._fields import Count, Factor, Number, Period, Positive, require
from preheat._nodes import repeat
from preheat._nodes.repeat_and_stretch import MOST, grown
from preheat._plan import Plan, joined, plan_function
from preheat.shapes.laws import exponential_decay
from preheat.shapes.ramps import cosine, linear

__all__ = ["exp_range", "sgdr", "triangular", "triangular2"]


@plan_function
def sgdr(steps: Period, *, cycles: Count, growth: Positive = 1, decay: Factor = 1, end: Number = 0) -> Plan:
    """Cosine after cosine, each begun at the peak: warm restarts.

    `steps` is the length of the first cycle, `growth` multiplies it and `decay` the peak from one cycle to the next;
    each length is rounded to a whole update.

    >>> sgdr(2, cycles=3, growth=2, decay=0.5)
    cosine(1, 0, steps=2) >> cosine(0.5, 0, steps=4) >> cosine(0.25, 0, steps=8)

    Source: Loshchilov and Hutter 2016 (arXiv:1608.03983); `steps` is T_0 and `growth` T_mult.
    Same values as `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`, where `zero_based`.
    """
    require(cycles <= MOST, f"cycles must be at most {MOST}; repeat goes on for ever")
    lengths = grown(steps, cycles, growth)
    return joined(">>", *(cosine(decay**k, end, steps=length) for k, length in enumerate(lengths)))


@plan_function
def triangular(up_steps: Period, down_steps: Period, *, start: Number = 0) -> Plan:
    """Straight up from `start` to 1 and straight down again, for as long as training goes on.

    >>> triangular(2, 2)
    repeat(linear(0, 1, steps=2) >> linear(1, 0, steps=2))
    >>> triangular(2, 2).values(6)
    [0.5, 1.0, 0.5, 0.0, 0.5, 1.0]

    Source: Smith 2015 (arXiv:1506.01186), cyclical learning rates.
    Same values as `torch.optim.lr_scheduler.CyclicLR`, where `zero_based`, with `start = base_lr / max_lr`.
    """
    return repeat(linear(start, 1, steps=up_steps) >> linear(1, start, steps=down_steps))


@plan_function
def triangular2(up_steps: Period, down_steps: Period, *, start: Number = 0) -> Plan:
    """As `triangular`, but each cycle rises half as far above `start` as the one before.

    >>> triangular2(2, 2)
    repeat(linear(0, 1, steps=2) >> linear(1, 0, steps=2), decay=0.5)
    >>> triangular2(2, 2).values(6)
    [0.5, 1.0, 0.5, 0.0, 0.25, 0.5]

    Source: Smith 2015 (arXiv:1506.01186), the triangular2 policy.
    Same values as `torch.optim.lr_scheduler.CyclicLR` in that mode, where `zero_based`.
    """
    return start + (1 - start) * repeat(_triangle(up_steps, down_steps), decay=0.5)


@plan_function
def exp_range(up_steps: Period, down_steps: Period, *, gamma: Factor, start: Number = 0) -> Plan:
    """As `triangular`, but the part above `start` falls by the factor `gamma` at every update.

    >>> exp_range(2, 2, gamma=0.5)
    repeat(linear(0, 1, steps=2) >> linear(1, 0, steps=2)) * exponential_decay(0.5, every=1)
    >>> exp_range(2, 2, gamma=0.5).values(3)
    [0.25, 0.25, 0.0625]

    Source: Smith 2015 (arXiv:1506.01186), the exp_range policy.
    Same values as `torch.optim.lr_scheduler.CyclicLR` in that mode, where `zero_based`.
    """
    return start + (1 - start) * (repeat(_triangle(up_steps, down_steps)) * exponential_decay(gamma))


def _triangle(up_steps: int, down_steps: int) -> Plan:
    return linear(0, 1, steps=up_steps) >> linear(1, 0, steps=down_steps)
