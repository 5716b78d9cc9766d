"""`layerwise`: parameter groups whose lr is smaller the farther they are from the output."""

from collections.abc import Callable, Iterator
from typing import Any

from torch import nn

from preheat._fields import INFINITY, Factor, Field, Positive, Share, field_of, short_repr, whole

__all__ = ["layerwise"]

_DEPTH = Field("a whole number, 0 or more", whole(-1, INFINITY))


def layerwise(
    model: nn.Module, depth_of: Callable[[str], int], *, lr: float, decay: float, floor: float = 0.0
) -> list[dict[str, Any]]:
    """Parameter groups for an optimizer: one for each depth, with the lr `lr * decay ** (deepest - depth)`.

    This is the rule of ELECTRA (embeddings at depth 0, layer `i` at `i + 1`, the head at the number of layers + 2) and
    of BEiT (the head at the number of layers + 1). A plan then multiplies the lr of each group.

    >>> from torch import nn
    >>> model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 1))
    >>> groups = layerwise(model, lambda name: int(name.split(".")[0]), lr=0.1, decay=0.5)
    >>> [(group["name"], group["lr"], len(group["params"])) for group in groups]
    [('depth 0', 0.025, 2), ('depth 1', 0.05, 2), ('depth 2', 0.1, 2)]

    Args:
        model: its parameters that require gradients are grouped. The others are left out, but their depths count for
            `deepest`.
        depth_of: takes a name from `model.named_parameters()`, returns the depth of that parameter, from 0.
        lr: the learning rate of the deepest parameters, those next to the output.
        decay: multiplies the lr with each step away from them.
        floor: the smallest lr of a group, as a share of `lr`.

    Raises:
        ValueError: a number is out of its range, a depth is negative, or no parameter requires a gradient.
        TypeError: an argument is of the wrong kind, or a depth is not a whole number.

    Source: Clark et al. 2020 (arXiv:2003.10555), layerwise learning-rate decay; Bao et al. 2021 (arXiv:2106.08254).
    """
    _kind("model", model, "a torch.nn.Module", isinstance(model, nn.Module))
    _kind("depth_of", depth_of, "a function of a parameter's name", callable(depth_of))
    peak = field_of(Positive).check("layerwise", "lr", lr)
    rate = field_of(Factor).check("layerwise", "decay", decay)
    least = field_of(Share).check("layerwise", "floor", floor)
    depths = {name: int(_DEPTH.check("layerwise", f"depth_of({name!r})", depth_of(name))) for name in _names(model)}
    by_depth: dict[int, list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            by_depth.setdefault(depths[name], []).append(parameter)
    if not by_depth:
        raise ValueError(f"layerwise(model={type(model).__name__}): model must have parameters that require gradients")
    deepest = max(depths.values())
    return [
        {"params": by_depth[depth], "name": f"depth {depth}", "lr": peak * max(least, rate ** (deepest - depth))}
        for depth in sorted(by_depth)
    ]


def _kind(what: str, got: object, words: str, right: bool) -> None:  # noqa: FBT001  # the sentence's subject
    if not right:
        raise TypeError(f"layerwise({what}={short_repr(got)}): {what} must be {words}")


def _names(model: nn.Module) -> Iterator[str]:
    return (name for name, _ in model.named_parameters())
