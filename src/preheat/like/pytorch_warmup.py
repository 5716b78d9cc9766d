"""The warm-ups of `pytorch_warmup`: multiply any other plan by them.

>>> from preheat import like
>>> like.pytorch_warmup.LinearWarmup(4) * like.torch.CosineAnnealingLR(8)
linear(0, 1, steps=4) * zero_based(cosine(1, 0, steps=8))
"""

from preheat._fields import Beta, Count, checked, require
from preheat._plan import Plan
from preheat.recipes.warmups import warmup
from preheat.shapes.warmups import exponential_warmup, radam

__all__ = ["ExponentialWarmup", "LinearWarmup", "RAdamWarmup", "UntunedExponentialWarmup", "UntunedLinearWarmup"]


@checked
def LinearWarmup(warmup_period: Count) -> Plan:
    """A straight line to 1 at the last of `warmup_period` updates.

    >>> LinearWarmup(4).values(5)
    [0.25, 0.5, 0.75, 1.0, 1.0]

    Same values as `pytorch_warmup.LinearWarmup`.
    """
    return warmup(warmup_period)


@checked
def ExponentialWarmup(warmup_period: Count) -> Plan:
    """Approaches 1 exponentially: the rest shrinks to 37 % in every `warmup_period` updates.

    >>> [round(v, 3) for v in ExponentialWarmup(2).values(4)]
    [0.393, 0.632, 0.777, 0.865]

    Same values as `pytorch_warmup.ExponentialWarmup`.
    """
    return exponential_warmup(warmup_period)


@checked
def UntunedLinearWarmup(beta2: Beta) -> Plan:
    """A straight line of 2 / (1 - beta2) updates, rounded down.

    In floats that is 1999 for 0.999, where `untuned_linear` has 2000.

    >>> UntunedLinearWarmup(0.999)
    linear(0, 1, steps=1999)

    Same values as `pytorch_warmup.UntunedLinearWarmup` for an optimizer of this `beta2`.
    """
    return warmup(int(2.0 / (1.0 - beta2)))


@checked
def UntunedExponentialWarmup(beta2: Beta) -> Plan:
    """Approaches 1 exponentially, with a timescale of 1 / (1 - beta2) updates, rounded down.

    In floats that is 999 for 0.999, where `untuned_exponential` has 1000.

    >>> UntunedExponentialWarmup(0.999)
    exponential_warmup(999)

    Same values as `pytorch_warmup.UntunedExponentialWarmup` for an optimizer of this `beta2`.
    """
    return exponential_warmup(int(1.0 / (1.0 - beta2)))


@checked
def RAdamWarmup(beta2: Beta) -> Plan:
    """The rectification term of RAdam, from the first update at which it is defined; `beta2` must be above 0.6.

    >>> [round(v, 3) for v in RAdamWarmup(0.75).values(3)]
    [0.32, 0.481, 0.593]

    Same values as `pytorch_warmup.RAdamWarmup` for an optimizer of this `beta2`.
    """
    require(beta2 > 0.6, "beta2 must be above 0.6")  # noqa: PLR2004  # as pytorch_warmup's
    return radam(beta2)
