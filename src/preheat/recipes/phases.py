"""Schedules of a few phases, one after the other."""

from preheat._fields import Factor, Number, Positive, Share, Steps, require
from preheat._plan import Plan, constant, plan_function
from preheat.recipes._names import Ramp, ramp
from preheat.shapes.ramps import cosine, linear

__all__ = ["deepseek_steps", "infinite", "one_cycle", "one_cycle_momentum", "trapezoid", "tri_stage", "wsd"]

_LARGEST = 1e300  # of what divides
_constant = constant  # where a parameter has the name


@plan_function
def wsd(  # noqa: PLR0913  # the lengths, the values and the shape of three phases
    warmup_steps: Steps, *, total_steps: Steps, decay_steps: Steps, end: Number = 0,
    cooldown: Ramp = "one_minus_sqrt", start: Number = 0,
) -> Plan:  # fmt: skip
    """Warm up, stay, and fall to `end` in the last `decay_steps` of `total_steps` updates.

    >>> wsd(2, total_steps=10, decay_steps=4)
    linear(0, 1, steps=2) >> constant(1, steps=4) >> one_minus_sqrt(1, 0, steps=4)

    Source: Hu et al. 2024 (arXiv:2404.06395), warm-up, stable, decay; the default cooldown is that of Hägele et al.
    2024 (arXiv:2405.18392).
    """
    stable = total_steps - warmup_steps - decay_steps
    require(stable >= 0, "total_steps must be at least warmup_steps + decay_steps")
    return (
        linear(start, 1, steps=warmup_steps) >> constant(1, steps=stable) >> ramp(cooldown, 1, end, steps=decay_steps)
    )


@plan_function
def trapezoid(warmup_steps: Steps, *, total_steps: Steps, decay_steps: Steps, end: Number = 0) -> Plan:
    """Straight lines: up to 1, level, and down to `end` at the last of `total_steps` updates.

    >>> trapezoid(2, total_steps=8, decay_steps=4).values()
    [0.5, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0]

    Source: the speed runs of KellerJordan/modded-nanogpt, `train_gpt.py`, whose cooldown is the last 60 % of the run.
    """
    level = total_steps - warmup_steps - decay_steps
    require(level >= 0, "total_steps must be at least warmup_steps + decay_steps")
    return linear(0, 1, steps=warmup_steps) >> constant(1, steps=level) >> linear(1, end, steps=decay_steps)


@plan_function
def tri_stage(
    warmup_steps: Steps, *, hold_steps: Steps, decay_steps: Steps, start: Number = 0.01, end: Positive = 0.01
) -> Plan:
    """Up in a straight line, level, and down by the same factor at every update.

    >>> tri_stage(2, hold_steps=2, decay_steps=2)
    linear(0.01, 1, steps=2) >> constant(1, steps=2) >> exponential(1, 0.01, steps=2)

    Source: SpecAugment (arXiv:1904.08779), as fairseq's `tri_stage` has it.
    Same values as fairseq's, where `zero_based`.
    """
    hold = constant(1, steps=hold_steps)
    return linear(start, 1, steps=warmup_steps) >> hold >> ramp("exponential", 1, end, steps=decay_steps)


@plan_function
def infinite(  # noqa: PLR0913  # the lengths and values of four phases
    warmup_steps: Steps, *, cosine_steps: Steps, constant: Number, constant_steps: Steps | None = None,
    decay_steps: Steps | None = None, end: Number = 0, cooldown: Ramp = "one_minus_sqrt",
) -> Plan:  # fmt: skip
    """Warm up, fall to `constant`, stay there for as long as data keeps coming; then, if its time is known, to `end`.

    The authors' last phase is `cooldown="exponential"`, which cannot end at 0.

    >>> infinite(2, cosine_steps=4, constant=0.5)
    linear(0, 1, steps=2) >> cosine(1, 0.5, steps=4) >> constant(0.5)
    >>> infinite(2, cosine_steps=4, constant=0.5, constant_steps=8, decay_steps=2, end=0.1, cooldown="exponential")
    linear(0, 1, steps=2) >> cosine(1, 0.5, steps=4) >> constant(0.5, steps=8) >> exponential(0.5, 0.1, steps=2)

    Source: Singh et al. 2025 (arXiv:2503.02844), the infinite cosine schedule.
    """
    both = (constant_steps is None) == (decay_steps is None)
    require(both, "constant_steps and decay_steps must be given together: the fall begins after the one, in the other")
    level = _constant(constant, steps=constant_steps)
    fallen = linear(0, 1, steps=warmup_steps) >> cosine(1, constant, steps=cosine_steps) >> level
    return fallen if decay_steps is None else fallen >> ramp(cooldown, constant, end, steps=decay_steps)


