"""The schedulers of `timm.scheduler`, each a multiplier of the group's lr, stepped as in timm's training script.

That script sets no lr before the first update, which therefore has the group's lr or the start of the warm-up. `t`
counts updates, or with `clock="calls"` epochs. Noise is left out: timm draws it from torch's generator, which has no
formula. `noise` has other numbers, and a `table` holds any.
"""

from collections.abc import Callable
from itertools import pairwise
from math import floor, log
from typing import Annotated, Any, NoReturn

from preheat._fields import LAST, Beta, Count, Flag, Number, Positive, Steps, checked, require
from preheat._nodes import after, maximum, reverse, until, zero_based
from preheat._plan import Plan, constant
from preheat.like._growth import growing
from preheat.like._parameters import Indices, one_of, share_of
from preheat.like._pieces import Cycle, Rate, cycles, in_turn, listed, no_plan, restarted, warmed_up
from preheat.recipes.points import staircase
from preheat.shapes.bends import cosine_k, cosine_wave, polynomial_k, shifted_exponential, tanh
from preheat.shapes.laws import inverse_sqrt, power_law, stairs
from preheat.shapes.ramps import cosine, linear, one_minus_sqrt, polynomial

__all__ = [
    "CosineLRScheduler", "MultiStepLRScheduler", "PlateauLRScheduler", "PolyLRScheduler", "StepLRScheduler",
    "TanhLRScheduler", "WSDLRScheduler",
]  # fmt: skip

StableFn = Annotated[str, one_of("constant", "rsqrt", "power")]
DecayFn = Annotated[str, one_of("linear", "1-sqrt", "cosine", "power", "exp")]
_STEEP = 100  # a hyperbolic tangent is flat beyond, and its exponential finite
_MOST = 700  # the exponential of more is infinite


@checked
def CosineLRScheduler(  # noqa: PLR0913  # the peer's own
    t_initial: Count, *, lr_min: Rate = 0.0, cycle_mul: Positive = 1.0, cycle_decay: Positive = 1.0,
    cycle_limit: Count = 1, warmup_t: Steps = 0, warmup_lr_init: Rate = 0.0, warmup_prefix: Flag = False,
    k_decay: Positive = 1.0, base_lr: Positive | None = None,
) -> Plan:  # fmt: skip
    """Cosines from the peak to `lr_min`, then `lr_min`.

    Without `warmup_prefix` the warm-up hides the first `warmup_t` updates of the cosine, so the lr drops at its end.
    A cycle that `cycle_mul` makes end between two updates is a `cosine_wave` or, with `k_decay`, a `table`.

    >>> CosineLRScheduler(4, cycle_mul=2, cycle_decay=0.5, cycle_limit=2)
    zero_based(cosine(1, 0, steps=4) >> cosine(0.5, 0, steps=8))
    >>> CosineLRScheduler(4, warmup_t=2, warmup_lr_init=0.025, warmup_prefix=True, base_lr=0.1)
    zero_based(linear(0.25, 1, steps=2) >> cosine(1, 0, steps=4))

    Same values as `timm.scheduler.CosineLRScheduler`.
    """
    low = share_of(base_lr, lr_min, "lr_min")

    def piece(cycle: Cycle) -> Plan:
        high = cycle_decay**cycle.k
        if k_decay != 1:
            return _bent(cosine_k, cycle, high, low, k=k_decay)
        if cycle.whole:
            return cosine(high, low, steps=cycle.steps)
        return cosine_wave(high, low, first=cycle.first, last=cycle.last, steps=cycle.steps)

    plan = restarted(_cycles(t_initial, cycle_mul, cycle_limit, cycle_decay), piece, low)
    return _after_warmup(plan, warmup_t, warmup_lr_init, base_lr, prefix=warmup_prefix)


@checked
def PolyLRScheduler(  # noqa: PLR0913  # the peer's own
    t_initial: Count, *, power: Positive = 0.5, lr_min: Rate = 0.0, cycle_mul: Positive = 1.0,
    cycle_decay: Positive = 1.0, cycle_limit: Count = 1, warmup_t: Steps = 0, warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = False, k_decay: Positive = 1.0, base_lr: Positive | None = None,
) -> Plan:  # fmt: skip
    """Polynomials from the peak to `lr_min`, then `lr_min`.

    `warmup_prefix` is as in `CosineLRScheduler`. A cycle that `cycle_mul` makes end between two updates is a `table`;
    with `power` below 1, timm then loses a few digits in the last update of a cycle.

    >>> PolyLRScheduler(4, power=2, lr_min=0.025, base_lr=0.1)
    zero_based(polynomial(1, 0.25, power=2, steps=4))
    >>> PolyLRScheduler(4, power=1).values(5)
    [1.0, 0.75, 0.5, 0.25, 0.0]

    Same values as `timm.scheduler.PolyLRScheduler`.
    """
    low = share_of(base_lr, lr_min, "lr_min")

    def piece(cycle: Cycle) -> Plan:
        high = cycle_decay**cycle.k
        if cycle.whole and k_decay == 1:
            return polynomial(high, low, power=power, steps=cycle.steps)
        return _bent(polynomial_k, cycle, high, low, power=power, k=k_decay)

    plan = restarted(_cycles(t_initial, cycle_mul, cycle_limit, cycle_decay), piece, low)
    return _after_warmup(plan, warmup_t, warmup_lr_init, base_lr, prefix=warmup_prefix)


