"""Warm-ups without an end, to multiply another plan by: they near 1 and stay."""

from math import inf

from preheat._fields import Beta, Positive, Time, Value, require
from preheat._math import expm1, log, maximum, minimum, sqrt
from preheat._nodes import shape


@shape
def exponential_warmup(t: Time, timescale: Positive) -> Value:
    """Nears 1 exponentially: the distance to 1 falls to 37 % in one timescale.

    >>> [round(v, 3) for v in exponential_warmup(2).values(4)]
    [0.393, 0.632, 0.777, 0.865]

    Source: Ma and Yarats 2019 (arXiv:1910.04209), the exponential warm-up, `1 - exp(-t / timescale)`.
    Same values as `pytorch_warmup.ExponentialWarmup`.
    """
    return -expm1(-t / timescale)


@shape
def gi_adam(t: Time, beta2: Beta) -> Value:
    """The warm-up that Adam has when its second moment starts at the first gradient squared.

    >>> [round(gi_adam(0.999)(i), 3) for i in (0, 99, 999, 1999)]
    [0.032, 0.309, 0.795, 0.93]

    Source: Kalra and Barkeshli 2024 (arXiv:2406.09405), GI-Adam, `sqrt(1 - beta2**t)` where gradients keep their size.
    """
    return sqrt(-expm1(t * log(beta2)))


@shape
def radam(t: Time, beta2: Beta) -> Value:
    """The rectification of RAdam as a multiplier, from the first update at which it is defined.

    Its error may be `4 / (1 - beta2) * 2**-52`: at first it is the small difference of numbers near `2 / (1 - beta2)`.

    >>> [round(v, 3) for v in radam(0.75).values(3)]
    [0.32, 0.481, 0.593]

    Source: Liu et al. 2019 (arXiv:1908.03265); Ma and Yarats 2019 (arXiv:1910.04209).
    Same values as `pytorch_warmup.RAdamWarmup`.
    """
    limit = _samples(inf, beta2)
    require(limit > 4, "beta2 must be above 0.6")
    first = next(first for first in range(1, 1_000) if _samples(first, beta2) > 4)
    have = _samples(maximum(t, 1.0) + (first - 1), beta2)
    return sqrt((have - 4) / (limit - 4) * ((have - 2) / (limit - 2)) * (limit / have))


def _samples(t: float, beta2: float) -> float:
    """The length of the simple average that says as much as the exponential one does after `t` updates."""
    limit = (1 + beta2) / (1 - beta2)
    return limit if t is inf else limit - 2 * t / expm1(minimum(-t * log(beta2), 700.0))
