"""The schedules of `torch.optim.lr_scheduler`, and `SWALR` of `torch.optim.swa_utils`."""

from collections import Counter
from itertools import accumulate
from operator import mul
from typing import NoReturn

from preheat._fields import Count, Factor, Number, Positive, Share, Updates, checked, require
from preheat._nodes import function, repeat, table, zero_based
from preheat._nodes.repeat_and_stretch import MOST
from preheat._plan import Plan, constant, joined
from preheat.like._growth import growing
from preheat.like._parameters import Callback, Indices, Schedules, share_of
from preheat.like._pieces import no_plan, sequence
from preheat.like._torch_chained import chained
from preheat.like._torch_cycles import (
    LONGEST,
    CyclicLR,
    CyclicLR_momentum,
    OneCycleLR,
    OneCycleLR_momentum,
    Strategy,
)
from preheat.recipes.cycles import sgdr
from preheat.recipes.points import milestones as levels
from preheat.recipes.points import staircase
from preheat.shapes.laws import exponential_decay
from preheat.shapes.ramps import cosine, linear, polynomial

__all__ = [
    "SWALR", "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR",
    "CyclicLR_momentum", "ExponentialLR", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR", "OneCycleLR",
    "OneCycleLR_momentum", "PolynomialLR", "ReduceLROnPlateau", "SequentialLR", "StepLR",
]  # fmt: skip


@checked
def LambdaLR(lr_lambda: Callback) -> Plan:
    """The function as a plan; a plan is returned unchanged.

    >>> LambdaLR(abs).values(3)
    [0.0, 1.0, 2.0]

    Same values as `torch.optim.lr_scheduler.LambdaLR`.
    """
    return lr_lambda if isinstance(lr_lambda, Plan) else function(lr_lambda)


@checked
def MultiplicativeLR(lr_lambda: Callback, *, total_steps: Count) -> Plan:
    """The running product of a function's values from 1 on: torch never calls it with 0.

    A running product has no formula, so `total_steps` values are written out; the last is kept.

    >>> MultiplicativeLR(lambda epoch: 1 / (epoch + 1), total_steps=3)
    table((1, 0.5, 0.16666666666666666))

    Same values as `torch.optim.lr_scheduler.MultiplicativeLR`.
    """
    require(
        total_steps <= MOST, f"total_steps must be at most {MOST}; a formula of the product has no bound in LambdaLR"
    )
    factor = LambdaLR(lr_lambda)
    factors = (factor(i) for i in range(1, total_steps))
    return table(tuple(accumulate(factors, mul, initial=1.0)))


@checked
def StepLR(step_size: Count, gamma: Positive = 0.1) -> Plan:
    """Multiplied by `gamma` after every `step_size` updates; above 1, until it is 1e260.

    >>> StepLR(2, gamma=0.5).values(5)
    [1.0, 1.0, 0.5, 0.5, 0.25]

    Same values as `torch.optim.lr_scheduler.StepLR`.
    """
    return zero_based(growing(gamma, every=step_size, at_once=True)) if gamma > 1 else staircase(gamma, every=step_size)


@checked
def MultiStepLR(milestones: Indices, gamma: Number = 0.1) -> Plan:
    """Multiplied by `gamma` at each milestone, as often as it is given; in any order, and there may be none.

    >>> MultiStepLR([2, 3], gamma=0.5)
    constant(1, steps=2) >> constant(0.5, steps=1) >> constant(0.25)
    >>> MultiStepLR([3, 1, 3], gamma=0.5).values(5)
    [1.0, 0.5, 0.5, 0.125, 0.125]

    Same values as `torch.optim.lr_scheduler.MultiStepLR`.
    """
    left, plans = Counter(milestones), []
    while left:
        once = tuple(sorted(left))
        plans.append(levels(gamma, milestones=once))
        left -= Counter(once)
    return joined("*", *plans) if plans else constant(1)


@checked
def ConstantLR(factor: Factor = 1 / 3, total_iters: Count = 5) -> Plan:
    """`factor` for `total_iters` updates, then 1.

    >>> ConstantLR(0.5, total_iters=2).values(4)
    [0.5, 0.5, 1.0, 1.0]

    Same values as `torch.optim.lr_scheduler.ConstantLR`, where a factor of 0 divides by zero and 0 updates never end.
    """
    return constant(factor, steps=total_iters) >> constant(1)


@checked
def LinearLR(start_factor: Factor = 1 / 3, end_factor: Share = 1.0, total_iters: Count = 5) -> Plan:
    """A straight line from one factor to the other, which update `total_iters` is the first to have.

    >>> LinearLR(start_factor=0.25, total_iters=3).values(5)
    [0.25, 0.5, 0.75, 1.0, 1.0]

    Same values as `torch.optim.lr_scheduler.LinearLR`.
    """
    return zero_based(linear(start_factor, end_factor, steps=total_iters))


@checked
def ExponentialLR(gamma: Positive) -> Plan:
    """Multiplied by `gamma` at every update; above 1, until it is 1e260.

    >>> ExponentialLR(0.5).values(3)
    [1.0, 0.5, 0.25]

    Same values as `torch.optim.lr_scheduler.ExponentialLR`.
    """
    return zero_based(growing(gamma) if gamma > 1 else exponential_decay(gamma))


