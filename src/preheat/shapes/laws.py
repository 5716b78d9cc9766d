"""Shapes without an end: laws that hold for as long as training goes on."""

from preheat._fields import Count, Positive, Time, Value
from preheat._math import maximum, sqrt
from preheat._nodes import shape


@shape
def inverse_sqrt(t: Time, timescale: Positive) -> Value:
    """Falls with the square root of time, from 1; half way down after three timescales.

    After `warmup(w)`, `inverse_sqrt(w)` is the decay of `noam`, with its peak at 1.

    >>> inverse_sqrt(1)(2)
    0.5

    Source: Vaswani et al. 2017 (arXiv:1706.03762), section 5.3, the factor `step_num ** -0.5`.
    Same values as `transformers.get_inverse_sqrt_schedule` after its warm-up, where `zero_based`.
    """
    return sqrt(timescale / (timescale + t))


@shape
def noam(t: Time, d_model: Count, warmup_steps: Count) -> Value:
    """The Transformer's learning rate: linear warm-up, then a fall with the square root of time.

    A rate, not a multiplier: it goes in `lr=`. Its peak is `(d_model * warmup_steps) ** -0.5`.

    >>> noam(4, 4)(0), noam(4, 4)(3), noam(4, 4)(15)
    (0.0625, 0.25, 0.125)

    Source: Vaswani et al. 2017 (arXiv:1706.03762), equation 3; `t` is its `step_num`.
    """
    late = maximum(t, warmup_steps)
    return t / (late * sqrt(d_model * late))  # min(t ** -0.5, t * w ** -1.5), defined at 0
