"""Parameters of optax's functions that are not numbers: scales at boundaries, and the arguments of several calls."""

from collections.abc import Mapping
from typing import Annotated, Any

from preheat._fields import Field, Steps, field_of, sequence_of
from preheat.like._pieces import Rate

__all__ = ["Boundaries", "Calls"]

_update, _factor = field_of(Steps).parse, field_of(Rate).parse


def _scales(got: Any) -> dict[int, float]:
    """A mapping from updates to factors, in the order of its keys."""
    if not isinstance(got, Mapping):
        raise TypeError
    return dict(sorted((_update(key), _factor(scale)) for key, scale in got.items()))


def _keywords(got: Any) -> Any:
    """The keyword arguments of a call."""
    if not isinstance(got, Mapping) or not all(isinstance(name, str) for name in got):
        raise TypeError
    return got


Boundaries = Annotated[
    dict[int, float],
    Field("a dict from whole numbers of updates to factors from 0 up", _scales, good=({2: 0.5, 5: 0.1}, {}),
          bad=(1, "linear", [1, 2], {1.5: 1}, {"1": 1}, {1: None}, {-1: 1}, {1: -1})),
]  # fmt: skip
Calls = Annotated[
    tuple[dict[str, Any], ...],
    Field("a tuple of dicts, the arguments of warmup_cosine_decay_schedule, at least one", sequence_of(_keywords),
          good=(({"init_value": 0, "peak_value": 1, "warmup_steps": 1, "decay_steps": 2},),),
          bad=(1, None, (), (1,), ({1: 1},), {"decay_steps": 1})),
]  # fmt: skip
