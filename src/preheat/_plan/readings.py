"""How a plan is read: a formula of the index, written once, for floats and for arrays."""

from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from preheat._math import OF_NUMBERS

__all__ = ["Reading"]


class Reading:
    """A formula of the index within a plan, and what else it takes: numbers, and other readings, which it calls."""

    __slots__ = ("arguments", "formula", "options")

    def __init__(self, formula: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        self.formula = formula
        self.arguments = arguments
        self.options = options

    def __call__(self, i: Any) -> Any:
        """The values over an array of indices, floats from 0."""
        return self.formula(i, *self.arguments, **self.options)

    def bound(self) -> Callable[[float], float]:
        """The same as one function of a float: made once, it looks nothing up when it is called.

        The arguments become the defaults of the formula, which is re-made over plain numbers.
        """
        formula, arguments, options = over_numbers(self.formula), bound(self.arguments), self.options
        if not isinstance(formula, FunctionType):
            return lambda i: formula(i, *arguments, **options)
        name, code, names = formula.__name__, formula.__code__, formula.__globals__
        made = FunctionType(code, names, name, arguments, formula.__closure__)
        made.__kwdefaults__ = options
        return made


def bound(argument: Any) -> Any:
    """An argument of a bound formula: a reading is bound too, the others are what they are."""
    if isinstance(argument, tuple):
        return tuple(map(bound, argument))
    return argument.bound() if isinstance(argument, Reading) else argument


@lru_cache(maxsize=1024)
def over_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function over plain numbers: its mathematics, and its helpers', does not ask what it is given.

    It is the same code with other names around it; helpers are the functions of its own module.
    """
    if function in OF_NUMBERS or not isinstance(function, FunctionType):
        return OF_NUMBERS.get(function, function)
    around = function.__globals__
    names: dict[str, Any] = {}
    made = _twin(function, names)
    waiting: list[CodeType] = [function.__code__]
    while waiting:
        code = waiting.pop()
        waiting += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        for name in (set(code.co_names) & set(around)) - set(names):
            found = names[name] = around[name]
            if isinstance(found, FunctionType):
                helps = found.__globals__ is around
                names[name] = _twin(found, names) if helps else OF_NUMBERS.get(found, found)
                waiting += [found.__code__] * helps
    return made


def _twin(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    made = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made
