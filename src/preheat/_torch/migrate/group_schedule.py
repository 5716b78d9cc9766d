"""What a group follows under another library's scheduler: a plan, and the base that it multiplies."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from preheat._plan import Plan

__all__ = ["GroupSchedule", "key_of", "set_by"]


class GroupSchedule(NamedTuple):
    """A plan, and the learning rate that it multiplies."""

    plan: Plan
    base: float


def key_of(thing: Any) -> tuple[str, str]:
    """The library and the name of a class or function."""
    return (getattr(thing, "__module__", None) or "").partition(".")[0], getattr(thing, "__name__", repr(thing))


def set_by(make: Callable[[float], Plan], peaks: Sequence[Any]) -> list[GroupSchedule]:
    """Of a scheduler that sets learning rates: `make` gets the base of each group, its peak; or 1 if that is 0."""
    bases = [float(peak) or 1.0 for peak in peaks]
    return [GroupSchedule(make(base), base) for base in bases]
