"""Bounds on the values of an expression, from those of its parts: never tighter than floats allow."""

from collections.abc import Callable
from itertools import product
from math import floor, inf, isnan
from operator import add, eq, ge, gt, le, lt, mul, ne, sub, truediv
from typing import Any

__all__ = ["bounds_of", "decided"]

Bounds = tuple[float, float]
WORD = 2**32 - 1
_COMPARED: dict[str, Callable[[float, float], bool]] = {"lt": lt, "le": le, "gt": gt, "ge": ge, "eq": eq, "ne": ne}


def bounds_of(op: str, args: tuple[Any, ...]) -> Bounds:
    """The least and the greatest value that the operation may give."""
    if op in _FIXED:
        return _FIXED[op]
    if op not in _FOUND:
        return -inf, inf
    parts = [(arg.low, arg.high) if hasattr(arg, "low") else (arg, arg) for arg in args]
    return _FOUND[op](*parts)


def decided(op: str, a: Bounds, b: Bounds) -> bool | None:
    """What a comparison comes to wherever the values lie within these bounds, if it comes to one thing."""
    outcomes = {_COMPARED[op](x, y) for x, y in product(a, b)}
    if len(outcomes) > 1 or (op in {"eq", "ne"} and not (a[1] < b[0] or b[1] < a[0])):
        return None
    return outcomes.pop()


def _corners(operator: Callable[[float, float], float]) -> Callable[[Bounds, Bounds], Bounds]:
    """For an operator that rises or falls in each of its arguments: the extremes are at corners."""

    def found(a: Bounds, b: Bounds) -> Bounds:
        values = [operator(x, y) for x, y in product(a, b)]
        return (-inf, inf) if any(map(isnan, values)) else (min(values), max(values))

    return found


def _times(x: float, y: float) -> float:
    return 0.0 if x == 0 or y == 0 else mul(x, y)


def _divided(a: Bounds, b: Bounds) -> Bounds:
    return (-inf, inf) if b[0] <= 0 <= b[1] else _corners(truediv)(a, b)


def _turns(a: Bounds, b: Bounds) -> Bounds:
    """Of `a // b`: one less than the quotient's, for a quotient may be rounded up."""
    low, high = _divided(a, b)
    if a[0] >= 0 and b[0] > 0:
        return max(floor(low) - 1, 0), high
    return floor(low) - 1 if abs(low) < inf else low, high


def _floored(a: Bounds) -> Bounds:
    return (a[0] - 1 if abs(a[0]) < inf else a[0]), a[1]


_FIXED: dict[str, Bounds] = {
    "sin": (-1, 1), "cos": (-1, 1), "tanh": (-1, 1), "exp": (0, inf), "expm1": (-1, inf), "sqrt": (0, inf),
    "mixed": (0, WORD), "and": (0, WORD), "xor": (0, WORD), "shr": (0, WORD), "shl": (0, inf),
}  # fmt: skip
_FOUND: dict[str, Callable[..., Bounds]] = {
    "add": _corners(add),
    "sub": _corners(sub),
    "mul": _corners(_times),
    "div": _divided,
    "neg": lambda a: (-a[1], -a[0]),
    "min": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "max": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "where": lambda _, a, b: (min(a[0], b[0]), max(a[1], b[1])),
    "floordiv": _turns,
    "floor": _floored,
    "whole": _floored,
}
