"""A linear or logarithmic axis of a plot in text."""

from collections.abc import Iterable
from math import log10
from typing import NamedTuple

__all__ = ["Scale", "scale_of"]


class Scale(NamedTuple):
    """An axis, from its lowest to its highest place; on a logarithmic axis, places are logarithms."""

    low: float
    high: float
    log: bool

    def place(self, value: float) -> float | None:
        """The place of a value; None if it has no logarithm."""
        if not self.log:
            return value
        return log10(value) if value > 0 else None

    def share(self, value: float) -> float:
        """How far along the axis a value lies: 0 at the low end, 1 at the high end. It must have a place."""
        return ((self.place(value) or 0.0) - self.low) / (self.high - self.low)

    def at(self, share: float) -> float:
        """The value at a share of the axis, from 0 to 1."""
        place = self.low + share * (self.high - self.low)
        return float(10**place) if self.log else place


def scale_of(values: Iterable[float], *, log: bool, from_zero: bool = False) -> Scale:
    """The axis for some values; with `from_zero`, a linear one includes 0."""
    places = [place for value in values if (place := Scale(0, 1, log).place(value)) is not None]
    if from_zero and not log:
        places.append(0.0)
    low, high = min(places, default=0.0), max(places, default=0.0)
    return Scale(low, high, log) if high > low else Scale(low, low + 1, log)