@checked
def TanhLRScheduler(  # noqa: PLR0913  # the peer's own
    t_initial: Count, *, lb: Number = -7.0, ub: Number = 3.0, lr_min: Rate = 0.0, cycle_mul: Positive = 1.0,
    cycle_decay: Positive = 1.0, cycle_limit: Count = 1, warmup_t: Steps = 0, warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = False, base_lr: Positive | None = None,
) -> Plan:  # fmt: skip
    """Hyperbolic tangents from just below the peak to just above `lr_min`, then `lr_min`.

    Without a warm-up the first update has the peak. Without `warmup_prefix` the warm-up ends on the curve.

    >>> TanhLRScheduler(4, lb=-2, ub=2)
    zero_based(constant(1, steps=1) >> after(tanh(1, 0, low=-2, high=2, steps=4), 1) >> constant(0, steps=0))
    >>> [round(v, 3) for v in TanhLRScheduler(4, lb=-2, ub=2).values(5)]
    [1.0, 0.881, 0.5, 0.119, 0.0]

    Same values as `timm.scheduler.TanhLRScheduler`.
    """
    low = share_of(base_lr, lr_min, "lr_min")
    require(lb < ub, "lb must be below ub")
    require(max(-lb, ub) <= _STEEP, f"lb must be at least -{_STEEP} and ub at most {_STEEP}")

    def piece(cycle: Cycle) -> Plan:
        ends = cycle_decay**cycle.k, low
        if cycle.length < 1:
            return listed(tanh, cycle, *ends, low=lb, high=ub)
        begun, done = (lb + (ub - lb) * share for share in (cycle.first, cycle.last))
        return tanh(*ends, low=begun, high=done, steps=cycle.steps)

    plan = restarted(_cycles(t_initial, cycle_mul, cycle_limit, cycle_decay), piece, low)
    if not warmup_t:
        return zero_based(in_turn(constant(1, steps=1), after(plan, 1)))
    peak = 1 if warmup_prefix else zero_based(plan)(warmup_t)
    return _after_warmup(plan, warmup_t, warmup_lr_init, base_lr, prefix=warmup_prefix, peak=peak)


@checked
def StepLRScheduler(  # noqa: PLR0913  # the peer's own
    decay_t: Positive, *, decay_rate: Positive = 1.0, warmup_t: Steps = 0, warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = True, base_lr: Positive | None = None,
) -> Plan:  # fmt: skip
    """Level, and multiplied by `decay_rate` after every `decay_t` updates, which need not be a whole number.

    A `decay_rate` above 1 makes it grow, until it is 1e260; `decay_t` must then be whole.

    >>> StepLRScheduler(2, decay_rate=0.5, warmup_t=2)
    zero_based(linear(0, 1, steps=2) >> repeat(constant(1, steps=2), decay=0.5))
    >>> StepLRScheduler(1.5, decay_rate=0.5).values(5)
    [1.0, 1.0, 0.5, 0.25, 0.25]

    Same values as `timm.scheduler.StepLRScheduler`; with `decay_rate=1` as `create_scheduler_v2("constant")`.
    """
    if decay_rate == 1:
        plan = constant(1)
    elif decay_t < LAST and decay_t == round(decay_t):
        every = round(decay_t)
        plan = growing(decay_rate, every=every, at_once=True) if decay_rate > 1 else staircase(decay_rate, every=every)
    else:
        require(decay_rate < 1, "decay_t must be a whole number of updates where decay_rate is above 1")
        plan = stairs(decay_rate, every=decay_t)
    return _after_warmup(plan, warmup_t, warmup_lr_init, base_lr, prefix=warmup_prefix)


@checked
def MultiStepLRScheduler(  # noqa: PLR0913  # the peer's own
    decay_t: Indices, *, decay_rate: Positive = 1.0, warmup_t: Steps = 0, warmup_lr_init: Rate = 0.0,
    warmup_prefix: Flag = True, base_lr: Positive | None = None,
) -> Plan:  # fmt: skip
    """Level, and multiplied by `decay_rate` one update before each milestone, as often as it is given.

    >>> MultiStepLRScheduler((2, 4), decay_rate=0.5)
    zero_based(constant(1, steps=1) >> constant(0.5, steps=2) >> constant(0.25))

    Same values as `timm.scheduler.MultiStepLRScheduler`.
    """
    require(list(decay_t) == sorted(decay_t), "decay_t must be sorted")
    require(len(decay_t) * log(decay_rate) < _MOST, "the last level must be finite")
    changes = pairwise((0, *(max(milestone - 1, 0) for milestone in decay_t)))
    levels = [constant(decay_rate**k, steps=b - a) for k, (a, b) in enumerate(changes)]
    plan = in_turn(*levels, constant(decay_rate ** len(decay_t)))
    if not warmup_t and plan(0) != 1:  # timm applies milestones 0 and 1 at the second update only
        plan = constant(1, steps=1) >> after(plan, 1)
    return _after_warmup(plan, warmup_t, warmup_lr_init, base_lr, prefix=warmup_prefix)


