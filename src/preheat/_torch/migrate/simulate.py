"""A scheduler stepped on without its optimizer: a copy that drives a stand-in."""

import warnings
from collections.abc import Iterator
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

from preheat._torch.run.knob import Groups

__all__ = ["ahead"]


def ahead(scheduler: Any, position: int) -> Iterator[Groups]:
    """The groups as they are now, and after each further step; the scheduler and its optimizer stay as they are."""
    stand_in = _without_parameters(scheduler.optimizer)
    copy = deepcopy(scheduler, {id(scheduler.optimizer): stand_in})
    step = position
    while True:
        yield stand_in.param_groups
        step += 1
        with warnings.catch_warnings(action="ignore"):  # of the order of steps, and of what the caller did
            _advance(copy, step)


def _without_parameters(optimizer: Any) -> Any:
    groups = [
        {key: deepcopy(held) for key, held in group.items() if key != "params"} for group in optimizer.param_groups
    ]
    return SimpleNamespace(param_groups=groups, defaults=deepcopy(optimizer.defaults), step=lambda: None)


def _advance(scheduler: Any, step: int) -> None:
    """One step; timm's take its number, for the clock that theirs has."""
    if hasattr(scheduler, "t_in_epochs"):
        (scheduler.step if scheduler.t_in_epochs else scheduler.step_update)(step)
    else:
        scheduler.step()
