"""Elementary functions that follow their argument: a float, or an array of NumPy, torch (any device) or JAX.

A formula written with them serves a plot, a training loop and a compiled step alike. An array library is found
among the modules already imported, never imported from here.
"""

import math
import sys
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = [
    "cos", "exp", "expm1", "floor", "log", "log1p", "maximum", "minimum", "pi", "sin", "sqrt", "tanh", "where",
]  # fmt: skip

pi = math.pi

_ARRAYS = (("torch", "Tensor"), ("numpy", "ndarray"), ("jax", "Array"))

Following = TypeVar("Following", bound=Callable[..., Any])
# What follows its argument, and the same for plain numbers alone.
OF_NUMBERS: dict[Callable[..., Any], Callable[..., Any]] = {}


def of_numbers(scalar: Callable[..., Any]) -> Callable[[Following], Following]:
    """Say what a function that follows its argument is for plain numbers."""

    def entered(function: Following) -> Following:
        OF_NUMBERS[function] = scalar
        return function

    return entered


@of_numbers(lambda x: None)  # noqa: ARG005  # as the function itself
def library_of(x: object) -> Any:
    """The array library that `x` belongs to (for JAX, `jax.numpy`), or None for a plain number."""
    if x.__class__ is float or x.__class__ is int:
        return None
    for name, kind in _ARRAYS:
        library = sys.modules.get(name)
        if library is not None and isinstance(x, getattr(library, kind, ())):
            return library.numpy if name == "jax" else library
    return None


