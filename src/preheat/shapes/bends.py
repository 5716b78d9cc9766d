"""Ramps with a parameter that bends them; where it multiplies the rounding of its argument, the docstring says so."""

from preheat._fields import Beta, Number, Positive, Steps, Time, Value, require
from preheat._math import cos, exp, expm1, floor, log, log1p, maximum, minimum, pi, sin, where
from preheat._nodes import shape


@shape
def cosine_power(t: Time, start: Number, end: Number, *, power: Positive, steps: Steps) -> Value:
    """Half a cosine wave to a power: above 1 it falls sooner and lands more softly; `power=1` is `cosine`.

    Its error is below `(3 + 4 * power) * 2**-52`, for a power multiplies that of the wave.

    >>> [round(v, 3) for v in cosine_power(1, 0, power=2, steps=4).values()]
    [0.729, 0.25, 0.021, 0.0]

    Source: `optax.cosine_decay_schedule`, its `exponent`.
    Same values as optax's, where `zero_based`.
    """
    near = sin(pi / 2 * (minimum(t, steps - t) / steps)) ** 2
    late = t > steps - t
    fallen = power * _log_rest(where(late, 1 - near, near), where(late, near, 1 - near))
    left = where(late, near**power, exp(fallen))
    return start * left + end * where(left < 0.5, 1 - left, -expm1(fallen))


@shape
def cosine_k(t: Time, start: Number, end: Number, *, k: Positive, steps: Steps) -> Value:
    """Half a cosine wave that runs with the `k`-th power of time: above 1 it stays near the start for longer.

    Its error is below `(6 + k) * 2**-52`, for the wave doubles that of the power of time.

    >>> [round(v, 3) for v in cosine_k(1, 0, k=2, steps=4).values()]
    [0.99, 0.854, 0.402, 0.0]

    Source: Zhang 2020 (arXiv:2004.05909), k-decay of the cosine.
    Same values as `timm.scheduler.CosineLRScheduler` with `k_decay`, where `zero_based`.
    """
    gone: float = (t / steps) ** k
    early = gone < 0.5
    away = sin(pi / 2 * where(early, gone, -expm1(k * _log_gone(t, steps)))) ** 2  # from the nearer end
    return where(early, start + (end - start) * away, end + (start - end) * away)


@shape
def cosine_wave(  # noqa: PLR0913  # the formula has as many
    t: Time, crest: Number, trough: Number, *, first: Number = 0, last: Number, steps: Steps
) -> Value:
    """A stretch of a cosine wave, from `first` to `last` counted in halves of it; from 0 to 1 it is `cosine`.

    Its error is below `4 * max(1, abs(first), abs(last)) * 2**-52` of the larger of the two values.

    >>> [round(v, 3) for v in cosine_wave(1, 0, last=3, steps=6).values()]
    [0.5, 0.0, 0.5, 1.0, 0.5, 0.0]

    Source: `transformers.get_cosine_schedule_with_warmup`, whose `num_cycles` is half of `last`, where `zero_based`.
    """
    halves = first * ((steps - t) / steps) + last * (t / steps)
    turn = pi / 2 * (halves - 2 * floor(halves / 2))
    return crest * cos(turn) ** 2 + trough * sin(turn) ** 2


@shape
def polynomial_k(  # noqa: PLR0913  # the formula has as many
    t: Time, start: Number, end: Number, *, power: Positive, k: Positive, steps: Steps
) -> Value:
    """A polynomial that runs with the `k`-th power of time; `k=1` is `polynomial`.

    Its error is below `(3 + power * (2 + k)) * 2**-52`, for one power multiplies that of the other.

    >>> polynomial_k(1, 0, power=1, k=2, steps=4).values()
    [0.9375, 0.75, 0.4375, 0.0]

    Source: Zhang 2020 (arXiv:2004.05909), k-decay of the polynomial.
    Same values as `timm.scheduler.PolyLRScheduler` with `k_decay`, where `zero_based`.
    """
    gone: float = (t / steps) ** k
    rest = where(gone < 0.5, 1 - gone, -expm1(k * _log_gone(t, steps)))
    left: float = rest**power
    fallen = power * _log_rest(gone, rest)
    return start * left + end * where(left < 0.5, 1 - left, -expm1(fallen))


