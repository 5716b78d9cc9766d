"""The parameters of a shape or recipe, read from its signature, and the arguments of a call checked against them."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar, get_args, get_type_hints

from preheat._fields.errors import BrokenRuleError, short_repr
from preheat._fields.field import Field

__all__ = ["Parameters", "checked", "field_of", "hints_of", "parameters_of"]


class Parameters(NamedTuple):
    """The parameters of a shape or recipe: their order, fields and defaults."""

    who: str
    signature: inspect.Signature
    fields: Mapping[str, Field]

    def bind(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The checked arguments, positional ones and keyword-only ones, defaults filled in.

        Raises:
            TypeError: an argument is missing, unknown or of the wrong kind.
            ValueError: an argument is outside what its annotation allows.
        """
        if unknown := [name for name in kwargs if name not in self.fields]:
            raise TypeError(f"{self.who}({unknown[0]}=...): {unknown[0]} must be a parameter of it; {self._usage}")
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.who}(): {error}; {self._usage}") from None
        bound.apply_defaults()
        for name, got in bound.arguments.items():
            if got is not None or self.signature.parameters[name].default is not None:
                bound.arguments[name] = self.fields[name].check(self.who, name, got)
        return bound.args, bound.kwargs

    @property
    def _usage(self) -> str:
        return f"it takes {self.who}{self.signature}"


def parameters_of(function: Callable[..., object], *, skip: int = 0) -> Parameters:
    """Read a function's parameters from its annotations, leaving out the first `skip`.

    Raises:
        TypeError: a parameter has no annotation with a field, or cannot be given by name.
        ValueError: a default is outside what its annotation allows.
    """
    who = function.__name__
    hints = hints_of(function)
    kept = list(inspect.signature(function).parameters.values())[skip:]
    fields = {}
    for parameter in kept:
        name = parameter.name
        found = list(_fields_in(hints.get(name)))
        if len(found) != 1:
            raise TypeError(f"{who}({name}): {name} must be annotated as Number, Steps or another field")
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TypeError(f"{who}({name}): {name} must be a parameter that can be given by name")
        fields[name] = found[0]
        if parameter.default not in (None, parameter.empty):
            found[0].check(who, name, parameter.default)
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in kept]
    return Parameters(who, inspect.Signature(plain), fields)


def hints_of(function: Callable[..., object]) -> dict[str, Any]:
    """The annotations of a function; texts, as of `from __future__ import annotations`, are evaluated."""
    hints = getattr(function, "__annotations__", {})
    is_late = any(isinstance(hint, str) for hint in hints.values())
    return get_type_hints(function, include_extras=True) if is_late else hints  # which is slow


def _fields_in(annotation: object) -> Iterator[Field]:
    for part in get_args(annotation):
        yield from [part] if isinstance(part, Field) else _fields_in(part)


def field_of(annotation: object) -> Field:
    """The field in `Number`, in `Steps | None`, ..."""
    (found,) = _fields_in(annotation)
    return found


P = ParamSpec("P")
R = TypeVar("R")


def checked(function: Callable[P, R], instead: Callable[..., R | None] = lambda *_: None) -> Callable[P, R]:
    """Have a function's annotations check its arguments at every call.

    Args:
        function: called with the checked arguments.
        instead: called first, with the checked function, its arguments by position and those by name; anything but
            None that it returns is the result.
    """
    parameters = parameters_of(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        args_, kwargs_ = parameters.bind(args, kwargs)
        if (other := instead(call, args_, kwargs_)) is not None:
            return other
        try:
            return function(*args_, **kwargs_)
        except BrokenRuleError as error:
            given = parameters.signature.bind(*args, **kwargs).arguments
            quoted = ", ".join(f"{name}={short_repr(got)}" for name, got in given.items())
            raise ValueError(f"{function.__name__}({quoted}): {error}") from None

    call.parameters = parameters  # type: ignore[attr-defined]  # for the tests and the catalogue
    return call
