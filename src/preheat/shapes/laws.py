"""Shapes without an end: laws that hold for as long as training goes on."""

from preheat._fields import Count, Factor, Number, Period, Positive, Time, Value, require
from preheat._math import floor, maximum, sqrt
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
def noam(t: Time, d_model: Count, warmup_steps: Period) -> Value:
    """The Transformer's learning rate: linear warm-up, then a fall with the square root of time.

    A rate, not a multiplier: it goes in `lr=`. Its peak is `(d_model * warmup_steps) ** -0.5`.

    >>> noam(4, 4)(0), noam(4, 4)(3), noam(4, 4)(15)
    (0.0625, 0.25, 0.125)

    Source: Vaswani et al. 2017 (arXiv:1706.03762), equation 3; `t` is its `step_num`.
    """
    late = maximum(t, warmup_steps)
    return t / (late * sqrt(d_model * late))  # min(t ** -0.5, t * w ** -1.5), defined at 0


@shape
def rsqrt(t: Time, timescale: Positive, shift: Number) -> Value:
    """Falls with the square root of time, from `shift` updates into `inverse_sqrt` of that timescale.

    >>> rsqrt(4, 5)(6)
    0.5

    Source: google-research/big_vision, `big_vision/utils.py`, the "rsqrt" decay after its warm-up.
    """
    require(timescale + shift > 0, "shift must be above -timescale")
    return sqrt(timescale / (timescale + shift + t))


@shape
def inverse_time(t: Time, timescale: Positive) -> Value:
    """Falls with the inverse of time, from 1; half way down after one timescale.

    >>> inverse_time(4)(3), inverse_time(4)(11)
    (0.5, 0.25)

    Source: `torch.optim.Adagrad`, its `lr_decay` of `1 / timescale`, where `zero_based`.
    """
    return timescale / (timescale + t)


@shape
def power_law(t: Time, timescale: Positive, *, power: Positive) -> Value:
    """Falls with a power of time, from 1; `power=1` is `inverse_time`, `power=0.5` is `inverse_sqrt`.

    Its error is below `(2 + power) * 2**-52`, for a power multiplies that of what it is of.

    >>> power_law(4, power=2)(3)
    0.25

    Source: `timm.scheduler.WSDLRScheduler`, its "power" phase.
    """
    falling: float = (timescale / (timescale + t)) ** power
    return falling


@shape
def exponential_decay(t: Time, gamma: Factor, *, every: Period = 1) -> Value:
    """Falls by the factor `gamma` in `every` updates, a little at each; `staircase` does it at once.

    >>> exponential_decay(0.5).values(3), exponential_decay(0.25, every=2).values(3)
    ([0.5, 0.25, 0.125], [0.5, 0.25, 0.125])

    Source: `optax.exponential_decay`, its `decay_rate` and `transition_steps`.
    Same values as `torch.optim.lr_scheduler.ExponentialLR`, where `zero_based`.
    """
    whole = floor(t / every)
    falling: float = gamma**whole * gamma ** ((t - every * whole) / every)
    return falling


@shape
def stairs(t: Time, gamma: Factor, *, every: Positive) -> Value:
    """Falls by the factor `gamma` at once, every so many updates; `staircase` where these are a whole number.

    >>> stairs(0.5, every=1.5).values(6)
    [1.0, 0.5, 0.25, 0.25, 0.125, 0.0625]

    Source: `timm.scheduler.StepLRScheduler`, its `decay_t`.
    Same values as timm's after its warm-up, where `zero_based`.
    """
    falling: float = gamma ** (t // every)
    return falling
