"""A warm-up, and a warm-up with one shape after it."""

from preheat._fields import Beta, Number, Positive, Steps, require
from preheat._plan import Plan, constant, plan_function
from preheat.shapes.laws import inverse_sqrt
from preheat.shapes.ramps import cosine, linear, polynomial
from preheat.shapes.warmups import exponential_warmup

__all__ = [
    "untuned_exponential", "untuned_linear", "warmup", "warmup_constant", "warmup_cosine", "warmup_inverse_sqrt",
    "warmup_linear", "warmup_polynomial",
]  # fmt: skip


@plan_function
def warmup(steps: Steps, start: Number = 0) -> Plan:
    """A straight line from `start` to 1.

    >>> warmup(4)
    linear(0, 1, steps=4)
    >>> warmup(4).values()
    [0.25, 0.5, 0.75, 1.0]

    Source: Goyal et al. 2017 (arXiv:1706.02677), section 2.2.
    """
    return linear(start, 1, steps=steps)


@plan_function
def warmup_constant(warmup_steps: Steps) -> Plan:
    """Warm up, then stay.

    >>> warmup_constant(4)
    linear(0, 1, steps=4) >> constant(1)
    """
    return warmup(warmup_steps) >> constant(1)


@plan_function
def warmup_linear(warmup_steps: Steps, *, total_steps: Steps, end: Number = 0) -> Plan:
    """Warm up, then fall in a straight line to `end` at the last of `total_steps` updates.

    >>> warmup_linear(2, total_steps=6)
    linear(0, 1, steps=2) >> linear(1, 0, steps=4)
    >>> warmup_linear(2, total_steps=6).values()
    [0.5, 1.0, 0.75, 0.5, 0.25, 0.0]

    Source: Devlin et al. 2018 (arXiv:1810.04805), appendix A.2.
    """
    return warmup(warmup_steps) >> linear(1, end, steps=_rest(warmup_steps, total_steps))


@plan_function
def warmup_cosine(warmup_steps: Steps, *, total_steps: Steps, end: Number = 0) -> Plan:
    """Warm up, then fall along half a cosine wave to `end` at the last of `total_steps` updates.

    >>> warmup_cosine(2_000, total_steps=100_000, end=0.1)
    linear(0, 1, steps=2000) >> cosine(1, 0.1, steps=98000)

    Source: Loshchilov and Hutter 2016 (arXiv:1608.03983), equation 5, after a warm-up.
    """
    return warmup(warmup_steps) >> cosine(1, end, steps=_rest(warmup_steps, total_steps))


@plan_function
def warmup_polynomial(warmup_steps: Steps, *, total_steps: Steps, power: Positive = 1, end: Number = 0) -> Plan:
    """Warm up, then fall as a power of the steps left to `end` at the last of `total_steps` updates.

    >>> warmup_polynomial(2, total_steps=6, power=2).values()
    [0.5, 1.0, 0.5625, 0.25, 0.0625, 0.0]

    Source: `transformers.get_polynomial_decay_schedule_with_warmup`, whose floor, `lr_end`, is absolute.
    """
    return warmup(warmup_steps) >> polynomial(1, end, power=power, steps=_rest(warmup_steps, total_steps))


@plan_function
def warmup_inverse_sqrt(warmup_steps: Steps) -> Plan:
    """Warm up, then fall with the square root of time for as long as training goes on; `noam` with its peak at 1.

    >>> warmup_inverse_sqrt(2)
    linear(0, 1, steps=2) >> inverse_sqrt(2)
    >>> warmup_inverse_sqrt(2)(7)
    0.5

    Source: Vaswani et al. 2017 (arXiv:1706.03762), section 5.3, divided by its peak.
    """
    require(warmup_steps > 0, "warmup_steps must be 1 or more; the fall is measured in them")
    return warmup(warmup_steps) >> inverse_sqrt(warmup_steps)


@plan_function
def untuned_linear(beta2: Beta) -> Plan:
    """A straight warm-up as long as Adam's second moment asks for: 2 / (1 - beta2) updates, to the nearest.

    >>> [untuned_linear(beta2).steps for beta2 in (0.95, 0.98, 0.999)]
    [40, 100, 2000]

    Source: Ma and Yarats 2019 (arXiv:1910.04209), the default that its abstract suggests.
    """
    return warmup(round(2 / _left(beta2)))


@plan_function
def untuned_exponential(beta2: Beta) -> Plan:
    """A warm-up that nears 1 with the timescale of Adam's second moment, 1 / (1 - beta2) updates; endless.

    >>> untuned_exponential(0.999)
    exponential_warmup(1000)

    Source: Ma and Yarats 2019 (arXiv:1910.04209), the exponential rule of thumb.
    """
    return exponential_warmup(1 / _left(beta2))


def _left(beta2: float) -> float:
    """1 - beta2, for the decimal that was written: 1 - 0.999 is 0.001, and not 0.0010000000000000009."""
    return round(1 - beta2, 16)


def _rest(warmup_steps: int, total_steps: int) -> int:
    require(total_steps >= warmup_steps, "total_steps must be at least warmup_steps")
    return total_steps - warmup_steps