@plan_function
def deepseek_steps(warmup_steps: Steps, *, total_steps: Steps, gamma: Factor = 0.316) -> Plan:
    """Warm up, then two drops: to `gamma` after 80 % of the updates, to its square after 90 %.

    >>> deepseek_steps(2, total_steps=20, gamma=0.5)
    linear(0, 1, steps=2) >> constant(1, steps=14) >> constant(0.5, steps=2) >> constant(0.25, steps=2)

    Source: DeepSeek-V2-Lite's model card, training details: times 0.316 at about 80 % and 90 % of the tokens.
    """
    first, second = round(total_steps * 4 / 5), round(total_steps * 9 / 10)
    require(first >= warmup_steps, "warmup_steps must be at most 80 % of total_steps, where the first drop is")
    high = linear(0, 1, steps=warmup_steps) >> constant(1, steps=first - warmup_steps)
    return high >> constant(gamma, steps=second - first) >> constant(gamma**2, steps=total_steps - second)


@plan_function
def one_cycle(  # noqa: PLR0913  # torch's parameters
    total_steps: Steps, *, pct_start: Share = 0.3, div_factor: Positive = 25, final_div_factor: Positive = 1e4,
    up: Ramp = "cosine", down: Ramp = "cosine",
) -> Plan:  # fmt: skip
    """Up from `1 / div_factor` to 1 in the first share of the run, then down to nearly nothing in the rest.

    `final_div_factor` divides the first value, as in torch. fastai's divides the peak: its defaults are
    `pct_start=0.25, final_div_factor=4000` here. Momentum goes the other way: `one_cycle_momentum`.

    >>> one_cycle(10)
    cosine(0.04, 1, steps=3) >> cosine(1, 4e-06, steps=7)

    Source: Smith and Topin 2017 (arXiv:1708.07120); parameters and defaults of `torch.optim.lr_scheduler.OneCycleLR`.
    """
    require(
        div_factor >= 1 / _LARGEST and div_factor * final_div_factor <= _LARGEST,
        "the divisors must be moderate, and so their product",
    )
    risen = round(total_steps * pct_start)
    rise = ramp(up, 1 / div_factor, 1, steps=risen)
    return rise >> ramp(down, 1, 1 / (div_factor * final_div_factor), steps=total_steps - risen)


@plan_function
def one_cycle_momentum(  # noqa: PLR0913  # torch's parameters
    total_steps: Steps, *, pct_start: Share = 0.3, base_momentum: Number = 0.85, max_momentum: Number = 0.95,
    down: Ramp = "cosine", up: Ramp = "cosine",
) -> Plan:  # fmt: skip
    """The momentum beside a `one_cycle`: lowest where the learning rate is highest.

    A value, not a multiplier: `Scheduler(optimizer, one_cycle(n), values={"momentum": one_cycle_momentum(n)})`.

    >>> one_cycle_momentum(10)
    cosine(0.95, 0.85, steps=3) >> cosine(0.85, 0.95, steps=7)

    Source: `torch.optim.lr_scheduler.OneCycleLR`, its `cycle_momentum` and defaults.
    """
    fallen = round(total_steps * pct_start)
    fall = ramp(down, max_momentum, base_momentum, steps=fallen)
    return fall >> ramp(up, base_momentum, max_momentum, steps=total_steps - fallen)