@checked
def WSDLRScheduler(  # noqa: PLR0913  # the peer's own
    t_initial: Count, decay_t: Count, *, lr_min: Rate = 0.0, stable_fn: StableFn = "constant",
    stable_timescale: Positive | None = None, stable_power: Positive = 0.5, decay_fn: DecayFn = "1-sqrt",
    decay_power: Positive = 0.5, decay_ratio: Beta = 0.1, warmup_t: Steps = 0, warmup_lr_init: Rate = 0.0,
    base_lr: Positive | None = None,
) -> Plan:  # fmt: skip
    """Warm up, then `t_initial` updates: level or slowly falling, and in the last `decay_t` of them down to `lr_min`.

    For a `decay_fn` of your own, write the plan with `function`.

    >>> WSDLRScheduler(6, 4, warmup_t=2)
    zero_based(linear(0, 1, steps=2) >> constant(1, steps=2) >> one_minus_sqrt(1, 0, steps=4))
    >>> WSDLRScheduler(4, 2, warmup_t=2, stable_fn="power", stable_power=1, decay_fn="linear").values(7)
    [0.0, 0.5, 1.0, 0.6666666666666666, 0.5, 0.2, 0.0]

    Same values as `timm.scheduler.WSDLRScheduler`.
    """
    low = share_of(base_lr, lr_min, "lr_min")
    require(decay_t <= t_initial, "decay_t must be at most t_initial")
    require(low <= 1, "lr_min must be at most base_lr")
    stable = constant(1, steps=t_initial - decay_t)
    if stable_fn == "constant":
        plan = in_turn(stable, _decay(decay_fn, low, decay_t, decay_power, decay_ratio))
    else:
        law = _law(stable_fn, stable_timescale or warmup_t, stable_power)
        falling = until(maximum(law, low) - low if low else law, t_initial)
        plan = low + falling * in_turn(stable, _decay(decay_fn, 0, decay_t, decay_power, decay_ratio))
    return _after_warmup(plan, warmup_t, warmup_lr_init, base_lr, prefix=True)


def PlateauLRScheduler(*_args: object, **_kwargs: object) -> NoReturn:
    """Not a plan, as it follows a metric; use `preheat.torch.Plateau`.

    Raises:
        TypeError: always.
    """
    no_plan("PlateauLRScheduler")


def _law(name: str, timescale: float, power: float) -> Plan:
    require(timescale > 0, "stable_timescale must be given where there is no warmup_t to take it from")
    return inverse_sqrt(timescale) if name == "rsqrt" else power_law(timescale, power=power)


def _decay(name: str, end: float, steps: int, power: float, ratio: float) -> Plan:
    """The fall from 1 to `end`."""
    made: dict[str, Callable[[], Plan]] = {
        "linear": lambda: linear(1, end, steps=steps),
        "1-sqrt": lambda: one_minus_sqrt(1, end, steps=steps),
        "cosine": lambda: cosine(1, end, steps=steps),
        "power": lambda: reverse(polynomial(end, 1, power=power, steps=steps)),
        "exp": lambda: shifted_exponential(1, end, ratio=ratio, steps=steps),
    }
    return made[name]()


def _after_warmup(  # noqa: PLR0913  # the parameters of a warm-up
    plan: Plan, steps: int, start: float, base_lr: float | None, *, prefix: bool, peak: float = 1
) -> Plan:
    """The warm-up, then the plan: from its beginning if `prefix`, else from the update at which the warm-up ends."""
    share = share_of(base_lr, start, "warmup_lr_init")
    return warmed_up(plan if prefix else after(plan, steps), steps=steps, start=share, peak=peak)


def _cycles(t_initial: int, growth: float, limit: int, decay: float) -> list[Cycle]:
    """The cycles; each begins at the update where timm, in its own rounding, counts one more."""
    require(limit * log(decay) < _MOST, "the peaks of all cycles must be finite")
    starts = [0.0]
    while len(starts) <= limit:
        k = len(starts)
        starts.append(k * t_initial if growth == 1 else (1 - growth**k) / (1 - growth) * t_initial)
        require(starts[-1] < LAST, "the cycles together must be shorter than 2**53 updates")

    def cycle_at(t: int) -> int:
        if growth == 1:
            return t // t_initial
        left = 1 - t / t_initial * (1 - growth)
        return floor(log(left, growth)) if left > 0 else LAST  # shrinking cycles are over by then

    return cycles(starts, (growth**k * t_initial for k in range(limit)), cycle_at)


def _bent(make: Any, cycle: Cycle, *ends: float, **bends: float) -> Plan:
    """A cycle of a shape that cannot begin or end between two updates; then its values are listed."""
    plan: Plan = make(*ends, **bends, steps=cycle.steps) if cycle.whole else listed(make, cycle, *ends, **bends)
    return plan
