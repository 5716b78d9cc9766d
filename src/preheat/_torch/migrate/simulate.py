"""A scheduler stepped on without its optimizer: its future learning rates, and tables of them."""

import warnings
from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import islice
from types import SimpleNamespace
from typing import Any

from preheat._nodes import table
from preheat._plan import Plan, constant
from preheat._torch.migrate.group_schedule import GroupSchedule
from preheat._torch.run.knob import Groups, Knob

__all__ = ["LISTED", "sampled", "simulate"]

LISTED = 2**18  # values in a table: it has to be read as text again
_MOMENTA = tuple(map(Knob, ("momentum", "betas[0]")))  # which a schedule of the lr may move too


def sampled(scheduler: Any, position: int, total: int) -> tuple[list[GroupSchedule], dict[str, list[Plan]]]:
    """For each group its plan up to update `total`; and the plans of another knob that moves.

    Raises:
        ValueError: the scheduler ends before.
    """
    ahead = islice(simulate(scheduler, position), total - position)
    seen = [[dict(group) for group in groups] for groups in ahead]
    if len(seen) < total - position:
        raise ValueError(
            f"from_scheduler(sample={total}): sample must be at most {position + len(seen)}, where it ends"
        )
    schedules = []
    for lrs, group in zip(_columns(Knob("lr"), seen), seen[0], strict=True):
        base = float(group.get("initial_lr", 0)) or max(lrs) or 1.0
        schedules.append(GroupSchedule(_listed([lr / base for lr in lrs], position), base))
    return schedules, {path: [_listed(column, position) for column in columns] for path, columns in _moving(seen)}


def _columns(knob: Knob, seen: Sequence[Sequence[dict[str, Any]]]) -> list[list[float]]:
    """The values of a knob, group by group."""
    return [[knob.read(group) for group in of_one] for of_one in zip(*seen, strict=True)]


def _moving(seen: Sequence[Sequence[dict[str, Any]]]) -> Iterator[tuple[str, list[list[float]]]]:
    for knob in _MOMENTA:
        columns = _columns(knob, seen) if all(knob.key in group for group in seen[0]) else []
        if any(len(set(column)) > 1 for column in columns):
            yield knob.path, columns


def _listed(values: Sequence[float], position: int) -> Plan:
    """The values from a position on; before it the first of them."""
    listed = table(tuple(values))
    return constant(values[0], steps=position) >> listed if position else listed


def simulate(scheduler: Any, position: int) -> Iterator[Groups]:
    """The groups as they are now, and after each further step, for as long as the scheduler makes one.

    The scheduler and its optimizer stay as they are. At its end one of torch's may refuse to step, or divide by zero.
    """
    stand_in = _without_parameters(scheduler.optimizer)
    copy = deepcopy(scheduler, {id(scheduler.optimizer): stand_in})
    step = position
    while True:
        yield stand_in.param_groups
        step += 1
        with warnings.catch_warnings(action="ignore"):  # of the order of steps, and of what the caller did
            try:
                _advance(copy, step)
            except (ArithmeticError, ValueError):
                return


def _without_parameters(optimizer: Any) -> Any:
    groups = [
        {key: deepcopy(held) for key, held in group.items() if key != "params"} for group in optimizer.param_groups
    ]
    return SimpleNamespace(param_groups=groups, defaults=deepcopy(optimizer.defaults), step=lambda: None)


def _advance(scheduler: Any, step: int) -> None:
    """One step. A scheduler of timm takes the number of the step, in epochs or in updates."""
    if hasattr(scheduler, "t_in_epochs"):
        (scheduler.step if scheduler.t_in_epochs else scheduler.step_update)(step)
    else:
        scheduler.step()
