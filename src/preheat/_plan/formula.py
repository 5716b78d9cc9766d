"""How a plan's value is computed: a function of the index, written once, for floats and for arrays."""

from collections.abc import Callable
from math import inf
from types import FunctionType
from typing import Any, NamedTuple

from preheat._plan.compile import over_numbers, specialize

__all__ = ["Formula", "Piece", "are_formulas", "side_by_side"]


class Piece(NamedTuple):
    """The part of a plan that one function computes: the indices from `start` on, below `end`."""

    start: float
    end: float
    function: Callable[[float], float]  # of the index within the piece


class Formula:
    """A function of the index within a plan, and its other arguments: numbers, and formulas that it calls."""

    __slots__ = ("args", "function", "kwargs")

    def __init__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self.function = function
        self.args = args
        self.kwargs = kwargs

    def __call__(self, i: Any) -> Any:
        """The values over an array of indices, floats from 0."""
        return self.function(i, *self.args, **self.kwargs)

    def map_args(self, change: Callable[[Any], Any]) -> "Formula":
        """The same formula with every argument changed, those of formulas inside it too."""
        args = [_mapped(value, change) for value in self.args]
        return Formula(self.function, *args, **{name: _mapped(value, change) for name, value in self.kwargs.items()})

    def compile(self) -> Callable[[float], float]:
        """The formula as one function of a float, which looks nothing up when it is called.

        The arguments become defaults of the function, which is specialized to plain numbers.
        """
        function, args, kwargs = specialize(self.function, over_numbers), _compiled(self.args), self.kwargs
        if not isinstance(function, FunctionType):
            return lambda i: function(i, *args, **kwargs)
        code = function.__code__
        first, count = code.co_argcount, code.co_kwonlyargcount
        defaults = args + tuple(kwargs[name] for name in code.co_varnames[first : first + count])
        code = code.replace(co_argcount=first + count, co_kwonlyargcount=0)  # Python finds keywords slowly
        return FunctionType(code, function.__globals__, function.__name__, defaults, function.__closure__)

    def piece_at(self, i: float) -> Piece:  # noqa: ARG002  # there is only one
        """The piece that computes the value at an index."""
        return Piece(0.0, inf, self.compile())


def side_by_side(i: Any, combine: Callable[[Any, Any], Any], number: Any, parts: tuple[Formula, ...]) -> Any:
    """A number and formulas at the same index, combined from the left."""
    for part in parts:
        number = combine(number, part(i))
    return number


def are_formulas(value: Any) -> bool:
    """Whether an argument is several formulas, as of plans side by side."""
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Formula)


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    if are_formulas(value):
        return tuple(part.map_args(change) for part in value)
    return value.map_args(change) if isinstance(value, Formula) else change(value)


def _compiled(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_compiled, value))
    return value.compile() if isinstance(value, Formula) else value