@checked
def PolynomialLR(total_iters: Count = 5, power: Positive = 1.0) -> Plan:
    """A power of the share that is left, down to 0 at update `total_iters`.

    >>> PolynomialLR(4, power=2).values(6)
    [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]

    Same values as `torch.optim.lr_scheduler.PolynomialLR`.
    """
    return zero_based(polynomial(1, 0, power=power, steps=total_iters))


@checked
def CosineAnnealingLR(T_max: Count, eta_min: Number = 0.0, *, base_lr: Positive | None = None) -> Plan:
    """Half a cosine wave down to the learning rate `eta_min` at update `T_max`; it stays there.

    >>> CosineAnnealingLR(10_000, eta_min=3e-5, base_lr=3e-4)
    zero_based(cosine(1, 0.1, steps=10000))

    Same values as `torch.optim.lr_scheduler.CosineAnnealingLR` up to `T_max`; after it torch's climbs back.
    """
    return zero_based(cosine(1, share_of(base_lr, eta_min, "eta_min"), steps=T_max))


@checked
def CosineAnnealingWarmRestarts(
    T_0: Count,
    T_mult: Count = 1,
    eta_min: Number = 0.0,
    *,
    base_lr: Positive | None = None,
    cycles: Count | None = None,
) -> Plan:
    """Cosine after cosine: the first takes `T_0` updates, each further one `T_mult` times as many.

    Cycles that grow are written out: `cycles` of them, or enough for 10**9 updates.

    >>> CosineAnnealingWarmRestarts(4)
    zero_based(repeat(cosine(1, 0, steps=4)))
    >>> CosineAnnealingWarmRestarts(4, T_mult=3, cycles=2)
    zero_based(cosine(1, 0, steps=4) >> cosine(1, 0, steps=12))

    Same values as `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`, for that many cycles.
    """
    floor = share_of(base_lr, eta_min, "eta_min")
    if T_mult == 1:
        return zero_based(repeat(cosine(1, floor, steps=T_0), cycles))
    enough = next(k for k in range(1, 99) if T_0 * (T_mult**k - 1) >= LONGEST * (T_mult - 1))
    return zero_based(sgdr(T_0, cycles=cycles or enough, growth=T_mult, end=floor))


@checked
def SequentialLR(schedulers: Schedules, milestones: Indices) -> Plan:
    """Multipliers one after the other, each from its own beginning; the next begins at each milestone.

    Where two milestones are equal, the plan between them is left out.

    >>> warm, fall = LinearLR(0.5, total_iters=2), CosineAnnealingLR(4)
    >>> SequentialLR([warm, fall], milestones=[2])
    zero_based(linear(0.5, 1, steps=2)) >> zero_based(cosine(1, 0, steps=4))

    Same values as `torch.optim.lr_scheduler.SequentialLR`.
    """
    return sequence(schedulers, milestones, names=("schedulers", "milestones"))


@checked
def ChainedScheduler(schedulers: Schedules) -> Plan:
    """The product of plans, if none has a floor.

    A floor (`eta_min`) has no formula here: torch pulls the lr towards it, whatever the other schedulers do. The
    values are then written out until all plans without a floor are level, or to the end of the cosine.

    >>> ChainedScheduler([ConstantLR(0.5, total_iters=2), ExponentialLR(0.5)]).values(4)
    [0.5, 0.25, 0.25, 0.125]
    >>> ChainedScheduler([LinearLR(0.5, total_iters=2), CosineAnnealingLR(8, eta_min=0.1, base_lr=1)]).steps
    8

    Same values as `torch.optim.lr_scheduler.ChainedScheduler` of schedulers that multiply; with a floor, up to the end
    of the cosine, after which torch's climbs back.
    """
    return chained(schedulers)


@checked
def SWALR(
    swa_lr: Number, anneal_epochs: Updates = 10, anneal_strategy: Strategy = "cos", *, base_lr: Positive | None = None
) -> Plan:
    """From the lr it finds, `base_lr`, to the learning rate `swa_lr` at update `anneal_epochs`.

    >>> SWALR(0.05, anneal_epochs=4, anneal_strategy="linear", base_lr=0.1).values(5)
    [1.0, 0.875, 0.75, 0.625, 0.5]

    Same values as `torch.optim.swa_utils.SWALR`. If it takes over from `plan` at update `k`, write
    `until(plan, k) >> cosine(plan(k - 1), swa_lr / base_lr, steps=anneal_epochs)`.
    """
    shape = cosine if anneal_strategy == "cos" else linear
    return zero_based(shape(1, share_of(base_lr, swa_lr, "swa_lr"), steps=anneal_epochs))


def ReduceLROnPlateau(*_args: object, **_kwargs: object) -> NoReturn:
    """Not a plan, as it follows a metric; use `preheat.torch.Plateau`.

    Raises:
        TypeError: always.
    """
    no_plan("ReduceLROnPlateau")
