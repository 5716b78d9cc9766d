"""Parameters of optax's functions that are not numbers: scales at boundaries, and the arguments of several calls."""

from collections.abc import Mapping
from typing import Annotated, Any

from preheat._fields import Field, Steps, field_of
from preheat.like._parameters import Rows
from preheat.like._pieces import Rate

__all__ = ["Boundaries", "Calls"]

_UPDATE, _FACTOR = field_of(Steps), field_of(Rate)


class Scales(Field):
    """A mapping from updates to factors."""

    def check(self, who: str, name: str, got: object) -> Any:
        """`got`, if it is a mapping, as a dict in the order of its keys.

        Raises:
            TypeError: it is not a mapping, or a key or factor is not a number.
            ValueError: a key or a factor is outside its bounds.
        """
        if not isinstance(got, Mapping):
            raise TypeError(self._refusal(who, name, got))
        try:
            scales = {_UPDATE.check("", "", key): _FACTOR.check("", "", scale) for key, scale in got.items()}
        except (TypeError, ValueError) as error:
            raise type(error)(self._refusal(who, name, got)) from None
        return dict(sorted(scales.items()))


class Keywords(Rows):
    """The keyword arguments of several calls."""

    @staticmethod
    def one(got: object) -> Any:
        """An item, if it is the arguments of one call.

        Raises:
            TypeError: it is not a mapping, or a key is not a string.
        """
        if not isinstance(got, Mapping) or not all(isinstance(name, str) for name in got):
            raise TypeError
        return got


Boundaries = Annotated[
    dict[int, float],
    Scales("a dict from whole numbers of updates to factors from 0 up", whole=False, good=({2: 0.5, 5: 0.1}, {}),
           bad=(1, "linear", [1, 2], {1.5: 1}, {"1": 1}, {1: None}, {-1: 1}, {1: -1})),
]  # fmt: skip
Calls = Annotated[
    tuple[dict[str, Any], ...],
    Keywords("a tuple of dicts, the arguments of warmup_cosine_decay_schedule, at least one", whole=False,
             good=(({"init_value": 0, "peak_value": 1, "warmup_steps": 1, "decay_steps": 2},),),
             bad=(1, None, (), (1,), ({1: 1},), {"decay_steps": 1})),
]  # fmt: skip
