"""How a plan is read: a formula of the index, written once, for floats and for arrays."""

import builtins
from collections.abc import Callable
from functools import lru_cache
from math import inf
from types import CodeType, FunctionType
from typing import Any

from preheat._fields import require
from preheat._math import OF_NUMBERS
from preheat._plan.compile import inlined

__all__ = ["Formula", "Piece", "are_formulas", "remade", "side_by_side", "without_rules"]


# From which index on to which other one function answers, and that function, which is read from the first on.
Piece = tuple[float, float, Callable[[float], float]]


class Formula:
    """A formula of the index within a plan, and what else it takes: numbers, and other readings, which it calls."""

    __slots__ = ("arguments", "formula", "options")

    def __init__(self, formula: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        self.formula = formula
        self.arguments = arguments
        self.options = options

    def __call__(self, i: Any) -> Any:
        """The values over an array of indices, floats from 0."""
        return self.formula(i, *self.arguments, **self.options)

    def with_each(self, change: Callable[[Any], Any]) -> "Formula":
        """The same with every argument changed, those inside other readings too."""
        arguments = [_changed(argument, change) for argument in self.arguments]
        options = {name: _changed(option, change) for name, option in self.options.items()}
        return Formula(self.formula, *arguments, **options)

    def compile(self) -> Callable[[float], float]:
        """The same as one function of a float: made once, it looks nothing up when it is called.

        The arguments, keywords among them, become defaults of the formula, which is re-made over plain numbers.
        """
        formula, arguments, options = remade(self.formula, _over_numbers), _bound(self.arguments), self.options
        if not isinstance(formula, FunctionType):
            return lambda i: formula(i, *arguments, **options)
        code = formula.__code__
        first, count = code.co_argcount, code.co_kwonlyargcount
        defaults = arguments + tuple(options[name] for name in code.co_varnames[first : first + count])
        code = code.replace(co_argcount=first + count, co_kwonlyargcount=0)  # Python finds keywords slowly
        return FunctionType(code, formula.__globals__, formula.__name__, defaults, formula.__closure__)

    def piece_at(self, i: float) -> Piece:  # noqa: ARG002  # there is but one
        """What answers at an index."""
        return 0.0, inf, self.compile()


def side_by_side(i: Any, combined: Callable[[Any, Any], Any], number: Any, parts: tuple[Formula, ...]) -> Any:
    """A number and readings at the same index, combined from the left."""
    for part in parts:
        number = combined(number, part(i))
    return number


def are_formulas(argument: Any) -> bool:
    """Whether an argument is several readings, as of plans side by side."""
    return isinstance(argument, tuple) and bool(argument) and isinstance(argument[0], Formula)


def _changed(argument: Any, change: Callable[[Any], Any]) -> Any:
    if are_formulas(argument):
        return tuple(part.with_each(change) for part in argument)
    return argument.with_each(change) if isinstance(argument, Formula) else change(argument)


def _bound(argument: Any) -> Any:
    if isinstance(argument, tuple):
        return tuple(map(_bound, argument))
    return argument.compile() if isinstance(argument, Formula) else argument


def remade(function: Callable[..., Any], instead: Callable[[FunctionType], Any]) -> Any:
    """The same code with other functions around it: `instead` says what stands for each.

    What it says of the function itself comes first. Helpers, the functions of its own module, are re-made alike.
    """
    return _remade(function, instead) if isinstance(function, FunctionType) else function


@lru_cache(maxsize=1024)
def _remade(function: FunctionType, instead: Callable[[FunctionType], Any]) -> Any:
    if (other := instead(function)) is not function:
        return other
    around = function.__globals__
    names: dict[str, Any] = {"__builtins__": builtins}
    made = _twin(function, names, instead)
    waiting: list[CodeType] = [function.__code__]
    while waiting:
        code = waiting.pop()
        waiting += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        for name in (set(code.co_names) & set(around)) - set(names):
            found = names[name] = around[name]
            if isinstance(found, FunctionType):
                helps = found.__globals__ is around
                names[name] = _twin(found, names, instead) if helps else instead(found)
                waiting += [found.__code__] * helps
    return made


def _twin(function: FunctionType, names: dict[str, Any], instead: Callable[[FunctionType], Any]) -> FunctionType:
    code = inlined(function) if instead is _over_numbers else function.__code__
    made = FunctionType(code, names, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def without_rules(function: FunctionType) -> Any:
    """Rules between parameters were held to when the plan was made."""
    return _holds if function is require else function


def _holds(condition: Any, rule: str) -> None:
    pass


def _over_numbers(function: FunctionType) -> Any:
    return OF_NUMBERS.get(function) or without_rules(function)
