"""A knob: one number of an optimizer's group, `lr` or `betas[0]`, written where it lies."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from math import inf
from numbers import Real
from sys import float_info
from typing import Any

import torch
from torch import Tensor

from preheat._torch.run.dtensor import is_whole

__all__ = ["Groups", "Knob"]

Groups = list[dict[str, Any]]

_PATH = re.compile(r"(\w+)(?:\[(\d+)\])?")
_ABOVE = (0.0, inf, "0 or more")
_FINITE = (-float_info.max, inf, "a finite number")
_RANGES = {  # what the optimizers themselves accept
    "lr": _ABOVE,
    "weight_decay": _ABOVE,
    "eps": _ABOVE,
    "momentum": _ABOVE,
    "betas": (0.0, 1.0, "at least 0 and below 1"),
}


class Knob:
    """The path of a knob: a key of the group, and an index where the key holds several numbers."""

    def __init__(self, path: str) -> None:
        match = _PATH.fullmatch(path) if isinstance(path, str) else None
        if match is None:
            raise ValueError(
                f"Scheduler(knob={path!r:.60}): knob must be a key of the group, such as 'lr' or 'betas[0]'"
            )
        self.path = path
        self.key = match[1]
        self.index = None if match[2] is None else int(match[2])
        self.low, self.high, self.words = _RANGES.get(self.key, _FINITE)

    def check(self, group: dict[str, Any], which: str) -> None:
        """Refuse a group that has no such number, or one that no plan can multiply.

        Raises:
            ValueError: the message names the knobs that the group has.
        """
        knobs = dict(_knobs_of(group))
        if self.path not in knobs:
            close = get_close_matches(self.path, knobs, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise ValueError(
                f"Scheduler(knob={self.path!r}): knob must be a number of {which}; {hint}it has {', '.join(knobs)}"
            )
        if not is_whole(held := self.held(group)):
            raise ValueError(
                f"Scheduler(): {self.path} of {which} must be replicated over its mesh, got {held.placements}"
            )
        if not self.allows(found := self.read(group)):
            raise ValueError(f"Scheduler(): {self.path} of {which} must be {self.words}, got {found:g}")

    def held(self, group: dict[str, Any]) -> Any:
        """What holds the number: itself, or a tensor."""
        held = group[self.key]
        return held if self.index is None else held[self.index]

    def read(self, group: dict[str, Any]) -> float:
        """The number now in the knob."""
        held = self.held(group)
        return float(held.detach() if isinstance(held, Tensor) else held)

    def write(self, group: dict[str, Any], value: float) -> None:
        """Put a number into the knob: in place in a tensor, whose dtype and device it takes, else as a float."""
        held = self.held(group)
        if isinstance(held, Tensor):
            held.detach().fill_(value)
        else:
            self.put(group, value)

    def put(self, group: dict[str, Any], value: Any) -> None:
        """Have the group hold a number or a tensor in the knob's place."""
        if self.index is None:
            group[self.key] = value
        else:
            held = group[self.key]
            group[self.key] = type(held)([*held[: self.index], value, *held[self.index + 1 :]])

    def rounded(self, group: dict[str, Any], value: float) -> float:
        """`value` as the knob would hold it."""
        held = self.held(group)
        return float(torch.tensor(value, dtype=held.dtype)) if isinstance(held, Tensor) else value

    def allows(self, value: Any) -> Any:
        """Whether the optimizer can use the value, or each of an array; NaN and infinity never."""
        return (value >= self.low) & (value < self.high)


def _knobs_of(group: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The paths of all numbers in a group."""
    for key, held in group.items():
        if key in ("params", "initial_lr"):
            continue
        if _is_number(held):
            yield key, held
        elif isinstance(held, tuple | list):
            yield from ((f"{key}[{index}]", one) for index, one in enumerate(held) if _is_number(one))


def _is_number(held: object) -> bool:
    if isinstance(held, Tensor):
        return held.numel() == 1 and held.is_floating_point()
    return isinstance(held, Real) and not isinstance(held, bool)
