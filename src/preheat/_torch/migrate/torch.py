"""The schedulers of torch, as plans."""

from collections.abc import Callable
from typing import Any

from preheat._plan import Plan
from preheat._saved.schedulers import (
    TORCH,
    UnknownError,
    called,
    cyclic,
    cyclic_momentum,
    multiplying,
    neat,
    one_cycle,
    one_cycle_momentum,
)
from preheat._torch.migrate.group_schedule import GroupSchedule, key_of
from preheat._torch.migrate.lambdas import plan_of
from preheat.like import torch as like

__all__ = ["HOLDING", "MOMENTA", "READERS"]


def _multiplying(scheduler: Any) -> list[GroupSchedule]:
    name, held = type(scheduler).__name__, vars(scheduler)
    return [GroupSchedule(multiplying(name, held, base), base) for base in map(float, scheduler.base_lrs)]


def _of_functions(scheduler: Any) -> list[GroupSchedule]:
    pairs = zip(scheduler.lr_lambdas, scheduler.base_lrs, strict=True)
    return [GroupSchedule(plan_of(function), float(base)) for function, base in pairs]


def _products(scheduler: Any) -> list[GroupSchedule]:
    raise UnknownError(f"lr_lambda={scheduler.lr_lambdas[0]!r:.60} is a function of your own")


def _cyclic(scheduler: Any) -> list[GroupSchedule]:
    if scheduler._scale_fn_custom is not None:
        raise UnknownError(f"scale_fn={scheduler._scale_fn_custom!r:.60} is a function of your own")
    schedules = []
    for low, high in zip(map(float, scheduler.base_lrs), map(float, scheduler.max_lrs), strict=True):
        base = high or 1.0
        schedules.append(GroupSchedule(cyclic(vars(scheduler), low / base, high / base), base))
    return schedules


def _cyclic_momentum(scheduler: Any) -> list[Plan]:
    momenta = zip(scheduler.base_momentums, scheduler.max_momentums, strict=True)
    return [cyclic_momentum(vars(scheduler), low, high) for low, high in momenta]


def _one_cycle(scheduler: Any) -> list[GroupSchedule]:
    held, groups = vars(scheduler), scheduler.optimizer.param_groups
    return [GroupSchedule(one_cycle(held, group), float(group["max_lr"])) for group in groups]


def _one_cycle_momentum(scheduler: Any) -> list[Plan]:
    return [one_cycle_momentum(vars(scheduler), group) for group in scheduler.optimizer.param_groups]


def _averaging(scheduler: Any) -> list[GroupSchedule]:
    """Its start is what it found, which the lr of the moment still tells, until it has arrived."""
    steps, schedules = scheduler.anneal_epochs, []
    gone = scheduler.anneal_func(min(scheduler.last_epoch / steps, 1.0)) if steps else 1.0
    known = {"anneal_epochs": steps, "anneal_strategy": scheduler._anneal_strategy}
    for group in scheduler.optimizer.param_groups:
        now, end = float(group["lr"]), float(group["swa_lr"])
        start = now if gone == 1 else neat((now - end * gone) / (1 - gone))
        schedules.append(GroupSchedule(called(like.SWALR, known, swa_lr=end, base_lr=start or None), start))
    return schedules


def _members(scheduler: Any) -> list[list[GroupSchedule]]:
    """What the schedulers inside another follow, scheduler by scheduler."""
    members = []
    for member in scheduler._schedulers:
        reader = None if type(member).__name__ == "SWALR" else READERS.get(key_of(type(member)))
        if reader is None or getattr(member, "cycle_momentum", False):
            raise UnknownError(f"what {type(member).__name__} does inside another scheduler has no plan")
        members.append(reader(member))
    return members


def _sequential(scheduler: Any) -> list[GroupSchedule]:
    schedules = []
    for of_one in zip(*_members(scheduler), strict=True):
        base = max(one.base for one in of_one)
        plans = [one.plan if one.base == base else one.plan * (one.base / base) for one in of_one]
        known = {"schedulers": plans, "milestones": scheduler._milestones}
        schedules.append(GroupSchedule(called(like.SequentialLR, known), base))
    return schedules


def _chained(scheduler: Any) -> list[GroupSchedule]:
    groups = zip(*_members(scheduler), strict=True)
    return [
        GroupSchedule(called(like.ChainedScheduler, {"schedulers": [one.plan for one in of_one]}), of_one[0].base)
        for of_one in groups
    ]


READERS: dict[tuple[str, str], Callable[[Any], list[GroupSchedule]]] = {
    **{("torch", name): _multiplying for name in TORCH},
    ("torch", "LambdaLR"): _of_functions,
    ("torch", "MultiplicativeLR"): _products,
    ("torch", "CyclicLR"): _cyclic,
    ("torch", "OneCycleLR"): _one_cycle,
    ("torch", "SWALR"): _averaging,
    ("torch", "SequentialLR"): _sequential,
    ("torch", "ChainedScheduler"): _chained,
}
MOMENTA = {("torch", "CyclicLR"): _cyclic_momentum, ("torch", "OneCycleLR"): _one_cycle_momentum}  # of the momentum
HOLDING = {("torch", "LinearLR"), ("torch", "SWALR")}  # at what they arrive at, for as long as training goes on
