"""The schedules of Megatron-LM's `OptimizerParamScheduler`, one function for each of its two methods.

Their plans are values, not multipliers:

    Scheduler(optimizer, values={"lr": get_lr(...), "weight_decay": get_wd(...)})

Megatron counts samples: a batch of 256 advances it by 256. Divide its lengths by the batch size, or keep them and use
`clock="manual"` with `advance(256)`. Give a group with its own `max_lr`, `min_lr`, `start_wd` or `end_wd` its own plan,
and multiply that by the group's `wd_mult`.
"""

from typing import Annotated

from preheat._fields import Count, Steps, checked, require
from preheat._nodes import maximum, until, zero_based
from preheat._plan import Plan, constant
from preheat.like._parameters import one_of
from preheat.like._pieces import Rate, in_turn, warmed_up
from preheat.shapes.bends import shifted_exponential
from preheat.shapes.laws import inverse_sqrt
from preheat.shapes.ramps import cosine, linear, one_minus_sqrt

__all__ = ["get_lr", "get_wd"]

DecayStyle = Annotated[str, one_of("constant", "linear", "cosine", "inverse-square-root", "WSD")]
AnnealStyle = Annotated[str, one_of("linear", "cosine", "exponential", "minus_sqrt")]
IncreaseStyle = Annotated[str, one_of("constant", "linear", "cosine")]


@checked
def get_lr(  # noqa: PLR0913  # the peer's own
    *, init_lr: Rate = 0.0, max_lr: Rate, min_lr: Rate = 0.0, lr_warmup_steps: Steps = 0, lr_decay_steps: Count,
    lr_decay_style: DecayStyle, wsd_decay_steps: Count | None = None, lr_wsd_decay_style: AnnealStyle | None = None,
) -> Plan:  # fmt: skip
    """Warm up from `init_lr` to `max_lr`, then fall to `min_lr`; `lr_decay_steps` counts the warm-up too.

    After the end, the style "inverse-square-root" keeps its last value, where Megatron jumps to `min_lr`.

    >>> get_lr(max_lr=3e-4, min_lr=3e-5, lr_warmup_steps=2, lr_decay_steps=6, lr_decay_style="cosine")
    zero_based(linear(0, 0.0003, steps=2) >> cosine(0.0003, 3e-05, steps=4))
    >>> get_lr(max_lr=1, lr_decay_steps=6, lr_decay_style="WSD", wsd_decay_steps=4, lr_wsd_decay_style="minus_sqrt")
    zero_based(constant(1, steps=2) >> one_minus_sqrt(1, 0, steps=4))

    Same values as `OptimizerParamScheduler.get_lr` of Megatron-LM, up to the end.
    """
    require(min_lr <= max_lr, "min_lr must be at most max_lr")
    require(init_lr <= max_lr, "init_lr must be at most max_lr")
    require(lr_warmup_steps < lr_decay_steps, "lr_warmup_steps must be less than lr_decay_steps, and are among them")
    rest = lr_decay_steps - lr_warmup_steps
    if lr_decay_style == "constant":
        fall = constant(max_lr)
    elif lr_decay_style == "inverse-square-root":
        fall = _inverse_sqrt(max_lr, min_lr, lr_warmup_steps, rest)
    elif lr_decay_style == "WSD":
        fall = _annealed(max_lr, min_lr, rest, wsd_decay_steps, lr_wsd_decay_style)
    else:
        fall = (linear if lr_decay_style == "linear" else cosine)(max_lr, min_lr, steps=rest)
    return warmed_up(fall, steps=lr_warmup_steps, start=init_lr, peak=max_lr)


@checked
def get_wd(*, start_wd: Rate, end_wd: Rate, wd_incr_steps: Count, wd_incr_style: IncreaseStyle) -> Plan:
    """A weight decay that rises from `start_wd` to `end_wd`, or stays.

    >>> get_wd(start_wd=0.25, end_wd=0.5, wd_incr_steps=4, wd_incr_style="linear").values()
    [0.25, 0.3125, 0.375, 0.4375]

    Same values as `OptimizerParamScheduler.get_wd` of Megatron-LM.
    """
    require(start_wd <= end_wd, "start_wd must be at most end_wd")
    if wd_incr_style == "constant":
        require(start_wd == end_wd, "end_wd must be start_wd where the style is constant")
        return constant(end_wd)
    return zero_based((linear if wd_incr_style == "linear" else cosine)(start_wd, end_wd, steps=wd_incr_steps))


def _inverse_sqrt(high: float, low: float, warmup: int, steps: int) -> Plan:
    """A fall by the length of the warm-up; without one Megatron takes 1, and begins with two updates at the peak."""
    law = high * inverse_sqrt(warmup or 1)
    begun = law if warmup else constant(high, steps=1) >> law
    return until(maximum(begun, low) if low else begun, steps)


def _annealed(high: float, low: float, rest: int, steps: int | None, style: str | None) -> Plan:
    """Level, then down to `low` in the last `steps` updates."""
    require(steps is not None and style is not None, "wsd_decay_steps and lr_wsd_decay_style must be given")
    steps = steps or 0
    require(steps <= rest, "wsd_decay_steps must be at most lr_decay_steps - lr_warmup_steps")
    fall = {
        "linear": linear(high, low, steps=steps),
        "cosine": cosine(high, low, steps=steps),
        "exponential": shifted_exponential(high, low, ratio=0.5, steps=steps),
        "minus_sqrt": one_minus_sqrt(high, low, steps=steps),
    }[style or ""]
    return in_turn(constant(high, steps=rest - steps), fall)
