"""The schedules of `optax.schedules`: plans of learning rates, for `lr=`.

optax computes in float32 unless JAX is configured otherwise; it then agrees with these to 1e-6 of the largest value.
`optax.contrib.reduce_on_plateau` follows a metric, as `preheat.torch.Plateau` does.
"""

from itertools import accumulate, pairwise
from math import ceil, log
from operator import mul
from typing import Annotated

from preheat._fields import Count, Flag, Number, Positive, Share, Steps, checked, require
from preheat._nodes import maximum, minimum, repeat, zero_based
from preheat._nodes.repeat_and_stretch import MOST
from preheat._plan import Plan, constant, joined
from preheat.like._growth import growing
from preheat.like._optax_parameters import Boundaries, Calls
from preheat.like._parameters import Indices, Schedules, one_of
from preheat.like._pieces import in_turn, sequence, warmed_up
from preheat.shapes.bends import cosine_power
from preheat.shapes.laws import exponential_decay as falling
from preheat.shapes.ramps import cosine, exponential, linear, polynomial

__all__ = [
    "constant_schedule", "cosine_decay_schedule", "cosine_onecycle_schedule", "exponential_decay", "join_schedules",
    "linear_onecycle_schedule", "linear_schedule", "piecewise_constant_schedule", "piecewise_interpolate_schedule",
    "polynomial_schedule", "sgdr_schedule", "warmup_constant_schedule", "warmup_cosine_decay_schedule",
    "warmup_exponential_decay_schedule",
]  # fmt: skip


Interpolation = Annotated[str, one_of("linear", "cosine")]
_MOST = 700  # its exponential is finite


@checked
def constant_schedule(value: Number) -> Plan:
    """The same value at every update.

    >>> constant_schedule(0.5)
    constant(0.5)

    Same values as `optax.constant_schedule`.
    """
    return constant(value)


@checked
def polynomial_schedule(
    init_value: Number, end_value: Number, power: Positive, transition_steps: Steps, transition_begin: Steps = 0
) -> Plan:
    """Level for `transition_begin` updates, then a power of the share that is left.

    As in optax, it stays at `init_value` if `transition_steps` is 0.

    >>> polynomial_schedule(1, 0.1, 2, 4)
    zero_based(polynomial(1, 0.1, power=2, steps=4))
    >>> polynomial_schedule(1, 0, 1, 4, transition_begin=2).values()
    [1.0, 1.0, 1.0, 0.75, 0.5, 0.25]

    Same values as `optax.polynomial_schedule`.
    """
    if not transition_steps:
        return constant(init_value)
    fall = polynomial(init_value, end_value, power=power, steps=transition_steps)
    straight = linear(init_value, end_value, steps=transition_steps)
    return zero_based(in_turn(constant(init_value, steps=transition_begin), straight if power == 1 else fall))


@checked
def linear_schedule(
    init_value: Number, end_value: Number, transition_steps: Steps, transition_begin: Steps = 0
) -> Plan:
    """Level for `transition_begin` updates, then a straight line; level for ever if `transition_steps` is 0.

    >>> linear_schedule(0, 1, 4)
    zero_based(linear(0, 1, steps=4))

    Same values as `optax.linear_schedule`.
    """
    return polynomial_schedule(init_value, end_value, 1, transition_steps, transition_begin)


@checked
def piecewise_constant_schedule(init_value: Number, boundaries_and_scales: Boundaries | None = None) -> Plan:
    """Level, and multiplied by a scale at each boundary.

    >>> piecewise_constant_schedule(1, {2: 0.5, 3: 0.5})
    constant(1, steps=2) >> constant(0.5, steps=1) >> constant(0.25)

    Same values as `optax.piecewise_constant_schedule`.
    """
    sections, last = _sections(init_value, boundaries_and_scales)
    return in_turn(*(constant(value, steps=steps) for value, _, steps in sections), constant(last))


@checked
def piecewise_interpolate_schedule(
    interpolate_type: Interpolation, init_value: Number, boundaries_and_scales: Boundaries | None = None
) -> Plan:
    """Lines or half cosine waves between the values at the boundaries, each the one before times its scale; then level.

    >>> piecewise_interpolate_schedule("linear", 1, {2: 0.5, 6: 0.5})
    zero_based(linear(1, 0.5, steps=2) >> linear(0.5, 0.25, steps=4))

    Same values as `optax.piecewise_interpolate_schedule`, which takes no array of counts.
    """
    sections, last = _sections(init_value, boundaries_and_scales)
    shape = linear if interpolate_type == "linear" else cosine
    pieces = [shape(value, after, steps=steps) for value, after, steps in sections]
    return zero_based(in_turn(*pieces)) if pieces else constant(last)


