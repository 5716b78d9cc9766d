"""The schedules of `torch.optim.lr_scheduler`."""

from preheat._fields import Factor, Steps, checked
from preheat._nodes import zero_based
from preheat._plan import Plan
from preheat.shapes.ramps import linear

__all__ = ["LinearLR"]


@checked
def LinearLR(start_factor: Factor = 1 / 3, end_factor: Factor = 1.0, total_iters: Steps = 5) -> Plan:
    """A straight line between two factors.

    >>> LinearLR(start_factor=0.25, total_iters=3).values(5)
    [0.25, 0.5, 0.75, 1.0, 1.0]

    Same values as `torch.optim.lr_scheduler.LinearLR`.
    """
    return zero_based(linear(start_factor, end_factor, steps=total_iters))
