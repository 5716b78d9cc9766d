"""The other kinds of plan: a shape with its parameters, a zero-based reading, a user's own function."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from inspect import Parameter
from typing import Any, Concatenate, ParamSpec, final, get_type_hints

from preheat._fields import BrokenRuleError, Parameters, Steps, Time, Value, field_of, parameters_of
from preheat._math import filled, library_of, minimum
from preheat._plan import Plan, word

__all__ = ["Curve", "Function", "Shape", "ZeroBased", "function", "shape", "zero_based"]

P = ParamSpec("P")


@dataclass(frozen=True, eq=False)
class Shape:
    """A formula and what its signature says of it."""

    formula: Callable[..., float]
    parameters: Parameters
    make: Callable[..., Plan]

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
        self._freeze(1, shape=shape, args=args, kwargs=kwargs, steps=kwargs.get("steps"))
        if self.steps == 0:
            if "end" not in shape.parameters.fields:
                message = f"{self!r}: steps must be 1 or more; the shape has no end to hold"
                raise ValueError(message)
            return
        try:
            shape.formula(0.0, *args, **kwargs)
        except BrokenRuleError as error:
            message = f"{self!r}: {error}"
            raise ValueError(message) from None

    def _read(self, i: float, shift: int) -> float:
        if self.steps is None:
            return self.shape.formula(i + shift, *self.args, **self.kwargs)
        if self.steps == 0:
            return filled(i, self._parameter("end"))  # type: ignore[no-any-return]  # an array, typed as a number
        return self.shape.formula(minimum(i + shift, self.steps), *self.args, **self.kwargs)

    def _parameter(self, name: str) -> Any:
        return self.shape.parameters.signature.bind(*self.args, **self.kwargs).arguments[name]

    def _call(self) -> tuple[Callable[..., Plan], tuple[Any, ...], dict[str, Any]]:
        return self.shape.make, self.args, self.kwargs


def shape(formula: Callable[Concatenate[float, P], float]) -> Callable[P, Plan]:
    """Make a formula `f(t: Time, ...) -> Value` a shape: the function that takes its parameters and returns a plan.

    Inside, `t` is the number of the update within the piece, from 1 to `steps`, and 0 where a zero-based reading
    begins. With `steps: Steps` among its keywords the shape is finite; without, it is a law, and endless.

    >>> from preheat.shapes import Number, Steps, Time, Value, shape
    >>> @shape
    ... def sagging(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    ...     return end + (start - end) * ((steps - t) / steps) ** 2
    >>> sagging(1, 0, steps=4).values()
    [0.5625, 0.25, 0.0625, 0.0]

    Raises:
        TypeError: the signature is not that of a shape; the message says where.
        ValueError: the name is taken.
    """
    _check_signature(formula)
    parameters = parameters_of(formula, skip=1)

    def make(*args: P.args, **kwargs: P.kwargs) -> Plan:
        return Curve(made, *parameters.bind(args, kwargs))

    update_wrapper(make, formula)
    make.__signature__ = parameters.signature  # type: ignore[attr-defined]  # what help() shows
    made = Shape(formula, parameters, make)
    make.shape = made  # type: ignore[attr-defined]  # for the catalogue
    return word(make)


def _check_signature(formula: Callable[..., float]) -> None:
    who, hints = formula.__name__, get_type_hints(formula, include_extras=True)
    names = list(hints)
    if names[:1] != ["t"] or hints["t"] != Time:
        message = f"@shape {who}: the first parameter must be t: Time"
        raise TypeError(message)
    if hints.get("return") != Value:
        message = f"@shape {who}: the return annotation must be Value"
        raise TypeError(message)
    steps = parameters_of(formula, skip=1).signature.parameters.get("steps")
    if steps is None and "end" in hints:
        message = f"@shape {who}: a shape with an end must have a length, steps: Steps; call a limit floor"
        raise TypeError(message)
    if steps is not None and (steps.kind is not Parameter.KEYWORD_ONLY or hints["steps"] != Steps):
        message = f"@shape {who}: steps must be a keyword, annotated as Steps (after a `*`)"
        raise TypeError(message)


@final
class ZeroBased(Plan):
    """A plan whose every piece is read at `t = i_local`."""

    __slots__ = ("plan",)
    plan: Plan

    def __init__(self, plan: Plan) -> None:
        self._freeze(plan.depth + 1, plan=plan, steps=plan.steps)

    def _read(self, i: float, shift: int) -> float:  # noqa: ARG002  # the shift is what it takes away
        return self.plan._read(i, 0)

    def _call(self) -> tuple[Callable[..., Plan], tuple[Any, ...], dict[str, Any]]:
        return zero_based, (self.plan,), {}


@word
def zero_based(plan: Plan) -> Plan:
    """The same pieces, each read from 0: the start at its first update, one short of the end at its last.

    It is the convention of torch, transformers, optax, timm and Megatron, whose first update has a warm-up's start.

    >>> from preheat import linear
    >>> zero_based(linear(0, 1, steps=4)).values()
    [0.0, 0.25, 0.5, 0.75]

    Raises:
        TypeError: `plan` is not a plan.
    """
    if not isinstance(plan, Plan):
        message = f"zero_based(plan={plan!r}): plan must be a plan"
        raise TypeError(message)
    return plan if isinstance(plan, ZeroBased) else ZeroBased(plan)


@final
class Function(Plan):
    """A user's own function of the update's index, by itself or by the name under which it is found."""

    __slots__ = ("_found", "given")
    given: str | Callable[[Any], float]
    _found: Callable[[Any], float]

    def __init__(self, given: str | Callable[[Any], float], steps: int | None) -> None:
        self._freeze(1, given=given, steps=steps)

    @property
    def fn(self) -> Callable[[Any], float]:
        """The function itself.

        Raises:
            ValueError: it is known by name only, and its module has not been imported or lacks it.
        """
        try:
            return self._found
        except AttributeError:
            found = _looked_up(self.given) if isinstance(self.given, str) else self.given
            object.__setattr__(self, "_found", found)
            return found

    def _read(self, i: float, shift: int) -> float:
        if self.steps is not None:
            i = minimum(i, self.steps - shift)
        library = library_of(i)
        return self._at(i) if library is None else self._over(i, library)

    def _at(self, i: float) -> float:
        value = self.fn(int(i) if i.is_integer() else i)
        try:
            return float(value)
        except TypeError:
            message = f"{self!r}: the value at {i:g} must be a number, got {value!r}"
            raise TypeError(message) from None

    def _over(self, i: Any, library: Any) -> Any:
        """One call for each element: a user's function takes numbers."""
        flat = [self._at(float(x)) for x in i.reshape(-1)]
        like = {"device": i.device} if hasattr(library, "Tensor") else {}
        return library.asarray(flat, dtype=i.dtype, **like).reshape(i.shape)

    def _call(self) -> tuple[Callable[..., Plan], tuple[Any, ...], dict[str, Any]]:
        return function, (self.given,), {} if self.steps is None else {"steps": self.steps}

    def _written(self) -> tuple[str, int]:
        if isinstance(self.given, str):
            return super()._written()
        name = getattr(self.given, "__qualname__", type(self.given).__qualname__)
        return f"function({name}{'' if self.steps is None else f', steps={self.steps}'})", 3


@word
def function(fn: str | Callable[[Any], float], *, steps: int | None = None) -> Plan:
    """A plan of your own function of the update's index, called once for each value asked for.

    A function that can be imported is written as text, `function("module:name")`; a lambda has no text.

    >>> function(lambda i: 1 / (i + 1), steps=3).values()
    [1.0, 0.5, 0.3333333333333333]

    Args:
        fn: takes the index of an update (a whole number from 0) and returns a number; or `"module:name"`, which is
            looked up, in modules already imported, when the first value is asked for.
        steps: the number of updates it owns; endless without.

    Raises:
        TypeError: `fn` is neither callable nor such a text.
        ValueError: `steps` is not 1 or more.
    """
    if not callable(fn) and not (isinstance(fn, str) and _is_path(fn)):
        message = f'function(fn={fn!r}): fn must be a callable or "module:name"'
        raise (ValueError if isinstance(fn, str) else TypeError)(message)
    if steps is not None and not (steps := int(field_of(Steps).check("function", "steps", steps))):
        message = "function(steps=0): steps must be 1 or more; a function has no end to hold"
        raise ValueError(message)
    return Function(_name_of(fn) if callable(fn) else fn, steps)


def _is_path(text: str) -> bool:
    module, colon, name = text.partition(":")
    return bool(colon) and all(part.isidentifier() for part in f"{module}.{name}".split("."))


def _name_of(fn: Callable[[Any], float]) -> str | Callable[[Any], float]:
    """`"module:name"` where that leads back to `fn`, else `fn`."""
    module, name = getattr(fn, "__module__", None), getattr(fn, "__qualname__", "")
    found: Any = sys.modules.get(module or "")
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found is fn else fn


def _looked_up(path: str) -> Callable[[Any], float]:
    module, _, name = path.partition(":")
    if module not in sys.modules:
        message = f'function("{path}"): its module must be imported first; import {module}'
        raise ValueError(message)
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        message = f'function("{path}"): {name} must be a function of {module}'
        raise ValueError(message)
    return found  # type: ignore[no-any-return]  # what a module holds has no known type