@checked
def exponential_decay(  # noqa: PLR0913  # the peer's own
    init_value: Number, transition_steps: Steps, decay_rate: Positive, transition_begin: Steps = 0,
    *, staircase: Flag = False, end_value: Number | None = None,
) -> Plan:  # fmt: skip
    """Multiplied by `decay_rate` in every `transition_steps` updates, and never past `end_value`.

    A `decay_rate` above 1 makes it grow: to `end_value`, or to 1e260 times `init_value`. As in optax, it stays at
    `init_value` if `transition_steps` is 0.

    >>> exponential_decay(1, 2, 0.25, end_value=0.2)
    zero_based(maximum(exponential_decay(0.25, every=2), 0.2))
    >>> exponential_decay(1, 2, 0.5, transition_begin=1, staircase=True).values(6)
    [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]

    Same values as `optax.exponential_decay`.
    """
    return zero_based(
        _exponential(init_value, transition_steps, decay_rate, begin=transition_begin, stairs=staircase, end=end_value)
    )


@checked
def cosine_decay_schedule(
    init_value: Number, decay_steps: Count, alpha: Number = 0.0, exponent: Positive = 1.0
) -> Plan:
    """Half a cosine wave to a power, down to the share `alpha` of `init_value`.

    >>> cosine_decay_schedule(1, 4, alpha=0.1)
    zero_based(cosine(1, 0.1, steps=4))
    >>> cosine_decay_schedule(1, 4, exponent=2)
    zero_based(cosine_power(1, 0, power=2, steps=4))

    Same values as `optax.cosine_decay_schedule`.
    """
    return zero_based(_cosine(init_value, alpha * init_value, exponent, decay_steps))


@checked
def linear_onecycle_schedule(  # noqa: PLR0913  # the peer's own
    transition_steps: Count, peak_value: Number, pct_start: Share = 0.3, pct_final: Share = 0.85,
    div_factor: Positive = 25.0, *, final_div_factor: Positive = 1e4,
) -> Plan:  # fmt: skip
    """Lines up to the peak, down to the start, and on to a small share of it; turns are rounded down to whole updates.

    >>> linear_onecycle_schedule(8, 1, pct_start=0.25, pct_final=0.5, div_factor=4, final_div_factor=2).values(9)
    [0.25, 0.625, 1.0, 0.625, 0.25, 0.21875, 0.1875, 0.15625, 0.125]

    Same values as `optax.linear_onecycle_schedule`.
    """
    first, second = int(pct_start * transition_steps), int(pct_final * transition_steps)
    scales = {first: div_factor, second: 1 / div_factor, transition_steps: 1 / final_div_factor}
    return piecewise_interpolate_schedule("linear", peak_value / div_factor, scales)


@checked
def cosine_onecycle_schedule(
    transition_steps: Count, peak_value: Number, pct_start: Share = 0.3, div_factor: Positive = 25.0,
    final_div_factor: Positive = 1e4,
) -> Plan:  # fmt: skip
    """Half cosine waves up to the peak and down to a small share of the start; the peak is rounded down to an update.

    >>> cosine_onecycle_schedule(8, 1, pct_start=0.25, div_factor=4, final_div_factor=2)
    zero_based(cosine(0.25, 1, steps=2) >> cosine(1, 0.125, steps=6))

    Same values as `optax.cosine_onecycle_schedule`.
    """
    scales = {int(pct_start * transition_steps): div_factor, transition_steps: 1 / (div_factor * final_div_factor)}
    return piecewise_interpolate_schedule("cosine", peak_value / div_factor, scales)


@checked
def warmup_constant_schedule(init_value: Number, peak_value: Number, warmup_steps: Count) -> Plan:
    """A line up to the peak, then level.

    >>> warmup_constant_schedule(0, 1, 4)
    zero_based(linear(0, 1, steps=4) >> constant(1))

    Same values as `optax.warmup_constant_schedule`.
    """
    return warmed_up(constant(peak_value), steps=warmup_steps, start=init_value, peak=peak_value)


