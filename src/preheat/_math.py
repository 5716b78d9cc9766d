"""Elementary functions that follow their argument: a float, or an array of NumPy, torch (any device) or JAX.

A formula written with them serves a plot, a training loop and a compiled step alike. An array library is found
among the modules already imported, never imported from here.
"""

import math
import sys
from collections.abc import Callable
from typing import Any

__all__ = [
    "cos", "exp", "expm1", "floor", "log", "log1p", "maximum", "minimum", "pi", "sin", "sqrt", "tanh", "where",
]  # fmt: skip

pi = math.pi

_ARRAYS = (("torch", "Tensor"), ("numpy", "ndarray"), ("jax", "Array"))


def library_of(x: object) -> Any:
    """The array library that `x` belongs to (for JAX, `jax.numpy`), or None for a plain number."""
    for name, kind in _ARRAYS:
        library = sys.modules.get(name)
        if library is not None and isinstance(x, getattr(library, kind, ())):
            return library.numpy if name == "jax" else library
    return None


def _follows(name: str) -> Callable[[float], float]:
    """The function of that name in `math` for a number, and in the array's own library for an array."""
    scalar: Callable[[float], float] = getattr(math, name)

    def function(x: float) -> float:
        if x.__class__ is float or (library := library_of(x)) is None:
            return scalar(x)
        return getattr(library, name)(x)  # type: ignore[no-any-return]  # typed as the number it stands for

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`{name}(x)`, element by element for an array."
    return function


sqrt = _follows("sqrt")
exp = _follows("exp")
expm1 = _follows("expm1")
log = _follows("log")
log1p = _follows("log1p")
sin = _follows("sin")
cos = _follows("cos")
tanh = _follows("tanh")
floor = _follows("floor")


def minimum(x: float, bound: float) -> float:
    """The smaller of `x` and a number `bound`, element by element for an array."""
    if x.__class__ is float or (library := library_of(x)) is None:
        return min(x, bound)
    if hasattr(library, "Tensor"):
        return library.clamp(x, max=bound)  # type: ignore[no-any-return]  # an array, typed as a number
    return library.minimum(x, bound)  # type: ignore[no-any-return]  # likewise


def maximum(x: float, bound: float) -> float:
    """The larger of `x` and a number `bound`, element by element for an array."""
    if x.__class__ is float or (library := library_of(x)) is None:
        return max(x, bound)
    if hasattr(library, "Tensor"):
        return library.clamp(x, min=bound)  # type: ignore[no-any-return]  # an array, typed as a number
    return library.maximum(x, bound)  # type: ignore[no-any-return]  # likewise


def where(condition: bool, yes: float, no: float) -> float:  # noqa: FBT001  # an array of truths as often as one
    """`yes` where the condition holds, else `no`, element by element for an array."""
    if condition.__class__ is bool or (library := library_of(condition)) is None:
        return yes if condition else no
    if hasattr(library, "Tensor"):
        yes, no = (x if library_of(x) else filled(condition, x) for x in (yes, no))  # a bare number turns float32
    return library.where(condition, yes, no)  # type: ignore[no-any-return]  # an array, typed as a number


def filled(x: Any, value: float) -> Any:
    """`value` in the shape of `x`: itself beside a number, an array of floats beside an array."""
    library = library_of(x)
    return value if library is None else library.full_like(x, value, dtype=_float_of(library, x))


def as_time(x: Any, library: Any) -> Any:
    """The array of update indices `x` in the widest float its library and device have, negative ones read as 0.

    Raises:
        TypeError: `x` holds neither whole nor real numbers.
    """
    kind = str(x.dtype).removeprefix("torch.")
    if not kind.startswith(("int", "uint", "float", "bfloat")):
        message = f"plan(i): i must be an array of numbers, got {kind}"
        raise TypeError(message)
    dtype = _float_of(library, x)
    return maximum(x.to(dtype) if hasattr(library, "Tensor") else library.asarray(x, dtype=dtype), 0.0)


def _float_of(library: Any, x: Any) -> Any:
    if not hasattr(library, "Tensor"):
        return float  # NumPy: float64; JAX: its default float
    return library.float32 if x.device.type == "mps" else library.float64  # that device has no float64
