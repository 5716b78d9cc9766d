"""A shape with its parameters, and the decorator that makes a formula a shape."""

from collections.abc import Callable
from functools import update_wrapper
from inspect import signature
from math import isfinite
from typing import Any, Concatenate, NoReturn, ParamSpec, final

from preheat._fields import BrokenRuleError, Parameters, Steps, Time, Value, hints_of, parameters_of
from preheat._math import filled, minimum
from preheat._plan import Call, Formula, Plan, deferred, register

P = ParamSpec("P")


class Shape:
    """A formula, its parameters, and the function that makes its plans."""

    def __init__(self, formula: Callable[..., float], parameters: Parameters, make: Callable[..., Plan]) -> None:
        self.formula = formula
        self.parameters = parameters
        self.make = make

    @property
    def finite(self) -> bool:
        """Whether it takes `steps`, its length in updates."""
        return "steps" in self.parameters.fields


@final
class Curve(Plan):
    """A shape with its parameters."""

    __slots__ = ("args", "kwargs", "shape")
    shape: Shape
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __init__(self, shape: Shape, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._freeze(shape=shape, args=args, kwargs=kwargs, steps=kwargs.get("steps"))
        if fault := self._fault():
            raise ValueError(f"{self!r}: {fault}")

    def _fault(self) -> str:
        """The rule that its parameters break together, or an empty text."""
        if self.steps == 0:
            return "" if "end" in self.shape.parameters.fields else "steps must be 1 or more; there is no end to hold"
        try:
            first = self.shape.formula(0.0, *self.args, **self.kwargs)
        except BrokenRuleError as error:
            return str(error)
        except (ArithmeticError, ValueError) as error:
            return f"the formula must be defined at t=0; {error}"
        return "" if isfinite(first) else f"the formula must be finite at t=0; it gives {first:g}"

    def _make_formula(self, shift: float) -> Formula:
        if self.steps == 0:
            return Formula(filled, self._parameter("end"))
        if self.steps is None:
            return Formula(_endless, float(shift), Formula(self.shape.formula, *self.args, **self.kwargs))
        steps = float(self.steps)  # Python adds like to like faster
        curve = Formula(self.shape.formula, *self.args, **{**self.kwargs, "steps": steps})
        return Formula(_ending, float(shift), steps, curve)

    def _parameter(self, name: str) -> Any:
        return self.shape.parameters.signature.bind(*self.args, **self.kwargs).arguments[name]

    def _call(self) -> Call:
        return self.shape.make, self.args, self.kwargs


def _endless(i: Any, shift: float, curve: Formula) -> Any:
    return curve(i + shift)


def _ending(i: Any, shift: float, steps: float, curve: Formula) -> Any:
    return curve(minimum(i + shift, steps))


def shape(formula: Callable[Concatenate[float, P], float]) -> Callable[P, Plan]:
    """Make a formula `f(t: Time, ...) -> Value` a shape: the function that takes its parameters and returns a plan.

    Inside, `t` is the number of the update within the piece, from 1 to `steps`, or from 0 under `zero_based`. With
    `steps: Steps` among its keywords the shape is finite; without, it is a law, and endless.

    >>> from preheat.shapes import Number, Steps, Time, Value, shape
    >>> @shape
    ... def sagging(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    ...     return end + (start - end) * ((steps - t) / steps) ** 2
    >>> sagging(1, 0, steps=4).values()
    [0.5625, 0.25, 0.0625, 0.0]

    Raises:
        TypeError: the signature is not that of a shape; the message says where.
        ValueError: the name is taken, or a default is outside what its annotation allows.
    """
    parameters = _parameters_of(formula)

    def make(*args: P.args, **kwargs: P.kwargs) -> Plan:
        given = parameters.bind(args, kwargs)
        return deferred(make, *given) or Curve(made, *given)

    update_wrapper(make, formula)
    make.__signature__ = parameters.signature  # type: ignore[attr-defined]  # for help()
    made = Shape(formula, parameters, make)
    make.shape = made  # type: ignore[attr-defined]  # for the catalogue
    return register(make)


def _parameters_of(formula: Callable[..., float]) -> Parameters:
    """The parameters of a formula but `t`, if its signature is that of a shape."""
    hints = hints_of(formula)
    t = next(iter(signature(formula).parameters.values()), None)
    if t is None or t.name != "t" or t.kind is t.KEYWORD_ONLY or hints.get("t") != Time:
        _refuse(formula, "the first parameter must be t: Time")
    if hints.get("return") != Value:
        _refuse(formula, "the return annotation must be Value")
    parameters = parameters_of(formula, skip=1)
    steps = parameters.signature.parameters.get("steps")
    if steps is None and "end" in hints:
        _refuse(formula, "a shape with an end must have a length, steps: Steps; call a limit floor")
    if steps is not None and (steps.kind is not steps.KEYWORD_ONLY or hints["steps"] != Steps):
        _refuse(formula, "steps must be a keyword, annotated as Steps (after a `*`)")
    return parameters


def _refuse(formula: Callable[..., float], rule: str) -> NoReturn:
    raise TypeError(f"@shape {formula.__name__}: {rule}")
