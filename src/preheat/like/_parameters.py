"""Parameters of the peers' functions that are not single numbers: words, functions, plans, points, updates."""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Annotated, Any

from preheat._fields import BrokenRuleError, Field, instance_of, number, require, sequence_of, whole
from preheat._plan import Plan, constant

__all__ = ["Callback", "Counts", "Indices", "Points", "Schedule", "Schedules", "one_of", "share_of"]

_number = number()
_updates = whole(-1)


def one_of(*choices: str) -> Field:
    """A kind of parameter that is one of a few words; for an annotation of a `str`."""

    def parse(got: Any) -> Any:
        if not isinstance(got, str):
            raise TypeError
        if got not in choices:
            raise ValueError
        return got

    return Field(f"one of {', '.join(choices)}", parse, good=choices, bad=("", None, 1, True, ["cos"]))


def _point(got: Any) -> tuple[int, float]:
    """A pair of a number of updates and a value."""
    if not isinstance(got, list | tuple) or len(got) != 2:  # noqa: PLR2004  # a pair
        raise TypeError
    return _updates(got[0]), _number(got[1])


_several_updates = sequence_of(_updates)


def _perhaps_none(got: Any) -> Any:
    """A tuple or list of updates, which may be empty."""
    return () if isinstance(got, list | tuple) and not got else _several_updates(got)


_NONE_OF_THEM = ("1", None, 1, (), (None,), (True,), {1: 2})

Callback = Annotated[
    Any, Field("a function of the number of updates", instance_of(Callable), good=(abs,), bad=(None, 1, "abs"))
]
Schedule = Annotated[Plan, Field("a plan", instance_of(Plan), good=(constant(1),), bad=(None, 1, "linear"))]
Schedules = Annotated[
    Sequence[Plan],
    Field("a tuple of plans, at least one", sequence_of(instance_of(Plan)),
          good=((constant(1, steps=9), constant(0.5)), (constant(1),)), bad=(*_NONE_OF_THEM, (1,))),
]  # fmt: skip
Points = Annotated[
    Sequence[tuple[int, float]],
    Field("a tuple of pairs, a whole number of updates and a value, at least one", sequence_of(_point),
          good=(((0, 1.0), (4, 0.5)),), bad=(*_NONE_OF_THEM, (1,), ((1, 2, 3),), ((0.5, 1),), ((-1, 1),))),
]  # fmt: skip
Indices = Annotated[
    Sequence[int],
    Field("a tuple of whole numbers of updates, from 0 up", _perhaps_none,
          good=((4,), (2, 5, 2), ()), bad=("1", None, 1, (None,), (True,), {1: 2}, (1, 2.0), (-1,))),
]  # fmt: skip
Counts = Annotated[
    Sequence[int],
    Field("a tuple of whole numbers of updates, from 1 up", sequence_of(whole(0)),
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
