"""The schedule of torchtitan, a multiplier of the group's lr."""

from typing import Annotated

from preheat._fields import Share, Steps, checked, require
from preheat._nodes import zero_based
from preheat._plan import Plan, constant
from preheat.like._parameters import one_of
from preheat.like._pieces import in_turn
from preheat.shapes.ramps import cosine, linear, one_minus_sqrt

__all__ = ["LRSchedulersContainer"]

DecayType = Annotated[str, one_of("linear", "sqrt", "cosine")]
_DECAYS = {"linear": linear, "sqrt": one_minus_sqrt, "cosine": cosine}


@checked
def LRSchedulersContainer(
    warmup_steps: Steps = 200, *, total_steps: Steps, decay_ratio: Share | None = None,
    decay_type: DecayType = "linear", min_lr_factor: Share = 0.0,
) -> Plan:  # fmt: skip
    """Warm up to the peak, stay, and fall in the last `decay_ratio` of the run; without it, right after the warm-up.

    The parameters are those of its `Config`; `total_steps` defaults to `training.steps` there. The first update of the
    fall still has the peak, so the last one is just above `min_lr_factor`. torchtitan shortens a decay that leaves no
    room for the warm-up, with a warning; here it is an error.

    >>> LRSchedulersContainer(2, total_steps=6)
    linear(0, 1, steps=2) >> zero_based(linear(1, 0, steps=4))
    >>> LRSchedulersContainer(2, total_steps=6, decay_ratio=0.5, min_lr_factor=0.1)
    linear(0, 1, steps=2) >> constant(1, steps=1) >> zero_based(linear(1, 0.1, steps=3))

    Same values as `torchtitan.components.optimizer.lr_scheduler.LRSchedulersContainer`, up to the end.
    """
    require(warmup_steps <= total_steps, "warmup_steps must be at most total_steps")
    room = total_steps - warmup_steps
    decay_steps = room if decay_ratio is None else round(total_steps * decay_ratio)
    rule = "decay_ratio must be what warmup_steps leave, or less; None is a decay that begins after them"
    require(decay_steps <= room, rule)
    stable = constant(1, steps=room - decay_steps)
    fall = [zero_based(_DECAYS[decay_type](1, min_lr_factor, steps=decay_steps))] if decay_steps else []
    return in_turn(linear(0, 1, steps=warmup_steps), stable, *fall)
