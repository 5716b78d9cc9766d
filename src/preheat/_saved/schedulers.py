"""The schedulers of torch and timm, each as the plan that `preheat.like` has for its attributes.

A live scheduler and its saved state hold the same attributes, so one table serves `from_scheduler` and `inspect`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from preheat._plan import Plan
from preheat.like import timm as like_timm
from preheat.like import torch as like_torch

__all__ = [
    "TIMM", "TORCH", "Attributes", "UnknownError", "called", "cyclic", "cyclic_momentum", "kind_of", "multiplying",
    "neat", "of_timm", "one_cycle", "one_cycle_momentum",
]  # fmt: skip

Attributes = Mapping[str, Any]
MOST = 10_000  # milestones or cycles that are written out: a state of a kilobyte can ask for 10**9

TORCH = {  # the attributes that tell the class of a saved state; the classes with more of them come first
    "CosineAnnealingWarmRestarts": ("T_0", "T_mult", "eta_min"),
    "LinearLR": ("start_factor", "end_factor", "total_iters"),
    "CosineAnnealingLR": ("T_max", "eta_min"),
    "PolynomialLR": ("total_iters", "power"),
    "ConstantLR": ("factor", "total_iters"),
    "StepLR": ("step_size", "gamma"),
    "MultiStepLR": ("milestones", "gamma"),
    "ExponentialLR": ("gamma",),
}
TIMM = {
    "WSDLRScheduler": ("t_initial", "decay_t", "stable_fn"),
    "PolyLRScheduler": ("power", "t_initial", "k_decay"),
    "CosineLRScheduler": ("t_initial", "k_decay"),
    "TanhLRScheduler": ("lb", "ub", "t_initial"),
    "StepLRScheduler": ("decay_t", "decay_rate"),
}


class UnknownError(ValueError):
    """The attributes do not tell the schedule; the message says why."""


def kind_of(table: Mapping[str, tuple[str, ...]], held: Attributes) -> str | None:
    """The class of a saved state, by the attributes that it has."""
    return next((name for name, telling in table.items() if held.keys() >= set(telling)), None)


def called(make: Callable[..., Plan], held: Attributes, **rest: Any) -> Plan:
    """The plan that a function of `preheat.like` makes of those attributes that it has as parameters.

    Raises:
        UnknownError: it takes no such values.
    """
    asked = make.parameters.signature.parameters  # type: ignore[attr-defined]  # it is checked
    try:
        return make(**{name: value for name, value in {**held, **rest}.items() if name in asked})
    except (TypeError, ValueError, ArithmeticError) as error:
        raise UnknownError(str(error)) from None


def neat(number: float) -> float:
    """The same number without what a division has left in its last place."""
    return float(f"{number:.15g}")


def multiplying(name: str, held: Attributes, base: float) -> Plan:
    """A scheduler of torch's that multiplies each group's own lr, `base`."""
    if name == "MultiStepLR":
        held = {**held, "milestones": _milestones(held["milestones"])}
    return called(getattr(like_torch, name), held, base_lr=base or None)


def _milestones(counted: Any) -> list[int]:
    """The milestones of a Counter, each as often as it is counted."""
    counts: list[Any] = list(counted.values()) if isinstance(counted, Mapping) else [-1]
    if not all(type(count) is int and count >= 0 for count in counts) or sum(counts) > MOST:
        raise UnknownError(f"milestones must be counted, at most {MOST} of them")
    return sorted(milestone for milestone, count in counted.items() for _ in range(count))


def _cycle(held: Attributes) -> dict[str, Any]:
    up = neat(held["total_size"] * held["step_ratio"])
    lengths = {"step_size_up": up, "step_size_down": neat(held["total_size"] - up)}
    whole = {name: int(length) for name, length in lengths.items() if length.is_integer()}
    return {**lengths, **whole, "mode": held["mode"], "gamma": held["gamma"]}


def cyclic(held: Attributes, low: float, high: float) -> Plan:
    """The lr of torch's `CyclicLR` between two learning rates."""
    return called(like_torch.CyclicLR, _cycle(held), base_lr=low, max_lr=high)


def cyclic_momentum(held: Attributes, low: float, high: float) -> Plan:
    """The momentum that goes with that lr."""
    return called(like_torch.CyclicLR_momentum, _cycle(held), base_momentum=low, max_momentum=high)


def _phases(held: Attributes) -> dict[str, Any]:
    total, peak = held["total_steps"], held["_schedule_phases"][0]["end_step"]
    shares = (round((peak + 1) / total, digits) for digits in range(1, 18))
    return {
        "total_steps": total,
        "pct_start": next((share for share in shares if float(share * total) - 1 == peak), (peak + 1) / total),
        "anneal_strategy": held["_anneal_func_type"],
        "three_phase": len(held["_schedule_phases"]) == 3,  # noqa: PLR2004  # as its name says
    }


def one_cycle(held: Attributes, group: Attributes) -> Plan:
    """The lr of torch's `OneCycleLR` as a share of its highest, whose learning rates are in the optimizer's group."""
    first, high, last = (float(group[name]) for name in ("initial_lr", "max_lr", "min_lr"))
    if not (first and last):
        raise UnknownError(f"initial_lr={first:g} and min_lr={last:g} must be above 0")
    divisors = {"div_factor": neat(high / first), "final_div_factor": neat(first / last)}
    return called(like_torch.OneCycleLR, _phases(held), max_lr=1.0, **divisors)


def one_cycle_momentum(held: Attributes, group: Attributes) -> Plan:
    """The momentum that goes with that lr."""
    return called(like_torch.OneCycleLR_momentum, {**_phases(held), **group})


def of_timm(name: str, held: Attributes, base: float) -> Plan:
    """A scheduler of timm's, which multiplies each group's own lr, `base`."""
    if name == "StepLRScheduler" and isinstance(held["decay_t"], list | tuple):
        name = "MultiStepLRScheduler"
    limit = held.get("cycle_limit", 1)
    if isinstance(limit, int) and limit > MOST:
        raise UnknownError(f"cycle_limit must be at most {MOST}")
    return called(getattr(like_timm, name), held, base_lr=base or None)
