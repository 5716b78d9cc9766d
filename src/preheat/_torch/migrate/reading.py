"""What is read of another library's scheduler: for each group a plan, and the base that it multiplies."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from preheat._plan import Plan

__all__ = ["Part", "UnknownError", "called", "key_of", "neat", "set_by"]


class UnknownError(Exception):
    """The schedule cannot be read off the scheduler; the message says why."""


class Part(NamedTuple):
    """What one group follows."""

    plan: Plan
    base: float


def key_of(thing: Any) -> tuple[str, str]:
    """The library and the name of a class or function."""
    return (getattr(thing, "__module__", None) or "").partition(".")[0], getattr(thing, "__name__", repr(thing))


def called(make: Callable[..., Plan], known: Mapping[str, Any], **rest: Any) -> Plan:
    """The plan that a function of `preheat.like` makes of those parameters of its that are known.

    Raises:
        UnknownError: it takes no such values.
    """
    asked = make.parameters.signature.parameters  # type: ignore[attr-defined]  # it is checked
    try:
        return make(**{name: value for name, value in {**known, **rest}.items() if name in asked})
    except (TypeError, ValueError) as error:
        raise UnknownError(str(error)) from None


def set_by(make: Callable[[float], Plan], peaks: Sequence[Any]) -> list[Part]:
    """The parts of a scheduler that sets learning rates: plans that are made of a base, which is the peak, or 1."""
    bases = [float(peak) or 1.0 for peak in peaks]
    return [Part(make(base), base) for base in bases]


def neat(number: float) -> float:
    """The same number without what a division has left in its last place."""
    return float(f"{number:.15g}")
