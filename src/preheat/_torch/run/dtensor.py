"""Tensors that `torch.distributed` spreads over processes, `DTensor`: this process's part, read without asking others.

`DTensor` is known by what it has: to import it takes longer than to import torch.
"""

from typing import Any

from torch import Tensor

__all__ = ["around", "is_whole", "local"]


def local(tensor: Tensor) -> Tensor:
    """What this process holds of a tensor: all of it, unless it is spread."""
    part = getattr(tensor, "to_local", None)
    return tensor if part is None else part()


def around(part: Tensor, like: Any) -> Tensor:
    """A tensor that is this process's part, spread as another one is."""
    if not hasattr(like, "to_local"):
        return part
    made: Tensor = type(like).from_local(part, like.device_mesh, like.placements, run_check=False)
    return made


def is_whole(held: object) -> bool:
    """Whether this process holds all of what may be a tensor."""
    return all(placement.is_replicate() for placement in getattr(held, "placements", ()))
