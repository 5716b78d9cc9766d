"""The annotations of a shape's parameters: `def linear(t: Time, start: Number, end: Number, *, steps: Steps) -> Value`.

Each says once what the parameter may be: the check, its message, the documentation and the test data come from there.
"""

from typing import Annotated, Any

from preheat._fields.field import INFINITY, LAST, TINY, Field, instance_of, length, number, sequence_of, whole

__all__ = [
    "Beta", "Count", "Factor", "Flag", "Milestones", "Number", "Numbers", "Period", "Positive", "Seed", "Share",
    "Steps", "Time", "Updates", "Value",
]  # fmt: skip

AT_MOST_1 = 1 + 2**-52  # the bound just above 1, which lets 1 in

_NOT_NUMBERS = ("1", None, True, [1], 1j)
_NOT_REAL = (*_NOT_NUMBERS, float("nan"), INFINITY, -INFINITY, 10**400)
_NOT_WHOLE = (*_NOT_NUMBERS, 1.5, 2.0, float("nan"))
_NO_LENGTHS = ("8", "", "ep", "-3ep", "3 ep", "nan%", "1e999sa", "3epochs")
_UNITS = 'or a text such as "3ep" or "5%"'

Time = Annotated[float, "the number of the update within the piece: from 1, or from 0 where zero-based"]
Value = Annotated[float, "what a plan gives: a float, or an array where `t` is one"]
Number = Annotated[float, Field("a finite number", number(), good=(1.0, 0.25, 2.0), bad=_NOT_REAL)]
Positive = Annotated[float, Field("a number above 0", number(0), good=(2.0, 0.5), bad=(*_NOT_REAL, 0, -1.0))]
Beta = Annotated[
    float, Field("a number between 0 and 1, ends excluded", number(0, 1), good=(0.9, 0.5), bad=(*_NOT_REAL, 0, 1, 1.5))
]
Share = Annotated[
    float, Field("a number from 0 to 1", number(-TINY, AT_MOST_1), good=(0.5, 0.25), bad=(*_NOT_REAL, -0.5, 1.5))
]
Factor = Annotated[
    float, Field("a number above 0, at most 1", number(0, AT_MOST_1), good=(0.5, 1.0), bad=(*_NOT_REAL, 0, 1.5))
]
Updates = Annotated[
    int, Field("a whole number of updates, from 0 up to 2**53", whole(-1), good=(8, 5), bad=(*_NOT_WHOLE, -1, LAST))
]
Count = Annotated[
    int, Field("a whole number, from 1 up to 2**53", whole(0), good=(4, 10), bad=(*_NOT_WHOLE, 0, -3, LAST))
]
Seed = Annotated[int, Field("a whole number, from 0 up to 2**53", whole(-1), good=(0, 42), bad=(*_NOT_WHOLE, -1, LAST))]
# Lengths are `int | Any`: callers may pass a text, while a formula only ever sees the whole number it stands for.
Steps = Annotated[
    int | Any, Field(f"a whole number of updates, from 0 up to 2**53, {_UNITS}", length(-1),
                     good=(8, 5), bad=(*_NOT_WHOLE, *_NO_LENGTHS, -1, LAST)),
]  # fmt: skip
Period = Annotated[
    int | Any, Field(f"a whole number of updates, from 1 up to 2**53, {_UNITS}", length(0),
                     good=(4, 10), bad=(*_NOT_WHOLE, *_NO_LENGTHS, 0, -3, LAST)),
]  # fmt: skip
Milestones = Annotated[
    tuple[int | Any, ...],
    Field(f"a tuple of whole numbers of updates, from 0 up, each above the last, {_UNITS}",
          sequence_of(length(-1), rising=True), good=((2, 5, 9), (4,)),
          bad=("1", None, 1, (), (1, 2.0), (1, None), (2, 2), (3, 1), (-1, 2), (1, LAST), (1, "8"))),
]  # fmt: skip
Numbers = Annotated[
    tuple[float, ...],
    Field("a tuple of finite numbers, at least one", sequence_of(number()), good=((1.0, 0.5, 0.25), (2.0,)),
          bad=("1", None, 1.0, (), (1, None), (1, True), (float("nan"),), {1: 2})),
]  # fmt: skip
Flag = Annotated[bool, Field("True or False", instance_of(bool), good=(True, False), bad=(None, 1, "yes"))]
