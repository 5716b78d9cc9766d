"""The schedules of `transformers.optimization`, each a multiplier of the group's lr."""

from itertools import repeat
from math import floor
from typing import Annotated, NoReturn

from preheat._fields import Count, Positive, Steps, checked, require
from preheat._nodes import reverse, zero_based
from preheat._plan import Plan, constant
from preheat.like._parameters import one_of, share_of
from preheat.like._pieces import Cycle, Rate, cycles, in_turn, no_plan, restarted, warmed_up
from preheat.shapes.bends import cosine_wave
from preheat.shapes.laws import inverse_sqrt
from preheat.shapes.ramps import cosine, linear, one_minus_sqrt, polynomial

__all__ = [
    "get_constant_schedule", "get_constant_schedule_with_warmup", "get_cosine_schedule_with_warmup",
    "get_cosine_with_hard_restarts_schedule_with_warmup", "get_cosine_with_min_lr_schedule_with_warmup",
    "get_cosine_with_min_lr_schedule_with_warmup_lr_rate", "get_greedy_schedule", "get_inverse_sqrt_schedule",
    "get_linear_schedule_with_warmup", "get_polynomial_decay_schedule_with_warmup", "get_reduce_on_plateau_schedule",
    "get_wsd_schedule",
]  # fmt: skip

Curved = Annotated[str, one_of("linear", "cosine", "1-sqrt")]
_HALF = 0.5  # the number of waves in half a wave
_TIMESCALE = 10_000  # theirs, where there is no warm-up to take it from


@checked
def get_constant_schedule() -> Plan:
    """The group's own lr.

    >>> get_constant_schedule()
    constant(1)

    Same values as `transformers.get_constant_schedule`.
    """
    return constant(1)


@checked
def get_constant_schedule_with_warmup(num_warmup_steps: Steps) -> Plan:
    """Warm up from 0, then stay.

    >>> get_constant_schedule_with_warmup(4).values(6)
    [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]

    Same values as `transformers.get_constant_schedule_with_warmup`.
    """
    return warmed_up(constant(1), steps=num_warmup_steps)


@checked
def get_linear_schedule_with_warmup(num_warmup_steps: Steps, num_training_steps: Steps) -> Plan:
    """Warm up from 0, then fall in a straight line; the update after the last would have 0.

    >>> get_linear_schedule_with_warmup(2, 6)
    zero_based(linear(0, 1, steps=2) >> linear(1, 0, steps=4))
    >>> get_linear_schedule_with_warmup(2, 6).values(8)
    [0.0, 0.5, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]

    Same values as `transformers.get_linear_schedule_with_warmup`.
    """
    return warmed_up(linear(1, 0, steps=_rest(num_warmup_steps, num_training_steps)), steps=num_warmup_steps)


@checked
def get_cosine_schedule_with_warmup(
    num_warmup_steps: Steps, num_training_steps: Steps, num_cycles: Positive = 0.5
) -> Plan:
    """Warm up from 0, then `num_cycles` waves of a cosine; 0.5 is one fall to 0.

    The plan keeps its last value; the original waves on, and with `num_cycles=0.5` climbs back.

    >>> get_cosine_schedule_with_warmup(2, 6)
    zero_based(linear(0, 1, steps=2) >> cosine(1, 0, steps=4))
    >>> [round(v, 3) for v in get_cosine_schedule_with_warmup(2, 6, num_cycles=1).values()]
    [0.0, 0.5, 1.0, 0.5, 0.0, 0.5]

    Same values as `transformers.get_cosine_schedule_with_warmup`, up to the end.
    """
    rest = _rest(num_warmup_steps, num_training_steps)
    return warmed_up(_waves(0, num_cycles, rest), steps=num_warmup_steps)


@checked
def get_cosine_with_hard_restarts_schedule_with_warmup(
    num_warmup_steps: Steps, num_training_steps: Steps, num_cycles: Count = 1
) -> Plan:
    """Warm up from 0, then fall `num_cycles` times along a cosine, each time from the peak.

    A cycle that ends between two updates is a `cosine_wave`. The original computes `49 * (1 / 49)` just below 1, so
    that a restart is one update late; so is this one.

    >>> get_cosine_with_hard_restarts_schedule_with_warmup(2, 6, num_cycles=2)
    zero_based(linear(0, 1, steps=2) >> cosine(1, 0, steps=2) >> cosine(1, 0, steps=2))
    >>> [round(v, 3) for v in get_cosine_with_hard_restarts_schedule_with_warmup(1, 6, num_cycles=2).values()]
    [0.0, 1.0, 0.655, 0.095, 0.905, 0.345]

    Same values as `transformers.get_cosine_with_hard_restarts_schedule_with_warmup`.
    """
    rest = _rest(num_warmup_steps, num_training_steps)
    return warmed_up(_restarts(num_cycles, rest) if rest else constant(0, steps=0), steps=num_warmup_steps)


