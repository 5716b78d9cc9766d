"""What the hooks of an optimizer need to know of the step that runs them, and of the graph it may be traced into."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from preheat._torch.run.dtensor import local
from preheat._torch.run.group_writer import GroupWriter

__all__ = ["is_fake", "outside_graphs", "require_hooks"]


@cache
def outside_graphs() -> Callable[..., Any]:
    """A function that calls another one outside of all graphs.

    Making it imports much of torch: the first optimizer does so anyway, importing this module must not.
    """
    called: Callable[..., Any] = torch.compiler.disable(_called)
    return called


def _called(function: Callable[..., Any], *arguments: object) -> Any:
    return function(*arguments)


@cache
def require_hooks() -> Callable[[bool, bool], None]:
    """A function that refuses a step without hooks: where it is traced, it runs there and then."""
    required: Callable[[bool, bool], None] = torch.compiler.assume_constant_result(_required)
    return required


def _required(traced: bool, hooked: bool) -> None:  # noqa: FBT001  # what is traced is called by position
    if traced and not hooked:
        raise RuntimeError(
            'Scheduler(clock="updates"): the optimizer\'s hooks must count the updates, and none has been called; pass '
            'clock="calls" where the compiled step calls none, else make an update first'
        )


def is_fake(optimizer: Optimizer, panel: GroupWriter) -> bool:
    """Whether this step only makes the state exist, as torch does while saving: no state, every lr and gradient 0.

    Torch puts a 0 of its own in the place of every lr. Where the plan's own is still there the step is an update, and
    the gradients are not asked: a process that has a part of them may find nothing but zeros where others do not.
    """
    if optimizer.state:
        return False
    for group in optimizer.param_groups:
        lr = group.get("lr", 1.0)
        if (isinstance(lr, Tensor) and not lr.is_cpu) or float(lr):  # torch's zero is a float or on the CPU
            return False
    if panel.keeps_lr(optimizer.param_groups):
        return False
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    return bool(gradients) and not any(bool(local(gradient).any()) for gradient in gradients)
