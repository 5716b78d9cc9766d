"""Torch's own schedulers, read."""

from collections.abc import Callable
from typing import Any

from preheat._plan import Plan
from preheat._torch.migrate.lambdas import plan_of
from preheat._torch.migrate.reading import Part, UnknownError, called, key_of, neat
from preheat.like import torch as like

__all__ = ["HOLDING", "READERS", "TWINS"]


def _multiplying(scheduler: Any) -> list[Part]:
    known = vars(scheduler)
    if "milestones" in known:
        known = {**known, "milestones": sorted(scheduler.milestones.elements())}
    make = getattr(like, type(scheduler).__name__)
    bases = map(float, scheduler.base_lrs)
    return [Part(called(make, known, base_lr=base or None), base) for base in bases]


def _of_functions(scheduler: Any) -> list[Part]:
    pairs = zip(scheduler.lr_lambdas, scheduler.base_lrs, strict=True)
    return [Part(plan_of(function), float(base)) for function, base in pairs]


def _products(scheduler: Any) -> list[Part]:
    raise UnknownError(f"lr_lambda={scheduler.lr_lambdas[0]!r:.60} is a function of your own")


def _cycles(scheduler: Any) -> dict[str, Any]:
    if scheduler._scale_fn_custom is not None:
        raise UnknownError(f"scale_fn={scheduler._scale_fn_custom!r:.60} is a function of your own")
    up = neat(scheduler.total_size * scheduler.step_ratio)
    lengths = {"step_size_up": up, "step_size_down": neat(scheduler.total_size - up)}
    whole = {name: int(length) for name, length in lengths.items() if length.is_integer()}
    return {**lengths, **whole, "mode": scheduler.mode, "gamma": scheduler.gamma}


def _cyclic(scheduler: Any) -> list[Part]:
    known, parts = _cycles(scheduler), []
    for low, high in zip(map(float, scheduler.base_lrs), map(float, scheduler.max_lrs), strict=True):
        base = high or 1.0
        parts.append(Part(called(like.CyclicLR, known, base_lr=low / base, max_lr=high / base), base))
    return parts


def _cyclic_twin(scheduler: Any) -> list[Plan]:
    momenta = zip(scheduler.base_momentums, scheduler.max_momentums, strict=True)
    known = _cycles(scheduler)
    return [called(like.CyclicLR_momentum, known, base_momentum=low, max_momentum=high) for low, high in momenta]


def _phases(scheduler: Any) -> dict[str, Any]:
    total, peak = scheduler.total_steps, scheduler._schedule_phases[0]["end_step"]
    shares = (round((peak + 1) / total, digits) for digits in range(1, 18))
    return {
        "total_steps": total,
        "pct_start": next((share for share in shares if float(share * total) - 1 == peak), (peak + 1) / total),
        "anneal_strategy": scheduler._anneal_func_type,
        "three_phase": len(scheduler._schedule_phases) == 3,  # noqa: PLR2004  # as its name says
    }


def _one_cycle(scheduler: Any) -> list[Part]:
    known, parts = _phases(scheduler), []
    for group in scheduler.optimizer.param_groups:
        first, high, last = (float(group[name]) for name in ("initial_lr", "max_lr", "min_lr"))
        divisors = {"div_factor": neat(high / first), "final_div_factor": neat(first / last)}
        parts.append(Part(called(like.OneCycleLR, known, max_lr=1.0, **divisors), high))
    return parts


def _one_cycle_twin(scheduler: Any) -> list[Plan]:
    known = _phases(scheduler)
    return [called(like.OneCycleLR_momentum, known | group) for group in scheduler.optimizer.param_groups]


def _averaging(scheduler: Any) -> list[Part]:
    """Its start is what it found, which the lr of the moment still tells, until it has arrived."""
    steps, parts = scheduler.anneal_epochs, []
    gone = scheduler.anneal_func(min(scheduler.last_epoch / steps, 1.0)) if steps else 1.0
    known = {"anneal_epochs": steps, "anneal_strategy": scheduler._anneal_strategy}
    for group in scheduler.optimizer.param_groups:
        now, end = float(group["lr"]), float(group["swa_lr"])
        start = now if gone == 1 else neat((now - end * gone) / (1 - gone))
        parts.append(Part(called(like.SWALR, known, swa_lr=end, base_lr=start or None), start))
    return parts


def _members(scheduler: Any) -> list[list[Part]]:
    """What the schedulers inside another follow, scheduler by scheduler."""
    members = []
    for member in scheduler._schedulers:
        reader = None if type(member).__name__ == "SWALR" else READERS.get(key_of(type(member)))
        if reader is None or getattr(member, "cycle_momentum", False):
            raise UnknownError(f"what {type(member).__name__} does inside another scheduler has no plan")
        members.append(reader(member))
    return members


def _sequential(scheduler: Any) -> list[Part]:
    parts = []
    for of_one in zip(*_members(scheduler), strict=True):
        base = max(part.base for part in of_one)
        plans = [part.plan if part.base == base else part.plan * (part.base / base) for part in of_one]
        known = {"schedulers": plans, "milestones": scheduler._milestones}
        parts.append(Part(called(like.SequentialLR, known), base))
    return parts


def _chained(scheduler: Any) -> list[Part]:
    groups = zip(*_members(scheduler), strict=True)
    return [
        Part(called(like.ChainedScheduler, {"schedulers": [part.plan for part in of_one]}), of_one[0].base)
        for of_one in groups
    ]


_MULTIPLYING = (
    "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "ExponentialLR", "LinearLR", "MultiStepLR",
    "PolynomialLR", "StepLR",
)  # fmt: skip
READERS: dict[tuple[str, str], Callable[[Any], list[Part]]] = {
    **{("torch", name): _multiplying for name in _MULTIPLYING},
    ("torch", "LambdaLR"): _of_functions,
    ("torch", "MultiplicativeLR"): _products,
    ("torch", "CyclicLR"): _cyclic,
    ("torch", "OneCycleLR"): _one_cycle,
    ("torch", "SWALR"): _averaging,
    ("torch", "SequentialLR"): _sequential,
    ("torch", "ChainedScheduler"): _chained,
}
TWINS = {("torch", "CyclicLR"): _cyclic_twin, ("torch", "OneCycleLR"): _one_cycle_twin}  # of the momentum
HOLDING = {("torch", "LinearLR"), ("torch", "SWALR")}  # at what they arrive at, for as long as training goes on