@checked
def get_polynomial_decay_schedule_with_warmup(
    num_warmup_steps: Steps, num_training_steps: Steps, lr_end: Rate = 1e-7, power: Positive = 1.0,
    *, base_lr: Positive | None = None,
) -> Plan:  # fmt: skip
    """Warm up from 0, then fall as a power of what is left to `lr_end`, a learning rate.

    The original divides it by the optimizer's default lr, not by the group's: pass that default as `base_lr`.

    >>> get_polynomial_decay_schedule_with_warmup(2, 6, lr_end=0.025, power=2, base_lr=0.1)
    zero_based(linear(0, 1, steps=2) >> polynomial(1, 0.25, power=2, steps=4))

    Same values as `transformers.get_polynomial_decay_schedule_with_warmup`.
    """
    end = share_of(base_lr, lr_end, "lr_end")
    require(end < 1, "lr_end must be below base_lr")
    fall = polynomial(1, end, power=power, steps=_rest(num_warmup_steps, num_training_steps))
    return warmed_up(fall, steps=num_warmup_steps)


@checked
def get_inverse_sqrt_schedule(num_warmup_steps: Steps, timescale: Positive | None = None) -> Plan:
    """Warm up from 0, then fall with the square root of time; endless.

    `timescale` defaults to `num_warmup_steps`, and to 10,000 if that is 0.

    >>> get_inverse_sqrt_schedule(4)
    zero_based(linear(0, 1, steps=4) >> inverse_sqrt(4))

    Same values as `transformers.get_inverse_sqrt_schedule`.
    """
    return warmed_up(inverse_sqrt(timescale or num_warmup_steps or _TIMESCALE), steps=num_warmup_steps)


@checked
def get_cosine_with_min_lr_schedule_with_warmup(  # noqa: PLR0913  # the peer's own
    num_warmup_steps: Steps, num_training_steps: Steps, num_cycles: Positive = 0.5, *,
    min_lr: Rate | None = None, min_lr_rate: Rate | None = None, base_lr: Positive | None = None,
) -> Plan:  # fmt: skip
    """Warm up from 0, then along a cosine to a floor: `min_lr`, a learning rate, or its share `min_lr_rate`.

    The original divides `min_lr` by the optimizer's default lr, not by the group's: pass that default as `base_lr`. It
    waves on after the last update.

    >>> get_cosine_with_min_lr_schedule_with_warmup(2, 6, min_lr_rate=0.1)
    zero_based(linear(0, 1, steps=2) >> cosine(1, 0.1, steps=4))

    Same values as `transformers.get_cosine_with_min_lr_schedule_with_warmup`, up to the end.
    """
    rest, end = _rest(num_warmup_steps, num_training_steps), _floor_share(min_lr, min_lr_rate, base_lr)
    return warmed_up(_waves(end, num_cycles, rest), steps=num_warmup_steps)


@checked
def get_cosine_with_min_lr_schedule_with_warmup_lr_rate(  # noqa: PLR0913  # the peer's own
    num_warmup_steps: Steps, num_training_steps: Steps, num_cycles: Positive = 0.5, *,
    min_lr: Rate | None = None, min_lr_rate: Rate | None = None, warmup_lr_rate: Rate | None = None,
    base_lr: Positive | None = None,
) -> Plan:  # fmt: skip
    """Like `get_cosine_with_min_lr_schedule_with_warmup`, but the last updates of warm-up and fall have peak and floor.

    The first update has `warmup_lr_rate`, or `1 / num_warmup_steps` if that is not given.

    >>> get_cosine_with_min_lr_schedule_with_warmup_lr_rate(2, 6, min_lr_rate=0.1)
    linear(0, 1, steps=2) >> cosine(1, 0.1, steps=4)
    >>> get_cosine_with_min_lr_schedule_with_warmup_lr_rate(3, 7, min_lr_rate=0.1, warmup_lr_rate=0.5)
    constant(0.5, steps=1) >> linear(0.5, 1, steps=2) >> cosine(1, 0.1, steps=4)

    Same values as `transformers.get_cosine_with_min_lr_schedule_with_warmup_lr_rate`, up to the end.
    """
    rest, end = _rest(num_warmup_steps, num_training_steps), _floor_share(min_lr, min_lr_rate, base_lr)
    fall = _waves(end, num_cycles, rest)
    if warmup_lr_rate is None or num_warmup_steps == 0:
        return in_turn(linear(0, 1, steps=num_warmup_steps), fall)
    rise = linear(warmup_lr_rate, 1, steps=num_warmup_steps - 1)
    return in_turn(constant(warmup_lr_rate, steps=1), rise, fall)