def _log_gone(t: float, steps: int) -> float:
    return _log_rest((steps - t) / steps, t / steps)


def _log_rest(gone: float, rest: float) -> float:
    """log(rest), where gone + rest is 1: accurate at both ends, and very low instead of minus infinity."""
    return where(gone < 0.25, log1p(-minimum(gone, 0.25)), log(maximum(rest, 1e-300)))


@shape
def tanh(  # noqa: PLR0913  # the formula has as many
    t: Time, start: Number, floor: Number, *, low: Number = -7, high: Number = 3, steps: Steps
) -> Value:
    """A hyperbolic tangent between `low` and `high`: it begins just under `start` and stops just above `floor`.

    Its error is below `2 * (1 + abs(low) + abs(high)) * 2**-52`, for a tail of tanh multiplies that of its argument.

    >>> [round(v, 4) for v in tanh(1, 0, low=-2, high=2, steps=4).values()]
    [0.8808, 0.5, 0.1192, 0.018]

    Source: hyperbolic-tangent decay (arXiv:1806.01593), as `timm.scheduler.TanhLRScheduler` has it.
    Same values as timm's, where `zero_based`.
    """
    require(low < high, "low must be below high")
    require(maximum(-low, high) <= 300, "low must be at least -300 and high at most 300")
    bend = 2 * (low * ((steps - t) / steps) + high * (t / steps))
    return start / (1 + exp(bend)) + floor / (1 + exp(-bend))


@shape
def sigmoid(t: Time, floor: Number, end: Number, *, steps: Steps) -> Value:
    """The left half of a bell: `exp(-5 * (1 - u)**2)` of the way is gone at the share `u` of the run.

    At `t = 0` that is exp(-5), so it begins just above `floor`.

    >>> [round(v, 3) for v in sigmoid(0, 1, steps=4).values()]
    [0.06, 0.287, 0.732, 1.0]

    Source: Laine and Aila 2017, Temporal Ensembling, the ramp-up; "sigmoid ramp-up" in the code of the Mean Teacher.
    """
    bell = -5 * (steps - t) ** 2 / (1.0 * steps) ** 2  # whole numbers, so that it is rounded once
    return end * exp(bell) - floor * expm1(bell)


@shape
def chebyshev(t: Time, smallest: Positive, largest: Positive, *, steps: Steps) -> Value:
    """The inverses of the roots of a Chebyshev polynomial, from nearly `1 / smallest` down to nearly `1 / largest`.

    They are the step sizes of gradient descent where curvature lies between `smallest` and `largest`. In this order
    they are unstable; `fractal_chebyshev` has the order that is not.

    >>> [round(v, 3) for v in chebyshev(0.1, 1, steps=4).values()]
    [7.449, 2.647, 1.385, 1.035]

    Source: Agarwal, Goel and Zhang 2021 (arXiv:2103.01338), the Chebyshev step sizes.
    """
    require(smallest <= largest, "smallest must be at most largest")
    wave = sin(pi / 2 * ((t - 0.5) / steps)) ** 2
    return 1 / (smallest * (1 - wave) + largest * wave)


@shape
def shifted_exponential(t: Time, start: Number, end: Number, *, ratio: Beta, steps: Steps) -> Value:
    """An exponential that falls to the share `ratio`, shifted and scaled so that it meets an end of any sign, or 0.

    Between a straight line (`ratio` near 1) and a fall at once (near 0). Its error is below
    `(4 - log(ratio)) * 2**-52`, for an exponential multiplies that of its argument.

    >>> [round(v, 3) for v in shifted_exponential(1, 0, ratio=0.25, steps=4).values()]
    [0.609, 0.333, 0.138, 0.0]

    Source: `timm.scheduler.WSDLRScheduler`, its "exp" decay and `decay_ratio`.
    Same values as timm's, where `zero_based`; with `ratio=0.5` as the "exponential" decay of Megatron's "WSD".
    """
    rate = log(ratio)
    left = exp(rate * (t / steps)) * (expm1(rate * ((steps - t) / steps)) / expm1(rate))
    return start * left + end * (expm1(rate * (t / steps)) / expm1(rate))
