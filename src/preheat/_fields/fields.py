"""What a parameter may be, said once: an annotation is the check, the message, the documentation and the test data.

`def linear(t: Time, start: Number, end: Number, *, steps: Steps) -> Value` says all there is to say of a shape.
"""

import inspect
import reprlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from itertools import pairwise
from numbers import Integral, Real
from typing import Annotated, Any, ParamSpec, TypeVar, get_args, get_type_hints

from preheat._fields.length import Length, length_of

__all__ = [
    "Beta", "Count", "Factor", "Flag", "Milestones", "Number", "Numbers", "Period", "Positive", "PreheatWarning",
    "Seed", "Share", "Steps", "Time", "Updates", "Value", "require",
]  # fmt: skip

LAST = 2**53  # from there on a float no longer tells one update from the next
INFINITY = float("inf")
TINY = 5e-324  # the smallest number above 0


class PreheatWarning(UserWarning):
    """Something in the way preheat is used is probably not what was meant; the message says the remedy."""


class BrokenRuleError(ValueError):
    """A rule between parameters does not hold; the constructor that meets it adds who and what."""


def short_repr(got: object) -> str:
    """A value in a message: its `repr`, shortened."""
    try:
        return reprlib.repr(got)
    except ValueError:  # a whole number of thousands of digits
        return f"<a long {type(got).__name__}>"


@dataclass(frozen=True)
class Field:
    """A kind of parameter: `words` for people, bounds for the check, `good` and `bad` values for the tests."""

    words: str
    whole: bool
    low: float = -INFINITY  # the bounds themselves are out
    high: float = INFINITY
    good: tuple[Any, ...] = field(default=(), compare=False)
    bad: tuple[object, ...] = field(default=(), compare=False)
    units: bool = False  # a length, which may be a text

    def check(self, who: str, name: str, got: object) -> Any:
        """`got` as a plain int or float, or where that is allowed as a length in another unit.

        Raises:
            TypeError: it is of another kind (a bool, a text, a float where a whole number is due).
            ValueError: it is outside the bounds, infinite or NaN, or a text that is no length.
        """
        if self.units and isinstance(got, str):
            if (length := length_of(got)) is None:
                raise ValueError(self._refusal(who, name, got))
            return length
        if isinstance(got, bool) or not isinstance(got, Integral if self.whole else Real):
            raise TypeError(self._refusal(who, name, got))
        try:
            value = int(got) if isinstance(got, Integral) and self.whole else float(got) + 0.0  # + 0.0: no minus zero
        except OverflowError:
            value = INFINITY
        if not self.low < value < self.high:
            raise ValueError(self._refusal(who, name, got))
        return value

    def _refusal(self, who: str, name: str, got: object) -> str:
        return f"{who}({name}={short_repr(got)}): {name} must be {self.words}"


@dataclass(frozen=True)
class Several(Field):
    """A kind of parameter that is several numbers in a row, each of them checked; `rising`: each above the last."""

    rising: bool = False

    def check(self, who: str, name: str, got: object) -> Any:
        """`got`, a tuple or list, as a tuple of plain ints or floats.

        Raises:
            TypeError: it is neither a tuple nor a list, or one of them is of another kind.
            ValueError: it is empty or does not rise, or one of them is outside the bounds, infinite or NaN.
        """
        if not isinstance(got, list | tuple):
            raise TypeError(self._refusal(who, name, got))
        try:
            values = tuple([Field.check(self, who, name, value) for value in got])
        except (TypeError, ValueError) as error:
            raise type(error)(self._refusal(who, name, got)) from None
        numbers = [value for value in values if not isinstance(value, Length)]
        if not values or (self.rising and any(b <= a for a, b in pairwise(numbers))):
            raise ValueError(self._refusal(who, name, got))
        return values


@dataclass(frozen=True)
class Kind(Field):
    """A kind of parameter that is known by its type."""

    kind: Any = object

    def check(self, who: str, name: str, got: object) -> Any:
        """`got`, of that type.

        Raises:
            TypeError: it is of another.
        """
        if not isinstance(got, self.kind):
            raise TypeError(self._refusal(who, name, got))
        return got


_NOT_NUMBERS = ("1", None, True, [1], 1j)
_NOT_FINITE = (float("nan"), INFINITY, -INFINITY, 10**400)
_NOT_WHOLE = (*_NOT_NUMBERS, 1.5, 2.0, float("nan"))

