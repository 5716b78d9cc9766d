"""A linear or logarithmic axis in characters."""

from collections.abc import Iterable
from math import log10
from typing import NamedTuple

__all__ = ["Scale", "scale_of"]


class Scale(NamedTuple):
    """From the lowest to the highest place of an axis; places of a logarithmic one are logarithms."""

    low: float
    high: float
    log: bool

    def place(self, value: float) -> float | None:
        """Where a value lies; None for what has no logarithm."""
        if not self.log:
            return value
        return log10(value) if value > 0 else None

    def share(self, value: float) -> float:
        """How far along the axis a value lies that has a place: 0 at its low end, 1 at its high one."""
        return ((self.place(value) or 0.0) - self.low) / (self.high - self.low)

    def at(self, share: float) -> float:
        """The value at a share of the way from the low end to the high one."""
        place = self.low + share * (self.high - self.low)
        return float(10**place) if self.log else place


def scale_of(values: Iterable[float], *, log: bool, from_zero: bool = False) -> Scale:
    """The axis that shows the values; `from_zero` begins a linear one at 0 where they are all above or below it."""
    places = [place for value in values if (place := Scale(0, 1, log).place(value)) is not None]
    if from_zero and not log:
        places.append(0.0)
    low, high = min(places, default=0.0), max(places, default=0.0)
    return Scale(low, high, log) if high > low else Scale(low, low + 1, log)