@checked
def get_wsd_schedule(  # noqa: PLR0913  # the peer's own
    num_warmup_steps: Steps, num_decay_steps: Steps, num_training_steps: Steps | None = None,
    num_stable_steps: Steps | None = None, *, warmup_type: Curved = "linear", decay_type: Curved = "cosine",
    min_lr_ratio: Rate = 0, num_cycles: Positive = 0.5,
) -> Plan:  # fmt: skip
    """Up from `min_lr_ratio` to the peak, level, and down to `min_lr_ratio` again.

    `num_cycles` counts the waves of a decay of type "cosine", as in `get_cosine_schedule_with_warmup`.

    >>> get_wsd_schedule(2, 4, num_training_steps=10, decay_type="linear", min_lr_ratio=0.1)
    zero_based(linear(0.1, 1, steps=2) >> constant(1, steps=4) >> linear(1, 0.1, steps=4))

    Same values as `transformers.get_wsd_schedule`.
    """
    stable = _stable(num_warmup_steps, num_decay_steps, num_training_steps, num_stable_steps)
    rise = {
        "linear": linear(min_lr_ratio, 1, steps=num_warmup_steps),
        "cosine": cosine(min_lr_ratio, 1, steps=num_warmup_steps),
        "1-sqrt": reverse(one_minus_sqrt(1, min_lr_ratio, steps=num_warmup_steps)),
    }[warmup_type]
    fall = {
        "linear": linear(1, min_lr_ratio, steps=num_decay_steps),
        "cosine": _waves(min_lr_ratio, num_cycles, num_decay_steps, kept=min_lr_ratio),
        "1-sqrt": one_minus_sqrt(1, min_lr_ratio, steps=num_decay_steps),
    }[decay_type]
    return zero_based(in_turn(rise, constant(1, steps=stable), fall))


def get_reduce_on_plateau_schedule(*_args: object, **_kwargs: object) -> NoReturn:
    """Not a plan, as it follows a metric; use `preheat.torch.Plateau`.

    Raises:
        TypeError: always.
    """
    no_plan("get_reduce_on_plateau_schedule")


def get_greedy_schedule(*_args: object, **_kwargs: object) -> NoReturn:
    """Not a plan, as it follows a metric; `preheat.torch.Plateau` cuts the lr too, but never raises it again.

    Raises:
        TypeError: always.
    """
    no_plan("get_greedy_schedule")


def _rest(num_warmup_steps: int, num_training_steps: int) -> int:
    require(num_training_steps >= num_warmup_steps, "num_training_steps must be at least num_warmup_steps")
    return num_training_steps - num_warmup_steps


def _stable(warmup: int, decay: int, training: int | None, stable: int | None) -> int:
    """The updates at the peak, from whichever is given; if both are, they must agree."""
    require(training is not None or stable is not None, "num_training_steps or num_stable_steps must be given")
    left = stable if training is None else training - warmup - decay
    require(left is not None and left >= 0, "num_training_steps must be at least num_warmup_steps + num_decay_steps")
    require(stable in (None, left), "num_stable_steps must be what num_training_steps leaves; give one of the two")
    return left or 0


def _floor_share(min_lr: float | None, min_lr_rate: float | None, base_lr: float | None) -> float:
    """The floor as a share of the peak, from whichever is given."""
    require((min_lr is None) != (min_lr_rate is None), "one of min_lr and min_lr_rate must be given")
    return share_of(base_lr, min_lr, "min_lr") if min_lr is not None else min_lr_rate or 0.0


def _waves(end: float, num_cycles: float, steps: int, *, kept: float | None = None) -> Plan:
    """Waves between 1 and `end`; `kept` is the value after them, by default their last, unless they are half a wave."""
    if num_cycles == _HALF or not steps:
        return cosine(1, end, steps=steps)
    waves = cosine_wave(1, end, last=2 * num_cycles, steps=steps)
    return waves if kept is None else waves >> constant(kept, steps=0)


def _restarts(num_cycles: int, steps: int) -> Plan:
    """`num_cycles` falls from 1 to 0; each has the updates that the original, with its rounding, counts in it."""
    starts = [k * steps / num_cycles for k in range(num_cycles + 1)]
    found = cycles(starts, repeat(steps / num_cycles), lambda t: floor(num_cycles * (t / steps)))

    def fall(cycle: Cycle) -> Plan:
        if cycle.whole:
            return cosine(1, 0, steps=cycle.steps)
        return cosine_wave(1, 0, first=cycle.first, last=cycle.last, steps=cycle.steps)

    return restarted(found, fall, 0)
