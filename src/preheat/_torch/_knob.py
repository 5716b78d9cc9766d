"""A knob: one number of an optimizer's group, read as a float and written where it lies."""

from typing import Any

from torch import Tensor

__all__ = ["read", "unshare", "write"]


def read(group: dict[str, Any], knob: str) -> float:
    """The number now in the knob."""
    return float(group[knob])


def write(group: dict[str, Any], knob: str, value: float) -> None:
    """Put a number into the knob: in place in a tensor, whose dtype and device it takes, else as a float."""
    held = group[knob]
    if isinstance(held, Tensor):
        held.fill_(value)
    else:
        group[knob] = value


def unshare(group: dict[str, Any], knob: str) -> None:
    """Give the group a tensor of its own; torch gives one and the same to several groups and to `defaults`."""
    held = group[knob]
    if isinstance(held, Tensor):
        group[knob] = held.detach().clone()
