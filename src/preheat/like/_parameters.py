"""Parameters of the peers' functions that are not single numbers: words, functions, plans, points, updates."""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Annotated, Any

from preheat._fields import LAST, BrokenRuleError, Field, Kind, Number, Several, field_of, require
from preheat._plan import Plan, constant

__all__ = ["Callback", "Counts", "Indices", "OneOf", "Points", "Schedule", "Schedules", "share_of"]


class OneOf(Field):
    """One of a few words: `Annotated[str, OneOf.of("cos", "linear")]`."""

    @classmethod
    def of(cls, *choices: str) -> "OneOf":
        """The field that takes these words."""
        return cls(f"one of {', '.join(choices)}", whole=False, good=choices, bad=("", None, 1, True, ["cos"]))

    def check(self, who: str, name: str, got: object) -> Any:
        """`got`, if it is one of the words.

        Raises:
            TypeError: it is not a string.
            ValueError: it is another word.
        """
        if not isinstance(got, str):
            raise TypeError(self._refusal(who, name, got))
        if got not in self.good:
            raise ValueError(self._refusal(who, name, got))
        return got


class Rows(Field):
    """A tuple or list of plans; subclasses take something else in it."""

    def check(self, who: str, name: str, got: object) -> Any:
        """`got`, a tuple or list, as a tuple.

        Raises:
            TypeError: it is neither, or an item is of another kind.
            ValueError: it is empty, or an item is outside its bounds.
        """
        if not isinstance(got, list | tuple):
            raise TypeError(self._refusal(who, name, got))
        try:
            items = tuple(map(self.one, got))
        except (TypeError, ValueError) as error:
            raise type(error)(self._refusal(who, name, got)) from None
        if not items:
            raise ValueError(self._refusal(who, name, got))
        return items

    @staticmethod
    def one(got: object) -> Any:
        """An item, if it is a plan.

        Raises:
            TypeError: it is not.
        """
        if not isinstance(got, Plan):
            raise TypeError
        return got


class Pairs(Rows):
    """A tuple or list of pairs: a number of updates, and the value there."""

    @staticmethod
    def one(got: object) -> Any:
        """An item, as an int and a float.

        Raises:
            TypeError: it is not a pair of numbers.
            ValueError: the first is negative, or the second not finite.
        """
        if not isinstance(got, list | tuple) or len(got) != 2:  # noqa: PLR2004  # a pair
            raise TypeError
        return _UPDATES.check("", "", got[0]), _NUMBER.check("", "", got[1])


class PerhapsNone(Several):
    """A tuple or list of numbers that may be empty."""

    def check(self, who: str, name: str, got: object) -> Any:
        """`got` as a tuple of plain ints.

        Raises:
            TypeError: it is neither a tuple nor a list, or an item is of another kind.
            ValueError: an item is outside the bounds.
        """
        return () if isinstance(got, list | tuple) and not got else super().check(who, name, got)


_NUMBER = field_of(Number)
_UPDATES = Field("a whole number of updates", whole=True, low=-1, high=LAST)
_NONE_OF_THEM = ("1", None, 1, (), (None,), (True,), {1: 2})

Callback = Annotated[
    Any, Kind("a function of the number of updates", whole=False, good=(abs,), bad=(None, 1, "abs"), kind=Callable)
]
Schedule = Annotated[Plan, Kind("a plan", whole=False, good=(constant(1),), bad=(None, 1, "linear"), kind=Plan)]
Schedules = Annotated[
    Sequence[Plan],
    Rows(
        "a tuple of plans, at least one",
        whole=False,
        good=((constant(1, steps=9), constant(0.5)), (constant(1),)),
        bad=(*_NONE_OF_THEM, (1,)),
    ),
]
Points = Annotated[
    Sequence[tuple[int, float]],
    Pairs("a tuple of pairs, a whole number of updates and a value, at least one", whole=False,
          good=(((0, 1.0), (4, 0.5)),), bad=(*_NONE_OF_THEM, (1,), ((1, 2, 3),), ((0.5, 1),), ((-1, 1),))),
]  # fmt: skip
Indices = Annotated[
    Sequence[int],
    PerhapsNone("a tuple of whole numbers of updates, from 0 up", whole=True, low=-1, high=LAST,
                good=((4,), (2, 5, 2), ()), bad=("1", None, 1, (None,), (True,), {1: 2}, (1, 2.0), (-1,))),
]  # fmt: skip
Counts = Annotated[
    Sequence[int],
    Several("a tuple of whole numbers of updates, from 1 up", whole=True, low=0, high=LAST,
            good=((4,), (2, 5, 2)), bad=(*_NONE_OF_THEM, (1, 2.0), (0,))),
]  # fmt: skip


def share_of(base_lr: float | None, rate: float, name: str) -> float:
    """A learning rate as a share of the group's, for a plan that multiplies it.

    Raises:
        BrokenRuleError: it is not 0, and `base_lr` is not given, or so small that the share is infinite.
    """
    if rate == 0:
        return 0.0
    if base_lr is None:
        rule = f"base_lr must be given, the lr of the group; {name} is a learning rate, and the plan multiplies one"
        raise BrokenRuleError(rule)
    require(isfinite(rate / base_lr), f"{name} must be a finite multiple of base_lr")
    return rate / base_lr