def _of_one(name: str) -> Callable[[float], float]:
    """The function of that name in `math` for a number, and in the array's own library for an array."""
    scalar: Callable[[float], float] = getattr(math, name)

    def function(x: float) -> float:
        library = library_of(x)
        return scalar(x) if library is None else getattr(library, name)(x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`{name}(x)`, element by element for an array."
    return of_numbers(scalar)(function)


sqrt = _of_one("sqrt")
exp = _of_one("exp")
expm1 = _of_one("expm1")
log = _of_one("log")
log1p = _of_one("log1p")
sin = _of_one("sin")
cos = _of_one("cos")
tanh = _of_one("tanh")
floor = _of_one("floor")


def _of_two(name: str, bound: str, scalar: Callable[[float, float], float]) -> Callable[[float, float], float]:
    """The function of two numbers, either of which may be an array; `bound` is what torch calls the one beside it."""

    def function(x: float, y: float) -> float:
        library = library_of(x) or library_of(y)
        if library is None:
            return scalar(x, y)
        array, other = (x, y) if library_of(x) else (y, x)
        if hasattr(library, "Tensor") and library_of(other) is None:
            return library.clamp(array, **{bound: other})  # type: ignore[no-any-return]  # or an array
        return getattr(library, name)(x, y)  # type: ignore[no-any-return]  # likewise

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`{name}(x, y)`, element by element where one or both are arrays."
    return of_numbers(scalar)(function)


minimum = _of_two("minimum", "max", lambda x, y: y if y < x else x)  # noqa: FURB136  # `min` takes twice the time
maximum = _of_two("maximum", "min", lambda x, y: y if y > x else x)  # noqa: FURB136  # likewise


@of_numbers(lambda condition, yes, no: yes if condition else no)
def where(condition: bool, yes: float, no: float) -> float:  # noqa: FBT001  # an array of truths as often as one
    """`yes` where the condition holds, else `no`, element by element for an array."""
    library = library_of(condition)
    if library is None:
        return yes if condition else no
    if library_of(yes) is None and library_of(no) is None:
        yes = filled(condition, yes)  # of two numbers torch would make float32
    chosen: float = library.where(condition, yes, no)  # an array, typed as a number
    return chosen


@of_numbers(lambda values, k, cache: values[int(k)])  # noqa: ARG005  # as the function itself
def lookup(values: tuple[float, ...], k: Any, cache: dict[Any, Any]) -> Any:
    """`values[k]` for a whole number `k` within them, element by element for an array; see `gather`."""
    return values[int(k)] if library_of(k) is None else gather(values, whole(k), k, cache)


def uniform(k: Any, seed: int) -> Any:
    """A number between 0 and 1 that looks random and depends on whole numbers only; for an array an array.

    The rounds are those of a 32-bit hash (lowbias32, by C. Wellons), which every library computes alike.
    """
    high = floor(k / 2.0**32)
    low, high = whole(k - high * 2.0**32), whole(high)
    one, other = (_like(low, _hashed(_hashed(seed >> 32) ^ (seed & _WORD) ^ salt)) for salt in (0, 0x9E3779B9))
    mixed = _hashed(_hashed(high ^ one) ^ low)
    return (_hashed(mixed + other & _like(low, _WORD)) + 0.0 * k + 0.5) / 2.0**32


_WORD = 2**32 - 1


def whole(x: Any) -> Any:
    """The same numbers, below 2**32, as whole ones."""
    library = library_of(x)
    if library is None:
        return int(x)
    return x.long() if hasattr(library, "Tensor") else x.astype(library.uint32)


def _like(x: Any, number: int) -> Any:
    """The number as `x` holds its own: JAX takes a plain one for 32 bits with a sign."""
    return x.dtype.type(number) if hasattr(x, "astype") else number


def _hashed(x: Any) -> Any:
    x = _times(x ^ (x >> 16), 0x7FEB352D)
    x = _times(x ^ (x >> 15), 0x846CA68B)
    return x ^ (x >> 16)


def _times(x: Any, number: int) -> Any:
    """The low 32 bits of the product, from halves: none of them overflows 64 bits."""
    factor = _like(x, number)
    return ((x & 0xFFFF) * factor + (((x >> 16) * factor & 0xFFFF) << 16)) & _like(x, _WORD)


def search(values: tuple[float, ...], i: Any, cache: dict[Any, Any]) -> Any:
    """For each element of an array, the place of the last of the values that is at most it; the values do not fall."""
    library, table = library_of(i), _table(values, i, cache)
    if hasattr(library, "Tensor"):
        return library.searchsorted(table, i.contiguous(), right=True) - 1
    return library.searchsorted(table, i, side="right") - 1


def gather(values: tuple[float, ...], k: Any, i: Any, cache: dict[Any, Any]) -> Any:
    """`values[k]` for an array of whole numbers within them, as an array like `i`; `cache` keeps them as tensors."""
    table = _table(values, i, cache)
    if hasattr(library_of(i), "Tensor"):
        return table.index_select(0, k.reshape(-1)).reshape(k.shape)
    return table[k]


def is_traced() -> bool:
    """Whether it is torch.compile that runs this."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.compiler.is_compiling())


def is_compiled(x: Any) -> bool:
    """Whether it is torch.compile that asks, of a tensor."""
    return hasattr(library_of(x), "Tensor") and is_traced()


def _table(values: tuple[float, ...], i: Any, cache: dict[Any, Any]) -> Any:
    """The values as an array like `i`, kept for the next time; not where something only stands for an array."""
    library = library_of(i)
    torch = hasattr(library, "Tensor")
    key = (i.device, i.dtype) if torch else i.dtype
    real = type(i) is (library.Tensor if torch else library.ndarray)
    if real and key in cache:
        return cache[key]
    made = (library.tensor if torch else library.asarray)(
        values, dtype=i.dtype, **({"device": i.device} if torch else {})
    )
    if real and not is_compiled(i):
        cache[key] = made
    return made


@of_numbers(lambda x, value: value)  # noqa: ARG005  # as the function itself
def filled(x: Any, value: float) -> float:
    """`value` in the shape of `x`: itself beside a number or as an array, else an array of floats."""
    library = library_of(x)
    return value if library is None or library_of(value) else library.full_like(x, value, dtype=_float_of(library, x))


BLOCK = 2**16  # floats, whose formulas find room in a processor's cache


def read_over(read: Callable[[Any], Any], x: Any, library: Any) -> Any:
    """What `read` gives for the array of indices `x`; a long one of NumPy goes in blocks, or memory takes the time."""
    if library.__name__ != "numpy" or x.size <= BLOCK:
        return read(as_time(x, library))
    values = library.empty(x.shape)
    flat, indices = values.reshape(-1), x.reshape(-1)
    for start in range(0, x.size, BLOCK):
        flat[start : start + BLOCK] = read(as_time(indices[start : start + BLOCK], library))
    return values


def as_time(x: Any, library: Any) -> Any:
    """The array of update indices `x` in the widest float its library and device have, negative ones read as 0.

    Raises:
        TypeError: `x` holds neither whole nor real numbers.
    """
    kind = str(x.dtype).removeprefix("torch.")
    if not kind.startswith(("int", "uint", "float", "bfloat")):
        raise TypeError(f"plan(i=an array of {kind}): i must hold whole or real numbers")
    dtype = _float_of(library, x)
    return maximum(x.to(dtype) if hasattr(library, "Tensor") else library.asarray(x, dtype=dtype), 0.0)


def _float_of(library: Any, x: Any) -> Any:
    if not hasattr(library, "Tensor"):
        return float  # NumPy: float64; JAX: its default float
    return library.float32 if x.device.type == "mps" else library.float64  # that device has no float64
