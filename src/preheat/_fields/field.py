"""A kind of parameter, and the checks it is composed of."""

from collections.abc import Callable
from itertools import pairwise
from numbers import Integral, Real
from typing import Any

from preheat._fields.errors import short_repr
from preheat._fields.length import Length, length_of

__all__ = ["INFINITY", "LAST", "TINY", "Field", "Range", "instance_of", "length", "number", "sequence_of", "whole"]

LAST = 2**53  # from here on a float cannot tell one update from the next
INFINITY = float("inf")
TINY = 5e-324  # the smallest number above 0: `low=-TINY` lets 0 in

Parse = Callable[[Any], Any]


class Field:
    """A kind of parameter: `words` for people, `parse` for the check, `good` and `bad` values for the tests.

    `parse` turns what was given into the checked value. It raises a TypeError or ValueError without a text, or with one
    that is to follow the words.
    """

    __slots__ = ("bad", "good", "parse", "words")

    def __init__(self, words: str, parse: Parse, good: tuple[Any, ...] = (), bad: tuple[object, ...] = ()) -> None:
        self.words, self.parse, self.good, self.bad = words, parse, good, bad

    def check(self, who: str, name: str, got: object) -> Any:
        """The checked value.

        Raises:
            TypeError: it is of another kind (a bool, a text, a float where a whole number is due).
            ValueError: it is outside what the words allow.
        """
        try:
            return self.parse(got)
        except (TypeError, ValueError) as error:
            more = f"; {error}" if error.args else ""
            text = f"{who}({name}={short_repr(got)}): {name} must be {self.words}{more}"
            raise (TypeError if isinstance(error, TypeError) else ValueError)(text) from None


class Range:
    """Parses a number between two bounds, which are themselves outside, to a plain int or float."""

    __slots__ = ("high", "low", "units", "whole")

    def __init__(self, low: float, high: float, *, whole: bool, units: bool = False) -> None:
        self.low, self.high, self.whole = low, high, whole
        self.units = units  # whether a text such as "3ep" is taken as well

    def __call__(self, got: Any) -> Any:
        """The number, or the `Length` that a text means.

        Raises:
            TypeError: it is no number, or not a whole one where that is due.
            ValueError: it is outside the bounds, infinite or NaN, or a text that is no length.
        """
        if self.units and isinstance(got, str):
            if (length := length_of(got)) is None:
                raise ValueError
            return length
        if isinstance(got, bool) or not isinstance(got, Integral if self.whole else Real):
            raise TypeError
        try:
            value = int(got) if isinstance(got, Integral) and self.whole else float(got) + 0.0  # + 0.0: no minus zero
        except OverflowError:
            value = INFINITY
        if not self.low < value < self.high:
            raise ValueError
        return value


def number(low: float = -INFINITY, high: float = INFINITY) -> Range:
    """Parses a real number between two bounds."""
    return Range(low, high, whole=False)


def whole(low: float = -INFINITY, high: float = LAST) -> Range:
    """Parses a whole number between two bounds."""
    return Range(low, high, whole=True)


def length(low: float) -> Range:
    """Parses a whole number of updates above a bound, or a length in another unit."""
    return Range(low, LAST, whole=True, units=True)


def sequence_of(one: Parse, *, rising: bool = False) -> Parse:
    """Parses a tuple or list of one thing or more to a tuple; `rising`: each number is above the one before it."""

    def parse(got: Any) -> tuple[Any, ...]:
        if not isinstance(got, list | tuple):
            raise TypeError
        values = tuple(map(one, got))
        numbers = [value for value in values if not isinstance(value, Length)]
        if not values or (rising and any(b <= a for a, b in pairwise(numbers))):
            raise ValueError
        return values

    return parse


def instance_of(kind: Any) -> Parse:
    """Lets through what is of this type."""

    def parse(got: Any) -> Any:
        if not isinstance(got, kind):
            raise TypeError
        return got

    return parse
