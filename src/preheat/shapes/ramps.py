"""Shapes that lead from a start to an end in a given number of updates."""

from math import inf

from preheat._fields import Number, Positive, Steps, Time, Value, require
from preheat._math import expm1, log, log1p, maximum, minimum, pi, sin, sqrt, where
from preheat._nodes import shape


@shape
def linear(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    """A straight line.

    >>> linear(0, 1, steps=4).values()
    [0.25, 0.5, 0.75, 1.0]

    Source: Goyal et al. 2017 (arXiv:1706.02677), section 2.2, gradual warm-up.
    Same values as `torch.optim.lr_scheduler.LinearLR`, where `zero_based`.
    """
    return start * ((steps - t) / steps) + end * (t / steps)


@shape
def cosine(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    """Half a cosine wave: level at both ends, steepest in the middle.

    >>> [round(v, 3) for v in cosine(1, 0, steps=4).values()]
    [0.854, 0.5, 0.146, 0.0]

    Source: Loshchilov and Hutter 2016 (arXiv:1608.03983), equation 5.
    Same values as `torch.optim.lr_scheduler.CosineAnnealingLR`, where `zero_based`.
    """
    wave = sin(pi / 2 * (minimum(t, steps - t) / steps))
    away = wave * wave  # how far from the nearer end, at most 1/2
    return where(t < steps - t, start + (end - start) * away, end + (start - end) * away)


@shape
def polynomial(t: Time, start: Number, end: Number, *, power: Positive, steps: Steps) -> Value:
    """A power of the share of the way that is left; `power=1` is `linear`.

    >>> polynomial(1, 0, power=2, steps=4).values()
    [0.5625, 0.25, 0.0625, 0.0]

    Source: Liu et al. 2015 (arXiv:1506.04579), the "poly" policy.
    Same values as `torch.optim.lr_scheduler.PolynomialLR`, where `zero_based`.
    """
    left: float = ((steps - t) / steps) ** power
    gone = where(left < 0.5, 1 - left, -expm1(power * _log_left(t, steps)))  # 1 - left, free of cancellation
    return start * left + end * gone


def _log_left(t: float, steps: int) -> float:
    """log((steps - t) / steps), accurate at both ends, and very low instead of minus infinity at the last."""
    # A third of the way and no further: beyond, JAX's log1p in float64 is 100 units in the last place away.
    return where(3 * t < steps, log1p(-minimum(t / steps, 0.5)), log(maximum((steps - t) / steps, 1e-300)))


@shape
def exponential(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    """Geometric: every update multiplies by the same number. Neither end can be 0.

    >>> [round(v, 6) for v in exponential(1, 0.0001, steps=4).values()]
    [0.1, 0.01, 0.001, 0.0001]

    Source: Li and Arora 2019 (arXiv:1910.07454).
    Same values as `torch.optim.lr_scheduler.ExponentialLR` with `gamma = (end / start) ** (1 / steps)`, `zero_based`.
    """
    rule = "start and end must be both above 0 or both below, their ratio finite"
    require((minimum(start, end) > 0) | (maximum(start, end) < 0), rule)
    require((end / start > 0) & (end / start < inf) & (start / end < inf), rule)
    late = t > steps - t  # powers from the nearer end
    power: float = where(late, start / end, end / start) ** (minimum(t, steps - t) / steps)
    return where(late, end, start) * power


@shape
def one_minus_sqrt(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    """Falls fast, then lands softly: one minus the square root of progress.

    >>> [round(v, 3) for v in one_minus_sqrt(1, 0, steps=4).values()]
    [0.5, 0.293, 0.134, 0.0]

    Source: Hägele et al. 2024 (arXiv:2405.18392), the 1-sqrt cooldown.
    """
    root = sqrt(t / steps)
    return start * ((steps - t) / steps / (1 + root)) + end * root  # 1 - sqrt(u), free of cancellation


@shape
def one_minus_square(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    """Level at the start and steepest at the end: one minus the square of progress.

    >>> one_minus_square(1, 0, steps=4).values()
    [0.9375, 0.75, 0.4375, 0.0]

    Source: Hägele et al. 2024 (arXiv:2405.18392), the "square" cooldown of their code.
    """
    gone = t / steps
    return start * ((steps - t) / steps * (1 + gone)) + end * gone**2


@shape
def mirror_cosine(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    """Steep at both ends and level in the middle: `cosine` mirrored at the straight line.

    >>> [round(v, 3) for v in mirror_cosine(1, 0, steps=4).values()]
    [0.646, 0.5, 0.354, 0.0]

    Source: Hägele et al. 2024 (arXiv:2405.18392), their mirrored cosine, twice linear minus cosine.
    """
    near = minimum(t, steps - t) / steps
    away = 2 * near - sin(pi / 2 * near) ** 2  # how far from the nearer end, at most 1/2
    return where(t < steps - t, start + (end - start) * away, end + (start - end) * away)


@shape
def rex(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    """Slow at first, then ever faster: `(1 - u) / (1 - u / 2)` of the way is left at the share `u` of the run.

    >>> [round(v, 3) for v in rex(1, 0, steps=4).values()]
    [0.857, 0.667, 0.4, 0.0]

    Source: Chen, Wolfe and Kyrillidis 2021 (arXiv:2107.04197), the reflected exponential schedule.
    """
    return start * (2 * (steps - t) / (2 * steps - t)) + end * (t / (2 * steps - t))


@shape
def logarithmic(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    """Rises fast, then ever more slowly: with the logarithm of time. Its first update has the start.

    >>> [round(v, 3) for v in logarithmic(0, 1, steps=4).values()]
    [0.0, 0.5, 0.792, 1.0]

    Source: DeepSpeed, `deepspeed/runtime/lr_schedules.py`, the "log" warm-up of `WarmupLR`.
    """
    require(steps > 1, "steps must be 2 or more, or 0; at the first update it has only started")
    begun = maximum(t, 1.0)
    return start * (log1p((steps - begun) / begun) / log(steps)) + end * (log(begun) / log(steps))