Time = Annotated[float, "the number of the update within the piece: from 1, or from 0 in a zero-based reading"]
Value = Annotated[float, "what a plan gives: a float, or an array where `t` is one"]
Number = Annotated[
    float, Field("a finite number", whole=False, good=(1.0, 0.25, 2.0), bad=(*_NOT_NUMBERS, *_NOT_FINITE))
]
Positive = Annotated[
    float, Field("a number above 0", whole=False, low=0, good=(2.0, 0.5), bad=(*_NOT_NUMBERS, *_NOT_FINITE, 0, -1.0))
]
Beta = Annotated[
    float, Field("a number between 0 and 1, ends excluded", whole=False, low=0, high=1, good=(0.9, 0.5),
                 bad=(*_NOT_NUMBERS, *_NOT_FINITE, 0, 1, 1.5)),
]  # fmt: skip
Updates = Annotated[
    int, Field("a whole number of updates, from 0 up to 2**53", whole=True, low=-1, high=LAST, good=(8, 5),
               bad=(*_NOT_WHOLE, -1, LAST)),
]  # fmt: skip
# Lengths. `int | Any`, since those who call may give a text and formulas see the whole number that it means.
_UNITS = 'or a text such as "3ep" or "5%"'
_NO_LENGTHS = ("8", "", "ep", "-3ep", "3 ep", "nan%", "1e999sa", "3epochs")
Steps = Annotated[
    int | Any, Field(f"a whole number of updates, from 0 up to 2**53, {_UNITS}", whole=True, low=-1, high=LAST,
                     good=(8, 5), bad=(*_NOT_WHOLE, *_NO_LENGTHS, -1, LAST), units=True),
]  # fmt: skip
Period = Annotated[
    int | Any, Field(f"a whole number of updates, from 1 up to 2**53, {_UNITS}", whole=True, low=0, high=LAST,
                     good=(4, 10), bad=(*_NOT_WHOLE, *_NO_LENGTHS, 0, -3, LAST), units=True),
]  # fmt: skip
Count = Annotated[
    int, Field("a whole number, from 1 up to 2**53", whole=True, low=0, high=LAST, good=(4, 10),
               bad=(*_NOT_WHOLE, 0, -3, LAST)),
]  # fmt: skip

Seed = Annotated[
    int, Field("a whole number, from 0 up to 2**53", whole=True, low=-1, high=LAST, good=(0, 42),
               bad=(*_NOT_WHOLE, -1, LAST)),
]  # fmt: skip
Share = Annotated[
    float, Field("a number from 0 to 1", whole=False, low=-TINY, high=1 + 2**-52, good=(0.5, 0.25),
                 bad=(*_NOT_NUMBERS, *_NOT_FINITE, -0.5, 1.5)),
]  # fmt: skip
Factor = Annotated[
    float, Field("a number above 0, at most 1", whole=False, low=0, high=1 + 2**-52, good=(0.5, 1.0),
                 bad=(*_NOT_NUMBERS, *_NOT_FINITE, 0, 1.5)),
]  # fmt: skip
Numbers = Annotated[
    tuple[float, ...], Several("a tuple of finite numbers, at least one", whole=False,
                               good=((1.0, 0.5, 0.25), (2.0,)),
                               bad=("1", None, 1.0, (), (1, None), (1, True), (float("nan"),), {1: 2})),
]  # fmt: skip
Milestones = Annotated[
    tuple[int | Any, ...], Several(f"a tuple of whole numbers of updates, from 0 up, each above the last, {_UNITS}",
                                   whole=True, low=-1, high=LAST, rising=True, units=True,
                                   good=((2, 5, 9), (4,)),
                                   bad=("1", None, 1, (), (1, 2.0), (1, None), (2, 2), (3, 1), (-1, 2), (1, LAST),
                                        (1, "8"))),
]  # fmt: skip
Flag = Annotated[bool, Kind("True or False", whole=False, good=(True, False), bad=(None, 1, "yes"), kind=bool)]


def require(condition: bool, rule: str) -> None:  # noqa: FBT001  # the condition is the sentence's subject
    """Refuse parameters that break a rule between them; for the first lines of a shape.

    >>> require(2 > 1, "start must be above end")

    Raises:
        ValueError: the rule does not hold.
    """
    if not condition:
        raise BrokenRuleError(rule)


@dataclass(frozen=True)
class Parameters:
    """The parameters of a shape or recipe, read from its signature: their order, fields and defaults."""

    who: str
    signature: inspect.Signature
    fields: Mapping[str, Field]

    def bind(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The checked arguments, positional ones and keyword-only ones, defaults filled in.

        Raises:
            TypeError: an argument is missing, unknown or of the wrong kind.
            ValueError: an argument is outside what its annotation allows.
        """
        takes = f"it takes {self.who}{self.signature}"
        if unknown := [name for name in kwargs if name not in self.fields]:
            raise TypeError(f"{self.who}({unknown[0]}=...): {unknown[0]} must be a parameter of it; {takes}")
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.who}(): {error}; {takes}") from None
        bound.apply_defaults()
        for name, got in bound.arguments.items():
            if got is not None or self.signature.parameters[name].default is not None:
                bound.arguments[name] = self.fields[name].check(self.who, name, got)
        return bound.args, bound.kwargs


def parameters_of(function: Callable[..., object], *, skip: int = 0) -> Parameters:
    """Read a function's parameters from its annotations, leaving out the first `skip`.

    Raises:
        TypeError: a parameter has no annotation of this module, or cannot be given by name.
        ValueError: a default is outside what its annotation allows.
    """
    who = function.__name__
    hints = get_type_hints(function, include_extras=True)
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
        function: what is called with them.
        instead: asked first, with the checked function, its arguments by position and those by name; it may return
            what is to be returned.
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
            given = [
                f"{name}={short_repr(got)}"
                for name, got in parameters.signature.bind(*args, **kwargs).arguments.items()
            ]
            raise ValueError(f"{function.__name__}({', '.join(given)}): {error}") from None

    call.parameters = parameters  # type: ignore[attr-defined]  # for the tests and the catalogue
    return call
