"""The warm-ups of `pytorch_warmup`: multipliers, beside any other plan.

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
    """A straight line to 1, which is met at the last of `warmup_period` updates.

    >>> LinearWarmup(4).values(5)
    [0.25, 0.5, 0.75, 1.0, 1.0]

    Same values as `pytorch_warmup.LinearWarmup`.
    """
    return warmup(warmup_period)


@checked
def ExponentialWarmup(warmup_period: Count) -> Plan:
    """Nears 1 exponentially; what is missing falls to 37 % in `warmup_period` updates.

    >>> [round(v, 3) for v in ExponentialWarmup(2).values(4)]
    [0.393, 0.632, 0.777, 0.865]

    Same values as `pytorch_warmup.ExponentialWarmup`.
    """
    return exponential_warmup(warmup_period)


@checked
def UntunedLinearWarmup(beta2: Beta) -> Plan:
    """A straight line as long as Adam's second moment asks for, less what their rounding takes.

    They cut 2 / (1 - beta2) off as it comes out: 1999 for 0.999, where `untuned_linear` has 2000.

    >>> UntunedLinearWarmup(0.999)
    linear(0, 1, steps=1999)

    Same values as `pytorch_warmup.UntunedLinearWarmup` for an optimizer of this `beta2`.
    """
    return warmup(int(2.0 / (1.0 - beta2)))


@checked
def UntunedExponentialWarmup(beta2: Beta) -> Plan:
    """Nears 1 with the timescale of Adam's second moment, less what their rounding takes.

    They cut 1 / (1 - beta2) off as it comes out: 999 for 0.999, where `untuned_exponential` has 1000.

    >>> UntunedExponentialWarmup(0.999)
    exponential_warmup(999)

    Same values as `pytorch_warmup.UntunedExponentialWarmup` for an optimizer of this `beta2`.
    """
    return exponential_warmup(int(1.0 / (1.0 - beta2)))


@checked
def RAdamWarmup(beta2: Beta) -> Plan:
    """The rectification of RAdam, from the first update at which it is defined; `beta2` above 0.6.

    >>> [round(v, 3) for v in RAdamWarmup(0.75).values(3)]
    [0.32, 0.481, 0.593]

    Same values as `pytorch_warmup.RAdamWarmup` for an optimizer of this `beta2`.
    """
    require(beta2 > 0.6, "beta2 must be above 0.6")  # noqa: PLR2004  # theirs
    return radam(beta2)
