"""What an optimizer cannot do with a knob that is a tensor, or whose values stay on the device: said at bind."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer

from preheat._analysis.sampling import contains_function
from preheat._torch.run.knob_schedule import KnobSchedule

__all__ = ["check_device", "check_tensors", "device_of"]


def check_tensors(optimizer: Optimizer, schedules: Sequence[KnobSchedule], *, promoted: bool) -> None:
    """Refuse what torch refuses, at the first step or before, of an optimizer with a knob that is a tensor.

    Args:
        optimizer: to be driven.
        schedules: of it.
        promoted: every knob is going to be a tensor.

    Raises:
        ValueError: the message says what to pass instead.
    """
    for schedule in schedules:
        for index, group_state in enumerate(schedule.group_states):
            group = optimizer.param_groups[index]
            if group_state is None or not (promoted or isinstance(schedule.knob.held(group), Tensor)):
                continue
            remedy = "pass fused=True or foreach=False" if schedule.knob.path == "lr" else "pass foreach=False"
            if isinstance(optimizer, Adam | AdamW) and group["foreach"] and not group["capturable"]:
                _refuse(optimizer, "foreach", f"False or None where {schedule.knob.path} is a tensor; {remedy}")
            if group.get("capturable") and not group.get("fused") and _on_cpu(group):
                _refuse(optimizer, "capturable", "False on the CPU; pass fused=True or capturable=False")


def check_device(optimizer: Optimizer, schedules: Sequence[KnobSchedule]) -> None:
    """Refuse what cannot stay on the device.

    Raises:
        ValueError: a knob is one that the optimizer reads on the host, a plan asks a function of the user's, or the
            parameters are on several devices.
    """
    for schedule in schedules:
        adam = isinstance(optimizer, Adam | AdamW)
        fused = any(group.get("fused") for group in optimizer.param_groups)
        if schedule.knob.path != "lr" and not (schedule.knob.key == "betas" and adam and not fused):
            allowed = "lr, or betas of Adam where it is not fused"
            raise ValueError(
                f"Scheduler(on_device=True, {schedule.given_text}): its knobs must be {allowed}, for "
                f"{type(optimizer).__name__} reads {schedule.knob.path} on the host; drive it by a second Scheduler, "
                "without on_device"
            )
        if any(contains_function(plan) for plan in schedule.plans.values()):
            raise ValueError(
                f"Scheduler(on_device=True, {schedule.given_text}): its plan must be made of shapes, for a function of "
                "your own runs on the host; write it as a @shape"
            )
    device_of(optimizer)


def device_of(optimizer: Optimizer) -> torch.device:
    """The device of an optimizer's parameters.

    Raises:
        ValueError: there are several, or none.
    """
    devices: set[torch.device] = {parameter.device for group in optimizer.param_groups for parameter in group["params"]}
    if len(devices) != 1:
        found = ", ".join(sorted(map(str, devices))) or "none"
        raise ValueError(
            f"Scheduler(on_device=True): the parameters must be on one device, they are on {found}; make an optimizer "
            "for each device, and pass them in a list"
        )
    return devices.pop()


def _on_cpu(group: dict[str, Any]) -> bool:
    return any(parameter.is_cpu for parameter in group["params"])


def _refuse(optimizer: Optimizer, name: str, rule: str) -> None:
    raise ValueError(f"Scheduler(optimizer={type(optimizer).__name__}({name}=True)): {name} must be {rule}")
