"""The schedule of nanoGPT: a plan of learning rates, for `lr=`."""

from preheat._fields import Positive, Steps, checked, require
from preheat._nodes import zero_based
from preheat._plan import Plan
from preheat.like._pieces import Rate, in_turn
from preheat.shapes.ramps import cosine, linear

__all__ = ["get_lr"]


@checked
def get_lr(
    *, learning_rate: Positive = 6e-4, warmup_iters: Steps = 2_000, lr_decay_iters: Steps = 600_000, min_lr: Rate = 6e-5
) -> Plan:
    """Up in equal steps, the last of them to the peak, and down along a cosine to `min_lr`.

    Parameters and defaults are nanoGPT's.

    >>> get_lr(learning_rate=3, warmup_iters=2, lr_decay_iters=6, min_lr=1)
    linear(0, 2, steps=2) >> zero_based(cosine(3, 1, steps=4))
    >>> get_lr(learning_rate=3, warmup_iters=2, lr_decay_iters=4, min_lr=1)(4)
    1.0

    Same values as `get_lr` of nanoGPT's `train.py`.
    """
    require(lr_decay_iters > warmup_iters, "lr_decay_iters must be more than warmup_iters, which are among them")
    highest = learning_rate * warmup_iters / (warmup_iters + 1)
    fall = zero_based(cosine(learning_rate, min_lr, steps=lr_decay_iters - warmup_iters))
    return in_turn(linear(0, highest, steps=warmup_iters), fall)