@checked
def warmup_cosine_decay_schedule(  # noqa: PLR0913  # the peer's own
    init_value: Number, peak_value: Number, warmup_steps: Steps, decay_steps: Count, end_value: Number = 0.0,
    *, exponent: Positive = 1.0,
) -> Plan:  # fmt: skip
    """A line up to the peak, then half a cosine wave to a power; `decay_steps` is the length of both.

    As in optax, it stays at 0 after a peak of 0, whatever `end_value` is.

    >>> warmup_cosine_decay_schedule(0, 1, 2, 6, 0.1)
    zero_based(linear(0, 1, steps=2) >> cosine(1, 0.1, steps=4))

    Same values as `optax.warmup_cosine_decay_schedule`.
    """
    require(decay_steps > warmup_steps, "decay_steps must be more than warmup_steps, which are among them")
    fall = _cosine(peak_value, end_value if peak_value else 0, exponent, decay_steps - warmup_steps)
    return warmed_up(fall, steps=warmup_steps, start=init_value, peak=peak_value)


@checked
def warmup_exponential_decay_schedule(  # noqa: PLR0913  # the peer's own
    init_value: Number, peak_value: Number, warmup_steps: Steps, transition_steps: Steps, decay_rate: Positive,
    *, transition_begin: Steps = 0, staircase: Flag = False, end_value: Number | None = None,
) -> Plan:  # fmt: skip
    """A line up to the peak, then `exponential_decay`.

    >>> warmup_exponential_decay_schedule(0, 1, 2, 4, 0.5)
    zero_based(linear(0, 1, steps=2) >> exponential_decay(0.5, every=4))

    Same values as `optax.warmup_exponential_decay_schedule`.
    """
    fall = _exponential(
        peak_value, transition_steps, decay_rate, begin=transition_begin, stairs=staircase, end=end_value
    )
    return warmed_up(fall, steps=warmup_steps, start=init_value, peak=peak_value)


@checked
def sgdr_schedule(cosine_kwargs: Calls) -> Plan:
    """One `warmup_cosine_decay_schedule` after the other.

    >>> first = {"init_value": 0, "peak_value": 1, "warmup_steps": 1, "decay_steps": 3}
    >>> sgdr_schedule([first, {**first, "peak_value": 0.5}])(4)
    0.5

    Same values as `optax.sgdr_schedule`.
    """
    return joined(">>", *(warmup_cosine_decay_schedule(**keywords) for keywords in cosine_kwargs))


@checked
def join_schedules(schedules: Schedules, boundaries: Indices) -> Plan:
    """Each plan up to its boundary, then the next from its own beginning; equal boundaries leave a plan out.

    >>> join_schedules([linear_schedule(0, 1, 4), constant_schedule(0.5)], [2])
    zero_based(until(linear(0, 1, steps=4), 2)) >> constant(0.5)

    Same values as `optax.join_schedules`.
    """
    return sequence(schedules, boundaries, names=("schedules", "boundaries"))


def _sections(init_value: float, scales: dict[int, float] | None) -> tuple[list[tuple[float, float, int]], float]:
    """For each boundary, 0 included: the values there and at the next, and the updates between; and the last value."""
    boundaries, factors = [0, *(scales or {})], [init_value, *(scales or {}).values()]
    values = list(accumulate(factors, mul))
    steps = (after - before for before, after in pairwise(boundaries))
    return [(*ends, length) for ends, length in zip(pairwise(values), steps, strict=True)], values[-1]


def _cosine(start: float, end: float, exponent: float, steps: int) -> Plan:
    return cosine(start, end, steps=steps) if exponent == 1 else cosine_power(start, end, power=exponent, steps=steps)


def _exponential(  # noqa: PLR0913  # the peer's own
    start: float, every: int, rate: float, *, begin: int, stairs: bool, end: float | None
) -> Plan:  # fmt: skip
    if not every:
        return constant(start)
    if rate > 1 and end is not None:
        law = _growing(start, every, rate, end, stairs=stairs)
    elif rate > 1:
        law = start * growing(rate, every=every, at_once=stairs)
    else:
        law = repeat(constant(start, steps=every), decay=rate) if stairs else start * falling(rate, every=every)
    plan = in_turn(constant(start, steps=begin), law)
    return plan if end is None else (maximum if rate < 1 else minimum)(plan, end)


def _growing(start: float, every: int, rate: float, end: float, *, stairs: bool) -> Plan:
    """A growth from `start` that ends once it has reached `end`."""
    rule = "end_value must be at least init_value, which must be above 0, where decay_rate is above 1"
    require(end >= start > 0, rule)
    times = max(ceil((log(end) - log(start)) / log(rate)), 1)
    require(times * log(rate) < _MOST, "end_value must be nearer to init_value")
    if not stairs:
        return exponential(start, start * rate**times, steps=times * every)
    require(times <= MOST, f"the steps up to end_value must be at most {MOST}")
    return joined(">>", *(constant(start * rate**k, steps=every) for k in range(times)), constant(start * rate**times))
